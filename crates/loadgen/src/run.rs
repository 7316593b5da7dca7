//! The phases of a run: probe, warm-up, measurement, drain. Or just the idle connections.

use std::time::Duration;

use crate::clock::{nanos, seconds};
use crate::engine::{Engine, Tally};
use crate::failure::Failure;
use crate::flow::Pace;
use crate::ledger::Ledger;
use crate::options::Options;
use crate::payload::{PROBE, Stamp};
use crate::process;
use crate::report::{Report, Value, int, real};

/// Time in which a probe must have reached everyone.
const PROBE_TIMEOUT: u64 = nanos(Duration::from_secs(30));

/// How often the probe is repeated.
const PROBE_EVERY: u64 = nanos(Duration::from_secs(1));

/// Time for deliveries after the measurement.
const DRAIN_TIMEOUT: u64 = nanos(Duration::from_secs(10));

/// Time for deliveries after a measurement that ended without progress.
const STUCK_DRAIN_TIMEOUT: u64 = nanos(Duration::from_secs(1));

/// Closed loop: how long a message may get nowhere before the run ends.
const PATIENCE: u64 = nanos(Duration::from_secs(10));

/// How often to look for such messages.
const WATCH_EVERY: u64 = nanos(Duration::from_millis(500));

/// Shortest time that idle connections are left alone before memory is read.
const SETTLE: u64 = nanos(Duration::from_millis(1500));

/// Idle connections are settled after this time without anything to read.
const QUIET: u64 = nanos(Duration::from_secs(1));

/// Longest wait for that.
const SETTLE_TIMEOUT: u64 = nanos(Duration::from_secs(30));

/// The state at one end of the measurement.
#[derive(Clone, Copy)]
struct Mark {
    time: u64,
    delivered: u64,
    tally: Tally,
    server_cpu: Option<u64>,
}

impl Mark {
    fn new(engine: &Engine, pids: &[u32]) -> Self {
        Self {
            server_cpu: process::all(pids, process::cpu_nanos),
            time: engine.clock.now(),
            delivered: engine.ledger.tracker.counts.delivered,
            tally: engine.tally,
        }
    }
}

/// Loads the server and reports the result.
pub(crate) fn load(
    engine: &mut Engine,
    options: &Options,
    pids: &[u32],
) -> Result<Report, Failure> {
    engine.probe()?;
    engine.ledger.flow.begin(engine.clock.now());
    engine.start_extras();
    let mut stuck = engine.keep_up("warm-up", options.warmup)?;
    let start = Mark::new(engine, pids);
    engine.ledger.measured_from = start.time;
    stuck = stuck || engine.keep_up("measuring", options.secs)?;
    let end = Mark::new(engine, pids);
    let rss = process::all(pids, process::rss_bytes);
    engine.ledger.flow.end(end.time);
    engine.stop_extras();
    engine.drain(if stuck { STUCK_DRAIN_TIMEOUT } else { DRAIN_TIMEOUT })?;
    engine.progress.clear();
    Ok(report(engine, options, rss, start, end))
}

/// Puts the report together.
fn report(
    engine: &mut Engine,
    options: &Options,
    server_rss: Option<u64>,
    start: Mark,
    end: Mark,
) -> Report {
    let Ledger { tracker, order, flow, latency, .. } = &mut engine.ledger;
    let counts = tracker.counts;
    let tally = engine.tally;
    let window = end.time - start.time;
    let share = |part: u64| (window > 0).then(|| part as f64 / window as f64);
    let delivered = end.delivered - start.delivered;
    let per_delivery = |part: u64| (delivered > 0).then(|| part as f64 / delivered as f64);
    let server_cpu = start.server_cpu.zip(end.server_cpu);
    let server_cpu = server_cpu.map(|(from, to)| to.saturating_sub(from));
    let reads = end.tally.reads - start.tally.reads;
    let busy = window.saturating_sub(end.tally.idle - start.tally.idle);
    let (rate, outstanding) = match options.pace() {
        Pace::Closed { window } => (Value::Text("max"), int(u64::from(window))),
        Pace::Open { rate } => (real(rate, 3), Value::Null),
    };
    Report(vec![
        ("protocol", Value::Text(options.protocol.name())),
        ("clients", int(u64::from(options.clients))),
        ("senders", int(u64::from(options.senders()))),
        ("size", int(u64::from(options.size))),
        ("rate", rate),
        ("window", outstanding),
        ("secs", real(seconds(window), 3)),
        ("sent", int(flow.sent)),
        ("unsent", int(flow.unsent())),
        ("expected", int(flow.expected)),
        ("delivered", int(counts.delivered)),
        ("lost", int(flow.expected.saturating_sub(counts.delivered))),
        ("duplicated", int(counts.duplicated)),
        ("reordered", int(counts.reordered)),
        ("disordered", int(order.as_ref().map(|order| order.disordered))),
        ("corrupt", int(counts.corrupt)),
        ("other_lines", int(counts.other)),
        ("disconnected", int(tally.disconnected)),
        ("stalled_closed", int(tally.stalled_closed)),
        ("extras_closed", int(tally.extras_closed)),
        ("deliveries_per_s", real(delivered as f64 / seconds(window.max(1)), 1)),
        ("p50_us", real(latency.quantile_us(0.5), 1)),
        ("p99_us", real(latency.quantile_us(0.99), 1)),
        ("p999_us", real(latency.quantile_us(0.999), 1)),
        ("max_us", real(latency.max_us(), 1)),
        ("deliveries_per_read", real((reads > 0).then(|| delivered as f64 / reads as f64), 2)),
        ("generator_util", real(share(busy), 3)),
        ("server_util", real(server_cpu.and_then(share), 3)),
        ("server_cpu_ns_per_delivery", real(server_cpu.and_then(per_delivery), 2)),
        ("server_rss_bytes", int(server_rss)),
    ])
}

/// Lets the connections rest and reports their cost to the server.
pub(crate) fn rest(
    engine: &mut Engine,
    options: &Options,
    pids: &[u32],
    rss_before: Option<u64>,
) -> Result<Report, Failure> {
    let began = engine.clock.now();
    let mut last = (engine.tally.reads, began);
    loop {
        let now = engine.clock.now();
        if engine.tally.reads != last.0 {
            last = (engine.tally.reads, now);
        }
        let settled = now - began >= SETTLE && now - last.1 >= QUIET;
        if settled || now - began >= SETTLE_TIMEOUT {
            break;
        }
        engine.progress.show(now, || "settling".to_owned());
        engine.turn(now + QUIET)?;
    }
    engine.progress.clear();
    let rss_after = process::all(pids, process::rss_bytes);
    let grown = rss_before.zip(rss_after).map(|(before, after)| after.saturating_sub(before));
    let each = grown.map(|bytes| bytes as f64 / f64::from(options.connections()));
    Ok(Report(vec![
        ("protocol", Value::Text(options.protocol.name())),
        ("clients", int(u64::from(options.clients))),
        ("disconnected", int(engine.tally.disconnected)),
        ("server_rss_before", int(rss_before)),
        ("server_rss_after", int(rss_after)),
        ("rss_bytes_per_connection", real(each, 1)),
    ]))
}

impl Engine {
    /// Waits until a message of one sender reaches all receivers.
    fn probe(&mut self) -> Result<(), Failure> {
        let began = self.clock.now();
        let all = self.ledger.flow.live();
        let receivers = self.ledger.flow.receivers();
        let mut sequence = 0;
        loop {
            let now = self.clock.now();
            let reached = self.ledger.probed_count;
            if self.tally.disconnected > 0 {
                let gone = self.tally.disconnected;
                return Err(Failure::setup(format!(
                    "the server closed {gone} of {all} connections before the start"
                )));
            }
            if reached >= receivers {
                return Ok(());
            }
            if now - began >= PROBE_TIMEOUT {
                return Err(Failure::setup(format!(
                    "a message to everyone reached only {reached} of {receivers}"
                )));
            }
            if now >= began + u64::from(sequence) * PROBE_EVERY {
                let stamp = Stamp { sender: PROBE, sequence, time: now };
                self.send(0, stamp);
                sequence += 1;
            }
            self.progress.show(now, || format!("reached {reached} of {receivers}"));
            self.turn(began + u64::from(sequence) * PROBE_EVERY)?;
        }
    }

    /// Goes on for `secs` seconds. True if it ended early because nothing moves.
    fn keep_up(&mut self, phase: &str, secs: f64) -> Result<bool, Failure> {
        let began = self.clock.now();
        let until = began + (secs * 1e9) as u64;
        let mut watch = began;
        loop {
            let now = self.clock.now();
            if now >= until {
                return Ok(false);
            }
            if self.ledger.flow.live() < 2 {
                return Ok(true);
            }
            if now >= watch {
                watch = now + WATCH_EVERY;
                if self.ledger.flow.is_stuck(now, PATIENCE) {
                    return Ok(true);
                }
            }
            let delivered = self.ledger.tracker.counts.delivered;
            self.progress.show(now, || {
                let done = seconds(now - began);
                format!("{phase} {done:.1} of {secs} s, {delivered} delivered")
            });
            self.turn(until)?;
        }
    }

    /// Waits for deliveries under way.
    fn drain(&mut self, timeout: u64) -> Result<(), Failure> {
        let until = self.clock.now() + timeout;
        loop {
            let now = self.clock.now();
            let pending = self.ledger.pending();
            if now >= until || pending == 0 && self.ledger.flow.unsent() == 0 {
                return Ok(());
            }
            self.progress.show(now, || format!("waiting for {pending} deliveries"));
            self.turn(until)?;
        }
    }
}
