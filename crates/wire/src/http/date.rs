//! The date of a response (RFC 9110 §5.6.7 and §6.6.1).

use std::time::{Duration, UNIX_EPOCH};

/// A time in milliseconds since 1970 in the form of the `Date` field, `Sun, 06 Nov 1994 08:49:37
/// GMT`. `None` for times that no clock shows: 0, and those beyond the year 9999.
pub(super) fn date(unix_ms: u64) -> Option<String> {
    const MS_MAX: u64 = 253_402_300_799_999;
    if unix_ms == 0 || unix_ms > MS_MAX {
        return None;
    }
    Some(httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(unix_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_standard_has_them() {
        for (unix_ms, expected) in [
            (784_111_777_000, Some("Sun, 06 Nov 1994 08:49:37 GMT")),
            (1_709_164_800_999, Some("Thu, 29 Feb 2024 00:00:00 GMT")),
            (1, Some("Thu, 01 Jan 1970 00:00:00 GMT")),
            (253_402_300_799_999, Some("Fri, 31 Dec 9999 23:59:59 GMT")),
            (253_402_300_800_000, None),
            (u64::MAX, None),
            (0, None),
        ] {
            assert_eq!(date(unix_ms).as_deref(), expected);
        }
    }
}
