//! Askers, and the forms of answers.

use crate::chat::interfaces::Interface;
use mio_socketio::{Ack, SocketId};
use std::rc::Rc;

/// The person who asks, and the form of the answer.
#[derive(Debug)]
pub(in crate::chat) struct Asker {
    pub(in crate::chat) socket: SocketId,
    pub(in crate::chat) reply: Reply,
}

/// The interface that answers.
#[derive(Debug)]
pub(in crate::chat) enum Reply {
    /// None: nobody is there, or nobody has asked.
    Nothing,
    By(&'static dyn Interface, Form),
}

/// The form of an answer, as far as neither the interface nor the outcome determines it.
#[derive(Debug)]
pub(in crate::chat) enum Form {
    Usual,
    /// The answer to an event, with an acknowledgement if the client has asked for one.
    Event(Option<Ack>),
    /// That, and the receipt of a message, which also says whom it has reached.
    Receipt(Option<Ack>),
    /// The answer to an event, with a token by which the client is known from now on.
    Token(Option<Ack>, Rc<str>),
    /// The usual form, with a secret that the asker alone is told.
    Secret(Rc<str>),
    /// The welcome of a newcomer.
    Welcome(Credentials),
    /// The farewell to a newcomer who is not let in after all, because their password is wrong.
    Arrival,
}

impl Form {
    /// This form with a token, if it is the answer to an event.
    pub(in crate::chat) fn with_token(self, token: Rc<str>) -> Self {
        match self {
            Self::Event(ack) | Self::Receipt(ack) | Self::Token(ack, _) => Self::Token(ack, token),
            Self::Usual | Self::Secret(_) | Self::Welcome(_) | Self::Arrival => self,
        }
    }

    /// This form with a secret that the asker is told.
    pub(in crate::chat) fn with_secret(self, secret: Rc<str>) -> Self {
        match self {
            Self::Usual => Self::Secret(secret),
            other => other.with_token(secret),
        }
    }
}

/// The secrets of a client that is welcomed: one of the two identifies it from now on.
#[derive(Debug)]
pub(in crate::chat) struct Credentials {
    /// The token that it has shown.
    pub(in crate::chat) shown: Option<Rc<str>>,
    /// A new one.
    pub(in crate::chat) fresh: Rc<str>,
}

impl Asker {
    /// An asker without an answer.
    pub(in crate::chat) const fn nobody(socket: SocketId) -> Self {
        Self { socket, reply: Reply::Nothing }
    }

    /// An asker to whom this interface answers in its usual form.
    pub(in crate::chat) const fn of(interface: &'static dyn Interface, socket: SocketId) -> Self {
        Self { socket, reply: Reply::By(interface, Form::Usual) }
    }

    /// The client that has sent an event.
    pub(in crate::chat) const fn of_event(
        interface: &'static dyn Interface,
        socket: SocketId,
        ack: Option<Ack>,
    ) -> Self {
        Self { socket, reply: Reply::By(interface, Form::Event(ack)) }
    }
}
