//! Spans of time as people type them.

use super::split_word;

/// Milliseconds of a second.
const SECOND_MS: i64 = 1_000;

/// The milliseconds of a span: `30s`, `30m`, `12h`, `7d`; `None` if it is none.
pub fn span_ms(text: &str) -> Option<i64> {
    let (at, unit) = text.char_indices().next_back()?;
    let unit_ms = match unit.to_ascii_lowercase() {
        's' => SECOND_MS,
        'm' => 60 * SECOND_MS,
        'h' => 3_600 * SECOND_MS,
        'd' => 24 * 3_600 * SECOND_MS,
        _ => return None,
    };
    let number: u32 = text.get(..at)?.parse().ok()?;
    i64::from(number).checked_mul(unit_ms)
}

/// The milliseconds of `for 10m` at the beginning of a text, and the rest. Without a span all of it
/// is the rest.
pub fn split_span(text: &str) -> (Option<u64>, &str) {
    let (word, rest) = split_word(text);
    let (span, rest) = split_word(rest);
    let ms = span_ms(span).and_then(|ms| u64::try_from(ms).ok()).filter(|ms| *ms > 0);
    match ms.filter(|_| word == "for") {
        Some(ms) => (Some(ms), rest),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        assert_eq!(span_ms("30s"), Some(30_000));
        assert_eq!(span_ms("30m"), Some(1_800_000));
        assert_eq!(span_ms("12H"), Some(43_200_000));
        assert_eq!(span_ms("7d"), Some(604_800_000));
        assert_eq!(span_ms("4294967295d"), Some(4_294_967_295 * 86_400_000));
        for bad in ["", "d", "7", "7w", "-7d", "7.5d", "4294967296m", "7é", "é"] {
            assert_eq!(span_ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_span_comes_before_a_reason_and_is_none_otherwise() {
        let minutes = |count: u64| Some(count * 60_000);
        assert_eq!(split_span("for 10m being loud"), (minutes(10), "being loud"));
        assert_eq!(split_span("for 1d"), (minutes(24 * 60), ""));
        for reason in ["", "spam", "for spam", "for 10", "for 0m", "10m", "for m", "for 1.5h x"] {
            assert_eq!(split_span(reason), (None, reason), "{reason}");
        }
    }
}
