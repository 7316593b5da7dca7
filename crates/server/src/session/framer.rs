//! The framer of a protocol of the application's own.

use super::LineSettings;
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

/// The settings of a door for a protocol of the application's own. Where it sets none, it follows
/// the line door ([`Builder::line_door`](crate::Builder::line_door)).
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct DoorSettings {
    /// Longest frame in bytes, with everything that its sender has to send for it. A client that
    /// sends a longer one is closed, with
    /// [`CloseReason::PayloadTooLarge`](crate::CloseReason::PayloadTooLarge). `None`, the default,
    /// is the longest line of the line door ([`LineSettings::line_bytes_max`]).
    pub frame_bytes_max: Option<usize>,
    /// Frames per second that one client may send, after a burst, and bytes in proportion. A client
    /// that sends more is read later. 0 is no limit. `None`, the default, is the pace of the line
    /// door ([`LineSettings::rate_per_s`]), also after
    /// [`Context::set_rate_per_s`](crate::Context::set_rate_per_s).
    pub rate_per_s: Option<u32>,
}

impl DoorSettings {
    /// Sets [`frame_bytes_max`](#structfield.frame_bytes_max).
    #[must_use]
    pub const fn frame_bytes_max(mut self, bytes: usize) -> Self {
        self.frame_bytes_max = Some(bytes);
        self
    }

    /// Sets [`rate_per_s`](#structfield.rate_per_s).
    #[must_use]
    pub const fn rate_per_s(mut self, frames: u32) -> Self {
        self.rate_per_s = Some(frames);
        self
    }

    /// The settings of its sessions, on a server with these settings of the line door. Nothing is
    /// read into their bytes.
    pub(crate) fn beside(self, lines: &LineSettings) -> LineSettings {
        let line_bytes_max = self.frame_bytes_max.unwrap_or(lines.line_bytes_max);
        let rate_per_s = self.rate_per_s.unwrap_or(lines.rate_per_s);
        LineSettings { line_bytes_max, rate_per_s, idle_flush_ms: 0, raw: true }
    }
}
