//! Tells facts, outcomes and sentences of the server: each interface is asked to tell them, and
//! does it in its own form.

pub(super) mod listing;
pub(super) mod news;
pub(super) mod own;

use super::Cx;
use super::fact::{Fact, Stamp, Whispered};
use super::history::ChatRole;
use super::interfaces::{self, Interface};
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

/// Tells a fact to everyone whom it concerns, except the device whose fact it is.
pub(super) fn tell(cx: &mut Cx<'_>, stamp: Stamp, fact: &Fact<'_>) {
    let ignorers = &*cx.state.people.ignorers(fact.by());
    for interface in interfaces::all() {
        interface.tell(cx, stamp, ignorers, fact);
    }
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
    if let Reply::By(interface, form) = reply {
        interface.reply(cx, socket, form, outcome);
    }
}

/// Tells the asker of a refusal.
pub(super) fn refused(cx: &mut Cx<'_>, asker: Asker, refusal: &Refusal) {
    reply(cx, asker, Outcome::Refused(refusal));
}

/// The sentence for a newcomer who has to wait, because the server is cut off from the chat's other
/// servers.
pub(super) const WAITS: &str = "this server is cut off from the chat's other servers: you come in \
                                once it is connected again";

/// The devices of the reader of a private message at this interface; none if the reader ignores the
/// author.
pub(super) fn readers(
    cx: &Cx<'_>,
    interface: &dyn Interface,
    ignorers: &[SocketId],
    whispered: &Whispered<'_>,
) -> Vec<SocketId> {
    let people = &cx.state.people;
    // The device that was found may have gone while others are here.
    let to = whispered.to.filter(|to| people.device(*to).is_some());
    let Some(to) = to.or_else(|| people.with_id(&whispered.reader.id)) else { return Vec::new() };
    let is_told = |to: &SocketId| is_at(cx, *to, interface) && !ignorers.contains(to);
    people.devices(to).filter(is_told).collect()
}

/// The devices of a person at this interface, unless they ignore the person whose fact it is.
pub(super) fn devices_at(
    cx: &Cx<'_>,
    interface: &dyn Interface,
    id: &str,
    ignorers: &[SocketId],
) -> Vec<SocketId> {
    let people = &cx.state.people;
    let devices = people.with_id(id).into_iter().flat_map(|socket| people.devices(socket));
    let told = devices.filter(|it| !ignorers.contains(it) && is_at(cx, *it, interface));
    told.collect()
}

/// Whether a device is at this interface.
pub(super) fn is_at(cx: &Cx<'_>, socket: SocketId, interface: &dyn Interface) -> bool {
    cx.state.people.device(socket).is_some_and(|device| device.is_at(interface))
}

/// Tells the device at `socket` that its person has another role in the whole chat from now on, or
/// none.
pub(super) fn role(cx: &mut Cx<'_>, socket: SocketId, role: Option<ChatRole>) {
    let sentence = match role {
        Some(ChatRole::Owner) => "you are an owner of this chat now, and keep order in all rooms",
        Some(ChatRole::Moderator) => "you are a moderator now, and keep order in all rooms",
        None => "you no longer keep order in this chat",
    };
    self::sentence(cx, socket, sentence);
}

/// Tells the device at `socket` a sentence of the server's, if it is still there.
pub(super) fn sentence(cx: &mut Cx<'_>, socket: SocketId, sentence: &str) {
    if let Some(interface) = cx.state.people.device(socket).map(|device| device.interface.get()) {
        interface.tell_sentence(cx, socket, sentence);
    }
}

/// Tells everyone a sentence of the server's.
pub(super) fn notice(cx: &mut Cx<'_>, notice: Notice) {
    for interface in interfaces::all() {
        interface.notice(cx, notice);
    }
}
