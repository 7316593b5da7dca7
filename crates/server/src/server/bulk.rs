//! The pace of all large requests together, so that everybody else's events do not wait for them.

use super::core::Wake;
use super::routes::Methods;
use super::web::{WebRequest, WebResponse};
use super::{Builder, Context, Server};
use crate::base::{ConnectionId, NEVER_MS};
use crate::limits::{BULK_BYTES_PER_MS, BULK_SILENCE_MS, BULK_WAIT_MS_MAX};
use crate::net::Turn;
use crate::session::{HttpDoor, Peer};
use std::collections::VecDeque;

/// The requests for bulk routes, whose bodies are read one after the other. Nothing is booked in
/// advance: a body has its turn while its bytes come, and only bytes that have come take time from
/// the next ones. So a client that announces bytes and sends none holds up nobody for long.
#[derive(Debug)]
pub(super) struct Bulk {
    /// The bodies that wait for their turns, with the times at which they are read at the latest.
    /// Each connection has at most one.
    waiting: VecDeque<(ConnectionId, u64)>,
    /// The body whose turn it is.
    reading: Option<ConnectionId>,
    /// The time at which it loses its turn unless more of it comes.
    silent_at_ms: u64,
    /// The time by which all bytes that have come are read, in bytes at their pace since the start.
    free_at: u64,
    /// The deadline set for the next turn.
    wakes_at_ms: u64,
}

impl Default for Bulk {
    fn default() -> Self {
        let (waiting, reading) = (VecDeque::new(), None);
        Self { waiting, reading, silent_at_ms: 0, free_at: 0, wakes_at_ms: NEVER_MS }
    }
}

impl Bulk {
    /// A body begins. Returns whether it is read now; otherwise it waits for its turn.
    fn begin(&mut self, id: ConnectionId, now_ms: u64) -> bool {
        let is_now = self.waiting.is_empty() && self.free_ms() <= now_ms;
        if is_now {
            self.read(id, now_ms);
        } else {
            // Nobody's wait is longer, however many come.
            self.waiting.push_back((id, now_ms + BULK_WAIT_MS_MAX));
        }
        is_now
    }

    fn read(&mut self, id: ConnectionId, now_ms: u64) {
        (self.reading, self.silent_at_ms) = (Some(id), now_ms + BULK_SILENCE_MS);
    }

    /// Bytes of a body have come.
    fn came(&mut self, id: ConnectionId, now_ms: u64, bytes: usize) {
        let now = now_ms.saturating_mul(BULK_BYTES_PER_MS);
        let latest = now.saturating_add(BULK_WAIT_MS_MAX * BULK_BYTES_PER_MS);
        self.free_at = self.free_at.max(now).saturating_add(bytes as u64).min(latest);
        if bytes > 0 && self.reading == Some(id) {
            self.silent_at_ms = now_ms + BULK_SILENCE_MS;
        }
    }

    /// A body is here, or will not come.
    fn end(&mut self, id: ConnectionId) {
        if self.reading == Some(id) {
            self.reading = None;
        }
    }

    /// The time at which the next body can be read.
    fn free_ms(&self) -> u64 {
        let read_ms = self.free_at / BULK_BYTES_PER_MS;
        if self.reading.is_some() { read_ms.max(self.silent_at_ms) } else { read_ms }
    }

    /// The time at which the first of those that wait is read.
    fn due_ms(&self) -> Option<u64> {
        let (_, latest_ms) = self.waiting.front()?;
        Some(self.free_ms().min(*latest_ms))
    }

    /// The next body, if it is read now.
    fn next(&mut self, now_ms: u64) -> Option<ConnectionId> {
        self.due_ms().filter(|due_ms| *due_ms <= now_ms)?;
        let (id, _) = self.waiting.pop_front()?;
        self.read(id, now_ms);
        Some(id)
    }
}

impl<S> Builder<S> {
    /// Like [`Self::post_route`], for large bodies that nobody waits for, such as the pieces of a
    /// file. All requests for such routes together are read at 32 MiB/s, one after the other, so
    /// that everybody else's events do not wait for them. A client whose bytes do not come
    /// loses its turn to the next.
    ///
    /// ```
    /// use mio_socketio::{Server, WebResponse};
    ///
    /// let server = Server::builder()
    ///     .bulk_route("/upload", |_, request| {
    ///         let kept = std::fs::write("upload", request.body);
    ///         WebResponse::text(if kept.is_ok() { 200 } else { 503 }, "")
    ///     })
    ///     .build(());
    /// # drop(server);
    /// ```
    ///
    /// # Panics
    /// As [`Self::route`].
    pub fn bulk_route(
        self,
        path: &str,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        let mut all = self.answers(path, Methods::Post, HttpDoor::Clients, handler);
        all.handlers.routes.pace(path);
        all
    }
}

impl<S> Server<S> {
    /// Has a request whose head is here wait for its turn, if it is for a bulk route and others are
    /// before it. Its body is not read until then. Returns whether it waits.
    pub(super) fn waits_for_bulk(&mut self, turn: &mut Turn<'_>, id: ConnectionId) -> bool {
        if turn.out.closing(id.index()).is_some() {
            return false;
        }
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return false };
        let Some(head) = peer.begun() else { return false };
        if !self.handlers.routes.is_bulk(head.path, head.method) {
            return false;
        }
        peer.is_bulk = true;
        let now_ms = turn.now.ms;
        let is_now = self.core.bulk.begin(id, now_ms);
        self.core.bulk.came(id, now_ms, peer.input_bytes());
        if !is_now {
            peer.held_until_ms = Some(now_ms + BULK_WAIT_MS_MAX);
            turn.out.hold(id);
        }
        self.wake_bulk_later();
        !is_now
    }

    /// Bytes have come on a connection, and may be those of a bulk route's body.
    pub(super) fn bulk_came(&mut self, id: ConnectionId, now_ms: u64, bytes: usize) {
        if let Some(Peer::Http(peer)) = self.core.sessions.peers.get(id)
            && peer.is_bulk
        {
            self.core.bulk.came(id, now_ms, bytes);
        }
    }

    /// A request is here as a whole, or its connection is gone. The next body has its turn.
    pub(super) fn end_bulk(&mut self, id: ConnectionId) {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        if std::mem::take(&mut peer.is_bulk) {
            self.core.bulk.end(id);
            self.wake_bulk_later();
        }
    }

    /// Bodies may have their turns.
    pub(super) fn wake_bulk(&mut self, turn: &mut Turn<'_>, at_ms: u64) {
        if self.core.bulk.wakes_at_ms != at_ms {
            return;
        }
        self.core.bulk.wakes_at_ms = NEVER_MS;
        if let Some(id) = self.core.bulk.next(turn.now.ms) {
            match self.core.sessions.peers.get(id) {
                Some(Peer::Http(peer)) if peer.is_bulk && peer.held_until_ms.is_some() => {
                    self.core.wakes.set(turn.now.ms, Wake::Resume(id));
                }
                // It has gone.
                _ => self.core.bulk.end(id),
            }
        }
        self.wake_bulk_later();
    }

    /// Sets the deadline of the next turn, unless an earlier one is set: that one will look again.
    fn wake_bulk_later(&mut self) {
        let Some(due_ms) = self.core.bulk.due_ms() else { return };
        if self.core.bulk.wakes_at_ms > due_ms {
            self.core.bulk.wakes_at_ms = due_ms;
            self.core.wakes.set(due_ms, Wake::Bulk(due_ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: usize = 8 * BULK_BYTES_PER_MS as usize;

    fn id(of: u32) -> ConnectionId {
        ConnectionId::new(of, 0)
    }

    #[test]
    fn bodies_are_read_one_after_the_other_at_their_pace() {
        let mut bulk = Bulk::default();
        assert_eq!(bulk.due_ms(), None);
        assert!(bulk.begin(id(0), 100), "nobody is before it");
        assert!(!bulk.begin(id(1), 100) && !bulk.begin(id(2), 100));
        bulk.came(id(0), 102, PIECE);
        bulk.end(id(0));
        assert_eq!((bulk.next(109), bulk.due_ms()), (None, Some(110)));
        assert_eq!(bulk.next(110), Some(id(1)));
        // An eighth of it comes, and then nothing more.
        bulk.came(id(1), 112, PIECE / 8);
        assert_eq!(bulk.due_ms(), Some(112 + BULK_SILENCE_MS));
        assert_eq!(bulk.next(120), Some(id(2)));
        bulk.end(id(1));
        assert!(!bulk.begin(id(3), 121), "the end of a body that has lost its turn is nothing");
        bulk.end(id(2));
        assert_eq!(bulk.due_ms(), Some(113), "a body that has gone without a byte costs nothing");
    }

    #[test]
    fn nobody_waits_for_long_however_much_comes() {
        let mut bulk = Bulk::default();
        assert!(bulk.begin(id(0), 100));
        for _ in 0..1000 {
            bulk.came(id(0), 200, PIECE);
        }
        assert!(!bulk.begin(id(1), 200));
        assert_eq!(bulk.due_ms(), Some(200 + BULK_WAIT_MS_MAX));
        assert_eq!(bulk.next(200 + BULK_WAIT_MS_MAX), Some(id(1)));
        bulk.end(id(1));
        assert!(bulk.begin(id(2), 200 + 2 * BULK_WAIT_MS_MAX));
    }
}
