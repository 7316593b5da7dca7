//! What sessions that have ended are still owed, and the end of the server, which waits for it.

use super::Server;
use super::core::Wake;
use super::handshakes::wants_websocket;
use crate::base::{CloseReason, SessionId};
use crate::limits::{FAREWELL_MS, FAREWELL_STOP_MS};
use crate::net::Turn;
use crate::proto::eio::{Packet, Payload, jsonp};
use crate::proto::http::{Head, Method};
use crate::session::engine::{Ending, Farewell, Reply};
use crate::session::{Request, Sid};

impl<S> Server<S> {
    /// Whether a request is one of a session that has ended and is still owed something.
    pub(super) fn is_owed(&self, head: &Head<'_>) -> bool {
        self.owed(head).is_some()
    }

    fn owed(&self, head: &Head<'_>) -> Option<Sid> {
        let is_ours = matches!(head.method, Method::Get | Method::Post)
            && head.param("transport").as_deref() == Some("polling")
            && !wants_websocket(head)
            && self.engine_at(head.path).is_some();
        let sid = Sid::parse(&head.param("sid").filter(|_| is_ours)?)?;
        self.core.sessions.farewell(sid).map(|_| sid)
    }

    /// Answers a request of a session that has ended, or gives the reply back if nothing is owed:
    /// a poll gets what was queued. Packets that the client has sent are for nobody, and no error:
    /// it has not heard of the end yet.
    pub(super) fn say_farewell(
        &mut self,
        turn: &mut Turn<'_>,
        request: Request,
        reply: Reply,
    ) -> Result<(), Reply> {
        let head = request.head();
        let Some(sid) = self.owed(&head) else { return Err(reply) };
        let is_post = head.method == Method::Post;
        let is_octet_stream = head
            .header("content-type")
            .is_some_and(|it| it.starts_with("application/octet-stream"));
        let is_jsonp = head.param("j").is_some();
        let reply = if self.core.is_stopping { reply.closing() } else { reply };
        let Some(mut farewell) = self.core.sessions.take_farewell(sid) else { return Err(reply) };
        let (_, _, mut wire) = self.core.wire(turn.out);
        let is_over = if is_post {
            reply.ok(&mut wire);
            let body = match is_jsonp {
                true => jsonp::unwrap(request.body()).unwrap_or_default(),
                false => request.into_body(),
            };
            closes(&farewell, &body, is_octet_stream)
        } else {
            farewell.answer(&mut wire, reply)
        };
        if !is_over {
            let due_ms = farewell.due_ms;
            self.keep_farewell(turn, sid, farewell, due_ms);
        }
        Ok(())
    }

    /// Keeps what a session is owed for a while, at least until `due_ms`.
    fn keep_farewell(&mut self, turn: &Turn<'_>, sid: Sid, mut farewell: Farewell, due_ms: u64) {
        let is_new = farewell.due_ms == 0;
        let patience_ms = if self.core.is_stopping { FAREWELL_STOP_MS } else { FAREWELL_MS };
        let from_now_ms = turn.now.ms + patience_ms;
        let is_later = is_new || self.core.is_stopping;
        farewell.due_ms = if is_later { from_now_ms } else { due_ms };
        self.core.sessions.keep_farewell(sid, farewell);
        if is_later {
            self.core.wakes.set(from_now_ms, Wake::Farewell(sid));
        }
    }

    /// The patience with a session that has ended may be over.
    pub(super) fn wake_farewell(&mut self, turn: &Turn<'_>, sid: Sid) {
        let farewell = self.core.sessions.farewell(sid);
        if farewell.is_some_and(|farewell| farewell.due_ms <= turn.now.ms) {
            self.core.sessions.take_farewell(sid);
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
        let (sessions, _, mut wire) = self.core.wire(turn.out);
        let Some(engine) = sessions.engine(id) else { return };
        let (sid, websocket) = (engine.sid, engine.websocket());
        if let Some(farewell) = engine.end(&mut wire, ending) {
            self.keep_farewell(turn, sid, farewell, 0);
        }
        if let Some(connection) = websocket {
            turn.out.close(connection, reason);
        }
    }

    /// The server is to end: all sessions do. Whoever polls comes once more, or a few times, for
    /// what they have been sent.
    pub(super) fn stop(&mut self, turn: &mut Turn<'_>) {
        self.call(turn, |handlers, cx| (handlers.stopping)(cx));
        self.core.is_stopping = true;
        let due_ms = turn.now.ms + FAREWELL_STOP_MS;
        for sid in self.core.sessions.hurry_farewells(due_ms) {
            self.core.wakes.set(due_ms, Wake::Farewell(sid));
        }
        let all: Vec<SessionId> = self.core.sessions.iter().map(|(id, _)| id).collect();
        for id in all {
            self.leave(turn, id, CloseReason::ServerShutdown, Ending::Shutdown);
        }
        self.core.leaving.clear();
        self.core.answered.clear();
        self.core.whose = None;
        self.end_waiting(turn);
        let calls_a_handler = |wake: &Wake<S>| matches!(wake, Wake::Timer(..) | Wake::NoAck(..));
        self.call(turn, |handlers, cx| (handlers.shutdown)(cx));
    }

    /// Nobody is here any more: those who wait for an answer learn that there is none, and for
    /// timers the time does not come.
    fn end_waiting(&mut self, turn: &mut Turn<'_>) {
        for wake in self.core.wakes.take_where(calls_a_handler) {
            if let Wake::NoAck(namespace, on_ack, why) = wake {
                self.call_in(turn, namespace, |_, cx| on_ack(cx, Err(why)));
            }
        }
    }

    /// Ends what is left of a server that stops, once nobody is owed anything: a turn later, when
    /// the doors are closed, so that nobody who has seen an end is let in again.
    pub(super) fn finish_stop(&mut self, turn: &mut Turn<'_>) {
        if !self.core.is_stopping || self.core.sessions.owes() {
            return;
        }
        if std::mem::replace(&mut self.core.is_owing_nothing, true) {
            return self.close_requests(turn);
        }
        self.core.wakes.set(turn.now.ms, Wake::Turn);
    }
}

/// Whether packets that a client has sent end its session.
fn closes(farewell: &Farewell, body: &[u8], is_octet_stream: bool) -> bool {
    let mut packets = Payload::resume(farewell.version(), is_octet_stream, body, 0, 0);
    packets.any(|packet| matches!(packet, Ok(Packet::Close)))
}
