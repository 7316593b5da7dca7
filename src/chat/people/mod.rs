//! The people who are here.

mod client;
mod devices;
mod entering;
mod free;
mod holds;
pub(super) mod ignores;
mod known;
mod mailbox;
mod pseudonym;
pub(super) mod quiet;
pub(super) mod reads;
mod registered;
mod whole;

use super::history::{KeptPerson, Token};
use super::names::{self, GUEST_PREFIX};
use super::registration::Claims;
pub(super) use client::Client;
use devices::Devices;
pub(super) use devices::{DeviceHere, Target, Typing, Visit};
use holds::Holds;
pub(super) use ignores::Ignored;
use ignores::Ignores;
use known::Known;
use mailbox::Mailboxes;
use mio_socketio::SocketId;
pub(super) use pseudonym::pseudonym;
use slab::Slab;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// A person who is here, with one device or more. The socket of any of them stands for the person.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) nick: Rc<str>,
    /// Their id, for private messages in the history and for held names; [`People::identify`] makes
    /// it when it is needed.
    pub(super) id: Option<Rc<str>>,
    /// The number of the last message that they have said; 0 if they have said nothing.
    pub(super) said: i64,
    /// Whether they are a registered person.
    pub(super) is_registered: bool,
    /// Too many people of their address are remembered, so they are not, and have been told.
    pub(super) passing: bool,
    /// The data by which they may come back; `None` if they cannot.
    pub(super) record: Option<Box<KeptPerson>>,
    /// The people with whom they have talked in private.
    known: Option<Box<Known>>,
    devices: Devices,
}

// There is one of each for an idle client, in tables whose length doubles: growth here must be
// measured with thousands of them.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Person>() <= 80 && size_of::<DeviceHere>() <= 32);

/// The place of a person in the table of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct PersonKey(u32);

/// Everyone who is here, with their devices, and everyone by name.
#[derive(Debug, Default)]
pub(super) struct People {
    persons: Slab<Person>,
    /// A socket may have gone, and another have its place, before the journal tells of it. Each
    /// message looks here some ten times; nobody outside chooses the keys, so a quick hash is safe.
    by_socket: foldhash::HashMap<SocketId, DeviceHere>,
    /// The people who have several devices.
    several: BTreeSet<PersonKey>,
    by_key: HashMap<Box<str>, PersonKey>,
    by_token: HashMap<Token, PersonKey>,
    /// The people who have an id.
    by_id: HashMap<Rc<str>, PersonKey>,
    /// Nicks held for people who have just gone, or have taken another one.
    holds: Holds,
    ignores: Ignores,
    /// The claims of registered people on the names that the request at hand is about.
    pub(super) claims: Claims,
    /// The number of messages that wait for each absent person.
    pub(super) mailboxes: Mailboxes,
    guests: u64,
}

/// A person who has just gone and may come back.
#[derive(Debug, Clone)]
pub(super) struct Away {
    pub(super) id: Rc<str>,
    pub(super) nick: Rc<str>,
}

/// The receiver of a private message.
#[derive(Debug, Clone)]
pub(super) enum Addressee {
    Here(SocketId),
    Away(Away),
}

/// The author of a private message, by their id.
#[derive(Debug, Clone)]
pub(super) struct Writer(pub(super) Rc<str>);

impl People {
    /// The next guest's number, and their nick.
    pub(super) fn next_guest(&self, now_ms: u64) -> (u64, Rc<str>) {
        let mut number = self.guests;
        loop {
            number += 1;
            let nick = Rc::from(format!("{GUEST_PREFIX}{number}"));
            // A person who has come back, or may, has this name.
            if self.is_free(now_ms, None, None, &nick).is_ok() {
                return (number, nick);
            }
        }
    }

    /// The guest with this number has come: the next one gets a higher number.
    pub(super) fn count_guest(&mut self, number: u64) {
        self.guests = self.guests.max(number);
    }

    /// The person whose device is at `socket`.
    pub(super) fn get(&self, socket: SocketId) -> Option<&Person> {
        self.person(self.key_of(socket)?)
    }

    pub(super) fn get_mut(&mut self, socket: SocketId) -> Option<&mut Person> {
        let key = self.key_of(socket)?;
        self.person_mut(key)
    }

    /// The person called `nick`, or a name that looks like it, by one of their devices.
    pub(super) fn find(&self, nick: &str) -> Option<SocketId> {
        let key = names::nick_keys(nick).find_map(|key| self.by_key.get(&key).copied());
        self.socket_of(key?)
    }

    /// Gives the person at `socket` an id.
    pub(super) fn identify(&mut self, socket: SocketId, id: Rc<str>) {
        let Some(key) = self.key_of(socket) else { return };
        if let Some(person) = self.person_mut(key) {
            person.id = Some(id.clone());
            self.by_id.insert(id, key);
        }
    }

    /// The person called `nick`, or a name that looks like it, now or a moment ago. They may have
    /// gone, or be here under another name. A message to the old name is for them, because nobody
    /// else can have it yet; a refusal would only make its author look for the new name.
    pub(super) fn addressee(&self, now_ms: u64, nick: &str) -> Option<Addressee> {
        let here = self.find(nick).map(Addressee::Here);
        here.or_else(|| Some(self.as_addressee(self.holds.get(now_ms, nick)?)))
    }

    pub(super) fn as_addressee(&self, away: &Away) -> Addressee {
        let here = self.with_id(&away.id);
        here.map_or_else(|| Addressee::Away(away.clone()), Addressee::Here)
    }

    /// The author of a private message as a receiver, if they are here or were a moment ago.
    pub(super) fn writer(&self, now_ms: u64, writer: &Writer) -> Option<Addressee> {
        let here = self.with_id(&writer.0).map(Addressee::Here);
        here.or_else(|| self.holds.of(now_ms, &writer.0).cloned().map(Addressee::Away))
    }

    /// The person with this token, by one of their devices.
    pub(super) fn by_token(&self, token: &Token) -> Option<SocketId> {
        self.socket_of(*self.by_token.get(token)?)
    }

    /// Holds a nick for the person with this id, who has gone.
    pub(super) fn hold(&mut self, now_ms: u64, id: &Rc<str>, nick: &Rc<str>) {
        for id in self.holds.hold(now_ms, id, nick) {
            self.mailboxes.end_hold(&id);
        }
    }

    /// Gives the person at `socket` another name, which is free.
    pub(super) fn rename(&mut self, now_ms: u64, socket: SocketId, nick: &Rc<str>) {
        let Some(key) = self.key_of(socket) else { return };
        let marks = self.marks(key);
        let Some(person) = self.person_mut(key) else { return };
        if let Some(record) = &mut person.record {
            record.nick = nick.clone();
        }
        let old = std::mem::replace(&mut person.nick, nick.clone());
        let id = person.id.clone();
        self.forget(key, &old);
        if let Some(id) = id {
            self.holds.release(&id, nick);
            // Nobody can take a guest's name, and a change of case keeps the name.
            if !old.starts_with(GUEST_PREFIX) && !names::nick_keys(&old).eq(names::nick_keys(nick))
            {
                self.holds.hold(now_ms, &id, &old);
            }
        }
        self.by_key.extend(names::nick_keys(nick).map(|name| (name, key)));
        self.rename_ignored(key, &marks);
    }

    /// Takes a name from a person, unless somebody else already has it.
    fn forget(&mut self, key: PersonKey, nick: &str) {
        for name in names::nick_keys(nick) {
            if self.by_key.get(&name) == Some(&key) {
                self.by_key.remove(&name);
            }
        }
    }

    /// Ends the hold on a nick for the person at `socket`, who has lost it.
    pub(super) fn lose(&mut self, socket: SocketId, nick: &str) {
        if let Some(id) = self.get(socket).and_then(|person| person.id.clone()) {
            self.holds.release(&id, nick);
        }
    }
}
