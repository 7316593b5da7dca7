//! Limits of displayed text.

/// Characters of a message from another door that one line shows.
pub const SHOWN_CHARS_MAX: usize = 4096;
/// Characters of the sentence of a refusal.
pub const REFUSAL_CHARS_MAX: usize = 200;
