//! Who is typing: told to others until they say otherwise, send it, go, or stop saying so.

use super::Cx;
use super::people::{Place, Typing};
use super::tell::chat::typing as tell;
use crate::limits::{TYPING_MS, TYPING_MS_MIN};
use mio_socketio::SocketId;

/// Somebody types in a place, and in no other.
pub(super) fn start(cx: &mut Cx<'_>, socket: SocketId, place: Place) {
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
pub(super) fn stop(cx: &mut Cx<'_>, socket: SocketId) {
    if let Some(typing) = take(cx, socket) {
        tell(cx, socket, &typing.place, false);
    }
}

/// Somebody leaves a room.
pub(super) fn left(cx: &mut Cx<'_>, socket: SocketId, room: &str) {
    let seat = cx.state.people.get(socket).and_then(|person| person.seat());
    let typing = seat.and_then(|seat| seat.typing.as_ref());
    if typing.is_some_and(|typing| matches!(&typing.place, Place::Room(key) if **key == *room)) {
        stop(cx, socket);
    }
}

fn take(cx: &mut Cx<'_>, socket: SocketId) -> Option<Typing> {
    cx.state.people.get_mut(socket)?.seat_mut()?.typing.take()
}
