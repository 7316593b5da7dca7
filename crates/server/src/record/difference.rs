//! The place where a replay differs from the record.

use crate::base::{CloseReason, PeerAddress};
use std::fmt;

/// A step of the record or the replay: its kind, and the number of its connection, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step(pub(super) &'static str, pub(super) Option<u64>);

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(name, Some(connection)) => write!(f, "{name} of connection {connection}"),
            Self(name, None) => f.write_str(name),
        }
    }
}

/// The first difference between a record and its replay.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The turn of the loop, counted from 1.
    pub turn: u64,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The bytes sent to a connection differ.
    Bytes {
        /// Its number, counted from 1, and its peer.
        connection: u64,
        peer: PeerAddress,
        /// Number of bytes sent to it before the first that differs.
        offset: u64,
        /// The bytes around that place.
        recorded: Vec<u8>,
        replayed: Vec<u8>,
    },
    /// The number of bytes that wait for a connection differs.
    Waiting { connection: u64, peer: PeerAddress, recorded: u64, replayed: u64 },
    /// The reason for closing a connection differs.
    Closed { connection: u64, peer: PeerAddress, recorded: CloseReason, replayed: CloseReason },
    /// The loop takes another step.
    Steps { recorded: Step, replayed: Step },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turn = self.turn;
        match &self.what {
            What::Bytes { connection, peer, offset, recorded, replayed } => write!(
                f,
                "turn {turn}: connection {connection} ({peer}) is sent other bytes from byte \
                 {offset} on\n  recorded: \"{}\"\n  replayed: \"{}\"",
                recorded.escape_ascii(),
                replayed.escape_ascii()
            ),
            What::Waiting { connection, peer, recorded, replayed } => write!(
                f,
                "turn {turn}: for connection {connection} ({peer}) {recorded} bytes waited, and \
                 now {replayed}"
            ),
            What::Closed { connection, peer, recorded, replayed } => write!(
                f,
                "turn {turn}: connection {connection} ({peer}) was closed as {recorded}, and now \
                 as {replayed}"
            ),
            What::Steps { recorded, replayed } => {
                write!(f, "turn {turn}: recorded is {recorded}, the replay goes on with {replayed}")
            }
        }
    }
}
