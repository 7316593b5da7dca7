//! What a monitor is told.

use crate::limits::{PAGE_BYTES, STALL_SECONDS};
use crate::server::{Context, Stats, WebResponse};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;

/// OpenMetrics' text format (its specification, 1.0.0), which Prometheus reads.
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long the loop is kept from everything else, in seconds.
#[derive(Debug)]
pub(super) struct Stalls {
    /// One transaction each.
    pub(super) commits: Histogram,
    /// A turn of the loop each, all of it.
    pub(super) turns: Histogram,
    /// A slice of indexing each, or bringing the log into the file.
    pub(super) tidying: Histogram,
}

impl Default for Stalls {
    fn default() -> Self {
        let histogram = || Histogram::new(STALL_SECONDS.iter().copied());
        Self { commits: histogram(), turns: histogram(), tidying: histogram() }
    }
}

/// The metrics.
pub(super) fn metrics<S>(cx: &Context<'_, S>, stalls: fn(&S) -> Option<&Stalls>) -> WebResponse {
    let mut registry = Registry::with_prefix("mio_chat");
    registry.register_collector(Box::new(Counted(cx.stats())));
    if let Some(Stalls { commits, turns, tidying }) = stalls(cx.state) {
        let help = "Time that a turn of the loop took, its writing included";
        registry.register_with_unit("turn", help, Unit::Seconds, turns.clone());
        let help = "Time that a transaction of the history took";
        registry.register_with_unit("commit", help, Unit::Seconds, commits.clone());
        let help = "Time that a slice of indexing the history took, or a checkpoint";
        registry.register_with_unit("history_tidy", help, Unit::Seconds, tidying.clone());
    }
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &registry);
    WebResponse::ok(TYPE, text)
}

#[derive(Debug)]
struct Counted(Stats);

impl Collector for Counted {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Self(stats) = self;
        let queued = "Bytes that wait for clients now";
        let gauges = [
            ("sessions", "Clients now", stats.sessions),
            ("connections", "Connections now", stats.connections),
            ("queue_bytes", queued, stats.queued_bytes),
            ("held_bytes", "Memory that clients hold now", stats.held_bytes),
            ("resident_memory_bytes", "Memory of the process", resident_bytes()),
        ];
        let files = open_files().map(|count| ("open_fds", "Files and sockets open now", count));
        for (name, help, value) in gauges.into_iter().chain(files) {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let sent = "Runs of bytes queued for clients; one may hold many messages";
        let counters = [
            ("accepted", "Connections ever", stats.connections_total),
            ("received", "Messages received", stats.received),
            ("received_bytes", "Bytes received", stats.received_bytes),
            ("requests", "HTTP requests", stats.requests),
            ("sent", sent, stats.sent),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        let help = "Clients now, by the way in";
        let mut doors = encoder.encode_descriptor("clients", help, None, MetricType::Gauge)?;
        for (door, count) in &stats.doors {
            let labels = [("door", *door)];
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            doors.encode_family(&labels)?.encode_gauge(&count)?;
        }
        let ended = stats.ended.iter().map(|(reason, count)| (reason.as_str(), *count));
        by_reason(&mut encoder, "disconnects", "Sessions ended, by reason", ended)?;
        let refused = stats.refused.iter().copied();
        by_reason(&mut encoder, "refused", "Newcomers who got no place, by reason", refused)
    }
}

/// A counter that is told apart by a reason.
fn by_reason(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    counts: impl Iterator<Item = (&'static str, u64)>,
) -> Result<(), fmt::Error> {
    let mut all = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (reason, count) in counts {
        let labels = [("reason", reason)];
        let mut one = all.encode_family(&labels)?;
        one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
    }
    Ok(())
}

/// Memory of this process, in bytes; 0 where the system does not tell (proc(5), `statm`).
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * PAGE_BYTES
}

/// Files and sockets that this process has open; none where the system does not tell (proc(5),
/// `fd`).
fn open_files() -> Option<u64> {
    let list = "/proc/self/fd";
    match std::fs::metadata(list).ok()?.len() {
        // Before Linux 6.2 they have to be counted, which takes 10 ms for 10,000. The list itself
        // is one of them.
        0 => u64::try_from(std::fs::read_dir(list).ok()?.count().checked_sub(1)?).ok(),
        count => Some(count),
    }
}
