//! Decides requests, by all the rules of the chat: those about deeds are in `order`. A decision
//! changes nothing and tells nobody.

mod enter;
mod once_more;
mod talk;
#[cfg(test)]
mod tests;

use super::fact::{Departed, Fact, Joined, Remembered, Renamed, TopicSet};
use super::history::{KeptPerson, Message};
use super::names;
use super::people::{Addressee, Client, DeviceHere, Person, Visit};
use super::refusal::{Refusal, RoomRefusal};
use super::request::{Already, Decision, Request};
use super::roles::Power;
use super::{Chat, Cx, registration};
use crate::limits::{ROOMS_PER_CLIENT_MAX, TOPIC_CHARS_MAX};
use mio_socketio::{Address, CloseReason, Now, PeerAddress, SocketId};
pub(super) use once_more::once_more;
use std::collections::VecDeque;
use std::rc::Rc;
pub(super) use talk::fits;

/// The server's knowledge of sockets.
pub(super) trait Sockets {
    /// The time of this turn.
    fn now(&self) -> Now;

    /// The rooms that a socket is in.
    fn rooms(&self, socket: SocketId) -> impl Iterator<Item = &str>;

    /// The address to which messages for absent people are counted; `None` if this socket's
    /// messages are not counted.
    fn address(&self, socket: SocketId) -> Option<Address>;

    /// The address of a device; `None` if it is at another server.
    fn peer(&self, socket: SocketId) -> Option<PeerAddress>;
}

impl Sockets for Cx<'_> {
    fn now(&self) -> Now {
        Cx::now(self)
    }

    fn rooms(&self, socket: SocketId) -> impl Iterator<Item = &str> {
        Cx::rooms(self, socket)
    }

    fn address(&self, socket: SocketId) -> Option<Address> {
        Cx::address(self, socket).filter(|_| !self.is_exempt(socket)).map(Address::of)
    }

    fn peer(&self, socket: SocketId) -> Option<PeerAddress> {
        Cx::address(self, socket)
    }
}

/// Decides a request of the person at `socket`.
///
/// # Errors
/// The refusal of the request.
pub(super) fn decide<'a>(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    request: Request<'a>,
) -> Result<Decision<'a>, Refusal> {
    let me = || -> Result<_, Refusal> {
        let me = Me::of(chat, sockets, socket)?;
        // They are closed at the end of the turn.
        if chat.expels_soon {
            me.not_banned()?;
        }
        Ok(me)
    };
    match request {
        Request::Enter(asked) => enter::decide(chat, sockets, socket, asked),
        Request::Remember => Ok(me()?.remember()),
        Request::Forget { unknown } => {
            Ok(Decision::Happens(Fact::Forgotten { by: me()?.socket, unknown }))
        }
        Request::Say(say) => me()?.say(say),
        Request::Whisper(whisper) => me()?.whisper(whisper),
        Request::Rule(asked) => me()?.rule(asked),
        Request::Words(asked) => me()?.change_words(asked),
        Request::SetTopic { room, topic } => me()?.set_topic(room, topic),
        Request::Rename { name, is_numbered } => me()?.rename(name, is_numbered),
        Request::Join { room } => me()?.join(room),
        Request::Leave { room } => me()?.leave(room),
        Request::Type { target, is_on } => me()?.types(target, is_on),
        Request::Read { target, id } => me()?.reads(target, id),
        Request::RelayTyping { room, args } => Ok(me()?.relays_typing(room, args)),
        Request::Depart { reason } => Ok(Me::of(chat, sockets, socket)?.departs(reason)),
        Request::Personal(asked) => me()?.personal(asked),
        Request::Moderate(asked) => me()?.moderate(asked),
        Request::Registration(asked) => registration::decide(chat, sockets, socket, asked),
        Request::Invite(asked) => me()?.invite(asked),
    }
}

/// The acts by which the person at `socket` may keep order in a room, or in the whole chat; with a
/// name, those upon that person.
///
/// # Errors
/// If the asker is not in that room, or has gone.
pub(super) fn powers(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    name: Option<&str>,
    room: Option<&str>,
) -> Result<Vec<Power>, Refusal> {
    Me::of(chat, sockets, socket)?.powers(name, room)
}

/// Refuses unless the person at `socket` may read what a message said before it was corrected.
///
/// # Errors
/// If they keep no order there, are not there, or have gone.
pub(super) fn sees_former(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    message: &Message,
) -> Result<(), Refusal> {
    Me::of(chat, sockets, socket)?.sees_former(message)
}

/// The asker, and all state on which a decision depends.
pub(super) struct Me<'s, S> {
    pub(super) chat: &'s Chat,
    pub(super) sockets: &'s S,
    pub(super) socket: SocketId,
    pub(super) person: &'s Person,
    /// The device at which they ask.
    pub(super) device: &'s DeviceHere,
}

impl<'s, S: Sockets> Me<'s, S> {
    pub(super) fn of(chat: &'s Chat, sockets: &'s S, socket: SocketId) -> Result<Self, Refusal> {
        let person = chat.people.get(socket).ok_or(Refusal::Gone)?;
        let device = chat.people.device(socket).ok_or(Refusal::Gone)?;
        Ok(Self { chat, sockets, socket, person, device })
    }
}

impl<S: Sockets> Me<'_, S> {
    fn remember<'a>(&self) -> Decision<'a> {
        let record = self.person.record.as_deref().filter(|_| !self.person.passing);
        let (Some(record), Some(visit)) = (record, self.device.visit()) else {
            return Decision::IsSo(Already::Remembered);
        };
        // The page and the terminal client keep the token.
        let returns = record.returns || visit.client != Client::App;
        if record.is_known && returns == record.returns {
            return Decision::IsSo(Already::Remembered);
        }
        let (by, is_first) = (self.socket, !record.is_known);
        let record = is_first.then(|| {
            let (posted, is_here) = (VecDeque::new(), false);
            Box::new(KeptPerson { is_known: true, is_here, returns, posted, ..record.clone() })
        });
        Decision::Happens(Fact::Remembered(Remembered { by, returns, is_first, record }))
    }

    fn set_topic<'a>(&self, room: Option<&str>, topic: &'a str) -> Result<Decision<'a>, Refusal> {
        self.may_speak()?;
        let room = self.own_room(room)?;
        self.not_muted()?;
        self.speakable(&room)?;
        if topic.chars().count() > TOPIC_CHARS_MAX {
            return Err(Refusal::TopicTooLong);
        }
        let (by, nick, topic) = (self.socket, self.person.nick.clone(), Some(topic));
        let topic = topic.filter(|topic| !topic.is_empty());
        Ok(Decision::Happens(Fact::TopicSet(TopicSet { by, nick, room, topic })))
    }

    fn rename<'a>(&self, name: &str, is_numbered: bool) -> Result<Decision<'a>, Refusal> {
        let (people, now_ms) = (&self.chat.people, self.sockets.now().ms);
        if is_numbered && is_like(&self.person.nick, name) {
            return Ok(Decision::IsSo(Already::Called(self.person.nick.clone())));
        }
        // Others are told of the new name.
        self.not_muted()?;
        let nick = names::nick(name).map_err(Refusal::BadNick)?.into();
        let new = match is_numbered {
            true => people.free_like(now_ms, self.socket, &nick).ok_or(Refusal::Taken(nick))?,
            false => people.free_for(now_ms, self.socket, &nick).map(|()| nick)?,
        };
        let (by, old) = (self.socket, self.person.nick.clone());
        if old == new {
            return Ok(Decision::IsSo(Already::Called(new)));
        }
        let rooms = match self.device.interface.renames_in_lobby() {
            true => vec![self.device.room.clone()],
            false => self.all_rooms(),
        };
        Ok(Decision::Happens(Fact::Renamed(Renamed { by, old, new, rooms })))
    }

    fn join<'a>(&self, name: &str) -> Result<Decision<'a>, Refusal> {
        let room = self.room_to_enter(name)?;
        if self.is_in(&room) {
            return Ok(Decision::IsSo(Already::In(room)));
        }
        let from = self.device.interface.has_one_room().then(|| self.device.room.clone());
        let is_one_more = !self.all_rooms().contains(&room);
        if is_one_more && !self.has_place() {
            return Err(Refusal::TooManyRooms);
        }
        let may_enter = self.enterable(&room);
        // The name of a new room is told to all. A muted person is refused one that they may not
        // enter in the same words.
        if may_enter.is_err() || !self.chat.has_room(&room) {
            self.not_muted()?;
        }
        may_enter?;
        let (by, nick) = (self.socket, self.person.nick.clone());
        let begins = self.begins(&room);
        let unowned = self.has_no_place_for_a_room().filter(|_| begins);
        let owns = begins && unowned.is_none();
        let id = self.registered_id();
        let joined = Joined { by, nick, id, room, from, owns, unowned };
        Ok(Decision::Happens(Fact::Joined(joined)))
    }

    /// The room to which they want to go, whether or not they may. A name that looks like that of a
    /// private room is refused without a word about it.
    fn room_to_enter(&self, name: &str) -> Result<Rc<str>, Refusal> {
        let key = match self.chat.rooms.find(name) {
            Err(Refusal::LooksLike(other)) => {
                let key = names::room_key(name).unwrap_or_default();
                // Its owners have a room that is empty, whatever was begun since.
                if !self.chat.has_room(&key) {
                    if self.enterable(&other).is_err() {
                        self.not_muted()?;
                        return Err(RoomRefusal::NoRoom(key.into()).into());
                    }
                    return Err(Refusal::LooksLike(other));
                }
                key
            }
            found => found?,
        };
        Ok(self.chat.rooms.shared(&key))
    }

    fn leave<'a>(&self, name: &str) -> Result<Decision<'a>, Refusal> {
        let (by, nick, room) = (self.socket, self.person.nick.clone(), self.own_room(Some(name))?);
        let is_kept = |device: &DeviceHere| device.interface.has_one_room() && device.room == room;
        let people = &self.chat.people;
        let mut devices = people.devices(by).filter_map(|socket| people.device(socket));
        if devices.any(is_kept) && self.all_rooms().len() < 2 {
            return Err(Refusal::LastRoom(room));
        }
        Ok(Decision::Happens(Fact::Left { by, nick, room }))
    }

    pub(super) fn is_in(&self, room: &str) -> bool {
        is_in(self.sockets, self.socket, room)
    }

    /// The rooms that they are in, by any device.
    fn all_rooms(&self) -> Vec<Rc<str>> {
        let devices = self.chat.people.devices(self.socket);
        let mut rooms: Vec<Rc<str>> = devices.flat_map(|device| self.rooms_of(device)).collect();
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// The rooms that their device is in.
    pub(super) fn rooms(&self) -> Vec<Rc<str>> {
        self.rooms_of(self.socket)
    }

    fn rooms_of(&self, socket: SocketId) -> Vec<Rc<str>> {
        self.sockets.rooms(socket).map(|room| self.chat.rooms.shared(room)).collect()
    }

    /// Whether those of their devices that are in all their rooms may be in one more.
    fn has_place(&self) -> bool {
        let people = &self.chat.people;
        let is_in_all = |socket: &SocketId| {
            people.device(*socket).is_some_and(|device| !device.interface.has_one_room())
        };
        let mut in_all = people.devices(self.socket).filter(is_in_all);
        in_all.all(|socket| self.sockets.rooms(socket).count() < ROOMS_PER_CLIENT_MAX)
    }

    fn departs<'a>(&self, reason: CloseReason) -> Decision<'a> {
        let (by, nick) = (self.socket, self.person.nick.clone());
        let rooms = self.rooms();
        // A person who ends the terminal client has gone; a page that closes may only be loading
        // again.
        let returns = self.person.record.as_ref().is_some_and(|record| record.returns);
        let is_terminal = |visit: &Visit| visit.client == Client::Terminal;
        let has_ended =
            reason == CloseReason::ClientDisconnect && self.device.visit().is_some_and(is_terminal);
        let returns = returns && !has_ended;
        Decision::Happens(Fact::Departed(Departed { by, nick, rooms, returns }))
    }

    /// The id of the person, if they are registered.
    pub(super) fn registered_id(&self) -> Option<Rc<str>> {
        self.person.id.clone().filter(|_| self.person.is_registered)
    }

    /// Whether it is the asker themselves, by any device.
    pub(super) fn is_me(&self, found: &Addressee) -> bool {
        matches!(found, Addressee::Here(other) if self.chat.people.is_same(*other, self.socket))
    }

    pub(super) fn own_room(&self, name: Option<&str>) -> Result<Rc<str>, Refusal> {
        own_room(self.chat, self.sockets, self.socket, name)
    }

    /// The person called `name`, now or a moment ago.
    pub(super) fn called(&self, name: &str) -> Option<Addressee> {
        self.chat.people.addressee(self.sockets.now().ms, name)
    }

    /// The person called `name`, who may be registered and have been away for any time. The request
    /// must be one for which they were [looked up](registration::look_up).
    pub(super) fn known_as(&self, name: &str) -> Option<Addressee> {
        self.called(name).or_else(|| self.chat.people.absent_addressee())
    }
}

/// The key of a room that the person is in: the room of this name, or without a name the one room
/// of a person at the line door.
///
/// # Errors
/// The name is not a room's, the person is not in it, or has gone.
pub(super) fn own_room(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    name: Option<&str>,
) -> Result<Rc<str>, Refusal> {
    let Some(name) = name else {
        return Ok(chat.people.device(socket).ok_or(Refusal::Gone)?.room.clone());
    };
    let key = names::room_key(name).map_err(Refusal::BadRoom)?;
    match is_in(sockets, socket, &key) {
        true => Ok(chat.rooms.shared(&key)),
        false => Err(Refusal::NotInRoom(key.into())),
    }
}

/// Whether a device is in a room.
pub(super) fn is_in(sockets: &impl Sockets, socket: SocketId, room: &str) -> bool {
    sockets.rooms(socket).any(|own| *own == *room)
}

/// Whether a nick is `name`, or `name` with a number after it.
fn is_like(nick: &str, name: &str) -> bool {
    let rest = nick.strip_prefix(name);
    let number = rest.and_then(|rest| rest.strip_prefix('~'));
    rest == Some("") || number.is_some_and(|number| number.parse::<u32>().is_ok())
}
