//! Packets of Engine.IO in requests and responses.

use super::Server;
use super::core::Core;
use super::panics::Whose;
use crate::base::{CloseReason, ConnectionId, SessionId};
use crate::limits::PAYLOAD_PACKETS_PER_TURN_MAX;
use crate::net::Turn;
use crate::session::engine::{Ending, Reply, posted};
use crate::session::{Peer, Request};
use mio_wire::eio::Payload;

impl<S> Server<S> {
    /// A client asks for packets.
    pub(super) fn poll(&mut self, turn: &mut Turn<'_>, id: SessionId, reply: Reply) {
        self.core.bind_request(reply.connection, id);
        let (sessions, settings, mut wire) = self.core.wire(turn.out);
        let Some(engine) = sessions.engine(id) else { return };
        if engine.posted.is_some() {
            // A heartbeat may be among the posted packets that still wait.
            engine.heard(settings, turn.now.ms);
        }
        if !engine.poll(&mut wire, reply, turn.now.ms) {
            return self.leave(turn, id, CloseReason::ProtocolError, Ending::Fault);
        }
        engine.end_idle_poll(&mut wire, turn.now.ms);
        self.core.wake_beat(id);
        // Posted packets may have waited for this.
        self.pump_post(turn, id);
    }

    /// A request with packets begins to come. False if it is refused.
    pub(super) fn begin_post(
        &mut self,
        turn: &mut Turn<'_>,
        connection: ConnectionId,
        id: SessionId,
        reply: Reply,
    ) -> bool {
        let Some(engine) = self.core.sessions.engine(id) else { return true };
        if engine.websocket().is_some() {
            return true;
        }
        if engine.begin_post(connection) {
            self.core.bind_request(connection, id);
            return true;
        }
        // Two at a time: the order of their packets is lost.
        let (_, _, mut wire) = self.core.wire(turn.out);
        reply.bare(&mut wire, 400);
        self.leave(turn, id, CloseReason::ProtocolError, Ending::Fault);
        false
    }

    /// A request with packets is here.
    pub(super) fn post(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        request: Request,
        reply: Reply,
    ) {
        let connection = reply.connection;
        let Some(engine) = self.core.sessions.engine(id) else { return };
        if !engine.begin_post(connection) {
            let (_, _, mut wire) = self.core.wire(turn.out);
            reply.bare(&mut wire, 400);
            return self.leave(turn, id, CloseReason::ProtocolError, Ending::Fault);
        }
        let (body, is_octet_stream) = posted(request);
        self.core.bind_request(connection, id);
        let Some(engine) = self.core.sessions.engine(id) else { return };
        if let Some(posted) = &mut engine.posted {
            (posted.body, posted.is_octet_stream) = (body, is_octet_stream);
            posted.reply = Some(reply);
        }
        self.pump_post(turn, id);
    }

    /// Handles the packets of a request, one at a time, within the client's pace and the turn's
    /// budget, and while the client fetches its output.
    pub(super) fn pump_post(&mut self, turn: &mut Turn<'_>, id: SessionId) {
        self.core.admission.touch_session(id);
        self.core.whose = Some(Whose::Session(id));
        for _ in 0..PAYLOAD_PACKETS_PER_TURN_MAX {
            let blocked_until_ms = self.core.waits_until(turn.now.ms, id);
            let Some(engine) = self.core.sessions.engine(id) else { return };
            let (version, is_full) = (engine.version, engine.is_full());
            let Some(posted) = engine.posted.as_mut().filter(|posted| posted.reply.is_some())
            else {
                return;
            };
            if is_full && posted.at < posted.body.len() {
                return;
            }
            if let Some(until_ms) = blocked_until_ms {
                return self.core.wake_session(id, until_ms);
            }
            if turn.budget.is_share_over() {
                break;
            }
            let body = std::mem::take(&mut posted.body);
            let (at, count) = (posted.at, posted.count);
            let mut payload = Payload::resume(version, posted.is_octet_stream, &body, at, count);
            let packet = payload.next();
            (posted.at, posted.count) = (payload.at(), payload.packets_read());
            match packet {
                Some(Ok(packet)) => self.packet(turn, id, packet),
                Some(Err(_)) => {
                    self.leave(turn, id, CloseReason::ProtocolError, Ending::Fault);
                }
                None => {
                    let (sessions, _, mut wire) = self.core.wire(turn.out);
                    if let Some(engine) = sessions.engine(id) {
                        engine.accept_post(&mut wire);
                    }
                }
            }
            self.see_off(turn);
            let posted = self.core.sessions.engine(id).and_then(|engine| engine.posted.as_mut());
            if let Some(posted) = posted {
                posted.body = body;
            }
        }
        self.core.wake_session(id, turn.now.ms + 1);
    }
}

impl<S> Core<S> {
    /// Notes that a connection's request waits for `session`.
    fn bind_request(&mut self, id: ConnectionId, session: SessionId) {
        if let Some(Peer::Http(peer)) = self.sessions.peers.get_mut(id) {
            peer.session = Some(session);
        }
    }
}
