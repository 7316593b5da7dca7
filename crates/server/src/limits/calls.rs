//! Limits of the way in from other threads.

/// Functions from other threads that may wait for the loop. A worker that is faster than the loop
/// is told so, and nothing grows.
pub const CALLS_MAX: usize = 1024;
/// Functions of these that are run in one turn before its budget is looked at.
pub const CALLS_PER_TURN_MAX: usize = 64;

const _: () = assert!(CALLS_PER_TURN_MAX < CALLS_MAX);
