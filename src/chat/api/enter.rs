//! Coming in, coming back, and going.

use super::{Refusal, people};
use crate::base::{CloseReason, SocketId};
use crate::chat::history::{Conversation, Message, Record, Token};
use crate::chat::people::{Client, Door, Person, Seat};
use crate::chat::recovery::Own;
use crate::chat::told::wire::{self, Entry, Shown};
use crate::chat::told::{Change, notices, typing};
use crate::chat::{Cx, archive, begin, rooms};
use crate::limits::{
    ENTRY_MESSAGES, MEMBERS_LISTED_MAX, MESSAGES_BYTES_MAX, MISSED_COUNTED_MAX, MISSED_MESSAGES_MAX,
};
use crate::server::{Connect, Refused};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Deserialize)]
struct Auth {
    nick: Option<String>,
    token: Option<String>,
    since: Option<i64>,
    client: Option<String>,
}

#[derive(Serialize)]
struct Welcome {
    nick: Rc<str>,
    token: Rc<str>,
    rooms: Vec<Entry>,
    /// All that was missed follows.
    recovered: bool,
}

/// More was missed in a place than is sent.
#[derive(Serialize)]
struct Gap {
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<Rc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<Rc<str>>,
    missed: usize,
}

/// What somebody missed who comes back.
#[derive(Default)]
struct Missed {
    gaps: Vec<Gap>,
    messages: Vec<Shown>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let data = json!({"code": refusal.code, "error": refusal.error});
        Self::new(refusal.error).with_data(&data)
    }
}

/// Somebody comes in: anew, or back with a token.
pub(super) fn connect(cx: &mut Cx<'_>, connect: Connect<'_>) -> Result<(), Refused> {
    begin(cx);
    let auth: Auth = connect.auth().map_err(|error| {
        let error = format!("auth is an object with nick, token, since and client: {error}");
        Refusal::new("bad-request", error)
    })?;
    let socket = connect.socket;
    let client = Client::called(auth.client.as_deref());
    let own = connect.recovered.map(Own::read);
    let secret = own.as_ref().and_then(|own| own.token.as_deref().map(str::to_owned));
    let secret = secret.or(auth.token);
    // Others come without a token again, under the same name.
    let returns = secret.is_some() || client != Client::App;
    let token = secret.as_deref().map(Token::of);
    let was_here = token.and_then(|token| cx.state.people.by_token(&token));
    let known = match was_here {
        Some(older) => replace(cx, older),
        None => token.and_then(|token| cx.state.history.person(&token)),
    };
    let is_back = known.is_some();
    let (mut record, secret) = match (known, secret) {
        (Some(record), Some(secret)) => (come_back(cx, record), Rc::from(secret)),
        _ => come_anew(cx, auth.nick.as_deref())?,
    };
    record.returns = returns;
    let (nick, room_keys) = (record.nick.clone(), record.rooms.clone());
    let seat = Seat { record, client, secret, typing: None, watched: false };
    let lobby = cx.state.rooms.lobby();
    let person = Person::new(nick.clone(), lobby, Door::Chat(Box::new(seat)));
    cx.state.people.insert(socket, person);
    for key in &room_keys {
        let room = cx.state.rooms.open(key);
        cx.join(socket, &room);
        if was_here.is_none() {
            notices::announce(cx, &room, socket, Change::Joined(nick.clone()));
        }
    }
    people::save(cx, socket);
    let since = auth.since.filter(|since| {
        let history = &cx.state.history;
        is_back && history.is_kept() && (0..=history.last_id()).contains(since)
    });
    let missed = match (own, since) {
        // It has been sent already.
        (Some(_), _) => Some(Missed::default()),
        (None, Some(since)) => Some(missed_since(cx, socket, since)),
        (None, None) => None,
    };
    welcome(cx, socket, missed);
    Ok(())
}

/// Shows somebody in, with what was missed if they know what they have seen.
fn welcome(cx: &mut Cx<'_>, socket: SocketId, missed: Option<Missed>) {
    let keys = people::rooms_of(cx, socket);
    let members_max = MEMBERS_LISTED_MAX / keys.len().max(1);
    let mut budget = MESSAGES_BYTES_MAX;
    let mut entries = Vec::new();
    for key in keys {
        let messages = match missed {
            Some(_) => Vec::new(),
            None => people::last_messages(cx, &key, &mut budget),
        };
        entries.push(wire::entry(cx, key, members_max, messages));
    }
    let Some(person) = cx.state.people.get(socket) else { return };
    let Some(seat) = person.seat() else { return };
    let (nick, token) = (person.nick.clone(), seat.secret.clone());
    let recovered = missed.as_ref().is_some_and(|missed| missed.gaps.is_empty());
    cx.emit(socket, "welcome", (Welcome { nick, token, rooms: entries, recovered },));
    let Missed { gaps, messages } = missed.unwrap_or_default();
    for gap in gaps {
        cx.emit(socket, "gap", (gap,));
    }
    for message in messages {
        cx.emit(socket, "message", (message,));
    }
}

/// The same person is here already: that connection ends, and nobody is told. What it knew.
fn replace(cx: &mut Cx<'_>, older: SocketId) -> Option<Record> {
    typing::stop(cx, older);
    let rooms = people::rooms_of(cx, older);
    let mut person = cx.state.people.remove(older)?;
    for room in &rooms {
        cx.leave(older, room);
    }
    let bye = json!({"reason": "replaced", "error": "you have come in from somewhere else"});
    cx.emit(older, "bye", (bye,));
    cx.close(older, CloseReason::Replaced);
    let record = person.seat_mut().map(|seat| seat.record.clone());
    record.map(|record| Record { rooms, ..record })
}

/// Somebody known comes back, under their name if nobody has taken it.
fn come_back(cx: &mut Cx<'_>, mut record: Record) -> Record {
    let now = cx.now();
    let nick = cx.state.people.free_again(now.ms, &record.id, &record.nick);
    record.nick = nick.unwrap_or_else(|| cx.state.people.guest());
    record.seen_ms = now.unix_ms.cast_signed();
    record.is_here = true;
    record
}

/// A newcomer, and the token by which they are known from now on.
fn come_anew(cx: &mut Cx<'_>, nick: Option<&str>) -> Result<(Record, Rc<str>), Refusal> {
    let now = cx.now();
    let nick = match nick {
        Some(nick) => cx.state.people.free(now.ms, nick.trim())?,
        None => cx.state.people.guest(),
    };
    let secret = cx.random_id();
    let record = Record {
        id: Rc::from(cx.random_id()),
        token: Token::of(&secret),
        nick,
        rooms: vec![cx.state.rooms.lobby()],
        is_here: true,
        returns: false,
        seen_ms: now.unix_ms.cast_signed(),
        posted: VecDeque::new(),
    };
    Ok((record, Rc::from(secret)))
}

/// All that was said after `since` where somebody could have heard it.
fn missed_since(cx: &mut Cx<'_>, socket: SocketId, since: i64) -> Missed {
    archive::settle(cx);
    let (mut all, mut budget) = (Missed::default(), MESSAGES_BYTES_MAX);
    for key in people::rooms_of(cx, socket) {
        let (messages, cut) = newer(cx, &key, since);
        let shown = messages.into_iter().map(Shown::in_room).collect();
        let gap = Gap { room: Some(key), with: None, missed: cut };
        all.add(shown, gap, &mut budget);
    }
    let Some(me) = cx.state.people.get(socket) else { return all };
    let (id, nick) = (me.id.clone().unwrap_or_default(), me.nick.clone());
    for Conversation { place, nick: other } in cx.state.history.conversations(&id, since) {
        let (messages, cut) = newer(cx, &place, since);
        let messages = messages.into_iter();
        let shown = messages.map(|message| Shown::in_private(message, &id, &nick, &other));
        let shown = shown.collect();
        all.add(shown, Gap { room: None, with: Some(other), missed: cut }, &mut budget);
    }
    all.messages.sort_unstable_by_key(|message| message.id);
    all
}

/// The messages of a place after `since`; of too many the last, and how many they are not.
fn newer(cx: &mut Cx<'_>, place: &str, since: i64) -> (Vec<Message>, usize) {
    let count = cx.state.history.count_since(place, since, MISSED_COUNTED_MAX);
    let shown = if count > MISSED_MESSAGES_MAX { ENTRY_MESSAGES } else { count };
    (cx.state.history.last(place, None, shown), count - shown)
}

impl Missed {
    fn add(&mut self, mut messages: Vec<Shown>, mut gap: Gap, budget: &mut usize) {
        gap.missed += wire::fit(&mut messages, budget);
        self.messages.append(&mut messages);
        if gap.missed > 0 {
            self.gaps.push(gap);
        }
    }
}

/// Somebody has gone. Their name is kept for a while.
pub(super) fn disconnect(cx: &mut Cx<'_>, socket: SocketId, _reason: CloseReason) {
    typing::stop(cx, socket);
    let keys = people::rooms_of(cx, socket);
    let Some(mut person) = cx.state.people.remove(socket) else { return };
    for key in &keys {
        rooms::leave(cx, key, socket, person.nick.clone());
    }
    let now = cx.now();
    let Some(seat) = person.seat_mut() else { return };
    let mut record = seat.record.clone();
    if record.returns {
        cx.state.people.hold(now.ms, &record.id, &record.nick);
    }
    record.rooms = keys;
    record.is_here = false;
    record.seen_ms = now.unix_ms.cast_signed();
    cx.state.history.keep_person(record);
}
