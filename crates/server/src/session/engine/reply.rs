//! The answer to a request.

use super::super::Origin;
use crate::base::{CloseReason, ConnectionId, Outboxes};
use crate::limits::{CORS_MAX_AGE_S, RETRY_AFTER_S};
use mio_wire::http::{Head, Method, Response};

/// The output of a session: outboxes, and the connections whose request has been answered.
#[derive(Debug)]
pub struct Wire<'a> {
    /// All outboxes.
    pub out: &'a mut Outboxes,
    /// Connections that may go on with their next request.
    pub answered: &'a mut Vec<ConnectionId>,
    /// The time in milliseconds since 1970, for responses.
    pub unix_ms: u64,
}

impl Wire<'_> {
    /// A request of a connection is answered. The connection goes on with its next request, or
    /// closes.
    pub fn end(&mut self, connection: ConnectionId, keep_alive: bool) {
        if keep_alive {
            self.answered.push(connection);
        } else {
            self.out.close(connection, CloseReason::Quit);
        }
    }
}

/// Everything needed to answer a request, now or later.
#[derive(Debug)]
pub struct Reply {
    /// The connection of the request.
    pub connection: ConnectionId,
    keep_alive: bool,
    head_only: bool,
    /// The other origin that the request is from, if it is from one.
    origin: Option<Box<str>>,
    /// Its pages are not let in, and may not read the answer.
    is_refused: bool,
    /// Headers that the application has added.
    #[expect(clippy::box_collection, reason = "8 bytes instead of 24 in every poll that waits")]
    own: Option<Box<Vec<(String, String)>>>,
    /// If the answer must be a script (JSONP): the index of its call.
    pub(super) jsonp: Option<Box<str>>,
}

impl Reply {
    /// The way to answer the request `head` of a connection, which comes from `origin`.
    pub fn new(connection: ConnectionId, head: &Head<'_>, origin: Origin<'_>) -> Self {
        let is_refused = matches!(origin, Origin::Refused(_));
        let origin = match origin {
            Origin::Allowed(origin) | Origin::Refused(origin) => Some(Box::from(origin)),
            Origin::Same => None,
        };
        let jsonp = head.param("j").map(Box::from);
        let head_only = head.method == Method::Head;
        let keep_alive = head.keep_alive;
        Self { connection, keep_alive, head_only, origin, is_refused, own: None, jsonp }
    }

    /// Adds headers to the answer.
    pub fn with_headers(mut self, headers: Vec<(String, String)>) -> Self {
        self.own = Some(headers).filter(|headers| !headers.is_empty()).map(Box::new);
        self
    }

    /// The origin of the request, if its pages are not let in.
    pub fn refused_origin(&self) -> Option<&str> {
        self.origin.as_deref().filter(|_| self.is_refused)
    }

    /// Lets the connection close after the reply; later input on it is not read.
    pub const fn closing(mut self) -> Self {
        self.keep_alive = false;
        self
    }

    /// Answers with an error of Engine.IO's (its protocol, "Error codes").
    pub fn refuse(self, wire: &mut Wire<'_>, status: u16, code: u8, message: &str) {
        let body = format!("{{\"code\":{code},\"message\":\"{message}\"}}");
        let headers = [("Content-Type", "application/json"), ("Retry-After", RETRY_AFTER_S)];
        // There is no place for now, for the address or at all.
        let is_passing = matches!(status, 429 | 503);
        self.answer(wire, status, &headers[..if is_passing { 2 } else { 1 }], body.as_bytes());
    }

    /// Answers that the packets of a request were accepted.
    pub fn ok(self, wire: &mut Wire<'_>) {
        self.answer(wire, 200, &[("Content-Type", "text/html")], b"ok");
    }

    /// Answers with a bare status.
    pub fn bare(self, wire: &mut Wire<'_>, status: u16) {
        self.answer(wire, status, &[], b"");
    }

    /// Answers a page's question whether it may send a request (the Fetch standard, CORS
    /// preflight).
    pub fn preflight(self, wire: &mut Wire<'_>, requested: Option<&str>) {
        let max_age = CORS_MAX_AGE_S.to_string();
        let headers = [
            ("Access-Control-Allow-Methods", "GET, POST"),
            ("Access-Control-Allow-Headers", requested.unwrap_or("Content-Type")),
            ("Access-Control-Max-Age", &max_age),
        ];
        self.answer(wire, 204, &headers, b"");
    }

    /// Answers.
    pub fn answer(
        mut self,
        wire: &mut Wire<'_>,
        status: u16,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        let mut all = headers.to_vec();
        all.push(("Cache-Control", "no-store"));
        let own = self.own.take();
        all.extend(own.iter().flat_map(|own| own.iter()).map(|(name, value)| (&**name, &**value)));
        let origin = self.origin.take().filter(|_| !self.is_refused);
        if let Some(origin) = &origin {
            all.push(("Access-Control-Allow-Origin", origin));
            all.push(("Access-Control-Allow-Credentials", "true"));
            all.push(("Vary", "Origin"));
        }
        self.respond(wire, status, &all, body);
    }

    /// Answers with just these headers and the head of a response, whose content of
    /// `content_bytes` bytes the caller sends. Returns whether the connection goes on after that;
    /// `None` if no content is sent, and the request is answered.
    pub fn begin(
        self,
        wire: &mut Wire<'_>,
        status: u16,
        headers: &[(&str, &str)],
        content_bytes: u64,
    ) -> Option<bool> {
        let Self { connection, keep_alive, head_only, .. } = self;
        let (mut bytes, unix_ms) = (Vec::new(), wire.unix_ms);
        let response = Response { status, headers, body: &[], keep_alive, head_only, unix_ms };
        response.write_head(content_bytes, &mut bytes);
        wire.out.answer(connection, &bytes);
        if !head_only && content_bytes > 0 {
            return Some(keep_alive);
        }
        wire.end(connection, keep_alive);
        None
    }

    /// Answers with just these headers.
    pub fn respond(self, wire: &mut Wire<'_>, status: u16, headers: &[(&str, &str)], body: &[u8]) {
        let Self { connection, keep_alive, head_only, .. } = self;
        let (mut bytes, unix_ms) = (Vec::new(), wire.unix_ms);
        Response { status, headers, body, keep_alive, head_only, unix_ms }.write(&mut bytes);
        wire.out.answer(connection, &bytes);
        wire.end(connection, keep_alive);
    }
}
