//! Time as the pure floors see it: an argument.

/// A time in milliseconds that never comes.
pub const NEVER_MS: u64 = u64::MAX;

/// The time at the start of a turn. `net` reads it; a test counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds of a clock that only goes forward; what deadlines are measured by.
    pub ms: u64,
    /// Milliseconds since 1970 (UTC); what people are shown. May jump.
    pub unix_ms: u64,
}
