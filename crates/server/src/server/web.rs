//! Requests to the application, and its answers.

use crate::base::PeerAddress;
use mio_wire::http::Head;

/// A request to one of the application's routes.
#[derive(Debug)]
#[non_exhaustive]
pub struct WebRequest<'a> {
    /// The client's address.
    pub address: PeerAddress,
    /// Whether its headers show that it came through a proxy, trusted or not. If so, the client is
    /// not on this machine, even if the address is.
    pub by_proxy: bool,
    /// Whether it came over TLS, by a listener of this server.
    pub is_secure: bool,
    /// Its head.
    pub head: &'a Head<'a>,
    /// Its body; empty if it has none.
    pub body: &'a [u8],
}

/// An answer to a request.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct WebResponse {
    /// The status code.
    pub status: u16,
    /// Headers besides those of the framing.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl WebResponse {
    /// 200, with a body of this type.
    pub fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, content_type, body)
    }

    /// 404, in words.
    pub fn not_found() -> Self {
        Self::text(404, "not found\n")
    }

    /// 304: the client's copy is still good.
    pub fn not_modified() -> Self {
        Self { status: 304, ..Self::default() }
    }

    /// A status, and a body of this type. Browsers may not guess another type, nor show the page in
    /// a frame.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let response = Self { status, headers: Vec::new(), body: body.into() };
        response.header("Content-Type", content_type).header("X-Content-Type-Options", "nosniff")
    }

    /// A status and a text.
    pub(super) fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}
