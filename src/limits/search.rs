//! The numbers of a search in the history.

/// Words of one search, between spaces and punctuation.
pub const SEARCH_PHRASES_MAX: usize = 10;
/// Words of one search, where each sign of Chinese and the like is one.
pub const SEARCH_WORDS_MAX: usize = 20;
/// Seconds after which a search looks no further, in the index and in what is not indexed yet.
pub const SEARCH_SECONDS_MAX: f64 = 0.008;
/// Messages, times the words that are looked for, that the index goes through in 2 ms at most.
pub const SEARCH_STEPS: i64 = 2_000;
/// Messages that are looked through at once where none of the words is rare: 16,384, in which the
/// index takes 0.2 ms for each word.
pub const SEARCH_BLOCK_BITS: u32 = 14;
/// Messages that are looked through at once without the index: 64, and long ones take 4 ms.
pub const SEARCH_SLICE_BITS: u32 = 6;
