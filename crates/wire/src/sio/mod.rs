//! Socket.IO, protocol 5 over EIO 4 and protocol 4 over EIO 3
//! (github.com/socketio/socket.io-protocol): packets, and the arguments of events and acks.
//!
//! A packet is a text message of Engine.IO, `<type>[<n>-][<namespace>,][<id>][<JSON>]`, and `n`
//! binary messages after it, its attachments. In its JSON `{"_placeholder":true,"num":0}` stands
//! for the first attachment.
//!
//! [`decode`] validates the JSON of a packet once. Later it is read only as far as needed.

mod args;
mod argument;
mod attached;
mod json;
mod packed;
mod packet;
#[cfg(test)]
mod tests;
mod typed;

pub use super::eio::Malformed;
pub use args::{Args, BadArgument, ack, event};
pub use argument::{Argument, Arguments, Binary, Blob, Prepared};
pub(crate) use json::{names_each_once, string_end, unquote};
pub use packed::{pack, unpack};
pub(crate) use packet::decode_answer;
pub use packet::{
    Beyond, Kind, Packet, decode, encode_ack, encode_connect, encode_connect_error,
    encode_disconnect, encode_event, encode_join,
};
