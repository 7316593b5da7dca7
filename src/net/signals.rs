//! Signals: taken while a loop runs, and left as they were before.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::flag;
use signal_hook_mio::v1_0::Signals;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{fs, io};

/// All but the first two are taken so that they do not end the process. (SIGXFSZ: a file has come
/// to its limit; whoever writes it is told so by the write, also behind the loop.)
const TAKEN: [i32; 6] = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXFSZ];

/// Loops that have taken them.
static LOOPS: AtomicUsize = AtomicUsize::new(0);
/// No loop has: a signal does what it did by default.
static IS_FREE: AtomicBool = AtomicBool::new(true);
/// A first loop has seen to that.
static IS_SEEN_TO: AtomicBool = AtomicBool::new(false);

/// The signals of one loop.
///
/// A handler once installed stays: what a signal does by default is done by hand when no loop has
/// taken it. One for which the process had a handler before, or which it ignored, is left to that.
pub(super) struct Taken {
    signals: Signals,
}

impl Taken {
    /// Takes them.
    ///
    /// # Errors
    /// They cannot be taken.
    pub(super) fn new() -> io::Result<Self> {
        if !IS_SEEN_TO.swap(true, Ordering::SeqCst) {
            let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
            let given_back = TAKEN.into_iter().filter(|signal| *signal != SIGXFSZ);
            for signal in given_back.filter(|signal| is_default(&status, *signal)) {
                flag::register_conditional_default(signal, &IS_FREE)?;
            }
        }
        let signals = Signals::new(TAKEN)?;
        LOOPS.fetch_add(1, Ordering::SeqCst);
        IS_FREE.store(false, Ordering::SeqCst);
        Ok(Self { signals })
    }

    /// What a poll is to watch.
    pub(super) const fn source(&mut self) -> &mut Signals {
        &mut self.signals
    }

    /// Those that have come.
    pub(super) fn pending(&mut self) -> Vec<i32> {
        self.signals.pending().collect()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if LOOPS.fetch_sub(1, Ordering::SeqCst) == 1 {
            IS_FREE.store(true, Ordering::SeqCst);
        }
    }
}

/// Whether a process with this `/proc/self/status` neither handles a signal nor ignores it
/// (proc_pid_status(5)). Where there is no such file, it is taken for one that does not.
fn is_default(status: &str, signal: i32) -> bool {
    let has = |mask: &str| {
        let mask = status.lines().find_map(|line| line.strip_prefix(mask));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    };
    !has("SigCgt:") && !has("SigIgn:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_handles_or_ignores_is_left_to_that() {
        let status = "Name:\tx\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000004000\n";
        let taken = [SIGHUP, SIGTERM, SIGINT].map(|signal| is_default(status, signal));
        assert_eq!(taken, [false, false, true]);
        assert!(is_default("", SIGTERM));
    }
}
