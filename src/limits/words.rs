//! Limits of corrections, deletions and reactions.

/// Milliseconds for which people may correct or take back what they have said: a day.
pub const OWN_WORDS_MS: i64 = 24 * 60 * 60 * 1000;
/// Corrections of one message: each is told to everybody in the room.
pub const EDITS_PER_MESSAGE_MAX: u32 = 20;
/// Bytes of the former texts of one message that are kept for moderators; the oldest go first.
pub const FORMER_BYTES_MAX: usize = 64 * 1024;
/// Longest reaction in bytes: the longest emoji of Unicode, a family in colours, has fewer.
pub const EMOJI_BYTES_MAX: usize = 40;
/// Reactions of one person to one message.
pub const REACTIONS_PER_PERSON_MAX: usize = 6;
/// Reactions to one message by all people: some 12 KB of the file.
pub const REACTIONS_PER_MESSAGE_MAX: usize = 200;
/// Different reactions to one message: more would not fit below it.
pub const REACTION_KINDS_MAX: usize = 20;
/// People who are named with one reaction; the rest are counted.
pub const REACTORS_NAMED_MAX: usize = 10;
/// Changes of messages that the file remembers, so that people who were away learn of them.
pub const CHANGES_KEPT_MAX: i64 = 10_000;
/// Changes of earlier messages that a person who comes back is told, in all their rooms and
/// conversations: each is looked up.
pub const CHANGES_TOLD_MAX: usize = 500;
/// Bytes of changes that wait in memory while the file cannot be written.
pub const CHANGES_WAITING_BYTES_MAX: usize = 1024 * 1024;
/// Messages of a room among which `/delete NAME` and `/former NAME` look for one of this person.
pub const DELETE_LOOK_MESSAGES: usize = 100;
/// Messages among which `/react` looks for the last one of somebody else.
pub const REACT_LOOK_MESSAGES: usize = 20;
/// Time between two times that the traces of deleted messages are erased in the file: all of it is
/// read for that. A time that has left something to be erased is followed by another one after as
/// long as it took, or after this.
pub const ERASE_PAUSE_MS: u64 = 10 * 60 * 1000;
/// Rooms whose messages are erased at one time.
pub const ERASE_ROOMS_MAX: usize = 100;
/// Rooms whose oldest messages are looked up at once, each second.
pub const ERASE_ROOMS_PER_LOOK: usize = 64;
/// Time between two such looks while nobody has come to the server yet.
pub const ERASE_NEXT_ROOMS_MS: u64 = 1_000;
/// Milliseconds by which the wall clock may be ahead of the time that has passed since the last
/// look, and old messages are erased by it all the same.
pub const ERASE_CLOCK_LEAP_MS: i64 = 60_000;
/// Time for which a clock that has leapt must go on, before old messages are erased by it.
pub const ERASE_CLOCK_SURE_MS: u64 = 60 * 60 * 1000;
/// Age of the newest message, in milliseconds, beyond which a clock counts as one that has leapt
/// when a server starts.
pub const ERASE_CLOCK_GAP_MS: i64 = 2 * 24 * 60 * 60 * 1000;
/// Time between two looks at all rooms, and at the age of the oldest message, before anybody has
/// come to the server.
pub const IDLE_LOOK_MS: u64 = 10 * 60 * 1000;
