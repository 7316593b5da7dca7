//! Events of Socket.IO.

use super::{EngineIo, Lost, Packet, Upgrade};
use crate::sio::{self, Args, Kind, Malformed};
use crate::ws::NORMAL;
use serde_json::Value;
use std::borrow::Cow;

/// A client's side of Socket.IO 5, in any number of namespaces.
#[derive(Debug)]
pub struct SocketIo {
    engine: EngineIo,
    /// A packet with attachments. It stays until the next call, so that the event can borrow from
    /// it.
    assembly: Option<Assembly>,
}

/// An event from the server.
#[derive(Debug)]
pub enum Event<'b> {
    /// There is a session: namespaces can be joined.
    Opened,
    /// A namespace is joined.
    Joined {
        /// The namespace.
        namespace: &'b str,
    },
    /// A namespace cannot be joined.
    Refused {
        /// The namespace.
        namespace: &'b str,
        /// The reason; empty if the server gave none.
        message: String,
        /// The application's data for programs.
        data: Option<Value>,
    },
    /// The server has put this client out of a namespace.
    Left {
        /// The namespace.
        namespace: &'b str,
    },
    /// An event.
    Event {
        /// The namespace.
        namespace: &'b str,
        /// The number of the answer that the server waits for, if it does.
        id: Option<u64>,
        /// Its name.
        name: Cow<'b, str>,
        /// Its arguments and their attachments.
        args: Args<'b>,
    },
    /// The answer to an event.
    Ack {
        /// The namespace.
        namespace: &'b str,
        /// The number with which the event asked.
        id: u64,
        /// Its arguments and their attachments.
        args: Args<'b>,
    },
    /// A heartbeat, which is answered, or a part of an incomplete packet.
    Heartbeat,
    /// The server ended the session.
    Closed,
    /// The server ended the connection.
    HungUp,
}

#[derive(Debug)]
struct Assembly {
    text: String,
    attachments: Vec<Vec<u8>>,
    /// Number of its attachments.
    awaited: usize,
}

impl Assembly {
    const fn is_whole(&self) -> bool {
        self.attachments.len() >= self.awaited
    }
}

impl SocketIo {
    /// Asks for a session; the target's query has `EIO=4&transport=websocket`.
    pub fn new(upgrade: &Upgrade<'_>) -> Self {
        Self { engine: EngineIo::new(upgrade), assembly: None }
    }

    /// Output that waits to be sent; the caller removes sent bytes from its front.
    pub const fn out(&mut self) -> &mut Vec<u8> {
        self.engine.out()
    }

    /// The longest silence of a living server, in milliseconds; `None` before the server has told
    /// it.
    pub const fn silence_ms(&self) -> Option<u64> {
        self.engine.silence_ms()
    }

    /// Takes one event off the front of `input`, as [`WebSocket::next`](super::WebSocket::next)
    /// does. `bytes_max` bounds a packet, and each of its attachments.
    ///
    /// # Errors
    /// The reason why the client cannot go on with this server. Nothing useful follows.
    pub fn next<'b, 'i: 'b>(
        &'b mut self,
        input: &mut &'i mut [u8],
        bytes_max: usize,
    ) -> Result<Option<Event<'b>>, Lost> {
        let Self { engine, assembly } = self;
        assembly.take_if(|it| it.is_whole());
        let event = match engine.next(input, bytes_max)? {
            None => return Ok(None),
            Some(Packet::Opened) => Event::Opened,
            Some(Packet::Text(text)) => return packet(text, assembly).map(Some),
            Some(Packet::Binary(bytes)) => return attachment(bytes, assembly).map(Some),
            Some(Packet::Heartbeat) => Event::Heartbeat,
            Some(Packet::Closed) => Event::Closed,
            Some(Packet::HungUp) => Event::HungUp,
        };
        Ok(Some(event))
    }

    /// Asks to join a namespace, with `auth` (JSON, an object) if there is any.
    pub fn join(&mut self, namespace: &str, auth: Option<&str>) {
        self.packet(|out| sio::encode_join(out, namespace, auth));
    }

    /// Leaves a namespace.
    pub fn leave(&mut self, namespace: &str) {
        self.packet(|out| sio::encode_disconnect(out, namespace));
    }

    /// Sends an event; with `id` it asks for an answer. `args_json` is a list of values separated
    /// by commas, in which placeholders name the attachments.
    pub fn emit(
        &mut self,
        namespace: &str,
        id: Option<u64>,
        name: &str,
        args_json: &str,
        attachments: &[Vec<u8>],
    ) {
        let count = attachments.len();
        self.packet(|out| sio::encode_event(out, namespace, id, name, args_json, count));
        attachments.iter().for_each(|bytes| self.engine.binary(bytes));
    }

    /// Answers the event with this `id`; the rest is as in [`Self::emit`].
    pub fn ack(&mut self, namespace: &str, id: u64, args_json: &str, attachments: &[Vec<u8>]) {
        let count = attachments.len();
        self.packet(|out| sio::encode_ack(out, namespace, id, args_json, count));
        attachments.iter().for_each(|bytes| self.engine.binary(bytes));
    }

    /// Ends the connection as a client that leaves. Before the end of the handshake it does
    /// nothing.
    pub fn close(&mut self) {
        self.engine.close(NORMAL);
    }

    fn packet(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        let mut packet = Vec::new();
        encode(&mut packet);
        self.engine.whole(&packet);
    }
}

/// Reads a text message.
fn packet<'b>(text: &'b str, assembly: &mut Option<Assembly>) -> Result<Event<'b>, Lost> {
    let malformed = || Lost::Malformed(text.to_owned());
    let packet = sio::decode_answer(text).map_err(|_| malformed())?;
    if assembly.is_some() {
        return Err(malformed());
    }
    if packet.attachments > 0 {
        let awaited = packet.attachments;
        *assembly = Some(Assembly { text: text.to_owned(), attachments: Vec::new(), awaited });
        return Ok(Event::Heartbeat);
    }
    event(packet, &[]).map_err(|_| malformed())
}

/// Reads an attachment.
fn attachment<'b>(
    bytes: Cow<'_, [u8]>,
    assembly: &'b mut Option<Assembly>,
) -> Result<Event<'b>, Lost> {
    let Some(assembly) = assembly else {
        return Err(Lost::Malformed("an attachment of nothing".to_owned()));
    };
    assembly.attachments.push(bytes.into_owned());
    if !assembly.is_whole() {
        return Ok(Event::Heartbeat);
    }
    let Assembly { text, attachments, .. } = &*assembly;
    let packet = sio::decode_answer(text);
    packet.and_then(|packet| event(packet, attachments)).map_err(|_| Lost::Malformed(text.clone()))
}

/// Makes an event of a packet that has all its attachments.
fn event<'b>(packet: sio::Packet<'b>, attachments: &'b [Vec<u8>]) -> Result<Event<'b>, Malformed> {
    let namespace = packet.namespace;
    Ok(match packet.kind {
        Kind::Connect => Event::Joined { namespace },
        Kind::ConnectError => {
            let mut why: Value = serde_json::from_str(packet.data).unwrap_or_default();
            let message = why.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
            Event::Refused { namespace, message, data: why.get_mut("data").map(Value::take) }
        }
        Kind::Disconnect => Event::Left { namespace },
        Kind::Event | Kind::BinaryEvent => {
            let (name, args) = sio::event(packet.data, attachments)?;
            Event::Event { namespace, id: packet.id, name, args }
        }
        Kind::Ack | Kind::BinaryAck => {
            let args = sio::ack(packet.data, attachments)?;
            Event::Ack { namespace, id: packet.id.ok_or(Malformed)?, args }
        }
    })
}
