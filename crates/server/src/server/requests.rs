//! Requests, once they are whole: their client, their target, and the answer.

use super::Server;
use super::core::{Core, Wake};
use super::handshakes::Outcome;
use super::panics::Whose;
use super::web::{WebRequest, WebResponse};
use crate::base::{CloseReason, ConnectionId, Destination};
use crate::limits::ANSWER_BYTES_PER_SEND;
use crate::net::Turn;
use crate::session::engine::Reply;
use crate::session::{Caller, HttpDoor, HttpPeer, Peer, Request};
use mio_wire::http::{Head, Method, Refusal};

/// The text for a page that loads the client's script from the server.
const NO_SCRIPT: &str = "The client's script is not served here: load it from \
    https://cdn.socket.io/4.8.1/socket.io.min.js, or from your pages (npm: socket.io-client).\n";

/// The target of a request.
enum Found {
    /// Another server: its host is not one of ours.
    OtherHost(String),
    /// Nothing, because the server ends.
    NoServer,
    /// Something that needs a place, on a connection that has only a spare one.
    NoPlace,
    /// A session, or a WebSocket.
    Destination(Destination),
    /// A path of the application.
    Route(HttpDoor),
}

impl<S> Server<S> {
    /// Finds the client of a request and has the request answered. If the clients of its address
    /// have caused too much work, the request waits.
    pub(super) fn judge(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        request: Request,
    ) -> Outcome {
        let now_ms = turn.now.ms;
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get(id) else {
            return Outcome::Taken;
        };
        let caller = self.core.callers.caller(peer, &request.head(), now_ms);
        if let Err(refusal) = self.core.count_to(turn, id, &caller) {
            return Outcome::Refused(refusal);
        }
        if let Some(until_ms) =
            self.core.admission.accounts().wait_until_ms(self.core.admission.actor(), now_ms)
        {
            let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else {
                return Outcome::Taken;
            };
            (peer.held_until_ms, peer.held) = (Some(until_ms), Some(request));
            turn.out.hold(id);
            self.core.wakes.set(until_ms, Wake::Resume(id));
            return Outcome::Taken;
        }
        self.core.stats.requests += 1;
        self.request(turn, id, request, caller)
    }

    /// Hands a request to its target for an answer.
    fn request(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        request: Request,
        caller: Caller,
    ) -> Outcome {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get(id) else {
            return Outcome::Taken;
        };
        let head = request.head();
        let found = self.found(peer, &head, &caller);
        let reply = self.core.reply(id, &head, &caller);
        match found {
            Found::OtherHost(host) => {
                let refusal = self.core.refuse_host(turn.now.ms, &caller, &host);
                return Outcome::Refused(refusal);
            }
            Found::NoServer => {
                self.core.stats.refuse(CloseReason::ServerShutdown.as_str());
                let why = "the server is shutting down";
                return Outcome::Refused(Refusal { status: 503, why });
            }
            Found::NoPlace => self.core.refuse_place(turn, id, &caller),
            Found::Destination(target @ (Destination::SocketIo | Destination::Engine(_))) => {
                return self.engine_request(turn, caller, request, reply, target);
            }
            Found::Destination(target @ (Destination::Lines | Destination::Messages(_))) => {
                return self.message_request(turn, caller, request, reply, target);
            }
            // No path leads to such a door.
            Found::Route(HttpDoor::Clients) | Found::Destination(Destination::Own(_)) => {
                self.respond(turn, &caller, &request, reply, false);
            }
            Found::Route(HttpDoor::Spare) => {
                self.respond(turn, &caller, &request, reply.closing(), false);
            }
            Found::Route(HttpDoor::Operators) => self.respond(turn, &caller, &request, reply, true),
        }
        Outcome::Taken
    }

    /// Finds the target of a request.
    fn found(&self, peer: &HttpPeer, head: &Head<'_>, caller: &Caller) -> Found {
        if let Some(host) = self.core.callers.strange_host(head, caller) {
            return Found::OtherHost(host);
        }
        if self.core.is_stopping && !self.is_owed(head) {
            return Found::NoServer;
        }
        match peer.door() {
            HttpDoor::Clients => (),
            HttpDoor::Operators => return Found::Route(HttpDoor::Operators),
            HttpDoor::Spare if self.handlers.routes.is_spare(head.path) => {
                return Found::Route(HttpDoor::Spare);
            }
            HttpDoor::Spare => return Found::NoPlace,
        }
        if self.is_clients_script(head) {
            return Found::Route(HttpDoor::Clients);
        }
        let target = self.engine_at(head.path).or_else(|| self.handlers.messages_at(head.path));
        target.map_or(Found::Route(HttpDoor::Clients), Found::Destination)
    }

    /// Whether a request is for the client's own script, which the reference server has there too.
    fn is_clients_script(&self, head: &Head<'_>) -> bool {
        let file = head.path.strip_prefix(&*self.core.engine.path);
        matches!(head.method, Method::Get | Method::Head)
            && file.is_some_and(|file| file.starts_with("socket.io.") && file.contains(".js"))
    }

    /// Answers with the application's response.
    fn respond(
        &mut self,
        turn: &mut Turn<'_>,
        caller: &Caller,
        request: &Request,
        reply: Reply,
        is_operators: bool,
    ) {
        let Caller { address, by_proxy, is_secure, .. } = *caller;
        let request = WebRequest {
            address,
            by_proxy,
            is_secure,
            head: &request.head(),
            body: request.body(),
        };
        let (id, now_ms) = (reply.connection, turn.now.ms);
        let WebResponse { status, headers, body, content } =
            self.route(turn, id, &request, is_operators);
        self.core.admission.note_sent(1 + body.len() as u64 / ANSWER_BYTES_PER_SEND);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let (sessions, _, mut wire) = self.core.wire(turn.out);
        let Some(content) = content else {
            return reply.respond(&mut wire, status, &headers, &body);
        };
        if let Some(keep_alive) = reply.begin(&mut wire, status, &headers, content.left())
            && let Some(Peer::Http(peer)) = sessions.peers.get_mut(id)
        {
            peer.begin_sending(content, keep_alive, now_ms);
        }
    }

    /// The answer for a path at which there is nothing.
    fn nothing(&self, head: &Head<'_>) -> WebResponse {
        match self.is_clients_script(head) {
            true => WebResponse::text(404, NO_SCRIPT).header("Cache-Control", "no-store"),
            false => WebResponse::not_found(),
        }
    }

    /// Asks the application for an answer.
    fn route(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        request: &WebRequest<'_>,
        is_operators: bool,
    ) -> WebResponse {
        let head = request.head;
        if head.method == Method::Other {
            return WebResponse::text(501, "this method is not known\n");
        }
        let Some(allowed) = self.handlers.routes.allowed(head.path, is_operators) else {
            return self.nothing(head);
        };
        if head.method == Method::Options {
            // The methods that the path has (RFC 9110, 9.3.7).
            return WebResponse { status: 204, ..WebResponse::default() }.header("Allow", allowed);
        }
        if self.handlers.routes.find(head.path, head.method, is_operators).is_none() {
            let text = match (allowed.contains("GET"), allowed.contains("POST")) {
                (true, true) => "only GET and POST are answered here\n",
                (true, false) => "only GET is answered here\n",
                (false, _) => "only POST is answered here\n",
            };
            return WebResponse::text(405, text).header("Allow", allowed);
        }
        self.core.whose = Some(Whose::Connection(id));
        let answered = self.call(turn, |handlers, cx| {
            match handlers.routes.find(head.path, head.method, is_operators) {
                Some(route) => (route.handler)(cx, request),
                None => WebResponse::not_found(),
            }
        });
        let answered = answered.map(|response| match response.status {
            // An answer of the application's own knows better.
            404 if self.is_clients_script(head)
                && response.body == WebResponse::not_found().body =>
            {
                self.nothing(head)
            }
            _ => response,
        });
        answered.unwrap_or_else(|| WebResponse::text(500, "the server has failed at this\n"))
    }
}

impl<S> Core<S> {
    /// How to answer a request of `caller`. This decides, once, whether its page is let in.
    pub(super) fn reply(&self, id: ConnectionId, head: &Head<'_>, caller: &Caller) -> Reply {
        Reply::new(id, head, self.origins.judge(head, caller))
    }

    /// Refuses a request for a host that the server does not answer for (RFC 9110, 15.5.20).
    pub(super) fn refuse_host(&mut self, now_ms: u64, caller: &Caller, host: &str) -> Refusal {
        self.log_host(now_ms, caller, host);
        Refusal { status: 421, why: "this server does not answer by that name" }
    }
}
