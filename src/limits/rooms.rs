//! Limits of rooms with rules of their own.

/// Rooms with rules: private ones, and those in which only owners say something.
pub const ROOM_RULES_MAX: usize = 1_000;
/// People who are invited to one private room.
pub const ROOM_INVITED_MAX: usize = 500;
