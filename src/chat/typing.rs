//! Who is typing does so until they say otherwise, send it, go, or stop saying so.

use super::fact::{Fact, Typing};
use super::people::Place;
use super::request::Asker;
use super::{Cx, journal};
use crate::limits::TYPING_MS;
use mio_socketio::SocketId;

/// Sees to it that somebody's typing ends in time.
pub(super) fn watch(cx: &mut Cx<'_>, socket: SocketId) {
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    if seat.is_some_and(|seat| !std::mem::replace(&mut seat.watched, true)) {
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
    let Some(person) = cx.state.people.get(socket) else { return };
    let typing = person.seat().and_then(|seat| seat.typing.as_ref());
    let Some(ended) = typing.map(|typing| typing.place.clone()) else { return };
    let (by, nick, ended) = (socket, person.nick.clone(), Some(ended));
    let typing = Typing { by, nick, ended, place: None, is_news: true };
    journal::enter(cx, Asker::nobody(socket), &Fact::Typing(typing));
}

/// Somebody leaves a room.
pub(super) fn left(cx: &mut Cx<'_>, socket: SocketId, room: &str) {
    let seat = cx.state.people.get(socket).and_then(|person| person.seat());
    let typing = seat.and_then(|seat| seat.typing.as_ref());
    if typing.is_some_and(|typing| matches!(&typing.place, Place::Room(key) if **key == *room)) {
        stop(cx, socket);
    }
}
