//! The way from the hub to outboxes and sessions.

use super::stats::Stats;
use crate::base::{Chunk, Outboxes, Route};
use crate::hub::Delivery;
use crate::session::Sessions;

/// Takes bytes where a route leads.
pub(super) struct Courier<'a> {
    out: &'a mut Outboxes,
    sessions: &'a mut Sessions,
    held: &'a mut Vec<u8>,
    stats: &'a mut Stats,
}

impl<'a> Courier<'a> {
    pub(super) const fn new(
        out: &'a mut Outboxes,
        sessions: &'a mut Sessions,
        held: &'a mut Vec<u8>,
        stats: &'a mut Stats,
    ) -> Self {
        Self { out, sessions, held, stats }
    }
}

impl Delivery for Courier<'_> {
    fn copy(&mut self, route: Route, bytes: &[u8]) {
        self.stats.sent += 1;
        match route {
            Route::Connection(id) => self.out.append(id, bytes),
            Route::Session(id) => {
                if let Some(queue) = self.sessions.queue(id) {
                    queue.append(bytes);
                }
            }
            Route::Held => self.held.extend_from_slice(bytes),
            Route::Elsewhere => (),
        }
    }

    fn share(&mut self, route: Route, chunk: &Chunk) {
        self.stats.sent += 1;
        match route {
            Route::Connection(id) => self.out.push(id, chunk),
            Route::Session(id) => {
                if let Some(queue) = self.sessions.queue(id) {
                    queue.push(chunk);
                }
            }
            Route::Held => self.held.extend_from_slice(chunk.as_bytes()),
            Route::Elsewhere => (),
        }
    }
}
