//! Standard input, line by line.

use super::fd::{Read, is_readable, read_once};
use crate::limits::{CLIENT_LINE_BYTES_MAX, CLIENT_READ_BYTES};
use std::io;

/// Standard input.
#[derive(Debug)]
pub(super) struct Input {
    /// Bytes that were read and not handled yet.
    bytes: Vec<u8>,
    /// Whether more may come.
    pub(super) is_open: bool,
    /// Whether a line has been returned.
    pub(super) has_said: bool,
    /// Whether reading does not wait, and an event tells when it is possible: not for a regular
    /// file.
    is_watched: bool,
    /// Whether a read is expected to return at once.
    pub(super) is_readable: bool,
    /// Whether the next bytes are the rest of a line that is too long.
    is_discarding: bool,
}

/// A line of input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// With its end, if it has one.
    Whole(Vec<u8>),
    /// Too long; it is not kept.
    TooLong,
}

impl Input {
    pub(super) const fn new(is_watched: bool) -> Self {
        Self {
            bytes: Vec::new(),
            is_open: true,
            has_said: false,
            is_watched,
            is_readable: true,
            is_discarding: false,
        }
    }

    /// Whether everything that was read has been handled.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Ends the input after a line was returned: nothing more is needed.
    pub(super) fn close(&mut self) {
        self.bytes.clear();
        (self.is_open, self.has_said) = (false, true);
    }

    /// The next complete line; at the end of the input also one without an end.
    pub(super) fn line(&mut self) -> Option<Line> {
        let end = memchr::memchr(b'\n', &self.bytes);
        if std::mem::take(&mut self.is_discarding) {
            self.is_discarding = end.is_none();
            self.bytes.drain(..end.map_or(self.bytes.len(), |end| end + 1));
            return if self.is_discarding { None } else { self.line() };
        }
        if end.unwrap_or(self.bytes.len()) > CLIENT_LINE_BYTES_MAX {
            self.is_discarding = true;
            return Some(Line::TooLong);
        }
        let is_last = !self.is_open && !self.bytes.is_empty();
        let length = end.map(|end| end + 1).or_else(|| is_last.then_some(self.bytes.len()))?;
        let rest = self.bytes.split_off(length);
        Some(Line::Whole(std::mem::replace(&mut self.bytes, rest)))
    }

    /// Reads once, if a read returns at once and there is room. True if it did.
    pub(super) fn read(&mut self) -> io::Result<bool> {
        if !self.is_open || !self.is_readable || self.bytes.len() > CLIENT_LINE_BYTES_MAX {
            return Ok(false);
        }
        if self.is_watched && !is_readable(io::stdin())? {
            self.is_readable = false;
            return Ok(false);
        }
        let mut buffer = [0; CLIENT_READ_BYTES];
        match read_once(io::stdin(), &mut buffer)? {
            Read::End => self.is_open = false,
            Read::Nothing => (),
            Read::Bytes(count) => {
                self.bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of bytes that are read in pieces.
    fn lines(bytes: &[u8]) -> Vec<Line> {
        let mut input = Input::new(true);
        let mut lines = Vec::new();
        for piece in bytes.chunks(CLIENT_READ_BYTES) {
            input.bytes.extend_from_slice(piece);
            lines.extend(std::iter::from_fn(|| input.line()));
            assert!(input.bytes.len() <= CLIENT_LINE_BYTES_MAX + CLIENT_READ_BYTES);
        }
        input.is_open = false;
        lines.extend(std::iter::from_fn(|| input.line()));
        assert!(input.is_empty());
        lines
    }

    #[test]
    fn the_rest_of_a_line_that_is_too_long_is_no_line() {
        let whole = |text: &str| Line::Whole(text.into());
        assert_eq!(lines(b"a\n\nb"), [whole("a\n"), whole("\n"), whole("b")]);
        let long = "x".repeat(75_000);
        assert_eq!(lines(long.as_bytes()), [Line::TooLong]);
        assert_eq!(lines(format!("{long}\nb\n").as_bytes()), [Line::TooLong, whole("b\n")]);
        let two = format!("a\n{long}\n{long}\nb");
        assert_eq!(lines(two.as_bytes()), [whole("a\n"), Line::TooLong, Line::TooLong, whole("b")]);
        let fits = "x".repeat(CLIENT_LINE_BYTES_MAX);
        assert_eq!(lines(fits.as_bytes()), [whole(&fits)]);
    }
}
