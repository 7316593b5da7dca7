//! Output for one client, in order after everything that it was sent before.

use super::Context;
use super::core::Core;
use crate::base::{Chunk, Dialect, Outboxes, Route, SessionId, SocketId};
use crate::hub::Delivery;
use crate::session::dialect::Sending;

impl<S> Core<S> {
    /// Sends to one socket, after everything that its rooms have been told before. A socket that
    /// has gone gets nothing.
    pub(super) fn send(&mut self, out: &mut Outboxes, to: SocketId, sending: Sending<'_>) {
        let (Some(route), Some(voice)) = (self.hub.route(to), self.hub.voice(to)) else { return };
        if route == Route::Elsewhere {
            return;
        }
        let mut bytes = std::mem::take(&mut self.scratch);
        sending.write_for(voice, &mut self.deflating.deflater, &mut bytes);
        let (hub, mut courier) = self.split(out);
        hub.catch_up(to, &mut courier);
        courier.copy(route, &bytes);
        bytes.clear();
        self.scratch = bytes;
    }

    /// Sends a packet of Engine.IO's own, or of a namespace that the client is not in.
    pub(super) fn send_packet(&mut self, out: &mut Outboxes, id: SessionId, packet: &[u8]) {
        let dialect = self.sessions.engine(id).map_or(Dialect::Engine4, |engine| engine.dialect());
        self.send_as(out, id, Sending::Packet(packet, &[]), dialect);
    }

    /// Sends to a session, without waiting for the output of its sockets' rooms.
    pub(super) fn send_as(
        &mut self,
        out: &mut Outboxes,
        id: SessionId,
        sending: Sending<'_>,
        dialect: Dialect,
    ) {
        let Some(engine) = self.sessions.engine(id) else { return };
        let route = engine.route(id);
        let mut bytes = std::mem::take(&mut self.scratch);
        sending.write(dialect, &mut bytes);
        self.split(out).1.copy(route, &bytes);
        bytes.clear();
        self.scratch = bytes;
    }

    /// Sends on at once what is queued for a session: the first answer to a client holds the first
    /// packet alone, as that of the reference server does.
    pub(super) fn flush_session(&mut self, out: &mut Outboxes, id: SessionId) {
        let (sessions, _, mut wire) = self.wire(out);
        if let Some(engine) = sessions.engine(id) {
            engine.flush(&mut wire);
        }
    }

    /// Lets a client in: `welcome` first, then the output held in the meantime.
    pub(super) fn let_in(&mut self, out: &mut Outboxes, socket: SocketId, welcome: &[u8]) {
        let Some(session) = self.session_of(socket) else { return };
        let Some(engine) = self.sessions.engine(session) else { return };
        let route = engine.route(session);
        self.send_packet(out, session, welcome);
        let (hub, mut courier) = self.split(out);
        hub.reroute(socket, route, &mut courier);
        let held = std::mem::take(&mut self.held);
        self.split(out).1.copy(route, &held);
    }

    /// Lets a WebSocket take a session over, with everything that its sockets have been told.
    pub(super) fn upgrade(&mut self, out: &mut Outboxes, id: SessionId, sockets: &[SocketId]) {
        for socket in sockets {
            let (hub, mut courier) = self.split(out);
            hub.catch_up(*socket, &mut courier);
        }
        let (sessions, _, mut wire) = self.wire(out);
        let Some(engine) = sessions.engine(id) else { return };
        engine.upgrade(&mut wire);
        let (route, window) = (engine.route(id), engine.window());
        for socket in sockets {
            let (hub, mut courier) = self.split(out);
            hub.reroute(*socket, route, &mut courier);
            hub.set_window(*socket, window, &mut courier);
        }
    }
}

impl<S> Context<'_, S> {
    /// Sends to each of these sockets by itself, encoded once for each voice.
    pub(super) fn send_to_each(&mut self, sockets: &[SocketId], sending: Sending<'_>) {
        let mut written = Vec::new();
        for socket in sockets {
            let hub = &self.core.hub;
            let (Some(route), Some(voice)) = (hub.route(*socket), hub.voice(*socket)) else {
                continue;
            };
            let found = written.iter().position(|(other, _)| *other == voice);
            let at = found.unwrap_or_else(|| {
                let mut bytes = Vec::new();
                sending.write_for(voice, &mut self.core.deflating.deflater, &mut bytes);
                written.push((voice, Chunk::new(&bytes)));
                written.len() - 1
            });
            let (hub, mut courier) = self.core.split(self.out);
            hub.catch_up(*socket, &mut courier);
            courier.share(route, &written[at].1);
        }
    }
}
