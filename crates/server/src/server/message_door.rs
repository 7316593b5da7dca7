//! WebSocket messages, from a connection to the application or to Engine.IO.

use super::Server;
use super::core::{Wake, is_full};
use super::event::Message;
use super::handshake::Welcome;
use super::handshakes::{Outcome, UPGRADE_REQUIRED, Upgrading, handshake, wants_websocket};
use super::leaving::close_websocket;
use super::panics::Whose;
use super::web::WebResponse;
use crate::base::{
    CloseReason, ConnectionId, Destination, Dialect, NEVER_MS, Namespace, Route, SessionId,
    SocketId, Voice,
};
use crate::limits::{LINE_TO_MESSAGE, PARTIAL_MS};
use crate::net::Turn;
use crate::session::engine::{Ending, Reply};
use crate::session::{Caller, Pace, Peer, PlainWebSocket, Request, Session, SessionKind, WsPeer};
use mio_wire::eio;
use mio_wire::ws::{self, Event, Opcode, Window};

impl<S> Server<S> {
    /// A request for a plain WebSocket, of lines or of an endpoint.
    pub(super) fn message_request(
        &mut self,
        turn: &mut Turn<'_>,
        caller: Caller,
        request: Request,
        reply: Reply,
        target: Destination,
    ) -> Outcome {
        let head = request.head();
        let handshake = match reply.refused_origin() {
            Some(origin) => {
                self.core.log_origin(turn.now.ms, &caller, origin);
                Err((403, "this page's origin is not let in"))
            }
            None if !wants_websocket(&head) => Err((426, "this is a WebSocket")),
            None => handshake(&head),
        };
        let handshake = match handshake {
            Ok(handshake) => handshake,
            Err((status, why)) => {
                let response = WebResponse::text(status, &format!("{why}\n"));
                let own = response.headers.iter().map(|(name, value)| (&**name, &**value));
                let upgrade = UPGRADE_REQUIRED.into_iter().filter(|_| status == 426);
                let headers: Vec<(&str, &str)> = own.chain(upgrade).collect();
                let (_, _, mut wire) = self.core.wire(turn.out);
                reply.respond(&mut wire, status, &headers, &response.body);
                return Outcome::Taken;
            }
        };
        if let Err(refusal) = self.core.count_arrival(turn, reply.connection, &caller) {
            return Outcome::Refused(refusal);
        }
        let Some((welcome, reply)) = self.welcome(turn, &caller, &head, reply, true) else {
            return Outcome::Taken;
        };
        let opening = (&caller, &reply, target);
        Outcome::Switched(self.open_messages(turn, opening, &handshake, welcome))
    }

    /// Begins a session at a plain WebSocket. Returns the bytes that came after the handshake.
    fn open_messages(
        &mut self,
        turn: &mut Turn<'_>,
        (caller, reply, target): (&Caller, &Reply, Destination),
        handshake: &Upgrading<'_>,
        mut welcome: Welcome,
    ) -> Vec<u8> {
        let (connection, address) = (reply.connection, caller.address);
        let namespace = target.endpoint().unwrap_or(Namespace::LINES);
        let own = self.handlers.endpoint(namespace);
        let (bytes_max, fragments_max) =
            own.map_or((None, None), |own| (own.message_bytes_max, own.fragments_max));
        let payload_bytes_max = self.core.engine.payload_bytes_max;
        let (bytes_max, rate_per_s) = match target.endpoint() {
            Some(_) => (bytes_max.unwrap_or(payload_bytes_max), 0),
            // A client whose message is a little too long is told so; more need not be buffered.
            None => {
                let bytes_max = LINE_TO_MESSAGE * self.core.lines.line_bytes_max;
                (payload_bytes_max.min(bytes_max), self.core.lines.rate_per_s)
            }
        };
        let window = self.core.deflating.window(handshake.deflate).map(Window::bits);
        let voice = Voice { namespace, dialect: Dialect::Message, window };
        let socket = self.core.hub.sit(Route::Connection(connection), voice);
        let kind = SessionKind::Plain(PlainWebSocket {
            connection,
            socket,
            target,
            pace: Pace::new(rate_per_s),
        });
        let account = self.core.admission.accounts().of_connection(connection);
        let id = self.core.begin_session(Session::new(address, account, turn.now.ms, kind));
        self.core.note_secrecy(connection, caller);
        let mut peer = WsPeer::new(id, bytes_max);
        if let Some(fragments_max) = fragments_max {
            peer.decoder = peer.decoder.with_fragments_max(fragments_max);
        }
        self.keep_welcome(id, &mut welcome);
        let input = self.switch(turn, connection, handshake, peer, &welcome.headers);
        self.core.beat_at(connection, turn.now.ms + self.core.engine.ping_interval_ms);
        self.core.whose = Some(Whose::Session(id));
        log::info!("connect ip={address} session={id:?} door=ws connection={connection:?}");
        match target.endpoint() {
            None => self.call_for_lines(turn, |handlers, cx| (handlers.connect)(cx, socket)),
            Some(_) => {
                let (hub, mut courier) = self.core.split(turn.out);
                hub.enroll(socket, &mut courier);
                self.call_in(turn, namespace, |handlers, cx| {
                    if let Some(endpoint) = handlers.endpoint(namespace) {
                        (endpoint.open)(cx, socket);
                    }
                });
            }
        }
        self.see_off(turn);
        input
    }

    /// Takes messages off a connection, one at a time, as far as the client's pace goes.
    pub(super) fn pump_messages(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        fresh: &mut [u8],
    ) {
        self.core.admission.touch(id);
        if !fresh.is_empty() {
            self.core.hear(id, turn.now.ms);
        }
        let Some(Peer::WebSocket(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        let (bytes_max, session) = (peer.bytes_max as usize, peer.session);
        self.core.whose = Some(Whose::Session(session));
        let mut kept = std::mem::take(&mut peer.input).into_vec();
        let mut decoder = std::mem::take(&mut peer.decoder);
        let mut inflater = std::mem::take(&mut self.core.deflating.inflater);
        let mut rest = match kept.is_empty() {
            true => fresh,
            false => {
                kept.extend_from_slice(fresh);
                &mut kept[..]
            }
        };
        let now_ms = turn.now.ms;
        let mut is_new = false;
        let blocked_until_ms = loop {
            if let Some(until_ms) = self.core.waits_until(turn.now.ms, session)
                && !self.core.passes(session, decoder.ahead(rest, &mut inflater))
            {
                break Some(until_ms);
            }
            if is_full(turn.out, id) {
                break None;
            }
            if !rest.is_empty() && turn.budget.is_share_over() {
                turn.out.again(id);
                break None;
            }
            match decoder.next_with(&mut rest, bytes_max, &mut inflater) {
                Ok(None) => break None,
                Ok(Some(event)) => {
                    is_new = true;
                    self.message_event(turn, id, event);
                }
                Err(error) => self.refuse_message(turn, id, error),
            }
        };
        let waits = !rest.is_empty();
        let ahead = decoder.ahead(rest, &mut inflater);
        self.core.deflating.inflater = inflater;
        let input = if waits { Box::from(&*rest) } else { Box::default() };
        let Some(Peer::WebSocket(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        (peer.decoder, peer.input) = (decoder, input);
        if is_new || peer.decoder.partial_bytes().is_none() {
            peer.partial_since_ms = NEVER_MS;
        }
        if peer.decoder.partial_bytes().is_some() && peer.partial_since_ms == NEVER_MS {
            peer.partial_since_ms = now_ms;
            if !std::mem::replace(&mut peer.is_watched, true) {
                self.core.wakes.set(now_ms + PARTIAL_MS, Wake::Partial(id));
            }
        }
        if let Some(until_ms) = blocked_until_ms.filter(|_| waits) {
            if ahead != ws::Ahead::Partial {
                turn.out.hold(id);
            }
            self.core.wake_session(session, until_ms);
        }
    }

    /// The patience with a message that does not become whole may be over.
    pub(super) fn wake_partial(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let now_ms = turn.now.ms;
        let Some(Peer::WebSocket(peer)) = self.core.sessions.peers.get_mut(id) else { return };
        let (session, due_ms) = (peer.session, peer.due_ms());
        peer.is_watched = due_ms.is_some();
        let Some(due_ms) = due_ms else { return };
        // While we do not read, the client is not slow.
        let waits_until_ms = self.core.waits_until(now_ms, session);
        let due_ms = waits_until_ms.map_or(due_ms, |until_ms| due_ms.max(until_ms + PARTIAL_MS));
        if due_ms > now_ms {
            return self.core.wakes.set(due_ms, Wake::Partial(id));
        }
        close_websocket(turn.out, id, None, CloseReason::Timeout);
        self.end_messages(turn, id, CloseReason::Timeout);
    }

    fn message_event(&mut self, turn: &mut Turn<'_>, id: ConnectionId, event: Event<'_>) {
        let Some(Peer::WebSocket(peer)) = self.core.sessions.peers.get(id) else { return };
        let session = peer.session;
        let message = match event {
            Event::Text(text) => Message::Text(text),
            Event::Binary(bytes) => Message::Binary(bytes),
            Event::Pong => return,
            Event::Ping(payload) => {
                let mut frame = Vec::new();
                ws::frame(&mut frame, Opcode::Pong, payload);
                return turn.out.append(id, &frame);
            }
            Event::Close { code } => {
                let mut frame = Vec::new();
                ws::close(&mut frame, code, "");
                turn.out.append(id, &frame);
                turn.out.close(id, CloseReason::ClientDisconnect);
                return self.end_messages(turn, id, CloseReason::ClientDisconnect);
            }
        };
        let Some(kind) = self.core.sessions.get(session).map(|session| &session.kind) else {
            return;
        };
        match kind {
            SessionKind::Plain(plain) => {
                let (socket, target) = (plain.socket, plain.target);
                self.plain_message(turn, session, socket, target, message);
            }
            SessionKind::Engine(engine) if engine.is_probed_by(id) => {
                self.probe_message(turn, id, session, message);
            }
            SessionKind::Engine(engine) if engine.websocket() == Some(id) => {
                self.engine_message(turn, session, message);
            }
            SessionKind::Engine(_) | SessionKind::Line(_) => (),
        }
        self.see_off(turn);
    }

    /// A message at a plain WebSocket.
    fn plain_message(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        socket: SocketId,
        target: Destination,
        message: Message<'_>,
    ) {
        self.core.stats.received += 1;
        if let Some(session) = self.core.sessions.get_mut(id) {
            session.messages = session.messages.saturating_add(1);
        }
        self.core.posted(turn.now.ms, id, message.len());
        if let Some(namespace) = target.endpoint() {
            self.call_in(turn, namespace, |handlers, cx| {
                if let Some(endpoint) = handlers.endpoint(namespace) {
                    (endpoint.message)(cx, socket, message);
                }
            });
            return;
        }
        let bytes_max = self.core.lines.line_bytes_max;
        match message {
            Message::Text(text) if text.len() > bytes_max => self.tell_too_long(turn, socket),
            Message::Text(text) if self.core.lines.raw => {
                self.call_for_lines(turn, |handlers, cx| {
                    let line = [text.trim_end_matches(['\r', '\n']), "\n"].concat();
                    (handlers.raw)(cx, socket, line.as_bytes());
                })
            }
            Message::Text(text) if text.trim_ascii().is_empty() => (),
            Message::Text(text) => self.call_for_lines(turn, |handlers, cx| {
                (handlers.line)(cx, socket, text.trim_end_matches(['\r', '\n']));
            }),
            Message::Binary(_) => self.call_for_lines(turn, |_, cx| {
                cx.send(socket, format_args!("* only text is understood here"));
            }),
        }
    }

    /// A message on a WebSocket that is about to take a session over.
    fn probe_message(
        &mut self,
        turn: &mut Turn<'_>,
        connection: ConnectionId,
        id: SessionId,
        message: Message<'_>,
    ) {
        let (sessions, settings, mut wire) = self.core.wire(turn.out);
        let Some(engine) = sessions.engine(id) else { return };
        engine.heard(settings, turn.now.ms);
        match message {
            Message::Text("2probe") => {
                engine.confirm_probe(&mut wire, turn.now.ms);
                self.core.wake_beat(id);
                self.pump_post(turn, id);
            }
            // It may carry more than its type.
            Message::Text(text) if text.starts_with('5') => {
                let sockets = engine.sockets.clone();
                self.core.upgrade(turn.out, id, &sockets);
            }
            Message::Text(_) | Message::Binary(_) => {
                engine.drop_probe(&mut wire, CloseReason::ProtocolError);
                turn.out.close(connection, CloseReason::ProtocolError);
            }
        }
    }

    /// A packet of Engine.IO.
    fn engine_message(&mut self, turn: &mut Turn<'_>, id: SessionId, message: Message<'_>) {
        self.open_engine(turn, id);
        let Some(engine) = self.core.sessions.engine(id) else { return };
        let packet = match message {
            Message::Text(text) => eio::text(engine.version, text),
            Message::Binary(bytes) => eio::binary(engine.version, bytes),
        };
        match packet {
            Ok(packet) => self.packet(turn, id, packet),
            Err(_) => self.leave(turn, id, CloseReason::ProtocolError, Ending::Fault),
        }
    }

    /// Ends a connection because of its input, with the code for the reason.
    fn refuse_message(&mut self, turn: &mut Turn<'_>, id: ConnectionId, error: ws::Error) {
        let reason = match error {
            ws::Error::TooLarge => CloseReason::PayloadTooLarge,
            _ => CloseReason::ProtocolError,
        };
        log::debug!("closing reason={reason} hint=\"{error}\"");
        close_websocket(turn.out, id, Some(error.code()), reason);
        self.end_messages(turn, id, reason);
    }

    /// A WebSocket has ended, and with it the session that it carries, but not a session that it
    /// was about to take over.
    pub(super) fn end_messages(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        reason: CloseReason,
    ) {
        let Some(Peer::WebSocket(peer)) = self.core.sessions.peers.get(id) else { return };
        let session = peer.session;
        let is_carrier = |session: &Session| session.connection() == Some(id);
        if self.core.sessions.get(session).is_some_and(is_carrier) {
            return self.leave(turn, session, reason, Ending::Fault);
        }
        let (sessions, _, mut wire) = self.core.wire(turn.out);
        if let Some(engine) = sessions.engine(session).filter(|engine| engine.is_probed_by(id)) {
            engine.drop_probe(&mut wire, reason);
        }
    }
}
