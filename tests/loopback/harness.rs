//! A client at the line door, and waiting with a deadline.

pub(crate) use super::process::{Server, run, serve};

use super::stream::Stream;
use fastrand::Rng;
use socket2::{Domain, Socket, Type};
use std::net::{SocketAddr, TcpStream};
use std::ops::{Deref, DerefMut};
use std::thread;
use std::time::{Duration, Instant};

/// The longest wait for anything before the test fails; generous, because machines are busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

const MIB: u64 = 1024 * 1024;
/// Changes of memory from causes that are not tested: allocator, stacks, page tables.
pub(crate) const NOISE: u64 = MIB;

pub(crate) const fn mib(count: u64) -> u64 {
    count * MIB
}

/// Asks again and again until `done` or the deadline. True if it is done.
pub(crate) fn poll_until(deadline: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A client that sends lines.
pub(crate) struct Client {
    stream: Stream,
    nick: String,
}

impl Client {
    /// A connection that has read nothing.
    pub(crate) fn connect(server: &Server) -> Self {
        Self::connect_to(server.address())
    }

    pub(crate) fn connect_to(address: SocketAddr) -> Self {
        Self::from(TcpStream::connect(address).expect("the server accepts"))
    }

    /// A connection with a small receive buffer, so that a stalled reader is soon felt.
    pub(crate) fn connect_narrow(server: &Server) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        socket.connect(&server.address().into()).expect("the server accepts");
        Self::from(TcpStream::from(socket))
    }

    /// A newcomer who has read the greeting.
    pub(crate) fn guest(server: &Server) -> Self {
        Self::connect(server).greeted()
    }

    /// A client with the nick `nick`.
    pub(crate) fn named(server: &Server, nick: &str) -> Self {
        let mut client = Self::guest(server);
        client.rename(nick);
        client
    }

    /// Reads the greeting.
    pub(crate) fn greeted(mut self) -> Self {
        let welcome = self.line();
        let nick = welcome.strip_prefix("* Welcome to mio-chat. You are ");
        let nick = nick.and_then(|rest| rest.split_once(',')).map(|(nick, _)| nick.to_owned());
        self.nick = nick.unwrap_or_else(|| panic!("a greeting, not {welcome:?}"));
        self.expect("* /nick NAME  /join #ROOM  /msg NAME TEXT  /who  /help  /quit");
        self
    }

    pub(crate) fn rename(&mut self, nick: &str) {
        self.send(format!("/nick {nick}\n"));
        self.skip_to(&format!("* you are now {nick}"));
        nick.clone_into(&mut self.nick);
    }

    /// Its name in the server's greeting.
    pub(crate) fn nick(&self) -> &str {
        &self.nick
    }

    /// Closes with a reset instead of an end.
    pub(crate) fn reset(self) {
        self.stream.will_reset();
    }

    /// The next line without its LF, or the bytes before the end; `None` at any end.
    pub(crate) fn bytes_line(&mut self) -> Option<Vec<u8>> {
        let mut line = self.stream.until_lf();
        if line.is_empty() {
            return None;
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        Some(line)
    }

    /// The next line; `None` at the end.
    pub(crate) fn try_line(&mut self) -> Option<String> {
        let line = self.bytes_line()?;
        Some(String::from_utf8(line).expect("the server speaks UTF-8"))
    }

    /// The next line.
    pub(crate) fn line(&mut self) -> String {
        self.try_line().unwrap_or_else(|| panic!("{} was closed", self.nick))
    }

    /// The next line from a person, skipping the server's.
    pub(crate) fn said(&mut self) -> String {
        loop {
            let line = self.line();
            if !line.starts_with("* ") {
                return line;
            }
        }
    }

    /// Expects this line next.
    pub(crate) fn expect(&mut self, line: &str) {
        assert_eq!(self.line(), line);
    }

    /// Expects this line next from a person.
    pub(crate) fn expect_said(&mut self, line: &str) {
        assert_eq!(self.said(), line);
    }

    /// Reads on to this line, skipping others.
    pub(crate) fn skip_to(&mut self, line: &str) {
        let mut skipped = Vec::new();
        loop {
            match self.try_line() {
                Some(next) if next == line => return,
                Some(next) => skipped.push(next),
                None => panic!("{} was closed before {line:?}, after {skipped:?}", self.nick),
            }
        }
    }

    /// Sends a line and returns the answer, the next line.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\n"));
        self.line()
    }

    /// Waits until the server has handled all input, and returns the lines that came before that.
    pub(crate) fn sync(&mut self) -> Vec<String> {
        self.send("/sync-mark\n");
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if line == "* unknown command /sync-mark, try /help" {
                return lines;
            }
            lines.push(line);
        }
    }

    /// All lines up to the end, which must come.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.try_line()).collect()
    }
}

impl From<TcpStream> for Client {
    fn from(stream: TcpStream) -> Self {
        Self { stream: stream.into(), nick: "a client".to_owned() }
    }
}

impl Deref for Client {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        &self.stream
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }
}

/// Whether a line contains nothing that a terminal obeys.
pub(crate) fn is_harmless(line: &str) -> bool {
    let bidi = |char| matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !line.chars().any(|char| char.is_control() || bidi(char))
}

pub(crate) fn random_bytes(random: &mut Rng, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    bytes
}
