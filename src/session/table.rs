//! The table of sessions, and which connection carries which.

use super::LineSession;
use crate::base::{Attached, ConnectionId, SessionId, SocketId, Table, kind};
use std::net::IpAddr;

/// One client's conversation.
#[derive(Debug)]
pub struct Session {
    /// The connection that carries it.
    pub connection: ConnectionId,
    /// Its seat in the hub.
    pub socket: SocketId,
    /// Where the client is.
    pub ip: IpAddr,
    /// When it came, in milliseconds of the loop's clock.
    pub since_ms: u64,
    /// The earliest deadline that is set for it; later ones are set when that one fires.
    pub wakes_at_ms: Option<u64>,
    /// What the client is in the middle of.
    pub line: LineSession,
}

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    table: Table<kind::Session, Session>,
    by_connection: Attached<kind::Connection, SessionId>,
}

impl Sessions {
    /// Takes a session in.
    pub fn insert(&mut self, session: Session) -> SessionId {
        let connection = session.connection;
        let id = self.table.insert(session);
        self.by_connection.insert(connection, id);
        id
    }

    /// Takes a session out; `None` if it has ended already.
    pub fn remove(&mut self, id: SessionId) -> Option<Session> {
        let session = self.table.remove(id)?;
        self.by_connection.remove(session.connection);
        Some(session)
    }

    /// The session; `None` if it has ended.
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.table.get(id)
    }

    /// The session, to change; `None` if it has ended.
    pub fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.table.get_mut(id)
    }

    /// The session that a connection carries, if any.
    pub fn carried_by(&self, connection: ConnectionId) -> Option<SessionId> {
        self.by_connection.get(connection).copied()
    }

    /// All sessions.
    pub fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.table.iter()
    }

    /// Number of sessions.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is no session.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Panics unless every session is the one that its connection carries.
    pub fn check_invariants(&self) {
        for (id, session) in self.table.iter() {
            assert_eq!(self.carried_by(session.connection), Some(id), "a session is carried");
        }
    }
}
