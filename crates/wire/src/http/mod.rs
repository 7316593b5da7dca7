//! HTTP/1.0 and 1.1 (RFC 9110, RFC 9112) for a server, and the head of an [`Answer`] for a client.
//!
//! A request has one reading or none. If lenient readers disagree about its end (two lengths, a
//! length and chunks, a bare LF), a second request could hide in the first, so it is refused. A
//! refusal depends on the bytes alone, never on how they arrive.
//!
//! [`head_end`] finds the end of a head, [`parse`] reads the head and an [`OwnedHead`] keeps it, a
//! [`Body`] takes the content off the bytes that follow, and a [`Response`] is written. After a
//! [`Refusal`] the connection must be closed, because nobody knows where the next request begins.

mod answer;
mod body;
mod date;
mod forwarded;
mod head;
#[cfg(test)]
mod mutations;
mod reading;
mod request_line;
mod response;
#[cfg(test)]
mod tests;

pub use answer::{Answer, NoHttp};
pub use body::Body;
pub use forwarded::{Hop, hops, is_proxied, is_told_secure, told_hosts};
pub use head::{Head, head_end};
pub use reading::{OwnedHead, parse};
pub use request_line::is_authority;
pub use response::{CONTINUE, Response, reason};

use std::fmt;

/// The method of a request (RFC 9110 §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`: as `GET`, but the response has no content.
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH` (RFC 5789)
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// Any other; methods are case-sensitive, so `get` is one of these.
    Other,
}

impl Method {
    /// The method as written in a request; `other` for [`Self::Other`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "other",
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }
}

/// The length of the content after a head (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// This many bytes, as `Content-Length` says.
    Length(u64),
    /// Chunks, up to an empty one.
    Chunked,
}

/// The answer to a request that cannot be read, before its connection closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The response's status: 400, 413, 414, 417, 421, 431, 501 or 505.
    pub status: u16,
    /// The reason in words, for the response and the log. It quotes nothing that was sent.
    pub why: &'static str,
}

impl Refusal {
    /// 400, the answer to bytes that are not HTTP.
    const fn bad(why: &'static str) -> Self {
        Self { status: 400, why }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, reason(self.status), self.why)
    }
}

impl std::error::Error for Refusal {}

/// Whether a method or a field's name may hold this byte (RFC 9110 §5.6.2).
pub(crate) const fn is_token(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
        || byte.is_ascii_alphanumeric()
}

/// Whether a field's value may hold this byte (RFC 9110 §5.5).
const fn is_value(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
