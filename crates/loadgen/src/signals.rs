//! SIGINT and SIGTERM end the run, after the server that it started has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::thread::{Timespec, nanosleep};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::failure::Failure;

/// Remembers the signal which came last.
#[derive(Clone)]
pub(crate) struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Starts listening; from here on the signals do not end the process by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let last = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register_usize(signal, Arc::clone(&last), signal as usize)?;
        }
        Ok(Self(last))
    }

    /// Fails once a signal has come.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Failure::signal(signal)),
        }
    }
}

/// Waits; a signal cuts it short.
pub(crate) fn pause(span: Duration) {
    if let Ok(timeout) = Timespec::try_from(span) {
        // An interruption is welcome.
        let _ = nanosleep(&timeout);
    }
}
