//! What people want, at any interface, and who asks for it. Questions are no requests: they are
//! answered from the state.

use super::fact::Key;
use super::history::{Posted, Record, Token};
use super::people::Client;
use super::recovery::Own;
use mio_socketio::{Ack, Args, CloseReason, PeerAddress, SocketId};
use std::rc::Rc;

/// What somebody wants.
#[derive(Debug)]
pub(super) enum Request<'a> {
    Enter(Enter),
    /// To be remembered: the client has got its token, as it asks for something.
    Remember,
    /// To be remembered no more, and to go.
    Forget {
        /// The hash of a token that nobody has.
        unknown: Token,
    },
    Say(Say<'a>),
    Whisper(Whisper<'a>),
    /// A room gets another topic, or none. `None` is the asker's current room.
    SetTopic {
        room: Option<&'a str>,
        topic: &'a str,
    },
    /// To take another name.
    Rename {
        name: &'a str,
        /// With a number, if somebody else is called so. Clients of the tutorials name themselves
        /// with each message; for one that is called so already that is no try to take a name.
        is_numbered: bool,
    },
    /// To go to a room: at the line door instead of the one that they are in, else besides it.
    Join {
        room: &'a str,
    },
    /// To leave a room.
    Leave {
        room: &'a str,
    },
    /// To have others know that one types, or does so no more.
    Type {
        target: TypingTarget<'a>,
        is_on: bool,
    },
    /// To have the others of namespace `/` get a typing event as it was sent: those in a room of
    /// this name, or in the lobby.
    RelayTyping {
        room: Option<&'a str>,
        args: Args<'a>,
    },
    /// To be gone: the connection has ended.
    Depart {
        reason: CloseReason,
    },
    /// To hear no more of somebody.
    Ignore {
        name: &'a str,
    },
    /// To hear of somebody again.
    Unignore {
        name: &'a str,
    },
}

/// To come in.
#[derive(Debug)]
pub(super) struct Enter {
    /// The newcomer's address, if it is known.
    pub(super) from: Option<PeerAddress>,
    pub(super) newcomer: Newcomer,
}

/// What a newcomer brings, by the interface.
#[derive(Debug)]
pub(super) enum Newcomer {
    /// Nothing but lines.
    Lines,
    /// A client of namespace `/`; what it comes back to, if it comes back by Socket.IO's own means.
    Root { back: Option<Own> },
    /// A client of namespace `/chat`.
    Chat(Box<Visitor>),
}

/// What a client of namespace `/chat` brings.
#[derive(Debug)]
pub(super) struct Visitor {
    /// The nick that it wants.
    pub(super) nick: Option<String>,
    pub(super) client: Client,
    /// The token that it has shown.
    pub(super) shown: Option<Token>,
    /// The token by which it is known: that one, or the one of its record.
    pub(super) token: Option<Token>,
    /// The last message that it has seen, if it has shown a token, and that message is of this
    /// history.
    pub(super) since: Option<i64>,
    /// What it comes back to, if it comes back by Socket.IO's own means.
    pub(super) back: Option<Own>,
    /// Its record in the history.
    pub(super) stored: Option<Record>,
    pub(super) fresh: Fresh,
}

/// What a newcomer may need: drawn before, as `decide` draws nothing.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) id: Rc<str>,
    /// A token.
    pub(super) secret: Rc<str>,
}

/// To say something in a room.
#[derive(Debug)]
pub(super) struct Say<'a> {
    pub(super) place: Where<'a>,
    /// It is what the author does (`/me`).
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    /// What the clients of namespace `/` are sent, if that is not the text and its author's name.
    pub(super) relay: Option<Relay<'a>>,
}

/// What clients of namespace `/` are to be sent, who do not get a message in words.
#[derive(Debug, Clone, Copy)]
pub(super) enum Relay<'a> {
    /// What somebody has sent, as it is.
    Args(Args<'a>),
    /// The whole of a text of which other interfaces may show less, with its author's name.
    Named {
        text: &'a str,
        /// It is for everyone, and not for one room.
        is_for_all: bool,
    },
}

/// Where something is said.
#[derive(Debug)]
pub(super) enum Where<'a> {
    /// In the one room that somebody at the line door is in.
    Here,
    /// In a room of this name, in which one must be; at most once for a key.
    Own { room: &'a str, key: Option<Key<'a>> },
    /// In a room whether one is in it or not.
    Any(Rc<str>),
}

/// To say something to one person.
#[derive(Debug)]
pub(super) struct Whisper<'a> {
    pub(super) to: Recipient<'a>,
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    /// Under which it is said only once.
    pub(super) key: Option<Key<'a>>,
}

/// The recipient of a private message.
#[derive(Debug)]
pub(super) enum Recipient<'a> {
    Named {
        name: &'a str,
        /// Who is meant, if it must be nobody else who is called so.
        meant: Option<&'a str>,
    },
    /// Who has written last to the one who asks.
    LastWriter,
}

/// The room or the person to whom somebody types.
#[derive(Debug)]
pub(super) enum TypingTarget<'a> {
    /// In a room of this name.
    Room(&'a str),
    /// To one person.
    Person {
        name: &'a str,
        /// Who is meant, if it must be nobody else who is called so.
        meant: Option<&'a str>,
    },
}

/// What a request comes to that is not refused.
#[derive(Debug)]
pub(super) enum Decision<'a> {
    /// This happens.
    Happens(super::fact::Fact<'a>),
    /// It is so already: nothing happens.
    IsSo(Already),
}

/// What is as somebody wants it, before they ask.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Already {
    /// It was said before, under the same key.
    Said(Posted, SaidTo),
    /// They are remembered, or cannot be.
    Remembered,
    /// They do not type.
    Silent,
    /// Others have been told just now that they type.
    Typing,
    /// They are called so.
    Called(Rc<str>),
    /// They are in this room.
    In(Rc<str>),
    /// They ignore the person who is called so.
    Ignored(Rc<str>),
    /// They ignore nobody who is called so.
    NotIgnored(Box<str>),
}

/// Where something was said before.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SaidTo {
    Room(Rc<str>),
    /// To a person, by the name that is used now; whether the one called so is away.
    Person(Rc<str>, bool),
}

/// Who asks for something, and what they await.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) socket: SocketId,
    pub(super) reply: Reply,
}

/// How somebody is answered.
#[derive(Debug)]
pub(super) enum Reply {
    /// Not at all: nobody is there, or nobody has asked.
    Nothing,
    /// In words.
    Line,
    /// As the tutorials' clients expect it.
    Root {
        ack: Option<Ack>,
        /// They are told besides whom a message has reached.
        is_receipt: bool,
    },
    /// By an object.
    Chat(Option<Ack>),
    /// By being shown in at namespace `/chat`.
    Welcome(Credentials),
}

/// By what a client that is shown in is known from now on: one of the two.
#[derive(Debug)]
pub(super) struct Credentials {
    /// The token that it has shown.
    pub(super) shown: Option<Rc<str>>,
    /// A new one.
    pub(super) fresh: Rc<str>,
}

impl Asker {
    /// Nobody who awaits anything.
    pub(super) const fn nobody(socket: SocketId) -> Self {
        Self { socket, reply: Reply::Nothing }
    }

    /// Somebody at the line door.
    pub(super) const fn line(socket: SocketId) -> Self {
        Self { socket, reply: Reply::Line }
    }

    /// A client of namespace `/`.
    pub(super) const fn root(socket: SocketId, ack: Option<Ack>) -> Self {
        Self { socket, reply: Reply::Root { ack, is_receipt: false } }
    }
}
