//! Requests, from a connection of the HTTP door to whoever answers them.

use super::Server;
use super::core::{Core, Wake, is_full};
use super::doors::DoorKind;
use super::handlers::At;
use super::panics::Whose;
use super::web::{WebRequest, WebResponse};
use crate::base::{
    CloseReason, ConnectionId, Destination, NEVER_MS, Namespace, PeerAddress, SessionId,
};
use crate::limits::{ANSWER_BYTES_PER_SEND, RETRY_AFTER_S};
use crate::net::Turn;
use crate::session::engine::{Ending, Reply};
use crate::session::{Caller, HttpPeer, Peer, Request, Step};
use mio_wire::http::{self, Head, Method, Refusal, Response};

/// The methods of an application's route.
const ALLOWED: &str = "GET, HEAD, OPTIONS";

/// What a page is told that loads the client from the server.
const NO_SCRIPT: &str = "The client's script is not served here: load it from \
    https://cdn.socket.io/4.8.1/socket.io.min.js, or from your pages (npm: socket.io-client).\n";

/// What a request is for.
enum Found {
    /// A host that is not answered for.
    OtherHost(String),
    /// Nothing: the server ends.
    NoServer,
    /// Something that a connection without a place does not get.
    NoPlace,
    /// The client's own script.
    Script,
    /// A session, or a WebSocket.
    Destination(Destination),
    /// What the application answers there.
    Route(At),
}

impl<S> Server<S> {
    /// A client has come in at the HTTP door, at the operators', or where all places are taken.
    pub(super) fn open_http(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        address: PeerAddress,
        door: DoorKind,
    ) {
        let is_believed = self.core.callers.proxies.trusts(address);
        let begin = if is_believed { HttpPeer::behind_proxy } else { HttpPeer::new };
        let mut peer = Box::new(begin(address, turn.now.ms));
        if door == DoorKind::Spare {
            peer.be_spare(turn.now.ms);
            let account = self.core.account_of_peer(address, turn.now.ms);
            self.core.spare_places.take(id, account);
        }
        peer.is_operators = door == DoorKind::Operators;
        self.core.sessions.peers.insert(id, Peer::Http(peer));
        self.core.note_visitor(id);
        self.core.wake_connection(id);
        log::debug!("connect ip={address} connection={id:?} door=http");
    }

    /// Goes through a connection's requests, one at a time. `answered` is whether the last one has
    /// been answered by now.
    pub(super) fn pump_http(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        fresh: &[u8],
        answered: bool,
    ) {
        let now_ms = turn.now.ms;
        self.core.touch(id);
        // It may be another one that has had this one's request answered.
        self.core.connection = Some(id);
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        if answered {
            peer.answered(now_ms);
            turn.out.release(id);
            self.take_back(turn, id);
        }
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        if !peer.receive(fresh, now_ms) {
            turn.out.hold(id);
        }
        let body_bytes_max = self.core.engine.payload_bytes_max;
        loop {
            // Behind the last answer of a connection there are no requests.
            if is_full(turn.out, id) || turn.out.closing(id.index()).is_some() {
                break;
            }
            let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
            if peer.has_input() && turn.budget.is_share_over() {
                turn.out.again(id);
                break;
            }
            match peer.next(body_bytes_max, now_ms) {
                Ok(None) => break,
                Ok(Some(Step::Begun)) => self.request_begun(turn, id),
                Ok(Some(Step::Whole(request))) => self.judge(turn, id, request),
                Err(refusal) => return self.refuse_request(turn, id, refusal),
            }
            if let Some(at) = self.core.answered.iter().position(|other| *other == id) {
                self.core.answered.swap_remove(at);
                if let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) {
                    peer.answered(now_ms);
                }
                self.take_back(turn, id);
            }
        }
        self.core.wake_connection(id);
    }

    /// A connection that was not read may be read again.
    pub(super) fn resume_http(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let account = self.core.accounts.of_connection(id);
        let until_ms = self.core.accounts.wait_until_ms(account, turn.now.ms);
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        if let Some(until_ms) = until_ms {
            peer.held_until_ms = Some(until_ms);
            return self.core.wakes.set(until_ms, Wake::Resume(id));
        }
        peer.resume(turn.now.ms);
        turn.out.release(id);
        if let Some(request) = peer.held.take() {
            self.judge(turn, id, request);
        }
        self.pump_http(turn, id, &[], false);
    }

    /// The patience with a request may be over.
    pub(super) fn wake_http(&mut self, turn: &mut Turn<'_>, id: ConnectionId, at_ms: u64) {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        if peer.wakes_at_ms != at_ms {
            return;
        }
        peer.wakes_at_ms = NEVER_MS;
        // It has had its last answer.
        if turn.out.closing(id.index()).is_some() {
            return;
        }
        match peer.due_ms() {
            Some(due_ms) if due_ms <= turn.now.ms => {
                peer.held = None;
                if peer.is_in_request() {
                    let late = Refusal { status: 408, why: "the request took too long" };
                    self.refuse_request(turn, id, late);
                } else {
                    turn.out.close(id, CloseReason::Timeout);
                }
            }
            _ => self.core.wake_connection(id),
        }
    }

    /// The client has ended or lost a connection: whoever waits for its request waits no more.
    pub(super) fn end_http(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason) {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        let Some(session) = peer.session.take() else { return };
        if self.core.sessions.engine(session).is_some_and(|engine| engine.waits_on(id)) {
            self.leave(turn, session, reason, Ending::Fault);
        }
    }

    /// The server ends: requests under way are not answered any more.
    pub(super) fn close_requests(&mut self, turn: &mut Turn<'_>) {
        for id in self.core.sessions.peers.ids() {
            turn.out.close(id, CloseReason::ServerShutdown);
        }
    }

    /// Refuses a request that cannot be read further, so that nothing more can be read off its
    /// connection.
    fn refuse_request(&mut self, turn: &mut Turn<'_>, id: ConnectionId, refusal: Refusal) {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get(id) else { return };
        let (caller, now_ms) = (peer.caller, turn.now.ms);
        if peer.is_proxy_header() {
            self.core.callers.hint(caller.address, now_ms);
        }
        self.core.log_refused_request(now_ms, &caller, &refusal);
        let counted = if caller.by_proxy { self.count_to(turn, id, &caller) } else { Ok(()) };
        self.send_refusal(turn, id, counted.err().unwrap_or(refusal));
    }

    /// Answers a request with a refusal, the last answer on its connection.
    pub(super) fn send_refusal(&mut self, turn: &mut Turn<'_>, id: ConnectionId, refusal: Refusal) {
        self.end_http(turn, id, CloseReason::ProtocolError);
        let headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            // Only for those who get no place for now.
            ("Retry-After", RETRY_AFTER_S),
        ];
        let body = format!("{refusal}\n");
        let mut bytes = Vec::new();
        let headers = &headers[..if matches!(refusal.status, 429 | 503) { 2 } else { 1 }];
        let (status, body) = (refusal.status, body.as_bytes());
        let unix_ms = turn.now.unix_ms;
        Response { status, headers, body, keep_alive: false, head_only: false, unix_ms }
            .write(&mut bytes);
        turn.out.append(id, &bytes);
        turn.out.close(id, CloseReason::ProtocolError);
    }

    /// Refuses a request for a host that is not answered for (RFC 9110, 15.5.20).
    fn refuse_host(&mut self, turn: &mut Turn<'_>, id: ConnectionId, caller: &Caller, host: &str) {
        self.core.log_host(turn.now.ms, caller, host);
        let why = "this server does not answer by that name";
        self.send_refusal(turn, id, Refusal { status: 421, why });
    }

    /// A request's head is here and its body is to come.
    fn request_begun(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get(id) else { return };
        let Some(head) = peer.begun() else { return };
        let expect_continue = head.expect_continue;
        let caller = self.core.callers.caller(peer, &head, turn.now.ms);
        let strange = self.core.callers.strange_host(&head, &caller);
        let posted = self.posted_to(&head, &caller);
        let posted = posted.map(|it| (it, self.core.reply(id, &head, &caller).closing()));
        if let Err(refusal) = self.count_to(turn, id, &caller) {
            return self.send_refusal(turn, id, refusal);
        }
        if let Some(host) = strange {
            return self.refuse_host(turn, id, &caller, &host);
        }
        if let Some((session, reply)) = posted
            && !self.begin_post(turn, id, session, reply)
        {
            return;
        }
        if expect_continue {
            turn.out.append(id, http::CONTINUE);
        }
    }

    /// A request is here: finds whose it is. If those of their address have caused too much, it
    /// waits.
    fn judge(&mut self, turn: &mut Turn<'_>, id: ConnectionId, request: Request) {
        let now_ms = turn.now.ms;
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get(id) else { return };
        let caller = self.core.callers.caller(peer, &request.head(), now_ms);
        if let Err(refusal) = self.count_to(turn, id, &caller) {
            return self.send_refusal(turn, id, refusal);
        }
        if let Some(until_ms) = self.core.accounts.wait_until_ms(self.core.actor, now_ms) {
            let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
            (peer.held_until_ms, peer.held) = (Some(until_ms), Some(request));
            turn.out.hold(id);
            return self.core.wakes.set(until_ms, Wake::Resume(id));
        }
        self.core.stats.requests += 1;
        self.request(turn, id, request, caller);
    }

    /// Has a request answered by what it is for.
    fn request(&mut self, turn: &mut Turn<'_>, id: ConnectionId, request: Request, caller: Caller) {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get(id) else { return };
        let head = request.head();
        let found = self.found(peer, &head, &caller);
        let reply = self.core.reply(id, &head, &caller);
        match found {
            Found::OtherHost(host) => self.refuse_host(turn, id, &caller, &host),
            Found::NoServer => {
                self.core.stats.refuse(CloseReason::ServerShutdown.as_str());
                let why = "the server is shutting down";
                self.send_refusal(turn, id, Refusal { status: 503, why });
            }
            Found::NoPlace => self.refuse_place(turn, id, &caller),
            Found::Script => {
                let text = ("Content-Type", "text/plain; charset=utf-8");
                let (_, _, mut wire) = self.core.wire(turn.out);
                reply.answer(&mut wire, 404, &[text], NO_SCRIPT.as_bytes());
            }
            Found::Destination(target @ (Destination::SocketIo | Destination::Engine(_))) => {
                self.engine_request(turn, caller, request, reply, target);
            }
            Found::Destination(target @ (Destination::Lines | Destination::Messages(_))) => {
                self.message_request(turn, caller, request, reply, target);
            }
            Found::Route(At::Http) => self.respond(turn, &caller, &request, reply, false),
            Found::Route(At::Spare) => {
                self.respond(turn, &caller, &request, reply.closing(), false);
            }
            Found::Route(At::Operators) => self.respond(turn, &caller, &request, reply, true),
        }
    }

    /// Finds what a request is for.
    fn found(&self, peer: &HttpPeer, head: &Head<'_>, caller: &Caller) -> Found {
        if let Some(host) = self.core.callers.strange_host(head, caller) {
            return Found::OtherHost(host);
        }
        if self.core.is_stopping && !self.is_owed(head) {
            return Found::NoServer;
        }
        if peer.is_operators {
            return Found::Route(At::Operators);
        }
        if peer.is_spare() {
            return match self.handlers.is_spare(head.path) {
                true => Found::Route(At::Spare),
                false => Found::NoPlace,
            };
        }
        if self.is_clients_script(head) {
            return Found::Script;
        }
        let target = self.engine_at(head.path).or_else(|| self.handlers.messages_at(head.path));
        target.map_or(Found::Route(At::Http), Found::Destination)
    }

    /// Whether a request is for the client's own script, which the reference server has there too.
    fn is_clients_script(&self, head: &Head<'_>) -> bool {
        let file = head.path.strip_prefix(&*self.core.engine.path);
        matches!(head.method, Method::Get | Method::Head)
            && file.is_some_and(|file| file.starts_with("socket.io.") && file.contains(".js"))
    }

    /// Answers with what the application has for a path.
    fn respond(
        &mut self,
        turn: &mut Turn<'_>,
        caller: &Caller,
        request: &Request,
        reply: Reply,
        is_operators: bool,
    ) {
        let Caller { address, by_proxy, .. } = *caller;
        let request = WebRequest { address, by_proxy, head: &request.head(), body: request.body() };
        let response = self.route(turn, reply.connection, &request, is_operators);
        self.core.note_sent(1 + response.body.len() as u64 / ANSWER_BYTES_PER_SEND);
        let headers: Vec<(&str, &str)> =
            response.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let (_, _, mut wire) = self.core.wire(turn.out);
        reply.respond(&mut wire, response.status, &headers, &response.body);
    }

    /// Has the application answer.
    fn route(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        request: &WebRequest<'_>,
        is_operators: bool,
    ) -> WebResponse {
        let head = request.head;
        if head.method == Method::Other {
            return plain(501, "this method is not known\n");
        }
        if self.handlers.route(head.path, is_operators).is_none() {
            return WebResponse::not_found();
        }
        if head.method == Method::Options {
            // What there is to be had at the path (RFC 9110, 9.3.7).
            return WebResponse { status: 204, ..WebResponse::default() }.header("Allow", ALLOWED);
        }
        if !matches!(head.method, Method::Get | Method::Head) {
            return plain(405, "only GET is answered here\n").header("Allow", ALLOWED);
        }
        self.core.whose = Some(Whose::Connection(id));
        let answered = self.call_in(turn, Namespace::LINES, |handlers, cx| {
            match handlers.route(head.path, is_operators) {
                Some(route) => (route.handler)(cx, request),
                None => WebResponse::not_found(),
            }
        });
        answered.unwrap_or_else(|| plain(500, "the server has failed at this\n"))
    }

    /// Notes that a connection's request waits for `session`.
    pub(super) fn bind_request(&mut self, id: ConnectionId, session: SessionId) {
        if let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) {
            peer.session = Some(session);
        }
    }
}

impl<S> Core<S> {
    /// How to answer a request of `client`.
    fn reply(&self, id: ConnectionId, head: &Head<'_>, caller: &Caller) -> Reply {
        Reply::new(id, head, self.origins.judge(head, caller))
    }
}

/// An answer in words.
pub(super) fn plain(status: u16, text: &str) -> WebResponse {
    WebResponse::new(status, "text/plain; charset=utf-8", text)
}
