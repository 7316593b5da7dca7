//! Time, as nanoseconds since the generator started.

use std::time::{Duration, Instant};

/// A monotonic clock.
#[derive(Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// A clock which shows zero now.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time now.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        nanos(self.0.elapsed())
    }
}

/// A span as whole nanoseconds; 64 bits last for centuries.
pub(crate) const fn nanos(span: Duration) -> u64 {
    span.as_nanos() as u64
}

/// Nanoseconds as seconds.
pub(crate) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
