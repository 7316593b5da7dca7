//! The head of a request: its end, and its content.

use super::reading::{Field, Span};
use super::{Framing, Method, Refusal, request_line};
use crate::limits::HTTP_HEAD_BYTES_MAX;
use std::borrow::Cow;

/// The field that names a request's host.
const HOST: &str = "Host";

/// The head of a request that has one reading; it borrows the bytes that were sent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Head<'b> {
    /// The method.
    pub method: Method,
    /// The target's path as sent, in visible ASCII and not percent-decoded. It begins with `/`,
    /// except for `OPTIONS *`, where it is `*`.
    pub path: &'b str,
    /// The text after the target's first `?`, as sent; empty if there is none.
    pub query: &'b str,
    /// Whether the connection stays open after the response (RFC 9112 §9.3). Always false in
    /// HTTP/1.0, whose clients would need a field in each response.
    pub keep_alive: bool,
    /// Whether this is HTTP/1.0, which has neither chunks nor upgrades.
    pub http10: bool,
    /// The length of the content.
    pub framing: Framing,
    /// Whether the client sends its content only after [`super::CONTINUE`], or after a while (RFC
    /// 9110 §10.1.1). False if there is no content.
    pub expect_continue: bool,
    pub(super) bytes: &'b [u8],
    /// The host and port in the target, which replace those in the field.
    pub(super) authority: Option<Span>,
    pub(super) fields: Cow<'b, [Field]>,
}

impl<'b> Head<'b> {
    /// The first field of that name, in any case. The white space around the value is removed; a
    /// value that is not UTF-8 is skipped.
    pub fn header(&self, name: &str) -> Option<&'b str> {
        self.headers(name).next()
    }

    /// Whether there is a field of that name, with any value.
    pub fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// The values of all fields of that name, in order; like [`Self::header`] otherwise.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &'b str> {
        self.values(name).filter_map(|value| str::from_utf8(value).ok())
    }

    /// The values of all fields of that name as bytes, in order, including those that are not
    /// UTF-8.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'b [u8]> {
        let bytes = self.bytes;
        let authority = self.authority.filter(|_| name.eq_ignore_ascii_case(HOST));
        let is_told = authority.is_some();
        let fields = self.fields.iter().filter(move |field| {
            !is_told && field.name.bytes(bytes).eq_ignore_ascii_case(name.as_bytes())
        });
        let spans = authority.into_iter().chain(fields.map(|field| field.value));
        spans.map(move |span| span.bytes(bytes).trim_ascii())
    }

    /// The names of all fields in order, as sent; if the target has a host, its name comes last.
    pub fn names(&self) -> impl Iterator<Item = &'b str> {
        let (bytes, authority) = (self.bytes, self.authority);
        let names = self.fields.iter().map(move |field| field.name.text(bytes));
        let is_left_out = move |name: &&str| authority.is_some() && name.eq_ignore_ascii_case(HOST);
        names.filter(move |name| !is_left_out(name)).chain(authority.map(|_| HOST))
    }

    /// Whether a field of that name, read as a list separated by commas, contains `token`. Case
    /// does not matter for either.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        let mut tokens = self.headers(name).flat_map(|value| value.split(','));
        tokens.any(|sent| sent.trim_matches([' ', '\t']).eq_ignore_ascii_case(token))
    }

    /// The first parameter of that name in the query, decoded like a form: `+` is a space, and
    /// bytes that are not UTF-8 are replaced. It may contain any character, even line ends and NUL.
    pub fn param(&self, name: &str) -> Option<Cow<'b, str>> {
        self.params().find(|(sent, _)| sent == name).map(|(_, value)| value)
    }

    /// All parameters of the query, in order and decoded as by [`Self::param`].
    pub fn params(&self) -> impl Iterator<Item = (Cow<'b, str>, Cow<'b, str>)> + use<'b> {
        form_urlencoded::parse(self.query.as_bytes())
    }
}

/// The end of the head at the front of `input`: the index after its blank line. `Ok(None)` means
/// "need more bytes". An empty line before the head (RFC 9112 §2.2) is part of it.
///
/// `scanned` is the number of bytes that earlier calls have examined. It begins at 0, and is 0
/// again when the end has been found. Between calls, bytes are only ever added to `input`.
///
/// # Errors
/// As soon as it is certain that these bytes cannot become a head: 400 for a malformed request line
/// and for a bare LF, 414 for a target beyond [`HTTP_TARGET_BYTES_MAX`], 431 for a head beyond
/// [`HTTP_HEAD_BYTES_MAX`], 501 for an endless method, 505 for another version.
///
/// [`HTTP_TARGET_BYTES_MAX`]: crate::limits::HTTP_TARGET_BYTES_MAX
pub fn head_end(input: &[u8], scanned: &mut usize) -> Result<Option<usize>, Refusal> {
    if input == b"\r" {
        return Ok(None);
    }
    let start = request_from(input);
    let seen = &input[..input.len().min(HTTP_HEAD_BYTES_MAX)];
    let mut from = (*scanned).clamp(start, seen.len());
    *scanned = seen.len();
    if memchr::memchr(b'\n', &seen[start..from]).is_none() {
        let line = &seen[start..];
        let Some(end) = request_line::scan(line, from - start)? else { return Ok(None) };
        request_line::parse(&line[..end])?;
        from = start + end;
    }
    for found in memchr::memchr_iter(b'\n', &seen[from..]) {
        let before = &seen[..from + found];
        if !before.ends_with(b"\r") {
            return Err(Refusal::bad("a line that ends in LF without CR"));
        }
        if before.ends_with(b"\n\r") {
            *scanned = 0;
            return Ok(Some(before.len() + 1));
        }
    }
    if input.len() >= HTTP_HEAD_BYTES_MAX {
        return Err(Refusal { status: 431, why: "the head is too long" });
    }
    Ok(None)
}

/// The index at which the request line begins: after the one empty line that may precede it.
pub(super) fn request_from(input: &[u8]) -> usize {
    if input.starts_with(b"\r\n") { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::tests::{last, read};
    use super::*;
    use crate::limits::{HTTP_HEADERS_MAX, HTTP_TARGET_BYTES_MAX};

    fn by_segments(input: &[u8], bytes: usize) -> String {
        let cuts: Vec<usize> = (0..input.len()).step_by(bytes).collect();
        let log = read(input, &cuts);
        assert_eq!(log, read(input, &[]));
        log
    }

    #[test]
    fn a_head_is_bounded() {
        let target = |bytes: usize| {
            format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(bytes - 1)).into_bytes()
        };
        assert!(last(&by_segments(&target(4000), 256)).starts_with("[] \"\""));
        assert!(last(&by_segments(&target(HTTP_TARGET_BYTES_MAX), 1)).starts_with("[] \"\""));
        assert!(last(&by_segments(&target(HTTP_TARGET_BYTES_MAX + 1), 1)).starts_with("[] 414"));
        assert!(last(&by_segments(&target(1024 * 1024), 65536)).starts_with("[] 414"));

        let fields = |count: usize| {
            let fields = "X: y\r\n".repeat(count - 1);
            format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes()
        };
        assert!(last(&by_segments(&fields(HTTP_HEADERS_MAX), 7)).starts_with("[] \"\""));
        for count in [HTTP_HEADERS_MAX + 1, 400, 2400, 40_000] {
            assert!(last(&by_segments(&fields(count), 1000)).starts_with("[] 431"), "{count}");
        }

        let head = |bytes: usize| {
            let around = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len();
            let value = "x".repeat(bytes - around);
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {value}\r\n\r\n").into_bytes()
        };
        assert!(last(&by_segments(&head(HTTP_HEAD_BYTES_MAX), 256)).starts_with("[] \"\""));
        assert!(last(&by_segments(&head(HTTP_HEAD_BYTES_MAX + 1), 256)).starts_with("[] 431"));
        let endless = &head(64 * 1024)[..HTTP_HEAD_BYTES_MAX];
        assert!(last(&by_segments(endless, 1)).starts_with("[] 431"));
    }

    #[test]
    fn a_search_is_not_repeated() {
        let input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut scanned = 0;
        assert_eq!(head_end(&input[..5], &mut scanned), Ok(None));
        assert_eq!(scanned, 5);
        assert_eq!(head_end(&input[..20], &mut scanned), Ok(None));
        assert_eq!(scanned, 20);
        assert_eq!(head_end(input, &mut scanned), Ok(Some(input.len())));
        assert_eq!(scanned, 0);
    }

    #[test]
    fn fields_and_parameters_are_found() {
        let head = b"GET /?a=1&b=x+%C3%BC%0d&a=2&c HTTP/1.1\r\nHost: a\r\n\
            Upgrade: h2c, WebSocket\r\n\
            Connection: keep-alive\r\nconnection: \tUpgrade ,x\r\n\
            X: \xff\r\nx: \xc3\xbc\r\nY:\r\n\r\n";
        let head = parse(head).expect("the head is sound");
        assert_eq!(head.header("upgrade"), Some("h2c, WebSocket"));
        assert_eq!(head.header("X"), Some("ü"));
        assert_eq!(head.header("y"), Some(""));
        assert_eq!(head.header("z"), None);
        assert_eq!(head.headers("Connection").collect::<Vec<_>>(), ["keep-alive", "Upgrade ,x"]);
        assert!(head.has_token("connection", "upgrade") && head.has_token("Upgrade", "websocket"));
        assert!(!head.has_token("connection", "up") && !head.has_token("z", ""));
        assert_eq!(head.param("a").as_deref(), Some("1"));
        assert_eq!(head.param("b").as_deref(), Some("x ü\r"));
        assert_eq!(head.param("c").as_deref(), Some(""));
        assert_eq!(head.param("d"), None);
        assert_eq!(head.params().count(), 4);
        assert_eq!(Method::Patch.as_str(), "PATCH");
    }
}
