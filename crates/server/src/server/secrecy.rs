//! Whether lines and messages can be read on their way.

use super::Context;
use super::core::Core;
use crate::base::{ConnectionId, SocketId};
use crate::session::{Caller, SessionKind};

impl<S> Core<S> {
    /// Notes whether the lines of a connection can be read on their way.
    pub(super) fn note_secrecy(&mut self, connection: ConnectionId, caller: &Caller) {
        if !caller.is_readable() {
            self.secret.insert(connection);
        }
    }
}

impl<S> Context<'_, S> {
    /// Whether the lines and messages of a client at the line door or at a plain WebSocket can be
    /// read on their way: its connection speaks no TLS, and it has come through no proxy that may
    /// speak TLS with it. False for clients of Socket.IO.
    pub fn is_readable(&self, socket: SocketId) -> bool {
        let session = self.core.session_of(socket).and_then(|id| self.core.sessions.get(id));
        let connection = session.and_then(|session| match &session.kind {
            SessionKind::Line(lines) => Some(lines.connection),
            SessionKind::Plain(plain) => Some(plain.connection),
            SessionKind::Engine(_) => None,
        });
        connection.is_some_and(|connection| !self.core.secret.contains(&connection))
    }
}
