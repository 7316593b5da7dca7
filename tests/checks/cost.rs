//! The cost that handling an input may have.

use std::time::{Duration, Instant};

/// The longest time for any input, which has at most a megabyte: other clients do not notice so
/// short a pause.
const HANDLED: Duration = Duration::from_millis(20);
/// Factor for builds that check overflows, and for sanitizers.
const CHECKED: u32 = if cfg!(debug_assertions) { 10 } else { 1 };
/// Attempts for work that seems too slow, because other programs may keep the machine busy.
const ATTEMPTS: u32 = 4;
/// Factor for work that cannot be repeated.
const ONCE: u32 = 10;

/// Does some work, in time.
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

/// Does some work that cannot be repeated, in time.
pub(super) fn bounded_once<T>(handle: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = handle();
    let took = start.elapsed();
    assert!(took <= HANDLED * CHECKED * ONCE, "it took {took:?}");
    done
}
