//! The numbers of names, and of those who bear them.

/// Longest nick in characters.
pub const NICK_CHARS_MAX: usize = 24;
/// Characters that a nick may get behind it, `~2` for example, where a client cannot choose.
pub const NICK_NUMBER_CHARS_MAX: usize = 4;
/// The first number that it does not get.
pub const NICK_NUMBERS_MAX: u32 = 1000;
/// Longest room name in characters, without `#`.
pub const ROOM_CHARS_MAX: usize = 32;
/// Bytes of one character of a name, however it is written: a Greek vowel with three accents behind
/// it has 8, a Korean syllable letter by letter 9.
pub const NAME_CHAR_BYTES_MAX: usize = 12;
/// Marks in a row that a letter of a name may carry: Burmese needs as many, and UTS 39 allows them.
pub const NAME_MARKS_MAX: usize = 4;
/// Time for which the nick of one who has gone is kept for their return.
pub const NICK_HELD_MS: u64 = 120_000;
/// Names that are kept at a time: everyone in a full server may go and come back. Then the one that
/// has been kept for longest is free.
pub const NAMES_HELD_MAX: usize = 20_000;
/// Names that are kept for one person: a slip of the pen, the right name, and second thoughts. More
/// would be a store of names that nobody else may have.
pub const NAMES_HELD_PER_PERSON_MAX: usize = 3;
/// People whom one may ignore; the list fits in one answer.
pub const IGNORED_MAX: usize = 50;
/// Of those with whom somebody at the line door has talked in private, the last so many are told
/// apart from others who take their names: more than one talks with at a time.
pub const PRIVATE_PEOPLE_KNOWN_MAX: usize = 16;
/// Those who have gone and whose lists are kept for their return; then that of the first to go is
/// forgotten. All lists together take 10 MB at most.
pub const IGNORERS_AWAY_MAX: usize = 1_000;
