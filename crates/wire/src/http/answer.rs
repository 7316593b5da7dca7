//! The head of a response, as a client reads it (RFC 9112 §4).

use super::reading::values;
use crate::limits::{HTTP_HEAD_BYTES_MAX, HTTP_HEADERS_MAX};
use std::fmt;

/// The head of a response; it borrows the bytes that were sent.
#[derive(Debug, Clone)]
pub struct Answer<'b> {
    /// Its status, of three digits.
    pub status: u16,
    /// The server's name for the status; may be empty.
    pub reason: &'b str,
    /// Bytes of the whole head, including its blank line; `None` while fields may be missing.
    pub head_bytes: Option<usize>,
    fields: Vec<httparse::Header<'b>>,
}

/// The server does not speak HTTP, or its head has more than [`HTTP_HEAD_BYTES_MAX`] bytes or
/// [`HTTP_HEADERS_MAX`] fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoHttp;

impl fmt::Display for NoHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is not HTTP")
    }
}

impl std::error::Error for NoHttp {}

impl<'b> Answer<'b> {
    /// The response at the front of `input`, as soon as its first line is complete; `None` before.
    ///
    /// # Errors
    /// [`NoHttp`], as soon as that is certain.
    pub fn parse(input: &'b [u8]) -> Result<Option<Self>, NoHttp> {
        let mut slots = [httparse::EMPTY_HEADER; HTTP_HEADERS_MAX];
        let mut response = httparse::Response::new(&mut slots);
        let head_bytes = match response.parse(input) {
            Ok(httparse::Status::Complete(bytes)) if bytes <= HTTP_HEAD_BYTES_MAX => Some(bytes),
            Ok(httparse::Status::Partial) if input.len() <= HTTP_HEAD_BYTES_MAX => None,
            _ => return Err(NoHttp),
        };
        let (Some(status), Some(reason)) = (response.code, response.reason) else {
            return Ok(None);
        };
        let fields = head_bytes.map_or_else(Vec::new, |_| response.headers.to_vec());
        Ok(Some(Self { status, reason, head_bytes, fields }))
    }

    /// The first field of that name, in any case. The white space around the value is removed; a
    /// value that is not UTF-8 is skipped.
    pub fn header(&self, name: &str) -> Option<&'b str> {
        values(&self.fields, name).find_map(|value| str::from_utf8(value).ok())
    }

    /// The names and values of all fields in order; those that are not UTF-8 are skipped.
    pub fn headers(&self) -> impl Iterator<Item = (&'b str, &'b str)> {
        let fields = self.fields.iter();
        fields.filter_map(|field| Some((field.name, str::from_utf8(field.value).ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_known_before_the_head_is_whole() {
        let head = b"HTTP/1.1 403 Forbidden\r\nX: a\r\nx: b\r\n\r\nbody";
        for length in 0..head.len() {
            let answer = Answer::parse(&head[..length]).expect("it is HTTP");
            let status = answer.as_ref().map(|answer| (answer.status, answer.reason));
            assert_eq!(status, (length >= 24).then_some((403, "Forbidden")), "{length}");
            let whole = answer.and_then(|answer| answer.head_bytes);
            assert_eq!(whole, (length >= head.len() - 4).then_some(head.len() - 4), "{length}");
        }
        let answer = Answer::parse(head).expect("it is HTTP").expect("it is whole");
        assert_eq!(answer.headers().collect::<Vec<_>>(), [("X", "a"), ("x", "b")]);
        assert_eq!((answer.header("x"), answer.header("y")), (Some("a"), None));
    }

    #[test]
    fn what_is_not_http_is_told_at_once() {
        for text in ["* Welcome to the chat\n", "SSH-2.0-OpenSSH_9.6\r\n", "x", "HTTP/1.1 abc"] {
            assert_eq!(Answer::parse(text.as_bytes()).err(), Some(NoHttp), "{text}");
        }
        let endless = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; HTTP_HEAD_BYTES_MAX]].concat();
        assert_eq!(Answer::parse(&endless).err(), Some(NoHttp));
    }
}
