//! The route of a seat's bytes, and their form.

use super::{ConnectionId, SessionId};
use std::num::NonZeroU8;

/// A namespace, by its number: one application within a server, with rooms and events of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Namespace(pub u16);

impl Namespace {
    /// The line door's clients: they have no events, only lines.
    pub const LINES: Self = Self(0);
    /// The namespace of stand-ins, to whom nothing is ever sent.
    pub const ELSEWHERE: Self = Self(u16::MAX);
}

/// The receiver of a client's messages, which depends on the client's path or door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Each message is a line.
    Lines,
    /// Messages are packets of Socket.IO, each for the namespace that it names.
    SocketIo,
    /// Messages are for this endpoint of bare Engine.IO.
    Engine(Namespace),
    /// Messages are for this endpoint of plain WebSockets.
    Messages(Namespace),
    /// Frames are for this door, whose protocol is the application's own.
    Own(Namespace),
}

impl Destination {
    /// The endpoint that it is, if it is one.
    pub const fn endpoint(self) -> Option<Namespace> {
        match self {
            Self::Engine(endpoint) | Self::Messages(endpoint) | Self::Own(endpoint) => {
                Some(endpoint)
            }
            Self::Lines | Self::SocketIo => None,
        }
    }
}

/// The form of packets for one kind of client. Clients of the same dialect share the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Lines ended by LF.
    Line,
    /// WebSocket messages: a line in each, or a message of the application.
    Message,
    /// Bytes as the application gives them.
    Bytes,
    /// Socket.IO packets of Engine.IO 3, as WebSocket frames.
    Engine3,
    /// Socket.IO packets of Engine.IO 4, as WebSocket frames.
    Engine4,
    /// Socket.IO packets of Engine.IO 4 for clients that may come back: each kept event carries its
    /// offset.
    Engine4Offsets,
    /// Socket.IO packets in MessagePack, of Engine.IO 4, as WebSocket frames.
    Engine4Packed,
    /// Packets in MessagePack for clients that may come back.
    Engine4PackedOffsets,
}

/// The packets for a seat: those of its namespace, in its dialect, compressed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Voice {
    /// The namespace.
    pub namespace: Namespace,
    /// The dialect.
    pub dialect: Dialect,
    /// The bits of the client's window, if long messages to it are compressed.
    pub window: Option<NonZeroU8>,
}

impl Voice {
    /// A voice without compression.
    pub const fn plain(namespace: Namespace, dialect: Dialect) -> Self {
        Self { namespace, dialect, window: None }
    }
}

/// The route of a seat's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the connection that carries the session.
    Connection(ConnectionId),
    /// To the session, which polls: it keeps them until a connection can take them.
    Session(SessionId),
    /// Nowhere yet: the application has not admitted the client.
    Held,
    /// Nowhere: a stand-in's client is connected to another server.
    Elsewhere,
}
