//! The data kept for people who come back.

use crate::chat::history::KeptPerson;
use crate::chat::recovery::Own;
use crate::chat::{Cx, rooms};
use mio_socketio::SocketId;
use std::collections::VecDeque;

/// Keeps the data with which a person comes back.
pub(super) fn keep(cx: &mut Cx<'_>, socket: SocketId) {
    let people = &cx.state.people;
    let (Some(person), Some(device)) = (people.get(socket), people.device(socket)) else { return };
    match device.visit() {
        Some(_) if person.record.is_some() => keep_visit(cx, socket),
        Some(_) => (),
        None if device.interface.comes_back() => keep_own(cx, socket),
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
    let record = cx.state.people.record_mut(socket);
    if record.is_some_and(|record| !std::mem::replace(&mut record.spoke, true)) {
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
    let since = cx.state.people.visit(socket).and_then(|visit| visit.since);
    let Some(record) = cx.state.people.record_mut(socket) else { return };
    record.rooms = rooms.clone();
    let nick = record.nick.clone();
    let own = Own { nick, id: Some(record.id.clone()), since, has_gaps: false };
    // With a file, the posts are written one by one; this list is needed only without a file.
    let posted = VecDeque::new();
    let (id, nick) = (record.id.clone(), own.nick.clone());
    let record = KeptPerson { id, nick, rooms, posted, ..*record };
    cx.state.history.keep_person(record);
    cx.keep(socket, &own.write());
}
