//! Limits of a record of a run.

use super::READ_CHUNK_BYTES;

/// Bytes of input or output in one event. A longer write becomes several events; one read is one
/// event.
pub const RECORD_PIECE_BYTES: usize = 32 * 1024;
/// Bytes of events after which a block is written: a larger block would save little.
pub const RECORD_BLOCK_BYTES: usize = 64 * 1024;
/// Bytes shown before and after the first that differs: a line or so.
pub const RECORD_SHOWN_BYTES: usize = 32;

const _: () = {
    assert!(READ_CHUNK_BYTES <= RECORD_PIECE_BYTES);
    // An event has two bytes for the length of its piece.
    assert!(RECORD_PIECE_BYTES <= u16::MAX as usize);
};
