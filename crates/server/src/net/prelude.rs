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
        let count = self.early.len().min(input.len());
        for (place, byte) in input.iter_mut().zip(self.early.drain(..count)) {
            *place = byte;
        }
        if self.early.is_empty() {
            self.early = Vec::new();
        }
        count
    }

    /// Bytes that may be read now, if `room` bytes of records can be taken at a time: those that
    /// are kept already come before them.
    pub(super) const fn room(&self, room: usize) -> usize {
        match &self.state {
            State::Awaited(held) => room.saturating_sub(held.len()),
            State::Header(_) | State::Over => room,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that are taken at a time.
    const ROOM: usize = 1024;

    /// Reads a stream's bytes: the first `first` of them, and then as many as there is room for.
    fn read(all: &[u8], first: usize) -> Vec<u8> {
        let (mut prelude, mut left) = (Prelude::awaited(), all);
        let (mut records, mut count) = (Vec::new(), first);
        while prelude.is_awaited() && !left.is_empty() {
            let now;
            (now, left) = left.split_at(count.min(prelude.room(ROOM)).min(left.len()));
            prelude.cut(now);
            count = ROOM;
        }
        let mut input = [0; ROOM];
        let taken = prelude.take_early(&mut input);
        records.extend_from_slice(&input[..taken]);
        assert_eq!(prelude.take_early(&mut input), 0, "nothing is left over");
        records.extend_from_slice(left);
        records
    }

    #[test]
    fn bytes_that_only_begin_like_a_header_leave_room_for_as_many_as_before() {
        let rest = [b'x'; 3 * ROOM];
        let header = b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n";
        for begin in [&b"P"[..], b"PROXY TCP4 x", b"\r\n\r\n\0\r\nQUIT\n", header] {
            let all = [begin, &rest].concat();
            let records = if begin == header { &rest[..] } else { &all[..] };
            for first in 1..=begin.len() {
                assert_eq!(read(&all, first), records, "{first} bytes of {begin:?} came first");
            }
        }
    }
}
