//! Times as people read them.

use std::cell::Cell;
use time::{Month, OffsetDateTime, UtcOffset, Weekday};

/// Offsets from UTC change at a quarter of an hour at the earliest.
const QUARTER_MS: u64 = 15 * 60 * 1000;

/// The reader's time zone.
#[derive(Debug, Default)]
pub(super) struct Zone {
    /// The offset of the last quarter of an hour that was looked up.
    last: Cell<Option<(u64, UtcOffset)>>,
    is_utc: bool,
}

impl Zone {
    #[cfg(test)]
    pub(super) const fn utc() -> Self {
        Self { last: Cell::new(None), is_utc: true }
    }

    /// A time in milliseconds since 1970, in this zone; UTC if the zone is not known.
    pub(super) fn time(&self, ts: u64) -> OffsetDateTime {
        let seconds = i64::try_from(ts / 1000).unwrap_or_default();
        let utc = OffsetDateTime::from_unix_timestamp(seconds);
        let utc = utc.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let quarter = ts / QUARTER_MS;
        let offset = match self.last.get() {
            _ if self.is_utc => UtcOffset::UTC,
            Some((last, offset)) if last == quarter => offset,
            _ => UtcOffset::local_offset_at(utc).unwrap_or(UtcOffset::UTC),
        };
        self.last.set(Some((quarter, offset)));
        utc.checked_to_offset(offset).unwrap_or(utc)
    }

    /// `09:12`.
    pub(super) fn clock(&self, ts: u64) -> String {
        let time = self.time(ts);
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    /// `2026-11-20 09:12`.
    pub(super) fn full(&self, ts: u64) -> String {
        let time = self.time(ts);
        let month = u8::from(time.month());
        format!("{:04}-{month:02}-{:02} {}", time.year(), time.day(), self.clock(ts))
    }

    /// `Friday, 20 November 2026`.
    pub(super) fn day(&self, ts: u64) -> String {
        let time = self.time(ts);
        let (weekday, month): (Weekday, Month) = (time.weekday(), time.month());
        format!("{weekday}, {} {month} {}", time.day(), time.year())
    }

    /// Whether two times are on the same day.
    pub(super) fn is_same_day(&self, one: u64, other: u64) -> bool {
        self.time(one).date() == self.time(other).date()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let zone = Zone::utc();
        let ts = 1_795_165_920_000;
        assert_eq!(zone.clock(ts), "09:12");
        assert_eq!(zone.full(ts), "2026-11-20 09:12");
        assert_eq!(zone.day(ts), "Friday, 20 November 2026");
        assert!(zone.is_same_day(ts, ts + 14 * 3_600_000));
        assert!(!zone.is_same_day(ts, ts + 15 * 3_600_000));
        assert_eq!(zone.full(u64::MAX), zone.full(0));
    }
}
