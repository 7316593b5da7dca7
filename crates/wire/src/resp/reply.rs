//! Replies, read in place.

use super::item::{Head, Kind, head};
use std::fmt;

/// An answer of Redis, or a message that it sends by itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reply<'a> {
    /// A short word, `OK` for example.
    Status(&'a [u8]),
    /// A string of bytes.
    Bytes(&'a [u8]),
    /// A number.
    Integer(i64),
    /// A number with a fraction.
    Double(f64),
    /// A number that may be longer than 64 bits, in decimal digits.
    BigNumber(&'a [u8]),
    /// True or false.
    Boolean(bool),
    /// Nothing: the requested value does not exist.
    Null,
    /// The command has failed.
    Error(ErrorReply<'a>),
    /// Replies in their order.
    Array(Items<'a>),
    /// Replies in no order.
    Set(Items<'a>),
    /// Keys, each followed by its value.
    Map(Items<'a>),
    /// Not an answer: a message that Redis sends by itself, such as one to a channel.
    Push(Items<'a>),
}

impl<'a> Reply<'a> {
    /// The bytes of a string or of a status.
    pub const fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Status(bytes) | Self::Bytes(bytes) => Some(*bytes),
            _ => None,
        }
    }

    /// The number, if it is a 64-bit one.
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The replies that it consists of.
    pub fn items(&self) -> Option<Items<'a>> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Map(items) | Self::Push(items) => {
                Some(items.clone())
            }
            _ => None,
        }
    }
}

/// Why a command has failed, in the words of Redis: a code in capitals, and a sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ErrorReply<'a>(&'a [u8]);

/// The codes of an [`ErrorReply`] that a program can react to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// `LOADING`: it reads its file, and answers nothing before that is done.
    Loading,
    /// `READONLY`: it is a replica, to which nothing can be written.
    ReadOnly,
    /// `NOSCRIPT`: it does not know the script; `EVAL` has to send it again.
    NoScript,
    /// `OOM`: its memory is full.
    OutOfMemory,
    /// `NOAUTH`: it wants a password.
    NoAuth,
    /// `WRONGPASS`: it knows no such user, or another password.
    WrongPass,
    /// `NOPERM`: the user may not do that.
    NoPermission,
    /// `MISCONF`: it cannot write its file, and accepts no writes until it can.
    Misconfigured,
    /// `BUSY`: a script runs, and nothing else can.
    Busy,
    /// `MASTERDOWN`: it is a replica that has lost its master.
    MasterDown,
    /// Any other.
    Other,
}

impl<'a> ErrorReply<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// The meaning of its code.
    pub fn code(&self) -> ErrorCode {
        match self.0.split(|byte| *byte == b' ').next().unwrap_or_default() {
            b"LOADING" => ErrorCode::Loading,
            b"READONLY" => ErrorCode::ReadOnly,
            b"NOSCRIPT" => ErrorCode::NoScript,
            b"OOM" => ErrorCode::OutOfMemory,
            b"NOAUTH" => ErrorCode::NoAuth,
            b"WRONGPASS" => ErrorCode::WrongPass,
            b"NOPERM" => ErrorCode::NoPermission,
            b"MISCONF" => ErrorCode::Misconfigured,
            b"BUSY" => ErrorCode::Busy,
            b"MASTERDOWN" => ErrorCode::MasterDown,
            _ => ErrorCode::Other,
        }
    }

    /// The code and the sentence, as they came.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

/// The code and the sentence, with escapes for all but printable ASCII.
impl fmt::Display for ErrorReply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_ascii().fmt(f)
    }
}

impl fmt::Debug for ErrorReply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Replies one after another, each looked at when it is asked for.
#[derive(Clone, PartialEq)]
pub struct Items<'a> {
    left: u32,
    /// The replies that are left, and nothing after them.
    bytes: &'a [u8],
}

impl<'a> Iterator for Items<'a> {
    type Item = Reply<'a>;

    fn next(&mut self) -> Option<Reply<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (reply, rest) = view(self.bytes, self.left == 0)?;
        self.bytes = rest;
        Some(reply)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Items<'_> {}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// The reply at the beginning of `bytes`, which is known to be whole, and the bytes after it. If it
/// `is_last`, nothing comes after it, and its end need not be looked for.
pub(super) fn view(mut bytes: &[u8], is_last: bool) -> Option<(Reply<'_>, &[u8])> {
    loop {
        let (head, length) = head(bytes, &mut 0).ok()??;
        let rest = bytes.get(length..)?;
        let (kind, count) = match head {
            Head::Whole(reply) => return Some((reply, rest)),
            Head::Items(kind, count) => (kind, count),
        };
        let is_reply = kind != Kind::Attribute;
        let after = if is_last && is_reply { &[] } else { pass_over(rest, count)? };
        let items = Items { left: count, bytes: rest.get(..rest.len() - after.len())? };
        let reply = match kind {
            Kind::Array => Reply::Array(items),
            Kind::Set => Reply::Set(items),
            Kind::Map => Reply::Map(items),
            Kind::Push => Reply::Push(items),
            Kind::Attribute => {
                bytes = after;
                continue;
            }
        };
        return Some((reply, after));
    }
}

/// The bytes after `count` items.
fn pass_over(mut bytes: &[u8], count: u32) -> Option<&[u8]> {
    let mut left = u64::from(count);
    while left > 0 {
        let (head, length) = head(bytes, &mut 0).ok()??;
        bytes = bytes.get(length..)?;
        left -= 1;
        if let Head::Items(kind, count) = head {
            left += u64::from(count) + u64::from(kind == Kind::Attribute);
        }
    }
    Some(bytes)
}
