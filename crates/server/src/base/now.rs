//! The time, which pure code gets as an argument.

/// A time in milliseconds that never comes.
pub const NEVER_MS: u64 = u64::MAX;

/// The time at the start of a turn. `net` reads it from the clock; a test counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds of a clock that only goes forward, for deadlines.
    pub ms: u64,
    /// Milliseconds since 1970 (UTC), as shown to people. May jump.
    pub unix_ms: u64,
}
