//! Packets of Engine.IO and Socket.IO, from a session to the handlers of a namespace.

use super::Server;
use super::event::{Ack, Event, Message, Refused};
use super::leaving::close_websocket;
use crate::base::{CloseReason, Namespace, SessionId, SocketId};
use crate::limits::{EVENT_NAME_LOGGED_CHARS, QUEUE_TO_TURN_MAX};
use crate::net::Turn;
use crate::session::Assembly;
use crate::session::engine::Ending;
use mio_wire::eio::{self, Version};
use mio_wire::sio::{self, Args, Beyond, Kind, Packet};
use mio_wire::ws;
use serde_json::json;
use std::borrow::Cow;
use std::fmt;

/// The name of an event for the log, quoted and shortened.
fn shown(name: &str) -> impl fmt::Display + '_ {
    fmt::from_fn(move |f| {
        let name: String = name.chars().take(EVENT_NAME_LOGGED_CHARS).collect();
        write!(f, "{name:?}")
    })
}

/// A client has sent something that its protocol does not allow here.
struct Wrong;

impl<S> Server<S> {
    /// A packet of a session has come.
    pub(super) fn packet(&mut self, turn: &mut Turn<'_>, id: SessionId, packet: eio::Packet<'_>) {
        let settings = &self.core.engine;
        let Some(engine) = self.core.sessions.engine(id) else { return };
        engine.heard(settings, turn.now.ms);
        let outcome = match (packet, engine.version) {
            (eio::Packet::Open(_) | eio::Packet::Upgrade | eio::Packet::Noop, _) => Ok(()),
            (eio::Packet::Close, _) => {
                self.leave(turn, id, CloseReason::ClientDisconnect, Ending::ByClient);
                Ok(())
            }
            (eio::Packet::Pong(_), Version::V4) => {
                engine.ponged(settings, turn.now.ms);
                self.core.wake_beat(id);
                Ok(())
            }
            (eio::Packet::Ping(data), Version::V3) => {
                let pong = ["3", data].concat();
                self.core.send_packet(turn.out, id, pong.as_bytes());
                Ok(())
            }
            (eio::Packet::Pong(_), Version::V3) | (eio::Packet::Ping(_), Version::V4) => Err(Wrong),
            (eio::Packet::Text(text), _) if engine.target.endpoint().is_some() => {
                self.endpoint_message(turn, id, Message::Text(text))
            }
            (eio::Packet::Binary(bytes), _) if engine.target.endpoint().is_some() => {
                self.endpoint_message(turn, id, Message::Binary(&bytes))
            }
            (eio::Packet::Binary(bytes), _) if engine.is_packed() => {
                self.packed_packet(turn, id, &bytes)
            }
            (eio::Packet::Text(_), _) if engine.is_packed() => Err(Wrong),
            (eio::Packet::Text(text), version) => self.text_packet(turn, id, version, text),
            (eio::Packet::Binary(bytes), version) => self.attachment(turn, id, version, &bytes),
        };
        if let Err(Wrong) = outcome {
            self.leave(turn, id, CloseReason::ProtocolError, Ending::Fault);
        }
    }

    /// A message at an endpoint of Engine.IO has come.
    fn endpoint_message(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        message: Message<'_>,
    ) -> Result<(), Wrong> {
        self.core.stats.received += 1;
        let session = self.core.sessions.get_mut(id).ok_or(Wrong)?;
        session.messages = session.messages.saturating_add(1);
        let engine = session.engine().ok_or(Wrong)?;
        let namespace = engine.target.endpoint().ok_or(Wrong)?;
        let socket = *engine.sockets.first().ok_or(Wrong)?;
        self.core.posted(turn.now.ms, id, message.len());
        self.call_in(turn, namespace, |handlers, cx| {
            if let Some(endpoint) = handlers.endpoint(namespace) {
                (endpoint.message)(cx, socket, message);
            }
        });
        Ok(())
    }

    /// The text of a Socket.IO packet has come.
    fn text_packet(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        version: Version,
        text: &str,
    ) -> Result<(), Wrong> {
        let packet = sio::decode(version, text).map_err(|_| Wrong)?;
        self.count_packet(turn, id, &packet, text.len())?;
        if packet.attachments > 0 {
            self.joined(id, packet.namespace)?;
            let engine = self.core.sessions.engine(id).ok_or(Wrong)?;
            engine.assembly = Some(Box::new(Assembly::new(text, packet.attachments, turn.now.ms)));
            self.core.wake_beat(id);
            return Ok(());
        }
        self.whole_packet(turn, id, &packet, &[])
    }

    /// A Socket.IO packet in MessagePack has come.
    fn packed_packet(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        bytes: &[u8],
    ) -> Result<(), Wrong> {
        let (text, attachments) = sio::unpack(bytes).map_err(|_| Wrong)?;
        let packet = sio::decode(Version::V4, &text).map_err(|_| Wrong)?;
        self.count_packet(turn, id, &packet, bytes.len())?;
        self.whole_packet(turn, id, &packet, &attachments)
    }

    /// Counts a packet with so many bytes, apart from its attachments.
    fn count_packet(
        &mut self,
        turn: &Turn<'_>,
        id: SessionId,
        packet: &Packet<'_>,
        bytes: usize,
    ) -> Result<(), Wrong> {
        self.core.stats.received += 1;
        let session = self.core.sessions.get_mut(id).ok_or(Wrong)?;
        session.messages = session.messages.saturating_add(1);
        let engine = session.engine().ok_or(Wrong)?;
        if engine.assembly.is_some() {
            return Err(Wrong);
        }
        match self.awaits(id, packet) {
            true => self.core.answered_ack(turn.now.ms, id, bytes),
            false => self.core.posted(turn.now.ms, id, bytes),
        }
        Ok(())
    }

    /// Whether a packet is an answer that is awaited.
    fn awaits(&mut self, id: SessionId, packet: &Packet<'_>) -> bool {
        if !matches!(packet.kind, Kind::Ack | Kind::BinaryAck) || packet.beyond.is_some() {
            return false;
        }
        let Some(namespace) = self.core.namespaces.socket_io(packet.namespace) else {
            return false;
        };
        let socket = self.core.socket_in(id, namespace);
        let acks = socket.and_then(|socket| self.core.acks(socket));
        acks.zip(packet.id).is_some_and(|(acks, ack)| acks.awaits(ack))
    }

    /// An attachment has come.
    fn attachment(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        version: Version,
        bytes: &[u8],
    ) -> Result<(), Wrong> {
        // The most that a client without a backlog can be sent at once.
        let bytes_max = self.core.listen.queue_bytes_max * QUEUE_TO_TURN_MAX;
        self.core.posted(turn.now.ms, id, bytes.len());
        let engine = self.core.sessions.engine(id).ok_or(Wrong)?;
        let assembly = engine.assembly.as_mut().ok_or(Wrong)?;
        if !assembly.add(bytes, bytes_max) {
            self.end_too_large(turn, id);
            return Ok(());
        }
        if !assembly.is_whole() {
            return Ok(());
        }
        let Assembly { text, attachments, .. } = *engine.assembly.take().ok_or(Wrong)?;
        let packet = sio::decode(version, &text).map_err(|_| Wrong)?;
        self.whole_packet(turn, id, &packet, &attachments)
    }

    /// Ends a session for a packet with more attached than can be relayed.
    fn end_too_large(&mut self, turn: &mut Turn<'_>, id: SessionId) {
        let reason = CloseReason::PayloadTooLarge;
        let websocket = self.core.sessions.engine(id).and_then(|engine| engine.websocket());
        if let Some(connection) = websocket {
            close_websocket(turn.out, connection, Some(ws::Error::TooLarge.code()), reason);
        }
        self.leave(turn, id, reason, Ending::Fault);
    }

    /// A Socket.IO packet is here, with all that is attached to it.
    fn whole_packet(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        packet: &Packet<'_>,
        attachments: &[Vec<u8>],
    ) -> Result<(), Wrong> {
        if let Some(beyond) = packet.beyond {
            return self.refuse_packet(turn, id, packet, beyond);
        }
        match packet.kind {
            Kind::Connect => self.connect(turn, id, packet),
            Kind::Disconnect => {
                if let Some((_, socket)) = self.joined(id, packet.namespace)? {
                    self.depart(turn, id, socket, CloseReason::ClientDisconnect, None);
                }
                Ok(())
            }
            Kind::Event | Kind::BinaryEvent => {
                let joined = self.joined(id, packet.namespace)?;
                let Some((namespace, socket)) = joined else { return Ok(()) };
                let (name, args) = sio::event(packet.data, attachments).map_err(|_| Wrong)?;
                let ack = packet.id.map(|id| Ack { socket, id });
                let event = Event { socket, name: &name, args, ack };
                self.core.owed = packet.id.map(|id| (socket, id));
                let handled = self.call_in(turn, namespace, |handlers, cx| {
                    let Some(events) = handlers.events(namespace) else { return Ok(()) };
                    if let Some(before) = &mut events.before {
                        before(cx, &event)?;
                    }
                    match events.by_name.get_mut(&*name).or(events.any.as_mut()) {
                        Some(handler) => handler(cx, event),
                        None => {
                            let event = shown(&name);
                            log::debug!("ignored session={id:?} event={event} reason=no-handler");
                            Ok(())
                        }
                    }
                });
                if let Some(Err(refused)) = handled {
                    let (event, error) = (shown(&name), refused.to_string());
                    log::debug!("refused session={id:?} event={event} error={error:?}");
                    self.refuse_event(turn, id, namespace, &refused);
                }
                Ok(())
            }
            Kind::Ack | Kind::BinaryAck => {
                let joined = self.joined(id, packet.namespace)?;
                let Some((namespace, socket)) = joined else { return Ok(()) };
                let args = sio::ack(packet.data, attachments).map_err(|_| Wrong)?;
                self.acknowledge(turn, namespace, socket, packet.id, args);
                Ok(())
            }
            Kind::ConnectError => Err(Wrong),
        }
    }

    /// A handler has refused an event, or has failed. A client that waits for an answer gets one,
    /// unless the handler has given it.
    fn refuse_event(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        namespace: Namespace,
        refused: &Refused,
    ) {
        self.core.log_failure(turn.now.ms, id, refused);
        if let Some((socket, id)) = self.core.owed.take() {
            let answer = refused.answer();
            self.call_in(turn, namespace, |_, cx| cx.ack(Some(Ack { socket, id }), answer));
        }
    }

    /// A packet is too large to be passed on. A client that waits for an answer gets one, and goes
    /// on.
    fn refuse_packet(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        packet: &Packet<'_>,
        beyond: Beyond,
    ) -> Result<(), Wrong> {
        log::debug!("refused session={id:?} hint=\"{beyond}\"");
        if packet.kind == Kind::Connect {
            let (mut text, message) = (Vec::new(), beyond.to_string());
            let version = self.core.sessions.engine(id).ok_or(Wrong)?.version;
            sio::encode_connect_error(&mut text, version, packet.namespace, &message, None);
            self.core.send_packet(turn.out, id, &text);
            return Ok(());
        }
        let Some((namespace, socket)) = self.joined(id, packet.namespace)? else { return Ok(()) };
        let is_event = matches!(packet.kind, Kind::Event | Kind::BinaryEvent);
        let ack = packet.id.filter(|_| is_event).map(|id| Ack { socket, id });
        let refusal = json!({"ok": false, "code": beyond.code(), "error": beyond.to_string()});
        self.call_in(turn, namespace, |_, cx| cx.ack(ack, (refusal,)));
        Ok(())
    }

    /// An answer has come. An answer that nobody awaits is ignored.
    fn acknowledge(
        &mut self,
        turn: &mut Turn<'_>,
        namespace: Namespace,
        socket: SocketId,
        id: Option<u64>,
        args: Args<'_>,
    ) {
        let acks = self.core.acks(socket);
        let on_ack = acks.and_then(|acks| acks.take(id?));
        if let Some(on_ack) = on_ack {
            self.call_in(turn, namespace, |_, cx| on_ack(cx, Ok(args)));
        }
    }

    /// The namespace and the socket that a packet is for; `None` if the server has taken the client
    /// out of there, which it may not have heard yet.
    fn joined(&self, id: SessionId, name: &str) -> Result<Option<(Namespace, SocketId)>, Wrong> {
        let namespace = self.core.namespaces.socket_io(name).ok_or(Wrong)?;
        if let Some(socket) = self.core.socket_in(id, namespace) {
            return Ok(Some((namespace, socket)));
        }
        let left = self.core.left.get(&id);
        if left.is_some_and(|left| left.contains(&namespace)) { Ok(None) } else { Err(Wrong) }
    }

    /// A client wants to join a namespace.
    fn connect(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        packet: &Packet<'_>,
    ) -> Result<(), Wrong> {
        let version = self.core.sessions.engine(id).ok_or(Wrong)?.version;
        let auth: Cow<'_, str> = match (version, packet.query, packet.data) {
            (Version::V3, Some(query), _) => Cow::Owned(query_json(query)),
            (_, _, "") => Cow::Borrowed("{}"),
            (_, _, data) => Cow::Borrowed(data),
        };
        match self.core.namespaces.socket_io(packet.namespace) {
            Some(namespace) if self.core.socket_in(id, namespace).is_some() => Err(Wrong),
            Some(_) => {
                self.join_namespace(turn, id, packet.namespace, &auth);
                Ok(())
            }
            None if self.make_namespace(turn, id, packet.namespace).is_some() => {
                self.join_namespace(turn, id, packet.namespace, &auth);
                Ok(())
            }
            None => {
                let data = r#"{"message":"Invalid namespace"}"#;
                let data = (version == Version::V3).then_some(data);
                let message = "Invalid namespace";
                let mut text = Vec::new();
                sio::encode_connect_error(&mut text, version, packet.namespace, message, data);
                self.core.send_packet(turn.out, id, &text);
                Ok(())
            }
        }
    }
}

/// The parameters of a namespace's query, by which clients of Socket.IO 2 authenticate themselves,
/// as a JSON object.
fn query_json(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let object: serde_json::Map<String, serde_json::Value> =
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    serde_json::Value::Object(object).to_string()
}
