//! Clients that speak another protocol at the line door.

/// First bytes of a TLS ClientHello record (RFC 8446, 5.1): handshake, legacy version 3.x.
pub(super) const TLS_HELLO: [u8; 2] = [0x16, 0x03];

/// The other protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// An HTTP request.
    Http,
    /// A TLS ClientHello.
    Tls,
}

/// Whether a line is an HTTP request line (RFC 9112, 3).
pub(super) fn is_http_request(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(_target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    // Methods are written in capitals, but not everybody who tries does that.
    is_http_method(&method.to_ascii_uppercase()) && version.starts_with(b"HTTP/")
}

/// Whether a line that is cut off begins like an HTTP request line: a method and a path or a URL.
pub(super) fn begins_like_http(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return false };
    is_http_method(method) && (target.starts_with(b"/") || target.starts_with(b"http"))
}

/// There is no complete list of methods; the registered ones are made of capitals and hyphens.
fn is_http_method(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_talk() {
        for request in
            ["GET / HTTP/1.1", "get / HTTP/1.1", "VERSION-CONTROL /x HTTP/1.1", "PRI * HTTP/2.0"]
        {
            assert!(is_http_request(request.as_bytes()), "{request}");
        }
        for talk in ["GET a life", "get a life", " / HTTP/1.1", "SO WHAT IS HTTP/2"] {
            assert!(!is_http_request(talk.as_bytes()), "{talk}");
        }
        for request in ["GET /aaa", "POST http://a/", "M-SEARCH /"] {
            assert!(begins_like_http(request.as_bytes()), "{request}");
        }
        for talk in ["GET a life", "GET", "see /tmp", " /"] {
            assert!(!begins_like_http(talk.as_bytes()), "{talk}");
        }
    }
}
