//! The bytes before the TLS of a stream that a client has begun: a proxy's header, or none.

use mio_wire::proxy::{self, Start};
use std::net::IpAddr;

/// The bytes of a stream before its TLS.
#[derive(Debug)]
pub(super) struct Prelude {
    state: State,
    /// Records that came together with a proxy's header.
    early: Vec<u8>,
    /// The client that the header names, until somebody asks.
    source: Option<IpAddr>,
}

#[derive(Debug)]
enum State {
    /// These may be the beginning of a proxy's header.
    Awaited(Vec<u8>),
    /// A header that has not been read yet, and what of it is left.
    Header(Vec<u8>),
    /// There are none, or they have been read.
    Over,
}

impl Prelude {
    /// The stream may begin with a header.
    pub(super) const fn awaited() -> Self {
        Self { state: State::Awaited(Vec::new()), early: Vec::new(), source: None }
    }

    /// The stream begins with TLS.
    pub(super) const fn over() -> Self {
        Self { state: State::Over, early: Vec::new(), source: None }
    }

    /// Whether more bytes must tell what it is.
    pub(super) const fn is_awaited(&self) -> bool {
        matches!(self.state, State::Awaited(_))
    }

    /// Whether nothing has come.
    pub(super) const fn is_silent(&self) -> bool {
        matches!(&self.state, State::Awaited(held) if held.is_empty())
    }

    /// Takes a header off the first bytes. The records after it are the next input. If there are
    /// too few bytes to tell, they are kept.
    pub(super) fn cut(&mut self, input: &[u8]) {
        let State::Awaited(held) = &mut self.state else { return };
        held.extend_from_slice(input);
        let header_bytes = match proxy::start(held) {
            Start::More => return,
            Start::Header(header) => {
                self.source = header.source;
                header.bytes
            }
            // TLS begins with neither, so it refuses what is malformed.
            Start::Nothing | Start::Malformed => 0,
        };
        self.early = held.split_off(header_bytes);
        self.state = match std::mem::take(held) {
            none if none.is_empty() => State::Over,
            header => State::Header(header),
        };
    }

    /// Moves the records that came with the header to the front of `input`. Returns the number of
    /// bytes.
    pub(super) fn take_early(&mut self, input: &mut [u8]) -> usize {
        let early = std::mem::take(&mut self.early);
        input[..early.len()].copy_from_slice(&early);
        early.len()
    }

    /// Whether a header, or the rest of one, can be read.
    pub(super) const fn has_header(&self) -> bool {
        matches!(self.state, State::Header(_))
    }

    /// Reads the header, or the rest of it, into `text`. Returns the number of bytes.
    pub(super) fn read(&mut self, text: &mut [u8]) -> usize {
        let State::Header(header) = &mut self.state else { return 0 };
        let count = header.len().min(text.len());
        let (now, later) = header.split_at(count);
        text[..count].copy_from_slice(now);
        self.state = match later {
            [] => State::Over,
            later => State::Header(later.to_vec()),
        };
        count
    }

    /// Whether the header names a client that nobody has asked for.
    pub(super) const fn has_source(&self) -> bool {
        self.source.is_some()
    }

    /// The client that the header names, once.
    pub(super) const fn take_source(&mut self) -> Option<IpAddr> {
        self.source.take()
    }

    /// Bytes of memory that it holds.
    pub(super) const fn held_bytes(&self) -> usize {
        let held = match &self.state {
            State::Awaited(bytes) | State::Header(bytes) => bytes.capacity(),
            State::Over => 0,
        };
        held + self.early.capacity()
    }
}
