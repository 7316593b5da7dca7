//! The framer of a protocol of the application's own.

use crate::base::setters;
use crate::limits::LINE_BYTES_MAX;
use std::fmt::Debug;

/// Cuts the bytes that one client sends into frames: see
/// [`Builder::door`](crate::Builder::door). Each connection has its own, which may keep a state.
///
/// A framer is pure: it sees bytes, and neither the connection nor the clock. The server keeps the
/// bytes of an unfinished frame, bounds them, and calls [`Self::next`] only when the client may go
/// on: not while it is over its pace, or does not read.
pub trait Framer: Debug {
    /// Takes one frame off the front of `input`: the bytes that have come and have not been taken.
    /// It is called again and again until it needs more bytes.
    fn next<'b>(&mut self, input: &'b [u8]) -> Framed<'b>;
}

/// The meaning of the first bytes of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framed<'b> {
    /// The beginning of a frame: more bytes are needed.
    Part,
    /// This frame. It is handed to the application, and the first `taken` bytes of the input are
    /// gone.
    Whole {
        /// The frame, in the form that the application wants to get.
        frame: &'b [u8],
        /// At least 1, and at most all bytes of the input.
        taken: usize,
    },
    /// Nothing that this protocol has. The client is closed, with
    /// [`CloseReason::ProtocolError`](crate::CloseReason::ProtocolError).
    Foreign,
}

/// The settings of a door for a protocol of the application's own.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DoorSettings {
    /// Longest frame in bytes, with everything that its sender has to send for it. A client that
    /// sends a longer one is closed, with
    /// [`CloseReason::PayloadTooLarge`](crate::CloseReason::PayloadTooLarge).
    pub frame_bytes_max: usize,
    /// Frames per second that one client may send, after a burst, and bytes in proportion. A client
    /// that sends more is read later. 0, the default, is no limit.
    pub rate_per_s: u32,
}

setters!(DoorSettings { frame_bytes_max: usize, rate_per_s: u32 });

impl Default for DoorSettings {
    fn default() -> Self {
        Self { frame_bytes_max: LINE_BYTES_MAX, rate_per_s: 0 }
    }
}
