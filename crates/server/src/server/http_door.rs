//! Requests, cut out of the bytes of a connection of the HTTP door, and their refusals.

use super::Server;
use super::core::{Wake, is_full};
use super::handshakes::Outcome;
use crate::base::{CloseReason, ConnectionId, NEVER_MS, PeerAddress};
use crate::limits::{ANSWER_BYTES_PER_SEND, RETRY_AFTER_S};
use crate::net::Turn;
use crate::session::engine::Ending;
use crate::session::{HttpDoor, HttpPeer, Peer, Request, Step};
use mio_wire::http::{self, Refusal, Response};

impl<S> Server<S> {
    /// Begins a connection of HTTP.
    pub(super) fn open_http(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        address: PeerAddress,
        door: HttpDoor,
        is_secure: bool,
    ) {
        let is_believed = self.core.callers.proxies.trusts(address);
        let begin = if is_believed { HttpPeer::behind_proxy } else { HttpPeer::new };
        let mut peer = Box::new(begin(door, address, turn.now.ms));
        peer.is_secure = is_secure;
        self.core.sessions.peers.insert(id, Peer::Http(peer));
        self.core.wake_connection(id);
        log::debug!("connect ip={address} connection={id:?} door=http");
    }

    /// Goes through a connection's requests, one at a time. Returns the bytes that came after a
    /// request, if the request has made the connection speak WebSocket.
    pub(super) fn pump_http(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        fresh: &[u8],
    ) -> Option<Vec<u8>> {
        let now_ms = turn.now.ms;
        self.core.admission.touch(id);
        // Work for another connection may have answered this one's request.
        self.core.connection = Some(id);
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return None };
        if !peer.receive(fresh, now_ms) {
            turn.out.hold(id);
        }
        self.bulk_came(id, now_ms, fresh.len());
        let body_bytes_max = self.core.engine.payload_bytes_max;
        loop {
            // After the last answer of a connection there are no requests.
            if is_full(turn.out, id) || turn.out.closing(id.index()).is_some() {
                break;
            }
            let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return None };
            if peer.has_input() && turn.budget.is_share_over() {
                turn.out.again(id);
                break;
            }
            match peer.next(body_bytes_max, now_ms) {
                Ok(None) if peer.is_sending() => self.send_piece(turn, id),
                Ok(None) => break,
                Ok(Some(Step::Begun)) => {
                    self.request_begun(turn, id);
                    if self.waits_for_bulk(turn, id) {
                        break;
                    }
                }
                Ok(Some(Step::Whole(request))) => {
                    self.end_bulk(id);
                    let input = self.answer(turn, id, request);
                    if input.is_some() {
                        return input;
                    }
                }
                Err(refusal) => {
                    self.refuse_request(turn, id, refusal);
                    return None;
                }
            }
            if let Some(at) = self.core.answered.iter().position(|other| *other == id) {
                self.core.answered.swap_remove(at);
                self.end_request(turn, id);
            }
        }
        self.core.wake_connection(id);
        None
    }

    /// A connection's request has been answered, and it goes on with the next. Returns the same as
    /// [`Self::pump_http`].
    pub(super) fn go_on_http(&mut self, turn: &mut Turn<'_>, id: ConnectionId) -> Option<Vec<u8>> {
        if !self.end_request(turn, id) {
            return None;
        }
        self.pump_http(turn, id, &[])
    }

    /// A connection's request has been answered, and it is read again. False if it speaks HTTP no
    /// longer, or has gone.
    fn end_request(&mut self, turn: &mut Turn<'_>, id: ConnectionId) -> bool {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return false };
        peer.answered(turn.now.ms);
        turn.out.release(id);
        self.core.take_back(turn, id);
        true
    }

    /// A connection that was not read may be read again. Returns the same as [`Self::pump_http`].
    pub(super) fn resume_http(&mut self, turn: &mut Turn<'_>, id: ConnectionId) -> Option<Vec<u8>> {
        let until_ms = self.core.admission.waits_until_ms(id, turn.now.ms);
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return None };
        if let Some(until_ms) = until_ms {
            peer.held_until_ms = Some(until_ms);
            self.core.wakes.set(until_ms, Wake::Resume(id));
            return None;
        }
        peer.resume(turn.now.ms);
        turn.out.release(id);
        if let Some(request) = peer.held.take() {
            self.core.admission.touch(id);
            let input = self.answer(turn, id, request);
            if input.is_some() {
                return input;
            }
        }
        self.pump_http(turn, id, &[])
    }

    /// Lets a request be answered. Returns the same as [`Self::pump_http`].
    fn answer(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        request: Request,
    ) -> Option<Vec<u8>> {
        match self.judge(turn, id, request) {
            Outcome::Taken => None,
            Outcome::Switched(input) => Some(input),
            Outcome::Refused(refusal) => {
                self.send_refusal(turn, id, refusal);
                None
            }
        }
    }

    /// Sends the next piece of an answer's content.
    fn send_piece(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        let Some(content) = peer.content(turn.now.ms) else { return };
        let (read, is_last) = (content.read(), content.left() == 0);
        let keep_alive = peer.keeps_alive();
        match read {
            Ok(piece) => {
                self.core.admission.note_sent(1 + piece.len() as u64 / ANSWER_BYTES_PER_SEND);
                turn.out.answer_more(id, &piece);
                if is_last {
                    self.core.wire(turn.out).2.end(id, keep_alive);
                }
            }
            Err(error) => {
                log::warn!("cannot read the rest of an answer connection={id:?} error={error}");
                turn.out.close(id, CloseReason::InternalError);
            }
        }
    }

    /// The patience with a request, or with the client that reads the answer, may be over.
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
                if peer.is_sending() {
                    turn.out.abandon(id, CloseReason::SlowClient);
                } else if peer.is_in_request() {
                    let late = Refusal { status: 408, why: "the request took too long" };
                    self.refuse_request(turn, id, late);
                } else {
                    turn.out.close(id, CloseReason::Timeout);
                }
            }
            _ => self.core.wake_connection(id),
        }
    }

    /// The client has closed its side. Returns whether an answer is still being sent: it goes out
    /// whole, and is the last.
    pub(super) fn finishes_answer(&mut self, id: ConnectionId) -> bool {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return false };
        peer.send_last();
        peer.is_sending()
    }

    /// The client has ended or lost a connection. A session that waits for its request ends.
    pub(super) fn end_http(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason) {
        self.end_bulk(id);
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        let Some(session) = peer.session.take() else { return };
        if self.core.sessions.engine(session).is_some_and(|engine| engine.waits_on(id)) {
            self.leave(turn, session, reason, Ending::Fault);
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
        let counted = if caller.by_proxy { self.core.count_to(turn, id, &caller) } else { Ok(()) };
        self.send_refusal(turn, id, counted.err().unwrap_or(refusal));
    }

    /// Answers a request with a refusal, the last answer on its connection.
    fn send_refusal(&mut self, turn: &mut Turn<'_>, id: ConnectionId, refusal: Refusal) {
        self.end_http(turn, id, CloseReason::ProtocolError);
        let headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            // Only if there is no place for now.
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

    /// A request's head is here and its body follows.
    fn request_begun(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let Some(Peer::Http(peer)) = self.core.sessions.peers.get(id) else { return };
        let Some(head) = peer.begun() else { return };
        let expect_continue = head.expect_continue;
        let caller = self.core.callers.caller(peer, &head, turn.now.ms);
        let strange = self.core.callers.strange_host(&head, &caller);
        let reply = self.core.reply(id, &head, &caller).closing();
        let posted = self.posted_to(&head, &reply);
        if let Err(refusal) = self.core.count_to(turn, id, &caller) {
            return self.send_refusal(turn, id, refusal);
        }
        if let Some(host) = strange {
            let refusal = self.core.refuse_host(turn.now.ms, &caller, &host);
            return self.send_refusal(turn, id, refusal);
        }
        if let Some(session) = posted
            && !self.begin_post(turn, id, session, reply)
        {
            return;
        }
        if expect_continue {
            turn.out.append(id, http::CONTINUE);
        }
    }
}
