//! The people who are here.

mod entering;
mod free;
mod ignores;
mod known;
mod pseudonym;
mod registered;
mod whole;

use super::claims::Claims;
use super::history::{KeptPerson, Token};
use super::holds::Holds;
use super::interfaces::Interface;
use super::mailbox::Mailboxes;
use super::names::{self, GUEST_PREFIX};
pub(super) use ignores::Ignored;
use ignores::Ignores;
use known::Known;
use mio_socketio::{PerSocket, SocketId};
pub(super) use pseudonym::pseudonym;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::rc::Rc;

/// The data about a person who may be remembered, while they are here.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) record: KeptPerson,
    pub(super) client: Client,
    /// The last message that they had seen when they came, if they have been told all later ones.
    pub(super) since: Option<i64>,
    pub(super) typing: Option<Typing>,
    /// A timer will check whether they still type.
    pub(super) watched: bool,
    /// Too many people of their address are remembered, so they are not, and have been told.
    pub(super) passing: bool,
}

/// The kind of program that a person uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Client {
    Web,
    Terminal,
    App,
}

/// The room or the person to whom somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Room(Rc<str>),
    Private(SocketId),
}

/// A person's typing.
#[derive(Debug)]
pub(super) struct Typing {
    pub(super) target: Target,
    pub(super) until_ms: u64,
    /// The time at which others were told.
    pub(super) told_ms: u64,
}

/// One person at one socket.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) interface: &'static dyn Interface,
    visit: Option<Box<Visit>>,
    pub(super) nick: Rc<str>,
    /// The key of the room that the person is in, if they are in one at a time; otherwise the
    /// lobby.
    pub(super) room: Rc<str>,
    /// The people with whom they have talked in private.
    known: Option<Box<Known>>,
    /// Their id, for private messages in the history and for held names; [`People::identify`] makes
    /// it when it is needed.
    pub(super) id: Option<Rc<str>>,
    /// Whether they are a registered person.
    pub(super) is_registered: bool,
    /// They have been told that their password can be read on its way.
    pub(super) is_warned: bool,
    /// The time until which others need not be told again that they are typing.
    pub(super) typing_until_ms: u64,
}

/// Everyone, by socket and by name.
#[derive(Debug, Default)]
pub(super) struct People {
    by_socket: PerSocket<Person>,
    by_key: HashMap<Box<str>, SocketId>,
    by_token: HashMap<Token, SocketId>,
    /// The sockets of people with an id.
    by_id: HashMap<Rc<str>, SocketId>,
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

impl Client {
    pub(super) fn called(name: Option<&str>) -> Self {
        match name {
            Some("web") => Self::Web,
            Some("terminal") => Self::Terminal,
            _ => Self::App,
        }
    }

    /// The word for it in lists of members and in logs.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Terminal => "terminal",
            Self::App => "app",
        }
    }
}

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

    /// Adds a person, whose nick must be free.
    pub(super) fn insert(&mut self, socket: SocketId, person: Person) {
        if let Some(Visit { record, .. }) = person.visit() {
            self.by_token.insert(record.token, socket);
            self.by_token.extend(record.next.map(|(next, _)| (next, socket)));
            self.mailboxes.end(&record.id);
        }
        if let Some(id) = &person.id {
            self.by_id.insert(id.clone(), socket);
            self.holds.release(id, &person.nick);
        }
        self.by_key.extend(names::nick_keys(&person.nick).map(|key| (key, socket)));
        self.by_socket.insert(socket, person);
        self.enter_ignores(socket);
    }

    pub(super) fn remove(&mut self, socket: SocketId) -> Option<Person> {
        let person = self.by_socket.remove(socket)?;
        self.forget(socket, &person.nick);
        if let Some(visit) = person.visit() {
            let KeptPerson { token, next, .. } = &visit.record;
            for token in std::iter::once(token).chain(next.as_ref().map(|(next, _)| next)) {
                if self.by_token.get(token) == Some(&socket) {
                    self.by_token.remove(token);
                }
            }
        }
        self.leave_ignores(socket, &person);
        if let Some(id) = &person.id {
            if self.by_id.get(id) == Some(&socket) {
                self.by_id.remove(id);
            }
            // A person who cannot come back needs no hold.
            if !person.visit().is_some_and(|visit| visit.record.returns) {
                self.holds.release_all(id);
            }
        }
        Some(person)
    }

    /// The sockets of all people.
    pub(super) fn sockets(&self) -> Vec<SocketId> {
        self.by_socket.sockets()
    }

    pub(super) fn get(&self, socket: SocketId) -> Option<&Person> {
        self.by_socket.get(socket)
    }

    pub(super) fn get_mut(&mut self, socket: SocketId) -> Option<&mut Person> {
        self.by_socket.get_mut(socket)
    }

    /// The person called `nick`, or a name that looks like it.
    pub(super) fn find(&self, nick: &str) -> Option<SocketId> {
        names::nick_keys(nick).find_map(|key| self.by_key.get(&key).copied())
    }

    /// Gives a person an id.
    pub(super) fn identify(&mut self, socket: SocketId, id: Rc<str>) {
        if let Some(person) = self.by_socket.get_mut(socket) {
            person.id = Some(id.clone());
            self.by_id.insert(id, socket);
        }
    }

    /// The person called `nick`, or a name that looks like it, now or a moment ago. They may have
    /// gone, or be here under another name. A message to the old name is for them, because nobody
    /// else can have it yet; a refusal would only make its author look for the new name.
    pub(super) fn addressee(&self, now_ms: u64, nick: &str) -> Option<Addressee> {
        let here = self.find(nick).map(Addressee::Here);
        here.or_else(|| Some(self.as_addressee(self.holds.get(now_ms, nick)?)))
    }

    fn as_addressee(&self, away: &Away) -> Addressee {
        let here = self.by_id.get(&away.id).copied();
        here.map_or_else(|| Addressee::Away(away.clone()), Addressee::Here)
    }

    /// The author of a private message as a receiver, if they are here or were a moment ago.
    pub(super) fn writer(&self, now_ms: u64, writer: &Writer) -> Option<Addressee> {
        let here = self.by_id.get(&writer.0).copied().map(Addressee::Here);
        here.or_else(|| self.holds.of(now_ms, &writer.0).cloned().map(Addressee::Away))
    }

    /// The socket of the person with this token.
    pub(super) fn by_token(&self, token: &Token) -> Option<SocketId> {
        self.by_token.get(token).copied()
    }

    /// Holds a nick for the person with this id, who has gone.
    pub(super) fn hold(&mut self, now_ms: u64, id: &Rc<str>, nick: &Rc<str>) {
        for id in self.holds.hold(now_ms, id, nick) {
            self.mailboxes.end(&id);
        }
    }

    /// Gives the person at `socket` another name, which is free.
    pub(super) fn rename(&mut self, now_ms: u64, socket: SocketId, nick: &Rc<str>) {
        let marks = self.marks(socket);
        let Some(person) = self.by_socket.get_mut(socket) else { return };
        if let Some(visit) = person.visit_mut() {
            visit.record.nick = nick.clone();
        }
        let old = std::mem::replace(&mut person.nick, nick.clone());
        let id = person.id.clone();
        self.forget(socket, &old);
        if let Some(id) = id {
            self.holds.release(&id, nick);
            // Nobody can take a guest's name, and a change of case keeps the name.
            if !old.starts_with(GUEST_PREFIX) && !names::nick_keys(&old).eq(names::nick_keys(nick))
            {
                self.holds.hold(now_ms, &id, &old);
            }
        }
        self.by_key.extend(names::nick_keys(nick).map(|key| (key, socket)));
        self.rename_ignored(socket, &marks);
    }

    /// Takes a name from the person at `socket`, unless somebody else already has it.
    fn forget(&mut self, socket: SocketId, nick: &str) {
        for key in names::nick_keys(nick) {
            if self.by_key.get(&key) == Some(&socket) {
                self.by_key.remove(&key);
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
