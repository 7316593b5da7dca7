//! The numbers of text that is shown.

/// Characters of a message from another door that one line shows.
pub const SHOWN_CHARS_MAX: usize = 4096;
/// Characters of a sentence that refuses something.
pub const REFUSAL_CHARS_MAX: usize = 200;
