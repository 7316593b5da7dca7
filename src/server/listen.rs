//! A server and its loop.

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

/// Why a server does not listen.
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
            Self::Loop(error) => write!(f, "cannot set up the event loop: {error}"),
        }
    }
}

impl std::error::Error for ListenError {}

/// A server that listens: connections queue up already.
pub struct Listening<S> {
    server: Server<S>,
    reactor: Reactor,
    addresses: Vec<SocketAddr>,
}

impl<S> Server<S> {
    /// Listens.
    ///
    /// # Errors
    /// The first address that cannot be had.
    pub fn listen(mut self, listen: &Listen) -> Result<Listening<S>, ListenError> {
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for address in &listen.addresses {
            let failed = |error| ListenError::Address(*address, error);
            let listener = net::listen(*address).map_err(failed)?;
            addresses.push(listener.local_addr().map_err(failed)?);
            listeners.push(listener);
        }
        self.limit_batch(listen.queue_bytes_max);
        let config = Config {
            clients_max: listen.clients_max,
            queue_bytes_max: listen.queue_bytes_max,
            full: listen.full.clone().into_bytes(),
        };
        let reactor = Reactor::new(config, listeners).map_err(ListenError::Loop)?;
        Ok(Listening { server: self, reactor, addresses })
    }

    /// Keeps what one turn gathers well below what one queue takes.
    fn limit_batch(&mut self, queue_bytes_max: usize) {
        let share = queue_bytes_max / QUEUE_TO_BATCH_MIN;
        self.core.batch_bytes_max = share.min(BATCH_BYTES_PER_TURN_MAX);
    }
}

impl<S> Listening<S> {
    /// The addresses, with the ports that the system chose.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves until SIGINT or SIGTERM: then nobody is let in any more, everybody is told, and it
    /// returns when all is written, within 5 s.
    ///
    /// # Errors
    /// If the loop fails, or a second signal came meanwhile.
    pub fn run(mut self) -> io::Result<()> {
        self.reactor.run(&mut self.server)
    }
}
