//! TLS 1.2 and 1.3, of servers and of clients. Records in, text out; text in, records out.
//!
//! [`TlsServer`] and [`TlsClient`] are settings that many connections share, and [`Tls`] is the
//! state of one connection. Its buffers are the caller's, but for the beginning of a record: a
//! connection without traffic holds only its keys. The cryptography, the handshake
//! and the checking of certificates are those of the `rustls` crate.

mod client;
mod error;
mod server;
mod steps;
mod stream;
mod trust;
mod validity;

pub use client::TlsClient;
pub use error::TlsError;
pub use server::{CertificateFault, TlsServer};
pub use stream::SecureStream;

use crate::limits::{
    TLS_ALERT_BYTES, TLS_BARE_RECORDS_MAX, TLS_KEPT_BYTES_MAX, TLS_RECORD_BYTES_MAX,
    TLS_RECORD_OVERHEAD_BYTES,
};
use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, UnbufferedStatus};
use std::fmt;
use steps::{Encrypt, Step, Traffic, append, content_bytes, records, step};

/// The first byte of every record that can begin a connection (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;

/// The state of one connection.
pub struct Tls {
    side: Side,
    /// Whether a byte has come.
    is_begun: bool,
    /// The peer has said that nothing more comes.
    is_ended: bool,
    /// Records that have come and are not used yet: the beginning of one, mostly.
    kept: Vec<u8>,
    /// Text that has come and that there was no room for.
    spill: Vec<u8>,
    /// Records without text that a client has sent since its last text.
    bare_records: usize,
}

enum Side {
    Server(Box<UnbufferedServerConnection>),
    Client(Box<UnbufferedClientConnection>),
}

/// The result of some input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Bytes of text.
    pub text: usize,
    /// Whether there may be more text that can be had without more input.
    pub has_more: bool,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}

impl Tls {
    const fn new(side: Side) -> Self {
        Self {
            side,
            is_begun: false,
            is_ended: false,
            kept: Vec::new(),
            spill: Vec::new(),
            bare_records: 0,
        }
    }

    /// Whether the handshake is over, so that text can be sent.
    pub fn is_open(&self) -> bool {
        self.side.is_open()
    }

    /// Whether the peer has said that it sends nothing more (`close_notify`). An end of the
    /// connection without that may be an attacker's (RFC 8446, 6.1).
    pub const fn is_ended(&self) -> bool {
        self.is_ended && self.spill.is_empty()
    }

    /// The protocol that the two sides have agreed on above TLS (ALPN, RFC 7301).
    pub fn protocol(&self) -> Option<&[u8]> {
        match &self.side {
            Side::Server(tls) => tls.alpn_protocol(),
            Side::Client(tls) => tls.alpn_protocol(),
        }
    }

    /// Bytes of memory that it holds besides its keys. Without the beginning of a record it holds
    /// none.
    pub const fn held_bytes(&self) -> usize {
        self.kept.capacity() + self.spill.capacity()
    }

    /// Takes `fresh` input, in which it writes, and puts the text of its records at the front of
    /// `text`. The answers of the handshake are appended to `out`; a client has something to send
    /// before anything has come.
    ///
    /// `text` should have room for [`TLS_RECORD_BYTES_MAX`] bytes. If there is more text than room,
    /// it `has_more`, which the next calls get, with or without fresh input.
    ///
    /// # Errors
    /// If the connection cannot go on. The bytes appended to `out` then tell the peer why.
    pub fn receive(
        &mut self,
        fresh: &mut [u8],
        text: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<Received, TlsError> {
        if let Some(first) = fresh.first()
            && !std::mem::replace(&mut self.is_begun, true)
            && *first != HANDSHAKE
        {
            return Err(TlsError::Plain);
        }
        let mut kept = std::mem::take(&mut self.kept);
        if kept.is_empty() {
            // Mostly the records are whole, and nothing of them is copied.
            let (used, received) = self.take_records(fresh, text, out)?;
            self.keep(fresh.get(used..).unwrap_or_default().to_vec(), &received)?;
            return Ok(received);
        }
        kept.extend_from_slice(fresh);
        let (used, received) = self.take_records(&mut kept, text, out)?;
        kept.drain(..used);
        kept.shrink_to_fit();
        self.keep(kept, &received)?;
        Ok(received)
    }

    /// Keeps input that cannot be used yet.
    fn keep(&mut self, kept: Vec<u8>, received: &Received) -> Result<(), TlsError> {
        let is_servers = matches!(self.side, Side::Server(_));
        // No client has a reason to begin something so long.
        if is_servers && !received.has_more && kept.len() > TLS_KEPT_BYTES_MAX {
            return Err(TlsError::Malformed);
        }
        self.kept = kept;
        Ok(())
    }

    /// Takes records off the front of `input`. The number of bytes that are used.
    fn take_records(
        &mut self,
        input: &mut [u8],
        text: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Received), TlsError> {
        let mut used = 0;
        let mut count = self.take_spilt(text);
        loop {
            let rest = input.get_mut(used..).unwrap_or_default();
            let room = text.len() - count;
            let is_full = count > 0 && content_bytes(rest).is_some_and(|bytes| bytes > room);
            if is_full || !self.spill.is_empty() {
                return Ok((used, Received { text: count, has_more: true }));
            }
            let (was_open, before) = (self.side.is_open(), count);
            let spill = &mut self.spill;
            let mut take = |record: &[u8]| {
                let taken = record.len().min(text.len() - count);
                let (fits, left) = record.split_at(taken);
                text[count..count + taken].copy_from_slice(fits);
                count += taken;
                spill.extend_from_slice(left);
            };
            let (discard, step) = self.side.step(rest, &mut take, out);
            used += discard;
            let has_text = count > before || !self.spill.is_empty();
            if was_open {
                let taken = input.get(used - discard..used).unwrap_or_default();
                self.count_bare(taken, has_text)?;
            }
            match step {
                Ok(Step::Again) => (),
                Ok(Step::Ended) => self.is_ended = true,
                Ok(Step::Blocked) => return Ok((used, Received { text: count, has_more: false })),
                Err(error) => {
                    self.write_alert(input.get_mut(used..).unwrap_or_default(), out);
                    return Err(error);
                }
            }
        }
    }

    /// Counts the records in `taken`, of which the last may have had text. A client has no reason
    /// to send one without text after the other.
    fn count_bare(&mut self, taken: &[u8], has_text: bool) -> Result<(), TlsError> {
        self.bare_records = if has_text { 0 } else { self.bare_records + records(taken) };
        let is_servers = matches!(self.side, Side::Server(_));
        match is_servers && self.bare_records > TLS_BARE_RECORDS_MAX {
            true => Err(TlsError::Bare),
            false => Ok(()),
        }
    }

    /// Appends the records of `text` to `out`: one for each [`TLS_RECORD_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// If the handshake is not over, or no more text can be sent with these keys.
    pub fn send(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), TlsError> {
        let records = text.len().div_ceil(TLS_RECORD_BYTES_MAX);
        let room = text.len() + records * TLS_RECORD_OVERHEAD_BYTES;
        self.write(out, room, &mut |traffic, out| match traffic {
            Traffic::Server(traffic) => traffic.encrypt(text, out),
            Traffic::Client(traffic) => traffic.encrypt(text, out),
        })
    }

    /// Appends to `out` that no more text comes from this side. Text can still be received.
    ///
    /// # Errors
    /// If the handshake is not over.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), TlsError> {
        self.write(out, TLS_ALERT_BYTES, &mut |traffic, out| match traffic {
            Traffic::Server(traffic) => traffic.queue_close_notify(out),
            Traffic::Client(traffic) => traffic.queue_close_notify(out),
        })
    }

    /// Encrypts something, for which about `room` bytes are enough.
    fn write(
        &mut self,
        out: &mut Vec<u8>,
        room: usize,
        write: &mut Encrypt<'_>,
    ) -> Result<(), TlsError> {
        // The state machine may be in the middle of the kept bytes, and must be shown them again.
        let mut kept = std::mem::take(&mut self.kept);
        let mut used = 0;
        let done = loop {
            let rest = &mut kept[used..];
            let spill = &mut self.spill;
            let mut take = |record: &[u8]| spill.extend_from_slice(record);
            let (discard, step) = match &mut self.side {
                Side::Server(tls) => match tls.process_tls_records(rest) {
                    UnbufferedStatus {
                        discard,
                        state: Ok(ConnectionState::WriteTraffic(mut it)),
                    } => {
                        used += discard;
                        break append(out, room, |out| write(Traffic::Server(&mut it), out));
                    }
                    status => step(status, &mut take, out),
                },
                Side::Client(tls) => match tls.process_tls_records(rest) {
                    UnbufferedStatus {
                        discard,
                        state: Ok(ConnectionState::WriteTraffic(mut it)),
                    } => {
                        used += discard;
                        break append(out, room, |out| write(Traffic::Client(&mut it), out));
                    }
                    status => step(status, &mut take, out),
                },
            };
            used += discard;
            match step {
                Ok(Step::Again) => (),
                Ok(Step::Ended) => self.is_ended = true,
                Ok(Step::Blocked) => break Err(TlsError::NotOpen),
                Err(error) => break Err(error),
            }
        };
        kept.drain(..used);
        self.kept = kept;
        done
    }

    /// Appends the alert for the peer about an error, after which this `rest` of the input is left.
    fn write_alert(&mut self, rest: &mut [u8], out: &mut Vec<u8>) {
        // While there is something to send, no more input is taken.
        while self.side.has_to_send() {
            let _ = self.side.step(rest, &mut |_| (), out);
        }
    }

    /// Moves text for which there was no room before.
    fn take_spilt(&mut self, text: &mut [u8]) -> usize {
        let count = self.spill.len().min(text.len());
        text[..count].copy_from_slice(&self.spill[..count]);
        self.spill.drain(..count);
        if self.spill.is_empty() {
            self.spill = Vec::new();
        }
        count
    }
}

impl Side {
    fn is_open(&self) -> bool {
        match self {
            Self::Server(tls) => !tls.is_handshaking(),
            Self::Client(tls) => !tls.is_handshaking(),
        }
    }

    fn has_to_send(&self) -> bool {
        match self {
            Self::Server(tls) => tls.wants_write(),
            Self::Client(tls) => tls.wants_write(),
        }
    }

    /// Does one step. Returns the number of input bytes used, and the next thing to do.
    fn step(
        &mut self,
        input: &mut [u8],
        take: &mut dyn FnMut(&[u8]),
        out: &mut Vec<u8>,
    ) -> (usize, Result<Step, TlsError>) {
        match self {
            Self::Server(tls) => step(tls.process_tls_records(input), take, out),
            Self::Client(tls) => step(tls.process_tls_records(input), take, out),
        }
    }
}

#[cfg(test)]
mod tests;
