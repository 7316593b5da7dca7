//! Layer 0: types that all layers above share. No sockets, no clock, no protocol.

mod address;
mod chunk;
mod close;
mod deadlines;
mod ids;
mod now;
mod outbox;
mod outboxes;
mod setters;
mod table;
mod voice;

pub use address::{Address, Network, NoNetwork, PeerAddress, User};
pub use chunk::Chunk;
pub use close::CloseReason;
pub use deadlines::Deadlines;
pub use ids::{AccountId, ConnectionId, Id, RoomId, SessionId, SocketId, kind};
pub use now::{NEVER_MS, Now};
pub use outbox::Outbox;
pub use outboxes::Outboxes;
pub(crate) use setters::setters;
pub use table::{Attached, Table};
pub use voice::{Destination, Dialect, Namespace, Route, Voice};
