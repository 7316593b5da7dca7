//! A client's connection: the data received over it, and the client's replies.

use super::pipe::Pipe;
use super::session::{ClientSession, State};
use super::{Client, ConnectError, ReceivedMessage};
use crate::base::{CloseReason, ConnectionId};
use mio_wire::client::{self, EngineIo, Lost, Packet, SocketIo, Upgrade, WebSocket};
use mio_wire::ws;
use std::rc::Rc;

pub(super) struct Carrier {
    pub(super) id: ConnectionId,
    pub(super) pipe: Rc<Pipe>,
    pub(super) speaks: Speaks,
    /// The progress of the client's protocol.
    state: Progress,
}

/// The protocol of a connection, and the data received so far.
pub(super) enum Speaks {
    /// Lines, or an HTTP answer.
    Bytes(Vec<u8>),
    Messages(WebSocket, Vec<ReceivedMessage>),
    /// Messages in packets of Engine.IO.
    Packets(EngineIo, Vec<ReceivedMessage>),
    Events(Box<SocketIo>, ClientSession),
}

enum Progress {
    /// Its WebSocket has not been granted yet.
    Asking,
    Open,
    /// Its WebSocket was refused, for this reason.
    Lost(Lost),
}

/// Nobody compares keys here, so one key is enough (it is the one in RFC 6455).
const NONCE: [u8; 16] = *b"the sample nonce";
/// No cache between the ends could take frames for something else, so one mask is enough.
const MASK: [u8; 4] = [0x5a, 0x17, 0xc0, 0xde];

/// A request for a WebSocket.
pub(super) fn upgrade<'a>(target: &'a str, headers: &'a [(&'a str, &'a str)]) -> Upgrade<'a> {
    Upgrade { target, host: "localhost", headers, nonce: NONCE, mask: || MASK }
}

impl Carrier {
    pub(super) fn new(id: ConnectionId, pipe: Rc<Pipe>, speaks: Speaks) -> Self {
        Self { id, pipe, speaks, state: Progress::Asking }
    }

    /// Reads the bytes that have come, and replies to them.
    pub(super) fn read(&mut self) {
        let mut bytes = self.pipe.take();
        if matches!(self.state, Progress::Lost(_)) {
            return;
        }
        let heard = self.speaks.hear(&mut bytes, &mut self.state);
        if let Err(lost) = heard {
            match (&self.state, &lost) {
                (Progress::Open, Lost::Malformed(packet)) => no_client_understands(packet),
                (Progress::Open, _) => panic!("no client understands the server: {lost}"),
                _ => self.state = Progress::Lost(lost),
            }
        }
    }

    /// Takes the bytes that the client has to send.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(match &mut self.speaks {
            Speaks::Bytes(_) => return Vec::new(),
            Speaks::Messages(socket, _) => socket.out(),
            Speaks::Packets(engine, _) => engine.out(),
            Speaks::Events(sockets, _) => sockets.out(),
        })
    }

    /// Whether its WebSocket has been granted.
    pub(super) fn granted(&self) -> Result<(), ConnectError> {
        match &self.state {
            Progress::Open => Ok(()),
            Progress::Lost(Lost::Status { status, .. }) => Err(ConnectError::Status(*status)),
            Progress::Asking | Progress::Lost(_) => Err(ConnectError::Unanswered),
        }
    }

    /// The Socket.IO session that it carries, and its sender.
    ///
    /// # Panics
    /// If it carries none; no handle leads to such a link.
    pub(super) fn session(&mut self) -> (&mut SocketIo, &mut ClientSession) {
        match &mut self.speaks {
            Speaks::Events(sockets, session) => (sockets, session),
            _ => unreachable!("only a connection that carries a session has clients of it"),
        }
    }

    /// Why a client is out of its namespace, as far as the client knows.
    pub(super) fn left(&self, client: Client) -> Option<CloseReason> {
        let Speaks::Events(_, session) = &self.speaks else { return None };
        match session.joined[client.at].state {
            State::Out(reason) => Some(reason),
            _ => None,
        }
    }

    /// Makes a client leave in the orderly way of its kind. False if that means only to end its
    /// side.
    pub(super) fn leave(&mut self, client: Option<Client>) -> bool {
        match &mut self.speaks {
            Speaks::Bytes(_) => return false,
            Speaks::Messages(socket, _) => socket.close(ws::NORMAL),
            Speaks::Packets(engine, _) => engine.close(ws::NORMAL),
            Speaks::Events(sockets, session) => {
                client.into_iter().for_each(|client| session.leave(client, sockets));
            }
        }
        true
    }
}

impl Speaks {
    /// Sends a message of text.
    pub(super) fn text(&mut self, text: &str) {
        match self {
            Self::Messages(socket, _) => socket.text(text),
            Self::Packets(engine, _) => engine.text(text),
            Self::Bytes(_) | Self::Events(..) => (),
        }
    }

    /// Sends a message of bytes.
    pub(super) fn binary(&mut self, bytes: &[u8]) {
        match self {
            Self::Messages(socket, _) => socket.binary(bytes),
            Self::Packets(engine, _) => engine.binary(bytes),
            Self::Bytes(_) | Self::Events(..) => (),
        }
    }

    fn hear(&mut self, mut bytes: &mut [u8], state: &mut Progress) -> Result<(), Lost> {
        match self {
            Self::Bytes(all) => all.extend_from_slice(bytes),
            Self::Messages(socket, all) => {
                while let Some(message) = socket.next(&mut bytes, usize::MAX)? {
                    *state = Progress::Open;
                    match message {
                        client::Message::Text(text) => {
                            all.push(ReceivedMessage::Text(text.to_owned()))
                        }
                        client::Message::Binary(bytes) => {
                            all.push(ReceivedMessage::Binary(bytes.to_vec()))
                        }
                        _ => (),
                    }
                }
            }
            Self::Packets(engine, all) => {
                while let Some(packet) = engine.next(&mut bytes, usize::MAX)? {
                    *state = Progress::Open;
                    match packet {
                        Packet::Text(text) => all.push(ReceivedMessage::Text(text.to_owned())),
                        Packet::Binary(bytes) => {
                            all.push(ReceivedMessage::Binary(bytes.into_owned()))
                        }
                        _ => (),
                    }
                }
            }
            Self::Events(sockets, session) => {
                while let Some(event) = sockets.next(&mut bytes, usize::MAX)? {
                    *state = Progress::Open;
                    if session.hear(event) {
                        session.settle(sockets);
                    }
                }
            }
        }
        Ok(())
    }
}

pub(super) fn no_client_understands(text: &str) -> ! {
    panic!("the application sends what no client understands: {text}");
}
