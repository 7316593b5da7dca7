//! Layer 2: the delivery of output to sockets. Sockets have seats, seats are in rooms. The output
//! of one turn for a room is gathered into one run of bytes for each voice, which all its members
//! share.
//!
//! The hub writes to nobody: it says which bytes go to which route, and the caller delivers them.

mod batch;
mod delivery;
mod moving;
mod room;

pub use delivery::Delivery;
pub use room::Members;

use crate::base::{Namespace, RoomId, Route, SocketId, Table, Voice, kind};
use crate::limits::{BATCHES_SPARE_MAX, COPIED_BYTES_PER_TURN_MAX};
use batch::{Batch, Gathered};
use room::{Member, Room};
use std::collections::HashMap;

/// The receivers of a namespace's packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'n> {
    /// Everyone who was added to the namespace ([`Hub::enroll`]).
    Everyone,
    /// The members of the room of this name.
    Room(&'n str),
}

/// Seats, rooms and the output for the rooms in this turn.
#[derive(Debug, Default)]
pub struct Hub {
    seats: Table<kind::Socket, Seat>,
    rooms: Table<kind::Room, Room>,
    by_name: HashMap<Box<str>, RoomId>,
    everyone: Vec<(Namespace, RoomId)>,
    /// Rooms with output.
    speaking: Vec<RoomId>,
    /// For each namespace, the room among them whose members are also in other rooms. It is settled
    /// before another room gets output, so that each socket hears everything in order.
    speaking_shared: Vec<(Namespace, RoomId)>,
    spare: Vec<Batch>,
    /// Places of the members who must not hear a post; reused memory.
    deaf: Vec<u32>,
    gathered: Gathered,
    heavy: Vec<RoomId>,
}

/// The hub's record of a socket.
#[derive(Debug)]
struct Seat {
    /// The route of its bytes.
    route: Route,
    voice: Voice,
    joined: Vec<Membership>,
}

/// One side of the two-way index: the room, and the socket's place among its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Membership {
    room: RoomId,
    at: u32,
}

impl Hub {
    /// Gives a socket a seat. Its bytes are written in `voice` and go by `route`.
    pub fn sit(&mut self, route: Route, voice: Voice) -> SocketId {
        self.seats.insert(Seat { route, voice, joined: Vec::new() })
    }

    /// Takes the socket out of its rooms and removes its seat. It still gets the output of its
    /// rooms so far in this turn.
    pub fn rise(&mut self, socket: SocketId, delivery: &mut impl Delivery) {
        while let Some(side) = self.seats.get(socket).and_then(|seat| seat.joined.last().copied()) {
            self.part(socket, side, delivery);
        }
        self.seats.remove(socket);
    }

    /// Makes the socket one of [`Target::Everyone`] in its namespace.
    pub fn enroll(&mut self, socket: SocketId, delivery: &mut impl Delivery) {
        let Some(namespace) = self.voice(socket).map(|voice| voice.namespace) else { return };
        let room = self.find(namespace, Target::Everyone).unwrap_or_else(|| {
            let room = self.rooms.insert(Room::new(Box::default()));
            self.everyone.push((namespace, room));
            room
        });
        self.enter(socket, room, delivery);
    }

    /// Puts the socket into the room `name`; the first member creates the room. It hears later
    /// output only. False if the socket has no seat or is in the room already.
    pub fn join(&mut self, socket: SocketId, name: &str, delivery: &mut impl Delivery) -> bool {
        if self.seats.get(socket).is_none() {
            return false;
        }
        let room = match self.by_name.get(name) {
            Some(room) => *room,
            None => {
                let name: Box<str> = Box::from(name);
                let room = self.rooms.insert(Room::new(name.clone()));
                self.by_name.insert(name, room);
                room
            }
        };
        self.enter(socket, room, delivery)
    }

    /// Takes the socket out of the room `name`; false if it was not in it. It still gets the output
    /// so far.
    pub fn leave(&mut self, socket: SocketId, name: &str, delivery: &mut impl Delivery) -> bool {
        let room = self.by_name.get(name).copied();
        let Some(side) = room.and_then(|room| self.membership_in(socket, room)) else {
            return false;
        };
        self.part(socket, side, delivery);
        true
    }

    /// When the turn settles, sends the members of `namespace` in `target` the output that `render`
    /// appends for their voice. Members in `except`, such as its author, do not get it. A form for
    /// which there is no member is not rendered.
    pub fn post(
        &mut self,
        namespace: Namespace,
        target: Target<'_>,
        except: &[SocketId],
        delivery: &mut impl Delivery,
        render: impl FnMut(Voice, &mut Vec<u8>),
    ) {
        let Some(room) = self.find(namespace, target) else { return };
        if !self.rooms.get(room).is_some_and(|room| room.has_audience(namespace)) {
            return;
        }
        if let Some(other) = self.speaking_in(namespace).filter(|other| *other != room) {
            self.settle_room(other, delivery);
        }
        let mut deaf = std::mem::take(&mut self.deaf);
        deaf.extend(except.iter().filter_map(|socket| Some(self.membership_in(*socket, room)?.at)));
        let Some(entry) = self.rooms.get_mut(room) else { return };
        let was_speaking = entry.is_speaking();
        self.gathered.add(entry.post(namespace, &deaf, &mut self.spare, render));
        deaf.clear();
        self.deaf = deaf;
        let shared = entry.is_shared(namespace);
        self.heavy.extend(entry.take_heavy().then_some(room));
        if !was_speaking {
            self.speaking.push(room);
        }
        if shared && self.speaking_in(namespace).is_none() {
            self.speaking_shared.push((namespace, room));
        }
    }

    /// Delivers to `socket` the output of its rooms so far in this turn, so that direct output
    /// comes in order after it.
    pub fn catch_up(&mut self, socket: SocketId, delivery: &mut impl Delivery) {
        if self.speaking.is_empty() {
            return;
        }
        let Some(seat) = self.seats.get(socket) else { return };
        for side in &seat.joined {
            if let Some(room) = self.rooms.get_mut(side.room) {
                room.catch_up(side.at, delivery);
            }
        }
    }

    /// Ends the turn: every room's batches become shared chunks, and each member gets its part. A
    /// member without runs of its own gets one part; an author gets the parts between its runs.
    pub fn settle(&mut self, delivery: &mut impl Delivery) {
        while let Some(room) = self.speaking.last().copied() {
            self.settle_room(room, delivery);
        }
        self.gathered = Gathered::default();
    }

    /// A room with so much output that its members may not keep up.
    pub fn pop_heavy(&mut self) -> Option<RoomId> {
        self.heavy.pop()
    }

    /// The members of a room, of every namespace, and their routes.
    pub fn routes_in(&self, room: RoomId) -> impl ExactSizeIterator<Item = (SocketId, Route)> {
        let members = self.rooms.get(room).map_or(&[][..], Room::members);
        members.iter().map(|member| (member.socket, member.route))
    }

    /// Whether a socket is a member of a room.
    pub fn is_in(&self, socket: SocketId, room: RoomId) -> bool {
        self.membership_in(socket, room).is_some()
    }

    /// Whether no room has output.
    pub const fn is_settled(&self) -> bool {
        self.speaking.is_empty()
    }

    /// Whether this turn has gathered `bytes_max` bytes, or output that takes long to write.
    pub const fn has_gathered(&self, bytes_max: usize) -> bool {
        self.gathered.bytes >= bytes_max || self.gathered.copies >= COPIED_BYTES_PER_TURN_MAX
    }

    /// The route of a socket; `None` if it has no seat.
    pub fn route(&self, socket: SocketId) -> Option<Route> {
        self.seats.get(socket).map(|seat| seat.route)
    }

    /// The voice of a socket; `None` if it has no seat.
    pub fn voice(&self, socket: SocketId) -> Option<Voice> {
        self.seats.get(socket).map(|seat| seat.voice)
    }

    /// The members of the room `name`, of every namespace.
    pub fn members(&self, name: &str) -> Members<'_> {
        let room = self.by_name.get(name).and_then(|room| self.rooms.get(*room));
        Members::new(room.map_or(&[], Room::members))
    }

    /// Whether anyone of `namespace` is in `target`.
    pub fn has_audience(&self, namespace: Namespace, target: Target<'_>) -> bool {
        let room = self.find(namespace, target).and_then(|room| self.rooms.get(room));
        room.is_some_and(|room| room.has_audience(namespace))
    }

    /// The largest possible number of hearers.
    pub fn audience_max(&self, namespace: Namespace, target: Target<'_>) -> usize {
        let room = self.find(namespace, target);
        room.and_then(|room| self.rooms.get(room)).map_or(0, |room| room.members().len())
    }

    /// The members of `namespace` in `target`.
    pub fn audience(
        &self,
        namespace: Namespace,
        target: Target<'_>,
    ) -> impl Iterator<Item = SocketId> {
        let room = self.find(namespace, target).and_then(|room| self.rooms.get(room));
        let heard =
            move |member: &&Member| room.is_some_and(|it| it.voice(member).namespace == namespace);
        let members = room.map_or(&[][..], Room::members).iter();
        members.filter(heard).map(|member| member.socket)
    }

    /// The names of the rooms that a socket is in.
    pub fn rooms_of(&self, socket: SocketId) -> impl Iterator<Item = &str> {
        let joined = self.seats.get(socket).map_or(&[][..], |seat| &seat.joined);
        let names = joined.iter().filter_map(|side| Some(&*self.rooms.get(side.room)?.name));
        names.filter(|name| !name.is_empty())
    }

    /// Panics unless both sides of the index agree and the batches are listed.
    pub fn check_invariants(&self) {
        for (socket, seat) in self.seats.iter() {
            for side in &seat.joined {
                let room = self.rooms.get(side.room).expect("a seat's room exists");
                let member = &room.members()[side.at as usize];
                assert_eq!((member.socket, member.route), (socket, seat.route));
                assert_eq!(room.voice(member), seat.voice);
                let alone = seat.joined.len() == 1;
                assert!(alone || room.is_shared(seat.voice.namespace), "a shared room knows it");
            }
        }
        let everyone = self.everyone.iter().map(|(_, room)| room);
        assert_eq!(self.rooms.len(), self.by_name.len() + self.everyone.len());
        for (id, name) in self.by_name.iter().map(|(name, id)| (id, &**name)) {
            let room = self.rooms.get(*id).expect("a name's room exists");
            assert_eq!(*room.name, *name);
            assert!(!room.members().is_empty(), "a room has members");
        }
        for id in self.by_name.values().chain(everyone) {
            let room = self.rooms.get(*id).expect("a room exists");
            room.check_invariants();
            for (at, member) in room.members().iter().enumerate() {
                let seat = self.seats.get(member.socket).expect("a member has a seat");
                assert!(seat.joined.contains(&Membership { room: *id, at: at as u32 }));
            }
            assert_eq!(room.is_speaking(), self.speaking.contains(id), "batches are listed");
        }
        for (_, room) in &self.speaking_shared {
            assert!(self.speaking.contains(room), "a room that speaks is listed");
        }
    }

    /// Panics unless all seats have been left.
    pub fn check_empty(&self) {
        assert!(self.seats.is_empty() && self.by_name.is_empty(), "no seat is left");
        assert!(self.is_settled(), "nothing is left to hear");
    }

    /// The room with output in this namespace whose members are also in other rooms.
    fn speaking_in(&self, namespace: Namespace) -> Option<RoomId> {
        let mut all = self.speaking_shared.iter();
        all.find(|(of, _)| *of == namespace).map(|(_, room)| *room)
    }

    fn find(&self, namespace: Namespace, target: Target<'_>) -> Option<RoomId> {
        match target {
            Target::Room(name) => self.by_name.get(name).copied(),
            Target::Everyone => {
                let mut all = self.everyone.iter();
                all.find(|(of, _)| *of == namespace).map(|(_, room)| *room)
            }
        }
    }

    fn enter(&mut self, socket: SocketId, room: RoomId, delivery: &mut impl Delivery) -> bool {
        if self.membership_in(socket, room).is_some() {
            return false;
        }
        self.catch_up(socket, delivery);
        let Some(seat) = self.seats.get_mut(socket) else { return false };
        let Some(entry) = self.rooms.get_mut(room) else { return false };
        let at = entry.add(socket, seat.route, seat.voice);
        if seat.joined.is_empty() {
            // Most sockets are in one room.
            seat.joined.reserve_exact(1);
        }
        seat.joined.push(Membership { room, at });
        // Only its first room may not know yet that it shares members.
        let more = seat.joined.len() > 1;
        for side in seat.joined.first().into_iter().chain(seat.joined.last()).filter(|_| more) {
            if let Some(room) = self.rooms.get_mut(side.room) {
                room.share(seat.voice.namespace);
            }
        }
        true
    }

    fn membership_in(&self, socket: SocketId, room: RoomId) -> Option<Membership> {
        self.seats.get(socket)?.joined.iter().find(|side| side.room == room).copied()
    }

    fn part(&mut self, socket: SocketId, side: Membership, delivery: &mut impl Delivery) {
        let (Some(room), Some(seat)) = (self.rooms.get_mut(side.room), self.seats.get_mut(socket))
        else {
            return;
        };
        room.catch_up(side.at, delivery);
        seat.joined.retain(|other| other.room != side.room);
        let moved = room.remove(side.at);
        if let Some(seat) = moved.and_then(|moved| self.seats.get_mut(moved)) {
            let back = seat.joined.iter_mut().find(|other| other.room == side.room);
            back.expect("a member has its room in its seat").at = side.at;
        }
        if room.members().is_empty() {
            self.close_room(side.room);
        }
    }

    /// Delivers the output of one room.
    fn settle_room(&mut self, id: RoomId, delivery: &mut impl Delivery) {
        let rooms = &mut self.rooms;
        let spare = &mut self.spare;
        if let Some(room) = rooms.get_mut(id) {
            room.settle(delivery, |batch| put_by(spare, batch));
        }
        self.fall_silent(id);
    }

    /// Drops a room without members; the room of everyone stays for later members.
    fn close_room(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.drop_batches(&mut |batch| put_by(&mut self.spare, batch));
        if !room.name.is_empty() {
            self.by_name.remove(&room.name);
            self.rooms.remove(id);
        }
        self.fall_silent(id);
    }

    fn fall_silent(&mut self, id: RoomId) {
        if let Some(at) = self.speaking.iter().rposition(|speaking| *speaking == id) {
            self.speaking.remove(at);
        }
        self.speaking_shared.retain(|(_, speaking)| *speaking != id);
    }
}

fn put_by(spare: &mut Vec<Batch>, mut batch: Batch) {
    if spare.len() < BATCHES_SPARE_MAX && batch.reset() {
        spare.push(batch);
    }
}

#[cfg(test)]
mod tests;
