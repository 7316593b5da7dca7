//! Who is here.

use super::names::{self, GUEST_PREFIX, Refused};
use crate::base::{Attached, SocketId, kind};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

/// One person at one socket.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) nick: Rc<str>,
    /// The key of the room the person is in.
    pub(super) room: Rc<str>,
    /// Who wrote to them last, in private.
    pub(super) wrote_last: Option<SocketId>,
}

/// Everyone, by socket and by name.
#[derive(Debug, Default)]
pub(super) struct People {
    by_socket: Attached<kind::Socket, Person>,
    by_key: HashMap<Box<str>, SocketId>,
    guests: u64,
}

/// A person's name before and behind a change.
#[derive(Debug)]
pub(super) struct Renamed {
    pub(super) old: Rc<str>,
    pub(super) new: Rc<str>,
}

/// Why a nick is not to be had.
#[derive(Debug)]
pub(super) enum NotHad {
    Refused(Refused),
    /// Somebody is called so, or looks so.
    Taken(Rc<str>),
}

impl fmt::Display for NotHad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Taken(nick) => write!(f, "{nick} is here already, choose another name"),
        }
    }
}

impl Person {
    pub(super) const fn new(nick: Rc<str>, room: Rc<str>) -> Self {
        Self { nick, room, wrote_last: None }
    }
}

impl People {
    /// A name for a newcomer.
    pub(super) fn guest(&mut self) -> Rc<str> {
        self.guests += 1;
        Rc::from(format!("{GUEST_PREFIX}{}", self.guests))
    }

    pub(super) fn insert(&mut self, socket: SocketId, person: Person) {
        self.by_key.extend(names::nick_keys(&person.nick).map(|key| (key, socket)));
        self.by_socket.insert(socket, person);
    }

    pub(super) fn remove(&mut self, socket: SocketId) -> Option<Person> {
        let person = self.by_socket.remove(socket)?;
        self.forget(&person.nick);
        Some(person)
    }

    pub(super) fn get(&self, socket: SocketId) -> Option<&Person> {
        self.by_socket.get(socket)
    }

    pub(super) fn get_mut(&mut self, socket: SocketId) -> Option<&mut Person> {
        self.by_socket.get_mut(socket)
    }

    /// Who is called `nick`, or what looks like it.
    pub(super) fn find(&self, nick: &str) -> Option<SocketId> {
        names::nick_keys(nick).find_map(|key| self.by_key.get(&key).copied())
    }

    /// Gives the person at `socket` another name; `None` if nobody is there.
    pub(super) fn rename(
        &mut self,
        socket: SocketId,
        name: &str,
    ) -> Result<Option<Renamed>, NotHad> {
        let nick: Rc<str> = Rc::from(names::nick(name).map_err(NotHad::Refused)?);
        let taken = |key| self.by_key.get(&key).copied().filter(|other| *other != socket);
        if let Some(other) = names::nick_keys(&nick).find_map(taken) {
            let name = self.get(other).map_or(nick, |other| other.nick.clone());
            return Err(NotHad::Taken(name));
        }
        let Some(person) = self.by_socket.get_mut(socket) else { return Ok(None) };
        let old = std::mem::replace(&mut person.nick, nick.clone());
        self.forget(&old);
        self.by_key.extend(names::nick_keys(&nick).map(|key| (key, socket)));
        Ok(Some(Renamed { old, new: nick }))
    }

    fn forget(&mut self, nick: &str) {
        for key in names::nick_keys(nick) {
            self.by_key.remove(&key);
        }
    }
}
