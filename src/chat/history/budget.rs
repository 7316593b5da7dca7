//! No query that is made for a client keeps the loop: each has its time, and is cut inside SQLite
//! when that is over.

use crate::limits::HISTORY_STEPS_PER_LOOK;
use crate::server::Stopwatch;
use rusqlite::{Connection, ErrorCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Cuts the queries of one connection.
#[derive(Debug)]
pub(super) struct Budget(Arc<Until>);

/// Until when a query may go on.
#[derive(Debug)]
struct Until {
    clock: Stopwatch,
    /// By the clock, in seconds, as bits; infinite while there is no bound.
    seconds: AtomicU64,
}

/// The time of one request. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Running {
    until: Arc<Until>,
    start: f64,
    allowed: f64,
}

impl Budget {
    /// Has SQLite ask every few steps whether it may go on. Reading a page of the index of words
    /// takes steps too.
    pub(super) fn of(connection: &mut Connection) -> rusqlite::Result<Self> {
        let seconds = AtomicU64::new(f64::INFINITY.to_bits());
        let until = Arc::new(Until { clock: Stopwatch::start(), seconds });
        let asked = until.clone();
        connection.progress_handler(HISTORY_STEPS_PER_LOOK, Some(move || asked.is_over()))?;
        Ok(Self(until))
    }

    /// From now on queries have so much time, all together. Only for reading: a write that is cut
    /// would be undone.
    pub(super) fn start(&self, allowed: f64) -> Running {
        let until = self.0.clone();
        let start = until.clock.seconds();
        until.seconds.store((start + allowed).to_bits(), Ordering::Relaxed);
        Running { until, start, allowed }
    }
}

impl Until {
    fn is_over(&self) -> bool {
        let seconds = f64::from_bits(self.seconds.load(Ordering::Relaxed));
        seconds.is_finite() && self.clock.seconds() > seconds
    }
}

impl Running {
    /// Whether the time is used.
    pub(super) fn is_over(&self) -> bool {
        self.seconds() > self.allowed
    }

    /// Seconds that are used.
    pub(super) fn seconds(&self) -> f64 {
        self.until.clock.seconds() - self.start
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.until.seconds.store(f64::INFINITY.to_bits(), Ordering::Relaxed);
    }
}

/// Whether a query was cut. What it had found until then is right.
pub(super) fn is_cut(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}
