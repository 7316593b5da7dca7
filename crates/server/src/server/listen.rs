//! The doors of a server.

use super::Server;
use super::doors::{DoorKind, Doors};
use crate::base::setters;
use crate::limits::{BATCH_BYTES_PER_TURN_MAX, QUEUE_BYTES_MAX, QUEUE_TO_BATCH_MIN};
use crate::net::{
    BadFile, CertificateFiles, Certificates, Clock, InheritedListener, ListenAddress, Listener,
    Reactor, Secured, Supervised, Supervision, System, UserOf, World,
};
use crate::record::{Record, Recorder};
use mio_wire::http::Response;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The addresses of a server's doors, and the limits for all of them together.
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
///
/// With the feature `tls` of this crate, doors speak TLS as well:
/// ```
/// use mio_socketio::{CertificateFiles, Listen};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let files = CertificateFiles::new("fullchain.pem", "privkey.pem");
/// let listen = Listen::default().https(vec!["0.0.0.0:443".parse()?]).certificate(Some(files));
/// # let _ = listen;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Listen {
    /// Addresses of the line door.
    pub addresses: Vec<ListenAddress>,
    /// Addresses of the line door over TLS; they must be of TCP, and need a
    /// [`certificate`](Self::certificate).
    pub tls: Vec<ListenAddress>,
    /// Addresses of the HTTP door.
    pub http: Vec<ListenAddress>,
    /// Addresses of the HTTP door over TLS (`https`, `wss`), with the same conditions as those of
    /// [`tls`](Self::tls).
    pub https: Vec<ListenAddress>,
    /// The certificate for TLS and its key. The files are read again when they change and after
    /// SIGHUP; if they are not good then, the old certificate stays. Without the feature `tls` of
    /// this crate there can be none.
    pub certificate: Option<CertificateFiles>,
    /// Addresses of the operators' door, for those who look after the server. It speaks HTTP, and
    /// serves only [`Builder::operator_route`](super::Builder::operator_route).
    pub operators: Vec<ListenAddress>,
    /// Returns the user of a process that connects to a Unix socket (SO_PEERCRED in unix(7)).
    /// Limits per address count by this user. The standard library does not offer this yet, so the
    /// application does; without it all users share one account.
    pub user_of: Option<UserOf>,
    /// The most clients at a time. Clients of the operators' door, up to
    /// [`OPERATORS_MAX`](crate::limits::OPERATORS_MAX), do not count.
    pub clients_max: usize,
    /// Unsent bytes that one connection may hold before it is closed as `slow-client`. A connection
    /// that has taken everything sent to it before may get twice as many at one moment. An event
    /// with its attachments is relayed up to that size. Longer messages (see
    /// [`EngineSettings::payload_bytes_max`](super::EngineSettings::payload_bytes_max)) reach
    /// nobody.
    pub queue_bytes_max: usize,
    /// Bytes of memory that may be held for all clients together: incomplete input, unread output,
    /// and the events kept for those who come back. Beyond it the clients that hold most are
    /// closed, with [`CloseReason::Memory`](super::CloseReason::Memory).
    pub memory_max: usize,
    /// The text that a newcomer at the line door gets when the server is full.
    pub full: String,
}

setters!(Listen {
    addresses: Vec<ListenAddress>,
    tls: Vec<ListenAddress>,
    http: Vec<ListenAddress>,
    https: Vec<ListenAddress>,
    certificate: Option<CertificateFiles>,
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
            tls: Vec::new(),
            http: Vec::new(),
            https: Vec::new(),
            certificate: None,
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
    /// Bytes that one turn may gather for an audience, well below what one client may leave unread.
    pub(super) fn batch_bytes_max(&self) -> usize {
        (self.queue_bytes_max / QUEUE_TO_BATCH_MIN).min(BATCH_BYTES_PER_TURN_MAX)
    }

    /// The protocol of each listener above TLS, if it speaks TLS.
    fn secured(&self) -> Vec<Option<Secured>> {
        let unix_ms = Clock::default().now().unix_ms;
        let headers = &[("Content-Type", "text/plain; charset=utf-8")][..];
        let body = SPEAK_TLS.as_bytes();
        let mut refusal = Vec::new();
        Response { status: 400, headers, body, keep_alive: false, head_only: false, unix_ms }
            .write(&mut refusal);
        let lines =
            Secured { is_http: false, plain_answer: format!("* {SPEAK_TLS}").into_bytes().into() };
        let http = Secured { is_http: true, plain_answer: refusal.into() };
        let doors = Doors::new(self);
        let all = doors.operators_from() + self.operators.len();
        let secured = |number| {
            doors.is_secure(number).then(|| match doors.kind(number) {
                DoorKind::Lines => lines.clone(),
                DoorKind::Http(_) => http.clone(),
            })
        };
        (0..all).map(secured).collect()
    }
}

/// The answer to a client that does not speak TLS at a door where it should.
const SPEAK_TLS: &str = "this door speaks TLS: https://, openssl s_client or ncat --ssl\n";

/// Why the server cannot listen.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// The server cannot listen at this address.
    Address(ListenAddress, io::Error),
    /// A listener that was opened elsewhere has no address.
    Inherited(io::Error),
    /// The certificate or its key in this file cannot be used; why not.
    Certificate(PathBuf, String),
    /// There is an address for TLS, and no certificate.
    NoCertificate,
    /// The poll or the signal handlers cannot be set up.
    Loop(io::Error),
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Inherited(error) => write!(f, "cannot use a listener opened elsewhere: {error}"),
            Self::Certificate(path, why) => {
                write!(f, "cannot use the certificate or the key in {}: {why}", path.display())
            }
            Self::NoCertificate => f.write_str("TLS needs a certificate and its key"),
            Self::Loop(error) => write!(f, "cannot set up the loop: {error}"),
        }
    }
}

impl std::error::Error for ListenError {}

/// Open doors. Connections already queue, and wait for [`Self::serve`].
pub struct Listening {
    system: System,
    /// With the addresses that the system gave.
    listen: Listen,
    record: Option<Record>,
    /// The function to call when everything is ready.
    first: Vec<First>,
}

/// A function that is called before the first client is served.
type First = Box<dyn FnOnce() -> io::Result<()>>;

impl Listening {
    /// Opens all doors.
    ///
    /// # Errors
    /// If the server cannot listen at an address (the first such one is returned), or the poll or
    /// the signal handlers cannot be set up.
    pub fn open(listen: &Listen) -> Result<Self, ListenError> {
        Self::open_inheriting(listen, Vec::new())
    }

    /// Opens all doors. An address at which one of `inherited` listens already gets that listener.
    ///
    /// When such a server is told to end, it leaves these listeners at once, before anybody is told
    /// of it. The program that opened them keeps them open, so that newcomers wait for the next
    /// server, instead of being refused.
    ///
    /// ```
    /// use mio_socketio::{InheritedListener, Listen, Listening};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // In a real program: from systemd, by a crate such as `listenfd`.
    /// let inherited = InheritedListener::Tcp(std::net::TcpListener::bind("127.0.0.1:0")?);
    /// let listen = Listen::default().http(vec![inherited.address()?]);
    /// let listening = Listening::open_inheriting(&listen, vec![inherited])?;
    /// # let _ = listening;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::open`]; and if one of `inherited` does not listen, or listens at an address that
    /// is not among those of `listen`.
    pub fn open_inheriting(
        listen: &Listen,
        inherited: Vec<InheritedListener>,
    ) -> Result<Self, ListenError> {
        let certificates = certificates(listen)?;
        let mut inherited = with_addresses(inherited)?;
        let mut listeners = Vec::new();
        let mut open = |addresses: &[ListenAddress]| {
            let mut real = Vec::new();
            for address in addresses {
                let failed = |error| ListenError::Address(address.clone(), error);
                // If IPv4 has an address of its own, the address for all of IPv6 does not take IPv4
                // as well.
                let port = address.tcp().map(|address| address.port());
                let rival = |other: SocketAddr| other.is_ipv4() && Some(other.port()) == port;
                let v6_only = addresses.iter().filter_map(ListenAddress::tcp).any(rival);
                let at = inherited.iter().position(|(its, _)| its == address);
                let listener = match at.map(|at| inherited.swap_remove(at)) {
                    Some((_, inherited)) => Listener::adopt(inherited, listen.user_of),
                    None => Listener::open(address, v6_only, listen.user_of),
                };
                let listener = listener.map_err(failed)?;
                real.push(listener.address().map_err(failed)?);
                listeners.push(listener);
            }
            Ok(real)
        };
        let addresses = open(&listen.addresses)?;
        let tls = open(&listen.tls)?;
        let http = open(&listen.http)?;
        let https = open(&listen.https)?;
        let operators = open(&listen.operators)?;
        if let Some((address, _)) = inherited.pop() {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is no door's address");
            return Err(ListenError::Address(address, error));
        }
        let listen = Listen { addresses, tls, http, https, operators, ..listen.clone() };
        let mut system = System::new(listeners).map_err(ListenError::Loop)?;
        if let Some(certificates) = certificates {
            system.secure(certificates, listen.secured());
        }
        Ok(Self { system, listen, record: None, first: Vec::new() })
    }

    /// The settings that it was opened with, with the ports that the system chose.
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

    /// The addresses of the line door over TLS, with the ports that the system chose.
    pub fn tls(&self) -> &[ListenAddress] {
        &self.listen.tls
    }

    /// The addresses of the HTTP door over TLS, with the ports that the system chose.
    pub fn https(&self) -> &[ListenAddress] {
        &self.listen.https
    }

    /// The addresses of the operators' door, with the ports that the system chose.
    pub fn operators(&self) -> &[ListenAddress] {
        &self.listen.operators
    }

    /// Records everything that happens from now on.
    pub fn record(&mut self, record: Record) {
        self.record = Some(record);
    }

    /// Lets a supervisor follow the loop: `tell` is called when it begins to serve, deals with
    /// SIGHUP, and is told to end. If there is an `every_ms`, the loop turns at least every
    /// `every_ms` milliseconds, and `tell` hears of a turn as often, but not while the loop is
    /// stuck: that is what a watchdog needs. `tell` is called from the loop and must not block.
    pub fn supervise(&mut self, every_ms: Option<u64>, tell: impl FnMut(Supervised) + 'static) {
        self.system.supervise(Supervision::new(every_ms, tell));
    }

    /// Adds something to do before the first client is served, when all doors are open and all
    /// hosts of links have been looked up: from then on the server opens nothing by itself, so here
    /// a process gives up the rights that it no longer needs. If `act` fails, [`Self::serve`] does.
    pub fn before_serving(&mut self, act: impl FnOnce() -> io::Result<()> + 'static) {
        self.first.push(Box::new(act));
    }

    /// Serves until SIGINT or SIGTERM. Then it takes no more clients, tells everybody, and returns
    /// the application's state when all output is written, within 5 s. The loop also takes SIGHUP,
    /// SIGUSR1, SIGUSR2 and SIGXFSZ, for the whole process. It ignores the last three; after SIGHUP
    /// it reads the certificate again and calls [`Builder::on_hangup`](super::Builder::on_hangup).
    /// Afterwards these signals do what they did before, except SIGXFSZ: the application may still
    /// write more than a disk can take, and must not be killed for it.
    ///
    /// # Errors
    /// If the host of a link has no address, or its authorities cannot be read, something to be
    /// done before fails, the loop fails, or a second signal came before the end.
    pub fn serve<S>(self, mut server: Server<S>) -> io::Result<S> {
        let Self { mut system, listen, record, first } = self;
        for host in server.core.links.hosts() {
            let failed = |error| io::Error::other(format!("cannot look up {host}: {error}"));
            system.look_up(host).map_err(failed)?;
        }
        for (host, authorities) in server.core.links.secure_hosts() {
            system.trust(host, authorities)?;
        }
        for act in first {
            act()?;
        }
        let Some(record) = record else { return run(listen, system, server) };
        server.record(&record);
        let state = run(listen, Recorder::new(system, &record), server)?;
        record.finish();
        Ok(state)
    }
}

/// Reads the certificate, if there is an address for TLS.
fn certificates(listen: &Listen) -> Result<Option<Certificates>, ListenError> {
    let mut secure = listen.tls.iter().chain(&listen.https).peekable();
    if secure.peek().is_none() {
        return Ok(None);
    }
    if let Some(address) = secure.find(|address| address.tcp().is_none()) {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "TLS is not spoken there");
        return Err(ListenError::Address(address.clone(), error));
    }
    let files = listen.certificate.as_ref().ok_or(ListenError::NoCertificate)?;
    let unix_s = i64::try_from(Clock::default().now().unix_ms / 1_000).unwrap_or(i64::MAX);
    let opened = Certificates::open(files, unix_s);
    let failed = |BadFile { path, why }| ListenError::Certificate(path, why);
    opened.map(Some).map_err(failed)
}

fn with_addresses(
    inherited: Vec<InheritedListener>,
) -> Result<Vec<(ListenAddress, InheritedListener)>, ListenError> {
    let known = |it: InheritedListener| it.address().map(|address| (address, it));
    inherited.into_iter().map(known).collect::<io::Result<_>>().map_err(ListenError::Inherited)
}

/// Runs a server in a world whose listeners are those of `listen`.
pub(super) fn run<S>(listen: Listen, world: impl World, mut server: Server<S>) -> io::Result<S> {
    server.set_listen(listen);
    server.warn_of_long_messages();
    Reactor::new(world).run(&mut server)?;
    Ok(server.state)
}
