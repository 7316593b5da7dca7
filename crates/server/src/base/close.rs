//! Why a connection ends.

use std::fmt;

/// The one list of reasons: the same words in logs, in metrics and for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CloseReason {
    /// The client asked to leave.
    Quit,
    /// The client closed its side.
    Eof,
    /// The client sent lines or frames beyond the limit, again and again.
    LineTooLong,
    /// The client sent a message or a body beyond the limit.
    PayloadTooLarge,
    /// The client speaks another protocol, or this one wrongly.
    ProtocolError,
    /// The client reads more slowly than it is written to.
    SlowClient,
    /// The server has as many clients as it takes.
    ServerFull,
    /// The server ends.
    ServerShutdown,
    /// The network or the client's system ended the connection.
    Reset,
    /// The client left a namespace, or ended its session in an orderly way.
    ClientDisconnect,
    /// The application ended the session.
    ServerDisconnect,
    /// The client has not been heard of for too long.
    PingTimeout,
    /// A request, a handshake or an upgrade took too long.
    Timeout,
    /// The same person has come in by another connection.
    Replaced,
    /// More is held in memory for the client than there is room for.
    Memory,
    /// The application has failed at what the client asked for.
    InternalError,
    /// Nobody may come in from that address.
    Banned,
    /// The person has ended their token.
    Forgotten,
}

impl CloseReason {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Quit,
        Self::Eof,
        Self::LineTooLong,
        Self::PayloadTooLarge,
        Self::ProtocolError,
        Self::SlowClient,
        Self::ServerFull,
        Self::ServerShutdown,
        Self::Reset,
        Self::ClientDisconnect,
        Self::ServerDisconnect,
        Self::PingTimeout,
        Self::Timeout,
        Self::Replaced,
        Self::Memory,
        Self::InternalError,
        Self::Banned,
        Self::Forgotten,
    ];

    /// The reason as a word, `slow-client` for example.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Eof => "eof",
            Self::LineTooLong => "line-too-long",
            Self::PayloadTooLarge => "payload-too-large",
            Self::ProtocolError => "protocol-error",
            Self::SlowClient => "slow-client",
            Self::ServerFull => "server-full",
            Self::ServerShutdown => "server-shutdown",
            Self::Reset => "reset",
            Self::ClientDisconnect => "client-disconnect",
            Self::ServerDisconnect => "server-disconnect",
            Self::PingTimeout => "ping-timeout",
            Self::Timeout => "timeout",
            Self::Replaced => "replaced",
            Self::Memory => "memory",
            Self::InternalError => "internal-error",
            Self::Banned => "banned",
            Self::Forgotten => "forgotten",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
