//! Responses (RFC 9112 §4).

use super::date::date;
use super::{is_token, is_value};

/// Asks for the content of a request whose client waits for this; see
/// [`super::Head::expect_continue`].
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A whole response.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// Its status, of three digits.
    pub status: u16,
    /// Its fields in order, except those about its length, which it adds by itself.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its content; a status without content (1xx, 204, 304) is sent without it.
    pub body: &'a [u8],
    /// Whether the connection stays open; the response says so if it does not.
    pub keep_alive: bool,
    /// Whether this answers `HEAD`: the response has the length of the content and not the content.
    pub head_only: bool,
    /// When the response is made, in milliseconds since 1970; 0 if that is unknown, and then left
    /// out.
    pub unix_ms: u64,
}

impl Response<'_> {
    /// Appends the response to `out`, always as HTTP/1.1 (RFC 9112 §2.3).
    ///
    /// Leaves out a field that would not be exactly one field, because its name is not a token or
    /// its value has a line end, NUL or another control character, and a field that contradicts the
    /// length. Both are mistakes of the caller.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_head(self.body.len() as u64, out);
        if has_content(self.status) && !self.head_only {
            out.extend_from_slice(self.body);
        }
    }

    /// Appends the response without its body: the status, the fields, and the empty line after
    /// them. The caller sends `content_bytes` bytes of content after it, unless this answers `HEAD`
    /// or the status has none. Leaves out the same fields as [`Self::write`].
    pub fn write_head(&self, content_bytes: u64, out: &mut Vec<u8>) {
        debug_assert!((100..=999).contains(&self.status), "a status has three digits");
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(self.status.to_string().as_bytes());
        out.push(b' ');
        out.extend_from_slice(reason(self.status).as_bytes());
        out.extend_from_slice(b"\r\n");
        for (name, value) in self.headers {
            let sound = is_sound(name, value);
            debug_assert!(sound, "no header: {name:?}: {value:?}");
            if sound {
                write_field(name, value, out);
            }
        }
        if let Some(date) = date(self.unix_ms) {
            write_field("Date", &date, out);
        }
        if has_content(self.status) {
            write_field("Content-Length", &content_bytes.to_string(), out);
        }
        if !self.keep_alive && self.status >= 200 {
            write_field("Connection", "close", out);
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// Whether a response of this status has content (RFC 9110, 6.4.1).
const fn has_content(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 304)
}

/// Whether this is exactly one field, and not one about the length of the response.
fn is_sound(name: &str, value: &str) -> bool {
    let about_length = ["content-length", "transfer-encoding"];
    !name.is_empty()
        && name.bytes().all(is_token)
        && value.bytes().all(is_value)
        && !about_length.iter().any(|other| name.eq_ignore_ascii_case(other))
}

fn write_field(name: &str, value: &str, out: &mut Vec<u8>) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// The name of a status (RFC 9110 §15); empty for one that is not used here.
pub const fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(status: u16, headers: &[(&str, &str)], keep_alive: bool, head_only: bool) -> String {
        let mut out = Vec::new();
        Response { status, headers, body: b"hi", keep_alive, head_only, unix_ms: 0 }
            .write(&mut out);
        String::from_utf8(out).expect("the response is text")
    }

    #[test]
    fn responses_say_how_long_they_are() {
        let text = [("Content-Type", "text/plain"), ("X", "")];
        assert_eq!(
            written(200, &text, true, false),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX: \r\nContent-Length: 2\r\n\r\nhi"
        );
        assert_eq!(
            written(404, &[], false, true),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(
            written(101, &[("Upgrade", "websocket"), ("Connection", "Upgrade")], false, false),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        );
        assert_eq!(written(204, &[], true, false), "HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(
            written(304, &[], false, false),
            "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(written(299, &[], true, true), "HTTP/1.1 299 \r\nContent-Length: 2\r\n\r\n");
    }

    #[test]
    fn a_response_says_when_it_was_made() {
        let headers = &[][..];
        let unix_ms = 784_111_777_000;
        let mut out = Vec::new();
        Response { status: 204, headers, body: b"", keep_alive: true, head_only: false, unix_ms }
            .write(&mut out);
        assert_eq!(out, b"HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    }

    #[test]
    fn one_header_never_becomes_two() {
        let unsound = [
            ("X", "a\r\nSet-Cookie: b"),
            ("X", "a\nb"),
            ("X", "a\rb"),
            ("X", "a\0b"),
            ("X", "\x7f"),
            ("X: y\r\nZ", "a"),
            ("X\n", "a"),
            ("", "a"),
            ("X Y", "a"),
            ("X:", "a"),
            ("content-length", "3"),
            ("Transfer-Encoding", "chunked"),
        ];
        for (name, value) in unsound {
            assert!(!is_sound(name, value), "{name:?}: {value:?}");
            if !cfg!(debug_assertions) {
                assert_eq!(
                    written(204, &[(name, value)], true, false),
                    written(204, &[], true, false)
                );
            }
        }
        assert!(is_sound("X-Name_1", "a\tb ü"));
    }
}
