//! Bytes that many outboxes share.

use std::ops::Range;
use std::rc::Rc;

/// A range of shared bytes. Cloning and slicing copy no bytes.
#[derive(Clone, Debug)]
pub struct Chunk {
    bytes: Rc<[u8]>,
    from: u32,
    to: u32,
}

impl Chunk {
    /// Copies `bytes` once, into memory of just their size, to be shared from then on.
    ///
    /// # Panics
    /// If `bytes` are 4 GiB or more.
    pub fn new(bytes: &[u8]) -> Self {
        let to = u32::try_from(bytes.len()).expect("a chunk is shorter than 4 GiB");
        Self { bytes: Rc::from(bytes), from: 0, to }
    }

    /// The part `range` of this chunk.
    ///
    /// # Panics
    /// If `range` does not lie within the chunk.
    pub fn slice(&self, range: Range<u32>) -> Self {
        let (from, to) = (self.from + range.start, self.from + range.end);
        assert!(range.start <= range.end && to <= self.to, "a slice lies within its chunk");
        Self { bytes: Rc::clone(&self.bytes), from, to }
    }

    /// Drops the first `count` bytes.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn advance(&mut self, count: usize) {
        assert!(count <= self.len(), "only what is there can be consumed");
        self.from += count as u32;
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.from as usize..self.to as usize]
    }

    /// Number of bytes.
    pub const fn len(&self) -> usize {
        (self.to - self.from) as usize
    }

    /// Whether there are no bytes.
    pub const fn is_empty(&self) -> bool {
        self.from == self.to
    }
}
