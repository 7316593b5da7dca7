//! Metrics for monitoring.

mod format;
mod process;

use super::history::Sizes;
use super::journal::JournalStatus;
use crate::limits::STALL_SECONDS;
use mio_socketio::{Context, Stats, WebRequest, WebResponse};
pub(super) use process::Process;
use process::Readings;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;

/// All that the chat measures and counts while it runs. Times are in seconds.
#[derive(Debug)]
pub(super) struct Observed {
    /// One transaction each.
    pub(super) commits: Histogram,
    /// One complete turn of the loop each.
    pub(super) turns: Histogram,
    /// One slice of indexing each, or one merge of the log into the file.
    pub(super) tidying: Histogram,
}

impl Default for Observed {
    fn default() -> Self {
        let histogram = || Histogram::new(STALL_SECONDS.iter().copied());
        Self { commits: histogram(), turns: histogram(), tidying: histogram() }
    }
}

/// The application's part of the metrics.
#[derive(Debug, Clone, Copy)]
pub(super) struct Monitored<'a> {
    pub(super) observed: &'a Observed,
    /// Of its history, if it keeps one.
    pub(super) sizes: Option<Sizes>,
    /// Of its journal, if other servers share it.
    pub(super) journal: Option<JournalStatus>,
}

/// The metrics, in the requested format.
pub(super) fn metrics<S>(
    cx: &mut Context<'_, S>,
    request: &WebRequest<'_>,
    monitored: fn(&S) -> Option<Monitored<'_>>,
    process: Process,
) -> WebResponse {
    let readings = Readings::of(&cx.outside(|| process.read()));
    let mut registry = Registry::default();
    registry.register_collector(Box::new(readings));
    let own = registry.sub_registry_with_prefix("mio_chat");
    own.register_collector(Box::new(Counted(cx.stats())));
    if let Some(Monitored { observed, sizes, journal }) = monitored(cx.state) {
        let Observed { commits, turns, tidying } = observed;
        let help = "Time that a turn of the loop took, its writing included";
        own.register_with_unit("turn", help, Unit::Seconds, turns.clone());
        let help = "Time that a transaction of the history took";
        own.register_with_unit("commit", help, Unit::Seconds, commits.clone());
        let help = "Time that a slice of indexing the history took, or a checkpoint";
        own.register_with_unit("history_tidy", help, Unit::Seconds, tidying.clone());
        own.register_collector(Box::new(Kept(sizes)));
        own.register_collector(Box::new(Together(journal)));
    }
    let mut text = String::new();
    // A string takes every write.
    let _ = encode(&mut text, &registry);
    let (kind, text) = format::wanted(request, text);
    WebResponse::ok(kind, text).header("Vary", "Accept")
}

/// A metric of one value, with its help.
fn single(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

/// Gauges, each with its help.
fn gauges<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    gauges: impl IntoIterator<Item = (&'a str, &'a str, u64)>,
) -> Result<(), fmt::Error> {
    for (name, help, value) in gauges {
        let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
        single(encoder, name, help, &gauge)?;
    }
    Ok(())
}

/// The journal that servers share.
#[derive(Debug)]
struct Together(Option<JournalStatus>);

impl Collector for Together {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(JournalStatus { is_whole, waiting, read, unread }) = self.0 else { return Ok(()) };
        let whole = "1 while the server is connected with the chat's other servers";
        let held = "Facts that have not come back in the stream";
        let all = [
            ("node_whole", whole, u64::from(is_whole)),
            ("node_waiting_facts", held, waiting),
            ("node_read_entries", "Entries of the stream that were read", read),
            ("node_unread_entries", "Entries of the stream that were not understood", unread),
        ];
        gauges(&mut encoder, all)
    }
}

/// The history's file.
#[derive(Debug)]
struct Kept(Option<Sizes>);

impl Collector for Kept {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(Sizes { unindexed, unsaved, failing, file_bytes, log_bytes }) = self.0 else {
            return Ok(());
        };
        let lag = "Last messages whose words are not indexed yet, at most";
        let log = "Size of the log beside the history's file (its -wal)";
        let all = [
            ("history_failing", "1 while the history cannot be written", failing),
            ("history_waiting", "Messages that are not in the history's file", unsaved),
            ("history_unindexed", lag, unindexed),
            ("history_file_bytes", "Size of the history's file", file_bytes),
            ("history_log_bytes", log, log_bytes),
        ];
        gauges(&mut encoder, all)
    }
}

#[derive(Debug)]
struct Counted(Stats);

impl Collector for Counted {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Self(stats) = self;
        let build = [("version", env!("CARGO_PKG_VERSION"))];
        let help = "The program's version; always 1";
        let mut info = encoder.encode_descriptor("build_info", help, None, MetricType::Gauge)?;
        info.encode_family(&build)?.encode_gauge(&1_i64)?;
        let now = [
            ("sessions", "Clients now", stats.sessions),
            ("connections", "Connections now", stats.connections),
            ("queue_bytes", "Bytes that wait for clients now", stats.queued_bytes),
            ("held_bytes", "Memory that clients hold now", stats.held_bytes),
        ];
        gauges(&mut encoder, now)?;
        let address = "Connections that one address may have (--per-address)";
        let queue = "Bytes that may wait for one client (--max-queue)";
        let limits = [
            ("clients_max", "Clients that there may be (--max-clients)", stats.clients_max),
            ("address_connections_max", address, stats.address_connections_max),
            ("queue_bytes_max", queue, stats.queue_bytes_max),
            ("held_bytes_max", "Memory that clients may hold (--max-memory)", stats.memory_max),
        ];
        // Limits that do not exist are left out.
        let limits = limits.into_iter().filter_map(|(name, help, max)| Some((name, help, max?)));
        gauges(&mut encoder, limits)?;
        let sent = "Runs of bytes queued for clients; one may hold many messages";
        let counters = [
            ("accepted", "Connections ever", stats.connections_total),
            ("received", "Messages received", stats.received),
            ("received_bytes", "Bytes received", stats.received_bytes),
            ("requests", "HTTP requests", stats.requests),
            ("sent", sent, stats.sent),
        ];
        for (name, help, value) in counters {
            single(&mut encoder, name, help, &ConstCounter::new(value))?;
        }
        if let Some(ends_unix_s) = stats.certificate_ends_unix_s {
            secure(&mut encoder, stats, ends_unix_s)?;
        }
        let help = "Clients now, by the way in";
        let mut clients = encoder.encode_descriptor("clients", help, None, MetricType::Gauge)?;
        for (protocol, count) in &stats.protocols {
            let labels = [("door", *protocol)];
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            clients.encode_family(&labels)?.encode_gauge(&count)?;
        }
        let ended = stats.ended.iter().map(|(reason, count)| (reason.as_str(), *count));
        by_reason(&mut encoder, "disconnects", "Sessions ended, by reason", ended)?;
        let refused = stats.refused.iter().copied();
        let help = "Refused a place, or what was asked for, by reason";
        by_reason(&mut encoder, "refused", help, refused)
    }
}

/// The metrics of a server that speaks TLS.
fn secure(
    encoder: &mut DescriptorEncoder<'_>,
    stats: &Stats,
    ends_unix_s: i64,
) -> Result<(), fmt::Error> {
    let help = "When the certificate ends, in seconds since 1970";
    single(encoder, "tls_certificate_end_seconds", help, &ConstGauge::new(ends_unix_s))?;
    let help = "Handshakes of TLS done";
    single(encoder, "tls_handshakes", help, &ConstCounter::new(stats.handshakes))?;
    let failed = stats.handshakes_failed.iter().copied();
    by_reason(encoder, "tls_handshake_failures", "Handshakes of TLS failed, by reason", failed)
}

/// A counter with a reason as its label.
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
