//! Why a client cannot go on with its server.

use crate::ws;
use std::fmt;

/// The reason why a client cannot go on with its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The server does not speak HTTP. This is the first line that it sent instead, cut to
    /// [`LOG_CHARS_MAX`](crate::limits::LOG_CHARS_MAX) characters.
    NoHttp(String),
    /// The server answered with a status instead of a WebSocket.
    Status {
        /// The status, never 101.
        status: u16,
        /// The server's name for the status; may be empty.
        reason: String,
    },
    /// The server answered 101 and does not speak WebSocket: its `Sec-WebSocket-Accept` is wrong.
    NoWebSocket,
    /// The server sent a frame that it may not send.
    Frame(ws::Error),
    /// The server sent this, which is not a packet of a server.
    Malformed(String),
    /// The server keeps asking, and does not read the answers.
    Unread,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHttp(line) => write!(f, "no WebSocket is here: {line}"),
            Self::Status { status, reason } => write!(f, "no WebSocket is here: {status} {reason}"),
            Self::NoWebSocket => f.write_str("the server's Sec-WebSocket-Accept is wrong"),
            Self::Frame(error) => write!(f, "the server breaks WebSocket: {error}"),
            Self::Malformed(packet) => write!(f, "the server sends a malformed packet: {packet}"),
            Self::Unread => f.write_str("the server does not read what it asks for"),
        }
    }
}

impl std::error::Error for Lost {}
