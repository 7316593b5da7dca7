//! The change that each fact makes: to names, rooms, topics, typing, people's knowledge of each
//! other, and the history.

mod enter;
pub(super) mod kept;

use super::archive::private_place;
use super::fact::{Departed, Fact, Joined, Key, Renamed, Said, Stamp, TopicSet, Typing, Whispered};
use super::history::{KeptPerson, Post, Posted, RegistrationChange};
use super::people::{self, Writer, reads};
use super::{
    Cx, access, hooks, order, orders, personal, registration, roles, rooms, rules, typing, words,
};
use crate::limits::{TYPING_MS, TYPING_MS_MIN};
use mio_socketio::{CloseReason, SocketId};
use std::rc::Rc;

/// Makes the change of a fact.
pub(super) fn apply(cx: &mut Cx<'_>, stamp: Stamp, fact: &Fact<'_>) {
    match fact {
        Fact::Entered(entered) => enter::apply_entered(cx, stamp, entered),
        Fact::Remembered(remembered) => enter::apply_remembered(cx, remembered),
        Fact::Identified { by, id } => cx.state.people.identify(*by, id.clone()),
        Fact::Passing { by, .. } => enter::apply_passing(cx, *by),
        Fact::Forgotten { by, unknown } => enter::apply_forgotten(cx, stamp, *by, *unknown),
        Fact::Said(said) => apply_said(cx, stamp, said),
        Fact::Whispered(whispered) => apply_whispered(cx, stamp, whispered),
        Fact::Rules(fact) => rules::apply(cx, stamp, fact),
        Fact::Words(fact) => words::apply(cx, stamp, fact),
        Fact::Warned { by, name, id } => cx.state.people.meet(*by, name, id),
        Fact::TopicSet(set) => apply_topic(cx, set),
        Fact::Renamed(renamed) => apply_renamed(cx, stamp, renamed),
        Fact::Joined(joined) => apply_joined(cx, joined),
        Fact::Left { by, room, .. } => apply_left(cx, *by, room),
        Fact::Typing(typing) => apply_typing(cx, stamp, typing),
        Fact::Read { by, target, id } => reads::apply(cx, *by, target, *id),
        Fact::TypingRelayed { by, .. } => {
            if let Some(device) = cx.state.people.device_mut(*by) {
                device.note_typing(stamp.ms + TYPING_MS_MIN);
            }
        }
        Fact::Departed(departed) => apply_departed(cx, stamp, departed),
        Fact::Expelled { by, .. } => cx.close(*by, CloseReason::Banned),
        Fact::Personal(fact) => personal::apply(cx, fact),
        Fact::Registration(fact) => registration::apply(cx, stamp, fact),
        Fact::Access(fact) => access::apply(cx, stamp, fact),
        Fact::HookMade { hook, .. } => {
            cx.state.history.change_registration(RegistrationChange::Hook(hook.clone()));
            hooks::displace(cx, &hook.name);
        }
        Fact::HookRemoved { hook, .. } => {
            cx.state.history.change_registration(RegistrationChange::HookRemoved(hook.clone()));
        }
        Fact::Order(fact) => order::apply(cx, stamp, fact),
        Fact::Ordered(order) => orders::apply(cx, order),
    }
}

fn apply_said(cx: &mut Cx<'_>, stamp: Stamp, said: &Said<'_>) {
    let Said { by, sender, nick, room, is_action, text, key, relayed } = said;
    let payload = relayed.as_ref().and_then(|relayed| relayed.kept());
    let post = Post {
        id: stamp.id,
        ts: stamp.ts,
        place: room,
        author: nick,
        is_action: *is_action,
        text,
        payload: payload.as_deref(),
        sender: sender.clone(),
        known_to: Vec::new(),
    };
    cx.state.history.append(post);
    remember(cx, stamp, *by, *key, None);
}

fn apply_whispered(cx: &mut Cx<'_>, stamp: Stamp, whispered: &Whispered<'_>) {
    let Whispered { by, author, to, reader, called, is_action, text, key, from, .. } = whispered;
    if let Some(name) = called {
        cx.state.people.meet(*by, name, &reader.id);
    }
    // The device may have gone while others of the reader are here.
    let people = &mut cx.state.people;
    let to = to.filter(|to| people.device(*to).is_some());
    let to = to.or_else(|| people.with_id(&reader.id));
    if to.is_none() {
        people.mailboxes.leave(&reader.id, *from);
        // The last one may have gone after the message was sent at another server. The file has a
        // mailbox for registered people alone.
        let (id, message) = (reader.id.clone(), stamp.id);
        cx.state.history.change_registration(RegistrationChange::Waits { id, message });
    }
    let known = [(author, reader), (reader, author)].into_iter();
    let known = known.filter(|(one, _)| one.returns);
    let post = Post {
        id: stamp.id,
        ts: stamp.ts,
        place: &private_place(&author.id, &reader.id),
        author: &author.nick,
        is_action: *is_action,
        text,
        payload: None,
        sender: Some(author.id.clone()),
        known_to: known.map(|(one, other)| (one.id.clone(), other.nick.clone())).collect(),
    };
    cx.state.history.append(post);
    remember(cx, stamp, *by, *key, Some(&reader.id));
    // A reader who ignores the author does not get it.
    let Some(to) = to.filter(|to| !cx.state.people.ignorers(*by).contains(to)) else { return };
    cx.state.people.meet(to, &author.nick, &author.id);
    cx.state.people.wrote(to, Writer(author.id.clone()));
}

/// Remembers that a person who can come back has said something, and the key of the post.
fn remember(
    cx: &mut Cx<'_>,
    stamp: Stamp,
    by: SocketId,
    key: Option<Key<'_>>,
    reader: Option<&Rc<str>>,
) {
    kept::spoke(cx, by);
    if let Some(person) = cx.state.people.get_mut(by) {
        person.said = stamp.id;
    }
    let record = cx.state.people.record_mut(by);
    if let (Some(Key { key, what }), Some(record)) = (key, record) {
        let (key, what, reader) = (key.into(), Some(what), reader.cloned());
        let posted = Posted { key, id: stamp.id, ts: stamp.ts, what, reader };
        let forgotten = record.remember(posted.clone());
        cx.state.history.posted(record.id.clone(), posted, forgotten);
    }
}

fn apply_topic(cx: &mut Cx<'_>, set: &TopicSet<'_>) {
    let room = cx.state.rooms.open(&set.room);
    let topic = set.topic.map(str::to_owned);
    cx.state.history.keep_topic(room.clone(), topic.clone());
    if let Some(evicted) = cx.state.rooms.set_topic(room, topic) {
        cx.state.history.keep_topic(evicted, None);
    }
}

fn apply_renamed(cx: &mut Cx<'_>, stamp: Stamp, renamed: &Renamed) {
    let Renamed { by, new, .. } = renamed;
    cx.state.people.rename(stamp.ms, *by, new);
    kept::keep(cx, *by);
    let Some(person) = cx.state.people.get(*by) else { return };
    let registered = person.id.clone().filter(|_| person.is_registered);
    let id = person.record.as_ref().map(|record| record.id.clone());
    if let Some(id) = id.or(registered.clone()) {
        cx.state.history.rename(id, new.clone());
    }
    if let Some(id) = registered {
        let renamed = RegistrationChange::Renamed { id, nick: new.clone(), ms: stamp.ts };
        cx.state.history.change_registration(renamed);
    }
}

/// The other devices of the person come along, except those that are in one room at a time. A node
/// that begins may not know the person yet: the room is theirs all the same.
fn apply_joined(cx: &mut Cx<'_>, joined: &Joined) {
    let Joined { by, id, room, from, owns, .. } = joined;
    let room = cx.state.rooms.shared(room);
    let own_id = || cx.state.people.get(*by).and_then(|person| person.id.clone());
    let id = id.clone().or_else(own_id);
    // At one of many nodes they may have been let in just before the room was deleted. Then they
    // are put out again.
    if cx.state.may_enter_room(&room, id.as_deref()) {
        rules::begin_anew(cx, &room);
    }
    if let Some(id) = id.filter(|_| *owns) {
        roles::set_owner(cx, &id, &room, true);
    }
    if cx.state.people.get(*by).is_none() {
        return;
    }
    if from.is_some() {
        rooms::move_device(cx, *by, &room);
    }
    rooms::join_all(cx, *by, &room);
    kept::keep(cx, *by);
}

/// All devices of the person leave the room. Those that must be in one go to another room of
/// theirs.
fn apply_left(cx: &mut Cx<'_>, by: SocketId, room: &Rc<str>) {
    let devices: Vec<SocketId> = cx.state.people.devices(by).collect();
    let next = rooms::instead_of(cx, by, room);
    for socket in devices {
        let device = cx.state.people.device(socket);
        match device.filter(|device| device.interface.has_one_room()) {
            Some(device) if device.room == *room => rooms::move_device(cx, socket, &next),
            Some(_) => (),
            None => rooms::slip_out(cx, room, socket),
        }
    }
    kept::keep(cx, by);
}

fn apply_typing(cx: &mut Cx<'_>, stamp: Stamp, typing: &Typing) {
    let Typing { by, target, is_news, .. } = typing;
    let Some(visit) = cx.state.people.visit_mut(*by) else { return };
    let told_ms = visit.typing.as_ref().filter(|_| !is_news).map(|before| before.told_ms);
    let told_ms = told_ms.unwrap_or(stamp.ms);
    let until_ms = stamp.ms + TYPING_MS;
    visit.typing = target.clone().map(|target| people::Typing { target, until_ms, told_ms });
    if target.is_some() {
        typing::watch(cx, *by);
    }
}

/// The name of a person who may come back is held for a while, once their last device has gone.
fn apply_departed(cx: &mut Cx<'_>, stamp: Stamp, departed: &Departed) {
    let Departed { by, rooms, returns, .. } = departed;
    let Some((_, person)) = cx.state.people.remove(*by) else { return };
    if let Some(person) = &person {
        cx.state.quiet.forget(person);
        reads::leave(cx, person);
    }
    for room in rooms {
        rooms::slip_out(cx, room, *by);
    }
    let Some(record) = person.and_then(|person| person.record) else { return };
    let returns = *returns;
    // A device that is in one room leaves the earlier rooms of its person to the next device.
    let record = KeptPerson { returns, is_here: false, seen_ms: stamp.ts, ..*record };
    if returns {
        cx.state.people.hold(stamp.ms, &record.id, &record.nick);
    }
    cx.state.history.keep_person(record);
}
