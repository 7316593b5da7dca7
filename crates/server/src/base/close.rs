//! The reasons for the end of a connection.

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
    /// The client speaks another protocol, or breaks this one.
    ProtocolError,
    /// The client reads more slowly than the server writes to it.
    SlowClient,
    /// The server has its maximum of clients.
    ServerFull,
    /// The server ends.
    ServerShutdown,
    /// The network or the client's system ended the connection.
    Reset,
    /// The client left a namespace, or ended its session in an orderly way.
    ClientDisconnect,
    /// The application ended the session.
    ServerDisconnect,
    /// Nothing was heard of the client for too long.
    PingTimeout,
    /// A request, a handshake or an upgrade took too long.
    Timeout,
    /// The client's person has come in over another connection.
    Replaced,
    /// The client holds more memory than is available.
    Memory,
    /// The application failed while it handled the client's input.
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
