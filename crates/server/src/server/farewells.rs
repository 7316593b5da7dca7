//! The output that ended sessions are still owed.

use super::Server;
use super::core::Wake;
use super::handshakes::wants_websocket;
use crate::base::{CloseReason, SessionId};
use crate::limits::{FAREWELL_MS, FAREWELL_STOP_MS};
use crate::net::Turn;
use crate::session::engine::{Ending, Farewell, Reply, posted};
use crate::session::{Request, Sid};
use mio_wire::eio::{Packet, Payload};
use mio_wire::http::{Head, Method};

impl<S> Server<S> {
    /// Whether a request belongs to an ended session that is still owed something.
    pub(super) fn is_owed(&self, head: &Head<'_>) -> bool {
        self.owed(head).is_some()
    }

    fn owed(&self, head: &Head<'_>) -> Option<Sid> {
        let is_ours = matches!(head.method, Method::Get | Method::Post)
            && head.param("transport").as_deref() == Some("polling")
            && !wants_websocket(head)
            && self.engine_at(head.path).is_some();
        let sid = Sid::parse(&head.param("sid").filter(|_| is_ours)?)?;
        self.core.sessions.farewells.get(sid).map(|_| sid)
    }

    /// Answers a request of an ended session, or gives the reply back if the session is owed
    /// nothing. A poll gets the queue. Packets from the client are dropped without an error,
    /// because it has not heard of the end yet.
    pub(super) fn say_farewell(
        &mut self,
        turn: &mut Turn<'_>,
        request: Request,
        reply: Reply,
    ) -> Result<(), Reply> {
        let head = request.head();
        let Some(sid) = self.owed(&head) else { return Err(reply) };
        let is_post = head.method == Method::Post;
        let reply = if self.core.is_stopping { reply.closing() } else { reply };
        let Some(mut farewell) = self.core.sessions.farewells.take(sid) else { return Err(reply) };
        let (_, _, mut wire) = self.core.wire(turn.out);
        let is_over = if is_post {
            reply.ok(&mut wire);
            let (body, is_octet_stream) = posted(request);
            closes(&farewell, &body, is_octet_stream)
        } else {
            farewell.answer(&mut wire, reply)
        };
        if !is_over {
            self.keep_farewell(turn, sid, farewell);
        }
        Ok(())
    }

    /// Keeps a session's farewell for a while, counted from the session's end. Once the server
    /// stops it counts from the last request, so that a slow network does not use it up.
    fn keep_farewell(&mut self, turn: &Turn<'_>, sid: Sid, mut farewell: Farewell) {
        let is_stopping = self.core.is_stopping;
        if farewell.due_ms == 0 || is_stopping {
            let patience_ms = if is_stopping { FAREWELL_STOP_MS } else { FAREWELL_MS };
            farewell.due_ms = turn.now.ms + patience_ms;
            self.core.wakes.set(farewell.due_ms, Wake::Farewell(sid));
        }
        self.core.sessions.farewells.keep(sid, farewell);
    }

    /// The time for fetching a farewell may be over.
    pub(super) fn wake_farewell(&mut self, turn: &Turn<'_>, sid: Sid) {
        let farewells = &mut self.core.sessions.farewells;
        if farewells.get(sid).is_some_and(|farewell| farewell.due_ms <= turn.now.ms) {
            farewells.take(sid);
        }
    }

    /// Ends a session's connections, in the way of its protocol.
    pub(super) fn end_engine(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        reason: CloseReason,
        ending: Ending,
    ) {
        let account = self.core.sessions.get(id).map(|session| session.account);
        let (sessions, _, mut wire) = self.core.wire(turn.out);
        let Some(engine) = sessions.engine(id) else { return };
        let (sid, websocket) = (engine.sid, engine.websocket());
        if let Some(mut farewell) = engine.end(&mut wire, ending) {
            farewell.account =
                account.filter(|account| !self.core.admission.accounts().is_exempt(*account));
            self.keep_farewell(turn, sid, farewell);
        }
        if let Some(connection) = websocket {
            turn.out.close(connection, reason);
        }
    }
}

/// Whether packets that a client has sent end its session.
fn closes(farewell: &Farewell, body: &[u8], is_octet_stream: bool) -> bool {
    let mut packets = Payload::resume(farewell.version(), is_octet_stream, body, 0, 0);
    packets.any(|packet| matches!(packet, Ok(Packet::Close)))
}
