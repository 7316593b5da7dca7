//! Names, rooms, and who is in them.

use super::Refusal;
use crate::chat::Cx;
use crate::chat::ask::{self, ask};
use crate::chat::budgets::{self, Budget};
use crate::chat::history::Record;
use crate::chat::people::{Client, Visit};
use crate::chat::questions::{Question, question};
use crate::chat::recovery::Own;
use crate::chat::request::{Asker, Request};
use crate::chat::text;
use crate::limits::{MEMBERS_LISTED_MAX, POSTS_PER_LOOKUP};
use mio_socketio::SocketId;
use serde::Deserialize;
use serde_json::json;
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct NickArgs {
    nick: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct RoomArgs {
    room: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct IgnoreArgs {
    nick: Option<String>,
    on: Option<bool>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Any {}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct TopicArgs {
    room: String,
    text: String,
}

/// Takes another name.
pub(super) fn nick(cx: &mut Cx<'_>, asker: Asker, args: NickArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let name = args.nick.trim();
    ask(cx, asker, Request::Rename { name, is_numbered: false });
}

/// Goes to a room besides those that one is in.
pub(super) fn join(cx: &mut Cx<'_>, asker: Asker, args: RoomArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    ask(cx, asker, Request::Join { room: &args.room });
}

pub(super) fn leave(cx: &mut Cx<'_>, asker: Asker, args: RoomArgs) {
    ask(cx, asker, Request::Leave { room: &args.room });
}

/// Hears no more of somebody, or again; without a name only whom one ignores is told.
pub(super) fn ignore(cx: &mut Cx<'_>, asker: Asker, args: IgnoreArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let is_on = args.on.unwrap_or(true);
    let Some(name) = args.nick.as_deref().map(str::trim) else {
        return question(cx, asker, Question::Ignored);
    };
    let found = is_on.then(|| ask::called(cx, name)).flatten();
    let request = match is_on {
        true => Request::Ignore { name, found },
        false => Request::Unignore { name },
    };
    ask(cx, asker, request);
}

pub(super) fn who(cx: &mut Cx<'_>, asker: Asker, args: RoomArgs) {
    let (room, named_max) = (Some(&*args.room), MEMBERS_LISTED_MAX);
    question(cx, asker, Question::Members { room, named_max });
}

pub(super) fn rooms(cx: &mut Cx<'_>, asker: Asker, _: Any) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    question(cx, asker, Question::Rooms);
}

/// Sets a room's topic; an empty one takes it away.
pub(super) fn topic(cx: &mut Cx<'_>, asker: Asker, args: TopicArgs) {
    let topic = &*text::taken(args.text.trim());
    ask(cx, asker, Request::SetTopic { room: Some(&args.room), topic });
}

/// The rooms that somebody is in.
pub(super) fn rooms_of(cx: &mut Cx<'_>, socket: SocketId) -> Vec<Rc<str>> {
    let keys: Vec<String> = cx.rooms(socket).map(str::to_owned).collect();
    keys.iter().map(|key| cx.state.rooms.open(key)).collect()
}

/// Somebody asks for something, as the page and the terminal client do as soon as they are let in:
/// they have got the token, and those two keep it.
pub(super) fn heard(cx: &mut Cx<'_>, socket: SocketId) {
    let visit = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut());
    let Some(Visit { record, client, passing, .. }) = visit else { return };
    let returns = record.returns || *client != Client::App;
    let (is_new, is_passing) = (!record.is_known, *passing);
    if is_passing || !is_new && returns == record.returns {
        return;
    }
    if is_new && let Err(error) = budgets::take(cx, socket, Budget::People) {
        return pass(cx, socket, &error);
    }
    if let Some(visit) = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut()) {
        (visit.record.is_known, visit.record.returns) = (true, returns);
        save(cx, socket);
    }
}

/// Somebody is not remembered once they have gone, and is told so.
fn pass(cx: &mut Cx<'_>, socket: SocketId, error: &Refusal) {
    let visit = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut());
    let Some(visit) = visit else { return };
    visit.passing = true;
    let text = format!("{error}; until then, your token is good only while you are here");
    cx.emit(socket, "notice", (json!({"text": text}),));
}

/// Somebody has said something.
pub(in crate::chat) fn spoke(cx: &mut Cx<'_>, socket: SocketId) {
    let visit = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut());
    if visit.is_some_and(|visit| !std::mem::replace(&mut visit.record.spoke, true)) {
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
pub(in crate::chat) fn save(cx: &mut Cx<'_>, socket: SocketId) {
    if cx.state.people.get(socket).is_none_or(|person| person.visit().is_none()) {
        return;
    }
    let rooms = rooms_of(cx, socket);
    let visit = cx.state.people.get_mut(socket).and_then(|person| person.visit_mut());
    let Some(visit) = visit else { return };
    visit.record.rooms = rooms.clone();
    let nick = visit.record.nick.clone();
    let own = Own { nick, id: Some(visit.record.id.clone()), since: visit.since, has_gaps: false };
    // Those at a file are written with each post; only where there is none are they needed here.
    let posted = VecDeque::new();
    let (id, nick) = (visit.record.id.clone(), own.nick.clone());
    let record = Record { id, nick, rooms, posted, ..visit.record };
    cx.state.history.keep_person(record);
    cx.keep(socket, &own.write());
}
