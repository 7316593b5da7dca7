//! Which way a seat's bytes go, and in what form.

use super::{ConnectionId, SessionId};

/// A namespace by its number: one application within a server, with rooms and events of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Namespace(pub u16);

impl Namespace {
    /// The line door's clients: they have no events, only lines.
    pub const LINES: Self = Self(0);
}

/// How a packet is written for one kind of client. Clients of the same dialect share its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Lines ended by LF.
    Line,
    /// WebSocket messages: a line each, or whatever the application sends.
    Message,
    /// Socket.IO packets of Engine.IO 3, as WebSocket frames.
    Engine3,
    /// Socket.IO packets of Engine.IO 4, as WebSocket frames.
    Engine4,
    /// The same for clients that may come back: each event that is kept for them tells its offset.
    Engine4Offsets,
}

/// What a seat hears: the packets of its namespace in its dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Voice {
    /// The namespace.
    pub namespace: Namespace,
    /// The dialect.
    pub dialect: Dialect,
}

/// Where a seat's bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the connection that carries the session.
    Connection(ConnectionId),
    /// To the session, which keeps them until a connection can take them: it polls.
    Session(SessionId),
    /// Nowhere yet: the application has not let the client in.
    Held,
}
