//! People's requests, in the same form for all interfaces, and their askers. Questions are
//! not requests: they are answered from the state.

mod already;
mod asker;

use super::access::{AskedInvitation, Pass};
use super::fact::Key;
use super::history::{KeptPerson, Registration, Token};
use super::interfaces::Interface;
use super::order::AskedDeed;
use super::people::Client;
use super::personal::AskedPersonal;
use super::recovery::Own;
use super::registration::AskedRegistration;
use super::registration::passwords::{Arrival, Password};
use super::rules::AskedRule;
use super::words::AskedWords;
pub(super) use already::{Already, SaidTo};
pub(super) use asker::{Asker, Credentials, Form, Reply};
use mio_socketio::{Args, CloseReason, PeerAddress};
use std::rc::Rc;

/// A person's request.
#[derive(Debug)]
pub(super) enum Request<'a> {
    Enter(Enter),
    /// To be remembered. A first request of any kind shows that the client has its token.
    Remember,
    /// To be forgotten, and to go.
    Forget {
        /// The hash of a token that nobody has.
        unknown: Token,
    },
    Say(Say<'a>),
    Whisper(Whisper<'a>),
    /// To change the rules of a room.
    Rule(AskedRule<'a>),
    /// To change an earlier message.
    Words(AskedWords<'a>),
    /// To set or remove the topic of a room; `None` is the asker's current room.
    SetTopic {
        room: Option<&'a str>,
        topic: &'a str,
    },
    /// To take another name.
    Rename {
        name: &'a str,
        /// With a number if the name is taken. Clients of the tutorials name themselves in each
        /// message; if they have the name already, that is no attempt to take one.
        is_numbered: bool,
    },
    /// To go to a room. At the line door they leave their room for it; elsewhere they stay in the
    /// others.
    Join {
        room: &'a str,
    },
    /// To leave a room.
    Leave {
        room: &'a str,
    },
    /// To show others that the person types, or has stopped.
    Type {
        target: TypingTarget<'a>,
        is_on: bool,
    },
    /// To tell their other devices up to which message they have read a room or a conversation.
    Read {
        target: TypingTarget<'a>,
        id: i64,
    },
    /// To relay a typing event, as it was sent, to the others of namespace `/` in the room of this
    /// name, or in the lobby.
    RelayTyping {
        room: Option<&'a str>,
        args: Args<'a>,
    },
    /// To go: the connection has ended.
    Depart {
        reason: CloseReason,
    },
    /// To do something for oneself, or to one other person.
    Personal(AskedPersonal<'a>),
    /// To keep order.
    Moderate(AskedDeed<'a>),
    /// About one's registration.
    Registration(AskedRegistration<'a>),
    /// To make an invitation, of which the asker gets the code.
    Invite(AskedInvitation),
}

/// To come in.
#[derive(Debug)]
pub(super) struct Enter {
    /// The newcomer's address, if it is known.
    pub(super) from: Option<PeerAddress>,
    pub(super) interface: &'static dyn Interface,
    pub(super) newcomer: Newcomer,
    /// The right by which they come in.
    pub(super) pass: Pass,
}

/// A newcomer, with the data that its interface has about it.
#[derive(Debug)]
pub(super) enum Newcomer {
    /// Somebody who is not remembered after they have gone, with their kept data if they come back
    /// by Socket.IO's own recovery.
    Guest { back: Option<Own> },
    /// Somebody who has a token, or gets one.
    Visitor(Box<Visitor>),
}

/// The data of a client that may be remembered.
#[derive(Debug)]
pub(super) struct Visitor {
    /// The nick that it asks for.
    pub(super) nick: Option<String>,
    pub(super) client: Client,
    /// The token that it has shown.
    pub(super) shown: Option<Token>,
    /// The token that identifies it: the shown one, or the one in its record.
    pub(super) token: Option<Token>,
    /// The last message that it has seen, if it has shown a token and the message belongs to this
    /// history.
    pub(super) since: Option<i64>,
    /// Its kept data, if it comes back by Socket.IO's own recovery.
    pub(super) back: Option<Own>,
    /// Its record in the history.
    pub(super) stored: Option<KeptPerson>,
    pub(super) fresh: Fresh,
}

/// Random values that a newcomer may need. They are drawn first, because `decide` draws nothing.
#[derive(Debug, Clone)]
pub(super) struct Fresh {
    pub(super) id: Rc<str>,
    /// A token.
    pub(super) secret: Rc<str>,
}

/// To say something in a room.
#[derive(Debug)]
pub(super) struct Say<'a> {
    pub(super) place: Where<'a>,
    /// It is an action (`/me`).
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    /// The form for clients of namespace `/`, if it is not the text with its author's name.
    pub(super) relay: Option<Relay<'a>>,
}

/// A message in a form of its own for clients of namespace `/`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Relay<'a> {
    /// The arguments as they were sent.
    Args(Args<'a>),
    /// The whole text, which other interfaces may shorten, with its author's name.
    Named {
        text: &'a str,
        /// It is for everyone, and not for one room.
        is_for_all: bool,
    },
}

/// The place of a message.
#[derive(Debug)]
pub(super) enum Where<'a> {
    /// The one room of a person at the line door.
    Here,
    /// The room of this name, of which the author must be a member. A key is used at most once.
    Own { room: &'a str, key: Option<Key<'a>> },
    /// A room, whether the author is a member or not.
    Any(Rc<str>),
}

/// To say something to one person.
#[derive(Debug)]
pub(super) struct Whisper<'a> {
    pub(super) to: Recipient<'a>,
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    /// The key under which it is said only once.
    pub(super) key: Option<Key<'a>>,
}

/// The recipient of a private message.
#[derive(Debug)]
pub(super) enum Recipient<'a> {
    Named {
        name: &'a str,
        /// The person meant, if no other bearer of the name will do.
        meant: Option<&'a str>,
    },
    /// The last person who wrote to the asker.
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
        /// The person meant, if no other bearer of the name will do.
        meant: Option<&'a str>,
    },
}

/// The outcome of a request that is not refused.
#[derive(Debug)]
pub(super) enum Decision<'a> {
    /// This happens.
    Happens(super::fact::Fact<'a>),
    /// It is already as requested: nothing happens.
    IsSo(Already),
    /// It goes on once a process beside the server has done this.
    Works(Work<'a>),
}

/// Slow work for a request.
#[derive(Debug)]
pub(super) enum Work<'a> {
    /// To hash a password.
    Hash(Password<'a>),
    /// To compare a password with that of a registered person, who comes in then if they have not.
    Check(Password<'a>, Registration, Option<Box<dyn Arrival>>),
}
