//! Bytes of a connection, handed to the door that it has come in by.

use super::Server;
use crate::base::{ConnectionId, SessionId};
use crate::limits::READ_CHUNK_BYTES;
use crate::net::Turn;
use crate::session::Peer;

/// The protocol of a connection.
pub(super) enum Speaks {
    /// Not known yet.
    Arriving,
    /// Lines, unless a proxy's header comes first.
    Silent(SessionId),
    Lines(SessionId),
    Http,
    WebSocket,
}

impl<S> Server<S> {
    pub(super) fn speaks(&self, id: ConnectionId) -> Option<Speaks> {
        Some(match self.core.sessions.peers.get(id)? {
            Peer::Arriving(_) => Speaks::Arriving,
            Peer::Silent(session) => Speaks::Silent(*session),
            Peer::Line(session) => Speaks::Lines(*session),
            Peer::Http(_) => Speaks::Http,
            Peer::WebSocket(_) => Speaks::WebSocket,
        })
    }

    /// Hands bytes to the door that a connection has come in by.
    pub(super) fn hand(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: &mut [u8]) {
        let input = match self.speaks(id) {
            Some(Speaks::Arriving) => self.pump_arrival(turn, id, bytes),
            Some(Speaks::Silent(session)) => self.pump_first(turn, id, session, bytes),
            Some(Speaks::Lines(session)) => return self.pump_lines(turn, session, bytes, false),
            Some(Speaks::Http) => self.pump_http(turn, id, bytes),
            Some(Speaks::WebSocket) => return self.pump_messages(turn, id, bytes),
            None => None,
        };
        self.hand_on(turn, id, input);
    }

    /// Hands the bytes that a door gives back to the session that the connection now carries. They
    /// came after a proxy's header, or after the handshake of a WebSocket.
    pub(super) fn hand_on(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        input: Option<Vec<u8>>,
    ) {
        let Some(mut input) = input else { return };
        for chunk in input.chunks_mut(READ_CHUNK_BYTES) {
            match self.speaks(id) {
                Some(Speaks::Lines(session)) => self.pump_lines(turn, session, chunk, false),
                Some(Speaks::WebSocket) => self.pump_messages(turn, id, chunk),
                Some(Speaks::Arriving | Speaks::Silent(_) | Speaks::Http) | None => (),
            }
        }
    }

    /// Lets connections whose request has been answered go on, after all other events have been
    /// handled.
    pub(super) fn resume(&mut self, turn: &mut Turn<'_>) {
        self.hand_heard(turn);
        self.admit_returned(turn);
        self.see_off(turn);
        while let Some(id) = self.core.answered.pop() {
            let input = self.go_on_http(turn, id);
            self.hand_on(turn, id, input);
            self.see_off(turn);
        }
        self.core.connection = None;
    }
}
