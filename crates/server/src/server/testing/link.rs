//! A client's connection: what has come by it, and what that makes the client send.

use super::pipe::Pipe;
use super::session::{Session, State};
use super::{Client, Message};
use crate::base::{CloseReason, ConnectionId};
use mio_wire::eio::{self, Version};
use mio_wire::ws::{self, Decoder, Event, Opcode, Role};
use std::rc::Rc;

pub(super) struct Link {
    pub(super) id: ConnectionId,
    pub(super) pipe: Rc<Pipe>,
    pub(super) speaks: Speaks,
}

/// What a connection speaks, and what has been heard by it.
pub(super) enum Speaks {
    /// Lines, or an answer of HTTP.
    Bytes(Vec<u8>),
    WebSocket(Decoder, Carries),
}

/// What a WebSocket carries.
pub(super) enum Carries {
    Messages(Vec<Message>),
    /// The same in packets of Engine.IO.
    Packets(Vec<Message>),
    Session(Session),
}

/// There is no cache on the way that a mask would keep from taking frames for something else.
const MASK: [u8; 4] = [0x5a, 0x17, 0xc0, 0xde];

impl Link {
    pub(super) fn new(id: ConnectionId, pipe: Rc<Pipe>) -> Self {
        Self { id, pipe, speaks: Speaks::Bytes(Vec::new()) }
    }

    /// Reads what has come; what the client sends at once because of it.
    pub(super) fn read(&mut self) -> Vec<u8> {
        let bytes = self.pipe.take();
        self.hear(bytes)
    }

    /// Has the bytes behind the handshake's answer, and all that come, be those of a WebSocket.
    pub(super) fn upgrade(&mut self, bytes: Vec<u8>, carries: Carries) -> Vec<u8> {
        self.speaks = Speaks::WebSocket(Decoder::new(Role::Client), carries);
        self.hear(bytes)
    }

    /// The session that it carries.
    ///
    /// # Panics
    /// If that is none: there is no such handle.
    pub(super) fn session(&mut self) -> &mut Session {
        match &mut self.speaks {
            Speaks::WebSocket(_, Carries::Session(session)) => session,
            _ => unreachable!("only a connection that carries a session has clients of it"),
        }
    }

    /// Why a client has no seat any more, as far as it knows.
    pub(super) fn left(&self, client: Client) -> Option<CloseReason> {
        let Speaks::WebSocket(_, Carries::Session(session)) = &self.speaks else { return None };
        match session.seats[client.seat].state {
            State::Out(reason) => Some(reason),
            _ => None,
        }
    }

    /// What a client sends that leaves; nothing if all it does is to end its side.
    pub(super) fn goodbye(&mut self, client: Option<Client>) -> Vec<u8> {
        if let Some(client) = client {
            return self.session().leave(client);
        }
        let mut bytes = Vec::new();
        if let Speaks::WebSocket(..) = self.speaks {
            close(&mut bytes, Some(ws::NORMAL));
        }
        bytes
    }

    fn hear(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        let mut reply = Vec::new();
        match &mut self.speaks {
            Speaks::Bytes(all) => all.append(&mut bytes),
            Speaks::WebSocket(decoder, carries) => {
                let mut rest = &mut bytes[..];
                while let Some(event) =
                    decoder.next(&mut rest, usize::MAX).expect("the server speaks WebSocket")
                {
                    carries.hear(event, &mut reply);
                }
            }
        }
        reply
    }
}

impl Carries {
    fn hear(&mut self, event: Event<'_>, reply: &mut Vec<u8>) {
        match (event, self) {
            (Event::Text(text), Self::Messages(all)) => all.push(Message::Text(text.to_owned())),
            (Event::Binary(bytes), Self::Messages(all) | Self::Packets(all)) => {
                all.push(Message::Binary(bytes.to_vec()));
            }
            (Event::Text(text), Self::Packets(all)) => {
                if let Some(text) = packet(text, reply) {
                    all.push(Message::Text(text.to_owned()));
                }
            }
            (Event::Text(text), Self::Session(session)) => session.text(text, reply),
            (Event::Binary(bytes), Self::Session(session)) => session.binary(bytes),
            (Event::Ping(payload), _) => frame(reply, Opcode::Pong, payload),
            (Event::Pong, _) => (),
            (Event::Close { code }, _) => close(reply, code),
        }
    }
}

/// The message in a packet of Engine.IO that is text; a heartbeat is answered.
pub(super) fn packet<'t>(text: &'t str, reply: &mut Vec<u8>) -> Option<&'t str> {
    match eio::text(Version::V4, text) {
        Ok(eio::Packet::Text(message)) => return Some(message),
        Ok(eio::Packet::Ping(data)) => frame(reply, Opcode::Text, ["3", data].concat().as_bytes()),
        _ => (),
    }
    None
}

/// Appends a frame as a client sends it.
pub(super) fn frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    ws::masked_frame(out, opcode, payload, MASK);
}

/// Appends the last frame of a client.
pub(super) fn close(out: &mut Vec<u8>, code: Option<u16>) {
    let code = code.map(u16::to_be_bytes);
    frame(out, Opcode::Close, code.as_ref().map_or(&[], |code| &code[..]));
}
