//! Limits of a search in the history.

/// Words of one search, between spaces and punctuation.
pub const SEARCH_PHRASES_MAX: usize = 10;
/// Words of one search; in Chinese and similar scripts each sign counts as one.
pub const SEARCH_WORDS_MAX: usize = 20;
/// Seconds after which a search ends, in the index and in unindexed messages.
pub const SEARCH_SECONDS_MAX: f64 = 0.008;
/// Part of that time for unindexed messages, so that some is left for the index.
pub const SEARCH_UNINDEXED: f64 = 0.5;
/// Looks at the clock before which a search is not cut: 3 ms at the most.
pub const SEARCH_LOOKS_MIN: u64 = 32;
/// Looks at the clock before which a search is not cut while searching has used up its part of the
/// loop's time.
pub const SEARCH_LOOKS_MIN_WHEN_BUSY: u64 = 4;
/// Microseconds of each second that all searches may take together.
pub const SEARCH_US_PER_S: u64 = 100_000;
/// Microseconds that they may take at once.
pub const SEARCH_US_BURST: u64 = 40_000;
/// Seconds for a search when that is used up. It finds common words, and says that it has not
/// searched everything. Even if many people search at the same moment, each of the others waits
/// only a little.
pub const SEARCH_SECONDS_WHEN_BUSY: f64 = 0.000_5;
const _: () = assert!(SEARCH_SECONDS_WHEN_BUSY < SEARCH_SECONDS_MAX);
