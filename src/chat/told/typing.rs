//! Who is typing: told to others until they say otherwise, send it, go, or stop saying so.

use super::CHAT;
use crate::chat::Cx;
use crate::chat::people::{Place, Typing};
use crate::limits::{TYPING_MS, TYPING_MS_MIN};
use mio_socketio::SocketId;
use serde_json::json;

/// Somebody types in a place, and in no other.
pub(in crate::chat) fn start(cx: &mut Cx<'_>, socket: SocketId, place: Place) {
    let now_ms = cx.now().ms;
    let before = take(cx, socket);
    if let Some(elsewhere) = before.as_ref().filter(|typing| typing.place != place) {
        tell(cx, socket, &elsewhere.place, false);
    }
    let told_ms = before.filter(|typing| typing.place == place).map(|typing| typing.told_ms);
    let told_ms = told_ms.filter(|told_ms| now_ms < told_ms + TYPING_MS_MIN);
    if told_ms.is_none() {
        tell(cx, socket, &place, true);
    }
    let typing = Typing { place, until_ms: now_ms + TYPING_MS, told_ms: told_ms.unwrap_or(now_ms) };
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    let Some(seat) = seat else { return };
    seat.typing = Some(typing);
    if !std::mem::replace(&mut seat.watched, true) {
        cx.after(TYPING_MS, move |cx| expire(cx, socket));
    }
}

/// Ends what has not been said again in time, or looks again later.
fn expire(cx: &mut Cx<'_>, socket: SocketId) {
    let now_ms = cx.now().ms;
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    let Some(seat) = seat else { return };
    match seat.typing.as_ref().map(|typing| typing.until_ms) {
        Some(until_ms) if until_ms > now_ms => {
            cx.after(until_ms - now_ms, move |cx| expire(cx, socket));
        }
        Some(_) => {
            seat.watched = false;
            stop(cx, socket);
        }
        None => seat.watched = false,
    }
}

/// Somebody types no more: they have sent it, or are gone.
pub(in crate::chat) fn stop(cx: &mut Cx<'_>, socket: SocketId) {
    if let Some(typing) = take(cx, socket) {
        tell(cx, socket, &typing.place, false);
    }
}

/// Somebody leaves a room.
pub(in crate::chat) fn left(cx: &mut Cx<'_>, socket: SocketId, room: &str) {
    let seat = cx.state.people.get(socket).and_then(|person| person.seat());
    let typing = seat.and_then(|seat| seat.typing.as_ref());
    if typing.is_some_and(|typing| matches!(&typing.place, Place::Room(key) if **key == *room)) {
        stop(cx, socket);
    }
}

fn take(cx: &mut Cx<'_>, socket: SocketId) -> Option<Typing> {
    cx.state.people.get_mut(socket)?.seat_mut()?.typing.take()
}

/// Tells others.
fn tell(cx: &mut Cx<'_>, socket: SocketId, place: &Place, on: bool) {
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
