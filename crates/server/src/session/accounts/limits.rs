//! What one address may do, and what it has too much of.

use super::Rate;
use crate::base::setters;
use std::fmt;

/// What those of one address may do together. By default all they like.
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
    /// Sessions of Engine.IO at a time that have not joined a namespace yet.
    pub unjoined_max: usize,
    /// Messages; requests for pages count too.
    pub posts: Rate,
    /// Bytes of them.
    pub bytes: Rate,
    /// Microseconds of the loop's time.
    pub work_us: Rate,
    /// Bytes of memory that may be held for them.
    pub held_bytes_max: usize,
    /// What the application counts, by its own numbers.
    pub own: Vec<OwnLimit>,
}

/// How much there is for an address of something that the application counts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OwnLimit {
    /// What it is called in the log and the metrics.
    pub name: &'static str,
    /// How much.
    pub rate: Rate,
    /// Whether an address that has spent more is read later; if not, it is up to the application.
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
    /// So much of something, called `name`; whoever has spent more is not read later for it.
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

/// What an address has too much of. The log and the metrics name it with the flag that bounds it.
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

    /// What it is, as a word of a log line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Arrivals => "arrivals",
            Self::Sessions => "sessions",
            Self::Handshakes => "handshakes",
            Self::Unjoined => "unjoined",
        }
    }

    /// What it is in words, for whoever is refused.
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
