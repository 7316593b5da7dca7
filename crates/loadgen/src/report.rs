//! The result of a run: a line of JSON for programs, and the same as a table for people.

use std::fmt::Write as _;
use std::io::{self, Write};

/// A value in JSON.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    /// A whole number.
    Int(u64),
    /// A number and its decimal places.
    Real(f64, usize),
    /// A text without characters to escape.
    Text(&'static str),
    /// An unknown value, or one that does not apply.
    Null,
}

/// A whole number, if it is known.
pub(crate) fn int(value: impl Into<Option<u64>>) -> Value {
    value.into().map_or(Value::Null, Value::Int)
}

/// A number with `places` decimal places, if it is known.
pub(crate) fn real(value: impl Into<Option<f64>>, places: usize) -> Value {
    // JSON has only finite numbers.
    let finite = value.into().filter(|value| value.is_finite());
    finite.map_or(Value::Null, |value| Value::Real(value, places))
}

/// The faults of messages.
const FAULTS: [&str; 5] = ["lost", "duplicated", "reordered", "disordered", "corrupt"];

/// The result of a run, as the fields of its line of JSON.
///
/// The counts of messages (sent, expected, delivered, lost and so on) cover the whole run with its
/// warm-up and drain. Rates and costs cover the measured seconds. Latencies cover the messages that
/// were due in the measured seconds, whenever they arrived. A message that arrived damaged is both
/// corrupt and lost.
pub(crate) struct Report(pub(crate) Vec<(&'static str, Value)>);

impl Report {
    fn get(&self, name: &str) -> Value {
        let field = self.0.iter().find(|(other, _)| *other == name);
        field.map_or(Value::Null, |(_, value)| *value)
    }

    /// A field for people: in another unit, with `places` decimal places, or a dash.
    fn show(&self, name: &str, factor: f64, places: usize) -> String {
        match self.get(name) {
            Value::Int(value) if factor == 1.0 => value.to_string(),
            Value::Int(value) => format!("{:.places$}", value as f64 * factor),
            Value::Real(value, _) => format!("{:.places$}", value * factor),
            Value::Text(text) => text.to_owned(),
            Value::Null => "-".to_owned(),
        }
    }

    /// Whether a message was lost or wrong.
    pub(crate) fn has_faults(&self) -> bool {
        FAULTS.iter().any(|name| matches!(self.get(name), Value::Int(1..)))
    }

    /// Writes the report.
    pub(crate) fn write(&self, only_json: bool, out: &mut impl Write) -> io::Result<()> {
        if !only_json {
            let idle = matches!(self.get("sent"), Value::Null);
            for (name, text) in if idle { self.idle_table() } else { self.table() } {
                writeln!(out, "{name:<12}{text}")?;
            }
        }
        writeln!(out, "{}", self.json())
    }

    fn idle_table(&self) -> Vec<(&'static str, String)> {
        let n = |name| self.show(name, 1.0, 0);
        vec![
            ("clients", format!("{} idle, protocol {}", n("clients"), n("protocol"))),
            ("server", format!("{} bytes per connection", n("rss_bytes_per_connection"))),
        ]
    }

    fn table(&self) -> Vec<(&'static str, String)> {
        let n = |name| self.show(name, 1.0, 0);
        let busy = |name| self.show(name, 100.0, 0);
        let pace = match self.get("rate") {
            Value::Real(rate, _) => format!("{rate} messages/s"),
            _ => format!("{} outstanding each", n("window")),
        };
        let [clients, senders, size, protocol] = ["clients", "senders", "size", "protocol"].map(n);
        // With one server the order is not compared.
        let faults = FAULTS.iter().filter(|name| {
            **name != "disordered" || !matches!(self.get("disordered"), Value::Null)
        });
        let faults: Vec<String> = faults.map(|name| format!("{} {name}", n(name))).collect();
        let [p50, p99, p999, max] = ["p50_us", "p99_us", "p999_us", "max_us"].map(n);
        let closed = ["disconnected", "stalled_closed", "extras_closed"].map(n);
        let cost = self.show("server_cpu_ns_per_delivery", 1.0, 1);
        let memory = self.show("server_rss_bytes", 1.0 / 1024.0, 0);
        let rate = n("deliveries_per_s");
        let secs = self.show("secs", 1.0, 2);
        let server = busy("server_util");
        vec![
            (
                "load",
                format!(
                    "{clients} clients, {senders} sending {size} bytes, {pace}, protocol {protocol}"
                ),
            ),
            ("sent", format!("{} ({} unsent)", n("sent"), n("unsent"))),
            ("delivered", format!("{} of {}", n("delivered"), n("expected"))),
            ("faults", faults.join(", ")),
            (
                "closed",
                format!("{} clients, {} stalled, {} others", closed[0], closed[1], closed[2]),
            ),
            ("throughput", format!("{rate} deliveries/s over {secs} s")),
            ("latency", format!("p50 {p50}, p99 {p99}, p99.9 {p999}, max {max} us")),
            (
                "server",
                format!("{cost} ns CPU per delivery, {server} % busy, {memory} KiB resident"),
            ),
            ("generator", format!("{} % busy", busy("generator_util"))),
        ]
    }

    /// An object in one line.
    fn json(&self) -> String {
        let mut line = String::from("{");
        for (index, (name, value)) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(line, "{comma}\"{name}\":");
            let _ = match value {
                Value::Int(value) => write!(line, "{value}"),
                Value::Real(value, places) => write!(line, "{value:.places$}"),
                Value::Text(text) => write!(line, "\"{text}\""),
                Value::Null => write!(line, "null"),
            };
        }
        line.push('}');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_one_flat_object() -> io::Result<()> {
        let report = Report(vec![
            ("a", int(1)),
            ("b", real(2.345, 2)),
            ("c", Value::Text("x")),
            ("d", real(f64::NAN, 1)),
            ("e", int(None)),
        ]);
        let mut out = Vec::new();
        report.write(true, &mut out)?;
        let expected = "{\"a\":1,\"b\":2.35,\"c\":\"x\",\"d\":null,\"e\":null}\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
        Ok(())
    }

    #[test]
    fn faults_are_found_and_shown() -> io::Result<()> {
        let mut report = Report(vec![("sent", int(9)), ("lost", int(0)), ("corrupt", int(0))]);
        assert!(!report.has_faults());
        report.0.extend([("duplicated", int(2)), ("server_util", real(0.456, 3))]);
        assert!(report.has_faults());
        let mut out = Vec::new();
        report.write(false, &mut out)?;
        let text = String::from_utf8_lossy(&out);
        assert!(text.contains("faults      0 lost, 2 duplicated, - reordered, 0 corrupt\n"));
        assert!(text.contains("server      - ns CPU per delivery, 46 % busy, - KiB resident\n"));
        Ok(())
    }
}
