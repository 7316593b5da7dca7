//! The numbers of a search in the history.

/// Words of one search, between spaces and punctuation.
pub const SEARCH_PHRASES_MAX: usize = 10;
/// Words of one search, where each sign of Chinese and the like is one.
pub const SEARCH_WORDS_MAX: usize = 20;
/// Seconds after which a search looks no further, in the index and in what is not indexed yet.
pub const SEARCH_SECONDS_MAX: f64 = 0.008;
/// Part of that time in which a search looks at what is not indexed yet, so that some is left for
/// the index.
pub const SEARCH_UNINDEXED: f64 = 0.5;
/// Looks at the clock before which a search is not cut: 3 ms at the most.
pub const SEARCH_LOOKS_MIN: u64 = 32;
