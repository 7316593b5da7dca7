//! Limits of one address, and which of them it has reached.

use super::Rate;
use crate::base::setters;
use std::fmt;

/// Limits that all clients of one address share. By default there are none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AddressLimits {
    /// Connections at a time.
    pub connections_max: usize,
    /// New connections.
    pub arrivals: Rate,
    /// Sessions at a time, those without a connection too.
    pub sessions_max: usize,
    /// New sessions of Engine.IO.
    pub handshakes: Rate,
    /// Sessions of Engine.IO at a time that have joined no namespace yet.
    pub unjoined_max: usize,
    /// Messages; requests for pages count too.
    pub posts: Rate,
    /// Bytes of messages.
    pub bytes: Rate,
    /// Microseconds of the loop's time.
    pub work_us: Rate,
    /// Bytes of memory that may be held for its clients.
    pub held_bytes_max: usize,
    /// Limits that the application counts, by its own numbers.
    pub own: Vec<OwnLimit>,
}

/// The limit of one address on something that the application counts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OwnLimit {
    /// Its name in the log and the metrics.
    pub name: &'static str,
    /// The rate.
    pub rate: Rate,
    /// Whether the server reads an address that is over the limit later; if not, the application
    /// reacts.
    pub delays: bool,
}

setters!(AddressLimits {
    connections_max: usize,
    arrivals: Rate,
    sessions_max: usize,
    handshakes: Rate,
    unjoined_max: usize,
    posts: Rate,
    bytes: Rate,
    work_us: Rate,
    held_bytes_max: usize,
    own: Vec<OwnLimit>,
});

setters!(OwnLimit { delays: bool });

impl OwnLimit {
    /// A limit called `name`; the server does not read an address later for it.
    pub const fn new(name: &'static str, rate: Rate) -> Self {
        Self { name, rate, delays: false }
    }
}

impl Default for AddressLimits {
    fn default() -> Self {
        Self {
            connections_max: usize::MAX,
            arrivals: Rate::UNLIMITED,
            sessions_max: usize::MAX,
            handshakes: Rate::UNLIMITED,
            unjoined_max: usize::MAX,
            posts: Rate::UNLIMITED,
            bytes: Rate::UNLIMITED,
            work_us: Rate::UNLIMITED,
            held_bytes_max: usize::MAX,
            own: Vec::new(),
        }
    }
}

/// The limit that an address has reached. The log and the metrics name it with the flag that sets
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TooMuch {
    /// Connections at a time.
    Connections,
    /// New connections.
    Arrivals,
    /// Sessions at a time.
    Sessions,
    /// New sessions.
    Handshakes,
    /// Sessions that have not joined a namespace.
    Unjoined,
}

impl TooMuch {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Connections, Self::Arrivals, Self::Sessions, Self::Handshakes, Self::Unjoined];

    /// Its word in a log line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Arrivals => "arrivals",
            Self::Sessions => "sessions",
            Self::Handshakes => "handshakes",
            Self::Unjoined => "unjoined",
        }
    }

    /// A sentence for the client that is refused.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Connections => "too many connections from your address, close one and try again",
            Self::Arrivals => "too many new connections from your address, try again in a moment",
            Self::Sessions => "too many sessions from your address, end one and try again",
            Self::Handshakes => "too many new sessions from your address, try again in a moment",
            Self::Unjoined => "too many sessions from your address have not joined anything yet",
        }
    }
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}
