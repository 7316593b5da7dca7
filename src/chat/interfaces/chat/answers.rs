//! Answers to requests and to questions.

use super::refused::Refused;
use super::sent::Sent;
use super::wire::{self, Member, Shown};
use super::{access, order, personal, registration, rules, words};
use crate::chat::fact::{Fact, Joined, Key, Renamed, Said, Stamp, TopicSet, Whispered};
use crate::chat::history::Posted;
use crate::chat::people::pseudonym;
use crate::chat::questions::{Answer, Hits, Recalled, RoomSize, Said as LastSaid};
use crate::chat::refusal::Refusal;
use crate::chat::request::{Already, SaidTo};
use crate::chat::roles::Power;
use crate::chat::tell::Outcome;
use crate::chat::{Cx, archive};
use crate::limits::MEMBERS_LISTED_MAX;
use mio_socketio::{Ack, SocketId};
use serde::Serialize;
use std::rc::Rc;

/// The answer to a request that is granted.
#[derive(Serialize)]
struct Granted<A> {
    ok: bool,
    #[serde(flatten)]
    answer: A,
}

/// Something that has happened without an answer.
#[derive(Serialize)]
struct Late<A> {
    request: &'static str,
    #[serde(flatten)]
    answer: A,
}

/// A message with the key by which its author knows it.
#[derive(Serialize)]
struct Keyed {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(flatten)]
    sent: Sent,
}

#[derive(Serialize)]
struct RoomTopic<'a> {
    room: &'a str,
    topic: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Named<'a> {
    pub(super) nick: &'a str,
}

#[derive(Serialize)]
pub(super) struct Left<'a> {
    pub(super) room: &'a str,
}

#[derive(Serialize)]
struct Powers {
    may: Vec<&'static str>,
}

#[derive(Serialize)]
struct Members {
    room: Rc<str>,
    members: Vec<Member>,
    count: usize,
}

#[derive(Serialize)]
struct RoomList {
    rooms: Vec<Listed>,
    count: usize,
}

#[derive(Serialize)]
struct Listed {
    room: Rc<str>,
    topic: Option<String>,
    count: usize,
}

#[derive(Serialize)]
struct Page {
    messages: Vec<Shown>,
    /// There are older ones.
    more: bool,
}

#[derive(Serialize)]
struct Found {
    messages: Vec<Shown>,
    /// The search has ended before it had looked at all older messages.
    #[serde(rename = "cut", skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
}

impl From<RoomSize> for Listed {
    fn from(RoomSize { room, topic, members: count }: RoomSize) -> Self {
        Self { room, topic, count }
    }
}

/// Grants a request.
pub(super) fn grant(cx: &mut Cx<'_>, ack: Option<Ack>, answer: impl Serialize) {
    cx.ack(ack, (Granted { ok: true, answer },));
}

/// Refuses a request.
pub(super) fn refuse(cx: &mut Cx<'_>, ack: Option<Ack>, refusal: &Refusal) {
    cx.ack(ack, (Refused::from(refusal),));
}

/// Tells the asker the outcome of a request or a question.
pub(super) fn reply(cx: &mut Cx<'_>, socket: SocketId, ack: Option<Ack>, outcome: Outcome<'_>) {
    match outcome {
        Outcome::Done(stamp, fact) => answer(cx, ack, stamp, fact),
        Outcome::IsSo(already) => grant_already(cx, socket, ack, already),
        Outcome::Answered(answer) => answered(cx, socket, ack, answer),
        Outcome::Refused(refusal) => refuse(cx, ack, refusal),
    }
}

/// Tells the asker the outcome, with a secret of theirs if the request has given them one.
pub(super) fn reply_with(
    cx: &mut Cx<'_>,
    socket: SocketId,
    ack: Option<Ack>,
    secret: &str,
    outcome: Outcome<'_>,
) {
    match outcome {
        Outcome::Done(_, Fact::Registration(fact)) => {
            registration::grant_token(cx, ack, secret, fact);
        }
        Outcome::Done(_, Fact::Access(fact)) => access::grant(cx, ack, secret, fact),
        outcome => reply(cx, socket, ack, outcome),
    }
}

/// Tells the asker that the request is done.
fn answer(cx: &mut Cx<'_>, ack: Option<Ack>, stamp: Stamp, fact: &Fact<'_>) {
    let Stamp { id, ts, .. } = stamp;
    match fact {
        Fact::Said(Said { room, .. }) => {
            grant(cx, ack, Sent::in_room(id, ts, room.clone()));
        }
        Fact::Whispered(Whispered { to, reader, is_kept, .. }) => {
            let away = to.is_none().then_some(*is_kept);
            let person = Some(pseudonym(&reader.id));
            grant(cx, ack, Sent::to_person(id, ts, reader.nick.clone(), person, away));
        }
        Fact::Rules(fact) => rules::grant(cx, ack, fact),
        Fact::Words(fact) => words::grant(cx, ack, stamp, fact),
        // Only at the line door, where nobody can say who is meant.
        Fact::Warned { name, .. } => refuse(cx, ack, &Refusal::AnotherPerson((*name).into())),
        Fact::TopicSet(TopicSet { room, topic, .. }) => {
            grant(cx, ack, RoomTopic { room, topic: *topic });
        }
        Fact::Renamed(Renamed { new, .. }) => grant(cx, ack, Named { nick: new }),
        Fact::Registration(fact) => registration::grant(cx, ack, fact),
        Fact::Personal(fact) => personal::grant(cx, ack, fact),
        Fact::Joined(Joined { by, room, .. }) => grant_entry(cx, ack, *by, room),
        Fact::Left { room, .. } => grant(cx, ack, Left { room }),
        Fact::Entered(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Order(_)
        | Fact::Ordered(_) => grant(cx, ack, ()),
    }
}

/// Tells somebody that something of theirs has happened without an answer to this client: as an
/// event with the name of the request, and the fields of the answer.
pub(in crate::chat) fn late(cx: &mut Cx<'_>, socket: SocketId, stamp: Stamp, fact: &Fact<'_>) {
    let Stamp { id, ts, .. } = stamp;
    let key = |key: &Option<Key<'_>>| key.map(|key| key.key.to_owned());
    match fact {
        Fact::Renamed(Renamed { new, .. }) => tell_late(cx, socket, "nick", Named { nick: new }),
        Fact::Registration(fact) => registration::tell_late(cx, socket, fact),
        Fact::Joined(Joined { room, .. }) => tell_joined(cx, socket, room),
        Fact::Left { room, .. } => tell_late(cx, socket, "leave", Left { room }),
        Fact::TopicSet(TopicSet { room, topic, .. }) => {
            tell_late(cx, socket, "topic", RoomTopic { room, topic: *topic });
        }
        Fact::Said(said) => {
            let key = key(&said.key);
            let sent = Sent::in_room(id, ts, said.room.clone());
            tell_late(cx, socket, "post", Keyed { key, sent });
        }
        Fact::Whispered(Whispered { to, reader, is_kept, key: posted, .. }) => {
            let away = to.is_none().then_some(*is_kept);
            let person = Some(pseudonym(&reader.id));
            let sent = Sent::to_person(id, ts, reader.nick.clone(), person, away);
            let key = key(posted);
            tell_late(cx, socket, "dm", Keyed { key, sent });
        }
        Fact::Words(fact) => words::tell_late(cx, socket, stamp, fact),
        Fact::Personal(fact) => personal::tell_late(cx, socket, fact),
        Fact::Rules(fact) => rules::tell_late(cx, socket, fact),
        // They are told of these in another way, or did not ask for them.
        Fact::Entered(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Warned { .. }
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Order(_)
        | Fact::Ordered(_) => (),
    }
}

/// Shows a client a room to which its person has come without an answer to this client.
pub(super) fn tell_joined(cx: &mut Cx<'_>, socket: SocketId, room: &str) {
    let entry = entry(cx, socket, room);
    tell_late(cx, socket, "join", entry);
}

pub(super) fn tell_late(
    cx: &mut Cx<'_>,
    socket: SocketId,
    request: &'static str,
    answer: impl Serialize,
) {
    cx.emit(socket, "late", (Late { request, answer },));
}

/// Tells the asker that it was already as requested, which counts as granted.
fn grant_already(cx: &mut Cx<'_>, socket: SocketId, ack: Option<Ack>, already: Already) {
    match already {
        Already::Said(posted, SaidTo::Room(room)) => {
            grant(cx, ack, Sent::in_room(posted.id, posted.ts, room));
        }
        Already::Said(posted, SaidTo::Person(name, away)) => {
            let person = archive::reader_of(cx, socket, &posted).map(|id| pseudonym(&id));
            let Posted { id, ts, .. } = posted;
            grant(cx, ack, Sent::to_person(id, ts, name, person, away));
        }
        Already::Ruled(room) => rules::grant_rules(cx, ack, &room),
        Already::MayEnter(nick) => rules::grant_invited(cx, ack, &nick),
        Already::Words(already) => words::grant_already(cx, ack, already),
        Already::Remembered | Already::Silent | Already::Typing | Already::Read => {
            grant(cx, ack, ())
        }
        Already::Called(nick) | Already::LoggedIn(nick) => grant(cx, ack, Named { nick: &nick }),
        Already::Personal(already) => personal::grant_already(cx, socket, ack, &already),
        Already::In(room) => grant_entry(cx, ack, socket, &room),
    }
}

/// Answers with a room, as a newcomer sees it.
fn grant_entry(cx: &mut Cx<'_>, ack: Option<Ack>, socket: SocketId, room: &str) {
    let entry = entry(cx, socket, room);
    grant(cx, ack, entry);
}

fn entry(cx: &mut Cx<'_>, socket: SocketId, room: &str) -> impl Serialize + use<> {
    let room = cx.state.rooms.shared(room);
    let mut budget = wire::budget(cx);
    let messages = wire::last_messages(cx, socket, &room, &mut budget);
    wire::entry(cx, room, MEMBERS_LISTED_MAX, messages)
}

/// Answers a question.
fn answered(cx: &mut Cx<'_>, socket: SocketId, ack: Option<Ack>, answer: Answer) {
    match answer {
        Answer::Members { room, members, count } => {
            let members = members.into_iter().map(Member::from).collect();
            grant(cx, ack, Members { room, members, count });
        }
        Answer::Rooms { rooms, count } => {
            let rooms = rooms.into_iter().map(Listed::from).collect();
            grant(cx, ack, RoomList { rooms, count });
        }
        Answer::Topic { room, topic } => {
            grant(cx, ack, RoomTopic { room: &room, topic: topic.as_deref() });
        }
        Answer::Rules(ruled) => rules::answer(cx, ack, &ruled),
        Answer::Ignored(ignored) => personal::grant_ignored(cx, ack, ignored),
        Answer::Quiet(is_on) => personal::grant_quiet(cx, ack, is_on),
        Answer::Devices(devices) => registration::list(cx, ack, &devices),
        Answer::Bans { bans, count } => order::list(cx, ack, &bans, count),
        Answer::Powers(powers) => {
            let may = powers.into_iter().map(Power::as_str).collect();
            grant(cx, ack, Powers { may });
        }
        Answer::Former(texts) => words::grant_former(cx, ack, texts),
        Answer::Last(said) => {
            let page = page(cx, socket, said);
            grant(cx, ack, page);
        }
        Answer::Search(Hits { is_unread: true, .. }) => refuse(cx, ack, &Refusal::HistoryUnread),
        Answer::Search(Hits { messages, is_cut, .. }) => {
            let mut messages = shown(cx, socket, messages);
            let mut budget = wire::budget(cx);
            wire::fit(&mut messages, &mut budget);
            grant(cx, ack, Found { messages, is_cut });
        }
    }
}

/// A page of messages. One more than a page was asked for, to see whether there are older ones.
fn page(cx: &Cx<'_>, socket: SocketId, said: LastSaid) -> Page {
    let LastSaid { wanted, found, messages, second, .. } = said;
    let mut more = found >= wanted;
    let mut messages = shown(cx, socket, messages);
    // A client asks for the page before by a message of this one, so this one has at least one.
    if messages.is_empty() && more {
        let me = cx.state.people.get(socket).and_then(|person| person.id.as_deref());
        messages.extend(second.map(|it| Shown::in_room(it, me.unwrap_or_default())));
    }
    messages.drain(..messages.len().saturating_sub(wanted.saturating_sub(1)));
    let mut budget = wire::budget(cx);
    more |= wire::fit(&mut messages, &mut budget) > 0;
    Page { messages, more }
}

/// Messages in the form for the person at `socket`.
fn shown(cx: &Cx<'_>, socket: SocketId, messages: Vec<Recalled>) -> Vec<Shown> {
    let Some(me) = cx.state.people.get(socket) else { return Vec::new() };
    let id = me.id.as_deref().unwrap_or_default();
    let messages = messages.into_iter().map(|Recalled { message, with }| match with {
        Some(with) => Shown::in_private(message, id, &me.nick, &with),
        None => Shown::in_room(message, id),
    });
    messages.collect()
}
