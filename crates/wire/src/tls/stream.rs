//! A client's stream of text over another stream of bytes, blocking or not.

use super::{Received, Tls, TlsError};
use crate::limits::{TLS_READ_BYTES, TLS_RECORD_BYTES_MAX};
use std::io::{self, ErrorKind, Read, Write};

/// A stream that speaks TLS over a stream that does not, for clients with few connections.
///
/// The bytes of a write are encrypted and given to the stream below at once. Bytes that it does not
/// take wait here, and [`Write::flush`] goes on with them. No write takes bytes before the
/// handshake is done; the handshake goes on with every read.
#[derive(Debug)]
pub struct SecureStream<S> {
    stream: S,
    tls: Tls,
    /// Records that the stream below has not taken.
    unsent: Vec<u8>,
    /// There is more text without another read.
    has_text: bool,
}

impl<S: Read + Write> SecureStream<S> {
    /// Begins a handshake over `stream`, which must be connected.
    ///
    /// # Errors
    /// If the stream is broken.
    pub fn begin(stream: S, mut tls: Tls) -> io::Result<Self> {
        let mut unsent = Vec::new();
        tls.receive(&mut [], &mut [], &mut unsent).map_err(broken)?;
        let mut secure = Self { stream, tls, unsent, has_text: false };
        secure.flush()?;
        Ok(secure)
    }

    /// The stream below.
    pub const fn stream(&self) -> &S {
        &self.stream
    }

    /// The stream below, to register it for example.
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Whether the handshake is done.
    pub fn is_open(&self) -> bool {
        self.tls.is_open()
    }

    /// Goes on with the handshake; whether it is done.
    ///
    /// # Errors
    /// If there can be none, or the stream is broken.
    pub fn greet(&mut self) -> io::Result<bool> {
        let mut records = [0; TLS_READ_BYTES];
        while !self.is_open() {
            let count = match self.stream.read(&mut records) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                read => read?,
            };
            let received = self.tls.receive(&mut records[..count], &mut [], &mut self.unsent);
            let flushed = self.flush();
            self.has_text = received.map_err(broken)?.has_more;
            flushed?;
        }
        Ok(true)
    }

    /// Says that nothing more comes.
    ///
    /// # Errors
    /// If the handshake is not done, or the stream is broken.
    pub fn end(&mut self) -> io::Result<()> {
        self.tls.end(&mut self.unsent).map_err(broken)?;
        self.flush()
    }
}

impl<S: Read + Write> Read for SecureStream<S> {
    /// An end of the stream below without TLS's own end is an error, because the text may be
    /// incomplete.
    fn read(&mut self, text: &mut [u8]) -> io::Result<usize> {
        let mut records = [0; TLS_READ_BYTES];
        loop {
            if self.tls.is_ended() {
                return Ok(0);
            }
            let count = match self.has_text {
                true => 0,
                false => self.stream.read(&mut records)?,
            };
            if count == 0 && !self.has_text {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let received = self.tls.receive(&mut records[..count], text, &mut self.unsent);
            // An alert is told even if nothing more can be.
            let flushed = self.flush();
            let Received { text: count, has_more } = received.map_err(broken)?;
            flushed?;
            self.has_text = has_more;
            if count > 0 {
                return Ok(count);
            }
        }
    }
}

impl<S: Read + Write> Write for SecureStream<S> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.flush()?;
        if !self.is_open() || !self.unsent.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let text = &text[..text.len().min(TLS_RECORD_BYTES_MAX)];
        self.tls.send(text, &mut self.unsent).map_err(broken)?;
        self.flush()?;
        Ok(text.len())
    }

    /// Gives waiting bytes to the stream below. Bytes that it does not take wait on.
    fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn broken(error: TlsError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
