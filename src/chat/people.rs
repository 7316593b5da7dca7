//! Who is here.

use super::names::{self, GUEST_PREFIX, Refused};
use crate::base::{Attached, SocketId, kind};
use crate::limits::NICK_NUMBERS_MAX;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

/// The way in that a person has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Lines: netcat, or a plain WebSocket.
    Lines,
    /// Socket.IO's main namespace.
    Root,
}

/// One person at one socket.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) door: Door,
    pub(super) nick: Rc<str>,
    /// The key of the room the person is in; for one at another door than that of lines, the first
    /// of them.
    pub(super) room: Rc<str>,
    /// Who wrote to them last, in private.
    pub(super) wrote_last: Option<SocketId>,
    /// By what the history knows them in private; made when it is needed.
    pub(super) id: Option<Rc<str>>,
    /// Until when others need not be told again that they are typing.
    pub(super) typing_until_ms: u64,
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
    pub(super) const fn new(nick: Rc<str>, room: Rc<str>, door: Door) -> Self {
        Self { door, nick, room, wrote_last: None, id: None, typing_until_ms: 0 }
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
        let nick = names::nick(name).map_err(NotHad::Refused)?;
        self.rename_to(socket, Rc::from(nick))
    }

    /// The same, with a number behind the name if it is taken. `None` if there is no such name to
    /// be had.
    pub(super) fn rename_like(&mut self, socket: SocketId, name: &str) -> Option<Renamed> {
        let nick = names::nick(name).ok()?;
        let numbered = (2..NICK_NUMBERS_MAX).map(|number| format!("{nick}~{number}"));
        let mut names = std::iter::once(nick.to_string()).chain(numbered);
        names.find_map(|name| self.rename_to(socket, Rc::from(name)).ok()).flatten()
    }

    fn rename_to(&mut self, socket: SocketId, nick: Rc<str>) -> Result<Option<Renamed>, NotHad> {
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
