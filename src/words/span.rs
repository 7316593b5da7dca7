//! Spans of time as people type them.

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// The milliseconds of a span: `30m`, `12h`, `7d`; `None` if it is none.
pub fn span_ms(text: &str) -> Option<i64> {
    let (at, unit) = text.char_indices().next_back()?;
    let unit_ms = match unit.to_ascii_lowercase() {
        'm' => MINUTE_MS,
        'h' => 60 * MINUTE_MS,
        'd' => 24 * 60 * MINUTE_MS,
        _ => return None,
    };
    let number: u32 = text.get(..at)?.parse().ok()?;
    i64::from(number).checked_mul(unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        assert_eq!(span_ms("30m"), Some(1_800_000));
        assert_eq!(span_ms("12H"), Some(43_200_000));
        assert_eq!(span_ms("7d"), Some(604_800_000));
        assert_eq!(span_ms("4294967295d"), Some(4_294_967_295 * 86_400_000));
        for bad in ["", "d", "7", "7w", "-7d", "7.5d", "4294967296m", "7é", "é"] {
            assert_eq!(span_ms(bad), None, "{bad}");
        }
    }
}
