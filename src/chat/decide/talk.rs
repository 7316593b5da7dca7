//! Decides requests to say something, and to show that a person is typing.

use super::{Me, Sockets};
use crate::chat::Chat;
use crate::chat::fact::{Fact, Key, Party, ReadTarget, Relayed, Said, Typing, Whispered};
use crate::chat::history::Posted;
use crate::chat::names;
use crate::chat::people::{Addressee, Away, Person, Target, pseudonym, reads};
use crate::chat::refusal::Refusal;
use crate::chat::request::{
    Already, Decision, Recipient, Relay, SaidTo, Say, TypingTarget, Where, Whisper,
};
use crate::chat::roles::Rank;
use crate::chat::words::WordsRefusal;
use crate::limits::{POST_KEY_BYTES_MAX, TEXT_BYTES_MAX, TYPING_MS_MIN};
use mio_socketio::{Args, SocketId};
use std::rc::Rc;

impl<S: Sockets> Me<'_, S> {
    pub(super) fn say<'a>(&self, say: Say<'a>) -> Result<Decision<'a>, Refusal> {
        self.may_speak()?;
        let Say { place, is_action, text, relay } = say;
        let (room, key) = match place {
            Where::Here => (self.device.room.clone(), None),
            Where::Any(room) => {
                if !self.is_in(&room) {
                    // A muted person learns nothing of rooms that they are not in.
                    self.not_muted()?;
                    self.enterable(&room)?;
                }
                (room, None)
            }
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
        self.not_muted()?;
        self.speakable(&room)?;
        let sender = self.person.record.as_ref().map(|record| record.id.clone());
        let sender =
            sender.or_else(|| self.person.id.clone().filter(|_| self.person.is_registered));
        let (by, nick) = (self.socket, self.person.nick.clone());
        let relayed = relay.map(|relay| relayed(relay, &nick, text));
        let said = Said { by, sender, nick, room, is_action, text, key, relayed };
        Ok(Decision::Happens(Fact::Said(said)))
    }

    pub(super) fn whisper<'a>(&self, whisper: Whisper<'a>) -> Result<Decision<'a>, Refusal> {
        self.may_speak()?;
        let Whisper { to, is_action, text, key } = whisper;
        if let (Some(posted), Recipient::Named { name, .. }) = (self.posted(key)?, &to) {
            let away = match self.reachable(self.known_as(name)) {
                Some(Addressee::Away(away)) => Some(self.is_registered(&away.id)),
                Some(Addressee::Here(_)) | None => None,
            };
            let to = SaidTo::Person(names::head(name).into(), away);
            return Ok(Decision::IsSo(Already::Said(posted, to)));
        }
        let (found, called, meant) = match to {
            Recipient::Named { name, meant } => {
                let found = self.reachable(self.known_as(name));
                (found.ok_or_else(|| self.not_here(name))?, Some(name), meant)
            }
            Recipient::LastWriter => {
                let people = &self.chat.people;
                let writer = people.wrote_last(self.socket).ok_or(Refusal::NobodyWrote)?;
                let found = people.writer(self.sockets.now().ms, &writer);
                let found = found.or_else(|| people.absent_addressee());
                (self.reachable(found).ok_or(Refusal::WriterLeft)?, None, None)
            }
        };
        if self.is_me(&found) {
            return Err(Refusal::Yourself);
        }
        let (to, reader) = self.reader(found)?;
        // They may ask those who keep order why.
        if !self.is_keeper(to, &reader.id) {
            self.not_muted()?;
        }
        if meant.is_some_and(|meant| *meant != *pseudonym(&reader.id)) {
            return Err(Refusal::AnotherPerson((&*reader.nick).into()));
        }
        if let Some(name) = called.filter(|name| self.knows_another(self.socket, name, &reader.id))
        {
            let (by, id) = (self.socket, reader.id);
            return Ok(Decision::Happens(Fact::Warned { by, name, id }));
        }
        // The line door bounds its lines itself.
        if self.device.visit().is_some() {
            fits(text)?;
        }
        let from = to.is_none().then(|| self.sockets.address(self.socket)).flatten();
        if to.is_none() && self.chat.people.mailboxes.is_full(&reader.id, from) {
            return Err(Refusal::MailboxFull(reader.nick));
        }
        let (by, author) = (self.socket, party(self.person)?);
        let is_kept = to.is_none() && self.is_registered(&reader.id);
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
            is_kept,
            from,
        })))
    }

    pub(super) fn types<'a>(
        &self,
        target: TypingTarget<'_>,
        is_on: bool,
    ) -> Result<Decision<'a>, Refusal> {
        self.not_muted()?;
        let target = match target {
            TypingTarget::Room(name) => Target::Room(self.own_room(Some(name))?),
            TypingTarget::Person { name, meant } => match self.called(name) {
                Some(found) if self.is_me(&found) => return Err(Refusal::Yourself),
                Some(Addressee::Here(other)) => {
                    let reader = party(self.chat.people.get(other).ok_or(Refusal::JustGone)?)?;
                    if meant.is_some_and(|meant| *meant != *pseudonym(&reader.id)) {
                        return Err(Refusal::AnotherPerson(name.into()));
                    }
                    Target::Private(other)
                }
                // A person who is away is not told of typing.
                Some(Addressee::Away(_)) | None => return Err(Refusal::nobody(name)),
            },
        };
        let (by, nick) = (self.socket, self.person.nick.clone());
        let before = self.device.visit().and_then(|visit| visit.typing.as_ref());
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

    /// There must be such a message there. Nobody reads backwards.
    pub(super) fn reads<'a>(
        &self,
        target: TypingTarget<'_>,
        id: i64,
    ) -> Result<Decision<'a>, Refusal> {
        let target = match target {
            TypingTarget::Room(name) => ReadTarget::Room(self.own_room(Some(name))?),
            TypingTarget::Person { name, meant } => {
                // Nobody learns by this whether a person who is away has an account.
                let absent = || self.chat.people.absent_addressee().filter(|_| self.means(meant));
                let found = self.called(name).or_else(absent);
                let found = found.ok_or_else(|| Refusal::nobody(name))?;
                if self.is_me(&found) {
                    return Err(Refusal::Yourself);
                }
                let (_, party) = self.reader(found)?;
                if meant.is_some_and(|meant| *meant != *pseudonym(&party.id)) {
                    return Err(Refusal::AnotherPerson((&*party.nick).into()));
                }
                ReadTarget::With(party)
            }
        };
        let Chat { history, reads: known, .. } = self.chat;
        let me = self.person.id.as_deref().unwrap_or_default();
        let place = reads::place(me, &target);
        let is_there =
            if history.is_kept() { known.is_in(&place) } else { id <= history.last_id() };
        match known.upto(me, &place) >= id {
            _ if !is_there => Err(WordsRefusal::NoMessage.into()),
            true => Ok(Decision::IsSo(Already::Read)),
            false => Ok(Decision::Happens(Fact::Read { by: self.socket, target, id })),
        }
    }

    pub(super) fn relays_typing<'a>(&self, room: Option<&str>, args: Args<'a>) -> Decision<'a> {
        if self.sockets.now().ms < self.device.typing_until_ms() || self.not_muted().is_err() {
            return Decision::IsSo(Already::Typing);
        }
        let room = room.and_then(|name| self.own_room(Some(name)).ok());
        let (by, room) = (self.socket, room.unwrap_or_else(|| self.chat.rooms.lobby()));
        Decision::Happens(Fact::TypingRelayed { by, room, args })
    }

    /// Their earlier post with this key, if it is remembered.
    fn posted(&self, key: Option<Key<'_>>) -> Result<Option<Posted>, Refusal> {
        let Some(Key { key, what }) = key else { return Ok(None) };
        if key.is_empty() || key.len() > POST_KEY_BYTES_MAX {
            return Err(Refusal::BadKey);
        }
        let posted = self.person.record.as_ref().and_then(|record| record.posted(key));
        match posted {
            Some(posted) if posted.what.is_some_and(|posted| posted != what) => {
                Err(Refusal::KeyUsed)
            }
            posted => Ok(posted.cloned()),
        }
    }

    /// Whether the person at this socket, or with this id if they are away, keeps order.
    pub(super) fn is_keeper(&self, socket: Option<SocketId>, id: &str) -> bool {
        let Chat { people, roles, .. } = self.chat;
        let person = socket.and_then(|socket| people.get(socket));
        person.map_or_else(|| roles.rank_of(id), |person| roles.rank(person)) > Rank::Nobody
    }

    /// Whether the person with this id, to whom the request is addressed and who is away, is
    /// registered.
    fn is_registered(&self, id: &str) -> bool {
        self.chat.people.absent().is_some_and(|person| *person.id == *id)
    }

    /// Whether the absent person whom the request names is the one that is meant.
    fn means(&self, meant: Option<&str>) -> bool {
        let person = self.chat.people.absent().map(|person| pseudonym(&person.id));
        person.is_some_and(|person| meant == Some(&*person))
    }

    /// Why nothing can be left for the bearer of this name: nobody has it, or a guest had it who
    /// has gone.
    fn not_here(&self, name: &str) -> Refusal {
        let gone = self.chat.gone.find(self.sockets.now().ms, name);
        let gone = gone.filter(|(id, _)| self.chat.people.with_id(id).is_none());
        gone.map_or_else(|| Refusal::nobody(name), |(_, nick)| Refusal::GuestLeft(nick))
    }

    /// Without a history no message can wait for a person who is away.
    fn reachable(&self, found: Option<Addressee>) -> Option<Addressee> {
        found.filter(|it| matches!(it, Addressee::Here(_)) || self.chat.history.is_kept())
    }

    /// The socket of the reader of a private message, unless they are away, and the reader as a
    /// party.
    fn reader(&self, found: Addressee) -> Result<(Option<SocketId>, Party), Refusal> {
        match found {
            Addressee::Away(Away { id, nick }) => Ok((None, Party { id, nick, returns: true })),
            Addressee::Here(other) => {
                let person = self.chat.people.get(other).ok_or(Refusal::JustGone)?;
                Ok((Some(other), party(person)?))
            }
        }
    }

    /// Whether the person at `socket` has talked with another person of this name.
    fn knows_another(&self, socket: SocketId, name: &str, id: &Rc<str>) -> bool {
        self.chat.people.knows_another(socket, name, id)
    }
}

/// A person as a party to a private conversation. Both have ids by then.
fn party(person: &Person) -> Result<Party, Refusal> {
    let id = person.id.clone().ok_or(Refusal::JustGone)?;
    let returns = person.record.is_some() || person.is_registered;
    Ok(Party { id, nick: person.nick.clone(), returns })
}

/// The form of a message for the clients of namespace `/`, if others see `shown`.
fn relayed<'a>(relay: Relay<'a>, nick: &str, shown: &str) -> Relayed<'a> {
    match relay {
        Relay::Args(args) => Relayed::Args(args),
        Relay::Named { text, is_for_all } => {
            let (words, is_long) = (format!("{nick}: {text}"), *shown != *text);
            Relayed::Words { words, is_long, is_for_all }
        }
    }
}

/// Whether a message of namespace `/chat` is neither empty nor too long.
pub(in crate::chat) fn fits(text: &str) -> Result<(), Refusal> {
    match text.len() {
        0 => Err(Refusal::Empty),
        len if len > TEXT_BYTES_MAX => Err(Refusal::TooLong(len)),
        _ => Ok(()),
    }
}
