//! Limits of the way in from other threads.

/// Functions from other threads that may wait for the loop. A worker that is faster than the loop
/// is told so, and nothing grows.
pub const CALLS_MAX: usize = 1024;
/// Functions of these that are run before the budget of the turn is looked at.
pub const CALLS_AT_ONCE_MAX: usize = 64;

const _: () = assert!(CALLS_AT_ONCE_MAX < CALLS_MAX);
