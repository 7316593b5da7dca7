//! A client at the HTTP door, written by hand so that it can also do things that no good client
//! does.

pub(crate) use super::harness::{Client, DEADLINE, NOISE, Server, mib, poll_until};

use super::stream::Stream;
use mio_wire::ws::{Opcode, masked_frame};
use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::ops::{Deref, DerefMut};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The key that RFC 6455 1.3 takes as its example, and its answer.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A server with an HTTP door.
pub(crate) trait Door {
    fn http(&self) -> SocketAddr;
}

impl Door for Server {
    fn http(&self) -> SocketAddr {
        let log = self.log();
        // A relay has no page.
        let forms = [("  web      http://", "/"), ("  chat     ws://", "/ws")];
        let address = log.lines().find_map(|line| {
            forms.iter().find_map(|(start, end)| line.strip_prefix(start)?.strip_suffix(end))
        });
        address.expect("the banner tells the address").parse().expect("an address")
    }
}

/// The server of `examples/conformance.rs`, which `cargo test` builds beside the tests.
pub(crate) struct Conformance {
    child: Child,
    address: SocketAddr,
}

impl Conformance {
    /// With heartbeats longer than any test.
    pub(crate) fn patient() -> Self {
        Self::start(60_000, 60_000)
    }

    pub(crate) fn start(ping_interval_ms: u64, ping_timeout_ms: u64) -> Self {
        Self::start_with(ping_interval_ms, ping_timeout_ms, &[])
    }

    /// With recovery within `window_ms`.
    pub(crate) fn recovering(window_ms: u64) -> Self {
        Self::start_with(60_000, 60_000, &[&format!("--recovery={window_ms}")])
    }

    /// With a limit of messages per second for one client.
    pub(crate) fn paced(rate: u32) -> Self {
        Self::start_with(60_000, 60_000, &["--rate", &rate.to_string()])
    }

    fn start_with(ping_interval_ms: u64, ping_timeout_ms: u64, more: &[&str]) -> Self {
        let tests = std::env::current_exe().expect("a test knows where it is");
        let built = tests.ancestors().nth(2).expect("tests are in a folder of what is built");
        let mut command = Command::new(built.join("examples/conformance"));
        command.args(["--port", "0", "--ping-interval", &ping_interval_ms.to_string()]);
        command.args(["--ping-timeout", &ping_timeout_ms.to_string()]).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("cargo test has built the examples");
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().expect("standard error is piped"));
        stderr.read_line(&mut line).expect("the example tells its address");
        let address = line.trim().strip_prefix("http://").and_then(|it| it.parse().ok());
        let address = address.unwrap_or_else(|| panic!("an address in {line:?}"));
        Self { child, address }
    }
}

impl Door for Conformance {
    fn http(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Conformance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A response. Names of headers are in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(other, _)| other == name);
        let found = named.next().map(|(_, value)| &**value);
        assert!(named.next().is_none(), "one {name} in {:?}", self.headers);
        found
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    pub(crate) fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }

    /// Expects an error of Engine.IO with this code.
    pub(crate) fn expect_code(&self, code: u8) {
        assert_eq!(self.status, if code == 4 { 403 } else { 400 }, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        let begin = format!("{{\"code\":{code},\"message\":\"");
        assert!(self.text().starts_with(&begin) && self.text().ends_with("\"}"), "{self:?}");
    }
}

/// A connection to the HTTP door.
pub(crate) struct Wire {
    stream: Stream,
}

impl Wire {
    pub(crate) fn connect(door: &impl Door) -> Self {
        Self::to(door.http())
    }

    pub(crate) fn to(address: SocketAddr) -> Self {
        Self::from(TcpStream::connect(address).expect("the server accepts"))
    }

    /// Closes with a reset instead of an end.
    pub(crate) fn reset(self) {
        self.stream.will_reset();
    }

    /// Sends a GET for `target` with `headers`, each with its line end, and returns the response.
    pub(crate) fn get(&mut self, target: &str) -> Response {
        self.get_with(target, "")
    }

    pub(crate) fn get_with(&mut self, target: &str, headers: &str) -> Response {
        self.send_get(target, headers);
        self.response()
    }

    /// The metrics for a scraper on this machine.
    pub(crate) fn metrics(&mut self) -> Response {
        self.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    pub(crate) fn send_get(&self, target: &str, headers: &str) {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));
    }

    /// Sends a request and returns its response.
    pub(crate) fn ask(&mut self, request: impl AsRef<[u8]>) -> Response {
        self.send(request);
        self.response()
    }

    pub(crate) fn post(&mut self, target: &str, body: impl AsRef<[u8]>) -> Response {
        self.send(post(target, "", body.as_ref()));
        self.response()
    }

    fn line(&mut self) -> Option<String> {
        let line = String::from_utf8(self.stream.until_lf()).expect("a head is text");
        if line.is_empty() {
            return None;
        }
        Some(line.strip_suffix("\r\n").expect("a line has its end").to_owned())
    }

    /// The head of a response; `None` at the end of the stream.
    pub(crate) fn head(&mut self) -> Option<Response> {
        let status = self.line()?;
        let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.expect("a status line");
        let mut headers = Vec::new();
        loop {
            let line = self.line().expect("a head is whole");
            if line.is_empty() {
                return Some(Response { status, headers, body: Vec::new() });
            }
            let (name, value) = line.split_once(": ").expect("a header");
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    pub(crate) fn try_response(&mut self) -> Option<Response> {
        let mut response = self.head()?;
        let length = response
            .header("content-length")
            .map_or(0, |length| length.parse().expect("a length is a number"));
        response.body = self.bytes(length);
        Some(response)
    }

    pub(crate) fn response(&mut self) -> Response {
        self.try_response().expect("a response and not the end")
    }

    /// Everything up to the end, which must come.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let (mut rest, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        loop {
            match self.stream.0.read(&mut buffer) {
                Ok(0) => return rest,
                Ok(count) => rest.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return rest,
                Err(error) => panic!("no end: {error}"),
            }
        }
    }

    /// Expects only the end.
    pub(crate) fn expect_end(&mut self) {
        let rest = self.rest();
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }

    /// Expects nothing for a while, not even the end.
    pub(crate) fn expect_silence(&mut self, time: Duration) {
        assert!(self.stream.0.buffer().is_empty(), "silence");
        self.tcp().set_read_timeout(Some(time)).expect("a deadline can be set");
        let (start, mut byte) = (Instant::now(), [0]);
        match self.tcp().peek(&mut byte) {
            Ok(count) => panic!("{count} bytes after {:?}", start.elapsed()),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
        self.tcp().set_read_timeout(Some(DEADLINE)).expect("a deadline can be set");
    }
}

impl From<TcpStream> for Wire {
    fn from(stream: TcpStream) -> Self {
        Self { stream: stream.into() }
    }
}

impl Deref for Wire {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        &self.stream
    }
}

impl DerefMut for Wire {
    fn deref_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }
}

/// A POST of `body`.
pub(crate) fn post(target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// The headers of a WebSocket handshake.
pub(crate) fn handshake() -> String {
    format!(
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {KEY}\r\n"
    )
}

/// A masked frame: `first` is its first byte, flags and opcode.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    masked_frame(&mut bytes, Opcode::Binary, payload, MASK);
    bytes[0] = first;
    bytes
}

pub(crate) fn text_frame(text: &str) -> Vec<u8> {
    frame(0x81, text.as_bytes())
}

/// A message from a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Text(String),
    Binary(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Close(Option<u16>),
    End,
}

/// A WebSocket.
pub(crate) struct Ws {
    pub(crate) wire: Wire,
}

impl Ws {
    pub(crate) fn open(door: &impl Door, target: &str) -> Self {
        Self::over(Wire::connect(door), target)
    }

    pub(crate) fn over(mut wire: Wire, target: &str) -> Self {
        let response = wire.get_with(target, &handshake());
        assert_eq!(response.status, 101, "{response:?}");
        assert_eq!(response.header("sec-websocket-accept"), Some(ACCEPT));
        Self { wire }
    }

    pub(crate) fn send(&self, text: &str) {
        self.wire.send(text_frame(text));
    }

    /// The next frame; the server sends only complete messages. The end may be a reset.
    pub(crate) fn next(&mut self) -> Message {
        let mut head = [0; 2];
        match self.wire.stream.0.read_exact(&mut head) {
            Ok(()) => (),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => panic!("no message comes"),
            Err(_) => return Message::End,
        }
        assert_eq!((head[0] & 0x70, head[1] & 0x80), (0, 0), "no reserved bit and no mask");
        let length = match head[1] {
            126 => self.wire.bytes(2),
            127 => self.wire.bytes(8),
            length => vec![length],
        };
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let payload = self.wire.bytes(length);
        match head[0] {
            0x81 => Message::Text(String::from_utf8(payload).expect("text is UTF-8")),
            0x82 => Message::Binary(payload),
            0x89 => Message::Ping,
            0x8a => Message::Pong(payload),
            0x88 => Message::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code))),
            other => panic!("an opcode {other:#x}"),
        }
    }

    pub(crate) fn text(&mut self) -> String {
        match self.next() {
            Message::Text(text) => text,
            other => panic!("{other:?} instead of text"),
        }
    }

    pub(crate) fn expect(&mut self, text: &str) {
        assert_eq!(self.next(), Message::Text(text.to_owned()));
    }

    /// Reads on to this text, skipping others.
    pub(crate) fn skip_to(&mut self, text: &str) {
        while self.text() != text {}
    }

    /// Expects that the server closes with this code, and then its connection.
    pub(crate) fn expect_close(&mut self, code: Option<u16>) {
        assert_eq!(self.next(), Message::Close(code));
        assert_eq!(self.next(), Message::End);
    }
}
