//! Who is here.

use super::history::{Record, Token};
use super::mailbox::Mailboxes;
use super::names::{self, GUEST_PREFIX, Refused};
use crate::base::{Attached, SocketId, kind};
use crate::limits::{NICK_HELD_MS, NICK_NUMBERS_MAX};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::rc::Rc;

/// The way in that a person has taken.
#[derive(Debug)]
pub(super) enum Door {
    /// Lines: netcat, or a plain WebSocket.
    Lines,
    /// Socket.IO's main namespace.
    Root,
    /// Namespace `/chat`.
    Chat(Box<Seat>),
}

/// What somebody in namespace `/chat` has more than others.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) record: Record,
    pub(super) client: Client,
    /// The token itself.
    pub(super) secret: Rc<str>,
    /// The last message that they had seen when they came, if they have been told all since.
    pub(super) since: Option<i64>,
    pub(super) typing: Option<Typing>,
    /// A timer will look whether they still type.
    pub(super) watched: bool,
}

/// What kind of program somebody uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Web,
    Terminal,
    App,
}

/// Where somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Room(Rc<str>),
    Private(SocketId),
}

/// Somebody types.
#[derive(Debug)]
pub(super) struct Typing {
    pub(super) place: Place,
    pub(super) until_ms: u64,
    /// When others were told.
    pub(super) told_ms: u64,
}

/// One person at one socket.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) door: Door,
    pub(super) nick: Rc<str>,
    /// The key of the room the person is in; of somebody at another door than that of lines, the
    /// lobby.
    pub(super) room: Rc<str>,
    /// Who wrote to them last, in private.
    pub(super) wrote_last: Option<Writer>,
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
    by_token: HashMap<Token, SocketId>,
    /// The keys of nicks that are kept for those who have just gone.
    held: HashMap<Box<str>, Held>,
    /// The same in the order in which their time is over, about.
    holds: VecDeque<(u64, Box<str>)>,
    /// How much waits for them.
    pub(super) mailboxes: Mailboxes,
    guests: u64,
}

/// For whom a nick is kept, and until when.
#[derive(Debug)]
struct Held {
    away: Away,
    until_ms: u64,
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

/// Who said something in private: where they were then, and who they are.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    pub(super) socket: SocketId,
    pub(super) id: Rc<str>,
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
    /// It is kept for somebody who has just gone.
    Held(Rc<str>),
}

impl fmt::Display for NotHad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Taken(nick) => write!(f, "{nick} is here already, choose another name"),
            Self::Held(nick) => {
                write!(f, "{nick} was here a moment ago and may come back, choose another name")
            }
        }
    }
}

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

impl Door {
    /// What others are told of it.
    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::Lines => "netcat",
            Self::Root => "socket",
            Self::Chat(seat) => seat.client.as_str(),
        }
    }
}

impl Person {
    pub(super) fn new(nick: Rc<str>, room: Rc<str>, door: Door) -> Self {
        let id = match &door {
            Door::Chat(seat) => Some(seat.record.id.clone()),
            Door::Lines | Door::Root => None,
        };
        Self { door, nick, room, wrote_last: None, id, typing_until_ms: 0 }
    }

    /// What those at namespace `/chat` have more than others.
    pub(super) const fn seat(&self) -> Option<&Seat> {
        match &self.door {
            Door::Chat(seat) => Some(seat),
            Door::Lines | Door::Root => None,
        }
    }

    pub(super) const fn seat_mut(&mut self) -> Option<&mut Seat> {
        match &mut self.door {
            Door::Chat(seat) => Some(seat),
            Door::Lines | Door::Root => None,
        }
    }
}

impl People {
    /// A name for a newcomer.
    pub(super) fn guest(&mut self, now_ms: u64) -> Rc<str> {
        loop {
            self.guests += 1;
            let nick = Rc::from(format!("{GUEST_PREFIX}{}", self.guests));
            // One who has come back, or may, is called so.
            if self.is_free(now_ms, None, None, &nick).is_ok() {
                return nick;
            }
        }
    }

    /// Puts a person in, whose nick is free.
    pub(super) fn insert(&mut self, socket: SocketId, person: Person) {
        if let Some(Seat { record, .. }) = person.seat() {
            self.by_token.insert(record.token, socket);
            self.by_token.extend(record.next.map(|(next, _)| (next, socket)));
            self.release(&record.id, &person.nick);
            self.mailboxes.end(&record.id);
        }
        self.by_key.extend(names::nick_keys(&person.nick).map(|key| (key, socket)));
        self.by_socket.insert(socket, person);
    }

    pub(super) fn remove(&mut self, socket: SocketId) -> Option<Person> {
        let person = self.by_socket.remove(socket)?;
        self.forget(&person.nick);
        if let Some(seat) = person.seat() {
            let Record { token, next, .. } = &seat.record;
            for token in std::iter::once(token).chain(next.as_ref().map(|(next, _)| next)) {
                self.by_token.remove(token);
            }
        }
        Some(person)
    }

    /// Where everyone is.
    pub(super) fn sockets(&self) -> Vec<SocketId> {
        self.by_socket.ids()
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

    /// Who is called `nick`, or what looks like it, or was a moment ago.
    pub(super) fn addressee(&self, now_ms: u64, nick: &str) -> Option<Addressee> {
        self.find(nick).map(Addressee::Here).or_else(|| {
            let held = names::nick_keys(nick).find_map(|key| self.held.get(&key));
            let held = held.filter(|held| held.until_ms > now_ms);
            held.map(|held| Addressee::Away(held.away.clone()))
        })
    }

    /// Where somebody is who has written, if they are here or were a moment ago.
    pub(super) fn writer(&self, now_ms: u64, writer: &Writer) -> Option<Addressee> {
        let Writer { socket, id } = writer;
        let is_it = |socket: &SocketId| {
            self.get(*socket).is_some_and(|person| person.id.as_ref() == Some(id))
        };
        let here = Some(*socket).filter(is_it);
        // They may have come back.
        let here = here.or_else(|| self.by_token.values().copied().find(is_it));
        here.map(Addressee::Here).or_else(|| {
            let mut held = self.held.values();
            let held = held.find(|held| held.away.id == *id && held.until_ms > now_ms);
            held.map(|held| Addressee::Away(held.away.clone()))
        })
    }

    /// Where the one is whom a token stands for.
    pub(super) fn by_token(&self, token: &Token) -> Option<SocketId> {
        self.by_token.get(token).copied()
    }

    /// Keeps a nick for a while for the one with this id, who has gone.
    pub(super) fn hold(&mut self, now_ms: u64, id: &Rc<str>, nick: &Rc<str>) {
        while let Some((_, key)) = self.holds.pop_front_if(|(until_ms, _)| *until_ms <= now_ms) {
            if self.held.get(&key).is_some_and(|held| held.until_ms <= now_ms)
                && let Some(Held { away, .. }) = self.held.remove(&key)
            {
                self.mailboxes.end(&away.id);
            }
        }
        let until_ms = now_ms + NICK_HELD_MS;
        for key in names::nick_keys(nick) {
            self.holds.push_back((until_ms, key.clone()));
            let away = Away { id: id.clone(), nick: nick.clone() };
            self.held.insert(key, Held { away, until_ms });
        }
    }

    /// Keeps a nick no more for the one with this id, who is back.
    fn release(&mut self, id: &Rc<str>, nick: &str) {
        for key in names::nick_keys(nick) {
            if self.held.get(&key).is_some_and(|held| held.away.id == *id) {
                self.held.remove(&key);
            }
        }
    }

    /// The nick of a newcomer who wants to be called `name`.
    pub(super) fn free(&self, now_ms: u64, name: &str) -> Result<Rc<str>, NotHad> {
        let nick: Rc<str> = Rc::from(names::nick(name).map_err(NotHad::Refused)?);
        self.is_free(now_ms, None, None, &nick).map(|()| nick)
    }

    /// The nick of one who comes back and was called `nick`: with a number behind it if somebody
    /// else is called so now.
    pub(super) fn free_again(&self, now_ms: u64, id: &str, nick: &Rc<str>) -> Option<Rc<str>> {
        numbered(nick).find(|nick| self.is_free(now_ms, None, Some(id), nick).is_ok())
    }

    /// Whether the one at the socket `me`, or with this id, can be called `nick`.
    fn is_free(
        &self,
        now_ms: u64,
        me: Option<SocketId>,
        id: Option<&str>,
        nick: &Rc<str>,
    ) -> Result<(), NotHad> {
        for key in names::nick_keys(nick) {
            if let Some(other) = self.by_key.get(&key).filter(|other| Some(**other) != me) {
                let name = self.get(*other).map_or(nick, |other| &other.nick);
                return Err(NotHad::Taken(name.clone()));
            }
            let held = self.held.get(&key).filter(|held| held.until_ms > now_ms);
            if held.is_some_and(|held| Some(&*held.away.id) != id) {
                return Err(NotHad::Held(nick.clone()));
            }
        }
        Ok(())
    }

    /// Gives the person at `socket` another name; `None` if nobody is there.
    pub(super) fn rename(
        &mut self,
        now_ms: u64,
        socket: SocketId,
        name: &str,
    ) -> Result<Option<Renamed>, NotHad> {
        let nick = names::nick(name).map_err(NotHad::Refused)?;
        self.rename_to(now_ms, socket, Rc::from(nick))
    }

    /// The same, with a number behind the name if it is taken. `None` if there is no such name to
    /// be had.
    pub(super) fn rename_like(
        &mut self,
        now_ms: u64,
        socket: SocketId,
        name: &str,
    ) -> Option<Renamed> {
        let nick = Rc::from(names::nick(name).ok()?);
        numbered(&nick).find_map(|nick| self.rename_to(now_ms, socket, nick).ok()).flatten()
    }

    fn rename_to(
        &mut self,
        now_ms: u64,
        socket: SocketId,
        nick: Rc<str>,
    ) -> Result<Option<Renamed>, NotHad> {
        let id = self.get(socket).and_then(|person| person.id.as_deref());
        self.is_free(now_ms, Some(socket), id, &nick)?;
        let Some(person) = self.by_socket.get_mut(socket) else { return Ok(None) };
        if let Some(seat) = person.seat_mut() {
            seat.record.nick = nick.clone();
        }
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

/// A nick, and the same with numbers behind it.
fn numbered(nick: &Rc<str>) -> impl Iterator<Item = Rc<str>> {
    let numbered = (2..NICK_NUMBERS_MAX).map(move |number| Rc::from(format!("{nick}~{number}")));
    std::iter::once(nick.clone()).chain(numbered)
}
