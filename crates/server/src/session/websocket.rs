//! A connection that speaks WebSocket.

use crate::base::{ConnectionId, Destination, NEVER_MS, SessionId, SocketId};
use mio_wire::ws::{Decoder, Role};

use super::{Pace, patience_ends_ms};

/// The state of a WebSocket connection.
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
    /// The time since which a message is incomplete; `NEVER_MS` if none is.
    pub partial_since_ms: u64,
    /// Whether a deadline is set for that.
    pub is_watched: bool,
    /// The heartbeat of a client without Engine.IO: whether it has been asked.
    pub is_asked: bool,
    /// Number of deadlines set for that heartbeat; only the last one counts.
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

    /// When the wait for the rest of a message ends.
    pub fn due_ms(&self) -> Option<u64> {
        let bytes = self.decoder.partial_bytes()?;
        let since_ms = self.partial_since_ms;
        (since_ms != NEVER_MS).then(|| patience_ends_ms(since_ms, bytes))
    }
}

/// A client at a plain WebSocket: each of its messages goes to the application, or is a line.
#[derive(Debug)]
pub struct PlainWebSocket {
    /// The connection that carries it.
    pub connection: ConnectionId,
    /// Its seat in the hub.
    pub socket: SocketId,
    /// The receiver of its messages: lines, or an endpoint.
    pub target: Destination,
    /// The limit on how fast it may send.
    pub pace: Pace,
}
