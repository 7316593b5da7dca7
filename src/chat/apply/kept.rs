//! The data kept for people who come back.

use crate::chat::history::KeptPerson;
use crate::chat::recovery::Own;
use crate::chat::{Cx, rooms};
use mio_socketio::SocketId;
use std::collections::VecDeque;

/// Keeps the data with which a person comes back.
pub(in crate::chat) fn keep(cx: &mut Cx<'_>, socket: SocketId) {
    let people = &cx.state.people;
    let (Some(person), Some(device)) = (people.get(socket), people.device(socket)) else { return };
    match &person.record {
        Some(_) => keep_visit(cx, socket),
        None if device.interface.comes_back() => keep_own(cx, socket),
        None => (),
    }
}

fn keep_own(cx: &mut Cx<'_>, socket: SocketId) {
    let Some(person) = cx.state.people.get(socket) else { return };
    let (nick, id) = (person.nick.clone(), person.id.clone());
    let own = Own { nick, id, ..Own::default() };
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
    let devices: Vec<SocketId> = cx.state.people.devices(socket).collect();
    let is_in_all = |socket: &&SocketId| {
        cx.state.people.device(**socket).is_some_and(|device| !device.interface.has_one_room())
    };
    // By other devices they are in one room at a time, and come back to their earlier rooms.
    let in_all = devices.iter().find(is_in_all).copied();
    let rooms = in_all.map(|socket| rooms::of(cx, socket));
    let Some(record) = cx.state.people.record_mut(socket) else { return };
    if let Some(rooms) = &rooms {
        record.rooms.clone_from(rooms);
    }
    let (id, nick, rooms) = (record.id.clone(), record.nick.clone(), record.rooms.clone());
    // With a file, the posts are written one by one; this list is needed only without a file.
    let posted = VecDeque::new();
    let kept = KeptPerson { id: id.clone(), nick: nick.clone(), rooms, posted, ..*record };
    cx.state.history.keep_person(kept);
    for socket in devices {
        let Some(visit) = cx.state.people.visit(socket) else { continue };
        let (since, token) = (visit.since, Some(visit.token));
        let (nick, id) = (nick.clone(), Some(id.clone()));
        let own = Own { nick, id, token, since, has_gaps: false };
        cx.keep(socket, &own.write());
    }
}
