//! Names, rooms, and who is in them.

use super::{Refusal, is_in, own_room, room_key};
use crate::chat::Cx;
use crate::chat::ask::{self, ask};
use crate::chat::budgets::{self, Budget};
use crate::chat::history::Record;
use crate::chat::people::{Client, Renamed, Seat};
use crate::chat::recovery::Own;
use crate::chat::request::{Asker, Reply, Request};
use crate::chat::tell::chat::answers::grant_ignored;
use crate::chat::tell::chat::wire::{self, Entry, Member, Shown};
use crate::chat::tell::{self, Change};
use crate::chat::{archive, rooms, text, trace, typing};
use crate::limits::{ENTRY_MESSAGES, MEMBERS_LISTED_MAX, POSTS_PER_LOOKUP, ROOMS_PER_CLIENT_MAX};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Nick {
    nick: String,
}

#[derive(Serialize)]
pub(super) struct Named {
    nick: Rc<str>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Room {
    room: String,
}

#[derive(Serialize)]
pub(super) struct Left {
    room: Rc<str>,
}

#[derive(Serialize)]
pub(super) struct Who {
    room: String,
    members: Vec<Member>,
    count: usize,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Ignore {
    nick: Option<String>,
    on: Option<bool>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Any {}

#[derive(Serialize)]
pub(super) struct Rooms {
    rooms: Vec<Listed>,
    count: usize,
}

#[derive(Serialize)]
struct Listed {
    room: Rc<str>,
    topic: Option<String>,
    count: usize,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Topic {
    room: String,
    text: String,
}

/// Takes another name.
pub(super) fn nick(cx: &mut Cx<'_>, socket: SocketId, asked: Nick) -> Result<Named, Refusal> {
    cx.charge(socket, POSTS_PER_LOOKUP);
    typing::stop(cx, socket);
    let now_ms = cx.now().ms;
    budgets::take(cx, socket, Budget::Names)?;
    let renamed = cx.state.people.rename(now_ms, socket, asked.nick.trim())?;
    let renamed = renamed.ok_or(Refusal::Gone)?;
    let Renamed { old, new } = renamed;
    if old != new {
        trace::named(cx, socket, &old);
        save(cx, socket);
        if let Some(id) = cx.state.people.get(socket).and_then(|person| person.id.clone()) {
            cx.state.history.rename(id, new.clone());
        }
        for room in rooms_of(cx, socket) {
            let (old, new) = (old.clone(), new.clone());
            tell::announce(cx, &room, socket, &Change::Renamed { old, new });
        }
    }
    Ok(Named { nick: new })
}

/// Goes to a room besides those that one is in.
pub(super) fn join(cx: &mut Cx<'_>, socket: SocketId, asked: Room) -> Result<Entry, Refusal> {
    cx.charge(socket, POSTS_PER_LOOKUP);
    let key = cx.state.rooms.find(&asked.room)?;
    if !is_in(cx, socket, &key) && cx.rooms(socket).count() >= ROOMS_PER_CLIENT_MAX {
        return Err(Refusal::TooManyRooms);
    }
    let nick = super::person(cx, socket)?.nick.clone();
    let room = rooms::open_for(cx, socket, &key)?;
    if cx.join(socket, &room) {
        tell::announce(cx, &room, socket, &Change::Joined(nick));
        save(cx, socket);
    }
    let mut budget = wire::budget(cx);
    let messages = last_messages(cx, socket, &room, &mut budget);
    Ok(wire::entry(cx, room, MEMBERS_LISTED_MAX, messages))
}

/// What was said last in a room, as much of it as is shown on entering.
pub(super) fn last_messages(
    cx: &mut Cx<'_>,
    socket: SocketId,
    room: &str,
    budget: &mut usize,
) -> Vec<Shown> {
    let mut messages = cx.state.history.last(room, None, ENTRY_MESSAGES).unwrap_or_default();
    archive::hide(cx, socket, &mut messages);
    let mut messages: Vec<Shown> = messages.into_iter().map(Shown::in_room).collect();
    wire::fit(&mut messages, budget);
    messages
}

pub(super) fn leave(cx: &mut Cx<'_>, socket: SocketId, asked: Room) -> Result<Left, Refusal> {
    let room = own_room(cx, socket, &asked.room)?;
    let nick = super::person(cx, socket)?.nick.clone();
    typing::left(cx, socket, &room);
    rooms::leave(cx, &room, socket, nick);
    save(cx, socket);
    Ok(Left { room })
}

/// Hears no more of somebody, or again; without a name only whom one ignores is told.
pub(super) fn ignore(cx: &mut Cx<'_>, asker: Asker, asked: Ignore) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let is_on = asked.on.unwrap_or(true);
    match (asked.nick.as_deref().map(str::trim), asker.reply) {
        (None, Reply::Chat(ack)) => grant_ignored(cx, ack, asker.socket),
        (None, Reply::Line | Reply::Root { .. }) => (),
        (Some(name), reply) => {
            let found = is_on.then(|| ask::called(cx, name)).flatten();
            let request = match is_on {
                true => Request::Ignore { name, found },
                false => Request::Unignore { name },
            };
            ask(cx, Asker { reply, ..asker }, request);
        }
    }
}

pub(super) fn who(cx: &mut Cx<'_>, _: SocketId, asked: Room) -> Result<Who, Refusal> {
    let room = room_key(&asked.room)?;
    let members = wire::members(cx, &room, MEMBERS_LISTED_MAX);
    let count = cx.members(&room).len();
    Ok(Who { room, members, count })
}

pub(super) fn rooms(cx: &mut Cx<'_>, socket: SocketId, _: Any) -> Result<Rooms, Refusal> {
    cx.charge(socket, POSTS_PER_LOOKUP);
    let rooms::Listed { rooms: largest, count, .. } = rooms::largest(cx);
    let listed = largest.into_iter().map(|(count, room)| {
        let topic = cx.state.rooms.topic(&room).map(str::to_owned);
        Listed { room, topic, count }
    });
    Ok(Rooms { rooms: listed.collect(), count })
}

/// Sets a room's topic; an empty one takes it away.
pub(super) fn topic(cx: &mut Cx<'_>, asker: Asker, asked: Topic) {
    let topic = &*text::taken(asked.text.trim());
    ask(cx, asker, Request::SetTopic { room: Some(&asked.room), topic });
}

/// The rooms that somebody is in.
pub(super) fn rooms_of(cx: &mut Cx<'_>, socket: SocketId) -> Vec<Rc<str>> {
    let keys: Vec<String> = cx.rooms(socket).map(str::to_owned).collect();
    keys.iter().map(|key| cx.state.rooms.open(key)).collect()
}

/// Somebody asks for something, as the page and the terminal client do as soon as they are let in:
/// they have got the token, and those two keep it.
pub(super) fn heard(cx: &mut Cx<'_>, socket: SocketId) {
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    let Some(Seat { record, client, passing, .. }) = seat else { return };
    let returns = record.returns || *client != Client::App;
    let (is_new, is_passing) = (!record.is_known, *passing);
    if is_passing || !is_new && returns == record.returns {
        return;
    }
    if is_new && let Err(error) = budgets::take(cx, socket, Budget::People) {
        return pass(cx, socket, &error);
    }
    if let Some(seat) = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut()) {
        (seat.record.is_known, seat.record.returns) = (true, returns);
        save(cx, socket);
    }
}

/// Somebody is not remembered once they have gone, and is told so.
fn pass(cx: &mut Cx<'_>, socket: SocketId, error: &Refusal) {
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    let Some(seat) = seat else { return };
    seat.passing = true;
    let text = format!("{error}; until then, your token is good only while you are here");
    cx.emit(socket, "notice", (json!({"text": text}),));
}

/// Somebody has said something.
pub(in crate::chat) fn spoke(cx: &mut Cx<'_>, socket: SocketId) {
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    if seat.is_some_and(|seat| !std::mem::replace(&mut seat.record.spoke, true)) {
        save(cx, socket);
    }
}

/// Has the history know all who are here, as another file has taken the place of the one before.
pub(in crate::chat) fn keep_all(cx: &mut Cx<'_>) {
    for socket in cx.state.people.sockets() {
        save(cx, socket);
    }
}

/// Keeps what somebody comes back to.
pub(super) fn save(cx: &mut Cx<'_>, socket: SocketId) {
    let rooms = rooms_of(cx, socket);
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    let Some(seat) = seat else { return };
    seat.record.rooms = rooms.clone();
    let nick = seat.record.nick.clone();
    let own = Own { nick, id: Some(seat.record.id.clone()), since: seat.since, has_gaps: false };
    // Those at a file are written with each post; only where there is none are they needed here.
    let posted = VecDeque::new();
    let (id, nick) = (seat.record.id.clone(), own.nick.clone());
    let record = Record { id, nick, rooms, posted, ..seat.record };
    cx.state.history.keep_person(record);
    cx.keep(socket, &own.write());
}
