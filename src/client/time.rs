//! Time as the client's model sees it: an argument.

/// A time in milliseconds that never comes.
pub(crate) const NEVER_MS: u64 = u64::MAX;

/// The time at which something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Now {
    /// Milliseconds of a clock that only goes forward; what deadlines are measured by.
    pub(crate) ms: u64,
    /// Milliseconds since 1970 (UTC); what people are shown. May jump.
    pub(crate) unix_ms: u64,
}
