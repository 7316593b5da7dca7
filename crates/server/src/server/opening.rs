//! The first packet of a session of Engine.IO, and its effects.

use super::Server;
use super::panics::Whose;
use crate::base::{Namespace, SessionId, Voice};
use crate::net::Turn;
use mio_wire::eio::Version;

impl<S> Server<S> {
    /// Sends a session its first packet. From then on clients of Socket.IO 2 are in the main
    /// namespace, and clients of an endpoint in the endpoint.
    pub(super) fn open_engine(&mut self, turn: &mut Turn<'_>, id: SessionId) {
        let Some(engine) = self.core.sessions.engine(id) else { return };
        if std::mem::replace(&mut engine.is_opened, true) {
            return;
        }
        let open = engine.open_packet(&self.core.engine);
        self.core.whose = Some(Whose::Session(id));
        let (endpoint, version) = (engine.target.endpoint(), engine.version);
        self.core.send_packet(turn.out, id, &open);
        self.core.flush_session(turn.out, id);
        match (endpoint, version) {
            (Some(endpoint), _) => self.open_endpoint(turn, id, endpoint),
            (None, Version::V3) => self.join_namespace(turn, id, "/", "{}"),
            (None, Version::V4) => (),
        }
        self.see_off(turn);
    }

    /// Gives a client of an endpoint its seat.
    fn open_endpoint(&mut self, turn: &mut Turn<'_>, id: SessionId, namespace: Namespace) {
        self.core.joined(id);
        let Some(engine) = self.core.sessions.engine(id) else { return };
        let voice = Voice { namespace, dialect: engine.dialect(), window: engine.window() };
        let socket = self.core.hub.sit(engine.route(id), voice);
        engine.sockets.push(socket);
        let (hub, mut courier) = self.core.split(turn.out);
        hub.enroll(socket, &mut courier);
        self.call_in(turn, namespace, |handlers, cx| {
            if let Some(endpoint) = handlers.endpoint(namespace) {
                (endpoint.open)(cx, socket);
            }
        });
    }
}
