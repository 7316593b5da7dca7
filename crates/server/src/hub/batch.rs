//! The output of one turn for one audience: contiguous bytes, and the runs that individual members
//! do not get.

use crate::limits::BATCH_SPARE_BYTES_MAX;
use std::ops::Range;

/// No further cut.
pub(super) const NONE: u32 = u32::MAX;

/// Bytes gathered for a room, with the runs that individual members do not get, in most cases their
/// own.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    cuts: Vec<Cut>,
}

/// The output gathered in a turn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gathered {
    /// Bytes, over all rooms.
    pub(super) bytes: usize,
    /// Bytes times receivers: the amount that will be written.
    pub(super) copies: usize,
}

impl Gathered {
    pub(super) const fn add(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.copies = self.copies.saturating_add(more.copies);
    }
}

/// A run of bytes that one member does not get, and the next such run of the same member.
#[derive(Debug)]
struct Cut {
    start: u32,
    end: u32,
    next: u32,
}

impl Batch {
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("a turn gathers less than 4 GiB")
    }

    /// Notes that the member whose last run is `last` does not get the bytes from `start` on.
    /// Returns the member's last run from now on. Adjacent runs are merged, and so are those of one
    /// post given twice.
    pub(super) fn cut(&mut self, start: u32, last: u32) -> u32 {
        let end = self.len();
        let count = self.cuts.len() as u32;
        if let Some(cut) = self.cuts.get_mut(last as usize) {
            if cut.end >= start {
                cut.end = end;
                return last;
            }
            cut.next = count;
        }
        self.cuts.push(Cut { start, end, next: NONE });
        count
    }

    /// The parts of the bytes from `from` on that lie outside the runs that begin with `first`.
    pub(super) fn parts(&self, from: u32, first: u32) -> impl Iterator<Item = Range<u32>> {
        let mut at = from;
        let mut next = first;
        let end = self.len();
        let mut done = false;
        std::iter::from_fn(move || {
            while !done {
                let part = match self.cuts.get(next as usize) {
                    Some(cut) => {
                        let part = at..cut.start;
                        (at, next) = (at.max(cut.end), cut.next);
                        part
                    }
                    None => {
                        done = true;
                        at..end
                    }
                };
                if part.start < part.end {
                    return Some(part);
                }
            }
            None
        })
    }

    /// Empties the batch; false if it has grown too large to be kept.
    pub(super) fn reset(&mut self) -> bool {
        self.bytes.clear();
        self.cuts.clear();
        self.bytes.capacity() <= BATCH_SPARE_BYTES_MAX
    }
}
