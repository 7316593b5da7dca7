//! The numbers of the history and its file.

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
/// Bytes written to the disk for each that is said, its log and its index included; about.
pub const HISTORY_WRITTEN_TO_SAID: usize = 3;
/// Time after which writing is tried again.
pub const HISTORY_RETRY_MS: u64 = 1_000;
/// Time after which it is looked again whether the file is where it was.
pub const HISTORY_LOOK_MS: u64 = 1_000;
/// Time after which what is where the file was is tried again if it cannot be used: it is doubled
/// each time. What is there only changes when somebody does something about it, and is then tried
/// at once.
pub const HISTORY_AGAIN_MS: u64 = 1_000;
/// The longest of these times. A try takes a slice of the loop, or waits for [`HISTORY_BUSY_MS`].
pub const HISTORY_AGAIN_MS_MAX: u64 = 60_000;
/// Time for which another program that holds the file is waited for before people are told.
pub const HISTORY_GRACE_MS: u64 = 2_000;
/// Time after which writing is tried again within it: a try holds the loop for [`HISTORY_BUSY_MS`].
pub const HISTORY_BUSY_RETRY_MS: u64 = 250;
/// Pause between two slices of indexing while people talk.
pub const HISTORY_TIDY_MS: u64 = 50;
/// Pause between two slices while nobody does.
pub const HISTORY_TIDY_IDLE_MS: u64 = 10;
/// Time without a word after which it is quiet.
pub const HISTORY_QUIET_MS: u64 = 3_000;
/// Time after which it is looked again whether it is quiet.
pub const HISTORY_QUIET_LOOK_MS: u64 = 1_000;
/// Bytes of a page of the file: SQLite's default.
pub const HISTORY_PAGE_BYTES: i64 = 4096;
/// Pages of log that are brought into the file at once: 4 MiB, which takes some 5 ms and the disk's
/// time.
pub const HISTORY_LOG_PAGES: i64 = 1_000;
/// Pages of log that somebody who reads has kept from being brought in, after which it is said, and
/// left for a quiet moment: 16 MiB.
pub const HISTORY_LOG_PAGES_TOLD: i64 = 4_000;
/// Pages of log that are brought in though it is not quiet: 256 MiB, which takes about a second.
pub const HISTORY_LOG_PAGES_MAX: i64 = 64_000;
/// Bytes to which the log is cut as it begins anew.
pub const HISTORY_LOG_BYTES_KEPT: i64 = 2 * HISTORY_LOG_PAGES * HISTORY_PAGE_BYTES;
/// Time for which a write waits for whoever holds the file.
pub const HISTORY_BUSY_MS: u64 = 20;
/// Seconds in which a file is looked through when a server begins with it: some 100 MB. Of a larger
/// one, the first part is.
pub const HISTORY_CHECK_SECONDS: f64 = 1.0;
/// Looks at the clock in that time at least, should the machine be busy.
pub const HISTORY_CHECK_LOOKS: u64 = 1_000;
/// The same where a server that runs opens a file anew: a slice of the loop, and some 1,000 pages
/// in any case.
pub const HISTORY_CHECK_LOOKS_RUNNING: u64 = 16;
/// Stamps of a file that a log may bring: its own, the next, and one more where somebody read while
/// the log was begun anew.
pub const HISTORY_STAMPS_MAX: usize = 3;
/// Tries of a server that starts for the lock of its file: a command that looks whether a server
/// uses the file holds it for some microseconds.
pub const HISTORY_LOCK_TRIES: u32 = 6;
/// Time between two of them.
pub const HISTORY_LOCK_RETRY_MS: u64 = 10;
/// Statements kept ready: those of all that is asked, and of searches in some sixty parts of the
/// index.
pub const HISTORY_STATEMENTS: usize = 100;
/// Time for which an export or a purge waits for the server to be done with the file.
pub const EXPORT_BUSY_MS: u64 = 5_000;

// Numbers of messages: they are exact in JavaScript, up to 2^53.

/// Numbers for each millisecond of the clock at which a server begins to count: more than it can
/// give in that time, so that the next one begins above them.
pub const HISTORY_NUMBERS_PER_MS: i64 = 1024;
/// A clock beyond this is not believed, which is that of the year 2109: half of all numbers are
/// left to count on from.
pub const HISTORY_NUMBER_CLOCK_MAX: i64 = 1 << 52;
/// Numbers that are passed over where the clock says less than the file: more than are given, and
/// lost, before a disk that is full has been seen to. There is room for sixteen million times.
pub const HISTORY_NUMBERS_JUMP: i64 = 1 << 28;
/// Starts of servers that a file remembers.
pub const HISTORY_STARTS_MAX: usize = 256;

// Slices: what is done besides, a little at a time.

/// Seconds of a slice while people talk.
pub const HISTORY_SLICE_SECONDS: f64 = 0.002;
/// Seconds of a slice while nobody does: what it has begun by then takes as long again at most.
pub const HISTORY_SLICE_SECONDS_IDLE: f64 = 0.005;
/// Part of a slice in which words are given to the index: writing them takes as long again.
pub const HISTORY_SLICE_INDEXING: f64 = 0.4;
/// Messages whose words are indexed in one slice at most.
pub const HISTORY_INDEX_ROWS: i64 = 1_000;
/// Steps of SQLite's machine between two looks at the clock. A look takes 30 ns, so many steps
/// about 1 µs, or as many pages of the index as are read in 0.1 ms.
pub const HISTORY_STEPS_PER_LOOK: i32 = 64;
/// Looks at the clock in one query that is no search. Each is bounded by a count besides, and the
/// largest takes a thirtieth of this; it is 50 ms, for one that somebody has prepared.
pub const HISTORY_LOOKS_MAX: u64 = 20_000;

// How much is kept.

/// Bytes of the file. Default of `--history-max`.
pub const HISTORY_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Smallest value that `--history-max` takes: one part of the index, people and topics still fit.
pub const HISTORY_BYTES_MAX_LOWEST: u64 = 1024 * 1024;
/// The part of it by which the file is made smaller when it is too large.
pub const HISTORY_MAX_TO_SLACK: u64 = 32;
/// Milliseconds for which the log does not say again that messages are deleted.
pub const HISTORY_TRIM_TOLD_MS: i64 = 60 * 60 * 1_000;
/// Messages that are read at once to be deleted.
pub const TRIM_ROWS: i64 = 32;
/// Time between two merges of the part of the index from which messages are deleted that are older
/// than they may be: it writes some megabytes, and a part loses messages all the time.
pub const TRIM_MERGE_PAUSE_MS: i64 = 60 * 60 * 1_000;
/// Conversations without a message, and keys of messages that are gone, forgotten in one slice.
pub const TRIM_SIDE_ROWS: i64 = 200;
/// Free pages that are given back to the disk between two looks at the clock.
pub const HISTORY_VACUUM_PAGES: i64 = 64;
/// Free pages that the file keeps for what is said next.
pub const HISTORY_VACUUM_PAGES_KEPT: i64 = 1_000;

// The index of words, which is made of parts: each is small enough to be merged, or thrown away, in
// one slice.

/// Messages of one part of the index. A million messages are in some 30, and each takes a search
/// 0.1 ms for a rare word.
pub const INDEX_PART_MESSAGES: i64 = 32_768;
/// Bytes of text in one part of the index: its pages are about as many, and to free them takes
/// 10 ms.
pub const INDEX_PART_BYTES: i64 = 1_500_000;
/// Pages that one step of merging writes, unless one word has more: about 1 ms.
pub const INDEX_MERGE_PAGES: i64 = 16;
/// Rows of FTS5's that are deleted between two looks at the clock while a part is thrown away; each
/// is a page.
pub const INDEX_DROP_ROWS: i64 = 16;
/// The rows up to this one are by what FTS5 knows a part: its averages and its structure.
pub const INDEX_HEAD_ROWS: i64 = 10;
/// Segments of one size that are merged into one: FTS5's default.
pub const INDEX_MERGE_SEGMENTS: i64 = 4;
/// Segments of one size at which FTS5 merges them on its own, in the middle of some insert: the
/// most it takes, for the steps of merging keep them few.
pub const INDEX_CRISIS_SEGMENTS: i64 = 1_999;
/// Messages whose words are not indexed that are counted for a monitor: in some milliseconds.
pub const UNINDEXED_COUNTED_MAX: i64 = 100_000;
/// Niceness of a process that copies the history, a backup or an export: the lowest priority that
/// there is, so that people at a server on the same machine do not wait for it.
pub const COPY_NICENESS: i32 = 19;

// Bans.

/// Time after which it is looked again whether somebody has been banned.
pub const BANS_LOOK_MS: u64 = 1_000;
/// Longest reason for a ban in bytes.
pub const BAN_WHY_BYTES_MAX: usize = 200;
