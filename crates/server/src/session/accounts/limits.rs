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

/// Makes the enum of the rates that an account counts, and what is known of each.
macro_rules! shares {
    ($($(#[$about:meta])* $share:ident of $setting:ident: $over:expr;)+) => {
        /// A rate of an address, of which its account has a share left.
        #[derive(Clone, Copy, Debug)]
        pub enum Share {
            $($(#[$about])* $share,)+
        }

        impl Share {
            /// All of them, each at its own number.
            pub const ALL: &[Self] = &[$(Self::$share,)+];

            /// The rate among the limits.
            pub const fn rate(self, limits: &AddressLimits) -> &Rate {
                match self {
                    $(Self::$share => &limits.$setting,)+
                }
            }

            /// The reason why an address that has none left is refused more; `None` if it is read
            /// later.
            pub const fn over(self) -> Option<TooMuch> {
                match self {
                    $(Self::$share => $over,)+
                }
            }
        }

        impl AddressLimits {
            /// Takes the rates of other limits, except those of the application.
            pub(super) fn set_rates(&mut self, other: &Self) {
                $(self.$setting = other.$setting;)+
            }
        }
    };
}

shares! {
    /// New connections.
    Arrivals of arrivals: Some(TooMuch::Arrivals);
    /// New sessions of Engine.IO.
    Handshakes of handshakes: Some(TooMuch::Handshakes);
    /// Messages.
    Posts of posts: None;
    /// Bytes of messages.
    Bytes of bytes: None;
    /// Microseconds of the loop's time.
    Work of work_us: None;
}

/// Makes the enum of the limits for which a client is refused, with the words about each.
macro_rules! refusing {
    ($($(#[$about:meta])* $limit:ident: $name:literal by $flag:literal, $sentence:literal;)+) => {
        /// The limit that an address has reached, for which it is refused more.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum TooMuch {
            $($(#[$about])* $limit,)+
        }

        impl TooMuch {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$limit,)+];

            /// Its word in the log and in metrics.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$limit => $name,)+
                }
            }

            /// The flag that sets it, for the log.
            pub const fn flag(self) -> &'static str {
                match self {
                    $(Self::$limit => $flag,)+
                }
            }

            /// A sentence for the client that is refused.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$limit => $sentence,)+
                }
            }
        }
    };
}

refusing! {
    /// Connections at a time.
    Connections: "connections" by "--per-address",
        "too many connections from your address, close one and try again";
    /// New connections.
    Arrivals: "arrivals" by "--per-address",
        "too many new connections from your address, try again in a moment";
    /// Sessions at a time.
    Sessions: "sessions" by "--per-address",
        "too many sessions from your address, end one and try again";
    /// New sessions.
    Handshakes: "handshakes" by "--per-address",
        "too many new sessions from your address, try again in a moment";
    /// Sessions that have not joined a namespace.
    Unjoined: "unjoined" by "--per-address",
        "too many sessions from your address have not joined anything yet";
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}
