//! The news for an application about a link and its commands.

use mio_wire::resp::{self, ErrorReply};
use std::fmt;

/// Whether a link is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Commands are taken from now on.
    Up,
    /// None are, for this reason. The server tries by itself to have the link up again.
    Down(LinkLost),
}

/// Why a link is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkLost {
    /// Nothing listens there, or no route leads there.
    Unreachable,
    /// A connection, a greeting or a command took too long.
    Timeout,
    /// The other side has ended the connection, or the network has.
    Closed,
    /// The other side wants another user or password.
    Unauthorized,
    /// The other side does not take the greeting: it is too old, or has no such database.
    Refused,
    /// The other side does not speak as Redis does.
    Malformed,
    /// A reply is longer or deeper than one may be.
    TooLarge,
    /// There was a reply, but no command that it could answer.
    Unexpected,
    /// The server ends.
    Stopping,
}

impl LinkLost {
    /// The reason as a word, `unreachable` for example.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Unauthorized => "unauthorized",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Unexpected => "unexpected",
            Self::Stopping => "stopping",
        }
    }
}

impl fmt::Display for LinkLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<resp::Error> for LinkLost {
    fn from(error: resp::Error) -> Self {
        match error {
            resp::Error::NotResp | resp::Error::Malformed => Self::Malformed,
            resp::Error::TooLong | resp::Error::TooDeep => Self::TooLarge,
        }
    }
}

/// Why a command was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotSent {
    /// The link is down.
    Down,
    /// Too many bytes of commands are without an answer, this one counted.
    Full,
    /// It is empty, or would change how answers come: `MONITOR`, `QUIT`, `HELLO` and the like.
    Unsuited,
    /// The server has no link of that name.
    NoSuchLink,
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Down => "the link is down",
            Self::Full => "too many commands are without an answer",
            Self::Unsuited => "such a command cannot be sent on a link",
            Self::NoSuchLink => "there is no link of that name",
        })
    }
}

impl std::error::Error for NotSent {}

/// Why a command has no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError<'a> {
    /// The link was lost first. Redis may have run the command or not.
    Lost(LinkLost),
    /// Redis has refused it.
    Failed(ErrorReply<'a>),
}

impl fmt::Display for CommandError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(why) => write!(f, "the link was lost: {why}"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}
