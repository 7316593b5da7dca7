//! A session at the line door.

use super::case::{Case, Stop, pieces};
use super::decoder::{Frame, Frames, frames};
use super::telnet::{Filtered, telnet};
use mio_socketio::base::CloseReason;
use mio_socketio::limits::{LINES_TOO_LONG_MAX, RATE_BURST_S};
use mio_socketio::session::{self, Foreign, LineSession, LineSettings};
use mio_wire::telnet::INTERRUPT;

const RATES: [u32; 4] = [0, 1, 20, 1000];
const IDLE_FLUSH_MS: u64 = 500;

/// A session reports the same at every split and at every pace, at a text door and at a raw one.
pub(crate) fn line_session(data: &[u8]) {
    let case = Case::new(data);
    for raw in [false, true] {
        let settings = LineSettings::default()
            .line_bytes_max(case.line_bytes_max)
            .rate_per_s(RATES[usize::from(case.options >> 3 & 3)])
            .idle_flush_ms(if case.options & 0x20 == 0 { 0 } else { IDLE_FLUSH_MS })
            .raw(raw);
        let filtered = if raw { Filtered::untouched(case.stream) } else { telnet(case.stream) };
        for stops in case.splits() {
            converse(&settings, &case, &stops, &filtered);
        }
    }
}

/// A report of a session.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Text(String, bool),
    Raw(Vec<u8>),
    TooLong,
    Interrupt,
    Foreign(Foreign),
    Closed(CloseReason),
}

impl Told {
    fn new(event: session::LineInput<'_>) -> Self {
        match event {
            session::LineInput::Text(text) => {
                Self::Text(text.text.into_owned(), text.first_bad_utf8)
            }
            session::LineInput::Raw(bytes) => Self::Raw(bytes.to_vec()),
            session::LineInput::Frame(frame) => panic!("the line door has no frames: {frame:?}"),
            session::LineInput::TooLong => Self::TooLong,
            session::LineInput::Interrupt => Self::Interrupt,
            session::LineInput::Foreign(foreign) => Self::Foreign(foreign),
        }
    }

    /// Whether all later input is ignored.
    const fn is_last(&self) -> bool {
        matches!(self, Self::Interrupt | Self::Foreign(_) | Self::Closed(_))
    }
}

/// The reference: the meaning of a stream's frames.
fn told(
    settings: &LineSettings,
    stream: &[u8],
    stops: &[Stop],
    frames: &Frames,
    lead: usize,
) -> Vec<Told> {
    let flushed_between = stops.contains(&Stop { at: 1, flush: true });
    if !settings.raw && lead == 0 && stream.starts_with(b"\x16\x03") && !flushed_between {
        return vec![Told::Foreign(Foreign::Tls)];
    }
    let mut all = Vec::new();
    let (mut too_long, mut lines, mut seen_bad) = (0, 0, false);
    for frame in &frames.frames {
        let &Frame::Line { from, text_to, to } = frame else {
            too_long += 1;
            let first = all.is_empty() && lines == 0 && lead == 0 && !settings.raw;
            if first && begins_like_http(&stream[..settings.line_bytes_max.min(stream.len())]) {
                all.push(Told::Foreign(Foreign::Http));
                return all;
            }
            if too_long == LINES_TOO_LONG_MAX {
                all.push(Told::Closed(CloseReason::LineTooLong));
                return all;
            }
            all.push(Told::TooLong);
            continue;
        };
        too_long = 0;
        lines += 1;
        let text = &stream[from..text_to];
        if settings.raw {
            let mut bytes = stream[from..to].to_vec();
            if text_to == to && settings.idle_flush_ms == 0 {
                bytes.push(b'\n');
            }
            all.push(Told::Raw(bytes));
        } else if matches!(text, [3] | [4]) || text.contains(&INTERRUPT) {
            all.push(Told::Interrupt);
            return all;
        } else if lines == 1 && is_http(text) {
            all.push(Told::Foreign(Foreign::Http));
            return all;
        } else if !text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)) {
            let is_bad = std::str::from_utf8(text).is_err();
            all.push(Told::Text(String::from_utf8_lossy(text).into_owned(), is_bad && !seen_bad));
            seen_bad |= is_bad;
        }
    }
    if frames.endless {
        all.push(Told::Closed(CloseReason::LineTooLong));
    }
    all
}

fn is_http(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    words.len() == 3
        && is_http_method(&words[0].to_ascii_uppercase())
        && words[2].starts_with(b"HTTP/")
}

/// Whether an overlong line begins like a request.
fn begins_like_http(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    words.len() > 1
        && is_http_method(words[0])
        && (words[1].starts_with(b"/") || words[1].starts_with(b"http"))
}

fn is_http_method(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'-'))
}

fn converse(settings: &LineSettings, case: &Case<'_>, stops: &[Stop], filtered: &Filtered) {
    let after_filter = |stop: &Stop| Stop { at: filtered.until[stop.at].0, flush: stop.flush };
    let kept_stops: Vec<Stop> = stops.iter().map(after_filter).collect();
    let (kept, max) = (&*filtered.kept, settings.line_bytes_max);
    let frames = frames(kept, case.lead, max, &kept_stops, settings.raw);
    if !settings.raw && kept.contains(&INTERRUPT) && frames.frames.contains(&Frame::TooLong) {
        // An interrupt in such a line takes effect if it is read before the line is too long.
        return;
    }
    let expected = told(settings, kept, &kept_stops, &frames, case.lead);

    let mut client = Client::new(settings);
    let mut open = true;
    for (piece, stop) in pieces(case.lead, case.stream, stops) {
        open = client.sends(piece, false);
        if open && stop.is_some_and(|stop| stops[stop].flush) {
            open = client.sends(&[], true);
        }
        if !open {
            break;
        }
        if let Some(stop) = stop {
            let (_, waiting) = frames.until[stop];
            assert_eq!(client.waiting, waiting, "bytes that wait at stop {stop}");
            assert!(waiting <= max + 1, "no more waits than a line and half an end");
            assert_eq!(client.replies.len(), filtered.until[stops[stop].at].1);
        }
    }
    assert_eq!(client.told, expected, "raw: {}, {stops:?}", settings.raw);
    assert!(filtered.replies.starts_with(&client.replies));
    if open {
        assert_eq!(client.replies, filtered.replies);
        let lines = frames.frames.iter().filter(|frame| **frame != Frame::TooLong).count();
        assert_eq!(client.session.lines() as usize, lines);
    }
}

/// A session, fed as the server feeds it.
struct Client<'d> {
    settings: &'d LineSettings,
    session: LineSession,
    now_ms: u64,
    told: Vec<Told>,
    replies: Vec<u8>,
    /// Bytes that the session keeps.
    waiting: usize,
    /// Events that count for the pace.
    posts: u64,
}

impl<'d> Client<'d> {
    fn new(settings: &'d LineSettings) -> Self {
        Self {
            settings,
            session: LineSession::new(settings),
            now_ms: 0,
            told: Vec::new(),
            replies: Vec::new(),
            waiting: 0,
            posts: 0,
        }
    }

    /// Takes all events off the input, waiting for the pace. False if the session ends.
    fn sends(&mut self, bytes: &[u8], mut finish: bool) -> bool {
        let mut fresh = bytes.to_vec();
        loop {
            let input = self.session.input(self.settings, &mut fresh, &mut self.replies);
            let mut rest: &[u8] = &input;
            let mut wait = None;
            while finish || !rest.is_empty() {
                wait = self.session.blocked_until(self.now_ms);
                if wait.is_some() {
                    break;
                }
                let before = rest.len();
                let event = match self.session.next(self.settings, &mut rest, self.now_ms) {
                    Ok(None) if std::mem::take(&mut finish) => {
                        self.session.finish(self.settings, &mut rest, self.now_ms)
                    }
                    event => event,
                };
                let told = match event {
                    Ok(Some(event)) => Told::new(event),
                    Ok(None) => break,
                    Err(reason) => Told::Closed(reason),
                };
                let is_closed = matches!(told, Told::Closed(_));
                assert!(is_closed || rest.len() < before, "every event takes bytes");
                let is_last = told.is_last();
                self.count(&told);
                self.told.push(told);
                if is_last {
                    return false;
                }
            }
            self.waiting = rest.len();
            let paced = self.session.blocked_until(self.now_ms).is_some();
            self.session.keep(self.settings, input, self.waiting, paced, self.now_ms);
            // An overlong line without an end is due too, and none of it waits. Input that the pace
            // delays is not due.
            if self.waiting > 0 || self.session.tail_due_ms().is_some() {
                let idle = self.settings.idle_flush_ms > 0 && !(self.waiting > 0 && paced);
                let due = idle.then(|| self.now_ms + self.settings.idle_flush_ms);
                assert_eq!(self.session.tail_due_ms(), due);
            }
            let Some(until) = wait else { return true };
            assert!(until > self.now_ms, "a wait ends");
            self.now_ms = until;
            fresh.clear();
        }
    }

    fn count(&mut self, told: &Told) {
        self.posts += u64::from(matches!(told, Told::Text(..) | Told::Raw(_) | Told::TooLong));
        let rate = u64::from(self.settings.rate_per_s);
        let allowed = rate * u64::from(RATE_BURST_S) + rate * self.now_ms / 1000 + 1;
        assert!(rate == 0 || self.posts <= allowed, "{} posts at {}", self.posts, self.now_ms);
    }
}
