//! Events from clients, as handlers see them.

use crate::base::{PeerAddress, SocketId};
use mio_wire::sio::{Args, Argument, BadArgument};
use serde::Deserialize;
use serde_json::{Value, json};
use std::any::Any;
use std::error::Error;
use std::fmt;

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
    pub fn auth<T: Deserialize<'e>>(&self) -> Result<T, BadArgument> {
        serde_json::from_str(self.auth).map_err(BadArgument::of)
    }
}

/// The reason for refusing a client, or one of its events.
///
/// A client that is refused gets message and data; a client of Socket.IO 2 gets only the data if
/// there is any. A client whose event is refused, and that waits for an answer, gets
/// `{"ok": false, "code": "refused", "error": message}`, and `data` if there is some.
///
/// Every error turns into a refusal, so that a handler can use `?`. The text of a [`BadArgument`]
/// is for the client, whose arguments were wrong: its code is `bad-arguments`. All other errors are
/// the server's: the log has their texts, and the client is told only that the server has failed,
/// with the code `failed`.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    pub(super) message: String,
    pub(super) data: Option<Vec<u8>>,
    why: Why,
}

/// The cause of a refusal.
#[derive(Debug, Clone, Default)]
enum Why {
    /// The application's decision.
    #[default]
    Refused,
    /// Arguments of another type.
    Arguments,
    /// The server's failure, with a text for the log.
    Failed(String),
}

impl<E: Error + 'static> From<E> for Refused {
    fn from(error: E) -> Self {
        let is_clients = (&error as &dyn Any).is::<BadArgument>();
        let text = error.to_string();
        match is_clients {
            true => Self { message: text, data: None, why: Why::Arguments },
            false => {
                let message = "the server has failed at this".to_owned();
                Self { message, data: None, why: Why::Failed(text) }
            }
        }
    }
}

impl fmt::Display for Refused {
    /// Writes the message for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Refused {
    /// A refusal with a message for people.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// The text for the log, if the server has failed.
    pub(super) fn failure(&self) -> Option<&str> {
        match &self.why {
            Why::Failed(text) => Some(text),
            Why::Refused | Why::Arguments => None,
        }
    }

    /// The answer to an event.
    pub(super) fn answer(&self) -> Value {
        let code = match self.why {
            Why::Refused => "refused",
            Why::Arguments => "bad-arguments",
            Why::Failed(_) => "failed",
        };
        let mut answer = json!({"ok": false, "code": code, "error": self.message});
        let data = self.data.as_deref().and_then(|data| serde_json::from_slice(data).ok());
        if let Some::<Value>(data) = data {
            answer["data"] = data;
        }
        answer
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
