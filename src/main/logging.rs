//! Standard error: the banner, the log, the last words. None of these may block the server.

use log::{LevelFilter, Log, Metadata, Record};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use simple_logger::SimpleLogger;
use std::io::{self, Write};
use std::panic;

/// Writes `text`, less than a page, to standard error. If nobody reads it, it is lost.
pub(crate) fn say(text: &str) {
    if takes_a_line() {
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// Logs lines of `level` and above to standard error.
pub(crate) fn start(level: LevelFilter) {
    let inner = SimpleLogger::new().with_level(level).with_utc_timestamps();
    if log::set_boxed_logger(Box::new(Harmless { inner })).is_ok() {
        log::set_max_level(level);
    }
}

/// A logger that can neither block the loop nor end the process. It drops a line when standard
/// error is a pipe that nobody empties. A failing write (a closed pipe, a full disk), which
/// `eprintln!` turns into a panic, stays in here.
struct Harmless {
    inner: SimpleLogger,
}

impl Log for Harmless {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.inner.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) && takes_a_line() {
            let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| self.inner.log(record)));
        }
    }

    fn flush(&self) {}
}

/// Whether standard error takes a write at once. (A pipe that says so has room for a page.)
fn takes_a_line() -> bool {
    let stderr = io::stderr();
    let mut fds = [PollFd::new(&stderr, PollFlags::OUT)];
    let broken = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    match poll(&mut fds, Some(&Timespec::default())) {
        Ok(1) => fds[0].revents().contains(PollFlags::OUT) && !fds[0].revents().intersects(broken),
        _ => false,
    }
}
