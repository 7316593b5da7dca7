//! One connection to the server.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;
use mio_wire::tls::{SecureStream, Tls};

use crate::greeting::Greeting;

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Receives, and perhaps sends; its messages are accounted for.
    Client,
    /// Never reads.
    Stalled,
    /// Sends lines of its own a byte at a time.
    Trickle,
    /// Sends lines of its own as fast as it can.
    Flood,
}

/// How an attempt to read or write went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This many bytes.
    Bytes(usize),
    /// Not now.
    Blocked,
    /// Never again.
    Closed,
}

/// The state of a connection.
pub(crate) enum Stage {
    /// TCP's handshake, and the greeting that follows it.
    Connecting(Option<Box<Greeting>>),
    /// The server greets.
    Greeting(Box<Greeting>),
    /// Messages.
    Open,
}

/// A stream to the server.
enum Stream {
    Plain(TcpStream),
    Secure(Box<SecureStream<TcpStream>>),
}

impl Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }
}

/// One connection.
pub(crate) struct Connection {
    stream: Option<Stream>,
    /// The handshake of TLS, which has not begun.
    tls: Option<Tls>,
    /// Its purpose.
    pub(crate) role: Role,
    /// Its state.
    pub(crate) stage: Stage,
    /// The start of a message whose end has not been read.
    pub(crate) carry: Vec<u8>,
    /// Bytes to send, from `out_at` on.
    pub(crate) out: Vec<u8>,
    out_at: usize,
    /// Whether the last write was refused.
    pub(crate) blocked: bool,
    /// Whether it waits for its next turn without a new event.
    pub(crate) queued: bool,
    /// For lines of its own: the next byte to send.
    pub(crate) position: usize,
}

impl Connection {
    /// A connection whose handshake is under way, and the greeting after that.
    pub(crate) fn new(
        stream: TcpStream,
        tls: Option<Tls>,
        role: Role,
        greeting: Option<Box<Greeting>>,
    ) -> Self {
        Self {
            stream: Some(Stream::Plain(stream)),
            tls,
            role,
            stage: Stage::Connecting(greeting),
            carry: Vec::new(),
            out: Vec::new(),
            out_at: 0,
            blocked: false,
            queued: false,
            position: 0,
        }
    }

    /// Says whether the handshakes of TCP and TLS are complete, or how they failed.
    pub(crate) fn is_connected(&mut self) -> io::Result<bool> {
        match &mut self.stream {
            None => return Ok(false),
            Some(Stream::Secure(stream)) => return stream.greet(),
            Some(Stream::Plain(stream)) => {
                if let Some(error) = stream.take_error()? {
                    return Err(error);
                }
                match stream.peer_addr() {
                    Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(false),
                    other => other?,
                };
            }
        }
        let Some(tls) = self.tls.take() else { return Ok(true) };
        let Some(Stream::Plain(stream)) = self.stream.take() else { return Ok(false) };
        let mut stream = Box::new(SecureStream::begin(stream, tls)?);
        let is_done = stream.greet();
        self.stream = Some(Stream::Secure(stream));
        is_done
    }

    /// Whether it speaks TLS: then a short read does not mean that nothing is left.
    pub(crate) fn is_secure(&self) -> bool {
        matches!(self.stream, Some(Stream::Secure(_)))
    }

    /// Whether it has not been closed.
    pub(crate) fn is_alive(&self) -> bool {
        self.stream.is_some()
    }

    /// Closes it and drops its unsent bytes.
    pub(crate) fn close(&mut self) {
        self.stream = None;
        self.out = Vec::new();
        self.carry = Vec::new();
    }

    /// Reads once.
    #[inline]
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Outcome {
        let Some(stream) = &mut self.stream else {
            return Outcome::Closed;
        };
        match attempt(|| stream.read(buffer)) {
            Outcome::Bytes(0) => Outcome::Closed,
            outcome => outcome,
        }
    }

    /// Writes once.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Outcome {
        let Some(stream) = &mut self.stream else {
            return Outcome::Closed;
        };
        let outcome = attempt(|| stream.write(bytes));
        self.blocked = outcome == Outcome::Blocked;
        outcome
    }

    /// Sends the unsent bytes, as far as possible.
    pub(crate) fn flush(&mut self) -> Outcome {
        let out = std::mem::take(&mut self.out);
        let mut outcome = Outcome::Bytes(0);
        while self.out_at < out.len() {
            outcome = self.write(&out[self.out_at..]);
            let Outcome::Bytes(count) = outcome else {
                break;
            };
            self.out_at += count;
        }
        self.out = out;
        if let Some(Stream::Secure(stream)) = &mut self.stream
            && stream.flush().is_err()
        {
            return Outcome::Closed;
        }
        if self.out_at == self.out.len() {
            self.out.clear();
            self.out_at = 0;
        }
        outcome
    }
}

/// Tries until it is not interrupted.
#[inline]
fn attempt(mut operation: impl FnMut() -> io::Result<usize>) -> Outcome {
    loop {
        match operation() {
            Ok(count) => return Outcome::Bytes(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Outcome::Blocked,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Outcome::Closed,
        }
    }
}
