//! Who is here.

mod free;
mod ignores;
mod known;
mod pseudonym;
mod whole;

use super::history::{Record, Token};
use super::holds::Holds;
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

/// How a person meets the chat.
#[derive(Debug)]
pub(super) enum Interface {
    /// Lines: netcat, or a plain WebSocket.
    Lines,
    /// Socket.IO's main namespace.
    Root,
    /// Namespace `/chat`.
    Chat(Box<Visit>),
}

/// What is known of a person in namespace `/chat`, and of nobody else, while they are here.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) record: Record,
    pub(super) client: Client,
    /// The last message that they had seen when they came, if they have been told all since.
    pub(super) since: Option<i64>,
    pub(super) typing: Option<Typing>,
    /// A timer will look whether they still type.
    pub(super) watched: bool,
    /// Their address has too many who are remembered: they are not, and have been told.
    pub(super) passing: bool,
}

/// What kind of program somebody uses.
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

/// Somebody types.
#[derive(Debug)]
pub(super) struct Typing {
    pub(super) target: Target,
    pub(super) until_ms: u64,
    /// When others were told.
    pub(super) told_ms: u64,
}

/// One person at one socket.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) interface: Interface,
    pub(super) nick: Rc<str>,
    /// The key of the room the person is in; of somebody who does not use lines, the
    /// lobby.
    pub(super) room: Rc<str>,
    /// With whom they have talked in private.
    known: Option<Box<Known>>,
    /// By what the history knows them in private, and a name is kept for them; made when it is
    /// needed, by [`People::identify`].
    pub(super) id: Option<Rc<str>>,
    /// Until when others need not be told again that they are typing.
    pub(super) typing_until_ms: u64,
}

/// Everyone, by socket and by name.
#[derive(Debug, Default)]
pub(super) struct People {
    by_socket: PerSocket<Person>,
    by_key: HashMap<Box<str>, SocketId>,
    by_token: HashMap<Token, SocketId>,
    /// Where those are who are known by an id.
    by_id: HashMap<Rc<str>, SocketId>,
    /// Nicks that are kept for those who have just gone, or are called otherwise now.
    holds: Holds,
    ignores: Ignores,
    /// How much waits for those who are away.
    pub(super) mailboxes: Mailboxes,
    guests: u64,
}

/// One who has gone a moment ago and may come back.
#[derive(Debug, Clone)]
pub(super) struct Away {
    pub(super) id: Rc<str>,
    pub(super) nick: Rc<str>,
}

/// To whom something is said in private.
#[derive(Debug, Clone)]
pub(super) enum Addressee {
    Here(SocketId),
    Away(Away),
}

/// Who said something in private, by their id.
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

    const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Terminal => "terminal",
            Self::App => "app",
        }
    }
}

impl Interface {
    /// What others are told of it.
    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::Lines => "netcat",
            Self::Root => "socket",
            Self::Chat(visit) => visit.client.as_str(),
        }
    }
}

impl Person {
    pub(super) fn new(nick: Rc<str>, room: Rc<str>, interface: Interface) -> Self {
        let id = match &interface {
            Interface::Chat(visit) => Some(visit.record.id.clone()),
            Interface::Lines | Interface::Root => None,
        };
        Self { interface, nick, room, known: None, id, typing_until_ms: 0 }
    }

    /// What those at namespace `/chat` have more than others.
    pub(super) const fn visit(&self) -> Option<&Visit> {
        match &self.interface {
            Interface::Chat(visit) => Some(visit),
            Interface::Lines | Interface::Root => None,
        }
    }

    pub(super) const fn visit_mut(&mut self) -> Option<&mut Visit> {
        match &mut self.interface {
            Interface::Chat(visit) => Some(visit),
            Interface::Lines | Interface::Root => None,
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
            // One who has come back, or may, is called so.
            if self.is_free(now_ms, None, None, &nick).is_ok() {
                return (number, nick);
            }
        }
    }

    /// The guest with this number has come: the next one gets a higher number.
    pub(super) fn count_guest(&mut self, number: u64) {
        self.guests = self.guests.max(number);
    }

    /// Puts a person in, whose nick is free.
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
            let Record { token, next, .. } = &visit.record;
            for token in std::iter::once(token).chain(next.as_ref().map(|(next, _)| next)) {
                self.by_token.remove(token);
            }
        }
        self.leave_ignores(socket, &person);
        if let Some(id) = &person.id {
            if self.by_id.get(id) == Some(&socket) {
                self.by_id.remove(id);
            }
            // Who cannot come back needs no name.
            if !person.visit().is_some_and(|visit| visit.record.returns) {
                self.holds.release_all(id);
            }
        }
        Some(person)
    }

    /// Where everyone is.
    pub(super) fn sockets(&self) -> Vec<SocketId> {
        self.by_socket.sockets()
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

    /// Gives somebody an id by which they are known.
    pub(super) fn identify(&mut self, socket: SocketId, id: Rc<str>) {
        if let Some(person) = self.by_socket.get_mut(socket) {
            person.id = Some(id.clone());
            self.by_id.insert(id, socket);
        }
    }

    /// Who is called `nick`, or what looks like it, or was a moment ago: they may have gone, or are
    /// here under another name. Whoever writes to the old one means them, and nobody else can have
    /// it yet; a refusal would only have them look for the new one.
    pub(super) fn addressee(&self, now_ms: u64, nick: &str) -> Option<Addressee> {
        let here = self.find(nick).map(Addressee::Here);
        here.or_else(|| Some(self.whoever(self.holds.get(now_ms, nick)?)))
    }

    fn whoever(&self, away: &Away) -> Addressee {
        let here = self.by_id.get(&away.id).copied();
        here.map_or_else(|| Addressee::Away(away.clone()), Addressee::Here)
    }

    /// Where somebody is who has written, if they are here or were a moment ago.
    pub(super) fn writer(&self, now_ms: u64, writer: &Writer) -> Option<Addressee> {
        let here = self.by_id.get(&writer.0).copied().map(Addressee::Here);
        here.or_else(|| self.holds.of(now_ms, &writer.0).cloned().map(Addressee::Away))
    }

    /// Where the one is whom a token stands for.
    pub(super) fn by_token(&self, token: &Token) -> Option<SocketId> {
        self.by_token.get(token).copied()
    }

    /// Keeps a nick for a while for the one with this id, who has gone.
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
            // The name of a guest nobody takes, and one that differs in its case is the same.
            if !old.starts_with(GUEST_PREFIX) && !names::nick_keys(&old).eq(names::nick_keys(nick))
            {
                self.holds.hold(now_ms, &id, &old);
            }
        }
        self.by_key.extend(names::nick_keys(nick).map(|key| (key, socket)));
        self.rename_ignored(socket, &marks);
    }

    /// A name is the person's at `socket` no more. Somebody else may have it by now.
    fn forget(&mut self, socket: SocketId, nick: &str) {
        for key in names::nick_keys(nick) {
            if self.by_key.get(&key) == Some(&socket) {
                self.by_key.remove(&key);
            }
        }
    }

    /// Holds a nick no more for the person at `socket`, who has lost it.
    pub(super) fn lose(&mut self, socket: SocketId, nick: &str) {
        if let Some(id) = self.get(socket).and_then(|person| person.id.clone()) {
            self.holds.release(&id, nick);
        }
    }
}
