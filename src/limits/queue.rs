//! Limits of output queues: bytes that wait for their readers.

/// Smallest value that `--max-queue` takes.
pub const QUEUE_BYTES_MAX_LOWEST: usize = 64 * 1024;
/// Largest value that `--max-queue` takes.
pub const QUEUE_BYTES_MAX_HIGHEST: usize = 1024 * 1024 * 1024;
