//! Limits of the processes that do slow work beside the server.

/// Time after which the next worker is started when one has died.
pub const WORKER_AGAIN_MS: u64 = 500;
/// Time between two looks whether a worker has ended, and the time that a worker has to end after
/// the process that had started it.
pub const WORKER_LOOK_MS: u64 = 100;
/// The line by which the server learns that a worker has died, and with it what it was told.
pub const WORKER_LOST: &str = "the process for it has died";
/// Bytes of answers of a worker that are read at once.
pub const WORKER_LINES_BYTES_MAX: usize = 64 * 1024;
