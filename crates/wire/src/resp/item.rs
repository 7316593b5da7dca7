//! The heads of a reply's items: the only place that knows the letters of RESP3.

use super::{Error, ErrorReply, Reply};
use crate::limits::{
    RESP_ITEM_BYTES_MIN, RESP_LINE_BYTES_MAX, RESP_NUMBER_BYTES_MAX, RESP_REPLY_BYTES_MAX,
};
use memchr::memchr;
use std::str;

/// Digits of a size: this many fit into 64 bits.
const SIZE_DIGITS_MAX: usize = 19;

/// The head of an item: a whole simple value, or the number of items in an aggregate.
pub(super) enum Head<'a> {
    Whole(Reply<'a>),
    Items(Kind, u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Set,
    Map,
    Push,
    /// Redis's remarks about the reply that follows. They are skipped.
    Attribute,
}

/// The item at the beginning of `bytes`, and its length in bytes: of the whole item, or up to the
/// first item inside it. The first `searched` bytes are known to hold no line end.
pub(super) fn head<'a>(
    bytes: &'a [u8],
    searched: &mut usize,
) -> Result<Option<(Head<'a>, usize)>, Error> {
    let Some(first) = bytes.first() else { return Ok(None) };
    let line_bytes_max = match first {
        b'+' | b'-' | b'(' => RESP_LINE_BYTES_MAX,
        b':' | b',' | b'_' | b'#' | b'$' | b'!' | b'=' | b'*' | b'~' | b'%' | b'>' | b'|' => {
            RESP_NUMBER_BYTES_MAX
        }
        _ => return Err(Error::NotResp),
    };
    let found = line_end(bytes.get(*searched..).unwrap_or_default(), line_bytes_max);
    let end = found.map_or(bytes.len(), |at| *searched + at);
    if end > line_bytes_max {
        return Err(if line_bytes_max == RESP_LINE_BYTES_MAX {
            Error::TooLong
        } else {
            Error::Malformed
        });
    }
    *searched = end;
    match bytes.get(end + 1) {
        None => return Ok(None),
        Some(b'\n') => (),
        Some(_) => return Err(Error::Malformed),
    }
    let (line, rest) =
        (bytes.get(1..end).unwrap_or_default(), bytes.get(end + 2..).unwrap_or_default());
    let length = end + 2;
    let whole = |reply| Ok(Some((Head::Whole(reply), length)));
    let items = |kind, each| match count(line, each)? {
        Some(count) => Ok(Some((Head::Items(kind, count), length))),
        None => Ok(Some((Head::Whole(Reply::Null), length))),
    };
    match first {
        b'+' => whole(Reply::Status(line)),
        b'-' => whole(Reply::Error(ErrorReply::new(line))),
        b':' => whole(Reply::Integer(number(line)?)),
        b',' => whole(Reply::Double(number(line)?)),
        b'(' => {
            let digits = line.strip_prefix(b"-").unwrap_or(line);
            let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
            if is_number { whole(Reply::BigNumber(line)) } else { Err(Error::Malformed) }
        }
        b'_' if line.is_empty() => whole(Reply::Null),
        b'#' if line == b"t" || line == b"f" => whole(Reply::Boolean(line == b"t")),
        b'*' => items(Kind::Array, 1),
        b'~' => items(Kind::Set, 1),
        b'>' => items(Kind::Push, 1),
        b'%' => items(Kind::Map, 2),
        b'|' => items(Kind::Attribute, 2),
        b'$' | b'!' | b'=' => match size(line)? {
            None => whole(Reply::Null),
            Some(size) => {
                let Some(string) = string(rest, length, size)? else { return Ok(None) };
                let reply = match first {
                    b'$' => Reply::Bytes(string),
                    b'!' => Reply::Error(ErrorReply::new(string)),
                    // Three letters and a colon tell its format.
                    _ if string.get(3) == Some(&b':') => Reply::Bytes(&string[4..]),
                    _ => return Err(Error::Malformed),
                };
                Ok(Some((Head::Whole(reply), length + size + 2)))
            }
        },
        _ => Err(Error::Malformed),
    }
}

/// The end of a line, if it has come. A number is at most a few digits, which need no fast search.
fn line_end(bytes: &[u8], line_bytes_max: usize) -> Option<usize> {
    match line_bytes_max {
        RESP_NUMBER_BYTES_MAX => {
            bytes.iter().take(RESP_NUMBER_BYTES_MAX + 1).position(|byte| *byte == b'\r')
        }
        _ => memchr(b'\r', bytes),
    }
}

/// The string of `size` bytes that begins `bytes`, after a head of `head_bytes` bytes, if it and
/// its end have come.
fn string(bytes: &[u8], head_bytes: usize, size: usize) -> Result<Option<&[u8]>, Error> {
    if head_bytes.saturating_add(size) > RESP_REPLY_BYTES_MAX - 2 {
        return Err(Error::TooLong);
    }
    let Some((string, behind)) = bytes.split_at_checked(size) else { return Ok(None) };
    match behind {
        [] | [b'\r'] => Ok(None),
        [b'\r', b'\n', ..] => Ok(Some(string)),
        _ => Err(Error::Malformed),
    }
}

/// The number of items that a head announces, in groups of `each`; `None` stands for a null.
fn count(line: &[u8], each: usize) -> Result<Option<u32>, Error> {
    let Some(count) = size(line)? else { return Ok(None) };
    let items = count.saturating_mul(each);
    if items > RESP_REPLY_BYTES_MAX / RESP_ITEM_BYTES_MIN {
        return Err(Error::TooLong);
    }
    u32::try_from(items).map(Some).map_err(|_| Error::TooLong)
}

/// A length; `None` if it is -1, which stands for nothing.
fn size(line: &[u8]) -> Result<Option<usize>, Error> {
    if line == b"-1" {
        return Ok(None);
    }
    if line.is_empty() || !line.iter().all(u8::is_ascii_digit) {
        return Err(Error::Malformed);
    }
    if line.len() > SIZE_DIGITS_MAX {
        return Err(Error::TooLong);
    }
    let size = line.iter().fold(0, |size, digit| 10 * size + u64::from(digit - b'0'));
    usize::try_from(size).map(Some).map_err(|_| Error::TooLong)
}

fn number<T: str::FromStr>(line: &[u8]) -> Result<T, Error> {
    let text = str::from_utf8(line).map_err(|_| Error::Malformed)?;
    text.parse().map_err(|_| Error::Malformed)
}
