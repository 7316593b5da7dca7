//! Events from clients, as handlers see them.

use crate::base::{PeerAddress, SocketId};
use mio_wire::sio::{Args, Argument};
use serde::Deserialize;
use std::any::Any;

/// A client wants to join a namespace.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connect<'e> {
    /// Its socket, if it is admitted.
    pub socket: SocketId,
    /// Its address.
    pub address: PeerAddress,
    /// Its authentication data: JSON, `{}` if it sent none.
    pub auth: &'e str,
    /// The query of the URL, without Engine.IO's own parameters; still encoded.
    pub query: &'e str,
    /// `Some` if it has come back ([`Builder::recovery`](super::Builder::recovery)): it is in its
    /// rooms, and gets the events that it missed. The value was kept with
    /// [`Context::keep`](super::Context::keep), and is empty if nothing was.
    pub recovered: Option<&'e str>,
    pub(super) kept: Option<&'e dyn Any>,
}

impl<'e> Connect<'e> {
    /// The value that [`Builder::on_handshake`](super::Builder::on_handshake) has kept for the
    /// client's session; `None` if it has kept none, or one of another type.
    pub fn kept<T: Any>(&self) -> Option<&'e T> {
        self.kept?.downcast_ref()
    }

    /// The authentication data as a value.
    ///
    /// # Errors
    /// If the data has another shape.
    pub fn auth<T: Deserialize<'e>>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.auth)
    }
}

/// The reason for refusing a client. The client gets message and data; a client of Socket.IO 2 gets
/// only the data if there is any.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    pub(super) message: String,
    pub(super) data: Option<Vec<u8>>,
}

impl Refused {
    /// A refusal with a message for people.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// Adds data for programs.
    pub fn with_data(mut self, data: &impl Argument) -> Self {
        let mut json = Vec::new();
        data.write(&mut json, &mut Vec::new());
        self.data = Some(json);
        self
    }
}

/// A client has sent an event.
#[derive(Debug)]
#[non_exhaustive]
pub struct Event<'e> {
    /// The socket that sent it.
    pub socket: SocketId,
    /// Its name.
    pub name: &'e str,
    /// Its arguments.
    pub args: Args<'e>,
    /// The answer that the client waits for, if it does.
    pub ack: Option<Ack>,
}

/// An answer owed to a client; see `Context::ack`. It can be given once, now or later.
#[derive(Debug)]
pub struct Ack {
    pub(super) socket: SocketId,
    pub(super) id: u64,
}

/// A message at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'e> {
    /// Text.
    Text(&'e str),
    /// Bytes.
    Binary(&'e [u8]),
}

impl Message<'_> {
    /// Its length in bytes.
    pub const fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
