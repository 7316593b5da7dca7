//! Engine.IO, protocols 3 and 4 (github.com/socketio/engine.io-protocol): packets, the payloads
//! that carry several of them over HTTP, and JSONP.
//!
//! "EIO 3" and "EIO 4" are the values of the `EIO` parameter.

use std::fmt;

pub mod jsonp;
mod packet;
mod payload;
#[cfg(test)]
mod tests;

pub use packet::{Packet, base64_packet, binary, open_packet, text};
pub use payload::{Outgoing, Payload, encode_payload};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `EIO=3`: the client pings.
    V3,
    /// `EIO=4`: the server pings.
    V4,
}

impl Version {
    /// The version for a value of the `EIO` parameter: exactly `3` or `4`.
    pub fn from_query(value: &str) -> Option<Self> {
        match value {
            "3" => Some(Self::V3),
            "4" => Some(Self::V4),
            _ => None,
        }
    }
}

/// The client broke the protocol; its session cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed packet")
    }
}

impl std::error::Error for Malformed {}
