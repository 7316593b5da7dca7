//! The system's figures about the server's process, if it offers any.

use std::fs;

/// Nanoseconds in a tick of `/proc/PID/stat`, which is 1/100 s in that file on every Linux.
const TICK: u64 = 10_000_000;

/// The sum of something over all processes, if there is one and each of them has it.
pub(crate) fn all(pids: &[u32], of: impl Fn(u32) -> Option<u64>) -> Option<u64> {
    let sum = pids.iter().map(|pid| of(*pid)).sum::<Option<u64>>();
    sum.filter(|_| !pids.is_empty())
}

/// User and system time of all threads, in nanoseconds.
pub(crate) fn cpu_nanos(pid: u32) -> Option<u64> {
    scheduled_nanos(pid).or_else(|| ticked_nanos(pid))
}

/// The time according to the scheduler: exact, but not available in every kernel.
fn scheduled_nanos(pid: u32) -> Option<u64> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        total += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    // A kernel without these statistics may show zeros.
    (total > 0).then_some(total)
}

/// The time in ticks.
fn ticked_nanos(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse_ticks(&text).map(|ticks| ticks * TICK)
}

/// The sum of user and system ticks in the text of `/proc/PID/stat`.
fn parse_ticks(text: &str) -> Option<u64> {
    /// The position of the user ticks, counted after the program's name.
    const USER: usize = 11;
    // The name may contain anything, even brackets and spaces.
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(USER);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Resident memory in bytes.
pub(crate) fn rss_bytes(pid: u32) -> Option<u64> {
    // The first one is exact; the other may lag behind by some pages for each thread.
    named_kib(&format!("/proc/{pid}/smaps_rollup"), "Rss:")
        .or_else(|| named_kib(&format!("/proc/{pid}/status"), "VmRSS:"))
        .map(|kib| kib * 1024)
}

/// The number after a name in a file of such lines.
fn named_kib(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_any_name() {
        let text = "12 (a b) 3) R 1 2 3 4 5 6 7 8 9 10 77 23 0 0 20 0";
        assert_eq!(parse_ticks(text), Some(100));
        assert_eq!(parse_ticks("12 (a"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory() {
        assert!(rss_bytes(std::process::id()).is_some_and(|bytes| bytes > 1 << 16));
        assert!(cpu_nanos(std::process::id()).is_some());
        assert_eq!(all(&[], rss_bytes), None);
        assert_eq!(all(&[std::process::id(), u32::MAX], rss_bytes), None);
    }
}
