//! Spans of time as people type them.

use super::{Misuse, split_word};

/// Milliseconds of a second.
const SECOND_MS: i64 = 1_000;

/// The sentence for [`Misuse::Span`].
pub const BAD_SPAN: &str = "\"for\" needs a time, such as 30m, 12h, 7d or 2w";

/// The milliseconds of a span: `30s`, `30m`, `12h`, `7d`, `2w`; `None` if it is none.
pub fn span_ms(text: &str) -> Option<i64> {
    let (at, unit) = text.char_indices().next_back()?;
    let unit_ms = match unit.to_ascii_lowercase() {
        's' => SECOND_MS,
        'm' => 60 * SECOND_MS,
        'h' => 3_600 * SECOND_MS,
        'd' => 24 * 3_600 * SECOND_MS,
        'w' => 7 * 24 * 3_600 * SECOND_MS,
        _ => return None,
    };
    let number: u32 = text.get(..at)?.parse().ok()?;
    i64::from(number).checked_mul(unit_ms)
}

/// The milliseconds of `for 10m` at the beginning of a text, and the rest. `None` is for good: the
/// text begins with `for good`, or with another word than `for`, and then all of it is the rest.
///
/// # Errors
/// No time comes after `for`. It is no reason then: a ban for a day must not become one for good by
/// a slip of the finger.
pub fn split_span(text: &str) -> Result<(Option<u64>, &str), Misuse> {
    let (word, rest) = split_word(text);
    if !word.eq_ignore_ascii_case("for") {
        return Ok((None, text));
    }
    let (span, rest) = split_word(rest);
    if span.eq_ignore_ascii_case("good") {
        return Ok((None, rest));
    }
    let ms = span_ms(span).and_then(|ms| u64::try_from(ms).ok());
    ms.map(|ms| (Some(ms), rest)).ok_or(Misuse::Span)
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
        assert_eq!(span_ms("2w"), Some(2 * 604_800_000));
        assert_eq!(span_ms("4294967295d"), Some(4_294_967_295 * 86_400_000));
        for bad in ["", "d", "7", "7y", "-7d", "7.5d", "4294967296m", "7é", "é"] {
            assert_eq!(span_ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_span_comes_before_a_reason_and_a_wrong_one_is_no_reason() {
        let minutes = |count: u64| Some(count * 60_000);
        assert_eq!(split_span("for 10m being loud"), Ok((minutes(10), "being loud")));
        assert_eq!(split_span("For 1w"), Ok((minutes(7 * 24 * 60), "")));
        assert_eq!(split_span("for 0m x"), Ok((Some(0), "x")));
        assert_eq!(split_span("for good, spam"), Err(Misuse::Span));
        assert_eq!(split_span("for good spam"), Ok((None, "spam")));
        for reason in ["", "spam", "10m", "forever loud", "loud for 10m"] {
            assert_eq!(split_span(reason), Ok((None, reason)), "{reason}");
        }
        for wrong in
            ["for", "for ", "for spam", "for 10", "for m", "for 1.5h x", "for -1d", "for 1y"]
        {
            assert_eq!(split_span(wrong), Err(Misuse::Span), "{wrong}");
        }
    }
}
