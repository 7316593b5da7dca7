//! A connection that speaks WebSocket.

use crate::base::{ConnectionId, SessionId, SocketId};
use crate::proto::ws::{Decoder, Role};

use super::Pace;

/// What a WebSocket connection is in the middle of.
#[derive(Debug)]
pub struct WsPeer {
    /// The session that it carries, or is about to.
    pub session: SessionId,
    /// Cuts its bytes into messages.
    pub decoder: Decoder,
    /// Bytes that the pace keeps waiting.
    pub input: Vec<u8>,
    /// Longest message in bytes.
    pub bytes_max: usize,
}

impl WsPeer {
    /// A connection whose handshake is done.
    pub const fn new(session: SessionId, bytes_max: usize) -> Self {
        Self { session, decoder: Decoder::new(Role::Server), input: Vec::new(), bytes_max }
    }
}

/// A client at a plain WebSocket: its messages are the application's, or a line each.
#[derive(Debug)]
pub struct Plain {
    /// The connection that carries it.
    pub connection: ConnectionId,
    /// Its seat in the hub.
    pub socket: SocketId,
    /// The endpoint that it came to; none is a line door.
    pub endpoint: Option<u16>,
    /// How fast it may speak.
    pub pace: Pace,
}
