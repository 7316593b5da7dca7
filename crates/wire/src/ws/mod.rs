//! WebSocket (RFC 6455): the key of the handshake, frames and messages, and the compression of
//! messages (RFC 7692).
//!
//! A [`Decoder`] turns a peer's bytes into messages; [`frame()`], [`close`] and similar functions
//! append frames to output. Each message is sent as one frame.

mod ahead;
mod deflate;
mod error;
mod event;
mod extension;
mod frame;
mod handshake;
mod message;
#[cfg(test)]
mod tests;

/// Close code: the purpose is fulfilled (RFC 6455 7.4.1).
pub const NORMAL: u16 = 1000;
/// Close code: the server ends (RFC 6455 7.4.1).
pub const GOING_AWAY: u16 = 1001;

pub use ahead::Ahead;
pub use deflate::{Deflater, Inflater};
pub use error::Error;
pub use event::Event;
pub use extension::{DeflateOffer, Window};
pub use frame::{Opcode, Role, close, frame, header, masked_frame, split_frame};
pub use handshake::{accept, subprotocols};
pub use message::Decoder;
