//! What comes of a request: the only place with rules. Nothing is changed here, and nobody is told
//! anything.

mod enter;
#[cfg(test)]
mod tests;

use super::fact::{
    Departed, Fact, Joined, Key, Party, Remembered, Renamed, Said, TopicSet, Typing, Whispered,
};
use super::history::Posted;
use super::names;
use super::people::{Addressee, Away, Client, Door, Person, Target, Visit};
use super::refusal::Refusal;
use super::request::{
    Already, Decision, Recipient, Request, SaidTo, Say, TypingTarget, Where, Whisper,
};
use super::tell::chat::wire;
use super::{Chat, Cx};
use crate::limits::{
    IGNORED_MAX, POST_KEY_BYTES_MAX, ROOMS_PER_CLIENT_MAX, TEXT_BYTES_MAX, TOPIC_CHARS_MAX,
    TYPING_MS_MIN,
};
use mio_socketio::{Address, CloseReason, Now, SocketId};
use std::rc::Rc;

/// What the server knows of sockets.
pub(super) trait Sockets {
    /// The time of this turn.
    fn now(&self) -> Now;

    /// The rooms that a socket is in.
    fn rooms(&self, socket: SocketId) -> impl Iterator<Item = &str>;

    /// Against which address it counts what a socket leaves for others; none if that is not
    /// counted.
    fn address(&self, socket: SocketId) -> Option<Address>;
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
}

/// What comes of a request of the one at `socket`.
///
/// # Errors
/// Why nothing comes of it.
pub(super) fn decide<'a>(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    request: Request<'a>,
) -> Result<Decision<'a>, Refusal> {
    let me = || {
        let person = chat.people.get(socket).ok_or(Refusal::Gone)?;
        Ok(Me { chat, sockets, socket, person })
    };
    match request {
        Request::Enter(asked) => enter::decide(chat, sockets, socket, asked),
        Request::Remember => Ok(me()?.remember()),
        Request::Forget { unknown } => {
            Ok(Decision::Happens(Fact::Forgotten { by: me()?.socket, unknown }))
        }
        Request::Say(say) => me()?.say(say),
        Request::Whisper(whisper) => me()?.whisper(whisper),
        Request::SetTopic { room, topic } => me()?.set_topic(room, topic),
        Request::Rename { name, is_numbered } => me()?.rename(name, is_numbered),
        Request::Join { room } => me()?.join(room),
        Request::Leave { room } => me()?.leave(room),
        Request::Type { target, is_on } => me()?.types(target, is_on),
        Request::Depart { reason } => Ok(me()?.departs(reason)),
        Request::Ignore { name, found } => me()?.ignore(name, found),
        Request::Unignore { name } => Ok(me()?.unignore(name)),
    }
}

/// The one who asks, and all that there is to look at.
struct Me<'s, S> {
    chat: &'s Chat,
    sockets: &'s S,
    socket: SocketId,
    person: &'s Person,
}

impl<S: Sockets> Me<'_, S> {
    fn remember<'a>(&self) -> Decision<'a> {
        let visit = self.person.visit().filter(|visit| !visit.passing);
        let Some(Visit { record, client, .. }) = visit else {
            return Decision::IsSo(Already::Remembered);
        };
        // The page and the terminal client keep the token.
        let returns = record.returns || *client != Client::App;
        if record.is_known && returns == record.returns {
            return Decision::IsSo(Already::Remembered);
        }
        let (by, is_first) = (self.socket, !record.is_known);
        Decision::Happens(Fact::Remembered(Remembered { by, returns, is_first }))
    }

    fn say<'a>(&self, say: Say<'a>) -> Result<Decision<'a>, Refusal> {
        let Say { place, is_action, text, relayed } = say;
        let (room, key) = match place {
            Where::Here => (self.person.room.clone(), None),
            Where::Any(room) => (room, None),
            Where::Own { room, key } => {
                if let Some(posted) = self.posted(key)? {
                    let room = names::room_key(room).unwrap_or_default();
                    return Ok(Decision::IsSo(Already::Said(posted, SaidTo::Room(room.into()))));
                }
                let room = self.own_room(Some(room))?;
                fits(text)?;
                (room, key)
            }
        };
        let sender = self.person.visit().map(|visit| visit.record.id.clone());
        let (by, nick) = (self.socket, self.person.nick.clone());
        let said = Said { by, sender, nick, room, is_action, text, key, relayed };
        Ok(Decision::Happens(Fact::Said(said)))
    }

    fn whisper<'a>(&self, whisper: Whisper<'a>) -> Result<Decision<'a>, Refusal> {
        let Whisper { to, is_action, text, key } = whisper;
        if let (Some(posted), Recipient::Named { name, found, .. }) = (self.posted(key)?, &to) {
            let is_away = matches!(self.reachable(found.clone()), Some(Addressee::Away(_)));
            let to = SaidTo::Person(names::head(name).into(), is_away);
            return Ok(Decision::IsSo(Already::Said(posted, to)));
        }
        let (found, called, meant) = match to {
            Recipient::Named { name, found, meant } => {
                let found = self.reachable(found).ok_or_else(|| Refusal::nobody(name))?;
                (found, Some(name), meant)
            }
            Recipient::LastWriter => {
                let people = &self.chat.people;
                let writer = people.wrote_last(self.socket).ok_or(Refusal::NobodyWrote)?;
                let found = people.writer(self.sockets.now().ms, &writer);
                (self.reachable(found).ok_or(Refusal::WriterLeft)?, None, None)
            }
        };
        if matches!(found, Addressee::Here(other) if other == self.socket) {
            return Err(Refusal::Yourself);
        }
        let (to, reader) = self.reader(found)?;
        if meant.is_some_and(|meant| *meant != *wire::person(&reader.id)) {
            return Err(Refusal::AnotherPerson((&*reader.nick).into()));
        }
        if let Some(name) = called.filter(|name| self.knows_another(self.socket, name, &reader.id))
        {
            let (by, id) = (self.socket, reader.id);
            return Ok(Decision::Happens(Fact::Warned { by, name, id }));
        }
        // The line door bounds its lines itself.
        if self.person.visit().is_some() {
            fits(text)?;
        }
        let from = to.is_none().then(|| self.sockets.address(self.socket)).flatten();
        if to.is_none() && self.chat.people.mailboxes.is_full(&reader.id, from) {
            return Err(Refusal::MailboxFull(reader.nick));
        }
        let (by, author) = (self.socket, party(self.person)?);
        let is_stranger = to.is_some_and(|to| self.knows_another(to, &author.nick, &author.id));
        Ok(Decision::Happens(Fact::Whispered(Whispered {
            by,
            author,
            to,
            reader,
            called,
            is_action,
            text,
            key,
            is_stranger,
            from,
        })))
    }

    fn set_topic<'a>(&self, room: Option<&str>, topic: &'a str) -> Result<Decision<'a>, Refusal> {
        let room = self.own_room(room)?;
        if topic.chars().count() > TOPIC_CHARS_MAX {
            return Err(Refusal::TopicTooLong);
        }
        let (by, nick, topic) = (self.socket, self.person.nick.clone(), Some(topic));
        let topic = topic.filter(|topic| !topic.is_empty());
        Ok(Decision::Happens(Fact::TopicSet(TopicSet { by, nick, room, topic })))
    }

    fn rename<'a>(&self, name: &str, is_numbered: bool) -> Result<Decision<'a>, Refusal> {
        let (people, now_ms) = (&self.chat.people, self.sockets.now().ms);
        let nick = names::nick(name).map_err(Refusal::BadNick)?.into();
        let new = match is_numbered {
            true => people.free_like(now_ms, self.socket, &nick).ok_or(Refusal::Taken(nick))?,
            false => people.free_for(now_ms, self.socket, &nick).map(|()| nick)?,
        };
        let (by, old) = (self.socket, self.person.nick.clone());
        if old == new {
            return Ok(Decision::IsSo(Already::Called(new)));
        }
        // In namespace `/` only the lobby hears of it.
        let rooms = match self.person.door {
            Door::Chat(_) => {
                self.sockets.rooms(by).map(|room| self.chat.rooms.shared(room)).collect()
            }
            Door::Lines | Door::Root => vec![self.person.room.clone()],
        };
        Ok(Decision::Happens(Fact::Renamed(Renamed { by, old, new, rooms })))
    }

    fn join<'a>(&self, name: &str) -> Result<Decision<'a>, Refusal> {
        let room = self.chat.rooms.shared(&self.chat.rooms.find(name)?);
        let is_in = self.is_in(&room);
        let (may_be_more, from) = match self.person.door {
            Door::Lines => (true, Some(self.person.room.clone())),
            Door::Root => (self.has_place(), None),
            Door::Chat(_) => (is_in || self.has_place(), None),
        };
        if !may_be_more {
            return Err(Refusal::TooManyRooms);
        }
        if is_in {
            return Ok(Decision::IsSo(Already::In(room)));
        }
        let (by, nick) = (self.socket, self.person.nick.clone());
        Ok(Decision::Happens(Fact::Joined(Joined { by, nick, room, from })))
    }

    fn leave<'a>(&self, name: &str) -> Result<Decision<'a>, Refusal> {
        let (by, nick, room) = (self.socket, self.person.nick.clone(), self.own_room(Some(name))?);
        Ok(Decision::Happens(Fact::Left { by, nick, room }))
    }

    fn is_in(&self, room: &str) -> bool {
        is_in(self.sockets, self.socket, room)
    }

    /// Whether they may be in one more room.
    fn has_place(&self) -> bool {
        self.sockets.rooms(self.socket).count() < ROOMS_PER_CLIENT_MAX
    }

    fn types<'a>(&self, target: TypingTarget<'_>, is_on: bool) -> Result<Decision<'a>, Refusal> {
        let target = match target {
            TypingTarget::Room(name) => Target::Room(self.own_room(Some(name))?),
            TypingTarget::Person { name, found, meant } => match found {
                Some(Addressee::Here(other)) if other == self.socket => {
                    return Err(Refusal::Yourself);
                }
                Some(Addressee::Here(other)) => {
                    let reader = party(self.chat.people.get(other).ok_or(Refusal::JustGone)?)?;
                    if meant.is_some_and(|meant| *meant != *wire::person(&reader.id)) {
                        return Err(Refusal::AnotherPerson(name.into()));
                    }
                    Target::Private(other)
                }
                // A person who is away sees nobody type.
                Some(Addressee::Away(_)) | None => return Err(Refusal::nobody(name)),
            },
        };
        let (by, nick) = (self.socket, self.person.nick.clone());
        let before = self.person.visit().and_then(|visit| visit.typing.as_ref());
        let (here, elsewhere) = (
            before.filter(|typing| typing.target == target),
            before.filter(|typing| !is_on || typing.target != target),
        );
        if !is_on && before.is_none() {
            return Ok(Decision::IsSo(Already::Silent));
        }
        let now_ms = self.sockets.now().ms;
        let is_news = here.is_none_or(|typing| now_ms >= typing.told_ms + TYPING_MS_MIN);
        let (ended, target) = (elsewhere.map(|it| it.target.clone()), is_on.then_some(target));
        Ok(Decision::Happens(Fact::Typing(Typing { by, nick, ended, target, is_news })))
    }

    fn departs<'a>(&self, reason: CloseReason) -> Decision<'a> {
        let (by, nick) = (self.socket, self.person.nick.clone());
        let rooms = self.sockets.rooms(by).map(|room| self.chat.rooms.shared(room)).collect();
        // Whoever ends the terminal client has gone; a page that closes may only be loading anew.
        let returns = self.person.visit().is_some_and(|visit| {
            let may_load = visit.client != Client::Terminal;
            visit.record.returns && (may_load || reason != CloseReason::ClientDisconnect)
        });
        Decision::Happens(Fact::Departed(Departed { by, nick, rooms, returns }))
    }

    fn ignore<'a>(&self, name: &str, found: Option<Addressee>) -> Result<Decision<'a>, Refusal> {
        let found = found.ok_or_else(|| Refusal::nobody(name))?;
        if matches!(found, Addressee::Here(other) if other == self.socket) {
            return Err(Refusal::Yourself);
        }
        let (by, people) = (self.socket, &self.chat.people);
        let ignored = people.to_ignore(&found).ok_or(Refusal::JustGone)?;
        if people.is_ignored(by, &ignored) {
            return Ok(Decision::IsSo(Already::Ignored(ignored.nick)));
        }
        if people.ignored(by).len() >= IGNORED_MAX {
            return Err(Refusal::TooManyIgnored);
        }
        Ok(Decision::Happens(Fact::Ignored { by, ignored }))
    }

    fn unignore<'a>(&self, name: &str) -> Decision<'a> {
        let by = self.socket;
        match self.chat.people.ignored_as(by, name) {
            Some(nick) => Decision::Happens(Fact::Unignored { by, nick }),
            None => Decision::IsSo(Already::NotIgnored(names::head(name).into())),
        }
    }

    /// What they have posted with this key before, if it is remembered.
    fn posted(&self, key: Option<Key<'_>>) -> Result<Option<Posted>, Refusal> {
        let Some(Key { key, what }) = key else { return Ok(None) };
        if key.is_empty() || key.len() > POST_KEY_BYTES_MAX {
            return Err(Refusal::BadKey);
        }
        let posted = self.person.visit().and_then(|visit| visit.record.posted(key));
        match posted {
            Some(posted) if posted.what.is_some_and(|posted| posted != what) => {
                Err(Refusal::KeyUsed)
            }
            posted => Ok(posted.cloned()),
        }
    }

    fn own_room(&self, name: Option<&str>) -> Result<Rc<str>, Refusal> {
        own_room(self.chat, self.sockets, self.socket, name)
    }

    /// Nothing can be left for one who is away if no history is kept.
    fn reachable(&self, found: Option<Addressee>) -> Option<Addressee> {
        found.filter(|it| matches!(it, Addressee::Here(_)) || self.chat.history.is_kept())
    }

    /// Where the reader of something said in private is, unless they are away, and who they are.
    fn reader(&self, found: Addressee) -> Result<(Option<SocketId>, Party), Refusal> {
        match found {
            Addressee::Away(Away { id, nick }) => Ok((None, Party { id, nick, returns: true })),
            Addressee::Here(other) => {
                let person = self.chat.people.get(other).ok_or(Refusal::JustGone)?;
                Ok((Some(other), party(person)?))
            }
        }
    }

    /// Whether the one at `socket` has talked with another person of this name.
    fn knows_another(&self, socket: SocketId, name: &str, id: &Rc<str>) -> bool {
        self.chat.people.knows_another(socket, name, id)
    }
}

/// The key of a room that somebody is in: the room of this name, or without a name the one room of
/// a person at the line door.
///
/// # Errors
/// There can be no such room, they are not in it, or they have gone.
pub(super) fn own_room(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    name: Option<&str>,
) -> Result<Rc<str>, Refusal> {
    let Some(name) = name else {
        return Ok(chat.people.get(socket).ok_or(Refusal::Gone)?.room.clone());
    };
    let key = names::room_key(name).map_err(Refusal::BadRoom)?;
    match is_in(sockets, socket, &key) {
        true => Ok(chat.rooms.shared(&key)),
        false => Err(Refusal::NotInRoom(key.into())),
    }
}

fn is_in(sockets: &impl Sockets, socket: SocketId, room: &str) -> bool {
    sockets.rooms(socket).any(|own| *own == *room)
}

/// Somebody as one of two who talk in private, who have got ids by then.
fn party(person: &Person) -> Result<Party, Refusal> {
    let id = person.id.clone().ok_or(Refusal::JustGone)?;
    Ok(Party { id, nick: person.nick.clone(), returns: person.visit().is_some() })
}

/// Whether a message of namespace `/chat` says something, and not too much.
fn fits(text: &str) -> Result<(), Refusal> {
    match text.len() {
        0 => Err(Refusal::Empty),
        len if len > TEXT_BYTES_MAX => Err(Refusal::TooLong(len)),
        _ => Ok(()),
    }
}
