//! How people are told what happens: at the line door in words, in namespace `/` as the tutorials'
//! clients expect it, in namespace `/chat` as objects.

pub(super) mod notices;
pub(super) mod presence;
pub(super) mod root;
pub(super) mod typing;
pub(super) mod wire;

use super::Cx;
use super::people::Door;
use mio_socketio::SocketId;
use mio_socketio::tight;
use serde_json::json;
use std::fmt;
use std::rc::Rc;
use wire::Shown;

/// The name of the namespace that has all.
pub(super) const CHAT: &str = "/chat";

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

/// Tells what was said in a room, under the number `id`, to everybody but its author and those who
/// ignore them.
pub(super) fn said(cx: &mut Cx<'_>, author: SocketId, id: i64, said: Said<'_>) {
    in_words(cx, author, id, said);
    let Said { room, nick, is_action, text, .. } = said;
    match is_action {
        true => root::tell(cx, room, format_args!("*{nick} {text}*")),
        false => root::tell(cx, room, format_args!("{nick}: {text}")),
    }
}

/// The same, but not in namespace `/`, whose clients get it in a form of its own.
pub(super) fn in_words(cx: &mut Cx<'_>, author: SocketId, id: i64, said: Said<'_>) {
    let Said { room, nick, is_action, text, .. } = said;
    let ignorers = cx.state.people.ignorers(author).to_vec();
    let (lines, line) = (cx.to(room).except(author).except_all(&ignorers), tight(text));
    match is_action {
        true => lines.send(format_args!("*{nick} {line}*")),
        false => lines.send(format_args!("<{nick}> {line}")),
    }
    let ts = cx.now().unix_ms.cast_signed();
    let to = cx.of(CHAT).to(room).except(author).except_all(&ignorers);
    if to.has_anyone() {
        let (room, from, text) = (Some(room.clone()), nick.clone(), text.to_owned());
        let (to_nick, person) = (None, None);
        let shown = Shown { id, room, from, to: to_nick, person, text, ts, is_action };
        to.emit("message", (shown,));
    }
}

/// Tells one person that who is called `nick` is another than before.
pub(super) fn stranger(cx: &mut Cx<'_>, to: SocketId, nick: &str) {
    cx.send(to, format_args!("* this {nick} is another person than the one you talked with"));
}

/// Tells one person what another has said in private, under the number `id`.
pub(super) fn whispered(
    cx: &mut Cx<'_>,
    author: SocketId,
    to: SocketId,
    id: i64,
    is_action: bool,
    text: &str,
) {
    let ts = cx.now().unix_ms.cast_signed();
    let people = &cx.state.people;
    let (Some(author), Some(reader)) = (people.get(author), people.get(to)) else { return };
    let (from, nick) = (author.nick.clone(), reader.nick.clone());
    let star = if is_action { "*" } else { "" };
    match &reader.door {
        Door::Lines => cx.send(to, format_args!("<{from} -> you> {star}{}{star}", tight(text))),
        Door::Root => cx.emit(to, "message", format!("{from} -> you: {star}{text}{star}")),
        Door::Chat(_) => {
            let (nick, text) = (Some(nick), text.to_owned());
            let (room, person) = (None, author.id.as_deref().map(wire::person));
            let message = Shown { id, room, from, to: nick, person, text, ts, is_action };
            cx.emit(to, "message", (message,));
        }
    }
}

/// Tells everyone a sentence of the server's.
pub(super) fn notice(cx: &mut Cx<'_>, text: &str) {
    for room in cx.state.rooms.keys() {
        cx.to(&room).send(format_args!("* {text}"));
    }
    cx.of(CHAT).emit("notice", (json!({"text": text}),));
}

/// Tells everyone that the server ends.
pub(super) fn goodbye(cx: &mut Cx<'_>) {
    for room in cx.state.rooms.keys() {
        cx.to(&room).send(format_args!("* server is shutting down"));
    }
    let bye = json!({"reason": "server-shutdown", "error": "the server is shutting down"});
    cx.of(CHAT).emit("bye", (bye,));
}

/// Tells a room, but for whoever set it, that it has another topic. Those who ignore them are not
/// told in words; to a client of `/chat` it is how the room is.
pub(super) fn topic(cx: &mut Cx<'_>, by: SocketId, room: &str, nick: &str) {
    let topic = cx.state.rooms.topic(room).map(str::to_owned);
    let ignorers = cx.state.people.ignorers(by).to_vec();
    let lines = cx.to(room).except(by).except_all(&ignorers);
    match &topic {
        Some(topic) => lines.send(format_args!("* {nick} set the topic: {}", tight(topic))),
        None => lines.send(format_args!("* {nick} took the topic away")),
    }
    let topic = json!({"room": room, "topic": topic, "nick": nick});
    cx.of(CHAT).to(room).except(by).emit("topic", (topic,));
}
