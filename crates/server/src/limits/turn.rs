//! The numbers of one turn of the loop.

/// Size of the shared read buffer, so the most that one read brings. What a throttled connection
/// leaves undecoded is kept, so this also bounds the input that a connection holds.
pub const READ_CHUNK_BYTES: usize = 16 * 1024;
/// Bytes read from one connection in one turn; then it waits for the next turn.
pub const READ_BYTES_PER_TURN_MAX: usize = 64 * 1024;
/// Connections accepted per listener in one turn, so that a crowd at the door delays nobody inside.
pub const ACCEPTS_PER_TURN_MAX: usize = 64;
/// Readiness events fetched by one poll; more are fetched by the next.
pub const EVENTS_PER_POLL_MAX: usize = 1024;
/// Length of the accept queue asked of the kernel, which takes its own maximum if that is less.
pub const ACCEPT_BACKLOG: i32 = 4096;
/// Mode of the file of a Unix socket: its owner and its group may connect, such as a proxy that is
/// in the group.
pub const SOCKET_FILE_MODE: u32 = 0o660;
/// Bytes gathered for audiences in one turn after which nothing more is read before the flush:
/// one turn must not by itself fill the queue of a reader that keeps up.
pub const BATCH_BYTES_PER_TURN_MAX: usize = 256 * 1024;
/// Bytes to be written to all members of rooms in one turn after which nothing more is read either:
/// some 20 ms of writing. (A single message to thousands may take as long; it cannot be shorter.)
pub const COPIED_BYTES_PER_TURN_MAX: usize = 32 * 1024 * 1024;
/// Time of one turn in microseconds after which nothing more is read, so that nobody waits longer
/// for their turn than people notice. What is not read comes first in the next turn.
pub const DISPATCH_US_MAX: u64 = 10_000;
/// Time in microseconds that one client has of it at a time, so that many who keep the server busy
/// do not each take a turn of their own.
pub const SHARE_US_MAX: u64 = 1_000;
/// Time in microseconds that all those have of one turn together whose addresses take much of the
/// loop's time. It comes after that of everybody else, who wait for no more than this.
pub const GREEDY_US_MAX: u64 = 1_000;
/// Time in microseconds that one of them has of it at a time.
pub const GREEDY_SHARE_US_MAX: u64 = 250;
/// Time of one turn in microseconds after which nobody more is let in.
pub const ACCEPT_US_MAX: u64 = 2_000;
/// Time of one turn in microseconds after which no more of what is due is done. It is apart from
/// that for reading: heartbeats go on while people flood.
pub const DEADLINES_US_MAX: u64 = 2_000;
/// Time of one turn in microseconds after which no more of those who have gone are forgotten.
pub const REAP_US_MAX: u64 = 2_000;
/// Milliseconds of a turn beyond which the log says what took so long.
pub const TURN_LOGGED_MS: u64 = 100;
/// Batches kept for the next turn; a room without traffic owns none.
pub const BATCHES_SPARE_MAX: usize = 8;
/// A batch that has grown beyond this is not kept.
pub const BATCH_SPARE_BYTES_MAX: usize = 512 * 1024;

const _: () = {
    assert!(SHARE_US_MAX < DISPATCH_US_MAX && ACCEPT_US_MAX <= DISPATCH_US_MAX);
    assert!(GREEDY_SHARE_US_MAX < GREEDY_US_MAX && GREEDY_US_MAX < DISPATCH_US_MAX);
    assert!(READ_CHUNK_BYTES <= READ_BYTES_PER_TURN_MAX);
};
