//! The pace of all large requests together, so that everybody else's events do not wait for them.

use super::core::Wake;
use super::routes::Methods;
use super::web::{WebRequest, WebResponse};
use super::{Builder, Context, Server};
use crate::base::ConnectionId;
use crate::limits::{BULK_BYTES_PER_MS, BULK_WAIT_MS_MAX};
use crate::net::Turn;
use crate::session::{HttpDoor, Peer};
use mio_wire::http::Framing;

/// The requests for bulk routes, which are read one after the other.
#[derive(Debug, Default)]
pub(super) struct Bulk {
    /// The time at which the last of them has been read, in bytes at their pace since the start.
    free_at: u64,
}

impl Bulk {
    /// The time at which a body of this many bytes may be read; `None` if it is now.
    fn turn_of(&mut self, now_ms: u64, bytes: u64) -> Option<u64> {
        let now = now_ms.saturating_mul(BULK_BYTES_PER_MS);
        // Nobody's wait is longer, however many announce a body.
        let latest = now.saturating_add(BULK_WAIT_MS_MAX * BULK_BYTES_PER_MS);
        let begins_at = self.free_at.clamp(now, latest);
        self.free_at = begins_at.saturating_add(bytes).min(latest);
        let at_ms = begins_at / BULK_BYTES_PER_MS;
        (at_ms > now_ms).then_some(at_ms)
    }
}

impl<S> Builder<S> {
    /// Like [`Self::post_route`], for large bodies that nobody waits for, such as the pieces of a
    /// file. All requests for such routes together are read at 32 MiB/s, one after the other, so
    /// that everybody else's events do not wait for them.
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
        let most = self.core.engine.payload_bytes_max as u64;
        let bytes = match head.framing {
            Framing::Length(bytes) => bytes.min(most),
            Framing::None | Framing::Chunked => most,
        };
        let Some(until_ms) = self.core.bulk.turn_of(turn.now.ms, bytes) else { return false };
        peer.held_until_ms = Some(until_ms);
        turn.out.hold(id);
        self.core.wakes.set(until_ms, Wake::Resume(id));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_one_after_the_other_and_nobody_waits_for_long() {
        let mut bulk = Bulk::default();
        let piece = 4 * BULK_BYTES_PER_MS;
        assert_eq!(bulk.turn_of(100, piece), None);
        assert_eq!(bulk.turn_of(100, piece), Some(104));
        assert_eq!(bulk.turn_of(101, piece / 8), Some(108));
        assert_eq!(bulk.turn_of(108, piece), None, "half a millisecond is none");
        assert_eq!(bulk.turn_of(112, 1), None);
        for _ in 0..1000 {
            bulk.turn_of(200, piece);
        }
        assert_eq!(bulk.turn_of(200, piece), Some(200 + BULK_WAIT_MS_MAX));
        assert_eq!(bulk.turn_of(200 + 2 * BULK_WAIT_MS_MAX, piece), None);
    }
}
