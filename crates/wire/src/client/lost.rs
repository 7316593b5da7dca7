//! Why a client cannot go on with its server.

use crate::ws;
use std::fmt;

/// Why there is no talking with this server any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// It does not speak HTTP; the first line of what it says instead, cut to
    /// [`LOG_CHARS_MAX`](crate::limits::LOG_CHARS_MAX) characters.
    NoHttp(String),
    /// Instead of a WebSocket it answers with a status.
    Status {
        /// The status, never 101.
        status: u16,
        /// What the server calls it; may be empty.
        reason: String,
    },
    /// It answers 101 and does not speak WebSocket: its `Sec-WebSocket-Accept` is wrong.
    NoWebSocket,
    /// It sends frames that it may not send.
    Frame(ws::Error),
    /// It sends this, which is no packet of a server's.
    Malformed(String),
    /// It asks and asks, and does not read the answers.
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
