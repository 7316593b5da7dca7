//! Floor 2: who hears what. Sockets have seats, seats are in rooms, and what a room is to hear in
//! one turn is gathered into one run of bytes that all its members share.
//!
//! The hub writes to nobody: it says which bytes go which way, and the caller delivers.

mod batch;
mod room;

use crate::base::{Chunk, ConnectionId, RoomId, SocketId, Table, kind};
use crate::limits::BATCHES_SPARE_MAX;
use batch::Batch;
use room::{Member, Room};
use std::collections::HashMap;

/// Seats, rooms and what the rooms are to hear in this turn.
#[derive(Debug, Default)]
pub struct Hub {
    seats: Table<kind::Socket, Seat>,
    rooms: Table<kind::Room, Room>,
    by_name: HashMap<Box<str>, RoomId>,
    /// Rooms that have something to hear, each with its batch.
    speaking: Vec<RoomId>,
    spare: Vec<Batch>,
    gathered: usize,
}

/// A socket's place in the hub.
#[derive(Debug)]
struct Seat {
    /// The way its bytes go.
    route: ConnectionId,
    places: Vec<Place>,
}

/// One side of the two-way index: the room, and where in its members the socket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    room: RoomId,
    at: u32,
}

impl Hub {
    /// Gives a socket a seat, whose bytes go by `route`.
    pub fn sit(&mut self, route: ConnectionId) -> SocketId {
        self.seats.insert(Seat { route, places: Vec::new() })
    }

    /// Takes the socket out of its rooms and its seat away. What its rooms have been told so far
    /// in this turn still goes to it, through `deliver`.
    pub fn rise(&mut self, socket: SocketId, mut deliver: impl FnMut(ConnectionId, &[u8])) {
        while let Some(place) = self.seats.get(socket).and_then(|seat| seat.places.last().copied())
        {
            self.leave_place(socket, place, &mut deliver);
        }
        self.seats.remove(socket);
    }

    /// Puts the socket into the room `name`, which appears with its first member. It hears what is
    /// said from now on. False if the socket has no seat or is in the room already.
    pub fn join(&mut self, socket: SocketId, name: &str) -> bool {
        let Some(route) = self.seats.get(socket).map(|seat| seat.route) else { return false };
        let room = self.room(name);
        let (Some(entry), Some(seat)) = (self.rooms.get_mut(room), self.seats.get_mut(socket))
        else {
            return false;
        };
        if seat.places.iter().any(|place| place.room == room) {
            return false;
        }
        let at = entry.add(Member::new(socket, route));
        if seat.places.is_empty() {
            // Most sockets are in one room.
            seat.places.reserve_exact(1);
        }
        seat.places.push(Place { room, at });
        true
    }

    /// Takes the socket out of the room `name`; false if it was not in it. What was said so far
    /// still goes to it, through `deliver`.
    pub fn leave(
        &mut self,
        socket: SocketId,
        name: &str,
        mut deliver: impl FnMut(ConnectionId, &[u8]),
    ) -> bool {
        match self.place(socket, name) {
            Some(place) => {
                self.leave_place(socket, place, &mut deliver);
                true
            }
            None => false,
        }
    }

    /// Has the room `name` hear what `render` appends to its batch: every member but `author`,
    /// when the turn settles. Nothing is rendered for a room without members.
    pub fn post(
        &mut self,
        name: &str,
        author: Option<SocketId>,
        render: impl FnOnce(&mut Vec<u8>),
    ) {
        let Some(room) = self.by_name.get(name).copied() else { return };
        let place = author.and_then(|author| self.place_in(author, room));
        let Some(entry) = self.rooms.get_mut(room) else { return };
        let batch = entry.batch.get_or_insert_with(|| {
            self.speaking.push(room);
            self.spare.pop().unwrap_or_default()
        });
        let start = batch.len();
        render(batch.bytes());
        self.gathered += (batch.len() - start) as usize;
        if let Some(place) = place {
            entry.cut(place.at, start);
        }
    }

    /// Delivers to `socket` what its rooms have been told so far in this turn, so that what is sent
    /// to it directly comes in order.
    pub fn catch_up(&mut self, socket: SocketId, mut deliver: impl FnMut(ConnectionId, &[u8])) {
        if self.speaking.is_empty() {
            return;
        }
        let Some(seat) = self.seats.get(socket) else { return };
        for place in &seat.places {
            if let Some(room) = self.rooms.get_mut(place.room) {
                room.catch_up(place.at, &mut deliver);
            }
        }
    }

    /// Ends the turn: every room's batch becomes one shared chunk, and `deliver` gets each member's
    /// part of it. A member that said nothing gets one part, an author one between each two of its
    /// own runs.
    pub fn settle(&mut self, mut deliver: impl FnMut(ConnectionId, &Chunk)) {
        for room in std::mem::take(&mut self.speaking) {
            let Some(entry) = self.rooms.get_mut(room) else { continue };
            let Some(mut batch) = entry.batch.take() else { continue };
            entry.settle(&mut batch, &mut deliver);
            if self.spare.len() < BATCHES_SPARE_MAX && batch.reset() {
                self.spare.push(batch);
            }
        }
        self.gathered = 0;
    }

    /// Bytes gathered in this turn, over all rooms.
    pub const fn gathered(&self) -> usize {
        self.gathered
    }

    /// The way to a socket; `None` if it has no seat.
    pub fn route(&self, socket: SocketId) -> Option<ConnectionId> {
        self.seats.get(socket).map(|seat| seat.route)
    }

    /// The members of the room `name`.
    pub fn members(&self, name: &str) -> impl ExactSizeIterator<Item = SocketId> {
        let room = self.by_name.get(name).and_then(|room| self.rooms.get(*room));
        room.map_or(&[][..], Room::members).iter().map(|member| member.socket)
    }

    /// The names of all rooms, in no order.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }

    /// Panics unless both sides of the index agree and the batches are listed.
    pub fn check_invariants(&self) {
        for (socket, seat) in self.seats.iter() {
            for place in &seat.places {
                let room = self.rooms.get(place.room).expect("a seat's room exists");
                let member = &room.members()[place.at as usize];
                assert_eq!((member.socket, member.route), (socket, seat.route));
            }
        }
        assert_eq!(self.rooms.len(), self.by_name.len(), "every room has one name");
        for (name, id) in &self.by_name {
            let room = self.rooms.get(*id).expect("a name's room exists");
            assert_eq!(*room.name, **name);
            assert!(!room.members().is_empty(), "a room has members");
            for (at, member) in room.members().iter().enumerate() {
                let seat = self.seats.get(member.socket).expect("a member has a seat");
                assert!(seat.places.contains(&Place { room: *id, at: at as u32 }));
            }
            assert_eq!(room.batch.is_some(), self.speaking.contains(id), "batches are listed");
        }
    }

    fn room(&mut self, name: &str) -> RoomId {
        if let Some(room) = self.by_name.get(name) {
            return *room;
        }
        let name: Box<str> = Box::from(name);
        let room = self.rooms.insert(Room::new(name.clone()));
        self.by_name.insert(name, room);
        room
    }

    fn place(&self, socket: SocketId, name: &str) -> Option<Place> {
        self.place_in(socket, *self.by_name.get(name)?)
    }

    fn place_in(&self, socket: SocketId, room: RoomId) -> Option<Place> {
        self.seats.get(socket)?.places.iter().find(|place| place.room == room).copied()
    }

    fn leave_place(
        &mut self,
        socket: SocketId,
        place: Place,
        deliver: &mut impl FnMut(ConnectionId, &[u8]),
    ) {
        let (Some(room), Some(seat)) = (self.rooms.get_mut(place.room), self.seats.get_mut(socket))
        else {
            return;
        };
        room.catch_up(place.at, deliver);
        seat.places.retain(|other| other.room != place.room);
        let moved = room.remove(place.at);
        if let Some(seat) = moved.and_then(|moved| self.seats.get_mut(moved)) {
            let back = seat.places.iter_mut().find(|other| other.room == place.room);
            back.expect("a member has its place in its seat").at = place.at;
        }
        if room.members().is_empty() {
            self.close_room(place.room);
        }
    }

    fn close_room(&mut self, id: RoomId) {
        let Some(mut room) = self.rooms.remove(id) else { return };
        self.by_name.remove(&room.name);
        if let Some(mut batch) = room.batch.take() {
            self.speaking.retain(|speaking| *speaking != id);
            if self.spare.len() < BATCHES_SPARE_MAX && batch.reset() {
                self.spare.push(batch);
            }
        }
    }
}

#[cfg(test)]
mod tests;
