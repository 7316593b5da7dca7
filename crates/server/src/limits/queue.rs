//! The numbers of output queues: what waits for those who read.

/// Unsent bytes one connection may hold. Default of `--max-queue`; inspircd's hard limit.
pub const QUEUE_BYTES_MAX: usize = 1024 * 1024;
/// Share of `--max-queue` that one turn may gather for an audience.
pub const QUEUE_TO_BATCH_MIN: usize = 4;
/// A connection with more than this unsent is not read, and nothing of its input is decoded: who
/// does not listen may not speak.
pub const QUEUE_BYTES_READ_PAUSE: usize = 64 * 1024;
/// A queue that has been longer than this for [`BEHIND_MS_MAX`] is that of a peer who does not
/// read.
pub const QUEUE_BYTES_BEHIND: usize = 256 * 1024;
/// Milliseconds for which a queue may be as long as that; nats has as much for a write.
pub const BEHIND_MS_MAX: u64 = 10_000;
/// Lengths of a queue that a connection may have which has read everything until this turn.
pub const QUEUE_TO_TURN_MAX: usize = 2;
/// Bytes told to a room after which it is looked whether its members keep up.
pub const ROOM_BYTES_CHECKED: usize = 256 * 1024;
/// Milliseconds for which those who speak in a room wait at most for those who read there: a reader
/// who does not read at all delays nobody for longer.
pub const ROOM_WAIT_MS_MAX: u64 = 1_000;
/// Milliseconds until it is looked again whether they do.
pub const ROOM_WAIT_MS: u64 = 50;
/// Bytes that a member has read meanwhile at least who is waited for.
pub const ROOM_READ_BYTES_MIN: usize = 4 * 1024;
/// Slices given to one vectored write.
pub const WRITE_SLICES_MAX: usize = 64;
/// Shared bytes shorter than this are copied behind what a connection already has queued: a
/// slow reader then keeps few pieces, and a vectored write of tiny slices costs more than the copy.
pub const SHARE_BYTES_MIN: usize = 1024;
/// A connection's own bytes are gathered in pieces of about this size.
pub const OWN_PIECE_BYTES: usize = 16 * 1024;
/// Milliseconds after which a client that the application has paused is looked at again. The end of
/// a pause wakes it at once, so this delays nobody; it only bounds the looking.
pub const PAUSE_LOOK_MS: u64 = 1_000;
