//! Limits of names, and of people who have names.

/// Longest nick in characters.
pub const NICK_CHARS_MAX: usize = 24;
/// Characters that may be added to a nick, `~2` for example, if a client cannot choose.
pub const NICK_NUMBER_CHARS_MAX: usize = 4;
/// The first number that is not used for that.
pub const NICK_NUMBERS_MAX: u32 = 1000;
/// Longest room name in characters, without `#`.
pub const ROOM_CHARS_MAX: usize = 32;
/// Bytes of one character of a name, in any form: a Greek vowel with three accents after it has 8,
/// a Korean syllable written letter by letter 9.
pub const NAME_CHAR_BYTES_MAX: usize = 12;
/// Marks in a row on a letter of a name: Burmese needs this many, and UTS 39 allows them.
pub const NAME_MARKS_MAX: usize = 4;
/// Devices with which one person is here at a time: two computers and a phone with some windows
/// each, and connections that have broken without the server's knowledge yet.
pub const DEVICES_HERE_MAX: usize = 16;
/// Time for which the nick of a person who has gone is held for their return.
pub const NICK_HELD_MS: u64 = 120_000;
/// Names held at a time: everyone in a full server may go and come back. Beyond that the name held
/// longest is freed.
pub const NAMES_HELD_MAX: usize = 20_000;
/// Names held for one person: a slip of the pen, the right name, and second thoughts. More would
/// let one person keep a store of names from others.
pub const NAMES_HELD_PER_PERSON_MAX: usize = 3;
/// People that one person may ignore; the list fits in one answer.
pub const IGNORED_MAX: usize = 50;
/// Marks by which one of them is known to another server: an id and the keys of a nick.
pub const IGNORED_MARKS_MAX: usize = 8;
/// Bytes of such a mark.
pub const IGNORED_MARK_BYTES_MAX: usize = 256;
/// Places of one person of which it is known how far they have read. Of more, those that were read
/// least lately are forgotten.
pub const READ_PLACES_MAX: usize = 100;
/// People whose positions are written to the file at once, each second.
pub const READS_WRITTEN_AT_ONCE: usize = 100;
/// People with whom one person at the line door has talked in private, and whom `/msg` tells apart
/// from others with the same name: more than anyone talks with at a time.
pub const PRIVATE_PEOPLE_KNOWN_MAX: usize = 16;
/// People who have gone and whose lists are kept for their return; beyond that the list of the
/// first to go is forgotten. All lists together take 10 MB at most.
pub const IGNORERS_AWAY_MAX: usize = 1_000;
