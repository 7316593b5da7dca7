//! The numbers of text that is shown.

/// Characters of a message from another door that one line shows.
pub const SHOWN_CHARS_MAX: usize = 4096;
/// Characters of a sentence that refuses something.
pub const REFUSAL_CHARS_MAX: usize = 200;
/// Combining marks in a row that are shown; more would paint over the neighbours.
pub const COMBINING_MARKS_MAX: usize = 8;
/// Columns of blanks in a row that a line shows: words and tables stay apart, and no row of a
/// terminal can be filled without something to be seen in it.
pub const BLANK_COLUMNS_MAX: usize = 8;
/// The same at the beginning of what somebody says: code six levels deep. Behind a time and the
/// longest name it still ends in the first of two rows of 80 columns.
pub const INDENT_COLUMNS_MAX: usize = 24;
/// Spaces that stand for a tab.
pub const TAB_SPACES: usize = 4;
