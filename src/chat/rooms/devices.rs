//! The rooms of people, who are in a room as long as one of their devices is.

use super::slip_out;
use crate::chat::Cx;
use crate::chat::interfaces::Interface;
use mio_socketio::SocketId;
use std::rc::Rc;

/// The keys of the rooms that a device is in. A device whose connection has ended counts as in its
/// last rooms until its departure is a fact, because other nodes still see it there.
pub(in crate::chat) fn of_device<'c>(
    cx: &'c Cx<'_>,
    socket: SocketId,
) -> impl Iterator<Item = &'c str> {
    let device = cx.state.people.device(socket);
    let last = device.and_then(|device| device.last_rooms());
    let now = cx.rooms(socket).filter(move |_| last.is_none());
    last.into_iter().flatten().map(|room| &**room).chain(now)
}

/// Notes the rooms of a device whose connection has ended.
pub(in crate::chat) fn end(cx: &mut Cx<'_>, socket: SocketId) {
    let rooms = super::of(cx, socket);
    if let Some(device) = cx.state.people.device_mut(socket) {
        device.end(rooms);
    }
}

/// Notes that a device came to these rooms after its connection had ended.
pub(in crate::chat) fn end_in(cx: &mut Cx<'_>, socket: SocketId, rooms: &[Rc<str>]) {
    if let Some(device) = cx.state.people.device_mut(socket) {
        device.end(rooms.to_vec());
    }
}

/// Whether the person at `socket` is in a room, by any device.
pub(in crate::chat) fn has(cx: &Cx<'_>, socket: SocketId, room: &str) -> bool {
    cx.state.people.devices(socket).any(|device| of_device(cx, device).any(|own| *own == *room))
}

/// Whether the person at `socket` is in a room by another device than this one.
pub(in crate::chat) fn has_other(cx: &Cx<'_>, socket: SocketId, room: &str) -> bool {
    let mut others = cx.state.people.devices(socket).filter(|other| *other != socket);
    others.any(|other| of_device(cx, other).any(|own| *own == *room))
}

/// The nick of the person at `socket`.
pub(in crate::chat) fn nick_of(cx: &Cx<'_>, socket: SocketId) -> Option<Rc<str>> {
    cx.state.people.get(socket).map(|person| person.nick.clone())
}

/// The rooms in which the person at `socket` is by any device, sorted.
pub(in crate::chat) fn all_of(cx: &Cx<'_>, socket: SocketId) -> Vec<Rc<str>> {
    let shared = |socket: SocketId| of_device(cx, socket).map(|room| cx.state.rooms.shared(room));
    let mut all: Vec<Rc<str>> = cx.state.people.devices(socket).flat_map(shared).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The rooms in which the person at `other` is, and these.
pub(in crate::chat) fn both(cx: &Cx<'_>, other: SocketId, rooms: &[Rc<str>]) -> Vec<Rc<str>> {
    let mut all = all_of(cx, other);
    all.extend(rooms.iter().cloned());
    all.sort_unstable();
    all.dedup();
    all
}

/// The rooms of one more device of the person at `here`, which knows that it should be in `rooms`:
/// those of their other devices, if one of these is in all their rooms.
pub(in crate::chat) fn entered(
    cx: &Cx<'_>,
    here: SocketId,
    interface: &dyn Interface,
    rooms: &[Rc<str>],
) -> Vec<Rc<str>> {
    if interface.has_one_room() {
        return rooms.to_vec();
    }
    beside(cx, counted(cx, here), rooms)
}

/// The rooms of a device that comes in once more, and should be in `rooms`: as if it had not been
/// here.
pub(in crate::chat) fn entered_again(
    cx: &Cx<'_>,
    socket: SocketId,
    interface: &dyn Interface,
    rooms: &[Rc<str>],
) -> Vec<Rc<str>> {
    if interface.has_one_room() {
        return rooms.to_vec();
    }
    let others = counted(cx, socket).filter(|other| *other != socket);
    beside(cx, others, rooms)
}

fn beside(cx: &Cx<'_>, others: impl Iterator<Item = SocketId>, rooms: &[Rc<str>]) -> Vec<Rc<str>> {
    let others = others.filter_map(|socket| {
        let has_one = cx.state.people.device(socket)?.interface.has_one_room();
        Some((has_one, shared_of(cx, socket).collect()))
    });
    with_others(&others.collect::<Vec<_>>(), rooms)
}

/// The rooms of a device that should be in `rooms`, and whose person is here by others, each of
/// them in one room at a time or not, and in these rooms.
pub(in crate::chat) fn with_others(
    others: &[(bool, Vec<Rc<str>>)],
    rooms: &[Rc<str>],
) -> Vec<Rc<str>> {
    let mut all: Vec<Rc<str>> = others.iter().flat_map(|(_, own)| own.iter().cloned()).collect();
    if others.iter().all(|(has_one, _)| *has_one) {
        all.extend(rooms.iter().cloned());
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The devices of the person at `by` that are here for all servers of the chat.
fn counted(cx: &Cx<'_>, by: SocketId) -> impl Iterator<Item = SocketId> {
    let people = &cx.state.people;
    let is_out = |device: SocketId| people.device(device).is_some_and(|device| device.is_out);
    people.devices(by).filter(move |device| !is_out(*device))
}

/// The rooms that a device is in.
fn shared_of(cx: &Cx<'_>, socket: SocketId) -> impl Iterator<Item = Rc<str>> {
    of_device(cx, socket).map(|room| cx.state.rooms.shared(room))
}

/// Moves a device into exactly these rooms.
pub(in crate::chat) fn set(cx: &mut Cx<'_>, socket: SocketId, rooms: &[Rc<str>]) {
    let before = super::of(cx, socket);
    for room in rooms.iter().filter(|room| !before.contains(room)) {
        join(cx, socket, room);
    }
    for room in before.iter().filter(|room| !rooms.contains(room)) {
        slip_out(cx, room, socket);
    }
    let first = rooms.first().cloned();
    if let (Some(device), Some(first)) = (cx.state.people.device_mut(socket), first)
        && device.interface.has_one_room()
    {
        device.room = first;
    }
}

/// Takes a device into a room. One whose connection has ended is there too until others are told
/// that it has gone.
fn join(cx: &mut Cx<'_>, socket: SocketId, room: &Rc<str>) {
    let room = cx.state.rooms.open(room);
    let last = cx.state.people.device_mut(socket).and_then(|device| device.last_rooms_mut());
    match last {
        Some(last) if last.contains(&room) => (),
        Some(last) => last.push(room),
        None => {
            cx.join(socket, &room);
        }
    }
}

/// Takes into a room all devices of the person at `by` that are in all their rooms, and the one at
/// `by`.
pub(in crate::chat) fn join_all(cx: &mut Cx<'_>, by: SocketId, room: &str) {
    let room = cx.state.rooms.open(room);
    let devices: Vec<SocketId> = cx.state.people.devices(by).collect();
    for socket in devices {
        let device = cx.state.people.device(socket);
        let is_in_all = device.is_some_and(|device| !device.interface.has_one_room());
        if is_in_all {
            join(cx, socket, &room);
        }
    }
}

/// Moves a device that is in one room at a time to another room.
pub(in crate::chat) fn move_device(cx: &mut Cx<'_>, socket: SocketId, room: &str) {
    let room = cx.state.rooms.open(room);
    let Some(device) = cx.state.people.device_mut(socket) else { return };
    let from = std::mem::replace(&mut device.room, room.clone());
    if from != room {
        slip_out(cx, &from, socket);
    }
    join(cx, socket, &room);
}

/// The next room for those devices of the person at `by` that must be in a room, when the person
/// leaves `room`: the lobby if they are there, or else the first of their other rooms by its name.
pub(in crate::chat) fn instead_of(cx: &Cx<'_>, by: SocketId, room: &str) -> Rc<str> {
    let rooms = counted(cx, by).flat_map(|device| shared_of(cx, device)).collect();
    next(rooms, room, cx.state.rooms.lobby())
}

/// The room among these to which such a device goes instead of `room`.
pub(in crate::chat) fn next(mut rooms: Vec<Rc<str>>, room: &str, lobby: Rc<str>) -> Rc<str> {
    if *lobby != *room && rooms.contains(&lobby) {
        return lobby;
    }
    rooms.sort_unstable();
    rooms.into_iter().find(|other| **other != *room).unwrap_or(lobby)
}
