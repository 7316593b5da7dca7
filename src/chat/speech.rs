//! What is said in a room, at all doors.

use super::people::Door;
use super::{Cx, api, archive, tutorials};
use crate::base::SocketId;
use std::rc::Rc;

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

/// Keeps it and tells it to everybody but its author; its number.
pub(super) fn say(cx: &mut Cx<'_>, author: SocketId, said: Said<'_>) -> i64 {
    let id = say_in_words(cx, author, said);
    let Said { room, nick, is_action, text, .. } = said;
    match is_action {
        true => tutorials::tell(cx, room, format_args!("* {nick} {text}")),
        false => tutorials::tell(cx, room, format_args!("{nick}: {text}")),
    }
    id
}

/// The same, but the clients of namespace `/` get it in a form of its own.
pub(super) fn say_in_words(cx: &mut Cx<'_>, author: SocketId, said: Said<'_>) -> i64 {
    let id = archive::append(cx, said);
    let Said { room, nick, is_action, text, .. } = said;
    let lines = cx.to(room).except(author);
    match is_action {
        true => lines.send(format_args!("* {nick} {text}")),
        false => lines.send(format_args!("<{nick}> {text}")),
    }
    api::tell(cx, author, id, said);
    id
}

/// Keeps what one person says to another in private, and tells it; its number.
pub(super) fn whisper(
    cx: &mut Cx<'_>,
    author: SocketId,
    to: SocketId,
    is_action: bool,
    text: &str,
) -> i64 {
    let id = archive::append_private(cx, author, to, is_action, text);
    let Some(from) = cx.state.people.get(author).map(|person| person.nick.clone()) else {
        return id;
    };
    let Some(reader) = cx.state.people.get_mut(to) else { return id };
    reader.wrote_last = Some(author);
    let name = reader.nick.clone();
    let verb = if is_action { "* " } else { "" };
    match &reader.door {
        Door::Lines => cx.send(to, format_args!("<{from} -> you> {verb}{text}")),
        Door::Root => cx.emit(to, "message", format!("{from} -> you: {verb}{text}")),
        Door::Chat(_) => api::tell_one(cx, to, &from, &name, id, is_action, text),
    }
    id
}
