//! Limits of output queues: bytes that wait for their readers.

/// Unsent bytes one connection may hold. Default of `--max-queue`; inspircd's hard limit.
pub const QUEUE_BYTES_MAX: usize = 1024 * 1024;
/// Share of `--max-queue` that one turn may gather for an audience.
pub const QUEUE_TO_BATCH_MIN: usize = 4;
/// Bytes that the answers of one audience may have together; later ones are left out. It is far
/// more than a program asks for, and what every client sends must not fill the memory.
pub const GATHERED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A connection with more unsent bytes than this is not read, and none of its input is decoded: a
/// client that does not read may not send.
pub const QUEUE_BYTES_READ_PAUSE: usize = 64 * 1024;
/// A peer whose queue has been longer than this for [`BEHIND_MS_MAX`] does not read.
pub const QUEUE_BYTES_BEHIND: usize = 256 * 1024;
/// Milliseconds for which a queue may be that long; nats allows as much for a write.
pub const BEHIND_MS_MAX: u64 = 10_000;
/// Lengths of a queue that a connection may have if it had read everything before this turn.
pub const QUEUE_TO_TURN_MAX: usize = 2;
/// Bytes sent to a room after which the server checks whether its members keep up.
pub const ROOM_BYTES_CHECKED: usize = 256 * 1024;
/// Longest time in milliseconds that speakers in a room wait for its readers: a reader that does
/// not read at all delays nobody for longer.
pub const ROOM_WAIT_MS_MAX: u64 = 1_000;
/// Milliseconds until the server checks again whether they do.
pub const ROOM_WAIT_MS: u64 = 50;
/// Bytes that a member must have read in that time to be waited for.
pub const ROOM_READ_BYTES_MIN: usize = 4 * 1024;
/// Slices given to one vectored write.
pub const WRITE_SLICES_MAX: usize = 64;
/// Shared bytes shorter than this are copied after the bytes that a connection has queued already.
/// A slow reader then keeps few pieces, and a vectored write of tiny slices costs more than the
/// copy.
pub const SHARE_BYTES_MIN: usize = 1024;
/// A connection's own bytes are gathered in pieces of about this size.
pub const OWN_PIECE_BYTES: usize = 16 * 1024;
/// Milliseconds for which a client that has ended its input waits for the answer to its last line,
/// if the application has paused it.
pub const ENDED_WAIT_MS: u64 = 12_000;
/// Milliseconds after which the server examines a paused client again. The end of a pause wakes it
/// at once, so this delays nobody; it only bounds the work.
pub const PAUSE_LOOK_MS: u64 = 1_000;
