//! Messages.

use super::handshake::Handshake;
use super::outbox::Outbox;
use super::{Lost, Upgrade};
use crate::ws::{Decoder, Event, Opcode, Role};

/// A client's side of a WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    frames: Frames,
    out: Outbox,
}

/// A message from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'b> {
    /// The handshake is over.
    Open,
    /// A message of text.
    Text(&'b str),
    /// A message of bytes.
    Binary(&'b [u8]),
    /// The server checks that this client is alive, which is answered, or shows that it is alive
    /// itself.
    Heartbeat,
    /// The server sends nothing more. This has been answered.
    Closed {
        /// The close code.
        code: Option<u16>,
    },
}

/// The frames of a server.
#[derive(Debug)]
pub(super) enum Frames {
    Handshake(Handshake),
    Open(Decoder),
}

impl WebSocket {
    /// Asks for a WebSocket.
    pub fn new(upgrade: &Upgrade<'_>) -> Self {
        let (frames, out) = Frames::new(upgrade);
        Self { frames, out }
    }

    /// Output that waits to be sent; the caller removes sent bytes from its front.
    pub const fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out.bytes
    }

    /// Takes one event off the front of `input`, which is unmasked in place, as [`Decoder::next`]
    /// does: a message of at most `bytes_max` bytes. `Ok(None)`: all of `input` is taken, and more
    /// is needed.
    ///
    /// # Errors
    /// The reason why the client cannot go on with this server. Nothing useful follows.
    pub fn next<'b, 'i: 'b>(
        &'b mut self,
        input: &mut &'i mut [u8],
        bytes_max: usize,
    ) -> Result<Option<Message<'b>>, Lost> {
        self.frames.next(input, bytes_max, &mut self.out)
    }

    /// Sends a message of text.
    pub fn text(&mut self, text: &str) {
        self.out.frame(Opcode::Text, text.as_bytes());
    }

    /// Sends a message of bytes.
    pub fn binary(&mut self, bytes: &[u8]) {
        self.out.frame(Opcode::Binary, bytes);
    }

    /// Tells the server that nothing more comes from this client, with the close code `code`.
    /// Before the end of the handshake it does nothing.
    pub fn close(&mut self, code: u16) {
        self.frames.close(code, &mut self.out);
    }
}

impl Frames {
    pub(super) fn new(upgrade: &Upgrade<'_>) -> (Self, Outbox) {
        let (handshake, request) = Handshake::new(upgrade);
        (Self::Handshake(handshake), Outbox::new(request, upgrade.mask))
    }

    pub(super) fn next<'b, 'i: 'b>(
        &'b mut self,
        input: &mut &'i mut [u8],
        bytes_max: usize,
        out: &mut Outbox,
    ) -> Result<Option<Message<'b>>, Lost> {
        let decoder = match self {
            Self::Handshake(handshake) => {
                if !handshake.is_over(input)? {
                    return Ok(None);
                }
                *self = Self::Open(Decoder::new(Role::Client));
                return Ok(Some(Message::Open));
            }
            Self::Open(decoder) => decoder,
        };
        let Some(event) = decoder.next(input, bytes_max).map_err(Lost::Frame)? else {
            return Ok(None);
        };
        Ok(Some(match event {
            Event::Text(text) => Message::Text(text),
            Event::Binary(bytes) => Message::Binary(bytes),
            Event::Ping(payload) => {
                out.answer(Opcode::Pong, payload)?;
                Message::Heartbeat
            }
            Event::Pong => Message::Heartbeat,
            Event::Close { code } => {
                out.close(code);
                Message::Closed { code }
            }
        }))
    }

    pub(super) fn close(&self, code: u16, out: &mut Outbox) {
        if let Self::Open(_) = self {
            out.close(Some(code));
        }
    }
}
