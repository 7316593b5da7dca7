//! The conversation of one client at the line door.

use super::Pace;
use super::foreign::{Foreign, TLS_HELLO, begins_like_http, is_http_request};
use crate::base::CloseReason;
use crate::limits::{LINE_BYTES_MAX, LINES_TOO_LONG_MAX, RATE_PER_S};
use crate::proto::line::{self, Decoder, Line};
use crate::proto::telnet::{Filter, INTERRUPT};
use std::borrow::Cow;

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;

/// What every session at one line door has in common.
#[derive(Debug, Clone)]
pub struct Door {
    /// Longest line in bytes, without its end.
    pub line_bytes_max: usize,
    /// Lines per second that one client may send, after a burst; 0 is no limit.
    pub rate_per_s: u32,
    /// Milliseconds after which an unterminated tail counts as a line; 0 is never.
    pub idle_flush_ms: u64,
    /// Whether lines are passed on as bytes, exactly as sent, without looking into them.
    pub raw: bool,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            line_bytes_max: LINE_BYTES_MAX,
            rate_per_s: RATE_PER_S,
            idle_flush_ms: 0,
            raw: false,
        }
    }
}

/// A client's text line.
#[derive(Debug, PartialEq, Eq)]
pub struct Text<'b> {
    /// The text without its end; bytes that are not UTF-8 have become U+FFFD.
    pub text: Cow<'b, str>,
    /// Whether this is the client's first line with bytes that are not UTF-8.
    pub first_bad_utf8: bool,
}

/// What a client did.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'b> {
    /// It sent a line of text.
    Text(Text<'b>),
    /// It sent these bytes, at a door that passes bytes on.
    Raw(Cow<'b, [u8]>),
    /// It sent a line beyond the limit, which was dropped.
    TooLong,
    /// It sent Ctrl-C or Ctrl-D alone on a line, or telnet's interrupt.
    Interrupt,
    /// It speaks another protocol.
    Foreign(Foreign),
}

/// A client at the line door.
#[derive(Debug)]
pub struct LineSession {
    decoder: Decoder,
    telnet: Filter,
    /// How fast it may speak.
    pub pace: Pace,
    /// Bytes that are no whole line yet, or that have to wait.
    input: Vec<u8>,
    /// When an unterminated tail becomes a line.
    tail_due_ms: Option<u64>,
    /// The first bytes have been looked at: this is no TLS.
    begun: bool,
    lines: u32,
    too_long_in_a_row: u8,
    seen_bad_utf8: bool,
}

impl LineSession {
    /// A client that has just come in at `door`.
    pub fn new(door: &Door) -> Self {
        Self {
            decoder: Decoder::new(door.line_bytes_max),
            telnet: Filter::default(),
            pace: Pace::new(door.rate_per_s),
            input: Vec::new(),
            tail_due_ms: None,
            begun: false,
            lines: 0,
            too_long_in_a_row: 0,
            seen_bad_utf8: false,
        }
    }

    /// Takes telnet's commands out of `fresh`, unless `door` is raw, and returns the input to take
    /// events from: what was kept and `fresh`. `replies` gets what the client is to be told.
    pub fn input<'b>(
        &mut self,
        door: &Door,
        fresh: &'b mut [u8],
        replies: &mut Vec<u8>,
    ) -> Cow<'b, [u8]> {
        let mut length = fresh.len();
        if !door.raw {
            length = self.telnet.filter(fresh, replies);
        }
        let fresh = &fresh[..length];
        if self.input.is_empty() {
            return Cow::Borrowed(fresh);
        }
        let mut input = std::mem::take(&mut self.input);
        input.extend_from_slice(fresh);
        Cow::Owned(input)
    }

    /// Keeps the last `left` bytes of `input` until more comes, or until it may go on if it is
    /// `held` or the pace makes it wait. An empty rest owns no memory.
    pub fn keep(
        &mut self,
        door: &Door,
        input: Cow<'_, [u8]>,
        left: usize,
        held: bool,
        now_ms: u64,
    ) {
        let taken = input.len() - left;
        // What has to wait shows no idle client: it is no tail before it is looked at.
        let waits = left > 0 && (held || self.blocked_until(now_ms).is_some());
        self.input = match input {
            Cow::Owned(input) if taken == 0 => input,
            input => input[taken..].to_vec(),
        };
        // A line too long ends so as well, or its sender would not be heard any more.
        let tail = left > 0 || self.decoder.is_discarding();
        let idle = door.idle_flush_ms > 0 && tail && !waits;
        self.tail_due_ms = idle.then(|| now_ms + door.idle_flush_ms);
    }

    /// When the pace lets the next line in; `None` if it is now.
    pub fn blocked_until(&self, now_ms: u64) -> Option<u64> {
        self.pace.blocked_until(now_ms)
    }

    /// When the tail is to be taken as a line, if ever.
    pub const fn tail_due_ms(&self) -> Option<u64> {
        self.tail_due_ms
    }

    /// Lines the client has sent.
    pub const fn lines(&self) -> u32 {
        self.lines
    }

    /// Takes one event off the front of `input`; `Ok(None)` means that more bytes are needed.
    ///
    /// # Errors
    /// The reason for which the session ends.
    pub fn next<'b>(
        &mut self,
        door: &Door,
        input: &mut &'b [u8],
        now_ms: u64,
    ) -> Result<Option<Event<'b>>, CloseReason> {
        loop {
            if !self.begun && !door.raw && input.first() == Some(&TLS_HELLO[0]) {
                match input.get(1) {
                    Some(second) if *second == TLS_HELLO[1] => {
                        *input = &[];
                        return Ok(Some(Event::Foreign(Foreign::Tls)));
                    }
                    Some(_) => (),
                    None => return Ok(None),
                }
            }
            self.begun |= !input.is_empty();
            let line = *input;
            match self.decoder.next(input) {
                Err(line::Endless) => return Err(CloseReason::LineTooLong),
                Ok(None) => return Ok(self.interrupt(door, input)),
                Ok(Some(line::Event::TooLong)) if self.is_long_request(door, line) => {
                    return Ok(Some(Event::Foreign(Foreign::Http)));
                }
                Ok(Some(event)) => {
                    if let Some(event) = self.event(door, event, now_ms)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    /// Whether the first line, which is too long, begins like an HTTP request: the headers behind
    /// it are for nobody either.
    fn is_long_request(&self, door: &Door, line: &[u8]) -> bool {
        let first = self.lines == 0 && self.too_long_in_a_row == 0 && !door.raw;
        first && begins_like_http(&line[..door.line_bytes_max.min(line.len())])
    }

    /// Takes an unterminated rest of `input` that holds an interrupt: telnet sends no end of line
    /// behind it.
    fn interrupt<'b>(&mut self, door: &Door, input: &mut &'b [u8]) -> Option<Event<'b>> {
        if door.raw || memchr::memchr(INTERRUPT, input).is_none() {
            return None;
        }
        self.decoder.finish(input);
        Some(Event::Interrupt)
    }

    /// Takes the rest of `input` as a line: the client closed its side or has been idle for long.
    ///
    /// # Errors
    /// The reason for which the session ends.
    pub fn finish<'b>(
        &mut self,
        door: &Door,
        input: &mut &'b [u8],
        now_ms: u64,
    ) -> Result<Option<Event<'b>>, CloseReason> {
        self.begun |= !input.is_empty();
        match self.decoder.finish(input) {
            Some(event) => self.event(door, event, now_ms),
            None => Ok(None),
        }
    }

    fn event<'b>(
        &mut self,
        door: &Door,
        event: line::Event<'b>,
        now_ms: u64,
    ) -> Result<Option<Event<'b>>, CloseReason> {
        let line = match event {
            line::Event::TooLong => {
                self.pace.post(now_ms);
                self.too_long_in_a_row += 1;
                if self.too_long_in_a_row >= LINES_TOO_LONG_MAX {
                    return Err(CloseReason::LineTooLong);
                }
                return Ok(Some(Event::TooLong));
            }
            line::Event::Line(line) => line,
        };
        self.too_long_in_a_row = 0;
        let first = self.lines == 0;
        self.lines = self.lines.saturating_add(1);
        if door.raw {
            self.pace.post(now_ms);
            return Ok(Some(Event::Raw(raw(door, line))));
        }
        Ok(self.text(line, first, now_ms))
    }

    fn text<'b>(&mut self, line: Line<'b>, first: bool, now_ms: u64) -> Option<Event<'b>> {
        let bytes = line.text();
        if bytes == [CTRL_C] || bytes == [CTRL_D] || memchr::memchr(INTERRUPT, bytes).is_some() {
            return Some(Event::Interrupt);
        }
        if first && is_http_request(bytes) {
            return Some(Event::Foreign(Foreign::Http));
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        self.pace.post(now_ms);
        let text = String::from_utf8_lossy(bytes);
        let bad = matches!(text, Cow::Owned(_));
        let first_bad_utf8 = bad && !self.seen_bad_utf8;
        self.seen_bad_utf8 |= bad;
        Some(Event::Text(Text { text, first_bad_utf8 }))
    }
}

/// A line as it is passed on: exactly as sent. Only where lines are all that ends a message, a tail
/// gets an end, or the next message, by somebody else, would be glued to it.
fn raw<'b>(door: &Door, line: Line<'b>) -> Cow<'b, [u8]> {
    let sent = line.as_sent();
    let tail = line.text().len() == sent.len();
    if tail && door.idle_flush_ms == 0 {
        return Cow::Owned([sent, b"\n"].concat());
    }
    Cow::Borrowed(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(door: &Door, pieces: &[&[u8]]) -> Vec<String> {
        let mut session = LineSession::new(door);
        let mut seen = Vec::new();
        let mut replies = Vec::new();
        for piece in pieces {
            let mut piece = piece.to_vec();
            let input = session.input(door, &mut piece, &mut replies);
            let mut rest = &*input;
            loop {
                match session.next(door, &mut rest, 0) {
                    Ok(Some(event)) => seen.push(format!("{event:?}")),
                    Ok(None) => break,
                    Err(reason) => {
                        seen.push(reason.to_string());
                        return seen;
                    }
                }
            }
            let left = rest.len();
            session.keep(door, input, left, false, 0);
        }
        seen
    }

    fn every_split(door: &Door, input: &[u8], expected: &[&str]) {
        for cut in 0..=input.len() {
            assert_eq!(events(door, &[&input[..cut], &input[cut..]]), expected, "{cut}");
        }
    }

    fn text(text: &str) -> String {
        format!("Text(Text {{ text: {text:?}, first_bad_utf8: false }})")
    }

    #[test]
    fn foreign_protocols_are_told_apart_at_every_split() {
        let door = Door::default();
        every_split(&door, b"\x16\x03\x01\x02\x00", &["Foreign(Tls)"; 1]);
        let http = b"GET /chat HTTP/1.1\r\n";
        every_split(&door, http, &["Foreign(Http)"]);
        every_split(&door, b"\x16x\n", &[&text("\u{16}x")]);
        every_split(&door, b"VERSION-CONTROL / HTTP/1.1\n", &["Foreign(Http)"]);
        every_split(&door, b"GET a life\n", &[&text("GET a life")]);
        let second = [b"hi\n".as_slice(), http].concat();
        every_split(&door, &second, &[&text("hi"), &text("GET /chat HTTP/1.1")]);
        let short = Door { line_bytes_max: 2, ..Door::default() };
        every_split(&short, b"abc\x16\x03\n", &["TooLong"]);
        every_split(&short, b"abc\n\x16\x03\n", &["TooLong", &text("\u{16}\u{3}")]);
    }

    #[test]
    fn interrupts_and_blank_lines() {
        let door = Door::default();
        every_split(&door, b"\n \t\r\n\x03\n", &["Interrupt"]);
        every_split(&door, b"\x04\r\n", &["Interrupt"]);
        every_split(&door, b"half\xff\xf4\n", &["Interrupt"]);
        every_split(&door, b"half\xff\xf4\xff\xfd\x06", &["Interrupt"]);
        every_split(&door, b"a\x03\n", &[&text("a\u{3}")]);
    }

    #[test]
    fn bad_utf8_is_replaced_and_reported_once() {
        let door = Door::default();
        let expected = [
            "Text(Text { text: \"a\u{fffd}\", first_bad_utf8: true })",
            "Text(Text { text: \"b\u{fffd}\", first_bad_utf8: false })",
        ];
        every_split(&door, b"a\xc3\nb\x80\n", &expected);
    }

    #[test]
    fn three_long_lines_in_a_row_end_the_session() {
        let door = Door { line_bytes_max: 4, ..Door::default() };
        let input = b"12345\n12345\nok\n12345\n12345\n12345\nnever\n";
        let ok = text("ok");
        let expected = ["TooLong", "TooLong", &ok, "TooLong", "TooLong", "line-too-long"];
        every_split(&door, input, &expected);
    }

    #[test]
    fn a_long_line_without_end_ends_when_idle() {
        let door = Door { line_bytes_max: 4, idle_flush_ms: 50, ..Door::default() };
        let mut session = LineSession::new(&door);
        let mut rest: &[u8] = b"12345";
        assert_eq!(session.next(&door, &mut rest, 0), Ok(Some(Event::TooLong)));
        session.keep(&door, Cow::Borrowed(b"12345"), 0, false, 0);
        assert_eq!(session.tail_due_ms(), Some(50));
        assert_eq!(session.finish(&door, &mut &b""[..], 50), Ok(None));
        session.keep(&door, Cow::Borrowed(b""), 0, false, 50);
        assert_eq!(session.tail_due_ms(), None);
        let mut rest: &[u8] = b"ok\n";
        assert_eq!(
            format!("{:?}", session.next(&door, &mut rest, 60)),
            format!("Ok(Some({}))", text("ok"))
        );
    }

    #[test]
    fn a_raw_door_looks_into_nothing() {
        let door = Door { raw: true, ..Door::default() };
        every_split(
            &door,
            b"\x16\x03\xff\xfd\x01\r\n\n\x03\nGET / HTTP/1.1\n",
            &[
                "Raw([22, 3, 255, 253, 1, 13, 10])",
                "Raw([10])",
                "Raw([3, 10])",
                &format!("Raw({:?})", b"GET / HTTP/1.1\n"),
            ],
        );
    }
}
