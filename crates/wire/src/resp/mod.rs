//! RESP3, the protocol of Redis: commands out, replies in
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).
//!
//! A reply is found whole and checked once, and is then looked at where it lies: nothing of it is
//! copied but what comes in several pieces, and nothing of it is allocated. What a server may say
//! is bounded in its length and in its depth.

mod command;
mod decoder;
mod error;
mod item;
mod reply;

pub use command::{command_bytes, encode_command};
pub use decoder::Decoder;
pub use error::Error;
pub use reply::{ErrorCode, ErrorReply, Items, Reply};

#[cfg(test)]
mod tests;
