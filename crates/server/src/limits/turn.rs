//! Limits of one turn of the loop.

/// Size of the shared read buffer, and so the most that one read returns. Undecoded input of a
/// throttled connection is kept, so this also bounds the input that a connection holds.
pub const READ_CHUNK_BYTES: usize = 16 * 1024;
/// Bytes read from one connection in one turn; then it waits for the next turn.
pub const READ_BYTES_PER_TURN_MAX: usize = 64 * 1024;
/// Bytes read in one turn from a connection that the server has made: a long reply comes in one.
pub const READ_BYTES_PER_LINK_MAX: usize = 256 * 1024;
/// Connections accepted per listener in one turn, so that many newcomers at once delay nobody
/// inside.
pub const ACCEPTS_PER_TURN_MAX: usize = 64;
/// Readiness events fetched by one poll; more are fetched by the next.
pub const EVENTS_PER_POLL_MAX: usize = 1024;
/// Length of the accept queue requested from the kernel, which uses its own maximum if that is
/// less.
pub const ACCEPT_BACKLOG: i32 = 4096;
/// Mode of the file of a Unix socket: its owner and its group may connect, such as a proxy that is
/// in the group.
pub const SOCKET_FILE_MODE: u32 = 0o660;
/// Bytes gathered for audiences in one turn, after which nothing more is read before the flush: one
/// turn must not fill the queue of a reader that keeps up.
pub const BATCH_BYTES_PER_TURN_MAX: usize = 256 * 1024;
/// Bytes to be written to all members of rooms in one turn, after which nothing more is read
/// either: some 20 ms of writing. (A single message to thousands of members may take longer, and
/// cannot be split.)
pub const COPIED_BYTES_PER_TURN_MAX: usize = 32 * 1024 * 1024;
/// Microseconds of one turn after which nothing more is read, so that nobody waits longer for their
/// turn than people notice. Connections that were not read come first in the next turn.
pub const DISPATCH_US_MAX: u64 = 10_000;
/// Microseconds that one client gets of this at a time, so that many busy clients do not each take
/// a whole turn.
pub const SHARE_US_MAX: u64 = 1_000;
/// Microseconds of one turn for all clients together whose addresses take much of the loop's time.
/// They come after everybody else, who wait no longer than this.
pub const GREEDY_US_MAX: u64 = 1_000;
/// Microseconds that one of them gets of this at a time.
pub const GREEDY_SHARE_US_MAX: u64 = 250;
/// Bytes per millisecond of the bodies of all requests for bulk routes together: 32 MiB/s. To read
/// and store them takes less than a tenth of the loop's time, and some 0.3 ms of it at a time.
pub const BULK_BYTES_PER_MS: u64 = 32 * 1024;
/// Longest time in milliseconds for which such a request waits for its turn.
pub const BULK_WAIT_MS_MAX: u64 = 1_000;
/// Milliseconds without bytes after which the body that is read loses its turn to the next.
pub const BULK_SILENCE_MS: u64 = 5;
/// Microseconds of one turn after which no further newcomer is admitted.
pub const ACCEPT_US_MAX: u64 = 2_000;
/// Microseconds of one turn after which no further deadlines are handled. This is separate from
/// reading, so that heartbeats go on during a flood.
pub const DEADLINES_US_MAX: u64 = 2_000;
/// Microseconds of one turn after which no further closed connections are released.
pub const REAP_US_MAX: u64 = 2_000;
/// Milliseconds of a turn beyond which the log gives its longest work.
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
