//! Connecting: many handshakes at once, but not too many.

use std::fmt::Display;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Token};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Protocol, Socket, Type};

use crate::clock::nanos;
use crate::connection::{Connection, Outcome, Role, Stage};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::greeting::Greeting;
use crate::options::Options;

/// Handshakes under way at once; stays below the usual length of a server's backlog.
const IN_FLIGHT: usize = 512;

/// Time after which the run fails if no handshake completes.
const TIMEOUT: u64 = nanos(Duration::from_secs(10));

/// File descriptors beside the connections: standard streams, poll, log and some to spare.
const SPARE_FILES: u64 = 32;

/// Least number of source addresses, so that ports of earlier runs that are not free yet do no
/// harm.
const SOURCES: usize = 8;

/// Connections from one source address, well below the number of its ports.
const PER_SOURCE: usize = 10_000;

/// The first source address.
const FIRST_SOURCE: u32 = Ipv4Addr::new(127, 0, 0, 2).to_bits();

/// Raises the limit for open files as far as allowed and checks that it suffices.
pub(crate) fn allow_files(connections: u32) -> Result<(), Failure> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    // If the system refuses, the check below reports it.
    let _ = setrlimit(Resource::Nofile, raised);
    let needed = u64::from(connections) + SPARE_FILES;
    match getrlimit(Resource::Nofile).current {
        Some(allowed) if allowed < needed => Err(Failure::setup(format!(
            "{connections} connections need {needed} open files, but only {allowed} are allowed \
             (see ulimit -Hn)"
        ))),
        _ => Ok(()),
    }
}

/// The address from which connection `index` of `total` comes, if it matters.
fn source(server: SocketAddr, index: usize, total: usize) -> Option<SocketAddr> {
    let loopback = server.is_ipv4() && server.ip().is_loopback();
    let count = SOURCES.max(total.div_ceil(PER_SOURCE));
    let address = Ipv4Addr::from_bits(FIRST_SOURCE + (index % count) as u32);
    loopback.then(|| SocketAddr::from((address, 0)))
}

/// Starts one handshake.
fn connect(server: SocketAddr, source: Option<SocketAddr>) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = source {
        // Not every system has more than one loopback address, and the default will do.
        let _ = socket.bind(&source.into());
    }
    match socket.connect(&server.into()) {
        Err(error)
            if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error())
                && error.kind() != io::ErrorKind::WouldBlock =>
        {
            Err(error)
        }
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}

impl Engine {
    /// Opens all connections, the clients first, to the servers in turn.
    pub(crate) fn open_all(
        &mut self,
        servers: &[SocketAddr],
        options: &Options,
    ) -> Result<(), Failure> {
        let groups = [
            (Role::Client, options.clients),
            (Role::Stalled, options.stalled),
            (Role::Trickle, options.trickle),
            (Role::Flood, options.flood),
        ];
        let total = options.connections() as usize;
        let roles = groups.into_iter().flat_map(|(role, count)| (0..count).map(move |_| role));
        let mut next = roles.zip(servers.iter().copied().cycle());
        self.connections.reserve_exact(total);
        let mut last = (0, self.clock.now());
        while self.tally.opened < total {
            while self.connections.len() - self.tally.opened < IN_FLIGHT
                && let Some((role, server)) = next.next()
            {
                self.open(server, role, total)?;
            }
            let now = self.clock.now();
            if self.tally.opened > last.0 {
                last = (self.tally.opened, now);
            }
            if now - last.1 > TIMEOUT {
                return Err(Failure::setup(format!(
                    "only {} of {total} connections were accepted in time",
                    self.tally.opened
                )));
            }
            let opened = self.tally.opened;
            self.progress.show(now, || format!("connected {opened} of {total}"));
            self.turn(last.1 + TIMEOUT)?;
        }
        Ok(())
    }

    /// Starts the next handshake.
    fn open(&mut self, server: SocketAddr, role: Role, total: usize) -> Result<(), Failure> {
        let index = self.connections.len();
        let mut stream = connect(server, source(server, index, total)).map_err(|error| {
            Failure::setup(format!("connection {} to {server}: {error}", index + 1))
        })?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        registry.register(&mut stream, Token(index), interest)?;
        let greeting = self.ledger.protocol.knock(server);
        let tls = self.trusts.as_ref().map(|(trusts, host)| trusts.connect(host));
        let tls = tls.transpose().map_err(|why| Failure::setup(why.to_string()))?;
        self.connections.push(Connection::new(stream, tls, role, greeting));
        Ok(())
    }

    /// Goes on with a connection which is not open; says whether it is now.
    pub(crate) fn admit(&mut self, index: usize) -> Result<bool, Failure> {
        let connection = &mut self.connections[index];
        let more = match std::mem::replace(&mut connection.stage, Stage::Open) {
            Stage::Connecting(greeting) if !connection.is_connected().map_err(failed)? => {
                connection.stage = Stage::Connecting(greeting);
                return Ok(false);
            }
            Stage::Connecting(None) | Stage::Open => 0..0,
            Stage::Connecting(Some(greeting)) | Stage::Greeting(greeting) => {
                let Some(more) = self.greet(index, greeting)? else { return Ok(false) };
                more
            }
        };
        self.tally.opened += 1;
        if self.connections[index].role == Role::Client && !more.is_empty() {
            let count = more.len();
            self.buffer.copy_within(more, 0);
            self.account(index, count);
        }
        Ok(true)
    }

    /// Goes on with a greeting. Returns the place in the buffer of the bytes after it, or `None` if
    /// it is not over.
    fn greet(
        &mut self,
        index: usize,
        mut greeting: Box<Greeting>,
    ) -> Result<Option<Range<usize>>, Failure> {
        let connection = &mut self.connections[index];
        let mut more = None;
        loop {
            connection.out.append(greeting.out());
            connection.flush();
            if more.is_some() {
                return Ok(more);
            }
            let count = match connection.read(&mut self.buffer) {
                Outcome::Bytes(count) => count,
                Outcome::Blocked => {
                    connection.stage = Stage::Greeting(greeting);
                    return Ok(None);
                }
                Outcome::Closed => return Err(failed("the server closed the connection")),
            };
            let mut rest = &mut self.buffer[..count];
            if greeting.hear(&mut rest).map_err(failed)? {
                more = Some(count - rest.len()..count);
            }
        }
    }
}

/// The error of a connection that failed.
fn failed(why: impl Display) -> Failure {
    Failure::setup(format!("connecting: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_spread() {
        let server = SocketAddr::from(([127, 0, 0, 1], 1));
        let ip = |index, total| source(server, index, total).map(|source| source.ip().to_string());
        assert_eq!(ip(0, 10).as_deref(), Some("127.0.0.2"));
        assert_eq!(ip(7, 10).as_deref(), Some("127.0.0.9"));
        assert_eq!(ip(8, 10).as_deref(), Some("127.0.0.2"));
        assert_eq!(ip(99, 1_000_000).as_deref(), Some("127.0.0.101"));
        let elsewhere = SocketAddr::from(([192, 0, 2, 1], 1));
        assert_eq!(source(elsewhere, 0, 10), None);
    }
}
