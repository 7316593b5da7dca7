//! What a run found out: a table for people and a line of JSON for programs.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::engine::Tally;
use crate::flow::Pace;
use crate::track::Counts;

/// The result of a loaded run.
///
/// What is sent, expected, delivered, lost and so on covers the whole run with its warm-up and
/// drain; rates and costs cover the measured seconds; latencies cover the messages which were due
/// in the measured seconds, whenever they arrived. A message which arrived damaged is both
/// corrupt and lost.
pub(crate) struct Report {
    pub(crate) door: &'static str,
    pub(crate) clients: u32,
    pub(crate) senders: u32,
    pub(crate) size: u16,
    pub(crate) pace: Pace,
    pub(crate) secs: f64,
    pub(crate) sent: u64,
    pub(crate) unsent: u64,
    pub(crate) expected: u64,
    pub(crate) lost: u64,
    pub(crate) counts: Counts,
    pub(crate) tally: Tally,
    pub(crate) deliveries_per_s: f64,
    pub(crate) p50_us: Option<f64>,
    pub(crate) p99_us: Option<f64>,
    pub(crate) p999_us: Option<f64>,
    pub(crate) max_us: Option<f64>,
    pub(crate) deliveries_per_read: Option<f64>,
    pub(crate) generator_util: Option<f64>,
    pub(crate) server_util: Option<f64>,
    pub(crate) server_cpu_ns_per_delivery: Option<f64>,
    pub(crate) server_rss: Option<u64>,
}

impl Report {
    /// Whether a message went missing or wrong.
    pub(crate) fn has_faults(&self) -> bool {
        let Counts { duplicated, reordered, corrupt, .. } = self.counts;
        self.lost + duplicated + reordered + corrupt > 0
    }

    /// Writes the report.
    pub(crate) fn write(&self, only_json: bool, out: &mut impl Write) -> io::Result<()> {
        if !only_json {
            self.write_table(out)?;
        }
        writeln!(out, "{}", self.json())
    }

    /// The table.
    fn write_table(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { counts, tally, .. } = self;
        let mut row = |name: &str, text: String| writeln!(out, "{name:<12}{text}");
        let (clients, senders, size, door) = (self.clients, self.senders, self.size, self.door);
        let pace = match self.pace {
            Pace::Closed { window } => format!("{window} outstanding each"),
            Pace::Open { rate } => format!("{rate} messages/s"),
        };
        row(
            "load",
            format!("{clients} clients, {senders} sending {size} bytes, {pace}, door {door}"),
        )?;
        row("sent", format!("{} ({} unsent)", self.sent, self.unsent))?;
        row("delivered", format!("{} of {}", counts.delivered, self.expected))?;
        let (lost, duplicated, reordered) = (self.lost, counts.duplicated, counts.reordered);
        let corrupt = counts.corrupt;
        row(
            "faults",
            format!(
                "{lost} lost, {duplicated} duplicated, {reordered} reordered, {corrupt} corrupt"
            ),
        )?;
        let (gone, stalled, others) =
            (tally.disconnected, tally.stalled_closed, tally.extras_closed);
        row("closed", format!("{gone} clients, {stalled} stalled, {others} others"))?;
        let (rate, secs) = (self.deliveries_per_s, self.secs);
        row("throughput", format!("{rate:.0} deliveries/s over {secs:.2} s"))?;
        let [p50, p99, p999, max] = [self.p50_us, self.p99_us, self.p999_us, self.max_us]
            .map(|us| or_dash(us.map(|us| format!("{us:.0}"))));
        row("latency", format!("p50 {p50}, p99 {p99}, p99.9 {p999}, max {max} us"))?;
        let cost = or_dash(self.server_cpu_ns_per_delivery.map(|ns| format!("{ns:.1}")));
        let memory = or_dash(self.server_rss.map(|bytes| (bytes / 1024).to_string()));
        let busy = |share: Option<f64>| or_dash(share.map(|s| format!("{:.0} %", s * 100.0)));
        let server = busy(self.server_util);
        row("server", format!("{cost} ns CPU per delivery, {server} busy, {memory} KiB resident"))?;
        row("generator", format!("{} busy", busy(self.generator_util)))
    }

    /// The line of JSON.
    fn json(&self) -> String {
        let Self { counts, tally, .. } = self;
        let (rate, window) = match self.pace {
            Pace::Closed { window } => (Value::Text("max"), Value::Int(window.into())),
            Pace::Open { rate } => (Value::real(Some(rate), 3), Value::Null),
        };
        json(&[
            ("door", Value::Text(self.door)),
            ("clients", Value::Int(self.clients.into())),
            ("senders", Value::Int(self.senders.into())),
            ("size", Value::Int(self.size.into())),
            ("rate", rate),
            ("window", window),
            ("secs", Value::real(Some(self.secs), 3)),
            ("sent", Value::Int(self.sent)),
            ("unsent", Value::Int(self.unsent)),
            ("expected", Value::Int(self.expected)),
            ("delivered", Value::Int(counts.delivered)),
            ("lost", Value::Int(self.lost)),
            ("duplicated", Value::Int(counts.duplicated)),
            ("reordered", Value::Int(counts.reordered)),
            ("corrupt", Value::Int(counts.corrupt)),
            ("other_lines", Value::Int(counts.other)),
            ("disconnected", Value::Int(tally.disconnected)),
            ("stalled_closed", Value::Int(tally.stalled_closed)),
            ("extras_closed", Value::Int(tally.extras_closed)),
            ("deliveries_per_s", Value::real(Some(self.deliveries_per_s), 1)),
            ("p50_us", Value::real(self.p50_us, 1)),
            ("p99_us", Value::real(self.p99_us, 1)),
            ("p999_us", Value::real(self.p999_us, 1)),
            ("max_us", Value::real(self.max_us, 1)),
            ("deliveries_per_read", Value::real(self.deliveries_per_read, 2)),
            ("generator_util", Value::real(self.generator_util, 3)),
            ("server_util", Value::real(self.server_util, 3)),
            ("server_cpu_ns_per_delivery", Value::real(self.server_cpu_ns_per_delivery, 2)),
            ("server_rss_bytes", Value::int(self.server_rss)),
        ])
    }
}

/// What is not known shows as a dash.
fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// The result of an idle run.
pub(crate) struct IdleReport {
    pub(crate) clients: u32,
    /// All connections, with the extra ones.
    pub(crate) connections: u32,
    pub(crate) disconnected: u64,
    pub(crate) rss_before: Option<u64>,
    pub(crate) rss_after: Option<u64>,
}

impl IdleReport {
    /// Writes the report.
    pub(crate) fn write(&self, only_json: bool, out: &mut impl Write) -> io::Result<()> {
        let per_connection = self.rss_before.zip(self.rss_after).map(|(before, after)| {
            after.saturating_sub(before) as f64 / f64::from(self.connections)
        });
        if !only_json {
            writeln!(out, "{:<12}{} idle", "clients", self.clients)?;
            let bytes = or_dash(per_connection.map(|bytes| format!("{bytes:.0}")));
            writeln!(out, "{:<12}{bytes} bytes per connection", "server")?;
        }
        let line = json(&[
            ("clients", Value::Int(self.clients.into())),
            ("disconnected", Value::Int(self.disconnected)),
            ("server_rss_before", Value::int(self.rss_before)),
            ("server_rss_after", Value::int(self.rss_after)),
            ("rss_bytes_per_connection", Value::real(per_connection, 1)),
        ]);
        writeln!(out, "{line}")
    }
}

/// A value in JSON.
enum Value {
    Int(u64),
    /// A number and its decimal places.
    Real(f64, usize),
    /// A text without characters to escape.
    Text(&'static str),
    Null,
}

impl Value {
    fn int(value: Option<u64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }

    fn real(value: Option<f64>, places: usize) -> Self {
        // JSON has no other numbers than finite ones.
        let finite = value.filter(|value| value.is_finite());
        finite.map_or(Self::Null, |value| Self::Real(value, places))
    }
}

/// An object in one line.
fn json(fields: &[(&str, Value)]) -> String {
    let mut line = String::from("{");
    for (index, (name, value)) in fields.iter().enumerate() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_one_flat_object() {
        let line = json(&[
            ("a", Value::Int(1)),
            ("b", Value::real(Some(2.345), 2)),
            ("c", Value::Text("x")),
            ("d", Value::real(Some(f64::NAN), 1)),
            ("e", Value::int(None)),
        ]);
        assert_eq!(line, r#"{"a":1,"b":2.35,"c":"x","d":null,"e":null}"#);
    }

    #[test]
    fn idle_memory_is_shared_out() -> io::Result<()> {
        let report = IdleReport {
            clients: 4,
            connections: 4,
            disconnected: 0,
            rss_before: Some(1000),
            rss_after: Some(1500),
        };
        let mut out = Vec::new();
        report.write(true, &mut out)?;
        let text = String::from_utf8_lossy(&out);
        assert!(text.contains(r#""rss_bytes_per_connection":125.0}"#), "{text}");
        assert_eq!(text.lines().count(), 1);
        Ok(())
    }
}
