//! RESP3, the protocol of Redis: commands out, replies in
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).
//!
//! The end of a reply is found once, with a check of all of it. The reply is then read in place:
//! only a reply that comes in several pieces is copied, and reading allocates nothing. A reply's
//! length and depth are bounded.

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
