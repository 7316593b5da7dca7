//! Limits of rooms with rules of their own.

/// Rooms with rules: private ones, and those in which only owners say something.
pub const ROOM_RULES_MAX: usize = 1_000;
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
