//! The cuts of a stream, for checks of lines.

use mio_socketio::limits::READ_CHUNK_BYTES;
use mio_wire::limits::LINE_DISCARD_BYTES_MAX;

const LIMITS: [usize; 8] = [1, 2, 4, 10, 64, 200, 4096, 65_536];
/// Longest stream that is also fed one byte at a time.
const BYTEWISE_MAX: usize = 512;

/// The first bytes of a line without end, in one read.
static LEAD: [u8; READ_CHUNK_BYTES] = [b'x'; READ_CHUNK_BYTES];

pub(super) struct Case<'d> {
    pub(super) options: u8,
    pub(super) line_bytes_max: usize,
    /// Length of a line beyond every limit in which the stream begins; 0 is none.
    pub(super) lead: usize,
    pub(super) stops: Vec<Stop>,
    pub(super) stream: &'d [u8],
}

/// A place where the stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stop {
    pub(super) at: usize,
    /// Whether the tail becomes a line here.
    pub(super) flush: bool,
}

impl<'d> Case<'d> {
    pub(super) fn new(mut data: &'d [u8]) -> Self {
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

    /// The stops of the stream uncut, cut where the input says, and cut everywhere. In all of them
    /// the tail becomes a line at the same places.
    pub(super) fn splits(&self) -> Vec<Vec<Stop>> {
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

/// The pieces in which the stream is fed; each, except those of the lead, with the stop that ends
/// it.
pub(super) fn pieces<'d>(
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
