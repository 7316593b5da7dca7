//! Times as people read them: to the minute, in UTC.

use std::fmt;
use time::{OffsetDateTime, PrimitiveDateTime};

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
        // A time beyond all dates is not shown as one that is over.
        let last = if self.0 < 0 { PrimitiveDateTime::MIN } else { PrimitiveDateTime::MAX };
        let when = when.unwrap_or(last.assume_utc());
        let (year, month, day) = (when.year(), u8::from(when.month()), when.day());
        write!(f, "{year}-{month:02}-{day:02} {:02}:{:02}", when.hour(), when.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::Minute;

    #[test]
    fn a_time_beyond_all_dates_is_not_shown_as_long_ago() {
        assert_eq!(Minute(1_795_000_000_000).to_string(), "2026-11-18 11:06");
        assert_eq!(Minute(i64::MAX).to_string(), "9999-12-31 23:59");
        assert_eq!(Minute(0).to_string(), "1970-01-01 00:00");
    }
}
