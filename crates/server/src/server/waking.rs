//! Deadlines of sessions that have come.

use super::panics::Whose;
use super::{NoAck, Server};
use crate::base::{NEVER_MS, SessionId, SocketId};
use crate::net::Turn;
use crate::session::SessionKind;

impl<S> Server<S> {
    /// A session's deadline has come.
    pub(super) fn wake_session(&mut self, turn: &mut Turn<'_>, id: SessionId, at_ms: u64) {
        let Some(session) = self.core.sessions.get_mut(id) else { return };
        if session.wakes_at_ms != at_ms {
            return;
        }
        session.wakes_at_ms = NEVER_MS;
        match &session.kind {
            SessionKind::Line(_) => self.wake_lines(turn, id),
            SessionKind::Plain(plain) => {
                let connection = plain.connection;
                turn.out.release(connection);
                self.pump_messages(turn, connection, &mut []);
            }
            SessionKind::Engine(_) => self.wake_engine(turn, id, true),
        }
    }

    /// A deadline of an Engine.IO session has come; with `goes_on` the one until which it was not
    /// read. Its input goes on if it has not ended.
    fn wake_engine(&mut self, turn: &mut Turn<'_>, id: SessionId, goes_on: bool) {
        if !self.beat_engine(turn, id, goes_on) {
            return;
        }
        let Some(engine) = self.core.sessions.engine(id) else { return };
        let connection = engine.websocket().or(engine.probing());
        self.pump_post(turn, id);
        if let Some(connection) = connection {
            turn.out.release(connection);
            self.pump_messages(turn, connection, &mut []);
        }
        self.core.wake_beat(id);
    }

    /// A heartbeat's deadline has come.
    pub(super) fn wake_beat(&mut self, turn: &mut Turn<'_>, id: SessionId, which: u64) {
        let Some(engine) = self.core.sessions.engine(id) else {
            return self.beat(turn, id, which);
        };
        if engine.beats_at_ms == which {
            engine.beats_at_ms = NEVER_MS;
            self.wake_engine(turn, id, false);
        }
    }

    /// An answer has not come in time.
    pub(super) fn wake_ack(&mut self, turn: &mut Turn<'_>, socket: SocketId, id: u64) {
        let acks = self.core.acks(socket);
        let Some(on_ack) = acks.and_then(|acks| acks.take(id)) else { return };
        let Some(voice) = self.core.hub.voice(socket) else { return };
        self.core.whose = self.core.session_of(socket).map(Whose::Session);
        self.call_in(turn, voice.namespace, |_, cx| on_ack(cx, Err(NoAck::Timeout)));
    }
}
