//! What clients do, as handlers see it.

use crate::base::{PeerAddress, SocketId};
use mio_wire::sio::{Args, Argument};
use serde::Deserialize;

/// A client wants to join a namespace.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connect<'e> {
    /// Its socket, if it is let in.
    pub socket: SocketId,
    /// Its address.
    pub address: PeerAddress,
    /// What it authenticates itself with: JSON, `{}` if nothing was sent.
    pub auth: &'e str,
    /// The query of its address, without Engine.IO's own parameters; still encoded.
    pub query: &'e str,
    /// It has come back to what it had ([`Builder::recovery`](super::Builder::recovery)): it is in
    /// its rooms, and gets what it has missed. This is what was kept for it with
    /// [`Context::keep`](super::Context::keep), empty if nothing was.
    pub recovered: Option<&'e str>,
}

impl<'e> Connect<'e> {
    /// What the client authenticates itself with, as a value.
    ///
    /// # Errors
    /// If it has another shape.
    pub fn auth<T: Deserialize<'e>>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.auth)
    }
}

/// Why a client is not let in. It gets both; a client of Socket.IO 2 only the data if there is any.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    pub(super) message: String,
    pub(super) data: Option<Vec<u8>>,
}

impl Refused {
    /// For a reason in words.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// With more about it, for programs.
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
    /// Who sent it.
    pub socket: SocketId,
    /// Its name.
    pub name: &'e str,
    /// Its arguments.
    pub args: Args<'e>,
    /// The answer that the client awaits, if it does.
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
