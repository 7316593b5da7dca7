//! The two text formats that a scraper may ask for.

use mio_socketio::WebRequest;
use std::fmt::Write;

/// Prometheus' text format, which every scraper reads (exposition formats, 0.0.4).
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";
/// OpenMetrics' text format (its specification, 1.0.0).
const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The type that a scraper wants, and the text, given in OpenMetrics' format, in that type.
pub(super) fn wanted(request: &WebRequest<'_>, open_metrics: String) -> (&'static str, String) {
    match wants_open(request.head.headers("accept")) {
        true => (OPEN, open_metrics),
        false => (PLAIN, plain(&open_metrics)),
    }
}

/// Whether OpenMetrics is named in these values of `Accept` (RFC 9110, 12.5.1), and preferred.
fn wants_open<'h>(accept: impl Iterator<Item = &'h str>) -> bool {
    let (mut open, mut plain) = (0.0_f32, 0.0_f32);
    for range in accept.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let (mut weight, mut is_known) = (1.0, true);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.trim() {
                "q" => weight = value.trim().parse().unwrap_or(0.0),
                "version" => is_known = value.trim() == "1.0.0",
                _ => (),
            }
        }
        if kind.eq_ignore_ascii_case("application/openmetrics-text") && is_known {
            open = open.max(weight);
        } else if kind.eq_ignore_ascii_case("text/plain") {
            plain = plain.max(weight);
        }
    }
    open > 0.0 && open >= plain
}

/// OpenMetrics' text in the plain format: a counter has the name of its sample, there are no units,
/// and nothing marks the end.
fn plain(open_metrics: &str) -> String {
    let kinds = open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters: Vec<&str> = kinds.filter_map(|kind| kind.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let about = line.strip_prefix("# ").and_then(|rest| rest.split_once(' '));
        // A string takes every write.
        let _ = match about.and_then(|(word, rest)| Some((word, rest.split_once(' ')?))) {
            Some(("UNIT", _)) => Ok(()),
            Some((word @ ("HELP" | "TYPE"), (name, rest))) if counters.contains(&name) => {
                writeln!(text, "# {word} {name}_total {rest}")
            }
            _ if line == "# EOF" => Ok(()),
            _ => writeln!(text, "{line}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_come_only_where_they_are_asked_for() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.6,\
            application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.4,\
            */*;q=0.1";
        for (accept, wants) in [
            (prometheus, true),
            ("application/openmetrics-text", true),
            ("text/html, Application/OpenMetrics-Text; version=1.0.0", true),
            ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.8", false),
            ("application/openmetrics-text;version=0.0.1", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=x", false),
            ("text/plain", false),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(wants_open([accept].into_iter()), wants, "{accept}");
        }
        assert!(!wants_open([].into_iter()));
    }

    #[test]
    fn the_plain_format_calls_a_counter_as_its_sample() {
        let open = "# HELP a_b Things.\n# TYPE a_b counter\na_b_total 1\n# HELP c_seconds Time.\n\
            # TYPE c_seconds histogram\n# UNIT c_seconds seconds\nc_seconds_sum 0.5\n# EOF\n";
        let told = "# HELP a_b_total Things.\n# TYPE a_b_total counter\na_b_total 1\n\
            # HELP c_seconds Time.\n# TYPE c_seconds histogram\nc_seconds_sum 0.5\n";
        assert_eq!(plain(open), told);
    }
}
