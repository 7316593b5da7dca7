//! The line decoder.

use super::case::{Case, Stop, pieces};
use super::cost::bounded;
use mio_wire::limits::LINE_DISCARD_BYTES_MAX;
use mio_wire::line::{Decoder, Event};

/// The decoder returns the same lines as the reference, at every split, and as soon as possible.
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

/// The frames found by the reference; positions are those in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    Line { from: usize, text_to: usize, to: usize },
    TooLong,
}

pub(super) struct Frames {
    pub(super) frames: Vec<Frame>,
    /// For each stop, the number of frames found before it, and of bytes that wait for more.
    pub(super) until: Vec<(usize, usize)>,
    /// Whether the stream ends there because of a line without end.
    pub(super) endless: bool,
}

fn decoder(case: &Case<'_>, exact: bool) -> Decoder {
    let make = if exact { Decoder::exact } else { Decoder::new };
    make(case.line_bytes_max)
}

/// The reference, which finds lines byte by byte. After a flush the next byte begins a line, even
/// after an overlong one. With `exact`, a CR alone does not end a line; otherwise a line ends with
/// its CR, and the LF or NUL after it is skipped.
pub(super) fn frames(
    stream: &[u8],
    mut lead: usize,
    line_bytes_max: usize,
    stops: &[Stop],
    exact: bool,
) -> Frames {
    let mut found = Frames { frames: Vec::new(), until: Vec::new(), endless: false };
    let (mut from, mut at) = (0, 0);
    let mut too_long = lead > 0;
    // The end of the last line that a CR ended.
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
