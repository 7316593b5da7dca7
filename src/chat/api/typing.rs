//! Who is typing: told to others until they say otherwise, send it, go, or stop saying so.

use super::{CHAT, Refusal, other, own_room};
use crate::base::SocketId;
use crate::chat::Cx;
use crate::limits::{TYPING_MS, TYPING_MS_MIN};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::rc::Rc;

#[derive(Deserialize)]
pub(super) struct Asked {
    room: Option<String>,
    to: Option<String>,
    on: bool,
}

/// Nothing more to say.
#[derive(Serialize)]
pub(super) struct Nothing {}

/// Where somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Room(Rc<str>),
    Private(SocketId),
}

/// Somebody types.
#[derive(Debug)]
pub(super) struct Typing {
    place: Place,
    until_ms: u64,
    /// When others were told.
    told_ms: u64,
}

/// A client says whether it is typing. It types in one place at a time.
pub(super) fn typing(cx: &mut Cx<'_>, socket: SocketId, asked: Asked) -> Result<Nothing, Refusal> {
    let place = match asked {
        Asked { room: Some(room), .. } => Place::Room(own_room(cx, socket, &room)?),
        Asked { to: Some(to), .. } => Place::Private(other(cx, socket, &to)?),
        Asked { .. } => return Err(Refusal::new("bad-request", "a room or a person is needed")),
    };
    let now_ms = cx.now().ms;
    let before = take(cx, socket);
    let told_ms = match before {
        Some(typing) if typing.place == place && asked.on => Some(typing.told_ms),
        Some(typing) => {
            tell(cx, socket, &typing.place, false);
            None
        }
        None => None,
    };
    if !asked.on {
        return Ok(Nothing {});
    }
    let is_told = told_ms.is_some_and(|told_ms| now_ms < told_ms + TYPING_MS_MIN);
    if !is_told {
        tell(cx, socket, &place, true);
    }
    let (until_ms, told_ms) = (now_ms + TYPING_MS, told_ms.filter(|_| is_told).unwrap_or(now_ms));
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    if let Some(seat) = seat {
        seat.typing = Some(Typing { place, until_ms, told_ms });
        if !std::mem::replace(&mut seat.watched, true) {
            cx.after(TYPING_MS, move |cx| expire(cx, socket));
        }
    }
    Ok(Nothing {})
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

/// Tells others.
fn tell(cx: &mut Cx<'_>, socket: SocketId, place: &Place, on: bool) {
    let Some(nick) = cx.state.people.get(socket).map(|person| person.nick.clone()) else { return };
    match place {
        Place::Room(room) => {
            let typing = json!({"room": room, "nick": nick, "on": on});
            cx.of(CHAT).to(room).except(socket).emit("typing", (typing,));
        }
        Place::Private(other) => {
            let is_here = cx.state.people.get(*other).is_some_and(|other| other.seat().is_some());
            if is_here {
                cx.emit(*other, "typing", (json!({"from": nick, "nick": nick, "on": on}),));
            }
        }
    }
}
