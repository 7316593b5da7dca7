//! How people are told what happens: at the line door in words, in namespace `/` as the tutorials'
//! clients expect it, in namespace `/chat` as objects. Each door has a file, and knows nothing of
//! the others.

pub(super) mod chat;
pub(super) mod lines;
pub(super) mod root;

use super::Cx;
use super::people::Door;
use mio_socketio::SocketId;
use std::fmt;
use std::rc::Rc;

/// What others are told of a person.
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

/// What somebody says in a room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) room: &'a Rc<str>,
    pub(super) nick: &'a Rc<str>,
    /// It is what the author does (`/me`).
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    /// What the clients of namespace `/` are sent, if that is something else: JSON.
    pub(super) payload: Option<&'a str>,
}

/// What somebody says to one person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whispered<'a> {
    pub(super) author: SocketId,
    pub(super) id: i64,
    pub(super) is_action: bool,
    pub(super) text: &'a str,
}

/// Tells what was said in a room, under the number `id`, to everybody but its author and those who
/// ignore them.
pub(super) fn said(cx: &mut Cx<'_>, author: SocketId, id: i64, said: Said<'_>) {
    in_words(cx, author, id, said);
    root::said(cx, said);
}

/// The same, but not in namespace `/`, whose clients get it in a form of its own.
pub(super) fn in_words(cx: &mut Cx<'_>, author: SocketId, id: i64, said: Said<'_>) {
    let ignorers = cx.state.people.ignorers(author).to_vec();
    lines::said(cx, author, &ignorers, said);
    chat::said(cx, author, &ignorers, id, said);
}

/// Tells one person what another has said in private.
pub(super) fn whispered(cx: &mut Cx<'_>, to: SocketId, whispered: Whispered<'_>) {
    match cx.state.people.get(to).map(|reader| &reader.door) {
        Some(Door::Lines) => lines::whispered(cx, to, whispered),
        Some(Door::Root) => root::whispered(cx, to, whispered),
        Some(Door::Chat(_)) => chat::whispered(cx, to, whispered),
        None => (),
    }
}

/// Tells the room `key` about a person, who is not told.
pub(super) fn announce(cx: &mut Cx<'_>, key: &str, about: SocketId, change: &Change) {
    if !cx.state.stopping {
        chat::presence::note(cx, key, about, change);
        lines::notices::announce(cx, key, about, change);
    }
}

/// Tells everyone a sentence of the server's.
pub(super) fn notice(cx: &mut Cx<'_>, text: &str) {
    lines::notice(cx, text);
    chat::notice(cx, text);
}

/// Tells everyone that the server ends.
pub(super) fn goodbye(cx: &mut Cx<'_>) {
    lines::notice(cx, "server is shutting down");
    chat::goodbye(cx);
}

/// Tells a room, but for whoever set it, that it has another topic.
pub(super) fn topic(cx: &mut Cx<'_>, by: SocketId, room: &str, nick: &str) {
    lines::topic(cx, by, room, nick);
    chat::topic(cx, by, room, nick);
}
