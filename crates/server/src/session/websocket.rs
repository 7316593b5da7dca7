//! A connection that speaks WebSocket.

use crate::base::{ConnectionId, Destination, NEVER_MS, SessionId, SocketId};
use mio_wire::ws::{Decoder, Role};

use super::{Pace, patience_ends_ms};

/// What a WebSocket connection is in the middle of.
#[derive(Debug)]
pub struct WsPeer {
    /// The session that it carries, or is about to.
    pub session: SessionId,
    /// Cuts its bytes into messages.
    pub decoder: Decoder,
    /// Bytes that the pace keeps waiting.
    pub input: Box<[u8]>,
    /// Longest message in bytes.
    pub bytes_max: u32,
    /// Since when it is in the middle of a message; `NEVER_MS` if it is not.
    pub partial_since_ms: u64,
    /// A deadline is set that looks at that.
    pub is_watched: bool,
    /// The heartbeat of a client without Engine.IO: it has been asked whether it is there.
    pub is_asked: bool,
    /// The deadlines that have been set for that heartbeat, of which the last counts.
    pub beats: u16,
}

impl WsPeer {
    /// A connection whose handshake is done.
    pub fn new(session: SessionId, bytes_max: usize) -> Self {
        let decoder = Decoder::new(Role::Server);
        Self {
            session,
            decoder,
            input: Box::default(),
            bytes_max: u32::try_from(bytes_max).unwrap_or(u32::MAX),
            partial_since_ms: NEVER_MS,
            is_watched: false,
            is_asked: false,
            beats: 0,
        }
    }

    /// Bytes of memory that it holds.
    pub const fn held_bytes(&self) -> usize {
        self.decoder.held_bytes() + self.input.len()
    }

    /// When the patience with a message that does not become whole ends.
    pub fn due_ms(&self) -> Option<u64> {
        let bytes = self.decoder.partial_bytes()?;
        let since_ms = self.partial_since_ms;
        (since_ms != NEVER_MS).then(|| patience_ends_ms(since_ms, bytes))
    }
}

/// A client at a plain WebSocket: its messages are the application's, or a line each.
#[derive(Debug)]
pub struct PlainWebSocket {
    /// The connection that carries it.
    pub connection: ConnectionId,
    /// Its seat in the hub.
    pub socket: SocketId,
    /// What its messages are for: lines, or an endpoint.
    pub target: Destination,
    /// How fast it may speak.
    pub pace: Pace,
}
