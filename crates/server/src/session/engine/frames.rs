//! The queue of a session: complete WebSocket frames.

use crate::base::{Chunk, Outbox};
use crate::limits::{POLL_BYTES_MAX, WRITE_SLICES_MAX};
use mio_wire::ws;
use std::io::IoSlice;

/// A queue of complete frames, each of which lies in one piece of its [`Outbox`]: only complete
/// frames are put in and taken out. So a frame can be read in place.
#[derive(Debug, Default)]
pub struct Frames(Outbox);

impl Frames {
    /// Queues a copy of `frames`, which are complete.
    pub fn append(&mut self, frames: &[u8]) {
        debug_assert!(are_whole(frames), "a queue gets whole frames");
        self.0.append(frames);
    }

    /// Queues shared frames, which are complete, as [`Outbox::push`] does.
    pub fn push(&mut self, frames: &Chunk) {
        debug_assert!(are_whole(frames.as_bytes()), "a queue gets whole frames");
        self.0.push(frames);
    }

    /// Takes up to `count` frames off the queue, and about [`POLL_BYTES_MAX`] bytes; `None` if it
    /// is empty.
    ///
    /// # Panics
    /// If the queue does not hold complete frames: the bytes after them would be read wrongly.
    pub(super) fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut slices = [IoSlice::new(&[]); WRITE_SLICES_MAX];
        let pieces = self.0.slices(&mut slices);
        let (mut frames, mut taken) = (Vec::new(), 0);
        for piece in &slices[..pieces] {
            let mut rest: &[u8] = piece;
            while !rest.is_empty() && taken < count && frames.len() < POLL_BYTES_MAX {
                let before = rest;
                assert!(ws::split_frame(&mut rest).is_some(), "a frame lies in one piece");
                frames.extend_from_slice(&before[..before.len() - rest.len()]);
                taken += 1;
            }
            if !rest.is_empty() {
                break;
            }
        }
        self.0.consume(frames.len());
        (taken > 0).then_some(frames)
    }

    /// Takes everything off the queue, piece by piece.
    pub(super) fn take_all(&mut self, mut take: impl FnMut(&[u8])) {
        while !self.0.is_empty() {
            let mut slices = [IoSlice::new(&[]); WRITE_SLICES_MAX];
            let count = self.0.slices(&mut slices);
            let bytes: usize = slices[..count].iter().map(|slice| slice.len()).sum();
            slices[..count].iter().for_each(|slice| take(slice));
            self.0.consume(bytes);
        }
    }

    /// Bytes queued.
    pub const fn queued(&self) -> usize {
        self.0.queued()
    }

    /// Whether nothing is queued.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of memory that it owns alone, without shared ones.
    pub fn own_bytes(&self) -> usize {
        self.0.own_bytes()
    }
}

/// Whether bytes are frames, and nothing else.
fn are_whole(frames: &[u8]) -> bool {
    let mut rest = frames;
    while ws::split_frame(&mut rest).is_some() {}
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SHARE_BYTES_MIN;
    use mio_wire::ws::Opcode;

    fn frame(payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        ws::frame(&mut frame, Opcode::Text, payload);
        frame
    }

    #[test]
    fn frames_come_out_whole_and_in_order_however_they_went_in() {
        let all: Vec<Vec<u8>> = (0..300)
            .map(|number: usize| frame(&vec![number as u8; number * 37 % (3 * SHARE_BYTES_MIN)]))
            .collect();
        for count in [1, 2, 7, 299, usize::MAX] {
            let mut queue = Frames::default();
            for (at, some) in all.chunks(5).enumerate() {
                let some = some.concat();
                match at % 3 {
                    0 => queue.append(&some),
                    1 => queue.push(&Chunk::new(&some)),
                    _ => {
                        let chunk = Chunk::new(&[frame(b"before"), some].concat());
                        queue.push(&chunk.slice(frame(b"before").len() as u32..chunk.len() as u32));
                    }
                }
            }
            let mut taken = Vec::new();
            while let Some(frames) = queue.take(count) {
                assert!(are_whole(&frames));
                taken.extend(frames);
            }
            assert_eq!(taken, all.concat(), "{count} at a time");
            assert!(queue.is_empty());
        }
    }

    #[test]
    #[should_panic(expected = "a frame lies in one piece")]
    fn half_a_frame_is_not_passed_over() {
        let (mut queue, whole) = (Outbox::default(), frame(&[b'x'; 2 * SHARE_BYTES_MIN]));
        let (first, second) = whole.split_at(SHARE_BYTES_MIN);
        queue.push(&Chunk::new(first));
        queue.push(&Chunk::new(second));
        Frames(queue).take(1);
    }
}
