//! A client's half of WebSocket, Engine.IO 4 and Socket.IO 5: bytes in, events out.
//!
//! [`WebSocket`] asks for the connection and works with messages; [`EngineIo`] works with packets
//! on top of it, and [`SocketIo`] with events on top of those. Each begins with an [`Upgrade`],
//! queues its output in `out`, and answers heartbeats by itself.
//!
//! Nothing here is random: the caller passes in keys and masks.

mod engine;
mod handshake;
mod lost;
mod outbox;
mod sockets;
#[cfg(test)]
mod tests;
mod websocket;

pub use engine::{EngineIo, Packet};
pub use lost::Lost;
pub use outbox::Mask;
pub use sockets::{Event, SocketIo};
pub use websocket::{Message, WebSocket};

/// A client's request for a WebSocket.
#[derive(Debug, Clone, Copy)]
pub struct Upgrade<'a> {
    /// The path and the query: `/socket.io/?EIO=4&transport=websocket`.
    pub target: &'a str,
    /// The server's name or address, with its port unless that is the default.
    pub host: &'a str,
    /// Further fields of the request.
    pub headers: &'a [(&'a str, &'a str)],
    /// 16 random bytes, new for each connection (RFC 6455 4.1).
    pub nonce: [u8; 16],
    /// Makes the mask of each frame.
    pub mask: Mask,
}
