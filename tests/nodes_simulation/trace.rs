//! The log of one seed that is looked at: of the nodes, and of what is done to them.

use log::{LevelFilter, Log, Metadata, Record};
use std::cell::Cell;

thread_local! {
    static AT: Cell<(u64, &'static str)> = const { Cell::new((0, "-")) };
}

struct Trace;

/// Writes the log to standard error from here on.
pub fn begin() {
    log::set_logger(&Trace).expect("there is no other");
    log::set_max_level(LevelFilter::Info);
}

/// From here on something happens at this time and node.
pub fn at(now_ms: u64, node: &'static str) {
    AT.set((now_ms, node));
}

impl Log for Trace {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    #[allow(clippy::print_stderr, reason = "somebody looks at it")]
    fn log(&self, record: &Record<'_>) {
        let (now_ms, node) = AT.get();
        eprintln!("{now_ms:6} {node} {}", record.args());
    }

    fn flush(&self) {}
}
