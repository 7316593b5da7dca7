//! What it may cost to handle an input.

use std::time::{Duration, Instant};

/// The longest that any input is handled, and an input has at most a megabyte: nobody at another
/// door notices such a pause.
const HANDLED: Duration = Duration::from_millis(20);
/// Times as long where overflows and the like are checked, and sanitizers look on.
const CHECKED: u32 = if cfg!(debug_assertions) { 10 } else { 1 };
/// Times that something is done that seems to take too long: a machine may be busy with others.
const ATTEMPTS: u32 = 4;
/// Times as long for what cannot be done again.
const ONCE: u32 = 10;

/// Handles something, in time.
pub(super) fn bounded<T>(mut handle: impl FnMut() -> T) -> T {
    let mut attempts = 1;
    loop {
        let start = Instant::now();
        let done = handle();
        let took = start.elapsed();
        if took <= HANDLED * CHECKED {
            return done;
        }
        assert!(attempts < ATTEMPTS, "it took {took:?}, the {attempts}th time");
        attempts += 1;
    }
}

/// The same with what cannot be done again.
pub(super) fn bounded_once<T>(handle: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = handle();
    let took = start.elapsed();
    assert!(took <= HANDLED * CHECKED * ONCE, "it took {took:?}");
    done
}
