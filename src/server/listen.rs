//! The doors of a server.

use super::Server;
use crate::limits::{BATCH_BYTES_PER_TURN_MAX, QUEUE_BYTES_MAX, QUEUE_TO_BATCH_MIN};
use crate::net::{self, Config, Reactor};
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Where to listen, and for how many.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Addresses; port 0 is any free port.
    pub addresses: Vec<SocketAddr>,
    /// Clients at a time.
    pub clients_max: usize,
    /// Unsent bytes that one connection may hold before it is closed as `slow-client`.
    pub queue_bytes_max: usize,
    /// What a newcomer is told when there is no place.
    pub full: String,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            clients_max: usize::MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            full: "* server is full\n".to_owned(),
        }
    }
}

/// Why there is no listening.
#[derive(Debug)]
pub enum ListenError {
    /// This address cannot be had.
    Address(SocketAddr, io::Error),
    /// The loop cannot be set up.
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

/// Open doors: connections queue up already, and wait for a server. So do signals: whoever is told
/// the addresses may end the server as it promises.
pub struct Listening {
    reactor: Reactor,
    addresses: Vec<SocketAddr>,
    queue_bytes_max: usize,
}

impl Listening {
    /// Listens.
    ///
    /// # Errors
    /// The first address that cannot be had; or the poll or the signal handlers cannot be set up.
    pub fn open(listen: &Listen) -> Result<Self, ListenError> {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for address in &listen.addresses {
            let failed = |error| ListenError::Address(*address, error);
            // Where IPv4 has a door of its own, that for all of IPv6 leaves it alone.
            let rival = |other: &SocketAddr| other.is_ipv4() && other.port() == address.port();
            let v6_only = listen.addresses.iter().any(rival);
            let listener = net::listen(*address, v6_only).map_err(failed)?;
            addresses.push(listener.local_addr().map_err(failed)?);
            listeners.push(listener);
        }
        let config = Config {
            clients_max: listen.clients_max,
            queue_bytes_max: listen.queue_bytes_max,
            full: listen.full.clone().into_bytes(),
        };
        let reactor = Reactor::new(config, listeners).map_err(ListenError::Loop)?;
        Ok(Self { reactor, addresses, queue_bytes_max: listen.queue_bytes_max })
    }

    /// The addresses, with the ports that the system chose.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves until SIGINT or SIGTERM: then nobody is let in any more, everybody is told, and it
    /// returns when all is written, within 5 s.
    ///
    /// # Errors
    /// If the loop fails, or a second signal came meanwhile.
    pub fn serve<S>(mut self, mut server: Server<S>) -> io::Result<()> {
        // What one turn gathers stays well below what one queue takes.
        let share = self.queue_bytes_max / QUEUE_TO_BATCH_MIN;
        server.core.batch_bytes_max = share.min(BATCH_BYTES_PER_TURN_MAX);
        self.reactor.run(&mut server)
    }
}
