//! Values of flags that are sizes, days and spans of time.

use mio_chat::limits::HISTORY_BYTES_MAX_LOWEST;
use mio_chat::words::span_ms;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Bytes: `500M`, `2G`, `1048576`; `none` and 0 are no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) Option<u64>);

/// Bytes, at least one: `500K`, `10M`, `2G`, `1048576`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = bytes(text).filter(|bytes| *bytes > 0);
        bytes.map(Self).ok_or_else(|| format!("{text} is not a size; use 500K, 10M or 1048576"))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(30, "G"), (20, "M"), (10, "K")];
        let mut fitting = units.into_iter().filter(|(bits, _)| self.0.trailing_zeros() >= *bits);
        match fitting.next() {
            Some((bits, unit)) => write!(f, "{}{unit}", self.0 >> bits),
            None => self.0.fmt(f),
        }
    }
}

/// A number of bytes, with a unit or without; `None` for anything else.
fn bytes(text: &str) -> Option<u64> {
    let upper = text.to_ascii_uppercase();
    let number = upper.trim_end_matches('B').trim_end_matches('I');
    let units = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let unit = units.into_iter().find_map(|(unit, bits)| Some((number.strip_suffix(unit)?, bits)));
    let (number, bits) = unit.unwrap_or((number, 0));
    number.parse::<u64>().ok()?.checked_mul(1 << bits)
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(None));
        }
        let not_one = || format!("{text} is not a size; use 500M, 2G, 1048576 or none");
        match bytes(text).ok_or_else(not_one)? {
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

/// A span of time: `30m`, `12h`, `1d`, `2w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ms = span_ms(text).and_then(|ms| u64::try_from(ms).ok()).filter(|ms| *ms > 0);
        let span = ms.map(|ms| Self(Duration::from_millis(ms)));
        span.ok_or_else(|| format!("{text} is not a length of time; use 30m, 12h, 1d or 2w"))
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
        let bytes = |text: &str| text.parse::<Bytes>().ok().map(|bytes| bytes.0);
        assert_eq!(
            (bytes("10M"), bytes("1"), bytes("0"), bytes("x")),
            (Some(10 << 20), Some(1), None, None)
        );
        let shown = [10 << 20, 1 << 30, 1_536].map(|bytes| Bytes(bytes).to_string());
        assert_eq!(shown, ["10M", "1G", "1536"]);
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
