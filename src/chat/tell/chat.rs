//! Namespace `/chat`, where everything is an object.

pub(in crate::chat) mod presence;
pub(in crate::chat) mod refused;
pub(in crate::chat) mod wire;

use super::{Said, Whispered};
use crate::chat::Cx;
use crate::chat::people::Place;
use mio_socketio::SocketId;
use serde_json::json;
use wire::Shown;

/// The name of the namespace.
pub(in crate::chat) const CHAT: &str = "/chat";

/// Tells what was said in a room, under the number `id`.
pub(super) fn said(
    cx: &mut Cx<'_>,
    author: SocketId,
    ignorers: &[SocketId],
    id: i64,
    said: Said<'_>,
) {
    let Said { room, nick, is_action, text, .. } = said;
    let ts = cx.now().unix_ms.cast_signed();
    let audience = cx.of(CHAT).to(room).except(author).except_all(ignorers);
    if audience.has_anyone() {
        let (room, from, text) = (Some(room.clone()), nick.clone(), text.to_owned());
        let (to, person) = (None, None);
        audience.emit("message", (Shown { id, room, from, to, person, text, ts, is_action },));
    }
}

/// Tells one person what another has said in private.
pub(super) fn whispered(cx: &mut Cx<'_>, to: SocketId, whispered: Whispered<'_>) {
    let Whispered { author, id, is_action, text } = whispered;
    let ts = cx.now().unix_ms.cast_signed();
    let people = &cx.state.people;
    let (Some(author), Some(reader)) = (people.get(author), people.get(to)) else { return };
    let (from, nick, text) = (author.nick.clone(), Some(reader.nick.clone()), text.to_owned());
    let (room, person) = (None, author.id.as_deref().map(wire::person));
    let message = Shown { id, room, from, to: nick, person, text, ts, is_action };
    cx.emit(to, "message", (message,));
}

/// Tells others that somebody types, or does so no more.
pub(in crate::chat) fn typing(cx: &mut Cx<'_>, socket: SocketId, place: &Place, on: bool) {
    let Some(nick) = cx.state.people.get(socket).map(|person| person.nick.clone()) else { return };
    let ignorers = cx.state.people.ignorers(socket).to_vec();
    match place {
        Place::Room(room) => {
            let typing = json!({"room": room, "nick": nick, "on": on});
            let to = cx.of(CHAT).to(room).except(socket).except_all(&ignorers);
            to.emit("typing", (typing,));
        }
        Place::Private(other) => {
            let is_here = cx.state.people.get(*other).is_some_and(|other| other.seat().is_some());
            if is_here && !ignorers.contains(other) {
                cx.emit(*other, "typing", (json!({"from": nick, "nick": nick, "on": on}),));
            }
        }
    }
}

/// Tells everyone a sentence of the server's.
pub(super) fn notice(cx: &mut Cx<'_>, text: &str) {
    cx.of(CHAT).emit("notice", (json!({"text": text}),));
}

/// Tells everyone that the server ends.
pub(super) fn goodbye(cx: &mut Cx<'_>) {
    let bye = json!({"reason": "server-shutdown", "error": "the server is shutting down"});
    cx.of(CHAT).emit("bye", (bye,));
}

/// Tells a room, but for whoever set it, that it has another topic: that is how the room is, also
/// for those who ignore them.
pub(super) fn topic(cx: &mut Cx<'_>, by: SocketId, room: &str, nick: &str) {
    let topic = cx.state.rooms.topic(room);
    let topic = json!({"room": room, "topic": topic, "nick": nick});
    cx.of(CHAT).to(room).except(by).emit("topic", (topic,));
}
