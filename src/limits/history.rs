//! Limits of the history and its file.

/// Lines of history shown on entering a room. Default of `--replay`.
pub const REPLAY_LINES: u32 = 10;
/// Largest value that `--replay` takes, and lines that one `/history` shows at most.
pub const HISTORY_LINES_MAX: u32 = 200;
/// Lines that `/history` shows without a number.
pub const HISTORY_LINES: u32 = 20;
/// Messages that one `/search` shows.
pub const SEARCH_LINES_MAX: usize = 20;
/// Bytes of text that wait in memory while the file cannot be written.
pub const HISTORY_WAITING_BYTES_MAX: usize = 1024 * 1024;
/// Approximate bytes written to the disk for each byte of a message, with the log and the index.
pub const HISTORY_WRITTEN_TO_SAID: usize = 3;
/// Time after which writing is tried again.
pub const HISTORY_RETRY_MS: u64 = 1_000;
/// Time after which the server checks again whether the file is where it was.
pub const HISTORY_LOOK_MS: u64 = 1_000;
/// Time after which an unusable file at the path is tried again; it doubles each time. If the file
/// at the path changes, it is tried at once.
pub const HISTORY_AGAIN_MS: u64 = 1_000;
/// The longest of these times. A try takes a slice of the loop, or waits for [`HISTORY_BUSY_MS`].
pub const HISTORY_AGAIN_MS_MAX: u64 = 60_000;
/// Time to wait for another program that holds the file, before people are told.
pub const HISTORY_GRACE_MS: u64 = 2_000;
/// Time between attempts to write within that time: an attempt holds up the loop for
/// [`HISTORY_BUSY_MS`].
pub const HISTORY_BUSY_RETRY_MS: u64 = 250;
/// Pause between two slices of indexing while people talk.
pub const HISTORY_TIDY_MS: u64 = 50;
/// Pause between two slices while nobody talks.
pub const HISTORY_TIDY_IDLE_MS: u64 = 10;
/// Time without a message after which the chat is quiet.
pub const HISTORY_QUIET_MS: u64 = 3_000;
/// Time after which the server checks again whether the chat is quiet.
pub const HISTORY_QUIET_LOOK_MS: u64 = 1_000;
/// Bytes of a page of the file: SQLite's default.
pub const HISTORY_PAGE_BYTES: i64 = 4096;
/// Pages of log that are merged into the file at once: 4 MiB, which takes some 5 ms and the disk's
/// time.
pub const HISTORY_LOG_PAGES: i64 = 1_000;
/// Pages of log whose merging a reader has prevented, after which the server logs it and waits for
/// a quiet moment: 16 MiB.
pub const HISTORY_LOG_PAGES_TOLD: i64 = 4_000;
/// Pages of log that are merged even if the chat is not quiet: 256 MiB, which takes about a second.
pub const HISTORY_LOG_PAGES_MAX: i64 = 64_000;
/// Bytes to which the log is cut when it starts again.
pub const HISTORY_LOG_BYTES_KEPT: i64 = 2 * HISTORY_LOG_PAGES * HISTORY_PAGE_BYTES;
/// Time for which a write waits for another program that holds the file.
pub const HISTORY_BUSY_MS: u64 = 20;
/// Seconds in which a server checks its file when it starts: some 100 MB. Of a larger file it
/// checks the first part.
pub const HISTORY_CHECK_SECONDS: f64 = 1.0;
/// Least number of looks at the clock in that time, in case the machine is busy.
pub const HISTORY_CHECK_LOOKS: u64 = 1_000;
/// Looks at the clock while a running server checks a file that it opens again: a slice of the
/// loop, and some 1,000 pages in any case.
pub const HISTORY_CHECK_LOOKS_RUNNING: u64 = 16;
/// Stamps of a file that a log may carry: its own, the next, and one more if somebody read while
/// the log was started again.
pub const HISTORY_STAMPS_MAX: usize = 3;
/// Attempts of a starting server to lock its file. A command that checks whether a server uses the
/// file holds the lock for some microseconds.
pub const HISTORY_LOCK_TRIES: u32 = 6;
/// Time between two attempts.
pub const HISTORY_LOCK_RETRY_MS: u64 = 10;
/// Prepared statements kept: those of all queries, and of searches in some sixty parts of the
/// index.
pub const HISTORY_STATEMENTS: usize = 100;
/// Time for which an export or a purge waits for the server to release the file.
pub const EXPORT_BUSY_MS: u64 = 5_000;

// Numbers of messages: they are exact in JavaScript, up to 2^53.

/// Message numbers for each millisecond of the clock at which a server begins to count: more than
/// it can use in that time, so that the next server begins above them.
pub const HISTORY_NUMBERS_PER_MS: i64 = 1024;
/// A clock beyond this, the year 2109, is not believed: half of all numbers are left to count on
/// from there.
pub const HISTORY_NUMBER_CLOCK_MAX: i64 = 1 << 52;
/// Numbers that are skipped if the clock is behind the file: more than a server can give, and lose,
/// before a full disk is dealt with. There is room for sixteen million such jumps.
pub const HISTORY_NUMBERS_JUMP: i64 = 1 << 28;
/// Starts of servers recorded in a file.
pub const HISTORY_STARTS_MAX: usize = 256;

// Slices: background work, a little at a time.

/// Seconds of a slice while people talk.
pub const HISTORY_SLICE_SECONDS: f64 = 0.002;
/// Seconds of a slice while nobody talks; work begun by then takes as long again at most.
pub const HISTORY_SLICE_SECONDS_IDLE: f64 = 0.005;
/// Part of a slice in which words are added to the index; writing them takes as long again.
pub const HISTORY_SLICE_INDEXING: f64 = 0.4;
/// Messages whose words are indexed in one slice at most.
pub const HISTORY_INDEX_ROWS: i64 = 1_000;
/// Steps of SQLite's machine between two looks at the clock. A look takes 30 ns; these steps take
/// about 1 µs, or 0.1 ms if each reads a page of the index.
pub const HISTORY_STEPS_PER_LOOK: i32 = 64;
/// Looks at the clock in one query that is not a search. Each query is also bounded by a count, and
/// the largest takes a thirtieth of this limit. The limit is 50 ms, for a query that somebody has
/// crafted.
pub const HISTORY_LOOKS_MAX: u64 = 20_000;

// The bounds of the history.

/// Bytes of the file. Default of `--history-max`.
pub const HISTORY_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Smallest value that `--history-max` takes: one part of the index, people and topics still fit.
pub const HISTORY_BYTES_MAX_LOWEST: u64 = 1024 * 1024;
/// The part of it by which a file that is too large is reduced.
pub const HISTORY_MAX_TO_SLACK: u64 = 32;
/// Milliseconds for which the log does not repeat that messages are deleted.
pub const HISTORY_TRIM_TOLD_MS: i64 = 60 * 60 * 1_000;
/// Messages that are read at once before they are deleted.
pub const TRIM_ROWS: i64 = 32;
/// Time between two merges of the part of the index from which expired messages are deleted: a
/// merge writes some megabytes, and a part loses messages all the time.
pub const TRIM_MERGE_PAUSE_MS: i64 = 60 * 60 * 1_000;
/// Conversations without a message, and keys of deleted messages, forgotten in one slice.
pub const TRIM_SIDE_ROWS: i64 = 200;
/// Free pages that are given back to the disk between two looks at the clock.
pub const HISTORY_VACUUM_PAGES: i64 = 64;
/// Free pages that the file keeps for the next messages.
pub const HISTORY_VACUUM_PAGES_KEPT: i64 = 1_000;

// The index of words is made of parts: each is small enough to be merged, or dropped, in one slice.

/// Messages of one part of the index. A million messages have some 30 parts, and a search for a
/// rare word takes 0.1 ms in each.
pub const INDEX_PART_MESSAGES: i64 = 32_768;
/// Bytes of text in one part of the index. It has about as many bytes of pages, and freeing them
/// takes 10 ms.
pub const INDEX_PART_BYTES: i64 = 1_500_000;
/// Pages that one step of merging writes, unless one word has more: about 1 ms.
pub const INDEX_MERGE_PAGES: i64 = 16;
/// Rows of FTS5 that are deleted between two looks at the clock while a part is dropped; each is a
/// page.
pub const INDEX_DROP_ROWS: i64 = 16;
/// FTS5 recognises a part by the rows up to this one: its averages and its structure.
pub const INDEX_HEAD_ROWS: i64 = 10;
/// Segments of one size that are merged into one: FTS5's default.
pub const INDEX_MERGE_SEGMENTS: i64 = 4;
/// Segments of one size at which FTS5 merges them on its own, in the middle of an insert: the
/// highest value that it accepts, because the steps of merging keep the number of segments low.
pub const INDEX_CRISIS_SEGMENTS: i64 = 1_999;
/// Unindexed messages that are counted for monitoring; this takes some milliseconds.
pub const UNINDEXED_COUNTED_MAX: i64 = 100_000;
/// Niceness of a process that copies the history, for a backup or an export: the lowest priority
/// there is, so that people at a server on the same machine do not wait for it.
pub const COPY_NICENESS: i32 = 19;

// Bans.

/// Time after which the server checks again for new bans.
pub const BANS_LOOK_MS: u64 = 1_000;
/// Longest reason for a ban in bytes.
pub const BAN_WHY_BYTES_MAX: usize = 200;
/// Bans that a node takes from others: each newcomer is compared with all.
pub const BANS_MAX: usize = 10_000;
/// Time for which a guest who has gone can be banned by their name.
pub const GONE_GUEST_MS: u64 = 60 * 60 * 1000;
/// Guests who can be banned so, and those of one address.
pub const GONE_GUESTS_MAX: usize = 1_000;
/// See [`GONE_GUESTS_MAX`].
pub const GONE_GUESTS_OF_ADDRESS_MAX: usize = 16;
/// Milliseconds for which it is remembered that a ban was lifted: a Redis that comes back with data
/// from before that does not bring the ban back.
pub const BANS_LIFTED_MS: u64 = 30 * 24 * 3_600_000;
/// Lifted bans that are remembered.
pub const BANS_LIFTED_MAX: i64 = 10_000;
/// Bans that are told to other nodes at once.
pub const ORDERS_TOLD_AT_ONCE: i64 = 100;
/// Purges of other nodes that wait to be done in a file: one for each room that is likely to exist.
pub const PURGE_ORDERS_MAX: i64 = 10_000;
