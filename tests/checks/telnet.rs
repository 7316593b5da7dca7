//! Telnet's commands.

use super::case::{Case, pieces};
use super::cost::bounded;
use mio_wire::limits::SUBNEGOTIATION_BYTES_MAX;
use mio_wire::telnet::{ESCAPED, Filter, INTERRUPT};

/// Telnet's commands are removed as by the reference, at every split. The rest and the replies are
/// never longer than the input.
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

/// The reference's result for a stream.
pub(super) struct Filtered {
    pub(super) kept: Vec<u8>,
    pub(super) replies: Vec<u8>,
    /// For every position in the stream, the number of bytes kept and replied before it.
    pub(super) until: Vec<(usize, usize)>,
    pub(super) interrupts: usize,
}

impl Filtered {
    pub(super) fn untouched(stream: &[u8]) -> Self {
        let until = (0..=stream.len()).map(|at| (at, 0)).collect();
        Self { kept: stream.to_vec(), replies: Vec::new(), until, interrupts: 0 }
    }
}

/// The reference: one command at a time, with the whole stream in view (RFC 854, 855).
pub(super) fn telnet(stream: &[u8]) -> Filtered {
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

/// Length of a subnegotiation with its IAC SE, or of the abandoned part of an endless one.
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
