//! Records of a run: everything that the loop learns from its world, in order, and the bytes it
//! sent.
//!
//! [`Recorder`] is a [`World`](crate::net::World) that notes the answers of another one, and
//! [`Player`] one that repeats them, so that the same loop and the same server run again without
//! sockets, signals or a clock. A record holds the clock of each turn, each reading of the meter
//! that bounds a turn's work, edges, signals, accepted connections, every read with its bytes,
//! every write with the number of bytes taken, random numbers, and the values that the application
//! reads outside the server ([`Context::outside`](crate::Context::outside)). It also holds the sent
//! bytes, and the reason for the end of each connection, so that a replay can compare them.

mod block;
mod difference;
mod event;
mod player;
mod recorder;
mod script;
mod shared;

pub use difference::Difference;
pub use player::{Replay, ReplayError, Replayed};
pub use recorder::Record;
pub(crate) use recorder::Recorder;

#[cfg(test)]
mod tests;
