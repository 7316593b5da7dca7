//! A client's query never holds up the loop: its time or its work is bounded, and SQLite cuts it
//! off beyond that.

use crate::limits::{HISTORY_LOOKS_MAX, HISTORY_STEPS_PER_LOOK};
use mio_socketio::Stopwatch;
use rusqlite::{Connection, ErrorCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Limits the queries of one connection.
#[derive(Debug)]
pub(super) struct Budget(Arc<Until>);

/// The bound of a query.
#[derive(Debug)]
struct Until {
    clock: Stopwatch,
    /// Whether the clock stands still.
    is_still: AtomicBool,
    /// The end by the clock, in seconds, as bits; infinite while there is no bound.
    seconds: AtomicU64,
    /// Least number of looks at the clock before a cut.
    asked_min: AtomicU64,
    /// Looks at the clock so far.
    asked: AtomicU64,
    /// Looks that SQLite may still make.
    looks: AtomicU64,
}

/// The time of one search. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Running {
    until: Arc<Until>,
    start: f64,
}

impl Budget {
    /// Lets SQLite ask every few steps whether it may go on. Reading a page of the index of words
    /// takes steps too.
    pub(super) fn of(connection: &mut Connection) -> rusqlite::Result<Self> {
        let (seconds, looks) = (f64::INFINITY.to_bits().into(), u64::MAX.into());
        let (clock, asked_min, asked) = (Stopwatch::start(), 0.into(), 0.into());
        let is_still = false.into();
        let until = Arc::new(Until { clock, is_still, seconds, asked_min, asked, looks });
        let asked = until.clone();
        connection.progress_handler(HISTORY_STEPS_PER_LOOK, Some(move || asked.is_over()))?;
        Ok(Self(until))
    }

    /// Stops the clock, so that no query is cut because a machine is busy.
    pub(super) fn stand_still(&self) {
        self.0.is_still.store(true, Relaxed);
    }

    /// Whether the clock stands still.
    pub(super) fn is_still(&self) -> bool {
        self.0.is_still.load(Relaxed)
    }

    /// From now on all queries together have `allowed` seconds; when these are over, the results so
    /// far are used. They may look at the clock `looks_min` times in any case. Only for reading: a
    /// write that is cut would be undone.
    pub(super) fn start(&self, allowed: f64, looks_min: u64) -> Running {
        let until = self.0.clone();
        let start = until.elapsed();
        until.asked_min.store(looks_min, Relaxed);
        until.asked.store(0, Relaxed);
        until.seconds.store((start + allowed).to_bits(), Relaxed);
        Running { until, start }
    }

    /// The next query fails if it does more work than any valid one. This counts work and not time,
    /// so that a busy machine makes no difference.
    pub(super) fn look_up<T>(
        &self,
        query: impl FnOnce() -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.0.looks.store(HISTORY_LOOKS_MAX, Relaxed);
        let found = query();
        self.0.looks.store(u64::MAX, Relaxed);
        found
    }
}

impl Until {
    /// Seconds since the clock began.
    fn elapsed(&self) -> f64 {
        if self.is_still.load(Relaxed) { 0.0 } else { self.clock.seconds() }
    }

    fn is_over(&self) -> bool {
        let left = self.looks.load(Relaxed).saturating_sub(1);
        self.looks.store(left, Relaxed);
        left == 0 || self.is_late()
    }

    /// Whether the time is over. A minimum is always done, so that a short search finds something
    /// even on a busy machine.
    fn is_late(&self) -> bool {
        let seconds = f64::from_bits(self.seconds.load(Relaxed));
        let asked = self.asked.fetch_add(1, Relaxed);
        let is_asked = asked >= self.asked_min.load(Relaxed);
        seconds.is_finite() && is_asked && self.elapsed() > seconds
    }
}

impl Running {
    /// Whether the time is used up.
    pub(super) fn is_over(&self) -> bool {
        self.until.is_late()
    }

    /// Seconds used.
    pub(super) fn seconds(&self) -> f64 {
        self.until.elapsed() - self.start
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.until.seconds.store(f64::INFINITY.to_bits(), Relaxed);
    }
}

/// Whether a query was cut. Its results up to then are right.
pub(super) fn is_cut(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_time_passes_no_query_is_cut() {
        let mut connection = Connection::open_in_memory().expect("memory");
        let budget = Budget::of(&mut connection).expect("a budget");
        let time = budget.start(0.0, 0);
        while !time.is_over() {}
        drop(time);
        budget.stand_still();
        let time = budget.start(0.0, 0);
        assert!(!time.is_over() && time.seconds() == 0.0);
    }
}
