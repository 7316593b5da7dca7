//! The time, which the model gets as an argument.

/// A time in milliseconds that never comes.
pub(crate) const NEVER_MS: u64 = u64::MAX;

/// The time at which something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Now {
    /// Milliseconds of a clock that only goes forward, for deadlines.
    pub(crate) ms: u64,
    /// Milliseconds since 1970 (UTC), as shown to people. May jump.
    pub(crate) unix_ms: u64,
}
