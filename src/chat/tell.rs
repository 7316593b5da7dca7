//! The telling of facts: as lines in words, in namespace `/` as the tutorials' clients expect, in
//! namespace `/chat` as objects. Each interface has a module, and knows nothing of the others. A
//! module has three functions: `tell` for facts, `reply` for the outcome of a request, and `notice`
//! for the server's own sentences, if its clients know them.

use super::Cx;
use super::fact::{Fact, Stamp, Whispered};
use super::interfaces::chat::{self, answers, welcome};
use super::interfaces::{lines, root};
use super::people::Person;
use super::questions::Answer;
use super::refusal::Refusal;
use super::request::{Already, Asker, Reply};
use mio_socketio::{CloseReason, SocketId};
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
    lines::tell::tell(cx, ignorers, fact);
    chat::tell::tell(cx, stamp, ignorers, fact);
    root::tell::tell(cx, ignorers, fact);
}

/// The outcome of a request or a question, for its asker.
#[derive(Debug)]
pub(super) enum Outcome<'a> {
    /// The request is done, by this fact.
    Done(Stamp, &'a Fact<'a>),
    /// It was already as requested.
    IsSo(Already),
    /// The question has this answer.
    Answered(Answer),
    Refused(&'a Refusal),
}

/// Tells the asker the outcome, in the form that they await.
pub(super) fn reply(cx: &mut Cx<'_>, asker: Asker, outcome: Outcome<'_>) {
    let Asker { socket, reply } = asker;
    match reply {
        Reply::Nothing => (),
        Reply::Line => lines::tell::reply(cx, socket, outcome),
        Reply::Root { ack, is_receipt } => root::tell::reply(cx, ack, is_receipt, outcome),
        Reply::Chat(ack) => answers::reply(cx, socket, ack, outcome),
        Reply::Welcome(credentials) => welcome::reply(cx, credentials, &outcome),
    }
}

/// Tells the asker of a refusal.
pub(super) fn refused(cx: &mut Cx<'_>, asker: Asker, refusal: &Refusal) {
    reply(cx, asker, Outcome::Refused(refusal));
}

/// Tells a newcomer that they have to wait, because the server is cut off from the chat's other
/// servers.
pub(super) fn waits(cx: &mut Cx<'_>, socket: SocketId, is_at_line_door: bool) {
    let text = "this server is cut off from the chat's other servers: you come in once it is \
                connected again";
    match is_at_line_door {
        true => cx.send(socket, format_args!("* {text}")),
        false => chat::tell::notice_to(cx, socket, text),
    }
}

/// Closes a newcomer who had to wait, and whose address was banned meanwhile.
pub(super) fn turned_away(cx: &mut Cx<'_>, socket: SocketId, why: &Refusal, is_told: bool) {
    if is_told {
        chat::tell::tell_banned(cx, socket, why);
    }
    cx.close(socket, CloseReason::Banned);
}

/// The reader of a private message and their socket; `None` if they are away, or ignore the author.
pub(super) fn reader<'a>(
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
    lines::tell::notice(cx, notice);
    chat::tell::notice(cx, notice);
}
