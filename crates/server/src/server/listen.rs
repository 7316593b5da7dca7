//! The doors of a server.

use super::Server;
use crate::base::setters;
use crate::limits::{BATCH_BYTES_PER_TURN_MAX, QUEUE_BYTES_MAX, QUEUE_TO_BATCH_MIN};
use crate::net::{Config, ListenAddress, Listener, Reactor, System, UserOf, World};
use crate::record::{Record, Recorder};
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Where to listen, and for how many.
///
/// ```
/// use mio_socketio::Listen;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listen = Listen::default().http(vec!["127.0.0.1:5000".parse()?]).clients_max(1_000);
/// # let _ = listen;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Listen {
    /// Addresses of the line door.
    pub addresses: Vec<ListenAddress>,
    /// Addresses of the HTTP door.
    pub http: Vec<ListenAddress>,
    /// Addresses of the operators' door, for those who look after the server: HTTP too, but for
    /// nothing but [`Builder::operator_route`](super::Builder::operator_route).
    pub operators: Vec<ListenAddress>,
    /// Tells the user of a process that connects to a Unix socket (SO_PEERCRED in unix(7)), by whom
    /// limits per address count. The standard library cannot yet, so the application does; without
    /// it all users are one.
    pub user_of: Option<UserOf>,
    /// Clients at a time; those at the operators' door, up to
    /// [`OPERATORS_MAX`](crate::limits::OPERATORS_MAX), do not count.
    pub clients_max: usize,
    /// Unsent bytes that one connection may hold before it is closed as `slow-client`; one that has
    /// taken all that it was sent before may get twice as many at one moment. An event with its
    /// attachments is relayed up to that, and longer messages than that (see
    /// [`EngineDoor::payload_bytes_max`](super::EngineDoor::payload_bytes_max)) reach nobody.
    pub queue_bytes_max: usize,
    /// Bytes of memory that may be held for all clients together: input that is not whole yet, what
    /// they have not read, and what is kept for their return. Beyond it those for whom most is held
    /// are closed, with [`CloseReason::Memory`](super::CloseReason::Memory).
    pub memory_max: usize,
    /// What a newcomer at the line door is told when there is no place.
    pub full: String,
}

setters!(Listen {
    addresses: Vec<ListenAddress>,
    http: Vec<ListenAddress>,
    operators: Vec<ListenAddress>,
    user_of: Option<UserOf>,
    clients_max: usize,
    queue_bytes_max: usize,
    memory_max: usize,
    full: String,
});

impl Default for Listen {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            http: Vec::new(),
            operators: Vec::new(),
            user_of: None,
            clients_max: usize::MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            memory_max: usize::MAX,
            full: "* server is full\n".to_owned(),
        }
    }
}

impl Listen {
    /// Bytes that one turn may gather for an audience: well below what one client may leave unread.
    pub(super) fn batch_bytes_max(&self) -> usize {
        (self.queue_bytes_max / QUEUE_TO_BATCH_MIN).min(BATCH_BYTES_PER_TURN_MAX)
    }
}

/// Why there is no listening.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// This address cannot be had.
    Address(ListenAddress, io::Error),
    /// There is no poll, or no signals.
    Loop(io::Error),
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Loop(error) => write!(f, "cannot set up the loop: {error}"),
        }
    }
}

impl std::error::Error for ListenError {}

/// Open doors: connections queue up already, and wait for a server.
pub struct Listening {
    system: System,
    /// With the addresses that the system gave.
    listen: Listen,
    record: Option<Record>,
}

impl Listening {
    /// Listens.
    ///
    /// # Errors
    /// The first address that cannot be had; or the poll or the signal handlers cannot be set up.
    pub fn open(listen: &Listen) -> Result<Self, ListenError> {
        let mut listeners = Vec::new();
        let mut open = |addresses: &[ListenAddress]| {
            let mut real = Vec::new();
            for address in addresses {
                let failed = |error| ListenError::Address(address.clone(), error);
                // Where IPv4 has a door of its own, that for all of IPv6 leaves it alone.
                let port = address.tcp().map(|address| address.port());
                let rival = |other: SocketAddr| other.is_ipv4() && Some(other.port()) == port;
                let v6_only = addresses.iter().filter_map(ListenAddress::tcp).any(rival);
                let listener = Listener::open(address, v6_only, listen.user_of).map_err(failed)?;
                real.push(listener.address().map_err(failed)?);
                listeners.push(listener);
            }
            Ok(real)
        };
        let addresses = open(&listen.addresses)?;
        let http = open(&listen.http)?;
        let operators = open(&listen.operators)?;
        let listen = Listen { addresses, http, operators, ..listen.clone() };
        let system = System::new(listeners).map_err(ListenError::Loop)?;
        Ok(Self { system, listen, record: None })
    }

    /// What it was opened with, with the ports that the system chose.
    pub const fn listen(&self) -> &Listen {
        &self.listen
    }

    /// The addresses of the line door, with the ports that the system chose.
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.listen.addresses
    }

    /// The addresses of the HTTP door, with the ports that the system chose.
    pub fn http(&self) -> &[ListenAddress] {
        &self.listen.http
    }

    /// The addresses of the operators' door, with the ports that the system chose.
    pub fn operators(&self) -> &[ListenAddress] {
        &self.listen.operators
    }

    /// Has everything that happens from now on be in a record.
    pub fn record(&mut self, record: Record) {
        self.record = Some(record);
    }

    /// Serves until SIGINT or SIGTERM: then nobody is let in any more, everybody is told, and it
    /// returns the application's state when all is written, within 5 s. SIGHUP, SIGUSR1, SIGUSR2
    /// and SIGXFSZ are taken by the loop too, for the whole process, and mean nothing; SIGHUP is
    /// logged. Afterwards these signals do again what they did before, but for SIGXFSZ: what
    /// the application writes then may be too much for a disk, too, and must not kill it.
    ///
    /// # Errors
    /// If the loop fails, or a second signal came meanwhile.
    pub fn serve<S>(self, mut server: Server<S>) -> io::Result<S> {
        let Self { system, listen, record } = self;
        let Some(record) = record else { return run(listen, system, server) };
        server.record(&record);
        let state = run(listen, Recorder::new(system, &record), server)?;
        record.finish();
        Ok(state)
    }
}

/// Runs a server in a world whose listeners are those of `listen`.
pub(super) fn run<S>(listen: Listen, world: impl World, mut server: Server<S>) -> io::Result<S> {
    server.set_listen(listen);
    server.warn_of_long_messages();
    let Listen { clients_max, queue_bytes_max, .. } = *server.listen();
    let apart_from = server.core.doors.operators_from();
    let config = Config { clients_max, apart_from, queue_bytes_max };
    Reactor::new(config, world).run(&mut server)?;
    Ok(server.state)
}
