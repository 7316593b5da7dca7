//! Layer 2: conversations. A session is one client's conversation with the server, over all
//! connections that carry it: its progress, its pace, its next output. Pure state: bytes and the
//! time in, events out, bytes into outboxes.

mod accounts;
mod arrival;
mod content;
pub mod dialect;
pub mod engine;
mod foreign;
mod framer;
mod hosts;
mod http;
mod line;
mod origin;
mod pace;
mod proxies;
mod sid;
mod socketio;
mod table;
mod websocket;

pub use accounts::{Accounts, AddressLimits, Bucket, OwnLimit, Rate, Share, TooMuch};
pub use arrival::{Arrival, Arrived};
pub use content::Content;
pub use foreign::Foreign;
pub use framer::{DoorSettings, Framed, Framer};
pub use hosts::{Hosts, without_port};
pub use http::{HttpDoor, HttpPeer, Request, Step};
pub use line::{LineInput, LineSession, LineSettings, Text};
pub use origin::{Origin, Origins};
pub use pace::Pace;
pub use proxies::{Caller, Proxies};
pub use sid::Sid;
pub use socketio::Assembly;
pub use table::{Lines, Peer, Session, SessionKind, Sessions};
pub use websocket::{PlainWebSocket, WsPeer};

use crate::limits::{PARTIAL_BYTES_PER_S, PARTIAL_MS};

/// The end of the wait for input that has been arriving since `since_ms`, with `bytes` bytes so
/// far: long input may take long, as long as bytes keep coming.
const fn patience_ends_ms(since_ms: u64, bytes: usize) -> u64 {
    since_ms + PARTIAL_MS + bytes as u64 * 1_000 / PARTIAL_BYTES_PER_S
}
