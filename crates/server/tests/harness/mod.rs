//! A whole server in memory: the loop's own phases over simulated sockets and a counted clock.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

pub mod stream;

use mio_socketio::base::Now;
use mio_socketio::net::{Connections, Meter, Phase, Service};
use mio_socketio::{Listen, ListenAddress, Server};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use stream::{End, Stream};

/// Turns without an event after which a server that asks for another one is spinning.
const TURNS_MAX: usize = 100_000;
/// The start of the counted clock: not zero, so that nothing depends on zero.
const START_MS: u64 = 1_000_000;

/// The doors, as the server numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Lines = 0,
    Http = 1,
}

/// An address for a door without a listener.
pub fn one_address() -> Vec<ListenAddress> {
    vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()]
}

pub struct World<S> {
    pub server: Server<S>,
    pub connections: Connections<Stream>,
    pub now: Now,
    /// The client's end of every connection ever made.
    pub clients: Vec<End>,
    /// The clients that the server may still have.
    live: Vec<usize>,
}

impl<S> World<S> {
    pub fn new(server: Server<S>, queue_bytes_max: usize) -> Self {
        Self::measured(server, queue_bytes_max, 0)
    }

    /// A world in which each step of work takes about `step_us` microseconds.
    pub fn measured(mut server: Server<S>, queue_bytes_max: usize, step_us: u64) -> Self {
        let listen = Listen::default().addresses(one_address()).http(one_address());
        server.set_listen(listen.queue_bytes_max(queue_bytes_max));
        Self {
            server,
            connections: Connections::new(Meter::counted(step_us)),
            now: Now { ms: START_MS, unix_ms: START_MS },
            clients: Vec::new(),
            live: Vec::new(),
        }
    }

    /// Connects a client to the line door.
    pub fn connect(&mut self, window: usize) -> usize {
        self.connect_at(At::Lines, window)
    }

    /// Connects a client whose socket buffers hold `window` bytes towards it.
    pub fn connect_at(&mut self, door: At, window: usize) -> usize {
        self.open(IpAddr::V4(Ipv4Addr::LOCALHOST), door, window)
    }

    /// Connects a client of another address, if it is let in.
    pub fn connect_from(&mut self, ip: IpAddr, door: At, window: usize) -> Option<usize> {
        let Self { connections, server, now, .. } = self;
        let told = connections.admit(server, *now, door as usize, ip.into());
        assert!(told.as_ref().err().is_none_or(|told| !told.is_empty()), "a refusal says why");
        told.ok().map(|_| self.open(ip, door, window))
    }

    fn open(&mut self, ip: IpAddr, door: At, window: usize) -> usize {
        let index = self.connections.next_index();
        let (stream, end) = stream::pair(index, window);
        self.connections.open(&mut self.server, self.now, stream, door as usize, ip.into());
        self.live.push(self.clients.len());
        self.clients.push(end);
        self.clients.len() - 1
    }

    /// Hands over the edges that `choose` picks and runs one turn.
    pub fn turn(&mut self, mut choose: impl FnMut() -> bool) {
        for client in &self.live {
            if choose()
                && let Some(edge) = self.clients[*client].take_edge()
            {
                self.connections.ready(edge.index, edge.readable, edge.writable, edge.ended);
            }
        }
        self.connections.budget().begin(Phase::Accept);
        self.connections.turn(&mut self.server, self.now);
        self.live.retain(|client| !self.clients[*client].is_dropped());
        self.check();
    }

    /// Runs turns until the server waits for the next deadline or the next bytes.
    pub fn settle(&mut self) {
        for _ in 0..TURNS_MAX {
            self.turn(|| true);
            if !self.connections.is_unfinished()
                && !self.live.iter().any(|client| self.clients[*client].has_edge())
            {
                return;
            }
        }
        panic!("the loop spins");
    }

    /// Lets the clock run, with everything that falls due in that time.
    pub fn advance(&mut self, ms: u64) {
        let until_ms = self.now.ms + ms;
        loop {
            self.settle();
            let due = [self.server.next_deadline_ms(), self.connections.next_deadline_ms()];
            match due.into_iter().flatten().min() {
                Some(at_ms) if at_ms <= until_ms => self.set_ms(at_ms.max(self.now.ms + 1)),
                _ => break,
            }
        }
        self.set_ms(until_ms);
        self.settle();
    }

    /// Makes the clock jump, like that of a machine that slept.
    pub fn jump(&mut self, ms: u64) {
        self.set_ms(self.now.ms + ms);
    }

    /// Ends the server.
    pub fn stop(&mut self) {
        self.connections.stop(&mut self.server, self.now);
    }

    pub fn check(&self) {
        self.connections.check_invariants(&self.server);
        self.server.check_invariants();
    }

    fn set_ms(&mut self, ms: u64) {
        self.now = Now { ms, unix_ms: ms };
    }
}
