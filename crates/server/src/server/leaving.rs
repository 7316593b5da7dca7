//! How a client goes: out of a namespace, or out of the server.

use super::Server;
use super::acks::{Acks, NoAck};
use super::core::{Core, Leaving};
use super::panics::Whose;
use crate::base::{CloseReason, ConnectionId, Namespace, Outboxes, SessionId, SocketId};
use crate::net::Turn;
use crate::session::SessionKind;
use crate::session::engine::Ending;
use mio_wire::{sio, ws};

impl<S> Core<S> {
    /// The reason with which a handler has asked to disconnect a socket, if one has.
    pub(super) fn take_leaving(&mut self, socket: SocketId) -> Option<CloseReason> {
        let at = self.leaving.iter().position(|leaving| leaving.socket == socket)?;
        self.leaving.remove(at).filter(|leaving| leaving.session).map(|leaving| leaving.reason)
    }
}

impl<S> Server<S> {
    /// Disconnects the sockets that handlers have asked to disconnect.
    pub(super) fn see_off(&mut self, turn: &mut Turn<'_>) {
        self.end_failed(turn);
        while let Some(Leaving { socket, reason, session: whole }) = self.core.leaving.pop_front() {
            let Some(session) = self.core.session_of(socket) else { continue };
            match self.disconnect_packet(socket).filter(|_| !whole) {
                Some(packet) => {
                    if let Some(voice) = self.core.hub.voice(socket) {
                        self.core.left.entry(session).or_default().push(voice.namespace);
                    }
                    self.depart(turn, session, socket, reason, Some(&packet));
                }
                None => self.leave(turn, session, reason, Ending::ByServer),
            }
        }
    }

    /// Ends the client whose handler has panicked.
    fn end_failed(&mut self, turn: &mut Turn<'_>) {
        match self.core.failed.take() {
            Some(Whose::Session(id)) => {
                self.leave(turn, id, CloseReason::InternalError, Ending::Failed);
            }
            Some(Whose::Connection(id)) => turn.out.close(id, CloseReason::InternalError),
            None => (),
        }
    }

    /// The packet that tells a socket's client that it has left its namespace; `None` if the
    /// namespace is not Socket.IO's.
    fn disconnect_packet(&mut self, socket: SocketId) -> Option<Vec<u8>> {
        let namespace = self.core.hub.voice(socket)?.namespace;
        let namespaces = &self.core.namespaces;
        let name = namespaces.name(namespace).filter(|_| namespaces.is_socket_io(namespace))?;
        let mut packet = Vec::new();
        sio::encode_disconnect(&mut packet, name);
        Some(packet)
    }

    /// Takes a socket out of its namespace. The application is told while the socket is still in
    /// its rooms. `last` is a packet for its client. The socket has gone for good, unless it was
    /// let go so that it can come back.
    pub(super) fn depart(
        &mut self,
        turn: &mut Turn<'_>,
        session: SessionId,
        socket: SocketId,
        reason: CloseReason,
        last: Option<&[u8]>,
    ) {
        let Some(voice) = self.core.hub.voice(socket) else { return };
        self.let_go(turn, socket, true);
        self.call_in(turn, voice.namespace, |handlers, cx| {
            if let Some(events) = handlers.events(voice.namespace) {
                return (events.disconnect)(cx, socket, reason);
            }
            if let Some(endpoint) = handlers.endpoint(voice.namespace) {
                (endpoint.close)(cx, socket, reason);
            }
        });
        if let Some(engine) = self.core.sessions.engine(session) {
            engine.sockets.retain(|other| *other != socket);
        }
        let acks = self.core.rise(turn.out, socket);
        if let Some(last) = last {
            self.core.send_packet(turn.out, session, last);
        }
        self.forget_acks(turn, voice.namespace, acks);
    }

    /// Tells the application that answers will not come.
    pub(super) fn forget_acks(
        &mut self,
        turn: &mut Turn<'_>,
        namespace: Namespace,
        acks: Option<Acks<S>>,
    ) {
        for on_ack in acks.into_iter().flat_map(Acks::into_awaited) {
            self.call_in(turn, namespace, |_, cx| on_ack(cx, Err(NoAck::Disconnected)));
        }
    }

    /// Ends a session. The application is told while its sockets are still in their rooms.
    pub(super) fn leave(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        reason: CloseReason,
        ending: Ending,
    ) {
        let Some(session) = self.core.sessions.get(id) else { return };
        let protocol = session.protocol();
        match &session.kind {
            SessionKind::Line(lines) => {
                let (connection, socket) = (lines.connection, lines.socket);
                let voice = self.core.hub.voice(socket);
                let namespace = voice.map_or(Namespace::LINES, |voice| voice.namespace);
                self.tell_gone(turn, namespace, socket, reason);
                self.core.rise(turn.out, socket);
                turn.out.close(connection, reason);
            }
            SessionKind::Plain(_) => self.leave_plain(turn, id, reason, ending),
            SessionKind::Engine(engine) => {
                // A client that means to leave its session leaves its namespaces first.
                let for_good = matches!(ending, Ending::ByServer | Ending::Failed)
                    || reason == CloseReason::ProtocolError;
                self.core.returns.abandon(id);
                for socket in engine.sockets.clone() {
                    self.let_go(turn, socket, for_good);
                    // A client that is told stays away; one that only loses its connection comes
                    // back.
                    let is_told = ending == Ending::ByServer;
                    let last = if is_told { self.disconnect_packet(socket) } else { None };
                    self.depart(turn, id, socket, reason, last.as_deref());
                }
                self.end_engine(turn, id, reason, ending);
            }
        }
        let Some(session) = self.core.end_session(id, turn.now.ms) else { return };
        self.core.stats.end(reason);
        let messages = match &session.kind {
            SessionKind::Line(lines) => lines.line.lines(),
            SessionKind::Plain(_) | SessionKind::Engine(_) => session.messages,
        };
        // A client that had joined nothing, or was over a limit, is a stranger.
        let is_stranger = !session.is_joined() || reason == CloseReason::ServerFull;
        if is_stranger && !self.core.admission.logs_stranger(turn.now.ms) {
            return;
        }
        let ms = turn.now.ms.saturating_sub(session.since_ms);
        log::info!(
            "disconnect ip={} session={id:?} door={protocol} reason={reason} lines={messages} \
             ms={ms}",
            session.address,
        );
    }

    /// Tells the application of the end of a client without events: of the line door, or of an
    /// endpoint.
    fn tell_gone(
        &mut self,
        turn: &mut Turn<'_>,
        namespace: Namespace,
        socket: SocketId,
        reason: CloseReason,
    ) {
        self.call_in(turn, namespace, |handlers, cx| match handlers.endpoint(namespace) {
            Some(endpoint) => (endpoint.close)(cx, socket, reason),
            None => (handlers.disconnect)(cx, socket, reason),
        });
    }

    /// Ends a session at a plain WebSocket.
    fn leave_plain(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        reason: CloseReason,
        ending: Ending,
    ) {
        let Some(SessionKind::Plain(plain)) =
            self.core.sessions.get(id).map(|session| &session.kind)
        else {
            return;
        };
        let (connection, socket, target) = (plain.connection, plain.socket, plain.target);
        let namespace = target.endpoint().unwrap_or(Namespace::LINES);
        self.tell_gone(turn, namespace, socket, reason);
        self.core.rise(turn.out, socket);
        let code = match ending {
            Ending::Shutdown => ws::GOING_AWAY,
            Ending::ByClient | Ending::ByServer | Ending::Failed | Ending::Fault => ws::NORMAL,
        };
        close_websocket(turn.out, connection, Some(code), reason);
    }
}

/// Sends a close frame on a WebSocket, and closes its connection.
pub(super) fn close_websocket(
    out: &mut Outboxes,
    id: ConnectionId,
    code: Option<u16>,
    reason: CloseReason,
) {
    let mut frame = Vec::new();
    ws::close(&mut frame, code, "");
    out.append(id, &frame);
    out.close(id, reason);
}
