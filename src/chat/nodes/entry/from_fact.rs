//! An entry of a fact.

use super::access;
use super::{
    WrittenAbout, WrittenAdmitted, WrittenDeed, WrittenFact, WrittenKey, WrittenParty,
    WrittenRelayed,
};
use crate::chat::fact::{
    About, Admitted, Deleted, Departed, Edited, EndedDevice, Entered, Fact, Joined, Key, LoggedIn,
    LoggedOut, Moderated, Party, Reacted, Registered, Relayed, Remembered, Removed, Renamed, Said,
    TopicSet, Whispered,
};
use crate::chat::nodes::socket_name::SocketName;
use crate::chat::refusal::Refusal;
use mio_socketio::SocketId;
use std::borrow::Cow;
use std::rc::Rc;

/// The entry of a fact; `None` if other nodes need not know it.
pub(super) fn entry<'a>(
    fact: &'a Fact<'_>,
    visit: impl Fn(SocketId) -> SocketName,
) -> Option<WrittenFact<'a>> {
    let by = visit(fact.by());
    Some(match fact {
        Fact::Entered(entered) => entered_entry(by, entered),
        Fact::Remembered(Remembered { returns, is_first, .. }) => {
            WrittenFact::Remembered { by, returns: *returns, first: *is_first }
        }
        Fact::Forgotten { unknown, .. } => WrittenFact::Forgotten { by, unknown: *unknown },
        Fact::Said(Said { sender, nick, room, is_action, text, key, relayed, .. }) => {
            let (sender, nick, room) = (sender.clone(), nick.clone(), room.clone());
            let (key, relayed) = (key.map(Into::into), relayed.as_ref().map(Into::into));
            let text = Cow::Borrowed(&**text);
            WrittenFact::Said { by, sender, nick, room, action: *is_action, text, key, relayed }
        }
        Fact::Whispered(whispered) => whispered_entry(by, whispered, visit),
        Fact::Edited(_) | Fact::Deleted(_) | Fact::Reacted(_) => return about_message(by, fact),
        Fact::TopicSet(TopicSet { nick, room, topic, .. }) => {
            let (nick, room) = (nick.clone(), room.clone());
            WrittenFact::TopicSet { by, nick, room, topic: topic.map(Cow::Borrowed) }
        }
        Fact::Renamed(Renamed { old, new, rooms, .. }) => {
            WrittenFact::Renamed { by, old: old.clone(), new: new.clone(), rooms: rooms.clone() }
        }
        Fact::Joined(joined) => joined_entry(by, joined),
        Fact::Left { nick, room, .. } => {
            WrittenFact::Left { by, nick: nick.clone(), room: room.clone() }
        }
        Fact::Departed(Departed { nick, rooms, returns, .. }) => {
            let (nick, rooms) = (nick.clone(), rooms.clone());
            WrittenFact::Departed { by, nick, rooms, returns: *returns }
        }
        Fact::Ignored { ignored, .. } => WrittenFact::Ignored { by, ignored: ignored.clone() },
        Fact::Unignored { nick, .. } => WrittenFact::Unignored { by, nick: nick.clone() },
        Fact::Registered(_) | Fact::LoggedIn(_) | Fact::LoggedOut(_) | Fact::DeviceEnded { .. } => {
            return about_registered(by, fact, visit);
        }
        Fact::InvitationMade { .. }
        | Fact::Invited(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. } => return access::entry(by, fact),
        Fact::Quieted { id, is_on, .. } => quieted_entry(by, id, *is_on),
        Fact::Moderated(moderated) => moderated_entry(by, moderated, visit),
        Fact::Removed(removed) => removed_entry(by, removed),
        Fact::Ordered(order) => WrittenFact::Ordered { by, order: order.into() },
        Fact::Identified { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Passing { .. }
        | Fact::Warned { .. }
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::Expelled { .. } => return None,
    })
}

/// The entry of a fact about a registered person.
fn about_registered<'a>(
    by: SocketName,
    fact: &'a Fact<'_>,
    visit: impl Fn(SocketId) -> SocketName,
) -> Option<WrittenFact<'a>> {
    Some(match fact {
        Fact::Registered(Registered { id, nick, hash, device, .. }) => {
            let (id, nick, device) = (id.clone(), nick.clone(), device.clone());
            WrittenFact::Registered { by, id, nick, hash: Cow::Borrowed(hash), device }
        }
        Fact::LoggedIn(LoggedIn { id, old, new, rooms, record, device, .. }) => {
            let (id, old, new, rooms) = (id.clone(), old.clone(), new.clone(), rooms.clone());
            let (record, device) = (record.clone(), device.clone());
            WrittenFact::LoggedIn { by, id, old, new, rooms, record, device }
        }
        Fact::LoggedOut(LoggedOut { id, old, new, guest, rooms, record, ended, .. }) => {
            let (id, old, new, rooms) = (id.clone(), old.clone(), new.clone(), rooms.clone());
            let (guest, record, ended) = (*guest, record.clone(), *ended);
            WrittenFact::LoggedOut { by, id, old, new, guest, rooms, record, ended }
        }
        Fact::DeviceEnded { number, ended, .. } => ended_entry(by, *number, *ended, visit),
        _ => return None,
    })
}

/// The entry of a fact about an earlier message.
fn about_message<'a>(by: SocketName, fact: &'a Fact<'_>) -> Option<WrittenFact<'a>> {
    Some(match fact {
        Fact::Edited(Edited { nick, about, text, .. }) => {
            let (nick, text) = (nick.clone(), Cow::Borrowed(*text));
            WrittenFact::Edited { by, nick, about: about.into(), text }
        }
        Fact::Deleted(Deleted { nick, about, .. }) => {
            WrittenFact::Deleted { by, nick: nick.clone(), about: about.into() }
        }
        Fact::Reacted(Reacted { person, nick, about, emoji, is_on, .. }) => {
            let (person, nick, emoji) = (person.clone(), nick.clone(), emoji.clone());
            WrittenFact::Reacted { by, person, nick, about: about.into(), emoji, on: *is_on }
        }
        _ => return None,
    })
}

fn ended_entry<'a>(
    by: SocketName,
    number: i64,
    ended: EndedDevice,
    visit: impl Fn(SocketId) -> SocketName,
) -> WrittenFact<'a> {
    let (token, here) = match ended {
        EndedDevice::Token(token) => (Some(token), None),
        EndedDevice::Here(socket) => (None, Some(visit(socket))),
    };
    WrittenFact::DeviceEnded { by, number, token, here }
}

fn entered_entry<'a>(by: SocketName, entered: &Entered) -> WrittenFact<'a> {
    let Entered { nick, guest, rooms, way, .. } = entered;
    let (nick, rooms, way) = (nick.clone(), rooms.clone(), way.into());
    WrittenFact::Entered { by, nick, guest: *guest, rooms, way }
}

fn joined_entry<'a>(by: SocketName, joined: &Joined) -> WrittenFact<'a> {
    let Joined { nick, room, from, owns, .. } = joined;
    let (nick, room, from, owns) = (nick.clone(), room.clone(), from.clone(), *owns);
    WrittenFact::Joined { by, nick, room, from, owns }
}

fn quieted_entry<'a>(by: SocketName, id: &Rc<str>, on: bool) -> WrittenFact<'a> {
    WrittenFact::Quieted { by, id: id.clone(), on }
}

fn moderated_entry<'a>(
    by: SocketName,
    moderated: &'a Moderated<'_>,
    visit: impl Fn(SocketId) -> SocketName,
) -> WrittenFact<'a> {
    let Moderated { nick, deed, why, .. } = moderated;
    let (nick, deed) = (nick.clone(), WrittenDeed::of(deed, visit));
    WrittenFact::Moderated { by, nick, deed, why: Cow::Borrowed(why) }
}

fn removed_entry<'a>(by: SocketName, removed: &'a Removed<'_>) -> WrittenFact<'a> {
    let Removed { nick, room, to, must_go, moderator, why, .. } = removed;
    let (nick, room, to) = (nick.clone(), room.clone(), to.clone());
    let (must_go, moderator, why) = (*must_go, moderator.clone(), Cow::Borrowed(*why));
    WrittenFact::Removed { by, nick, room, to, must_go, moderator, why }
}

fn whispered_entry<'a>(
    by: SocketName,
    whispered: &'a Whispered<'_>,
    visit: impl Fn(SocketId) -> SocketName,
) -> WrittenFact<'a> {
    let Whispered { author, to, reader, called, is_action, text, key, is_stranger, .. } = whispered;
    WrittenFact::Whispered {
        by,
        author: author.into(),
        to: to.map(visit),
        reader: reader.into(),
        called: called.map(Cow::Borrowed),
        action: *is_action,
        text: Cow::Borrowed(text),
        key: key.map(Into::into),
        stranger: *is_stranger,
    }
}

impl From<&Admitted> for WrittenAdmitted {
    fn from(admitted: &Admitted) -> Self {
        let passing = admitted.passing.as_ref().map(Refusal::to_string);
        Self {
            record: admitted.record.clone(),
            client: admitted.client,
            back: admitted.is_back,
            new_token: admitted.has_new_token,
            first: admitted.is_first,
            passing,
            renamed: admitted.is_renamed,
            ended: admitted.ended.clone(),
            left: admitted.left.clone(),
            known: admitted.known.clone(),
            since: admitted.since,
            recovered: admitted.recovered,
        }
    }
}

impl From<&About> for WrittenAbout {
    fn from(about: &About) -> Self {
        let About { id, ts, place, author, sender, is_action, is_own } = about;
        let (id, ts, action, own) = (*id, *ts, *is_action, *is_own);
        let (place, author, sender) = (place.clone(), author.clone(), sender.clone());
        Self { id, ts, place, author, sender, action, own }
    }
}

impl From<&Party> for WrittenParty {
    fn from(party: &Party) -> Self {
        Self { id: party.id.clone(), nick: party.nick.clone(), returns: party.returns }
    }
}

impl<'a> From<Key<'a>> for WrittenKey<'a> {
    fn from(Key { key, what }: Key<'a>) -> Self {
        Self { key: Cow::Borrowed(key), what }
    }
}

impl<'a> From<&'a Relayed<'_>> for WrittenRelayed<'a> {
    fn from(relayed: &'a Relayed<'_>) -> Self {
        match relayed {
            Relayed::Args(args) => Self::Args(Cow::Borrowed(args.json())),
            Relayed::Words { words, is_long, is_for_all } => {
                Self::Words { words: Cow::Borrowed(words), long: *is_long, all: *is_for_all }
            }
        }
    }
}
