//! Requests to the application, and its answers.

use crate::base::PeerAddress;
use crate::session::Content;
use mio_wire::http::Head;
use std::io::Read;

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
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct WebResponse {
    /// The status code.
    pub status: u16,
    /// Headers besides those of the framing.
    pub headers: Vec<(String, String)>,
    /// The body; empty if it is a [stream](Self::stream).
    pub body: Vec<u8>,
    /// The body, if it is read while the client takes it.
    pub(super) content: Option<Content>,
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
        let response = Self { status, body: body.into(), ..Self::default() };
        response.header("Content-Type", content_type).header("X-Content-Type-Options", "nosniff")
    }

    /// 200, with the first `bytes` bytes of `reader` as its body, a file's for example. They are
    /// read in pieces of 128 KiB as the client takes them, so that a large body needs little
    /// memory. The loop waits for each piece: the reader must not block for long.
    ///
    /// A server that ends cuts off the bodies that clients are still taking.
    ///
    /// If the reader fails or ends too early, the connection is closed. So is that of a client who
    /// does not take a piece within a minute.
    ///
    /// ```
    /// use mio_socketio::WebResponse;
    /// # fn main() -> std::io::Result<()> {
    /// let file = std::fs::File::open("Cargo.toml")?;
    /// let bytes = file.metadata()?.len();
    /// let response = WebResponse::stream("text/plain; charset=utf-8", file, bytes);
    /// # assert_eq!((response.status, response.body.len()), (200, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(content_type: &str, reader: impl Read + 'static, bytes: u64) -> Self {
        let content = Some(Content::new(reader, bytes));
        Self { content, ..Self::ok(content_type, "") }
    }

    /// A status and a text for people.
    pub fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}
