//! The connection to the server, which is made again when it is lost.

use super::address::ServerAddress;
use super::loss::{Loss, words};
use super::stream::Stream;
use super::wire::{Happening, Wire};
use crate::client::time::NEVER_MS;
use crate::limits::{
    CLIENT_CONNECT_MS, CLIENT_CONNECT_MS_MIN, CLIENT_READ_BYTES_PER_TURN_MAX, CLIENT_RECEIVE_BYTES,
    CLIENT_RETRY_MS, CLIENT_RETRY_MS_MAX,
};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use mio_wire::tls::TlsClient;
use serde_json::Value;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};

/// The address of the server, and the connection to it if there is one.
#[derive(Debug)]
pub(super) struct Link {
    address: ServerAddress,
    /// The authorities that it trusts, if the server is reached over TLS.
    trusts: Option<TlsClient>,
    /// The addresses of its name; never empty.
    addresses: Vec<SocketAddr>,
    /// The current address: the next one after a failure, the same after a success.
    at: usize,
    /// Number of addresses tried without success since the last pause.
    tried: usize,
    /// Whether the current or last connection was to a mio-chat server.
    was_welcome: bool,
    token: Token,
    /// Attempts to reconnect since the last connection.
    attempt: u32,
    state: State,
    buffer: Vec<u8>,
    /// Whether there may be more to read without a new event.
    pub(super) is_unfinished: bool,
}

#[derive(Debug)]
enum State {
    /// The client must not connect.
    Off,
    Waiting {
        until_ms: u64,
    },
    Up(Box<Up>),
}

#[derive(Debug)]
struct Up {
    stream: Connecting,
    wire: Wire,
    /// Whether the server has sent its welcome, so that the silence it announced is allowed.
    is_welcome: bool,
    /// When the connection is given up unless something comes.
    deadline_ms: u64,
}

/// A stream, from the beginning of TCP's handshake on.
#[derive(Debug)]
enum Connecting {
    Begun(TcpStream),
    Done(Stream),
    /// It could not be gone on with.
    Failed,
}

/// News about a connection.
#[derive(Debug)]
pub(super) enum Report {
    Happening(Happening),
    /// It was lost.
    Lost(Loss),
}

impl Link {
    /// Looks up the address's name, which may take time, and does not connect yet.
    ///
    /// # Errors
    /// If there is no such host; the reason.
    pub(super) fn new(
        address: ServerAddress,
        trusts: Option<TlsClient>,
        token: Token,
    ) -> io::Result<Self> {
        let found = (address.host.as_str(), address.port).to_socket_addrs()?;
        let addresses: Vec<SocketAddr> = found.collect();
        if addresses.is_empty() {
            return Err(io::Error::new(ErrorKind::NotFound, "no address is known"));
        }
        Ok(Self {
            address,
            trusts,
            addresses,
            at: 0,
            tried: 0,
            was_welcome: false,
            token,
            attempt: 0,
            state: State::Off,
            buffer: vec![0; CLIENT_RECEIVE_BYTES],
            is_unfinished: false,
        })
    }

    pub(super) const fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// The number of the current or next attempt to reconnect, from 1; 0 is the first connection.
    pub(super) const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The time of the next attempt, if the link waits for one.
    pub(super) const fn retry_ms(&self) -> Option<u64> {
        match &self.state {
            State::Waiting { until_ms } => Some(*until_ms),
            State::Off | State::Up(_) => None,
        }
    }

    /// The time of the next action that needs no event.
    pub(super) fn deadline_ms(&self) -> u64 {
        match &self.state {
            State::Off => NEVER_MS,
            State::Waiting { until_ms } => *until_ms,
            State::Up(up) => up.deadline_ms,
        }
    }

    /// Connects, in place of any earlier connection; `auth` asks for admission.
    pub(super) fn connect(
        &mut self,
        registry: &Registry,
        auth: Value,
        now_ms: u64,
    ) -> Result<(), String> {
        self.is_unfinished = false;
        let address = self.addresses[self.at % self.addresses.len()];
        let mut stream = TcpStream::connect(address).map_err(|error| words(&error))?;
        registry
            .register(&mut stream, self.token, Interest::READABLE | Interest::WRITABLE)
            .map_err(|error| words(&error))?;
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| error.to_string())?;
        let wire = Wire::new(&self.address, auth, nonce, mask);
        let deadline_ms = now_ms.saturating_add(connect_ms(self.addresses.len()));
        let stream = Connecting::Begun(stream);
        let up = Up { stream, wire, is_welcome: false, deadline_ms };
        self.state = State::Up(Box::new(up));
        Ok(())
    }

    /// Waits for the next attempt; not at all while there is an untried address.
    pub(super) fn wait(&mut self, now_ms: u64) {
        if !std::mem::take(&mut self.was_welcome) {
            self.at = (self.at + 1) % self.addresses.len();
            self.tried += 1;
            if self.tried < self.addresses.len() {
                self.state = State::Waiting { until_ms: now_ms };
                return;
            }
        }
        self.tried = 0;
        self.attempt += 1;
        let wait = jittered(retry_ms(self.attempt), random_u32());
        self.state = State::Waiting { until_ms: now_ms.saturating_add(wait) };
    }

    /// Hangs up, in an orderly way if that is possible at once, and does not reconnect.
    pub(super) fn hang_up(&mut self) {
        if let State::Up(up) = &mut self.state {
            up.wire.close();
            // A client that leaves does not wait.
            let _ = up.flush();
        }
        (self.attempt, self.tried, self.was_welcome) = (0, 0, false);
        self.state = State::Off;
    }

    /// Notes the server's welcome.
    pub(super) fn welcome(&mut self) {
        (self.attempt, self.tried, self.was_welcome) = (0, 0, true);
        if let State::Up(up) = &mut self.state {
            up.is_welcome = true;
        }
    }

    /// Queues an event, which is lost if there is no connection.
    pub(super) fn emit(&mut self, id: Option<u64>, name: &str, body: &Value) {
        if let State::Up(up) = &mut self.state {
            up.wire.emit(id, name, body);
        }
    }

    /// Reads and writes as much as the socket allows.
    pub(super) fn turn(&mut self, now_ms: u64) -> Vec<Report> {
        self.is_unfinished = false;
        let State::Up(up) = &mut self.state else { return Vec::new() };
        let mut happenings = Vec::new();
        let turned = up
            .connect(&self.address, self.trusts.as_ref())
            .and_then(|()| up.turn(&mut self.buffer, now_ms, &mut happenings));
        let mut reports: Vec<Report> = happenings.into_iter().map(Report::Happening).collect();
        match turned {
            Ok(is_unfinished) => self.is_unfinished = is_unfinished,
            Err(loss) => {
                self.state = State::Off;
                reports.push(Report::Lost(loss));
            }
        }
        reports
    }

    /// Writes queued bytes, as far as the socket takes them.
    pub(super) fn flush(&mut self) -> Result<(), String> {
        match &mut self.state {
            State::Up(up) if matches!(up.stream, Connecting::Done(_)) => {
                up.flush().map_err(|error| {
                    let why = words(&error);
                    self.state = State::Off;
                    why
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether the server is overdue; if so, the connection ends.
    pub(super) fn is_overdue(&mut self, now_ms: u64) -> Option<String> {
        let State::Up(up) = &self.state else { return None };
        if up.deadline_ms > now_ms {
            return None;
        }
        self.state = State::Off;
        Some("the server does not answer".to_owned())
    }

    /// Whether it is time for the next attempt.
    pub(super) const fn is_retry_due(&self, now_ms: u64) -> bool {
        matches!(&self.state, State::Waiting { until_ms } if *until_ms <= now_ms)
    }
}

impl Up {
    /// Goes on with the handshake of TCP, and begins that of TLS.
    fn connect(&mut self, to: &ServerAddress, trusts: Option<&TlsClient>) -> Result<(), Loss> {
        let Connecting::Begun(stream) = &self.stream else { return Ok(()) };
        if let Some(error) = stream.take_error()? {
            return Err(error.into());
        }
        match stream.peer_addr() {
            Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(_) => (),
        }
        if let Connecting::Begun(stream) = std::mem::replace(&mut self.stream, Connecting::Failed) {
            self.stream = Connecting::Done(Stream::begin(stream, to, trusts)?);
        }
        Ok(())
    }

    /// Returns whether there may be more to read.
    fn turn(
        &mut self,
        buffer: &mut [u8],
        now_ms: u64,
        happenings: &mut Vec<Happening>,
    ) -> Result<bool, Loss> {
        let Connecting::Done(stream) = &mut self.stream else { return Ok(false) };
        let mut total = 0;
        while total < CLIENT_READ_BYTES_PER_TURN_MAX {
            let count = match stream.read(buffer) {
                Ok(0) => return Err("the server hung up".to_owned().into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            total += count;
            self.wire.receive(buffer.get_mut(..count).unwrap_or_default(), happenings)?;
            if self.is_welcome {
                self.deadline_ms = now_ms.saturating_add(self.wire.silence_ms());
            }
        }
        self.flush()?;
        Ok(total >= CLIENT_READ_BYTES_PER_TURN_MAX)
    }

    fn flush(&mut self) -> io::Result<()> {
        let Connecting::Done(stream) = &mut self.stream else { return Ok(()) };
        let out = self.wire.out();
        let mut sent = 0;
        let done = loop {
            match out.get(sent..) {
                None | Some([]) => break Ok(()),
                Some(rest) => match stream.write(rest) {
                    Ok(count) => sent += count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                    Err(error) if error.kind() == ErrorKind::Interrupted => (),
                    Err(error) => break Err(error),
                },
            }
        };
        out.drain(..sent);
        done.and_then(|()| stream.flush())
    }
}

/// Time that each of `addresses` addresses has to answer.
fn connect_ms(addresses: usize) -> u64 {
    let share = CLIENT_CONNECT_MS / u64::try_from(addresses.max(1)).unwrap_or(u64::MAX);
    share.max(CLIENT_CONNECT_MS_MIN)
}

/// The wait before an attempt; the first attempt has number 1.
const fn retry_ms(attempt: u32) -> u64 {
    let doublings = if attempt > 16 { 15 } else { attempt - 1 };
    let wait = CLIENT_RETRY_MS << doublings;
    if wait < CLIENT_RETRY_MS_MAX { wait } else { CLIENT_RETRY_MS_MAX }
}

/// A wait, up to half longer or shorter, so that not all clients come back at once.
fn jittered(wait_ms: u64, random: u32) -> u64 {
    wait_ms / 2 + wait_ms * u64::from(random) / u64::from(u32::MAX)
}

fn random_u32() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}

/// There is no connection without random numbers, so this cannot fail.
fn mask() -> [u8; 4] {
    random_u32().to_ne_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let waits: Vec<u64> = (1..=8).map(retry_ms).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        assert_eq!(retry_ms(u32::MAX), 30_000);
        assert_eq!((jittered(1_000, 0), jittered(1_000, u32::MAX)), (500, 1_500));
    }

    #[test]
    fn all_addresses_are_tried_before_a_pause() {
        let address = "127.0.0.1:1".parse().expect("an address");
        let mut link = Link::new(address, None, Token(0)).expect("known");
        link.addresses = (1..=3).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect();
        let wait = |link: &mut Link| {
            link.wait(7);
            (link.at, link.retry_ms() == Some(7), link.attempt())
        };
        assert_eq!(wait(&mut link), (1, true, 0));
        assert_eq!(wait(&mut link), (2, true, 0));
        assert_eq!(wait(&mut link), (0, false, 1));
        assert_eq!(wait(&mut link), (1, true, 1));
        // An address that answered is used again, after the pause.
        link.welcome();
        assert_eq!(wait(&mut link), (1, false, 1));
        assert_eq!(wait(&mut link), (2, true, 1));
        link.hang_up();
        assert_eq!((link.at, link.attempt()), (2, 0));
        let shares: Vec<u64> = [1, 2, 100].map(connect_ms).into();
        assert_eq!(shares, [CLIENT_CONNECT_MS, CLIENT_CONNECT_MS / 2, CLIENT_CONNECT_MS_MIN]);
    }

    #[test]
    fn errors_are_in_words() {
        let error = io::Error::from_raw_os_error(113);
        assert_eq!(words(&error), "no route to host");
        let refused = io::Error::from(ErrorKind::ConnectionRefused);
        assert_eq!(words(&refused), "nobody listens there");
    }
}
