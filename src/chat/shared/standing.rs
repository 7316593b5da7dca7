//! How a person is here, in the form in which a node that begins learns of each person, and in
//! which a node that was taken out enters its people again.

use super::entry::WrittenWay;
use crate::chat::fact::{Entered, Way};
use crate::chat::history::{KeptPerson, Token};
use crate::chat::rooms::LOBBY;
use crate::chat::{Chat, names, rooms};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The first sign of the key of a person.
const PERSON_MARK: char = '@';
/// The word for a device that is in one room at a time.
const ONE_ROOM: &str = "1";

/// A person who is here.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Standing {
    pub(super) nick: Rc<str>,
    /// The keys of the nick, and that of the person.
    names: Vec<Box<str>>,
    /// Empty if they have none.
    id: Rc<str>,
    /// The nick is held for them when they have gone.
    returns: bool,
    /// In the written form they stand before the rest, because the broker changes them.
    #[serde(skip)]
    pub(super) rooms: Vec<Rc<str>>,
    #[serde(rename = "door")]
    way: WrittenWay,
}

/// The key of the person with this id, if they may have several devices.
pub(super) fn person_key(id: &str) -> Box<str> {
    format!("{PERSON_MARK}{id}").into()
}

impl Standing {
    /// The key under which the broker has the devices of a person who may have several; `None` for
    /// everybody else. No nick has it: the first sign is in none.
    pub(super) fn person_key(&self) -> Option<Box<str>> {
        self.way.is_of_a_person().then(|| person_key(&self.id))
    }

    /// Whether the device is in one room at a time.
    pub(super) fn has_one_room(&self) -> bool {
        self.way.interface().has_one_room()
    }

    /// All keys that they bear at the broker.
    fn keys(&self) -> Vec<Box<str>> {
        names::nick_keys(&self.nick).chain(self.person_key()).collect()
    }

    /// The person at `socket`, who is in these rooms; `None` if they have gone.
    pub(super) fn of(chat: &Chat, socket: SocketId, rooms: Vec<Rc<str>>) -> Option<Self> {
        let person = chat.people.get(socket)?;
        let way = chat.people.way(socket)?;
        let mut standing = Self::new(&person.nick, &rooms, &way);
        standing.id = person.id.clone().unwrap_or_default();
        Some(standing)
    }

    /// A person who comes in.
    pub(super) fn entered(entered: &Entered) -> Self {
        Self::new(&entered.nick, &entered.rooms, &entered.way)
    }

    /// A person with this nick in these rooms.
    pub(super) fn new(nick: &Rc<str>, rooms: &[Rc<str>], way: &Way) -> Self {
        let (id, returns) = (way.id(), way.returns());
        let (id, rooms, way) = (id.cloned().unwrap_or_default(), rooms.to_vec(), way.into());
        let mut standing = Self { nick: nick.clone(), names: Vec::new(), id, returns, rooms, way };
        standing.names = standing.keys();
        standing
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn rename(&mut self, nick: &Rc<str>) {
        self.nick = nick.clone();
        self.names = self.keys();
        if let Some(admitted) = self.way.admitted_mut() {
            admitted.record.nick = nick.clone();
        }
    }

    /// They come in while their person is here by these other devices, each of them in one room at
    /// a time or not, and in these rooms.
    pub(super) fn come_to(&mut self, others: &[(bool, Vec<Rc<str>>)]) {
        if !self.has_one_room() {
            self.rooms = rooms::with_others(others, &self.rooms);
        }
    }

    /// The person comes to a room by this device, or, if not `is_own`, by another.
    pub(super) fn join(&mut self, is_own: bool, room: &Rc<str>) {
        match (self.has_one_room(), is_own) {
            (true, true) => self.rooms = vec![room.clone()],
            (true, false) => (),
            (false, _) if self.rooms.contains(room) => (),
            (false, _) => self.rooms.push(room.clone()),
        }
    }

    /// The device is removed from a room, and comes to another if it must be in one.
    pub(super) fn remove(&mut self, room: &Rc<str>, to: Option<&Rc<str>>) {
        if self.rooms.contains(room) {
            self.rooms.retain(|own| own != room && Some(own) != to);
            self.rooms.extend(to.cloned());
        }
    }

    /// The device is put out of a room by a deed. One that must be in a room comes to the lobby.
    pub(super) fn put_out(&mut self, room: &Rc<str>) {
        let to = self.has_one_room().then(|| LOBBY.into());
        self.remove(room, to.as_ref());
    }

    /// The person leaves a room. A device that must be in one goes to `next`.
    pub(super) fn leave(&mut self, room: &Rc<str>, next: &Rc<str>) {
        let was_there = self.rooms.contains(room);
        self.rooms.retain(|own| own != room);
        if was_there && self.has_one_room() {
            self.rooms.push(next.clone());
        }
    }

    /// They are remembered.
    pub(super) fn remember(&mut self, returns: bool) {
        let Some(admitted) = self.way.admitted_mut() else { return };
        (admitted.record.is_known, admitted.record.returns) = (true, returns);
        self.returns = returns;
    }

    /// They are not remembered any more.
    pub(super) fn forget(&mut self, unknown: Token) {
        let Some(admitted) = self.way.admitted_mut() else { return };
        (admitted.record.token, admitted.record.next) = (unknown, None);
        admitted.record.returns = false;
        self.returns = false;
    }

    /// They are the registered person with this id.
    pub(super) fn register(&mut self, id: &Rc<str>) {
        match self.way.admitted_mut() {
            Some(admitted) => {
                admitted.record = admitted.record.clone().registered();
                self.returns = true;
            }
            None => self.way.identify(id),
        }
        self.id = id.clone();
        self.names = self.keys();
    }

    /// They are another person, with this record if they can come back.
    pub(super) fn change(&mut self, id: &Rc<str>, nick: &Rc<str>, record: Option<&KeptPerson>) {
        match (self.way.admitted_mut(), record) {
            (Some(admitted), Some(record)) => {
                admitted.record = record.clone();
                self.returns = record.returns;
            }
            _ => self.way.identify(id),
        }
        self.id = id.clone();
        self.rename(nick);
    }

    /// The standing as the broker knows it: `KEY|ONE|ROOMS|JSON`.
    pub(super) fn write(&self) -> String {
        let (key, rooms) = (self.person_key().unwrap_or_default(), self.rooms.join(" "));
        let one = if self.has_one_room() { ONE_ROOM } else { "" };
        // Nothing in it can fail to be written.
        let rest = serde_json::to_string(self).unwrap_or_default();
        format!("{key}|{one}|{rooms}|{rest}")
    }

    /// Reads a written standing; `None` if no node wrote it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '|');
        let (_, _, rooms, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let standing: Self = serde_json::from_str(rest).ok()?;
        let rooms = rooms.split(' ').filter(|room| !room.is_empty()).map(Rc::from).collect();
        Some(Self { rooms, ..standing })
    }

    /// The fact of their coming in, of which nobody is told.
    pub(super) fn enter(&self, by: SocketId) -> Entered {
        let (nick, rooms, way) = (self.nick.clone(), self.rooms.clone(), (&self.way).into());
        Entered { by, nick, guest: None, rooms, way, invitation: None }
    }
}
