//! Bytes that many outboxes share.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

thread_local! {
    /// Bytes of all chunks that are in use, each counted once.
    static LIVE_BYTES: Cell<usize> = const { Cell::new(0) };
}

/// A range of shared bytes. Cloning and slicing copy no bytes.
#[derive(Clone, Debug)]
pub struct Chunk {
    bytes: Rc<Shared>,
    from: u32,
    to: u32,
}

/// Bytes that are counted while they exist.
#[derive(Debug)]
struct Shared(Box<[u8]>);

impl Drop for Shared {
    fn drop(&mut self) {
        LIVE_BYTES.set(LIVE_BYTES.get() - self.0.len());
    }
}

impl Chunk {
    /// Copies `bytes` once, into memory of exactly their size, which is then shared.
    ///
    /// # Panics
    /// If `bytes` are 4 GiB or more.
    pub fn new(bytes: &[u8]) -> Self {
        let to = u32::try_from(bytes.len()).expect("a chunk is shorter than 4 GiB");
        LIVE_BYTES.set(LIVE_BYTES.get() + bytes.len());
        Self { bytes: Rc::new(Shared(Box::from(bytes))), from: 0, to }
    }

    /// Bytes of all chunks of this thread that are in use.
    pub fn live_bytes() -> usize {
        LIVE_BYTES.get()
    }

    /// The part `range` of this chunk.
    ///
    /// # Panics
    /// If `range` does not lie within the chunk.
    pub fn slice(&self, range: Range<u32>) -> Self {
        let from = self.from + range.start;
        let to = self.from + range.end;
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
        &self.bytes.0[self.from as usize..self.to as usize]
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
