//! Limits of a purge.

/// Seconds for which a purge holds the file at once; a server's turn that waits for it takes some
/// milliseconds.
pub const PURGE_SLICE_SECONDS: f64 = 0.002;
/// Shortest pause of a purge between two slices: longer than SQLite sleeps between its attempts.
pub const PURGE_PAUSE_SECONDS: f64 = 0.005;
/// Length of a pause, as a multiple of the slice before it, so that a server finds the file free.
pub const PURGE_PAUSE_TO_SLICE: f64 = 2.0;
/// Messages that a purge reads before it deletes them; the second number if it also removes their
/// words.
pub const PURGE_ROWS: i64 = 256;
/// See [`PURGE_ROWS`].
pub const PURGE_ROWS_WITH_WORDS: i64 = 32;
/// Range of message numbers in which a purge looks at once: it reads for some milliseconds.
pub const PURGE_NUMBERS: i64 = 10_000;
/// Free pages that a purge gives back to the disk between two looks at the clock.
pub const PURGE_VACUUM_PAGES: i64 = 16;
/// Pages of log at which a purge merges it into the file, before a server does.
pub const PURGE_LOG_PAGES: i64 = super::HISTORY_LOG_PAGES / 2;
/// Pages whose unused bytes a purge erases between two looks at the clock.
pub const PURGE_ERASE_PAGES: u32 = 16;
/// Attempts, each after a pause, to get a file that others hold or read. They last a minute or
/// more; then a purge gives up.
pub const PURGE_TRIES: u32 = 10_000;
