//! The reading of a complete head: the place of each part in its bytes.

use super::head::{head_end, request_from};
use super::{Framing, Head, Method, Refusal, request_line};
use crate::limits::{HTTP_HEAD_BYTES_MAX, HTTP_HEADERS_MAX};
use std::borrow::Cow;

/// The path of a target without one.
const ROOT: &str = "/";

// A place in a head is two numbers of 16 bits.
const _: () = assert!(HTTP_HEAD_BYTES_MAX <= u16::MAX as usize);

/// The head of a request that has one reading, read once, together with its bytes.
#[derive(Debug)]
pub struct OwnedHead {
    bytes: Vec<u8>,
    reading: Reading,
}

/// The places of the parts in a head.
#[derive(Debug)]
struct Reading {
    method: Method,
    /// `None` is `/`: a target that begins with a host need not have a path.
    path: Option<Span>,
    query: Span,
    keep_alive: bool,
    http10: bool,
    framing: Framing,
    expect_continue: bool,
    authority: Option<Span>,
    fields: Vec<Field>,
}

/// A field of a head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: Span,
    pub(super) value: Span,
}

/// A range in a head, which is at most [`HTTP_HEAD_BYTES_MAX`] bytes long.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    from: u16,
    to: u16,
}

impl Span {
    /// The range of `part`, a part of `whole`.
    fn of(part: &[u8], whole: &[u8]) -> Self {
        if part.is_empty() {
            return Self::default();
        }
        let from = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        let number = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        Self { from: number(from), to: number(from + part.len()) }
    }

    /// The bytes of this range; empty if the head has no such range.
    pub(super) fn bytes(self, whole: &[u8]) -> &[u8] {
        whole.get(usize::from(self.from)..usize::from(self.to)).unwrap_or_default()
    }

    /// The text of this range; empty if it is not text.
    pub(super) fn text(self, whole: &[u8]) -> &str {
        str::from_utf8(self.bytes(whole)).unwrap_or_default()
    }
}

impl OwnedHead {
    /// Reads one whole head.
    ///
    /// # Errors
    /// The errors of [`parse`].
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Refusal> {
        let reading = Reading::of(&bytes)?;
        Ok(Self { bytes, reading })
    }

    /// The head, without reading it again.
    pub fn head(&self) -> Head<'_> {
        self.reading.head(&self.bytes, Cow::Borrowed(&self.reading.fields))
    }

    /// Bytes of memory that it holds.
    pub const fn held_bytes(&self) -> usize {
        self.bytes.capacity() + self.reading.fields.capacity() * size_of::<Field>()
    }
}

/// Reads one complete head: the bytes up to the end found by [`head_end`].
///
/// # Errors
/// 400 for a head with no reading or more than one, 413 for a length beyond 64 bits, 417 for an
/// unknown expectation, 431 for more than [`HTTP_HEADERS_MAX`] fields, 501 for an unknown transfer
/// coding; and those of [`head_end`].
pub fn parse(head: &[u8]) -> Result<Head<'_>, Refusal> {
    let mut reading = Reading::of(head)?;
    let fields = std::mem::take(&mut reading.fields);
    Ok(reading.head(head, Cow::Owned(fields)))
}

impl Reading {
    fn of(bytes: &[u8]) -> Result<Self, Refusal> {
        let not_whole = Refusal::bad("a head that is not whole");
        if head_end(bytes, &mut 0)? != Some(bytes.len()) {
            return Err(not_whole);
        }
        let head = &bytes[request_from(bytes)..];
        let line_end = memchr::memchr(b'\n', head).ok_or(not_whole)? + 1;
        let (line, rest) = head.split_at(line_end);
        let line = request_line::parse(line)?;
        let mut slots = [httparse::EMPTY_HEADER; HTTP_HEADERS_MAX];
        let fields = parse_fields(rest, &mut slots)?;
        check_host(fields, &line)?;
        let framing = framing(fields, line.http10)?;
        let expects = expects_continue(fields)?;
        let has_content = !matches!(framing, Framing::None | Framing::Length(0));
        let span = |part: &[u8]| Span::of(part, bytes);
        let fields = fields.iter();
        let fields = fields
            .map(|field| Field { name: span(field.name.as_bytes()), value: span(field.value) });
        let mut reading = Self {
            method: Method::from_word(line.method),
            path: Some(line.path).filter(|path| *path != ROOT).map(|it| span(it.as_bytes())),
            query: span(line.query.as_bytes()),
            keep_alive: false,
            http10: line.http10,
            framing,
            expect_continue: expects && has_content && !line.http10,
            authority: line.authority.map(|authority| span(authority.as_bytes())),
            fields: fields.collect(),
        };
        let closes =
            reading.head(bytes, Cow::Borrowed(&reading.fields)).has_token("connection", "close");
        reading.keep_alive = !reading.http10 && !closes;
        Ok(reading)
    }

    fn head<'b>(&self, bytes: &'b [u8], fields: Cow<'b, [Field]>) -> Head<'b> {
        Head {
            method: self.method,
            path: self.path.map_or(ROOT, |path| path.text(bytes)),
            query: self.query.text(bytes),
            keep_alive: self.keep_alive,
            http10: self.http10,
            framing: self.framing,
            expect_continue: self.expect_continue,
            bytes,
            authority: self.authority,
            fields,
        }
    }
}

fn parse_fields<'b, 's>(
    rest: &'b [u8],
    slots: &'s mut [httparse::Header<'b>],
) -> Result<&'s [httparse::Header<'b>], Refusal> {
    match httparse::parse_headers(rest, slots) {
        Ok(httparse::Status::Complete((length, fields))) if length == rest.len() => Ok(fields),
        Err(httparse::Error::TooManyHeaders) => {
            Err(Refusal { status: 431, why: "too many header fields" })
        }
        _ => Err(Refusal::bad("a malformed header field")),
    }
}

/// The values of all fields of that name, without the white space around them.
pub(super) fn values<'b>(
    fields: &[httparse::Header<'b>],
    name: &str,
) -> impl Iterator<Item = &'b [u8]> {
    let fields = fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
    fields.map(|field| field.value.trim_ascii())
}

/// The value of the one field of that name; refused if there are two, even equal ones.
fn only_value<'b>(
    fields: &[httparse::Header<'b>],
    name: &str,
    two: &'static str,
) -> Result<Option<&'b [u8]>, Refusal> {
    let mut values = values(fields, name);
    let first = values.next();
    if values.next().is_some() {
        return Err(Refusal::bad(two));
    }
    Ok(first)
}

/// RFC 9112 §3.2: one host in HTTP/1.1. If the target names one too, that one counts and the field
/// is ignored (§3.2.2): [`Head`] returns it in place of the field.
fn check_host(
    fields: &[httparse::Header<'_>],
    line: &request_line::RequestLine<'_>,
) -> Result<(), Refusal> {
    let host = only_value(fields, "host", "two Host fields")?;
    match host.map(str::from_utf8) {
        None if !line.http10 => Err(Refusal::bad("no Host field")),
        None => Ok(()),
        Some(Ok(host)) if request_line::is_authority(host) => Ok(()),
        Some(_) => Err(Refusal::bad("a Host field that names no host")),
    }
}

/// RFC 9112 §6: fields about which two readers could disagree give no framing at all.
fn framing(fields: &[httparse::Header<'_>], http10: bool) -> Result<Framing, Refusal> {
    let length = only_value(fields, "content-length", "two Content-Length fields")?;
    let coding = only_value(fields, "transfer-encoding", "two Transfer-Encoding fields")?;
    match (length, coding) {
        (None, None) => Ok(Framing::None),
        (Some(_), Some(_)) => Err(Refusal::bad("both Content-Length and Transfer-Encoding")),
        (Some(length), None) => content_length(length).map(Framing::Length),
        (None, Some(_)) if http10 => Err(Refusal::bad("Transfer-Encoding in HTTP/1.0")),
        (None, Some(coding)) => {
            only_chunked(coding)?;
            Ok(Framing::Chunked)
        }
    }
}

fn content_length(value: &[u8]) -> Result<u64, Refusal> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::bad("a Content-Length that is no number"));
    }
    let too_large = Refusal { status: 413, why: "a Content-Length beyond all bounds" };
    value.iter().try_fold(0_u64, |length, digit| {
        let length = length.checked_mul(10).ok_or(too_large)?;
        length.checked_add(u64::from(digit - b'0')).ok_or(too_large)
    })
}

fn only_chunked(value: &[u8]) -> Result<(), Refusal> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut codings = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let last = codings.next_back();
    let misplaced = codings.any(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    if misplaced || last.is_none_or(<[u8]>::is_empty) {
        return Err(Refusal::bad("a Transfer-Encoding that does not end in one chunked"));
    }
    Err(Refusal { status: 501, why: "an unknown transfer coding" })
}

fn expects_continue(fields: &[httparse::Header<'_>]) -> Result<bool, Refusal> {
    let mut expects = false;
    for value in values(fields, "expect") {
        if !value.eq_ignore_ascii_case(b"100-continue") {
            return Err(Refusal { status: 417, why: "an unknown expectation" });
        }
        expects = true;
    }
    Ok(expects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_owns_its_bytes_says_the_same() {
        for sent in [
            "GET /a?b=c HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX:  y \r\nx: \r\n\r\n",
            "\r\nPOST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
            "GET http://b:8080 HTTP/1.1\r\nhost: a\r\nVia: 1.1 c\r\n\r\n",
            "GET http://b?q HTTP/1.0\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            let bytes = sent.as_bytes();
            let owned = OwnedHead::parse(bytes.to_vec()).expect("a good head");
            let (owned, head) = (owned.head(), parse(bytes).expect("a good head"));
            let of = |head: &Head<'_>| {
                let values = ["host", "x", "via"]
                    .map(|name| head.headers(name).map(str::to_owned).collect::<Vec<_>>());
                let names: Vec<String> = head.names().map(str::to_owned).collect();
                let Head { method, path, query, keep_alive, http10, framing, .. } = head;
                let line = format!("{method:?} {path} {query} {keep_alive} {http10} {framing:?}");
                (line, names, values, head.expect_continue)
            };
            assert_eq!(of(&owned), of(&head), "{sent}");
        }
        let target = b"GET http://b:8080 HTTP/1.1\r\nhost: a\r\nVia: 1.1 c\r\n\r\n".to_vec();
        let head = OwnedHead::parse(target).expect("a good head");
        let head = head.head();
        assert_eq!(head.path, "/");
        assert_eq!(head.names().collect::<Vec<_>>(), ["Via", "Host"]);
        assert_eq!(head.headers("Host").collect::<Vec<_>>(), ["b:8080"]);
    }
}
