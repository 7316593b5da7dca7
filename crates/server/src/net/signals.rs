//! Signals: taken while a loop runs, and restored afterwards.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::flag;
use signal_hook_mio::v1_0::Signals;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

/// All but the first two are taken only so that they do not end the process. (SIGXFSZ: a file has
/// reached its limit; the write reports that to its caller, also after the loop.)
const TAKEN: [i32; 6] = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXFSZ];

/// Whether no loop has taken them, so that a signal has its default effect. Changed only with
/// [`LOOPS`] locked.
static IS_FREE: AtomicBool = AtomicBool::new(true);
/// The process may run several loops in its threads. They begin and end one after another here;
/// otherwise the end of one could give back signals that the next has just taken.
static LOOPS: Mutex<Loops> = Mutex::new(Loops { count: 0, are_seen_to: false });

/// The loops of the process.
struct Loops {
    /// The number of loops that have taken the signals.
    count: usize,
    /// Whether the default effect of a signal is produced by hand while no loop has taken it.
    are_seen_to: bool,
}

impl Loops {
    /// Nothing panics while it is held.
    fn lock() -> MutexGuard<'static, Self> {
        LOOPS.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signals of one loop.
///
/// An installed handler stays: afterwards the default effect of a signal is produced by hand when
/// no loop has taken it. Signals that the process handled or ignored before are left to that.
pub(super) struct Taken {
    signals: Signals,
}

impl Taken {
    /// Takes them.
    ///
    /// # Errors
    /// If they cannot be taken.
    pub(super) fn new() -> io::Result<Self> {
        let mut loops = Loops::lock();
        if !loops.are_seen_to {
            let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
            let given_back = TAKEN.into_iter().filter(|signal| *signal != SIGXFSZ);
            for signal in given_back.filter(|signal| is_default(&status, *signal)) {
                flag::register_conditional_default(signal, &IS_FREE)?;
            }
            loops.are_seen_to = true;
        }
        let signals = Signals::new(TAKEN)?;
        loops.count += 1;
        IS_FREE.store(false, Ordering::SeqCst);
        Ok(Self { signals })
    }

    /// The source for a poll.
    pub(super) const fn source(&mut self) -> &mut Signals {
        &mut self.signals
    }

    /// The signals that have come.
    pub(super) fn pending(&mut self) -> Vec<i32> {
        self.signals.pending().collect()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut loops = Loops::lock();
        loops.count -= 1;
        IS_FREE.store(loops.count == 0, Ordering::SeqCst);
    }
}

/// Whether a process with this `/proc/self/status` neither handles a signal nor ignores it
/// (proc_pid_status(5)). Without such a file the answer is yes.
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
