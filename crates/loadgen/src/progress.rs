//! A line on the terminal which says how far the run is.

use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

use crate::clock::nanos;

/// How often the line is rewritten at most.
const EVERY: u64 = nanos(Duration::from_millis(200));

/// The line, if there is a terminal to show it on.
pub(crate) struct Progress {
    terminal: bool,
    shown: bool,
    next: u64,
}

impl Progress {
    /// Nothing shown yet.
    pub(crate) fn new() -> Self {
        Self { terminal: stderr().is_terminal(), shown: false, next: 0 }
    }

    /// Shows a text in place of the last one, unless that was a moment ago.
    pub(crate) fn show(&mut self, now: u64, text: impl FnOnce() -> String) {
        if self.terminal && now >= self.next {
            self.next = now + EVERY;
            self.shown = true;
            // A terminal which is gone is no reason to end the run.
            let _ = write!(stderr(), "\r\x1b[K{}", text());
        }
    }

    /// Wipes the line.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
