//! Wakes a loop from elsewhere.

use mio::{Registry, Token, Waker};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Wakes one loop, from any thread. It may be rung before the loop begins, which then hears it at
/// once.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Rope>);

#[derive(Debug, Default)]
struct Rope {
    /// `None` until a poll listens.
    waker: OnceLock<Waker>,
    /// The loop must end.
    stops: AtomicBool,
}

impl Bell {
    /// Wakes the loop.
    pub fn ring(&self) {
        // The poll has ended, or is full of wakes already.
        let _ = self.0.waker.get().map(Waker::wake);
    }

    /// Tells the loop to end.
    pub fn stop(&self) {
        self.0.stops.store(true, Ordering::Release);
        self.ring();
    }

    /// Whether the loop was told to end.
    pub fn is_stopped(&self) -> bool {
        self.0.stops.load(Ordering::Acquire)
    }

    /// Lets a poll hear it under `token`, and rings for what came before.
    pub(super) fn hang(&self, registry: &Registry, token: Token) -> io::Result<()> {
        let waker = Waker::new(registry, token)?;
        self.0.waker.set(waker).map_err(|_| io::Error::other("another loop listens already"))?;
        self.ring();
        Ok(())
    }
}
