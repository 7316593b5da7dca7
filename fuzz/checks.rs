//! What holds for any input. The fuzz targets and `tests/corpus.rs` run the same checks; each
//! panics when something does not hold.
//!
//! The input of every check in this file but [`visible_text`] begins with how to run it:
//!
//! | bytes | meaning                                                                            |
//! |-------|------------------------------------------------------------------------------------|
//! | 1     | bits 0 to 2: longest line, of [`LIMITS`]; 3 and 4: pace, of [`RATES`]; 5: the idle |
//! |       | flush is on; 6: a CR alone ends no line, for [`line_decoder`]; 7: the stream begins |
//! |       | in a line that is endless already, or nearly                                       |
//! | 1     | number of stops, modulo 16                                                         |
//! | 2     | with bit 7 only: length of that line, little-endian, around the limit              |
//! | 2 × n | the stops, little-endian: 15 bits of position, modulo the length of the stream     |
//! |       | plus one; with the highest bit, the tail becomes a line there                      |
//! | rest  | the stream                                                                         |

#[path = "checks/chat.rs"]
mod chat;
#[path = "checks/cost.rs"]
mod cost;
#[path = "checks/cuts.rs"]
mod cuts;
#[path = "checks/eio.rs"]
mod eio;
#[path = "checks/engine.rs"]
mod engine;
#[path = "checks/http.rs"]
mod http;
#[path = "checks/proxy.rs"]
mod proxy;
#[path = "checks/resp.rs"]
mod resp;
#[path = "checks/ws.rs"]
mod ws;

#[allow(unused_imports, reason = "every target runs one of the checks")]
pub(crate) use {
    chat::chat_requests,
    eio::{eio_payload, sio_packet},
    engine::engine_session,
    http::http_request,
    proxy::proxy_header,
    resp::resp_replies,
    ws::ws_messages,
};

use cost::bounded;
use mio_socketio::base::CloseReason;
use mio_socketio::limits::{LINES_TOO_LONG_MAX, RATE_BURST_S, READ_CHUNK_BYTES};
use mio_socketio::session::{self, Foreign, LineDoor, LineSession, dialect};
use mio_wire::limits::{COMBINING_MARKS_MAX, LINE_DISCARD_BYTES_MAX, SUBNEGOTIATION_BYTES_MAX};
use mio_wire::line::{Decoder, Event};
use mio_wire::telnet::{ESCAPED, Filter, INTERRUPT};
use mio_wire::text::visible;

const LIMITS: [usize; 8] = [1, 2, 4, 10, 64, 200, 4096, 65_536];
const RATES: [u32; 4] = [0, 1, 20, 1000];
const IDLE_FLUSH_MS: u64 = 500;
/// Longest stream that is also fed one byte at a time.
const BYTEWISE_MAX: usize = 512;

/// The first bytes of a line without end, in one read.
static LEAD: [u8; READ_CHUNK_BYTES] = [b'x'; READ_CHUNK_BYTES];

/// Lines come out of the decoder as the reference says, at every split, as soon as they can.
pub(crate) fn line_decoder(data: &[u8]) {
    let case = Case::new(data);
    let exact = case.options & 0x40 != 0;
    bounded(|| {
        let (mut decoder, mut rest) = (decoder(&case, exact), case.stream);
        while let Ok(Some(_)) = decoder.next(&mut rest) {}
    });
    let mut whole: Option<Frames> = None;
    for stops in case.splits() {
        let frames = frames(case.stream, case.lead, case.line_bytes_max, &stops, exact);
        decode(&case, &stops, &frames, exact);
        match &whole {
            None => whole = Some(frames),
            Some(whole) if whole.endless || frames.endless => {
                let both = whole.frames.len().min(frames.frames.len());
                assert_eq!(whole.frames[..both], frames.frames[..both]);
            }
            Some(whole) => assert_eq!(whole.frames, frames.frames),
        }
    }
}

/// Telnet's commands vanish as the reference says, at every split; what is left and what is
/// replied never outgrow what came in.
pub(crate) fn telnet_filter(data: &[u8]) {
    let case = Case::new(data);
    let expected = telnet(case.stream);
    bounded(|| Filter::default().filter(&mut case.stream.to_vec(), &mut Vec::new()));
    for stops in case.splits() {
        let (mut filter, mut kept, mut replies) = (Filter::default(), Vec::new(), Vec::new());
        for (piece, stop) in pieces(0, case.stream, &stops) {
            let mut piece = piece.to_vec();
            let length = filter.filter(&mut piece, &mut replies);
            kept.extend_from_slice(&piece[..length]);
            let at = stop.map_or(0, |stop| stops[stop].at);
            assert_eq!((kept.len(), replies.len()), expected.until[at], "at {at}");
            assert!(kept.len() <= at && replies.len() <= at, "nothing outgrows the input");
        }
        assert_eq!(kept, expected.kept);
        assert_eq!(replies, expected.replies);
        let marks = kept.iter().filter(|byte| **byte == INTERRUPT).count();
        assert_eq!(marks, expected.interrupts, "of 0xff only the marks are left");
        for reply in replies.chunks(3) {
            assert!(matches!(reply, [255, 252 | 254, _]), "a refusal: {reply:?}");
        }
    }
}

/// Nothing that a terminal obeys is left in a visible text, and nothing else is changed.
pub(crate) fn visible_text(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let shown = &*bounded(|| visible(text));
    assert!(!shown.contains(is_obeyed) && !shown.contains(is_unseen), "{shown:?}");
    assert_eq!(visible(shown), shown, "a visible text is visible");
    assert!(shown.len() <= 4 * text.len());
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        assert_eq!(shown, text);
    }
    check_kept(text, shown);
    let takes_no_place =
        |char: &char| matches!(char, '\u{300}'..='\u{36f}' | '\u{200c}'..='\u{200d}');
    let piled = |run: &[char]| run.iter().all(takes_no_place);
    let chars: Vec<char> = shown.chars().collect();
    assert!(!chars.windows(COMBINING_MARKS_MAX + 1).any(piled), "marks pile up: {shown:?}");

    let mut line = b"before".to_vec();
    dialect::line(&mut line, format_args!("{text}"));
    assert_eq!(line, shown.as_bytes());
}

/// A session tells the same at every split and at every pace, at a text door and at a raw one.
pub(crate) fn line_session(data: &[u8]) {
    let case = Case::new(data);
    for raw in [false, true] {
        let door = LineDoor::default()
            .line_bytes_max(case.line_bytes_max)
            .rate_per_s(RATES[usize::from(case.options >> 3 & 3)])
            .idle_flush_ms(if case.options & 0x20 == 0 { 0 } else { IDLE_FLUSH_MS })
            .raw(raw);
        let filtered = if raw { Filtered::untouched(case.stream) } else { telnet(case.stream) };
        for stops in case.splits() {
            converse(&door, &case, &stops, &filtered);
        }
    }
}

// How to run a check.

struct Case<'d> {
    options: u8,
    line_bytes_max: usize,
    /// Length of the line that the stream begins in, beyond every limit; 0 is none.
    lead: usize,
    stops: Vec<Stop>,
    stream: &'d [u8],
}

/// A place where the stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stop {
    at: usize,
    /// Whether the tail becomes a line here.
    flush: bool,
}

impl<'d> Case<'d> {
    fn new(mut data: &'d [u8]) -> Self {
        let mut byte = || data.split_off_first().copied().unwrap_or(0);
        let options = byte();
        let stops = byte() % 16;
        let mut word = || u16::from_le_bytes([byte(), byte()]);
        let mut lead = 0;
        if options & 0x80 != 0 {
            lead = LINE_DISCARD_BYTES_MAX - READ_CHUNK_BYTES + usize::from(word() & 0x7fff);
        }
        let words: Vec<u16> = (0..stops).map(|_| word()).collect();
        let stream = data;
        let stop = |word: &u16| Stop {
            at: usize::from(word & 0x7fff) % (stream.len() + 1),
            flush: word & 0x8000 != 0,
        };
        let mut stops: Vec<Stop> = words.iter().map(stop).collect();
        stops.push(Stop { at: stream.len(), flush: true });
        stops.sort_unstable();
        Self { options, line_bytes_max: LIMITS[usize::from(options & 7)], lead, stops, stream }
    }

    /// The same stream uncut, cut where the input says, and cut everywhere. The tail becomes a line
    /// at the same places in all.
    fn splits(&self) -> Vec<Vec<Stop>> {
        let whole = self.stops.iter().copied().filter(|stop| stop.flush).collect();
        let mut splits = vec![whole, self.stops.clone()];
        if self.stream.len() <= BYTEWISE_MAX && self.lead == 0 {
            let each = (0..self.stream.len()).map(|at| Stop { at, flush: false });
            let mut all: Vec<Stop> = each.chain(self.stops.iter().copied()).collect();
            all.sort_unstable();
            splits.push(all);
        }
        splits
    }
}

/// The pieces in which the stream is fed; each but those of the lead with the stop it ends at.
fn pieces<'d>(
    lead: usize,
    stream: &'d [u8],
    stops: &[Stop],
) -> impl Iterator<Item = (&'d [u8], Option<usize>)> {
    let leads = (0..lead).step_by(LEAD.len());
    let leads = leads.map(move |from| (&LEAD[..LEAD.len().min(lead - from)], None));
    let mut from = 0;
    let rest = stops.iter().enumerate().map(move |(index, stop)| {
        let piece = &stream[from..stop.at];
        from = stop.at;
        (piece, Some(index))
    });
    leads.chain(rest)
}

// The line decoder.

/// What the reference finds; positions are those in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Frame {
    Line { from: usize, text_to: usize, to: usize },
    TooLong,
}

struct Frames {
    frames: Vec<Frame>,
    /// At each stop: how many frames have been found by then, and how many bytes wait for more.
    until: Vec<(usize, usize)>,
    /// Whether the stream ends there because of a line without end.
    endless: bool,
}

fn decoder(case: &Case<'_>, exact: bool) -> Decoder {
    let make = if exact { Decoder::exact } else { Decoder::new };
    make(case.line_bytes_max)
}

/// The reference: lines found byte by byte. After a flush the next byte begins a line, also behind
/// one that is too long. A CR alone ends no line if `exact`; else a line stops with its CR, and the
/// LF or NUL behind it is nothing.
fn frames(
    stream: &[u8],
    mut lead: usize,
    line_bytes_max: usize,
    stops: &[Stop],
    exact: bool,
) -> Frames {
    let mut found = Frames { frames: Vec::new(), until: Vec::new(), endless: false };
    let (mut from, mut at) = (0, 0);
    let mut too_long = lead > 0;
    // Where the last line that a CR ended stops.
    let mut ended_by_cr = usize::MAX;
    if too_long {
        found.frames.push(Frame::TooLong);
    }
    if lead > LINE_DISCARD_BYTES_MAX {
        found.endless = true;
        return found;
    }
    for stop in stops {
        while at < stop.at {
            let after_cr = at > from && stream[at - 1] == b'\r';
            let byte = stream[at];
            at += 1;
            if !exact && ended_by_cr == at - 1 && matches!(byte, b'\n' | 0) {
                from = at;
                continue;
            }
            let ends = match exact {
                true => byte == b'\n' || byte == 0 && after_cr,
                false => matches!(byte, b'\n' | b'\r'),
            };
            if !ends {
                continue;
            }
            if byte == b'\r' {
                ended_by_cr = at;
            }
            let text_to = at - 1 - usize::from(after_cr);
            if !too_long {
                let fits = text_to - from <= line_bytes_max;
                let line = Frame::Line { from, text_to, to: at };
                found.frames.push(if fits { line } else { Frame::TooLong });
            }
            (from, lead, too_long) = (at, 0, false);
        }
        let after_cr = at > from && stream[at - 1] == b'\r';
        if !too_long && at - from - usize::from(after_cr) > line_bytes_max {
            found.frames.push(Frame::TooLong);
            too_long = true;
        }
        if lead + at - from > LINE_DISCARD_BYTES_MAX {
            found.endless = true;
            break;
        }
        if stop.flush && too_long {
            (from, lead, too_long) = (at, 0, false);
        } else if stop.flush && !too_long && from < at {
            found.frames.push(Frame::Line { from, text_to: at, to: at });
            from = at;
        }
        found.until.push((found.frames.len(), if too_long { 0 } else { at - from }));
    }
    found
}

fn decode(case: &Case<'_>, stops: &[Stop], expected: &Frames, exact: bool) {
    let max = case.line_bytes_max;
    let mut decoder = decoder(case, exact);
    let mut kept: Vec<u8> = Vec::new();
    let mut expect = expected.frames.iter();
    let mut check = |event: Event<'_>, flushed: bool| match (event, expect.next()) {
        (Event::TooLong, Some(Frame::TooLong)) => (),
        (Event::Line(line), Some(&Frame::Line { from, text_to, to })) => {
            assert_eq!(line.text(), &case.stream[from..text_to]);
            assert_eq!(line.as_sent(), &case.stream[from..to]);
            let ends: [&[u8]; 3] =
                if exact { [b"\n", b"\r\n", b"\r\0"] } else { [b"\n", b"\r", b"\r"] };
            assert!(flushed || ends.contains(&&line.as_sent()[line.text().len()..]));
            // A flushed CR would have been the first half of an end.
            let half_end = flushed && line.text().ends_with(b"\r");
            assert!(line.text().len() <= max + usize::from(half_end));
        }
        (event, frame) => panic!("{event:?} instead of {frame:?}"),
    };
    let mut found = 0;
    for (piece, stop) in pieces(case.lead, case.stream, stops) {
        kept.extend_from_slice(piece);
        let mut rest = kept.as_slice();
        loop {
            let before = rest.len();
            match decoder.next(&mut rest) {
                Ok(Some(event)) => {
                    assert!(rest.len() < before, "every event takes bytes");
                    found += 1;
                    check(event, false);
                }
                Ok(None) => break,
                Err(error) => {
                    assert!(expected.endless, "{error}");
                    assert!(stop.unwrap_or(0) == expected.until.len(), "not before its time");
                    assert!(expect.next().is_none());
                    return;
                }
            }
        }
        if stop.is_some_and(|stop| stops[stop].flush)
            && let Some(event) = decoder.finish(&mut rest)
        {
            found += 1;
            check(event, true);
        }
        kept = rest.to_vec();
        if let Some(stop) = stop {
            assert_eq!(Some(&(found, kept.len())), expected.until.get(stop), "at stop {stop}");
        }
    }
    assert!(!expected.endless);
    assert!(expect.next().is_none());
}

// Telnet's filter.

/// What the reference leaves of a stream.
struct Filtered {
    kept: Vec<u8>,
    replies: Vec<u8>,
    /// For every position in the stream, how many bytes are kept and replied by then.
    until: Vec<(usize, usize)>,
    interrupts: usize,
}

impl Filtered {
    fn untouched(stream: &[u8]) -> Self {
        let until = (0..=stream.len()).map(|at| (at, 0)).collect();
        Self { kept: stream.to_vec(), replies: Vec::new(), until, interrupts: 0 }
    }
}

/// The reference: one command at a time, with the whole stream in view (RFC 854, 855).
fn telnet(stream: &[u8]) -> Filtered {
    let mut filtered =
        Filtered { kept: Vec::new(), replies: Vec::new(), until: vec![(0, 0)], interrupts: 0 };
    let mut at = 0;
    while at < stream.len() {
        let before = (filtered.kept.len(), filtered.replies.len());
        let taken = match &stream[at..] {
            [255, 255, ..] => {
                filtered.kept.push(ESCAPED);
                2
            }
            [255, 244, ..] => {
                filtered.kept.push(INTERRUPT);
                filtered.interrupts += 1;
                2
            }
            [255, 250, options @ ..] => 2 + subnegotiation(options),
            [255, command @ 251..=254, option, ..] => {
                match command {
                    253 => filtered.replies.extend([255, 252, *option]),
                    251 => filtered.replies.extend([255, 254, *option]),
                    _ => (),
                }
                3
            }
            [255, _, ..] => 2,
            [255] => 1,
            [byte, ..] => {
                filtered.kept.push(*byte);
                1
            }
            [] => break,
        };
        // A command cut short by the end of the stream has had no effect.
        let taken = taken.min(stream.len() - at);
        at += taken;
        filtered.until.resize(at, before);
        filtered.until.push((filtered.kept.len(), filtered.replies.len()));
    }
    filtered
}

/// Length of a subnegotiation with its IAC SE, or of what is taken of one that does not end soon.
fn subnegotiation(options: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match options.get(at..) {
            _ if at >= SUBNEGOTIATION_BYTES_MAX => return SUBNEGOTIATION_BYTES_MAX,
            Some([255, 240, ..]) if at + 2 <= SUBNEGOTIATION_BYTES_MAX => return at + 2,
            Some([255, _, ..]) => at += 2,
            Some([_, ..]) => at += 1,
            _ => return at,
        }
    }
}

// Visible text.

fn is_obeyed(char: char) -> bool {
    matches!(
        char,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether this is one of the characters without a look, but for joiners and variation selectors.
fn is_unseen(char: char) -> bool {
    let kept = matches!(char, '\u{200c}' | '\u{200d}' | '\u{e0100}'..='\u{e01ef}');
    let format = matches!(
        char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{17b4}' | '\u{17b5}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    );
    let filler = matches!(char, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    (format || filler) && !kept && !is_obeyed(char)
}

/// Every character is shown as it is or as it is documented, is one that is never seen, or is a
/// mark that goes too far.
fn check_kept(text: &str, shown: &str) {
    let mut rest = shown;
    // Characters beyond ASCII shown in a row: no fewer than the marks.
    let mut beyond_ascii = 0;
    for char in text.chars().filter(|char| !is_unseen(*char)) {
        let escape = match char {
            '\n' => "\\n".to_owned(),
            '\t' => "    ".to_owned(),
            '\x7f' => "^?".to_owned(),
            '\0'..='\x1f' => format!("^{}", (char as u8 + b'@') as char),
            _ if is_obeyed(char) => format!("\\u{{{:x}}}", u32::from(char)),
            _ => String::from(char),
        };
        if let Some(after) = rest.strip_prefix(&*escape) {
            rest = after;
            beyond_ascii = if char.is_ascii() || is_obeyed(char) { 0 } else { beyond_ascii + 1 };
        } else {
            let may_go = !char.is_ascii() && !is_obeyed(char);
            assert!(may_go && beyond_ascii >= COMBINING_MARKS_MAX, "{char:?} of {text:?} is lost");
        }
    }
    assert_eq!(rest, "", "{text:?} gets longer");
}

// The session.

/// What a session tells.
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
            session::LineInput::TooLong => Self::TooLong,
            session::LineInput::Interrupt => Self::Interrupt,
            session::LineInput::Foreign(foreign) => Self::Foreign(foreign),
        }
    }

    /// Whether nothing that follows is for anybody.
    const fn is_last(&self) -> bool {
        matches!(self, Self::Interrupt | Self::Foreign(_) | Self::Closed(_))
    }
}

/// The reference: what the frames of a stream mean.
fn told(door: &LineDoor, stream: &[u8], stops: &[Stop], frames: &Frames, lead: usize) -> Vec<Told> {
    let flushed_between = stops.contains(&Stop { at: 1, flush: true });
    if !door.raw && lead == 0 && stream.starts_with(b"\x16\x03") && !flushed_between {
        return vec![Told::Foreign(Foreign::Tls)];
    }
    let mut all = Vec::new();
    let (mut too_long, mut lines, mut seen_bad) = (0, 0, false);
    for frame in &frames.frames {
        let &Frame::Line { from, text_to, to } = frame else {
            too_long += 1;
            let first = all.is_empty() && lines == 0 && lead == 0 && !door.raw;
            if first && begins_like_http(&stream[..door.line_bytes_max.min(stream.len())]) {
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
        if door.raw {
            let mut bytes = stream[from..to].to_vec();
            if text_to == to && door.idle_flush_ms == 0 {
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

/// Whether the first bytes of a line that is too long are those of a request.
fn begins_like_http(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    words.len() > 1
        && is_http_method(words[0])
        && (words[1].starts_with(b"/") || words[1].starts_with(b"http"))
}

fn is_http_method(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'-'))
}

fn converse(door: &LineDoor, case: &Case<'_>, stops: &[Stop], filtered: &Filtered) {
    let after_filter = |stop: &Stop| Stop { at: filtered.until[stop.at].0, flush: stop.flush };
    let kept_stops: Vec<Stop> = stops.iter().map(after_filter).collect();
    let (kept, max) = (&*filtered.kept, door.line_bytes_max);
    let frames = frames(kept, case.lead, max, &kept_stops, door.raw);
    if !door.raw && kept.contains(&INTERRUPT) && frames.frames.contains(&Frame::TooLong) {
        // An interrupt in such a line is obeyed if it is read before the line is too long.
        return;
    }
    let expected = told(door, kept, &kept_stops, &frames, case.lead);

    let mut client = Client::new(door);
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
    assert_eq!(client.told, expected, "raw: {}, {stops:?}", door.raw);
    assert!(filtered.replies.starts_with(&client.replies));
    if open {
        assert_eq!(client.replies, filtered.replies);
        let lines = frames.frames.iter().filter(|frame| **frame != Frame::TooLong).count();
        assert_eq!(client.session.lines() as usize, lines);
    }
}

/// A session, fed as the server feeds it.
struct Client<'d> {
    door: &'d LineDoor,
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
    fn new(door: &'d LineDoor) -> Self {
        Self {
            door,
            session: LineSession::new(door),
            now_ms: 0,
            told: Vec::new(),
            replies: Vec::new(),
            waiting: 0,
            posts: 0,
        }
    }

    /// Takes all events off what has been sent, waiting for the pace; false if the session ends.
    fn sends(&mut self, bytes: &[u8], mut finish: bool) -> bool {
        let mut fresh = bytes.to_vec();
        loop {
            let input = self.session.input(self.door, &mut fresh, &mut self.replies);
            let mut rest: &[u8] = &input;
            let mut wait = None;
            while finish || !rest.is_empty() {
                wait = self.session.blocked_until(self.now_ms);
                if wait.is_some() {
                    break;
                }
                let before = rest.len();
                let event = match self.session.next(self.door, &mut rest, self.now_ms) {
                    Ok(None) if std::mem::take(&mut finish) => {
                        self.session.finish(self.door, &mut rest, self.now_ms)
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
            self.session.keep(self.door, input, self.waiting, paced, self.now_ms);
            // A line that is too long and has not ended is due too, and nothing of it waits. What
            // the pace keeps waiting is not due.
            if self.waiting > 0 || self.session.tail_due_ms().is_some() {
                let idle = self.door.idle_flush_ms > 0 && !(self.waiting > 0 && paced);
                let due = idle.then(|| self.now_ms + self.door.idle_flush_ms);
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
        let rate = u64::from(self.door.rate_per_s);
        let allowed = rate * u64::from(RATE_BURST_S) + rate * self.now_ms / 1000 + 1;
        assert!(rate == 0 || self.posts <= allowed, "{} posts at {}", self.posts, self.now_ms);
    }
}
