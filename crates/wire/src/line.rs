//! Lines: text ended by LF, CR LF, CR NUL (RFC 854, "the end of a line"), or by a CR alone, which
//! Enter sends at a raw terminal.

use crate::limits::LINE_DISCARD_BYTES_MAX;
use std::fmt;

/// Cuts a stream of bytes into lines of bounded length.
#[derive(Debug)]
pub struct Decoder {
    bytes_max: u32,
    /// This many bytes at the front of the input contain no line end. While an overlong line is
    /// discarded, the number of its discarded bytes.
    seen: u32,
    /// The line was too long; its bytes are discarded up to its end.
    is_discarding: bool,
    /// Whether a CR alone ends a line.
    takes_cr: bool,
    /// The last byte taken is a CR; the next byte may belong to the same line end.
    after_cr: bool,
}

/// The findings of the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'b> {
    /// A line that fits.
    Line(Line<'b>),
    /// A line beyond the limit; reported once, as soon as that is certain.
    TooLong,
}

/// One line with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'b> {
    bytes: &'b [u8],
    text: usize,
}

impl<'b> Line<'b> {
    /// All bytes, as sent.
    pub const fn as_sent(&self) -> &'b [u8] {
        self.bytes
    }

    /// The bytes before the line end.
    pub fn text(&self) -> &'b [u8] {
        &self.bytes[..self.text]
    }
}

/// A line went on for [`LINE_DISCARD_BYTES_MAX`] beyond the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line without end")
    }
}

impl std::error::Error for Endless {}

impl Decoder {
    /// A decoder for lines of at most `bytes_max` bytes before their end. It returns a line as soon
    /// as its CR is there, without waiting for the next byte, which is not part of
    /// [`Line::as_sent`].
    pub fn new(bytes_max: usize) -> Self {
        Self { takes_cr: true, ..Self::exact(bytes_max) }
    }

    /// A decoder for lines of at most `bytes_max` bytes that are passed on with their ends. A CR
    /// alone is not an end here, because it may be the first half of one.
    pub fn exact(bytes_max: usize) -> Self {
        let bytes_max = u32::try_from(bytes_max).unwrap_or(u32::MAX);
        Self { bytes_max, seen: 0, is_discarding: false, takes_cr: false, after_cr: false }
    }

    /// Takes one event off the front of `input`. The rest of `input` belongs in front of the next
    /// bytes.
    ///
    /// # Errors
    /// [`Endless`] if an overlong line does not end; nothing useful follows it.
    pub fn next<'b>(&mut self, input: &mut &'b [u8]) -> Result<Option<Event<'b>>, Endless> {
        self.skip_rest_of_end(input);
        if self.is_discarding && !self.discard(input)? {
            return Ok(None);
        }
        Ok(self.line(input))
    }

    /// Takes the rest of the last line's end, after its CR.
    fn skip_rest_of_end(&mut self, input: &mut &[u8]) {
        if self.takes_cr
            && self.after_cr
            && let Some((first, rest)) = input.split_first()
        {
            self.after_cr = false;
            if matches!(first, b'\n' | 0) {
                *input = rest;
            }
        }
    }

    /// Whether the end of an overlong line is still to come.
    pub const fn is_discarding(&self) -> bool {
        self.is_discarding
    }

    /// Takes the rest of `input` as a line: the stream has ended, or has been idle for long.
    pub fn finish<'b>(&mut self, input: &mut &'b [u8]) -> Option<Event<'b>> {
        let bytes = std::mem::take(input);
        let line = !self.is_discarding && !bytes.is_empty();
        self.after_cr &= bytes.is_empty() && !self.is_discarding;
        self.begin();
        line.then_some(Event::Line(Line { bytes, text: bytes.len() }))
    }

    /// The next byte begins a line.
    const fn begin(&mut self) {
        (self.seen, self.is_discarding) = (0, false);
    }

    fn line<'b>(&mut self, input: &mut &'b [u8]) -> Option<Event<'b>> {
        let max = self.bytes_max as usize;
        let Some((text, end)) = self.find_end(input, self.seen as usize) else {
            // A CR at the very end may be the first half of the line's end.
            let text = input.len() - usize::from(input.last() == Some(&b'\r'));
            self.seen = input.len() as u32;
            if text <= max {
                return None;
            }
            self.is_discarding = true;
            self.after_cr = input.last() == Some(&b'\r');
            *input = &[];
            return Some(Event::TooLong);
        };
        self.begin();
        let (bytes, rest) = input.split_at(end);
        *input = rest;
        self.after_cr = bytes.last() == Some(&b'\r');
        Some(if text > max { Event::TooLong } else { Event::Line(Line { bytes, text }) })
    }

    /// Discards bytes up to the end of the line; false if the end has not come yet.
    fn discard(&mut self, input: &mut &[u8]) -> Result<bool, Endless> {
        let end = if self.after_cr && input.first() == Some(&0) {
            Some(1)
        } else {
            self.find_end(input, 0).map(|(_, end)| end)
        };
        if let Some(end) = end {
            let (line, rest) = input.split_at(end);
            *input = rest;
            self.begin();
            self.after_cr = line.last() == Some(&b'\r');
            self.skip_rest_of_end(input);
            return Ok(true);
        }
        let discarded = self.seen as usize + input.len();
        if discarded > LINE_DISCARD_BYTES_MAX {
            return Err(Endless);
        }
        self.after_cr = input.last().map_or(self.after_cr, |last| *last == b'\r');
        self.seen = discarded as u32;
        *input = &[];
        Ok(false)
    }

    /// The ends of the first line's text and of the line itself, if the line is complete. The first
    /// `scanned` bytes contain no line end.
    fn find_end(&self, input: &[u8], scanned: usize) -> Option<(usize, usize)> {
        if !self.takes_cr {
            return find_exact_end(input, scanned);
        }
        let at = scanned + memchr::memchr2(b'\r', b'\n', input.get(scanned..)?)?;
        Some((at, at + 1))
    }
}

/// Finds the end of a line that a CR alone does not end.
fn find_exact_end(input: &[u8], scanned: usize) -> Option<(usize, usize)> {
    let mut from = scanned;
    while let Some(found) = memchr::memchr2(b'\n', 0, input.get(from..)?) {
        let at = from + found;
        let after_cr = at > 0 && input[at - 1] == b'\r';
        match (input[at], after_cr) {
            (_, true) => return Some((at - 1, at + 1)),
            (b'\n', false) => return Some((at, at + 1)),
            _ => from = at + 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of `input` when it arrives in pieces, cut at `cuts`.
    fn decode(mut decoder: Decoder, input: &[u8], cuts: &[usize]) -> Result<Vec<String>, Endless> {
        let mut kept: Vec<u8> = Vec::new();
        let mut events = Vec::new();
        let show = |event: Event<'_>| match event {
            Event::Line(line) => String::from_utf8_lossy(line.text()).into_owned(),
            Event::TooLong => "TOO LONG".to_owned(),
        };
        let mut from = 0;
        for to in cuts.iter().copied().chain([input.len()]) {
            kept.extend_from_slice(&input[from..to]);
            from = to;
            let mut rest = kept.as_slice();
            while let Some(event) = decoder.next(&mut rest)? {
                events.push(show(event));
            }
            kept = rest.to_vec();
        }
        events.extend(decoder.finish(&mut kept.as_slice()).map(show));
        Ok(events)
    }

    fn every_split(make: fn(usize) -> Decoder, cases: &[(&[u8], &[&str])]) {
        for (input, expected) in cases {
            for cut in 0..=input.len() {
                for second in cut..=input.len() {
                    let events = decode(make(10), input, &[cut, second]);
                    assert_eq!(events.as_deref(), Ok(&expected.map_str()[..]), "{cut} {second}");
                }
            }
            let each: Vec<usize> = (0..input.len()).collect();
            let events = decode(make(10), input, &each);
            assert_eq!(events.as_deref(), Ok(&expected.map_str()[..]), "{input:?}");
        }
    }

    #[test]
    fn every_split_gives_the_same_lines() {
        let cases: [(&[u8], &[&str]); 9] = [
            (b"one\ntwo\r\nthree\r\0\n\nlast", &["one", "two", "three", "", "", "last"]),
            (b"one\rtwo\r\r\nthree\n\rfour\r", &["one", "two", "", "three", "", "four"]),
            (b"a\0b\n\0c\n", &["a\0b", "\0c"]),
            (b"0123456789\r0123456789x\rok\r", &["0123456789", "TOO LONG", "ok"]),
            (b"0123456789\n0123456789x\nok\n", &["0123456789", "TOO LONG", "ok"]),
            (b"0123456789\r\n0123456789xyz\r\0ok", &["0123456789", "TOO LONG", "ok"]),
            (b"0123456789xyz\r\nok\r\n", &["TOO LONG", "ok"]),
            (b"0123456789\r", &["0123456789"]),
            (b"0123456789abcdef", &["TOO LONG"]),
        ];
        every_split(Decoder::new, &cases);
    }

    #[test]
    fn a_line_ends_with_its_cr_without_waiting_for_more() {
        let mut decoder = Decoder::new(10);
        for (read, lines) in
            [("one\r", 1), ("\n", 0), ("two\r", 1), ("\0", 0), ("\n", 1), ("\0", 0)]
        {
            let mut rest = read.as_bytes();
            let mut found = 0;
            while let Ok(Some(_)) = decoder.next(&mut rest) {
                found += 1;
            }
            assert_eq!(found, lines, "{read:?}");
        }
    }

    #[test]
    fn every_split_gives_the_same_lines_where_a_cr_alone_ends_none() {
        let cases: [(&[u8], &[&str]); 7] = [
            (b"one\ntwo\r\nthree\r\0\n\nlast", &["one", "two", "three", "", "", "last"]),
            (b"a\0b\n", &["a\0b"]),
            (b"a\rb\n", &["a\rb"]),
            (b"0123456789\n0123456789x\nok\n", &["0123456789", "TOO LONG", "ok"]),
            (b"0123456789\r\n0123456789xyz\r\0ok", &["0123456789", "TOO LONG", "ok"]),
            (b"0123456789\r", &["0123456789\r"]),
            (b"0123456789abcdef", &["TOO LONG"]),
        ];
        every_split(Decoder::exact, &cases);
    }

    trait MapStr {
        fn map_str(&self) -> Vec<String>;
    }

    impl MapStr for &[&str] {
        fn map_str(&self) -> Vec<String> {
            self.iter().map(|text| (*text).to_owned()).collect()
        }
    }

    #[test]
    fn a_line_without_end_is_an_error_in_the_end() {
        let mut decoder = Decoder::new(10);
        let piece = [b'x'; 4096];
        let mut events = 0;
        let mut pieces = 0;
        loop {
            pieces += 1;
            match decoder.next(&mut piece.as_slice()) {
                Ok(Some(Event::TooLong)) => events += 1,
                Ok(Some(Event::Line(_))) => panic!("there is no line"),
                Ok(None) => (),
                Err(Endless) => break,
            }
        }
        assert_eq!(events, 1);
        assert_eq!(pieces, LINE_DISCARD_BYTES_MAX / 4096 + 1);
    }

    #[test]
    fn a_scan_is_not_repeated() {
        let mut decoder = Decoder::new(100);
        assert_eq!(decoder.next(&mut b"abc".as_slice()), Ok(None));
        assert_eq!((decoder.seen, decoder.is_discarding), (3, false));
    }
}
