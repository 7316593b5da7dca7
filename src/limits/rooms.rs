//! Limits of rooms with rules of their own.

/// Rooms with rules: private ones, and those in which only owners say something. Rooms of which
/// only the deletion is known do not count.
pub const ROOM_RULES_MAX: usize = 10_000;
/// Of these, places that are left for people who keep order in the chat.
pub const ROOM_RULES_OF_KEEPERS: usize = 1_000;
/// Rooms with rules and deleted rooms in all. An owner's deleted room counts as owned.
pub const ROOM_RULES_KEPT_MAX: usize = 3 * ROOM_RULES_MAX;
/// Of these, rooms for which the same person made the first rule, if they do not keep order in the
/// chat. Giving a room away makes no place for another.
pub const ROOM_RULES_OF_ONE_MAX: usize = 20;
/// People who are invited to one private room.
pub const ROOM_INVITED_MAX: usize = 500;
/// Days for which an owner can have the messages of a room kept, before they are erased.
pub const ROOM_KEEP_DAYS_MAX: u32 = 3_650;
/// A message may be this much older before it is erased: a room is purged at most once an hour.
pub const ROOM_KEEP_SLACK_MS: i64 = 60 * 60 * 1000;
/// Time for which the name of a deleted room is its owners' alone.
pub const ROOM_GONE_MS: i64 = 30 * 24 * 60 * 60 * 1000;
