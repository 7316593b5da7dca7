//! The time that a turn may take, and its use by phase.

use crate::limits::{
    ACCEPT_US_MAX, DEADLINES_US_MAX, DISPATCH_US_MAX, GREEDY_SHARE_US_MAX, GREEDY_US_MAX,
    REAP_US_MAX, SHARE_US_MAX,
};
use std::fmt;
use std::time::Instant;

/// The measure of work.
#[derive(Debug)]
pub enum Meter {
    /// The clock.
    Clock(Instant),
    /// A count instead of a clock, for tests: each reading is `step_us` microseconds after the one
    /// before, regardless of the work in between. With 0 no work takes any time.
    Counted {
        /// The last reading, in microseconds.
        now_us: u64,
        /// Microseconds from one reading to the next.
        step_us: u64,
    },
    /// Readings from elsewhere, such as a record.
    Told(Readings),
}

/// The source of readings.
pub struct Readings(Box<dyn FnMut() -> u64>);

impl fmt::Debug for Readings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readings")
    }
}

impl Meter {
    /// Measures by the clock.
    pub fn clock() -> Self {
        Self::Clock(Instant::now())
    }

    /// Counts `step_us` microseconds for each reading.
    pub const fn counted(step_us: u64) -> Self {
        Self::Counted { now_us: 0, step_us }
    }

    /// Takes each reading from `read_us`, which must never decrease.
    pub fn told(read_us: impl FnMut() -> u64 + 'static) -> Self {
        Self::Told(Readings(Box::new(read_us)))
    }

    /// The next reading, in microseconds.
    pub fn read_us(&mut self) -> u64 {
        match self {
            Self::Clock(since) => u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX),
            Self::Counted { now_us, step_us } => {
                *now_us += *step_us;
                *now_us
            }
            Self::Told(Readings(read_us)) => read_us(),
        }
    }
}

/// A part of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Newcomers are admitted.
    Accept,
    /// Input is read and handled.
    Dispatch,
    /// Deadlines that are due fire.
    Deadlines,
    /// Gathered output goes to the outboxes, and to the history.
    Settle,
    /// Outboxes are written.
    Flush,
    /// Connections that have gone are released.
    Reap,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 6] =
        [Self::Accept, Self::Dispatch, Self::Deadlines, Self::Settle, Self::Flush, Self::Reap];

    /// The phase as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Dispatch => "dispatch",
            Self::Deadlines => "deadlines",
            Self::Settle => "settle",
            Self::Flush => "flush",
            Self::Reap => "reap",
        }
    }

    /// Microseconds after which it begins nothing more. Phases that must be done in one go have no
    /// limit.
    const fn us_max(self) -> u64 {
        match self {
            Self::Accept => ACCEPT_US_MAX,
            Self::Dispatch => DISPATCH_US_MAX,
            Self::Deadlines => DEADLINES_US_MAX,
            Self::Settle | Self::Flush => u64::MAX,
            Self::Reap => REAP_US_MAX,
        }
    }
}

/// The longest piece of work in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Longest {
    /// The phase in which it was done.
    pub phase: Phase,
    /// Its name.
    pub what: &'static str,
    /// Its length in microseconds.
    pub us: u64,
}

/// The time of one turn. Code that does one thing after another asks before each whether the time
/// is over, and reports each when it is done: nothing is broken off in the middle.
#[derive(Debug)]
pub struct Budget {
    meter: Meter,
    phase: Phase,
    /// The reading at which the phase is over.
    until_us: u64,
    /// The reading at which the share of one client in it is over.
    share_until_us: u64,
    /// Whether the time has not been asked for since this phase, or the share, began.
    is_first: bool,
    is_fresh: bool,
    /// The reading up to which work has been reported.
    counted_us: u64,
    /// When the phase began, and the time of each phase in this turn so far.
    began_us: u64,
    taken_us: [u64; Phase::ALL.len()],
    longest: Longest,
}

impl Budget {
    /// A budget whose time `meter` measures.
    pub fn new(mut meter: Meter) -> Self {
        let counted_us = meter.read_us();
        let (phase, until_us) = (Phase::Accept, u64::MAX);
        let (began_us, taken_us) = (counted_us, [0; Phase::ALL.len()]);
        let longest = Longest { phase, what: "nothing", us: 0 };
        Self {
            meter,
            phase,
            until_us,
            share_until_us: until_us,
            is_first: true,
            is_fresh: true,
            counted_us,
            began_us,
            taken_us,
            longest,
        }
    }

    /// Begins a phase; the first one begins the turn.
    pub fn begin(&mut self, phase: Phase) {
        let now_us = self.end();
        if phase == Phase::Accept {
            self.taken_us = [0; Phase::ALL.len()];
            self.longest = Longest { phase, what: "nothing", us: 0 };
        }
        (self.phase, self.counted_us, self.is_first) = (phase, now_us, true);
        self.until_us = now_us.saturating_add(phase.us_max());
        self.share_until_us = self.until_us;
    }

    /// Begins the time of the greedy clients in this phase. They get some even if everybody else's
    /// time is over.
    pub fn begin_greedy(&mut self) {
        self.is_first = true;
        self.until_us = self.meter.read_us().saturating_add(GREEDY_US_MAX);
    }

    /// Begins the share of one client, because others wait too.
    pub fn begin_share(&mut self, is_greedy: bool) {
        let share_us = if is_greedy { GREEDY_SHARE_US_MAX } else { SHARE_US_MAX };
        let share_until_us = self.meter.read_us().saturating_add(share_us);
        self.share_until_us = share_until_us.min(self.until_us);
        self.is_fresh = true;
    }

    /// Ends the last phase; returns the reading.
    pub fn end(&mut self) -> u64 {
        let now_us = self.meter.read_us();
        self.taken_us[self.phase as usize] += now_us - self.began_us;
        self.began_us = now_us;
        now_us
    }

    /// Microseconds of each phase of the turn, from its beginning to its end.
    pub fn taken(&self) -> impl Iterator<Item = (Phase, u64)> {
        Phase::ALL.into_iter().zip(self.taken_us)
    }

    /// Whether the time of this phase is over, so that the rest must wait for the next turn. Never
    /// at the first question, so that something is done in each turn.
    pub fn is_over(&mut self) -> bool {
        let is_over = self.meter.read_us() >= self.until_us;
        !std::mem::take(&mut self.is_first) && is_over
    }

    /// Whether the client's share, or the phase's time, is over. Never at the first question, so
    /// that every client with a share makes progress.
    pub fn is_share_over(&mut self) -> bool {
        !std::mem::take(&mut self.is_fresh) && self.meter.read_us() >= self.share_until_us
    }

    /// Reports a piece of work; returns its length in microseconds.
    pub fn done(&mut self, what: &'static str) -> u64 {
        let now_us = self.meter.read_us();
        let us = now_us - self.counted_us;
        self.counted_us = now_us;
        if us > self.longest.us {
            self.longest = Longest { phase: self.phase, what, us };
        }
        us
    }

    /// The longest piece of work since the turn began.
    pub const fn longest(&self) -> Longest {
        self.longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_ends_with_its_time_and_the_longest_is_known() {
        let mut budget = Budget::new(Meter::counted(1_000));
        budget.begin(Phase::Accept);
        budget.begin(Phase::Dispatch);
        let mut done = 0;
        while !budget.is_over() {
            assert_eq!(budget.done("a line"), 2_000);
            done += 1;
        }
        assert_eq!(done, DISPATCH_US_MAX / 2_000);
        budget.begin(Phase::Reap);
        budget.begin_greedy();
        // However little time there is, something is done.
        assert!(GREEDY_US_MAX <= 1_000 && !budget.is_over() && budget.is_over());
        budget.begin(Phase::Flush);
        assert!(!budget.is_over());
        let longest = Longest { phase: Phase::Dispatch, what: "a line", us: 2_000 };
        assert_eq!(budget.longest(), longest);
        let mut still = Budget::new(Meter::counted(0));
        still.begin(Phase::Dispatch);
        assert!((0..100_000).all(|_| !still.is_over()));
    }
}
