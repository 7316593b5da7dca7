//! Linux's figures about this process (proc(5)), under the names that Prometheus' own clients use.

use super::single;
use crate::limits::{PAGE_BYTES, USER_TICKS_PER_S};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt;
use std::fs;

/// Metrics of the process; those that the system does not offer are left out. Constant ones are
/// read once.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) struct Process {
    began_s: Option<f64>,
    /// The limit of open files at the start, from which the number of clients was derived.
    files_max: Option<f64>,
}

impl Process {
    /// The current process.
    pub(in crate::chat) fn this() -> Self {
        Self { began_s: start_seconds(&stat()), files_max: files_max() }
    }

    /// The system's current figures, as one line, in the order of [`Readings`].
    pub(in crate::chat) fn read(&self) -> String {
        let now = [cpu_seconds(&stat()), self.began_s, resident_bytes(), open_files()];
        let all = now.into_iter().chain([self.files_max]);
        let words: Vec<String> =
            all.map(|value| value.map_or("-".to_owned(), |value| value.to_string())).collect();
        words.join(" ")
    }
}

/// The system's figures: processor time, the start of the process, its memory, its open files, and
/// their limit.
#[derive(Debug)]
pub(in crate::chat) struct Readings(Vec<Option<f64>>);

impl Readings {
    /// Reads a line of [`Process::read`].
    pub(in crate::chat) fn of(line: &str) -> Self {
        Self(line.split(' ').map(|word| word.parse().ok()).collect())
    }
}

impl Collector for Readings {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut values = self.0.iter().copied();
        if let Some(seconds) = values.next().flatten() {
            let help = "Time that the processor has spent on the process, in seconds";
            single(&mut encoder, "process_cpu_seconds", help, &ConstCounter::new(seconds))?;
        }
        let gauges = [
            ("start_time_seconds", "When the process began, in Unix seconds"),
            ("resident_memory_bytes", "Memory of the process"),
            ("open_fds", "Files and sockets open now"),
            ("max_fds", "Files and sockets that may be open"),
        ];
        for ((name, help), value) in gauges.into_iter().zip(values) {
            let Some(value) = value else { continue };
            single(&mut encoder, &format!("process_{name}"), help, &ConstGauge::new(value))?;
        }
        Ok(())
    }
}

fn stat() -> String {
    fs::read_to_string("/proc/self/stat").unwrap_or_default()
}

/// The field of a `stat` with this number, counted as in proc(5). The second field, a name, may
/// contain anything.
fn field(stat: &str, number: usize) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(number.checked_sub(3)?)?.parse().ok()
}

/// Seconds of processor time, in this program and in the system on its behalf.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let ticks = field(stat, 14)? + field(stat, 15)?;
    Some(ticks as f64 / USER_TICKS_PER_S as f64)
}

/// When the process began.
fn start_seconds(stat: &str) -> Option<f64> {
    let ticks = field(stat, 22)?;
    let system = fs::read_to_string("/proc/stat").ok()?;
    let booted = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(booted.trim().parse::<u64>().ok()? as f64 + ticks as f64 / USER_TICKS_PER_S as f64)
}

fn resident_bytes() -> Option<f64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages = statm.split(' ').nth(1)?.parse::<u64>().ok()?;
    Some((pages * PAGE_BYTES) as f64)
}

fn open_files() -> Option<f64> {
    let list = "/proc/self/fd";
    let count = match fs::metadata(list).ok()?.len() {
        // Before Linux 6.2 they must be counted, which takes 10 ms for 10,000. The list itself is
        // one of them.
        0 => u64::try_from(fs::read_dir(list).ok()?.count().checked_sub(1)?).ok()?,
        count => count,
    };
    Some(count as f64)
}

fn files_max() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_moves_no_field() {
        let stat = "7 (a) b) 1 2) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 1 0 12345 1 1";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(field(stat, 22), Some(12_345));
        assert_eq!((cpu_seconds(""), start_seconds("1 (x) S")), (None, None));
    }

    #[test]
    fn what_is_read_is_the_same_after_it_was_a_line() {
        let process = Process { began_s: Some(1_767_225_600.25), files_max: None };
        let Readings(values) = Readings::of(&process.read());
        assert_eq!((values.len(), values[1], values[4]), (5, process.began_s, None));
        assert!(values[2].is_some_and(|bytes| bytes > 0.0));
    }
}
