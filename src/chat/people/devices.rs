//! The devices of the people who are here: each is one socket, at any interface.

use super::{Client, People, Person, PersonKey};
use crate::chat::history::{KeptPerson, Token};
use crate::chat::interfaces::{Interface, KeptInterface};
use crate::chat::request::Asker;
use mio_socketio::SocketId;
use std::rc::Rc;

/// A device of a person who is here.
#[derive(Debug)]
pub(in crate::chat) struct DeviceHere {
    pub(in crate::chat) interface: KeptInterface,
    person: PersonKey,
    /// Its user has been told that their password can be read on its way.
    pub(in crate::chat) is_warned: bool,
    /// For the other servers of the chat it is not here: this server was taken out, or the stream
    /// has lost something. It comes in once more in a moment.
    pub(in crate::chat) is_out: bool,
    /// The key of the room that it is in, if it is in one at a time; otherwise the lobby.
    pub(in crate::chat) room: Rc<str>,
    /// The data that an idle guest's device does not have.
    more: Option<Box<MoreOfDevice>>,
}

/// The data about a device that has done more than to come in.
#[derive(Debug, Default)]
struct MoreOfDevice {
    /// The time until which others need not be told again that its user is typing.
    typing_until_ms: u64,
    /// When its user logged in or registered there, in Unix milliseconds.
    logged_in_ms: Option<i64>,
    /// The rooms in which it was when its connection ended, until others are told that it has gone.
    #[expect(clippy::box_collection, reason = "nearly nobody has any, and so it takes less")]
    last_rooms: Option<Box<Vec<Rc<str>>>>,
    visit: Option<Visit>,
}

/// The data about a device of a person who may be remembered.
#[derive(Debug)]
pub(in crate::chat) struct Visit {
    pub(in crate::chat) client: Client,
    /// The token by which it came in. That of a registered person is the device's own.
    pub(in crate::chat) token: Token,
    /// The last message that it had seen when it came, if it has been told all later ones.
    pub(in crate::chat) since: Option<i64>,
    pub(in crate::chat) typing: Option<Typing>,
    /// A timer will check whether its user still types.
    pub(in crate::chat) watched: bool,
}

/// The room or the person to whom somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum Target {
    Room(Rc<str>),
    Private(SocketId),
}

/// Somebody's typing.
#[derive(Debug)]
pub(in crate::chat) struct Typing {
    pub(in crate::chat) target: Target,
    pub(in crate::chat) until_ms: u64,
    /// The time at which others were told.
    pub(in crate::chat) told_ms: u64,
}

/// The sockets of one person's devices: nearly everybody has one.
#[derive(Debug)]
pub(super) struct Devices {
    first: SocketId,
    #[expect(clippy::box_collection, reason = "it is nearly always empty, and so takes less")]
    more: Option<Box<Vec<SocketId>>>,
}

impl Devices {
    pub(super) const fn one(first: SocketId) -> Self {
        Self { first, more: None }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = SocketId> {
        std::iter::once(self.first).chain(self.more.iter().flat_map(|more| more.iter().copied()))
    }

    fn push(&mut self, socket: SocketId) {
        self.more.get_or_insert_default().push(socket);
    }

    /// Takes a device away. False if it was the last one.
    fn remove(&mut self, socket: SocketId) -> bool {
        let Some(more) = &mut self.more else { return false };
        match more.iter().position(|other| *other == socket) {
            Some(at) => drop(more.remove(at)),
            None => self.first = more.remove(0),
        }
        if more.is_empty() {
            self.more = None;
        }
        true
    }
}

impl DeviceHere {
    /// A device in this room, with the data about it if its person may be remembered. It becomes
    /// somebody's by [`People::insert`].
    pub(in crate::chat) fn new(
        interface: &'static dyn Interface,
        room: Rc<str>,
        visit: Option<Visit>,
    ) -> Self {
        let more =
            visit.map(|visit| Box::new(MoreOfDevice { visit: Some(visit), ..Default::default() }));
        let (interface, person) = (interface.kept(), PersonKey(u32::MAX));
        Self { interface, person, is_warned: false, is_out: false, room, more }
    }

    /// The word for the program in lists of members and in logs.
    pub(in crate::chat) fn program(&self) -> &'static str {
        self.interface.program(self)
    }

    /// The asker of a fact about its person for which nobody at this device, which is at `socket`,
    /// awaits an answer.
    pub(in crate::chat) fn unasked(&self, socket: SocketId) -> Asker {
        match self.interface.answers_unasked() {
            true => Asker::of(self.interface.get(), socket),
            false => Asker::nobody(socket),
        }
    }

    /// Notes that its connection has ended, and the rooms that it was in.
    pub(in crate::chat) fn end(&mut self, rooms: Vec<Rc<str>>) {
        self.more.get_or_insert_default().last_rooms = Some(Box::new(rooms));
    }

    /// The rooms in which it was, if its connection has ended.
    pub(in crate::chat) fn last_rooms(&self) -> Option<&[Rc<str>]> {
        self.more.as_ref()?.last_rooms.as_deref().map(Vec::as_slice)
    }

    pub(in crate::chat) fn last_rooms_mut(&mut self) -> Option<&mut Vec<Rc<str>>> {
        self.more.as_mut()?.last_rooms.as_deref_mut()
    }

    /// The time until which others need not be told again that its user is typing.
    pub(in crate::chat) fn typing_until_ms(&self) -> u64 {
        self.more.as_ref().map_or(0, |more| more.typing_until_ms)
    }

    /// Notes that others have been told that its user is typing.
    pub(in crate::chat) fn note_typing(&mut self, until_ms: u64) {
        self.more.get_or_insert_default().typing_until_ms = until_ms;
    }

    /// When its user logged in or registered there, in Unix milliseconds, if they did.
    pub(in crate::chat) fn logged_in_ms(&self) -> Option<i64> {
        self.more.as_ref()?.logged_in_ms
    }

    /// Notes that its user has logged in or registered, or has logged out.
    pub(in crate::chat) fn note_login(&mut self, ms: Option<i64>) {
        self.more.get_or_insert_default().logged_in_ms = ms;
    }

    /// Whether it is at this interface.
    pub(in crate::chat) fn is_at(&self, interface: &dyn Interface) -> bool {
        self.interface.name() == interface.name()
    }

    /// The data about it, if its person may be remembered.
    pub(in crate::chat) fn visit(&self) -> Option<&Visit> {
        self.more.as_ref()?.visit.as_ref()
    }

    pub(in crate::chat) fn visit_mut(&mut self) -> Option<&mut Visit> {
        self.more.as_mut()?.visit.as_mut()
    }
}

impl Visit {
    /// The visit of a device that comes in by this token.
    pub(in crate::chat) const fn new(client: Client, token: Token, since: Option<i64>) -> Self {
        Self { client, token, since, typing: None, watched: false }
    }
}

impl People {
    /// The device at `socket`.
    pub(in crate::chat) fn device(&self, socket: SocketId) -> Option<&DeviceHere> {
        self.by_socket.get(&socket)
    }

    pub(in crate::chat) fn device_mut(&mut self, socket: SocketId) -> Option<&mut DeviceHere> {
        self.by_socket.get_mut(&socket)
    }

    /// The data about the device at `socket`, if its person may be remembered.
    pub(in crate::chat) fn visit(&self, socket: SocketId) -> Option<&Visit> {
        self.device(socket)?.visit()
    }

    pub(in crate::chat) fn visit_mut(&mut self, socket: SocketId) -> Option<&mut Visit> {
        self.device_mut(socket)?.visit_mut()
    }

    /// The record of the person at `socket`, if they may be remembered.
    pub(in crate::chat) fn record(&self, socket: SocketId) -> Option<&KeptPerson> {
        self.get(socket)?.record.as_deref()
    }

    pub(in crate::chat) fn record_mut(&mut self, socket: SocketId) -> Option<&mut KeptPerson> {
        self.get_mut(socket)?.record.as_deref_mut()
    }

    /// The sockets of all devices of all people.
    pub(in crate::chat) fn sockets(&self) -> Vec<SocketId> {
        let mut sockets: Vec<SocketId> = self.by_socket.keys().copied().collect();
        sockets.sort_unstable_by_key(|socket| (socket.index(), socket.generation()));
        sockets
    }

    /// The sockets of all devices of the person at `socket`, that one among them; none if they have
    /// gone.
    pub(in crate::chat) fn devices(&self, socket: SocketId) -> impl Iterator<Item = SocketId> {
        self.get(socket).into_iter().flat_map(|person| person.devices.iter())
    }

    /// Whether both are devices of one person.
    pub(in crate::chat) fn is_same(&self, one: SocketId, other: SocketId) -> bool {
        one == other || self.key_of(one).is_some_and(|key| self.key_of(other) == Some(key))
    }

    pub(super) fn key_of(&self, socket: SocketId) -> Option<PersonKey> {
        self.by_socket.get(&socket).map(|device| device.person)
    }

    pub(super) fn person(&self, key: PersonKey) -> Option<&Person> {
        self.persons.get(key.0 as usize)
    }

    pub(super) fn person_mut(&mut self, key: PersonKey) -> Option<&mut Person> {
        self.persons.get_mut(key.0 as usize)
    }

    /// The first device of a person.
    pub(super) fn socket_of(&self, key: PersonKey) -> Option<SocketId> {
        self.person(key).map(|person| person.devices.first)
    }

    /// Adds a person with their first device. Their nick must be free.
    pub(in crate::chat) fn insert(
        &mut self,
        socket: SocketId,
        person: Person,
        mut device: DeviceHere,
    ) {
        let person = Person { devices: Devices::one(socket), ..person };
        let Ok(key) = u32::try_from(self.persons.insert(person)).map(PersonKey) else { return };
        device.person = key;
        self.by_socket.insert(socket, device);
        self.enter(key);
    }

    /// Adds a device to the person at `other`, which must be there.
    pub(in crate::chat) fn add(
        &mut self,
        socket: SocketId,
        mut device: DeviceHere,
        other: SocketId,
    ) {
        let Some(key) = self.key_of(other) else { return };
        device.person = key;
        let token = device.visit().map(|visit| visit.token);
        self.by_socket.insert(socket, device);
        self.several.insert(key);
        let Some(person) = self.person_mut(key) else { return };
        person.devices.push(socket);
        if let Some(token) = token.filter(|_| person.is_registered) {
            self.by_token.insert(token, key);
        }
    }

    /// Takes a device out, and its person if it was the last one. Returns the device, and the
    /// person if they have gone.
    pub(in crate::chat) fn remove(
        &mut self,
        socket: SocketId,
    ) -> Option<(DeviceHere, Option<Person>)> {
        let key = self.key_of(socket)?;
        if self.person_mut(key)?.devices.remove(socket) {
            if self.person(key)?.devices.more.is_none() {
                self.several.remove(&key);
            }
            let device = self.by_socket.remove(&socket)?;
            self.forget_token(key, &device);
            return Some((device, None));
        }
        self.leave(key);
        let device = self.by_socket.remove(&socket)?;
        Some((device, self.persons.try_remove(key.0 as usize)))
    }

    /// Takes the token of a device that has gone from a registered person, unless another device of
    /// theirs has it too.
    fn forget_token(&mut self, key: PersonKey, device: &DeviceHere) {
        let is_registered = self.person(key).is_some_and(|person| person.is_registered);
        let Some(visit) = device.visit().filter(|_| is_registered) else { return };
        if !self.tokens(key).any(|token| token == visit.token) {
            self.by_token.remove(&visit.token);
        }
    }

    /// The people who have several devices, each by one of them.
    pub(in crate::chat) fn several(&self) -> impl ExactSizeIterator<Item = Option<SocketId>> {
        self.several.iter().map(|key| self.socket_of(*key))
    }

    /// Changes who the person at `socket` is: their id, nick, record or tokens.
    pub(in crate::chat) fn change(&mut self, socket: SocketId, change: impl FnOnce(&mut Person)) {
        let Some(key) = self.key_of(socket) else { return };
        self.leave(key);
        if let Some(person) = self.person_mut(key) {
            change(person);
        }
        self.enter(key);
    }

    /// Enters a person in all tables.
    fn enter(&mut self, key: PersonKey) {
        let Some(person) = self.person(key) else { return };
        let (nick, id) = (person.nick.clone(), person.id.clone());
        let has_record = person.record.is_some() || person.is_registered;
        let tokens = self.tokens(key);
        self.by_token.extend(tokens.map(|token| (token, key)));
        if let Some(id) = id {
            if has_record {
                self.mailboxes.end(&id);
            }
            self.holds.release(&id, &nick);
            self.by_id.insert(id, key);
        }
        self.by_key.extend(crate::chat::names::nick_keys(&nick).map(|name| (name, key)));
        self.enter_ignores(key);
    }

    /// Takes a person out of all tables.
    fn leave(&mut self, key: PersonKey) {
        let Some(person) = self.person(key) else { return };
        let (nick, id) = (person.nick.clone(), person.id.clone());
        let returns = person.record.as_ref().is_some_and(|record| record.returns);
        self.forget(key, &nick);
        for token in self.tokens(key) {
            if self.by_token.get(&token) == Some(&key) {
                self.by_token.remove(&token);
            }
        }
        self.leave_ignores(key);
        if let Some(id) = id {
            if self.by_id.get(&id) == Some(&key) {
                self.by_id.remove(&id);
            }
            // A person who cannot come back needs no hold.
            if !returns {
                self.holds.release_all(&id);
            }
        }
    }

    /// The tokens by which a person is known: those of a registered person are their devices' own.
    pub(super) fn tokens(&self, key: PersonKey) -> impl Iterator<Item = Token> + use<> {
        let person = self.person(key);
        let guest = person.filter(|person| !person.is_registered);
        let record = guest.and_then(|person| person.record.as_deref());
        let own = record.map(|record| record.token);
        let next = record.and_then(|record| Some(record.next?.0));
        let registered = person.filter(|person| person.is_registered);
        let sockets = registered.into_iter().flat_map(|person| person.devices.iter());
        let devices = sockets.filter_map(|socket| Some(self.visit(socket)?.token));
        let devices: Vec<Token> = devices.collect();
        own.into_iter().chain(next).chain(devices)
    }
}
