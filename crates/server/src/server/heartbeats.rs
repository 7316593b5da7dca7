//! Whether a client at a plain WebSocket is still there (RFC 6455, 5.5.2 and 5.5.3).
//!
//! It is asked as often as Engine.IO asks, whatever else is said: proxies end connections on which
//! nothing goes either way for a while. Every WebSocket answers by itself, so whoever does not is
//! gone; but anything that comes is an answer, for not every program is as the standard wants it.

use super::Server;
use super::core::{Core, Wake, is_full};
use crate::base::{CloseReason, ConnectionId, SessionId};
use crate::net::Turn;
use crate::session::engine::Ending;
use crate::session::{Peer, SessionKind};
use mio_wire::ws::{self, Opcode};

impl<S> Core<S> {
    /// Sets the deadline of a plain WebSocket's heartbeat; the one before counts no more.
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
        // While we do not read, or have not come to what is read, its answer is not late.
        let is_unread = !peer.input.is_empty() || turn.out.is_held(id.index());
        let until_ms = self.core.waits_until(now_ms, session);
        if is_unread || until_ms.is_some() || is_full(turn.out, id) {
            return self.core.beat_at(id, until_ms.unwrap_or(now_ms) + timeout_ms);
        }
        self.leave(turn, session, CloseReason::PingTimeout, Ending::Fault);
    }
}
