//! The telling of facts: as lines in words, in namespace `/` as the tutorials' clients expect, in
//! namespace `/chat` as objects. Each interface has a module, and knows nothing of the others.

pub(super) mod chat;
pub(super) mod lines;
pub(super) mod root;

use super::Cx;
use super::fact::{Fact, Stamp, Whispered};
use super::people::Person;
use super::questions::Answer;
use super::refusal::Refusal;
use super::request::{Already, Asker, Reply};
use mio_socketio::SocketId;
use std::fmt;
use std::rc::Rc;

/// News about a person, for others.
#[derive(Debug)]
pub(super) enum Change {
    Joined(Rc<str>),
    Left(Rc<str>),
    Renamed { old: Rc<str>, new: Rc<str> },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(nick) => write!(f, "{nick} joined"),
            Self::Left(nick) => write!(f, "{nick} left"),
            Self::Renamed { old, new } => write!(f, "{old} is now {new}"),
        }
    }
}

/// A sentence of the server's to everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// The history cannot be written.
    Failing,
    /// The history is written again.
    Recovered,
    /// The history is written to another file.
    Renewed,
    /// The server is cut off from the chat's other servers.
    CutOff,
    /// The server is connected with the chat's other servers again.
    Whole,
    /// The server ends.
    Stopping,
}

impl Notice {
    /// The sentence.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Failing => "history is not being kept: what is said now may be lost",
            Self::Recovered => "history is being kept again",
            Self::Renewed => {
                "history is being kept again, in another file: what was said before may not be in \
                 it"
            }
            Self::CutOff => {
                "this server is cut off from the chat's other servers: what you say waits for a \
                 while"
            }
            Self::Whole => "this server is connected with the chat's other servers again",
            Self::Stopping => "server is shutting down",
        }
    }
}

/// Tells a fact to everyone whom it concerns, except the person whose fact it is.
pub(super) fn tell(cx: &mut Cx<'_>, stamp: Stamp, fact: &Fact<'_>) {
    let ignorers = &*cx.state.people.ignorers(fact.by()).to_vec();
    lines::tell(cx, ignorers, fact);
    chat::tell(cx, stamp, ignorers, fact);
    root::tell(cx, ignorers, fact);
}

/// Tells the asker that the request is done.
pub(super) fn answer(cx: &mut Cx<'_>, asker: Asker, stamp: Stamp, fact: &Fact<'_>) {
    let Asker { socket, reply } = asker;
    match reply {
        Reply::Nothing => (),
        Reply::Line => lines::answer(cx, socket, fact),
        Reply::Root { ack, is_receipt } => root::answer(cx, ack, is_receipt, stamp, fact),
        Reply::Chat(ack) => chat::answers::answer(cx, ack, stamp, fact),
        Reply::Welcome(credentials) => {
            if let Fact::Entered(entered) = fact {
                chat::welcome::welcome(cx, credentials, entered);
            }
        }
    }
}

/// Answers a question.
pub(super) fn answered(cx: &mut Cx<'_>, asker: Asker, answer: Answer) {
    let Asker { socket, reply } = asker;
    match reply {
        Reply::Line => lines::answers::answered(cx, socket, answer),
        Reply::Chat(ack) => chat::answers::answered(cx, socket, ack, answer),
        // The tutorials' clients have no questions.
        Reply::Nothing | Reply::Root { .. } | Reply::Welcome(_) => (),
    }
}

/// Tells the asker that it was already as requested.
pub(super) fn already(cx: &mut Cx<'_>, asker: Asker, already: Already) {
    let Asker { socket, reply } = asker;
    match reply {
        Reply::Nothing | Reply::Welcome(_) => (),
        Reply::Line => lines::already(cx, socket, &already),
        Reply::Root { ack, .. } => root::already(cx, ack, &already),
        Reply::Chat(ack) => chat::answers::already(cx, socket, ack, already),
    }
}

/// Tells a newcomer that they have to wait, because the server is cut off from the chat's other
/// servers.
pub(super) fn waits(cx: &mut Cx<'_>, asker: &Asker) {
    let text = "this server is cut off from the chat's other servers: you come in once it is \
                connected again";
    match asker.reply {
        Reply::Line => cx.send(asker.socket, format_args!("* {text}")),
        Reply::Welcome(_) => chat::notice_to(cx, asker.socket, text),
        Reply::Nothing | Reply::Root { .. } | Reply::Chat(_) => (),
    }
}

/// Tells the asker of a refusal.
pub(super) fn refused(cx: &mut Cx<'_>, asker: Asker, refusal: &Refusal) {
    let Asker { socket, reply } = asker;
    match reply {
        Reply::Nothing | Reply::Welcome(_) => (),
        Reply::Line => lines::refused(cx, socket, refusal),
        Reply::Root { ack, .. } => root::refused(cx, ack, refusal),
        Reply::Chat(ack) => chat::answers::refuse(cx, ack, refusal),
    }
}

/// The reader of a private message and their socket; `None` if they are away, or ignore the author.
fn reader<'a>(
    cx: &'a Cx<'_>,
    ignorers: &[SocketId],
    whispered: &Whispered<'_>,
) -> Option<(SocketId, &'a Person)> {
    let to = whispered.to.filter(|to| !ignorers.contains(to))?;
    Some((to, cx.state.people.get(to)?))
}

/// Tells everyone a sentence of the server's, except the tutorials' clients, which have no event
/// for it.
pub(super) fn notice(cx: &mut Cx<'_>, notice: Notice) {
    lines::notice(cx, notice);
    chat::notice(cx, notice);
}
