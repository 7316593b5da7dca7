//! Lines: text ended by LF, CR LF or CR NUL (RFC 854, "the end of a line").

use crate::limits::LINE_DISCARD_BYTES_MAX;
use std::fmt;

/// Cuts a stream of bytes into lines of at most so many bytes.
#[derive(Debug)]
pub struct Decoder {
    bytes_max: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first `scanned` bytes of the input hold no end of line.
    Line { scanned: u32 },
    /// The line was too long; its bytes are thrown away up to its end.
    Discard { discarded: u32, after_cr: bool },
}

/// What the decoder found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'b> {
    /// A line that fits.
    Line(Line<'b>),
    /// A line beyond the limit; reported as soon as that is certain, once.
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

    /// The bytes before the end of the line.
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

const NEW_LINE: State = State::Line { scanned: 0 };

impl Decoder {
    /// A decoder for lines of at most `bytes_max` bytes before their end.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max: u32::try_from(bytes_max).unwrap_or(u32::MAX), state: NEW_LINE }
    }

    /// Takes one event off the front of `input`. What is left belongs in front of the next bytes.
    ///
    /// # Errors
    /// [`Endless`] when a line too long goes on and on; nothing useful follows it.
    pub fn next<'b>(&mut self, input: &mut &'b [u8]) -> Result<Option<Event<'b>>, Endless> {
        loop {
            match self.state {
                State::Discard { discarded, after_cr } => {
                    if !self.discard(input, discarded, after_cr)? {
                        return Ok(None);
                    }
                }
                State::Line { scanned } => return Ok(self.line(input, scanned as usize)),
            }
        }
    }

    /// Whether the end of a line beyond the limit is still to come.
    pub const fn is_discarding(&self) -> bool {
        matches!(self.state, State::Discard { .. })
    }

    /// Takes what is left in `input` as a line: the stream has ended, or has been idle for long.
    pub fn finish<'b>(&mut self, input: &mut &'b [u8]) -> Option<Event<'b>> {
        let bytes = std::mem::take(input);
        let line = matches!(self.state, State::Line { .. }) && !bytes.is_empty();
        self.state = NEW_LINE;
        line.then_some(Event::Line(Line { bytes, text: bytes.len() }))
    }

    fn line<'b>(&mut self, input: &mut &'b [u8], scanned: usize) -> Option<Event<'b>> {
        let max = self.bytes_max as usize;
        let Some((text, end)) = find_end(input, scanned) else {
            // A CR at the very end may be the first half of the line's end.
            let text = input.len() - usize::from(input.last() == Some(&b'\r'));
            if text <= max {
                self.state = State::Line { scanned: input.len() as u32 };
                return None;
            }
            let after_cr = input.last() == Some(&b'\r');
            self.state = State::Discard { discarded: input.len() as u32, after_cr };
            *input = &[];
            return Some(Event::TooLong);
        };
        self.state = NEW_LINE;
        let (bytes, rest) = input.split_at(end);
        *input = rest;
        Some(if text > max { Event::TooLong } else { Event::Line(Line { bytes, text }) })
    }

    /// Throws away up to the end of the line; false if it has not come yet.
    fn discard(
        &mut self,
        input: &mut &[u8],
        discarded: u32,
        after_cr: bool,
    ) -> Result<bool, Endless> {
        let end = if after_cr && input.first() == Some(&0) {
            Some(1)
        } else {
            find_end(input, 0).map(|(_, end)| end)
        };
        if let Some(end) = end {
            *input = &input[end..];
            self.state = NEW_LINE;
            return Ok(true);
        }
        let discarded = discarded as usize + input.len();
        if discarded > LINE_DISCARD_BYTES_MAX {
            return Err(Endless);
        }
        let after_cr = input.last().map_or(after_cr, |last| *last == b'\r');
        self.state = State::Discard { discarded: discarded as u32, after_cr };
        *input = &[];
        Ok(false)
    }
}

/// Where the first line's text and its end stop, if the end is there. `scanned` bytes hold none.
fn find_end(input: &[u8], scanned: usize) -> Option<(usize, usize)> {
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

    /// The events of `input` when it arrives in the pieces that `cuts` makes.
    fn decode(max: usize, input: &[u8], cuts: &[usize]) -> Result<Vec<String>, Endless> {
        let mut decoder = Decoder::new(max);
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

    #[test]
    fn every_split_gives_the_same_lines() {
        let cases: [(&[u8], &[&str]); 7] = [
            (b"one\ntwo\r\nthree\r\0\n\nlast", &["one", "two", "three", "", "", "last"]),
            (b"a\0b\n", &["a\0b"]),
            (b"a\rb\n", &["a\rb"]),
            (b"0123456789\n0123456789x\nok\n", &["0123456789", "TOO LONG", "ok"]),
            (b"0123456789\r\n0123456789xyz\r\0ok", &["0123456789", "TOO LONG", "ok"]),
            (b"0123456789\r", &["0123456789\r"]),
            (b"0123456789abcdef", &["TOO LONG"]),
        ];
        for (input, expected) in cases {
            for cut in 0..=input.len() {
                for second in cut..=input.len() {
                    let events = decode(10, input, &[cut, second]);
                    assert_eq!(events.as_deref(), Ok(&expected.map_str()[..]), "{cut} {second}");
                }
            }
            let each: Vec<usize> = (0..input.len()).collect();
            assert_eq!(decode(10, input, &each).as_deref(), Ok(&expected.map_str()[..]));
        }
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
        assert_eq!(decoder.state, State::Line { scanned: 3 });
    }
}
