//! Records of a run: everything that the loop learns from its world, in order, and what it sent.
//!
//! [`Recorder`] is a [`World`](crate::net::World) that notes what another one says, and [`Player`]
//! one that says it again, so that the same loop and the same server do the same without sockets,
//! signals or a clock. A record holds the clock of each turn and each reading of the meter that
//! bounds a turn's work, edges, signals, who has come, every read with its bytes, every write with
//! how much of it was taken, random numbers, and what the application reads outside of the server
//! ([`Context::outside`](crate::Context::outside)). The bytes that were sent are in it too, and why
//! each connection was closed: by them a replay knows whether it is one.

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
