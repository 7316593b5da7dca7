//! The conversation of one client at the line door.

use super::foreign::{Foreign, TLS_HELLO, begins_like_http, is_http_request};
use super::{Framed, Framer, Pace};
use crate::base::{CloseReason, NEVER_MS, setters};
use crate::limits::{LINE_BYTES_MAX, LINES_TOO_LONG_MAX};
use mio_wire::line::{self, Decoder, Line};
use mio_wire::telnet::{Filter, INTERRUPT};
use mio_wire::text;
use std::borrow::Cow;

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;

/// The settings that all sessions at one line door share.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LineSettings {
    /// Longest line in bytes, without its end.
    pub line_bytes_max: usize,
    /// Lines per second that one client may send, after a burst, and bytes in proportion. A client
    /// that sends more is read later. 0, the default, is no limit.
    pub rate_per_s: u32,
    /// Milliseconds after which an unterminated tail counts as a line; 0 is never.
    pub idle_flush_ms: u64,
    /// Whether lines are passed on as bytes, exactly as sent, without reading their content.
    pub raw: bool,
}

setters!(LineSettings { line_bytes_max: usize, rate_per_s: u32, idle_flush_ms: u64, raw: bool });

impl Default for LineSettings {
    fn default() -> Self {
        Self { line_bytes_max: LINE_BYTES_MAX, rate_per_s: 0, idle_flush_ms: 0, raw: false }
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

/// One action of a client.
#[derive(Debug, PartialEq, Eq)]
pub enum LineInput<'b> {
    /// It sent a line of text.
    Text(Text<'b>),
    /// It sent these bytes, at a door that passes bytes on.
    Raw(Cow<'b, [u8]>),
    /// It sent this frame, at a door whose protocol is the application's own.
    Frame(&'b [u8]),
    /// It sent a line beyond the limit, which was dropped.
    TooLong,
    /// It sent Ctrl-C or Ctrl-D alone on a line, or telnet's interrupt.
    Interrupt,
    /// It speaks another protocol.
    Foreign(Foreign),
}

impl LineInput<'_> {
    /// Length of the client's input, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.text.len(),
            Self::Raw(bytes) => bytes.len(),
            Self::Frame(frame) => frame.len(),
            Self::TooLong | Self::Interrupt | Self::Foreign(_) => 0,
        }
    }
}

/// The framer of one connection, and the number and the name of its door among those of the
/// application.
#[derive(Debug)]
struct OwnFramer {
    framer: Box<dyn Framer>,
    door: usize,
    name: &'static str,
}

/// A client at the line door, or at one whose protocol is the application's own.
#[derive(Debug)]
pub struct LineSession {
    decoder: Decoder,
    telnet: Filter,
    /// The limit on how fast it may send.
    pub pace: Pace,
    /// Bytes that are not a complete line yet, or must wait.
    input: Vec<u8>,
    /// When an unterminated tail becomes a line.
    tail_due_ms: u64,
    /// The protocol, if it is the application's own.
    own: Option<Box<OwnFramer>>,
    /// Whether the first bytes have been examined, and are not TLS.
    begun: bool,
    lines: u32,
    too_long_in_a_row: u8,
    seen_bad_utf8: bool,
}

impl LineSession {
    /// A client that has just come in.
    pub fn new(settings: &LineSettings) -> Self {
        Self {
            decoder: match settings.raw {
                true => Decoder::exact(settings.line_bytes_max),
                false => Decoder::new(settings.line_bytes_max),
            },
            telnet: Filter::default(),
            pace: Pace::new(settings.rate_per_s),
            input: Vec::new(),
            tail_due_ms: NEVER_MS,
            own: None,
            begun: false,
            lines: 0,
            too_long_in_a_row: 0,
            seen_bad_utf8: false,
        }
    }

    /// A client that has just come in at the door of this number and name, whose protocol is the
    /// application's own.
    pub fn own(
        settings: &LineSettings,
        framer: Box<dyn Framer>,
        (door, name): (usize, &'static str),
    ) -> Self {
        Self { own: Some(Box::new(OwnFramer { framer, door, name })), ..Self::new(settings) }
    }

    /// Its protocol, as logs name it: `line`, or the name of its own door.
    pub fn protocol(&self) -> &'static str {
        self.own.as_ref().map_or(Self::PROTOCOL, |own| own.name)
    }

    /// The protocol of the line door.
    pub const PROTOCOL: &'static str = "line";

    /// The number of the door among those of the application; `None` at the line door.
    pub fn own_door(&self) -> Option<usize> {
        self.own.as_ref().map(|own| own.door)
    }

    /// Takes telnet's commands out of `fresh`, unless the door is raw. Returns the input to take
    /// events from: the kept bytes and `fresh`. `replies` gets the answers to the client.
    pub fn input<'b>(
        &mut self,
        settings: &LineSettings,
        fresh: &'b mut [u8],
        replies: &mut Vec<u8>,
    ) -> Cow<'b, [u8]> {
        let mut length = fresh.len();
        if !settings.raw {
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

    /// Keeps the last `left` bytes of `input` until more come, or, if it `waits`, until it may go
    /// on. An empty rest owns no memory.
    pub fn keep(
        &mut self,
        settings: &LineSettings,
        input: Cow<'_, [u8]>,
        left: usize,
        waits: bool,
        now_ms: u64,
    ) {
        let taken = input.len() - left;
        // Input that must wait does not mean that the client is idle: it counts as a tail only
        // after it was examined.
        let waits = left > 0 && waits;
        self.input = match input {
            Cow::Owned(input) if taken == 0 => input,
            input => input[taken..].to_vec(),
        };
        // An overlong line ends in this way too, or its sender would not be heard any more.
        let tail = left > 0 || self.decoder.is_discarding();
        let idle = settings.idle_flush_ms > 0 && tail && !waits;
        self.tail_due_ms = if idle { now_ms + settings.idle_flush_ms } else { NEVER_MS };
    }

    /// Bytes of memory that it holds.
    pub const fn held_bytes(&self) -> usize {
        self.input.capacity()
    }

    /// When the pace allows the next line; `None` if it allows it now.
    pub fn blocked_until(&self, now_ms: u64) -> Option<u64> {
        self.pace.blocked_until(now_ms)
    }

    /// When the tail counts as a line, if ever.
    pub fn tail_due_ms(&self) -> Option<u64> {
        Some(self.tail_due_ms).filter(|due_ms| *due_ms != NEVER_MS)
    }

    /// Lines the client has sent.
    pub const fn lines(&self) -> u32 {
        self.lines
    }

    /// Takes one event off the front of `input`; `Ok(None)` means that more bytes are needed.
    ///
    /// # Errors
    /// The reason why the session ends.
    pub fn next<'b>(
        &mut self,
        settings: &LineSettings,
        input: &mut &'b [u8],
        now_ms: u64,
    ) -> Result<Option<LineInput<'b>>, CloseReason> {
        if self.own.is_some() {
            return self.frame(settings, input, now_ms);
        }
        loop {
            if !self.begun && !settings.raw && input.first() == Some(&TLS_HELLO[0]) {
                match input.get(1) {
                    Some(second) if *second == TLS_HELLO[1] => {
                        *input = &[];
                        return Ok(Some(LineInput::Foreign(Foreign::Tls)));
                    }
                    Some(_) => (),
                    None => return Ok(None),
                }
            }
            self.begun |= !input.is_empty();
            let line = *input;
            match self.decoder.next(input) {
                Err(line::Endless) => return Err(CloseReason::LineTooLong),
                Ok(None) => return Ok(self.interrupt(settings, input)),
                Ok(Some(line::Event::TooLong)) if self.is_long_request(settings, line) => {
                    return Ok(Some(LineInput::Foreign(Foreign::Http)));
                }
                Ok(Some(event)) => {
                    if let Some(event) = self.event(settings, event, now_ms)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    /// Takes one frame off the front of `input`.
    fn frame<'b>(
        &mut self,
        settings: &LineSettings,
        input: &mut &'b [u8],
        now_ms: u64,
    ) -> Result<Option<LineInput<'b>>, CloseReason> {
        let bytes: &'b [u8] = input;
        let Some(own) = self.own.as_mut().filter(|_| !bytes.is_empty()) else { return Ok(None) };
        let (frame, taken) = match own.framer.next(bytes) {
            Framed::Part if bytes.len() <= settings.line_bytes_max => return Ok(None),
            Framed::Whole { frame, taken } if taken <= settings.line_bytes_max => (frame, taken),
            Framed::Part | Framed::Whole { .. } => return Err(CloseReason::PayloadTooLarge),
            Framed::Foreign => return Err(CloseReason::ProtocolError),
        };
        // Without progress there would be no end of frames.
        let rest = bytes.get(taken..).filter(|_| taken > 0).ok_or(CloseReason::ProtocolError)?;
        *input = rest;
        self.lines = self.lines.saturating_add(1);
        self.pace.post(now_ms, taken);
        Ok(Some(LineInput::Frame(frame)))
    }

    /// Whether the first line, which is too long, begins like an HTTP request. The headers after it
    /// must not become lines either.
    fn is_long_request(&self, settings: &LineSettings, line: &[u8]) -> bool {
        let first = self.lines == 0 && self.too_long_in_a_row == 0 && !settings.raw;
        first && begins_like_http(&line[..settings.line_bytes_max.min(line.len())])
    }

    /// Takes an unterminated rest of `input` that contains an interrupt: telnet sends no line end
    /// after it.
    fn interrupt<'b>(
        &mut self,
        settings: &LineSettings,
        input: &mut &'b [u8],
    ) -> Option<LineInput<'b>> {
        if settings.raw || memchr::memchr(INTERRUPT, input).is_none() {
            return None;
        }
        self.decoder.finish(input);
        Some(LineInput::Interrupt)
    }

    /// Takes the rest of `input` as a line: the client closed its side or has been idle for long.
    ///
    /// # Errors
    /// The reason why the session ends.
    pub fn finish<'b>(
        &mut self,
        settings: &LineSettings,
        input: &mut &'b [u8],
        now_ms: u64,
    ) -> Result<Option<LineInput<'b>>, CloseReason> {
        // No protocol of the application's has been asked what the end of the input means.
        if self.own.is_some() {
            *input = &[];
            return Ok(None);
        }
        self.begun |= !input.is_empty();
        match self.decoder.finish(input) {
            Some(event) => self.event(settings, event, now_ms),
            None => Ok(None),
        }
    }

    fn event<'b>(
        &mut self,
        settings: &LineSettings,
        event: line::Event<'b>,
        now_ms: u64,
    ) -> Result<Option<LineInput<'b>>, CloseReason> {
        let line = match event {
            line::Event::TooLong => {
                self.pace.post(now_ms, settings.line_bytes_max);
                self.too_long_in_a_row += 1;
                if self.too_long_in_a_row >= LINES_TOO_LONG_MAX {
                    return Err(CloseReason::LineTooLong);
                }
                return Ok(Some(LineInput::TooLong));
            }
            line::Event::Line(line) => line,
        };
        self.too_long_in_a_row = 0;
        let first = self.lines == 0;
        self.lines = self.lines.saturating_add(1);
        if settings.raw {
            self.pace.post(now_ms, line.as_sent().len());
            return Ok(Some(LineInput::Raw(raw(settings, line))));
        }
        Ok(self.text(line, first, now_ms))
    }

    fn text<'b>(&mut self, line: Line<'b>, first: bool, now_ms: u64) -> Option<LineInput<'b>> {
        let bytes = line.text();
        if bytes == [CTRL_C] || bytes == [CTRL_D] || memchr::memchr(INTERRUPT, bytes).is_some() {
            return Some(LineInput::Interrupt);
        }
        if first && is_http_request(bytes) {
            return Some(LineInput::Foreign(Foreign::Http));
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        self.pace.post(now_ms, bytes.len());
        let text = text::lossy(bytes);
        let bad = matches!(text, Cow::Owned(_));
        let first_bad_utf8 = bad && !self.seen_bad_utf8;
        self.seen_bad_utf8 |= bad;
        Some(LineInput::Text(Text { text, first_bad_utf8 }))
    }
}

/// A line as it is passed on: exactly as sent. But if only line ends separate messages, a tail gets
/// an end, or the next person's message would be glued to it.
fn raw<'b>(settings: &LineSettings, line: Line<'b>) -> Cow<'b, [u8]> {
    let sent = line.as_sent();
    let tail = line.text().len() == sent.len();
    if tail && settings.idle_flush_ms == 0 {
        return Cow::Owned([sent, b"\n"].concat());
    }
    Cow::Borrowed(sent)
}

#[cfg(test)]
mod tests;
