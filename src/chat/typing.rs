//! The end of typing: a person types until they send the message, say that they have stopped, go,
//! or no longer repeat the sign.

use super::fact::row::EndsTyping;
use super::fact::{Fact, Typing};
use super::people::Target;
use super::request::Asker;
use super::{Cx, journal};
use crate::limits::TYPING_MS;
use mio_socketio::SocketId;

/// Makes sure that a person's typing ends in time.
pub(super) fn watch(cx: &mut Cx<'_>, socket: SocketId) {
    let visit = cx.state.people.visit_mut(socket);
    if visit.is_some_and(|visit| !std::mem::replace(&mut visit.watched, true)) {
        cx.after(TYPING_MS, move |cx| expire(cx, socket));
    }
}

/// Ends typing that has not been repeated in time, or checks again later.
fn expire(cx: &mut Cx<'_>, socket: SocketId) {
    let now_ms = cx.now().ms;
    let Some(visit) = cx.state.people.visit_mut(socket) else { return };
    match visit.typing.as_ref().map(|typing| typing.until_ms) {
        Some(until_ms) if until_ms > now_ms => {
            cx.after(until_ms - now_ms, move |cx| expire(cx, socket));
        }
        Some(_) => {
            visit.watched = false;
            stop(cx, socket);
        }
        None => visit.watched = false,
    }
}

/// Ends a person's typing: they have sent the message, or are gone.
pub(super) fn stop(cx: &mut Cx<'_>, socket: SocketId) {
    let Some(person) = cx.state.people.get(socket) else { return };
    let typing = cx.state.people.visit(socket).and_then(|visit| visit.typing.as_ref());
    let Some(ended) = typing.map(|typing| typing.target.clone()) else { return };
    let (by, nick, ended) = (socket, person.nick.clone(), Some(ended));
    let typing = Typing { by, nick, ended, target: None, is_news: true };
    journal::enter(cx, Asker::nobody(socket), &Fact::Typing(typing));
}

/// Ends the typing that a fact ends, before the fact is told.
pub(super) fn end_before(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    match fact.row().ends {
        EndsTyping::Nowhere => (),
        EndsTyping::Everywhere => stop(cx, fact.by()),
        EndsTyping::In(room) => left(cx, fact.by(), room),
    }
}

/// A person leaves a room.
fn left(cx: &mut Cx<'_>, socket: SocketId, room: &str) {
    let typing = cx.state.people.visit(socket).and_then(|visit| visit.typing.as_ref());
    if typing.is_some_and(|typing| matches!(&typing.target, Target::Room(key) if **key == *room)) {
        stop(cx, socket);
    }
}
