//! The data kept for people who come back.

use crate::chat::history::KeptPerson;
use crate::chat::recovery::Own;
use crate::chat::{Cx, rooms};
use mio_socketio::SocketId;
use std::collections::VecDeque;

/// Keeps the data with which a person comes back.
pub(super) fn keep(cx: &mut Cx<'_>, socket: SocketId) {
    let Some(person) = cx.state.people.get(socket) else { return };
    match person.visit() {
        Some(_) => keep_visit(cx, socket),
        None if person.interface.comes_back() => keep_own(cx, socket),
        None => (),
    }
}

fn keep_own(cx: &mut Cx<'_>, socket: SocketId) {
    let Some(person) = cx.state.people.get(socket) else { return };
    let (nick, id) = (person.nick.clone(), person.id.clone());
    let own = Own { nick, id, since: None, has_gaps: false };
    cx.keep(socket, &own.write());
}

/// A person has said something.
pub(super) fn spoke(cx: &mut Cx<'_>, socket: SocketId) {
    let visit = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut());
    if visit.is_some_and(|visit| !std::mem::replace(&mut visit.record.spoke, true)) {
        keep(cx, socket);
    }
}

/// Gives the history all people who are here, because another file has taken the place of the last
/// one.
pub(in crate::chat) fn keep_all(cx: &mut Cx<'_>) {
    for socket in cx.state.people.sockets() {
        keep(cx, socket);
    }
}

fn keep_visit(cx: &mut Cx<'_>, socket: SocketId) {
    let rooms = rooms::of(cx, socket);
    let visit = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut());
    let Some(visit) = visit else { return };
    visit.record.rooms = rooms.clone();
    let nick = visit.record.nick.clone();
    let own = Own { nick, id: Some(visit.record.id.clone()), since: visit.since, has_gaps: false };
    // With a file, the posts are written one by one; this list is needed only without a file.
    let posted = VecDeque::new();
    let (id, nick) = (visit.record.id.clone(), own.nick.clone());
    let record = KeptPerson { id, nick, rooms, posted, ..visit.record };
    cx.state.history.keep_person(record);
    cx.keep(socket, &own.write());
}
