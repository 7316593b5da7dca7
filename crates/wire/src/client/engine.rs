//! Packets of Engine.IO.

use super::outbox::Outbox;
use super::websocket::Frames;
use super::{Lost, Message, Upgrade};
use crate::eio::{self, Version};
use crate::ws::Opcode;
use serde_json::Value;
use std::borrow::Cow;

/// A client's side of an Engine.IO 4 session that runs over a WebSocket from the start.
#[derive(Debug)]
pub struct EngineIo {
    frames: Frames,
    out: Outbox,
    silence_ms: Option<u64>,
}

/// A packet from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'b> {
    /// The session is open.
    Opened,
    /// A message of text.
    Text(&'b str),
    /// A message of bytes.
    Binary(Cow<'b, [u8]>),
    /// The server checks that this client is alive, which is answered, or sends another packet that
    /// does not concern the user of a session.
    Heartbeat,
    /// The server ended the session.
    Closed,
    /// The server ended the connection.
    HungUp,
}

impl EngineIo {
    /// Asks for a session; the target's query has `EIO=4&transport=websocket`.
    pub fn new(upgrade: &Upgrade<'_>) -> Self {
        let (frames, out) = Frames::new(upgrade);
        Self { frames, out, silence_ms: None }
    }

    /// Output that waits to be sent; the caller removes sent bytes from its front.
    pub const fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out.bytes
    }

    /// The longest silence of a living server, in milliseconds; `None` before the server has told
    /// it.
    pub const fn silence_ms(&self) -> Option<u64> {
        self.silence_ms
    }

    /// Takes one event off the front of `input`, as [`WebSocket::next`](super::WebSocket::next)
    /// does.
    ///
    /// # Errors
    /// The reason why the client cannot go on with this server. Nothing useful follows.
    pub fn next<'b, 'i: 'b>(
        &'b mut self,
        input: &mut &'i mut [u8],
        bytes_max: usize,
    ) -> Result<Option<Packet<'b>>, Lost> {
        let Self { frames, out, silence_ms } = self;
        Ok(Some(match frames.next(input, bytes_max, out)? {
            None => return Ok(None),
            Some(Message::Text(text)) => packet(text, out, silence_ms)?,
            Some(Message::Binary(bytes)) => Packet::Binary(Cow::Borrowed(bytes)),
            Some(Message::Open | Message::Heartbeat) => Packet::Heartbeat,
            Some(Message::Closed { .. }) => Packet::HungUp,
        }))
    }

    /// Sends a message of text.
    pub fn text(&mut self, text: &str) {
        self.packet('4', text);
    }

    /// Sends a message of bytes.
    pub fn binary(&mut self, bytes: &[u8]) {
        self.out.frame(Opcode::Binary, bytes);
    }

    /// Sends a packet without a meaning.
    pub fn noop(&mut self) {
        self.packet('6', "");
    }

    /// Ends the connection, and the session with it, with the close code `code`. Before the end of
    /// the handshake it does nothing.
    pub fn close(&mut self, code: u16) {
        self.frames.close(code, &mut self.out);
    }

    fn packet(&mut self, kind: char, data: &str) {
        self.out.frame(Opcode::Text, format!("{kind}{data}").as_bytes());
    }

    /// Sends a text message whose packet is complete already.
    pub(super) fn whole(&mut self, packet: &[u8]) {
        self.out.frame(Opcode::Text, packet);
    }
}

fn packet<'b>(
    text: &'b str,
    out: &mut Outbox,
    silence_ms: &mut Option<u64>,
) -> Result<Packet<'b>, Lost> {
    Ok(match eio::text(Version::V4, text).map_err(|_| Lost::Malformed(text.to_owned()))? {
        eio::Packet::Open(parameters) => {
            *silence_ms = silence(parameters);
            Packet::Opened
        }
        eio::Packet::Ping(data) => {
            out.answer(Opcode::Text, format!("3{data}").as_bytes())?;
            Packet::Heartbeat
        }
        eio::Packet::Close => Packet::Closed,
        eio::Packet::Text(data) => Packet::Text(data),
        eio::Packet::Binary(bytes) => Packet::Binary(bytes),
        eio::Packet::Pong(_) | eio::Packet::Upgrade | eio::Packet::Noop => Packet::Heartbeat,
    })
}

/// The longest silence according to the parameters of a session.
fn silence(parameters: &str) -> Option<u64> {
    let parameters: Value = serde_json::from_str(parameters).ok()?;
    let number = |name| parameters.get(name).and_then(Value::as_u64);
    Some(number("pingInterval")?.saturating_add(number("pingTimeout")?))
}
