//! The beginning of a client's session, as an application judges it.

use super::panics::Whose;
use super::{Context, Server, WebResponse};
use crate::base::{ConnectionId, Namespace, PeerAddress, SessionId, SocketId};
use crate::net::Turn;
use crate::session::Caller;
use crate::session::engine::{Reply, Wire};
use mio_wire::http::Head;
use std::any::Any;
use std::rc::Rc;

/// The headers of an answer that the application has added.
pub(super) type Headers = Vec<(String, String)>;

/// A client asks for a session of Engine.IO, by polling or by WebSocket, or for a plain WebSocket:
/// the request with which it comes. See [`Builder::on_handshake`](super::Builder::on_handshake).
#[derive(Debug)]
#[non_exhaustive]
pub struct Handshake<'a> {
    /// The client's address, by the proxies that are trusted.
    pub address: PeerAddress,
    /// Whether its headers show that it came through a proxy, trusted or not.
    pub by_proxy: bool,
    /// Whether it came over TLS, by a listener of this server.
    pub is_secure: bool,
    /// Whether it comes by WebSocket. A client that polls may take a WebSocket later; that is no
    /// new handshake.
    pub is_websocket: bool,
    /// Its head: path, query and headers.
    pub head: &'a Head<'a>,
}

impl<'a> Handshake<'a> {
    /// The value of the cookie `name`, as it was sent; `None` if there is none. The first one wins.
    pub fn cookie(&self, name: &str) -> Option<&'a str> {
        let pairs = self.head.headers("cookie").flat_map(|cookies| cookies.split(';'));
        let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(its, _)| *its == name).map(|(_, value)| value.trim_matches('"'))
    }
}

/// A client's welcome: what the application keeps for its session, and headers of the answer.
#[derive(Debug, Default, Clone)]
pub struct Welcome {
    pub(super) kept: Option<Rc<dyn Any>>,
    pub(super) headers: Headers,
}

impl Welcome {
    /// Keeps `value` as long as the session lasts. Each handler for a socket of the session finds
    /// it with [`Context::kept`], and that for joining a namespace with
    /// [`Connect::kept`](super::Connect::kept).
    pub fn keep(mut self, value: impl Any) -> Self {
        self.kept = Some(Rc::new(value));
        self
    }

    /// Adds a header to the answer, `Set-Cookie` for example: to the first answer to a client that
    /// polls, or to the one that opens its WebSocket.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A request for Engine.IO that was refused, by the server and not by the application. See
/// [`Builder::on_connection_error`](super::Builder::on_connection_error).
#[derive(Debug)]
#[non_exhaustive]
pub struct NoSession<'a> {
    /// The client's address, by the proxies that are trusted.
    pub address: PeerAddress,
    /// The protocol's code: 0 for an unknown transport, 1 for an unknown session, 2 for a wrong
    /// method, 3 for any other wrong request, also for one for which there is no place, 4 for a
    /// page that is not let in, 5 for a version that is not served.
    pub code: u8,
    /// The reason, as the client gets it.
    pub message: &'a str,
    /// Its head: path, query and headers.
    pub head: &'a Head<'a>,
}

impl<S> Context<'_, S> {
    /// The value that [`Welcome::keep`] has kept for the session of a socket; `None` if none was
    /// kept, it has another type, or the socket has gone.
    pub fn kept<T: Any>(&self, socket: SocketId) -> Option<&T> {
        self.core.kept.get(&self.core.session_of(socket)?)?.downcast_ref()
    }
}

impl<S> Server<S> {
    /// Asks the application whether a client may have a session. Its refusal is sent, and `None`
    /// returned.
    pub(super) fn welcome(
        &mut self,
        turn: &mut Turn<'_>,
        caller: &Caller,
        head: &Head<'_>,
        reply: Reply,
        is_websocket: bool,
    ) -> Option<(Welcome, Reply)> {
        if self.handlers.handshake.is_none() {
            return Some((Welcome::default(), reply));
        }
        match self.judge_handshake(turn, reply.connection, caller, head, is_websocket) {
            Ok(welcome) => Some((welcome, reply)),
            Err(response) => {
                let (_, _, mut wire) = self.core.wire(turn.out);
                refuse(&mut wire, reply, &response);
                None
            }
        }
    }

    fn judge_handshake(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        caller: &Caller,
        head: &Head<'_>,
        is_websocket: bool,
    ) -> Result<Welcome, WebResponse> {
        let Caller { address, by_proxy, is_secure, .. } = *caller;
        let handshake = Handshake { address, by_proxy, is_secure, is_websocket, head };
        self.core.whose = Some(Whose::Connection(id));
        let judged = self.call_in(turn, Namespace::LINES, |handlers, cx| {
            let handler = handlers.handshake.as_mut();
            handler.map_or_else(|| Ok(Welcome::default()), |handler| handler(cx, &handshake))
        });
        judged.unwrap_or_else(|| Err(WebResponse::text(500, "the server has failed at this\n")))
    }

    /// Tells the application of a request that is refused.
    pub(super) fn tell_refused(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        no_session: &NoSession<'_>,
    ) {
        if self.handlers.no_session.is_some() {
            self.core.whose = Some(Whose::Connection(id));
            self.call_in(turn, Namespace::LINES, |handlers, cx| {
                if let Some(handler) = &mut handlers.no_session {
                    handler(cx, no_session);
                }
            });
        }
    }

    /// Keeps the application's value for a session that has begun.
    pub(super) fn keep_welcome(&mut self, id: SessionId, welcome: &mut Welcome) {
        if let Some(kept) = welcome.kept.take() {
            self.core.kept.insert(id, kept);
        }
    }
}

/// Sends the application's refusal. A page of another origin that is let in may read it.
fn refuse(wire: &mut Wire<'_>, reply: Reply, response: &WebResponse) {
    let headers: Vec<(&str, &str)> =
        response.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    reply.answer(wire, response.status, &headers, &response.body);
}
