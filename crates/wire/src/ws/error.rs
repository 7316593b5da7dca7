//! Errors of a peer, and the close code for each.

use std::fmt;

/// The error that ended a stream of frames. It names the peer's mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// A reserved bit is set that no extension has given a meaning here (RFC 6455 5.2).
    ReservedBits,
    /// One of the opcodes 3 to 7 and 11 to 15 (RFC 6455 5.2).
    ReservedOpcode(u8),
    /// A client's frame has no mask (RFC 6455 5.1).
    Unmasked,
    /// A server's frame has a mask (RFC 6455 5.1).
    Masked,
    /// A control frame of more than 125 bytes (RFC 6455 5.5).
    ControlTooLong,
    /// A control frame that is not final (RFC 6455 5.5).
    ControlFragmented,
    /// A length with more digits than it needs, or of 2^63 bytes and more (RFC 6455 5.2).
    Length,
    /// A continuation without a message to continue (RFC 6455 5.4).
    LoneContinuation,
    /// A new message before the end of the previous one (RFC 6455 5.4).
    Interleaved,
    /// A close frame of one byte; a code takes two (RFC 6455 5.5.1).
    CloseCut,
    /// A close code that may not be sent (RFC 6455 7.4).
    CloseCode(u16),
    /// Text or a reason that is not UTF-8 (RFC 6455 8.1).
    Utf8,
    /// A compressed message that cannot be decompressed by itself (RFC 7692 7.2.2).
    Deflated,
    /// A message in more fragments than are allowed.
    TooManyFragments,
    /// A message of more bytes than are allowed.
    TooLarge,
}

impl Error {
    /// The close code that tells the peer (RFC 6455 7.4.1): 1002, 1007, 1008 or 1009.
    pub const fn code(self) -> u16 {
        match self {
            Self::Utf8 | Self::Deflated => 1007,
            Self::TooManyFragments => 1008,
            Self::TooLarge => 1009,
            Self::ReservedBits
            | Self::ReservedOpcode(_)
            | Self::Unmasked
            | Self::Masked
            | Self::ControlTooLong
            | Self::ControlFragmented
            | Self::Length
            | Self::LoneContinuation
            | Self::Interleaved
            | Self::CloseCut
            | Self::CloseCode(_) => 1002,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReservedBits => "a reserved bit is set",
            Self::ReservedOpcode(opcode) => return write!(f, "opcode {opcode} is reserved"),
            Self::Unmasked => "a client's frame without a mask",
            Self::Masked => "a server's frame with a mask",
            Self::ControlTooLong => "a control frame of more than 125 bytes",
            Self::ControlFragmented => "a control frame in fragments",
            Self::Length => "a length that is not minimal, or has its top bit set",
            Self::LoneContinuation => "a continuation without a message",
            Self::Interleaved => "a message inside another one",
            Self::CloseCut => "a close frame with half a code",
            Self::CloseCode(code) => return write!(f, "close code {code} may not be sent"),
            Self::Utf8 => "text that is not UTF-8",
            Self::Deflated => "a message that cannot be decompressed",
            Self::TooManyFragments => "a message in too many fragments",
            Self::TooLarge => "a message that is too large",
        })
    }
}

impl std::error::Error for Error {}
