//! Attackers: many connections driven by one thread. Each sends one thing once and another again
//! and again.

use super::client::{handshake, text_frame};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// The attackers' address.
pub(crate) const FOE: &str = "192.0.2.66";
/// The length of an attack that does its worst at once, if attacks last long and if not.
const SPELL: Duration = Duration::from_secs(3);
const SHORT_SPELL: Duration = Duration::from_millis(500);
/// Bytes written to one connection at a time, and read of it.
const PIECE: usize = 64 * 1024;
/// Bytes of a connection's input that are kept: a refusal comes first.
const TOLD_BYTES: usize = 512;
/// Pause when no connection can go on, and when some can.
const PAUSE: Duration = Duration::from_millis(2);
const BREATH: Duration = Duration::from_micros(500);

/// Whether attacks last long and are large: with `LONG_TESTS` in the environment.
pub(crate) fn is_long() -> bool {
    std::env::var_os("LONG_TESTS").is_some()
}

/// The length of an attack that does its worst at once.
pub(crate) fn spell() -> Duration {
    if is_long() { SPELL } else { SHORT_SPELL }
}

/// The header that gives a connection another client's address.
pub(crate) fn proxied(ip: &str) -> String {
    format!("PROXY TCP4 {ip} 127.0.0.1 1 2\r\n")
}

/// A request without a body.
pub(crate) fn request(method: &str, target: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

/// The beginning of a WebSocket that carries Socket.IO, and of a stay in `namespace`.
pub(crate) fn upgraded(namespace: &str) -> Vec<u8> {
    let head = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n{}\r\n",
        handshake()
    );
    let comma = if namespace == "/" { "40".to_owned() } else { format!("40{namespace},{{}}") };
    [head.into_bytes(), text_frame(&comma)].concat()
}

/// The actions of one connection.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) door: SocketAddr,
    /// The header that gives it another address, if any.
    pub(crate) header: String,
    /// Sent first, after the header.
    pub(crate) opening: Arc<[u8]>,
    /// Sent then, and how often.
    pub(crate) load: Arc<[u8]>,
    pub(crate) times: usize,
    /// Whether it reads its input.
    pub(crate) reads: bool,
    /// Whether it closes after it has sent everything.
    pub(crate) leaves: bool,
    /// Whether another one takes its place when it has ended.
    pub(crate) returns: bool,
}

impl Plan {
    /// A connection that sends `opening` and `load` for ever, reads, and is replaced by another.
    pub(crate) fn new(door: SocketAddr, opening: impl AsRef<[u8]>, load: impl AsRef<[u8]>) -> Self {
        Self {
            door,
            header: proxied(FOE),
            opening: Arc::from(opening.as_ref()),
            load: Arc::from(load.as_ref()),
            times: usize::MAX,
            reads: true,
            leaves: false,
            returns: true,
        }
    }

    /// Lets it send its load this often.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Gives it another address.
    pub(crate) fn at(self, ip: String) -> Self {
        Self { header: proxied(&ip), ..self }
    }

    /// Lets it read nothing.
    pub(crate) fn deaf(self) -> Self {
        Self { reads: false, ..self }
    }

    /// Lets it close after it has sent everything.
    pub(crate) fn leaving(self) -> Self {
        Self { leaves: true, ..self }
    }

    /// Lets nobody take its place when it has ended.
    pub(crate) fn once(self) -> Self {
        Self { returns: false, ..self }
    }
}

struct Foe {
    plan: Plan,
    /// The header and the opening, which are sent before the load.
    opening: Vec<u8>,
    stream: Option<TcpStream>,
    /// Bytes sent of the opening and then of the load, and the number of complete loads.
    sent: usize,
    rounds: usize,
    told: Vec<u8>,
    came: bool,
}

impl Foe {
    fn new(plan: Plan) -> Self {
        let opening = [plan.header.as_bytes(), &plan.opening].concat();
        Self { plan, opening, stream: None, sent: 0, rounds: 0, told: Vec::new(), came: false }
    }

    /// Connects, unless it has connected before and does not return. True if it is connected now.
    fn comes(&mut self) -> bool {
        if self.stream.is_some() {
            return true;
        }
        if self.came && !self.plan.returns {
            return false;
        }
        // If the connection is not accepted, it is tried again later.
        let stream = TcpStream::connect_timeout(&self.plan.door, Duration::from_millis(200));
        let Ok(stream) = stream else { return false };
        stream.set_nonblocking(true).expect("a socket can be non-blocking");
        (self.stream, self.sent, self.rounds, self.came) = (Some(stream), 0, 0, true);
        true
    }

    /// Sends and reads a little. True if anything moved.
    fn goes_on(&mut self) -> std::io::Result<bool> {
        let Some(mut stream) = self.stream.as_ref() else { return Ok(false) };
        let mut moved = false;
        let mut buffer = [0; PIECE];
        if self.plan.reads {
            match stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    moved = true;
                    let room = TOLD_BYTES.saturating_sub(self.told.len());
                    self.told.extend_from_slice(&buffer[..count.min(room)]);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => (),
                Err(error) => return Err(error),
            }
        }
        let next = match self.opening.get(self.sent..).filter(|rest| !rest.is_empty()) {
            Some(rest) => rest,
            None if self.rounds < self.plan.times => {
                let at = self.sent - self.opening.len();
                self.plan.load.get(at..).unwrap_or_default()
            }
            None if self.plan.leaves => return Err(ErrorKind::UnexpectedEof.into()),
            None => return Ok(moved),
        };
        match stream.write(&next[..next.len().min(PIECE)]) {
            Ok(count) => {
                self.sent += count;
                moved |= count > 0;
                if self.sent == self.opening.len() + self.plan.load.len() {
                    self.sent = self.opening.len();
                    self.rounds += 1;
                    if self.plan.load.is_empty() {
                        self.rounds = self.plan.times;
                    }
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => (),
            Err(error) => return Err(error),
        }
        Ok(moved)
    }
}

/// Attackers of one thread.
pub(crate) struct Horde {
    foes: Vec<Foe>,
    /// Connections that were made, and that have ended.
    pub(crate) came: usize,
    pub(crate) ended: usize,
    told: Vec<Vec<u8>>,
}

impl Horde {
    pub(crate) fn new(plans: impl IntoIterator<Item = Plan>) -> Self {
        let foes = plans.into_iter().map(Foe::new).collect();
        Self { foes, came: 0, ended: 0, told: Vec::new() }
    }

    /// More join in.
    pub(crate) fn grows(&mut self, plans: impl IntoIterator<Item = Plan>) {
        self.foes.extend(plans.into_iter().map(Foe::new));
    }

    /// Attacks for this time.
    pub(crate) fn attacks(&mut self, time: Duration) -> &mut Self {
        let start = Instant::now();
        self.attacks_until(|_| start.elapsed() >= time);
        self
    }

    /// Attacks until it is done.
    pub(crate) fn attacks_until(&mut self, mut done: impl FnMut(&Self) -> bool) {
        while !done(self) {
            let mut moved = false;
            for foe in &mut self.foes {
                let was_there = foe.stream.is_some();
                if !foe.comes() {
                    continue;
                }
                self.came += usize::from(!was_there);
                match foe.goes_on() {
                    Ok(more) => moved |= more,
                    Err(_) => {
                        foe.stream = None;
                        self.ended += 1;
                        self.told.push(std::mem::take(&mut foe.told));
                    }
                }
            }
            // They are on other machines: their work takes no time from the server's.
            thread::sleep(if moved { BREATH } else { PAUSE });
        }
    }

    /// Number of connected attackers.
    pub(crate) fn here(&self) -> usize {
        self.foes.iter().filter(|foe| foe.stream.is_some()).count()
    }

    /// Number of connections whose first input contained this.
    pub(crate) fn told(&self, text: &str) -> usize {
        let all = self.told.iter().chain(self.foes.iter().map(|foe| &foe.told));
        let is_told = |told: &&Vec<u8>| {
            told.windows(text.len().max(1)).any(|window| window == text.as_bytes())
        };
        all.filter(is_told).count()
    }
}
