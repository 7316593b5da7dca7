//! Whether a client is still there.
//!
//! Engine.IO has a heartbeat of its own. A plain WebSocket is sent a ping (RFC 6455, 5.5.2 and
//! 5.5.3) as often as Engine.IO asks, even while messages are sent: proxies end a connection when
//! one of its directions is silent for a while. Every WebSocket answers a ping by itself, so a
//! client without an answer has gone. But anything that it sends counts as an answer, because not
//! every program keeps to the standard.

use super::Server;
use super::core::{Core, Wake, is_full};
use crate::base::{CloseReason, ConnectionId, SessionId};
use crate::net::Turn;
use crate::session::engine::{Beat, Ending};
use crate::session::{Peer, SessionKind};
use mio_wire::ws::{self, Opcode};

impl<S> Core<S> {
    /// Sets the deadline of a plain WebSocket's heartbeat, in place of the one before.
    pub(super) fn beat_at(&mut self, id: ConnectionId, at_ms: u64) {
        let Some(Peer::WebSocket(peer)) = self.sessions.peers.get_mut(id) else { return };
        peer.beats = peer.beats.wrapping_add(1);
        self.wakes.set(at_ms, Wake::Beat(peer.session, peer.beats.into()));
    }

    /// Something has come by a plain WebSocket that was asked: it is there.
    pub(super) fn hear(&mut self, id: ConnectionId, now_ms: u64) {
        let Some(Peer::WebSocket(peer)) = self.sessions.peers.get_mut(id) else { return };
        if std::mem::take(&mut peer.is_asked) {
            self.beat_at(id, now_ms + self.engine.ping_interval_ms);
        }
    }
}

impl<S> Server<S> {
    /// A deadline of an Engine.IO session has come: heartbeat, upgrade, or, with `goes_on`, the end
    /// of the time for which it was not read. False if the session has ended.
    pub(super) fn beat_engine(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        goes_on: bool,
    ) -> bool {
        let now_ms = turn.now.ms;
        self.open_engine(turn, id);
        let waits_until_ms = self.core.waits_until(now_ms, id);
        let (sessions, settings, mut wire) = self.core.wire(turn.out);
        let Some(engine) = sessions.engine(id) else { return false };
        match waits_until_ms {
            Some(until_ms) => engine.wait_until(until_ms),
            None if goes_on => engine.excuse(settings, now_ms),
            None => (),
        }
        if engine.is_probe_overdue(now_ms) {
            engine.drop_probe(&mut wire, CloseReason::Timeout);
        }
        engine.end_idle_poll(&mut wire, now_ms);
        let lost = if engine.is_overdue(now_ms) || engine.is_assembly_overdue(now_ms) {
            CloseReason::Timeout
        } else {
            match engine.beat(settings, now_ms, waits_until_ms.is_some()) {
                Beat::Wait => return true,
                Beat::Ask => {
                    self.core.send_packet(turn.out, id, b"2");
                    return true;
                }
                Beat::Lost => CloseReason::PingTimeout,
            }
        };
        self.leave(turn, id, lost, Ending::Fault);
        false
    }

    /// The deadline of a plain WebSocket's heartbeat has come.
    pub(super) fn beat(&mut self, turn: &mut Turn<'_>, session: SessionId, number: u64) {
        let now_ms = turn.now.ms;
        let Some(SessionKind::Plain(plain)) = self.core.sessions.get(session).map(|it| &it.kind)
        else {
            return;
        };
        let id = plain.connection;
        let Some(Peer::WebSocket(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        if u64::from(peer.beats) != number {
            return;
        }
        let timeout_ms = self.core.engine.ping_timeout_ms;
        if !std::mem::replace(&mut peer.is_asked, true) {
            let mut frame = Vec::new();
            ws::frame(&mut frame, Opcode::Ping, b"");
            turn.out.append(id, &frame);
            return self.core.beat_at(id, now_ms + timeout_ms);
        }
        // The answer may be among input that we have not read or decoded yet.
        let is_unread = !peer.input.is_empty() || turn.out.is_held(id.index());
        let until_ms = self.core.waits_until(now_ms, session);
        if is_unread || until_ms.is_some() || is_full(turn.out, id) {
            return self.core.beat_at(id, until_ms.unwrap_or(now_ms) + timeout_ms);
        }
        self.leave(turn, session, CloseReason::PingTimeout, Ending::Fault);
    }
}
