//! Times as people read them: to the minute, in UTC.

use std::fmt;
use time::OffsetDateTime;

/// A time in Unix milliseconds, shown as `2026-11-20 09:12`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Minute(pub(super) i64);

/// The time of a day, in Unix milliseconds, shown as `09:12`.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayTime(pub(super) i64);

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.div_euclid(60_000);
        let (hour, minute) = (minutes.div_euclid(60).rem_euclid(24), minutes.rem_euclid(60));
        write!(f, "{hour:02}:{minute:02}")
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = OffsetDateTime::from_unix_timestamp(self.0 / 1000);
        let when = when.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = (when.year(), u8::from(when.month()), when.day());
        write!(f, "{year}-{month:02}-{day:02} {:02}:{:02}", when.hour(), when.minute())
    }
}
