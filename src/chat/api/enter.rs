//! Coming in, coming back, and going.

use super::people::Any;
use super::{Refusal, people};
use crate::chat::ask::ask;
use crate::chat::history::{History, Message, Record, Token};
use crate::chat::missed::{Back, Missed, missed};
use crate::chat::people::{Client, Door, Person, Visit};
use crate::chat::recovery::Own;
use crate::chat::request::{Asker, Request};
use crate::chat::tell::chat::wire::{self, Entry};
use crate::chat::tell::{self, Change};
use crate::chat::{Chat, Cx, archive, bans, begin, names, rooms, trace, typing};
use crate::limits::{MEMBERS_LISTED_MAX, TOKEN_MS};
use mio_socketio::{CloseReason, SocketId};
use mio_socketio::{Connect, Refused};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::rc::Rc;

#[derive(Deserialize)]
struct Auth {
    nick: Option<String>,
    token: Option<String>,
    since: Option<Value>,
    /// The name of the history in which that is a number.
    history: Option<String>,
    client: Option<String>,
}

impl Auth {
    /// Up to which message they have seen all, if that means something in this history.
    fn since(&self, history: &History) -> Option<i64> {
        let is_same = self.history.as_ref().is_none_or(|name| **name == **history.name());
        let since = self.since.as_ref().and_then(number);
        since.filter(|since| is_same && history.is_kept() && history.knows(*since))
    }
}

#[derive(Serialize)]
struct Welcome {
    nick: Rc<str>,
    token: Rc<str>,
    rooms: Vec<Entry>,
    /// All that was missed follows.
    recovered: bool,
    /// What the history is called.
    history: Rc<str>,
}

/// Somebody comes in: anew, or back with a token, or back by Socket.IO's own means.
pub(super) fn connect(cx: &mut Cx<'_>, connect: Connect<'_>) -> Result<(), Refused> {
    begin(cx);
    bans::check(cx, connect.socket)?;
    let auth: Auth = connect.auth().map_err(|error| {
        let form = "auth is an object with nick, token, since, history and client";
        Refusal::Form(format!("{form}: {error}"))
    })?;
    let socket = connect.socket;
    let client = Client::called(auth.client.as_deref());
    let own = connect.recovered.map(Own::read);
    let stored = match own.as_ref().and_then(|own| own.id.as_deref()) {
        Some(id) => cx.state.history.person_by_id(id),
        None => None,
    };
    let token = auth.token.as_deref().map(Token::of);
    let token = stored.as_ref().map(|record| record.token).or(token);
    // One who was never kept, for they only read, comes back after a restart with a token that
    // nobody knows, and has heard the lobby.
    let since = token.and_then(|_| auth.since(&cx.state.history));
    let was_here = token.and_then(|token| cx.state.people.by_token(&token));
    let known = match was_here {
        Some(older) => replace(cx, older),
        None => stored.or_else(|| cx.state.history.person(&token?)),
    };
    // Whoever comes back by Socket.IO's own means is known by them.
    let known = known.or_else(|| own.as_ref().and_then(|own| unwritten(cx, socket, own)));
    let now = cx.now();
    // A token is good for so long, and no longer.
    let known = known.and_then(|mut record| {
        let old = record.token;
        let is_good = record.used(now, &token.unwrap_or(old)) || own.is_some();
        if !is_good || record.token != old {
            cx.state.history.forget_token(&old);
        }
        is_good.then_some(record)
    });
    // Only who has shown a token that was given here can come back: their name is kept for them.
    let returns = known.is_some();
    let is_back = known.is_some();
    let (mut record, secret) = match known {
        Some(record) => come_back(cx, record, auth.token),
        None => come_anew(cx, auth.nick.as_deref())?,
    };
    record.returns = returns;
    let visit =
        Visit { record, client, secret, since: None, typing: None, watched: false, passing: false };
    let had = sit_down(cx, socket, visit, was_here.is_none());
    if is_back || since.is_some() {
        people::heard(cx, socket);
    }
    match (own, since) {
        // What was missed in the rooms that they had has been sent already.
        (Some(own), _) => welcome(cx, socket, &had, !own.has_gaps),
        (None, Some(since)) => match all_missed(cx, socket, since) {
            Some(missed) if is_back => welcome_back(cx, socket, since, missed),
            Some(missed) => {
                let lobby = cx.state.rooms.lobby();
                welcome_back(cx, socket, since, missed.with_gap_in(lobby));
            }
            None => welcome(cx, socket, &[], false),
        },
        (None, None) => welcome(cx, socket, &[], false),
    }
    Ok(())
}

/// A number, or a text that is one: clients of Socket.IO 2 send only texts.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Puts somebody into their rooms, and into no other. Returns those that they were in already.
fn sit_down(cx: &mut Cx<'_>, socket: SocketId, visit: Visit, is_news: bool) -> Vec<Rc<str>> {
    let (nick, keys) = (visit.record.nick.clone(), visit.record.rooms.clone());
    let lobby = cx.state.rooms.lobby();
    let person = Person::new(nick.clone(), lobby, Door::Chat(Box::new(visit)));
    cx.state.people.insert(socket, person);
    trace::came(cx, socket);
    let mut had = people::rooms_of(cx, socket);
    for key in had.extract_if(.., |key| !keys.contains(key)) {
        rooms::slip_out(cx, &key, socket);
    }
    for key in &keys {
        let room = cx.state.rooms.open(key);
        cx.join(socket, &room);
        if is_news {
            tell::announce(cx, &room, socket, &Change::Joined(nick.clone()));
        }
    }
    people::save(cx, socket);
    had
}

/// Shows somebody in, with what was said last in their rooms but those in `known`.
fn welcome(cx: &mut Cx<'_>, socket: SocketId, known: &[Rc<str>], recovered: bool) {
    let keys = people::rooms_of(cx, socket);
    let members_max = MEMBERS_LISTED_MAX / keys.len().max(1);
    let mut budget = wire::budget(cx);
    let mut rooms = Vec::new();
    for key in keys {
        let messages = match known.contains(&key) {
            true => Vec::new(),
            false => wire::last_messages(cx, socket, &key, &mut budget),
        };
        rooms.push(wire::entry(cx, key, members_max, messages));
    }
    let Some(person) = cx.state.people.get(socket) else { return };
    let Some(visit) = person.visit() else { return };
    let (nick, token) = (person.nick.clone(), visit.secret.clone());
    let history = cx.state.history.name().clone();
    cx.emit(socket, "welcome", (Welcome { nick, token, rooms, recovered, history },));
    if let Some(text) = archive::warning(cx) {
        cx.emit(socket, "notice", (json!({"text": text}),));
    }
}

/// All that was said after `since` where somebody could have heard it; `None` if it cannot be read.
fn all_missed(cx: &mut Cx<'_>, socket: SocketId, since: i64) -> Option<Missed> {
    let rooms = people::rooms_of(cx, socket).into_iter().map(|room| (room, since)).collect();
    let bytes = wire::budget(cx);
    let Chat { people, history, .. } = cx.state;
    let me = people.get(socket)?;
    let (id, nick, knows_own) = (&**me.id.as_ref()?, &me.nick, false);
    let is_hidden = |it: &Message| people.hides(socket, it.sender.as_deref(), &it.author);
    let is_hidden = &is_hidden;
    missed(history, &Back { id, nick, rooms, since, knows_own, is_hidden, bytes })
}

/// Shows somebody in who knows what they have seen, with what they have missed. Each event tells
/// how far they have got with it, should they come back by Socket.IO's own means.
fn welcome_back(cx: &mut Cx<'_>, socket: SocketId, since: i64, missed: Missed) {
    if let Some(visit) = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut()) {
        visit.since = Some(since);
    }
    people::save(cx, socket);
    cx.state.told_upto = Some(since);
    let known = people::rooms_of(cx, socket);
    welcome(cx, socket, &known, missed.gaps.is_empty());
    for gap in missed.gaps {
        cx.emit(socket, "gap", (gap,));
    }
    for message in missed.messages {
        cx.state.told_upto = Some(message.id);
        cx.emit(socket, "message", (message,));
    }
    cx.state.told_upto = None;
}

/// The same person is here already: that connection ends, and nobody is told. What it knew.
fn replace(cx: &mut Cx<'_>, older: SocketId) -> Option<Record> {
    typing::stop(cx, older);
    let rooms = people::rooms_of(cx, older);
    trace::left(cx, older);
    let mut person = cx.state.people.remove(older)?;
    for room in &rooms {
        cx.leave(older, room);
    }
    let bye = json!({"reason": "replaced", "error": "you have come in from somewhere else"});
    cx.emit(older, "bye", (bye,));
    cx.close(older, CloseReason::Replaced);
    let record = person.visit_mut().map(|visit| visit.record.clone());
    record.map(|record| Record { rooms, ..record })
}

/// Somebody known comes back, under their name if nobody has taken it, and with their token or, if
/// they have not shown it, another.
fn come_back(cx: &mut Cx<'_>, mut record: Record, secret: Option<String>) -> (Record, Rc<str>) {
    let now = cx.now();
    let nick = cx.state.people.free_again(now.ms, &record.id, &record.nick);
    let nick = nick.unwrap_or_else(|| cx.state.people.guest(now.ms));
    if nick != record.nick {
        cx.state.history.rename(record.id.clone(), nick.clone());
        record.nick = nick;
    }
    // Rooms that may not be called so any more could not even be left.
    let is_good = |room: &Rc<str>| names::room_key(room).as_deref() == Ok(room);
    if record.rooms.extract_if(.., |room| !is_good(room)).count() > 0 && record.rooms.is_empty() {
        record.rooms.push(cx.state.rooms.lobby());
    }
    let shown = secret.filter(|secret| Token::of(secret) == record.token);
    let is_shown = shown.is_some();
    let secret = shown.filter(|_| !record.is_aging(now)).unwrap_or_else(|| cx.random_id());
    let given = (Token::of(&secret), now.unix_ms.cast_signed());
    match is_shown {
        // The old one is good until the new one is used: that may get lost on its way.
        true if given.0 != record.token => record.next = Some(given),
        true => (),
        false => {
            cx.state.history.forget_token(&record.token);
            (record.token, record.given_ms, record.next) = (given.0, given.1, None);
        }
    }
    record.seen_ms = now.unix_ms.cast_signed();
    record.is_here = true;
    (record, Rc::from(secret))
}

/// One who has come back by Socket.IO's own means, and had done nothing to be kept for.
fn unwritten(cx: &mut Cx<'_>, socket: SocketId, own: &Own) -> Option<Record> {
    let (id, secret, lobby) = (own.id.clone()?, cx.random_id(), cx.state.rooms.lobby());
    let rooms = people::rooms_of(cx, socket);
    let record = Record::new(cx.now(), id, &secret, own.nick.clone(), lobby);
    Some(Record { rooms, ..record })
}

/// A newcomer, and the token by which they are known from now on.
fn come_anew(cx: &mut Cx<'_>, nick: Option<&str>) -> Result<(Record, Rc<str>), Refusal> {
    let now = cx.now();
    let nick = match nick {
        Some(nick) => cx.state.people.free(now.ms, nick.trim())?,
        None => cx.state.people.guest(now.ms),
    };
    let secret = cx.random_id();
    let (id, lobby) = (Rc::from(cx.random_id()), cx.state.rooms.lobby());
    Ok((Record::new(now, id, &secret, nick, lobby), Rc::from(secret)))
}

/// Somebody ends their token: nobody comes back with it, and they go.
pub(super) fn forget(cx: &mut Cx<'_>, socket: SocketId, _: Any) -> Result<(), Refusal> {
    super::person(cx, socket)?;
    let (unknown, now) = (cx.random_id(), cx.now());
    let Some(mut person) = cx.state.people.remove(socket) else { return Ok(()) };
    if let Some(Visit { record, .. }) = person.visit_mut() {
        cx.state.history.forget_token(&record.token);
        (record.token, record.next) = (Token::of(&unknown), None);
        (record.returns, record.spoke) = (false, false);
        record.given_ms = now.unix_ms.cast_signed().saturating_sub(TOKEN_MS);
    }
    cx.state.people.insert(socket, person);
    people::save(cx, socket);
    cx.after(0, move |cx| {
        let bye = json!({"reason": "forgotten", "error": "you have ended your token"});
        cx.emit(socket, "bye", (bye,));
        cx.close(socket, CloseReason::Forgotten);
    });
    Ok(())
}

/// Somebody has gone.
pub(super) fn disconnect(cx: &mut Cx<'_>, socket: SocketId, reason: CloseReason) {
    ask(cx, Asker::nobody(socket), Request::Depart { reason });
}
