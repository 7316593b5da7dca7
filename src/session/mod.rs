//! Floor 2: conversations. A session is one client's conversation with the server, whichever
//! connections carry it: what it is in the middle of, how fast it may speak, what it says next.
//! Pure state: bytes and the time in, events out, bytes into outboxes.

mod arrival;
pub mod dialect;
pub mod engine;
mod foreign;
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

pub use arrival::{Arrival, Arrived};
pub use foreign::Foreign;
pub use hosts::Hosts;
pub use http::{HttpPeer, Request, Step};
pub use line::{Door, Event, LineSession, Text};
pub use origin::{Origin, Origins};
pub use pace::Pace;
pub use proxies::{Client, Proxies};
pub use sid::Sid;
pub use socketio::Assembly;
pub use table::{Kind, Lines, Peer, Session, Sessions};
pub use websocket::{Plain, WsPeer};
