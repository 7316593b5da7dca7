//! What is kept for those who come back.

use crate::chat::history::Record;
use crate::chat::recovery::Own;
use crate::chat::{Cx, rooms};
use mio_socketio::SocketId;
use std::collections::VecDeque;

/// Keeps what a client of namespace `/` comes back to.
pub(super) fn keep_root(cx: &mut Cx<'_>, socket: SocketId) {
    let Some(person) = cx.state.people.get(socket) else { return };
    let (nick, id) = (person.nick.clone(), person.id.clone());
    let own = Own { nick, id, since: None, has_gaps: false };
    cx.keep(socket, &own.write());
}

/// Somebody has said something.
pub(super) fn spoke(cx: &mut Cx<'_>, socket: SocketId) {
    let visit = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut());
    if visit.is_some_and(|visit| !std::mem::replace(&mut visit.record.spoke, true)) {
        save(cx, socket);
    }
}

/// Has the history know all who are here, as another file has taken the place of the one before.
pub(in crate::chat) fn keep_all(cx: &mut Cx<'_>) {
    for socket in cx.state.people.sockets() {
        save(cx, socket);
    }
}

/// Keeps what somebody comes back to.
pub(super) fn save(cx: &mut Cx<'_>, socket: SocketId) {
    if cx.state.people.get(socket).is_none_or(|person| person.visit().is_none()) {
        return;
    }
    let rooms = rooms::of(cx, socket);
    let visit = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut());
    let Some(visit) = visit else { return };
    visit.record.rooms = rooms.clone();
    let nick = visit.record.nick.clone();
    let own = Own { nick, id: Some(visit.record.id.clone()), since: visit.since, has_gaps: false };
    // Those at a file are written with each post; only where there is none are they needed here.
    let posted = VecDeque::new();
    let (id, nick) = (visit.record.id.clone(), own.nick.clone());
    let record = Record { id, nick, rooms, posted, ..visit.record };
    cx.state.history.keep_person(record);
    cx.keep(socket, &own.write());
}
