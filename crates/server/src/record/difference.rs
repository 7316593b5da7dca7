//! Where a replay is not what was recorded.

use crate::base::{CloseReason, PeerAddress};
use std::fmt;

/// What the record or the replay does: its kind, and the number of the connection, if it is one's.
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
    /// A connection is sent other bytes.
    Bytes {
        /// Its number, counted from 1, and where it came from.
        connection: u64,
        peer: PeerAddress,
        /// How many bytes it was sent before the first that differs.
        offset: u64,
        /// The bytes around that one.
        recorded: Vec<u8>,
        replayed: Vec<u8>,
    },
    /// So many bytes wait for a connection, and other than recorded.
    Waiting { connection: u64, peer: PeerAddress, recorded: u64, replayed: u64 },
    /// A connection is closed for another reason.
    Closed { connection: u64, peer: PeerAddress, recorded: CloseReason, replayed: CloseReason },
    /// The loop does something else.
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
