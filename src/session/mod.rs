//! Floor 2: conversations. A session is one client's conversation with the server, whichever
//! connections carry it: what it is in the middle of, how fast it may speak, what it says next.
//! Pure state: bytes and the time in, events out.

pub mod dialect;
mod foreign;
mod line;
mod pace;
mod table;

pub use foreign::Foreign;
pub use line::{Door, Event, LineSession, Text};
pub use pace::Pace;
pub use table::{Session, Sessions};
