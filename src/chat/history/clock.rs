//! The time by which old messages are erased. A clock that is wrong for a moment must not erase
//! what nobody can bring back, so a leap of the wall clock counts only once it has lasted.

use super::History;
use super::reads::read;
use super::store::Store;
use crate::limits::{ERASE_CLOCK_GAP_MS, ERASE_CLOCK_LEAP_MS, ERASE_CLOCK_SURE_MS};
use mio_socketio::Now;
use rusqlite::OptionalExtension;

/// The wall clock, as far as it agrees with the time that has passed.
#[derive(Debug, Default)]
pub(super) struct SureClock {
    /// A moment: by the loop's clock, and in Unix milliseconds.
    known: Option<(u64, i64)>,
    leap: Option<Leap>,
}

/// The wall clock is ahead of the time that has passed.
#[derive(Debug, Clone, Copy)]
struct Leap {
    /// The time of the leap, by the loop's clock.
    since_ms: u64,
    by_ms: i64,
}

impl SureClock {
    /// The time that is sure, in Unix milliseconds: the wall clock's, unless it has leapt. At the
    /// start the newest message tells what time it was.
    fn now_ms(&mut self, now: Now, newest_ms: impl FnOnce() -> Option<i64>) -> i64 {
        let wall_ms = now.unix_ms.cast_signed();
        let (at_ms, known_ms) = *self.known.get_or_insert_with(|| {
            let is_near = |newest: &i64| wall_ms.saturating_sub(*newest) <= ERASE_CLOCK_GAP_MS;
            (now.ms, newest_ms().filter(|newest| !is_near(newest)).unwrap_or(wall_ms))
        });
        let passed_ms = i64::try_from(now.ms.saturating_sub(at_ms)).unwrap_or(i64::MAX);
        let sure_ms = known_ms.saturating_add(passed_ms);
        let by_ms = wall_ms.saturating_sub(sure_ms);
        if by_ms > ERASE_CLOCK_LEAP_MS && !self.lasts(now.ms, by_ms) {
            return sure_ms;
        }
        (self.known, self.leap) = (Some((now.ms, wall_ms)), None);
        wall_ms
    }

    /// Whether the wall clock has been ahead for so long that it must be right.
    fn lasts(&mut self, now_ms: u64, by_ms: i64) -> bool {
        let is_same =
            |leap: &Leap| leap.by_ms.saturating_sub(by_ms).saturating_abs() <= ERASE_CLOCK_LEAP_MS;
        let leap = self.leap.filter(is_same);
        if leap.is_none() {
            let wait_s = ERASE_CLOCK_SURE_MS / 1000;
            log::info!("the clock has leapt: old messages stay for now by_ms={by_ms} s={wait_s}");
        }
        let leap = leap.unwrap_or(Leap { since_ms: now_ms, by_ms });
        self.leap = Some(leap);
        now_ms.saturating_sub(leap.since_ms) >= ERASE_CLOCK_SURE_MS
    }
}

impl History {
    /// The time by which old messages are erased, in Unix milliseconds.
    pub(crate) fn erases_ms(&mut self, now: Now) -> i64 {
        let Self { sure_clock, store, .. } = self;
        sure_clock.now_ms(now, || read(store.as_ref().map(Store::newest)).flatten())
    }
}

impl Store {
    /// The time of the newest message.
    fn newest(&self) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT ts FROM message ORDER BY id DESC LIMIT 1";
        self.connection.query_row(sql, [], |row| row.get(0)).optional()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_763_629_920_000;
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    const SURE_MS: i64 = ERASE_CLOCK_SURE_MS.cast_signed();

    /// A clock that has begun, when the newest message was as old as this.
    fn begun(newest_age_ms: i64) -> SureClock {
        let mut clock = SureClock::default();
        let newest_ms = (newest_age_ms >= 0).then_some(START - newest_age_ms);
        let first = clock.now_ms(at(0, 0), || newest_ms);
        let is_near = newest_age_ms <= ERASE_CLOCK_GAP_MS;
        assert_eq!(first, if is_near { START } else { START - newest_age_ms });
        clock
    }

    /// Some milliseconds after the start, with a wall clock that is ahead.
    fn at(passed_ms: i64, ahead_ms: i64) -> Now {
        let unix_ms = (START + passed_ms + ahead_ms).cast_unsigned();
        Now { ms: 1_000 + passed_ms.cast_unsigned(), unix_ms }
    }

    /// The sure time since the start.
    fn sure(clock: &mut SureClock, passed_ms: i64, ahead_ms: i64) -> i64 {
        clock.now_ms(at(passed_ms, ahead_ms), || panic!("it is known")) - START
    }

    #[test]
    fn a_leap_counts_only_once_it_has_lasted() {
        let mut clock = begun(0);
        assert_eq!(sure(&mut clock, 1_000, 500), 1_500);
        // Some seconds with a wrong clock, and then the right one.
        assert_eq!(sure(&mut clock, 2_000, 100 * DAY_MS), 2_500);
        assert_eq!(sure(&mut clock, 7_000, 100 * DAY_MS), 7_500);
        assert_eq!(sure(&mut clock, 8_000, 0), 8_000);
        // The next leap has its own time.
        assert_eq!(sure(&mut clock, 9_000, DAY_MS), 9_000);
        assert_eq!(sure(&mut clock, 8_000 + SURE_MS, DAY_MS), 8_000 + SURE_MS);
        assert_eq!(sure(&mut clock, 8_500 + SURE_MS, 3 * DAY_MS), 8_500 + SURE_MS);
        assert_eq!(sure(&mut clock, 9_500 + SURE_MS, 3 * DAY_MS), 9_500 + SURE_MS);
        let right = 8_500 + 2 * SURE_MS;
        assert_eq!(sure(&mut clock, right, 3 * DAY_MS), right + 3 * DAY_MS);
        // A clock that goes back is believed, and time goes on from there.
        assert_eq!(sure(&mut clock, right + 1, -DAY_MS), right + 1 - DAY_MS);
        assert_eq!(sure(&mut clock, right + 2, 0), right + 2 - DAY_MS);
    }

    #[test]
    fn a_start_long_after_the_newest_message_may_be_one_with_a_wrong_clock() {
        assert_eq!(sure(&mut begun(-1), 5, 0), 5);
        assert_eq!(sure(&mut begun(ERASE_CLOCK_GAP_MS), 5, 0), 5);
        let mut clock = begun(3 * DAY_MS);
        assert_eq!(sure(&mut clock, 5, 0), 5 - 3 * DAY_MS);
        assert_eq!(sure(&mut clock, SURE_MS + 5, 0), SURE_MS + 5);
    }
}
