//! The unsent output of one connection.

use super::Chunk;
use crate::limits::{OWN_PIECE_BYTES, SHARE_BYTES_MIN};
use std::collections::VecDeque;
use std::io::IoSlice;

/// A queue of bytes: shared pieces, and pieces of its own. The first piece is stored inline, so
/// that a delivery to a connection that keeps up allocates nothing, and an empty outbox owns no
/// heap.
#[derive(Debug, Default)]
pub struct Outbox {
    first: Option<Piece>,
    #[expect(clippy::box_collection, reason = "8 bytes instead of 32 in every idle connection")]
    rest: Option<Box<VecDeque<Piece>>>,
    queued: usize,
}

#[derive(Debug)]
enum Piece {
    Own { bytes: Vec<u8>, sent: usize },
    Shared(Chunk),
}

impl Outbox {
    /// Queues shared bytes without a copy, unless they are few and something is queued.
    pub fn push(&mut self, chunk: &Chunk) {
        if chunk.is_empty() {
            return;
        }
        if self.queued > 0 && chunk.len() < SHARE_BYTES_MIN {
            self.append(chunk.as_bytes());
            return;
        }
        self.queued += chunk.len();
        self.push_piece(Piece::Shared(chunk.clone()));
    }

    /// Queues a copy of `bytes`.
    pub fn append(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.queued += bytes.len();
        match self.last_mut() {
            Some(Piece::Own { bytes: own, .. }) if own.len() < OWN_PIECE_BYTES => {
                own.extend_from_slice(bytes);
            }
            _ => self.push_piece(Piece::Own { bytes: bytes.to_vec(), sent: 0 }),
        }
    }

    /// Queues what `encode` appends.
    pub fn append_with(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        match self.last_mut() {
            Some(Piece::Own { bytes: own, .. }) if own.len() < OWN_PIECE_BYTES => {
                let before = own.len();
                encode(own);
                self.queued += own.len() - before;
            }
            _ => {
                let mut bytes = Vec::new();
                encode(&mut bytes);
                if !bytes.is_empty() {
                    self.queued += bytes.len();
                    self.push_piece(Piece::Own { bytes, sent: 0 });
                }
            }
        }
    }

    /// The one piece that is queued, if there is just one.
    pub fn only(&self) -> Option<&[u8]> {
        let alone = self.rest.as_ref().is_none_or(|rest| rest.is_empty());
        self.first.as_ref().filter(|_| alone).map(Piece::as_bytes)
    }

    /// Fills `slices` with the first bytes, and returns how many slices were filled.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let rest = self.rest.iter().flat_map(|rest| rest.iter());
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(self.first.iter().chain(rest)) {
            *slice = IoSlice::new(piece.as_bytes());
            count += 1;
        }
        count
    }

    /// Drops the first `count` bytes: they have been written.
    ///
    /// # Panics
    /// If fewer are queued.
    pub fn consume(&mut self, mut count: usize) {
        assert!(count <= self.queued, "only what is queued can have been written");
        self.queued -= count;
        while let Some(first) = &mut self.first {
            let length = first.as_bytes().len();
            if count < length {
                first.advance(count);
                return;
            }
            count -= length;
            self.first = self.rest.as_mut().and_then(|rest| rest.pop_front());
        }
        self.rest = None;
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Bytes queued.
    pub const fn queued(&self) -> usize {
        self.queued
    }

    /// Bytes of memory that it owns alone, without shared ones.
    pub fn own_bytes(&self) -> usize {
        let rest = self.rest.iter().flat_map(|rest| rest.iter());
        self.first.iter().chain(rest).map(Piece::own_bytes).sum()
    }

    /// Whether nothing is queued.
    pub const fn is_empty(&self) -> bool {
        self.queued == 0
    }

    fn push_piece(&mut self, piece: Piece) {
        if self.first.is_none() {
            self.first = Some(piece);
        } else {
            self.rest.get_or_insert_default().push_back(piece);
        }
    }

    fn last_mut(&mut self) -> Option<&mut Piece> {
        match &mut self.rest {
            Some(rest) if !rest.is_empty() => rest.back_mut(),
            _ => self.first.as_mut(),
        }
    }
}

impl Piece {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Own { bytes, sent } => &bytes[*sent..],
            Self::Shared(chunk) => chunk.as_bytes(),
        }
    }

    const fn own_bytes(&self) -> usize {
        match self {
            Self::Own { bytes, .. } => bytes.capacity(),
            Self::Shared(_) => 0,
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Own { sent, .. } => *sent += count,
            Self::Shared(chunk) => {
                chunk.advance(count);
                // A short rest must not keep a long batch in memory.
                if chunk.len() < SHARE_BYTES_MIN {
                    *self = Self::Own { bytes: chunk.as_bytes().to_vec(), sent: 0 };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(outbox: &Outbox) -> Vec<u8> {
        let mut slices = [IoSlice::new(&[]); 64];
        let count = outbox.slices(&mut slices);
        slices[..count].iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn bytes_come_out_as_they_went_in_at_every_split() {
        let big = Chunk::new(&[b'x'; 2 * SHARE_BYTES_MIN]);
        let small = Chunk::new(b"small");
        let build = || {
            let mut outbox = Outbox::default();
            outbox.append(b"own ");
            outbox.push(&small);
            outbox.push(&big);
            outbox.push(&big.slice(0..1500));
            outbox.append(b" end");
            outbox
        };
        let whole = contents(&build());
        assert_eq!(whole.len(), 4 + 5 + 2048 + 1500 + 4);
        for cut in 0..=whole.len() {
            let mut outbox = build();
            outbox.consume(cut);
            assert_eq!(outbox.queued(), whole.len() - cut);
            assert_eq!(contents(&outbox), whole[cut..]);
            assert_eq!(outbox.is_empty(), cut == whole.len());
        }
    }

    #[test]
    fn an_idle_outbox_owns_no_heap() {
        let mut outbox = Outbox::default();
        let chunk = Chunk::new(&[b'x'; 4096]);
        outbox.push(&chunk);
        assert!(outbox.rest.is_none());
        outbox.push(&chunk);
        outbox.consume(8192);
        assert!(outbox.first.is_none() && outbox.rest.is_none());
    }

    #[test]
    fn a_short_rest_keeps_no_batch() {
        let chunk = Chunk::new(&[b'x'; 100_000]);
        let mut outbox = Outbox::default();
        outbox.push(&chunk);
        outbox.consume(100_000 - SHARE_BYTES_MIN);
        assert!(matches!(outbox.first, Some(Piece::Shared(_))));
        outbox.consume(1);
        assert!(matches!(outbox.first, Some(Piece::Own { .. })));
        assert_eq!(contents(&outbox), [b'x'; SHARE_BYTES_MIN - 1]);
    }

    #[test]
    fn a_slow_reader_keeps_few_pieces() {
        let mut outbox = Outbox::default();
        for _ in 0..1000 {
            outbox.push(&Chunk::new(&[b'x'; 64]));
        }
        assert_eq!(outbox.queued(), 64_000);
        assert!(outbox.rest.as_ref().is_none_or(|rest| rest.len() <= 4));
    }
}
