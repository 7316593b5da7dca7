//! Values of flags that are sizes, days and spans of time.

use mio_chat::limits::HISTORY_BYTES_MAX_LOWEST;
use std::str::FromStr;
use std::time::Duration;

/// Bytes: `500M`, `2G`, `1048576`; `none` and 0 are no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) Option<u64>);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(None));
        }
        let not_one = || format!("{text} is not a size; use 500M, 2G, 1048576 or none");
        let upper = text.to_ascii_uppercase();
        let number = upper.trim_end_matches('B').trim_end_matches('I');
        let (number, unit) = match number.as_bytes().last() {
            Some(b'K') => (number.strip_suffix('K'), 1_u64 << 10),
            Some(b'M') => (number.strip_suffix('M'), 1 << 20),
            Some(b'G') => (number.strip_suffix('G'), 1 << 30),
            Some(b'T') => (number.strip_suffix('T'), 1 << 40),
            _ => (Some(number), 1),
        };
        let number: u64 = number.and_then(|it| it.parse().ok()).ok_or_else(not_one)?;
        match number.checked_mul(unit).ok_or_else(not_one)? {
            0 => Ok(Self(None)),
            bytes if bytes < HISTORY_BYTES_MAX_LOWEST => {
                Err(format!("{text} is too small; the least is {HISTORY_BYTES_MAX_LOWEST}"))
            }
            bytes => Ok(Self(Some(bytes))),
        }
    }
}

/// Days, at least one; `none` and 0 are for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days(pub(crate) Option<u32>);

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            _ if text == "none" => Ok(Self(None)),
            Ok(0) => Ok(Self(None)),
            Ok(days) => Ok(Self(Some(days))),
            Err(_) => Err(format!("{text} is not a number of days; use 30, for example, or none")),
        }
    }
}

/// A span of time: `30m`, `12h`, `1d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
        let unit = seconds.iter().find_map(|(unit, seconds)| {
            let count: u32 = text.strip_suffix(*unit)?.parse().ok().filter(|count| *count > 0)?;
            Some(Duration::from_secs(u64::from(count) * seconds))
        });
        unit.map(Self).ok_or_else(|| format!("{text} is not a length of time; use 30m, 12h or 1d"))
    }
}

/// A span of time as people say it, in its largest unit: `3 h`.
pub(crate) fn as_words(span: Duration) -> String {
    let seconds = span.as_secs();
    for (unit, length) in [("d", 24 * 60 * 60), ("h", 60 * 60), ("min", 60)] {
        if seconds >= length {
            return format!("{} {unit}", seconds / length);
        }
    }
    format!("{seconds} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        let size = |text: &str| text.parse::<Size>().ok().map(|size| size.0);
        assert_eq!(size("500M"), Some(Some(500 << 20)));
        assert_eq!(size("2g"), Some(Some(2 << 30)));
        assert_eq!(size("1GiB"), Some(Some(1 << 30)));
        assert_eq!(size("1048576"), Some(Some(1 << 20)));
        assert_eq!((size("none"), size("0")), (Some(None), Some(None)));
        for bad in ["", "M", "1.5G", "-1", "9999999999T", "1023K", "many"] {
            assert_eq!(size(bad), None, "{bad}");
        }
        let span = |text: &str| text.parse::<Span>().ok().map(|span| span.0.as_secs());
        assert_eq!((span("90s"), span("30m"), span("12h")), (Some(90), Some(1800), Some(43_200)));
        assert_eq!(
            (span("1d"), span("0d"), span("d"), span("1")),
            (Some(86_400), None, None, None)
        );
        assert_eq!("none".parse(), Ok(Days(None)));
        assert_eq!("30".parse(), Ok(Days(Some(30))));
        assert!("x".parse::<Days>().is_err());
        assert_eq!(as_words(Duration::from_secs(3 * 3600 + 5)), "3 h");
    }
}
