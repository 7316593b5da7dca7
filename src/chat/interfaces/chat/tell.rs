//! Namespace `/chat`, where everything is an object.

use super::marks::ShownMarks;
use super::wire::{self, Shown};
use super::{CHAT, ChatInterface, answers, order, personal, registration, rules, welcome, words};
use crate::chat::Cx;
use crate::chat::fact::{Fact, Joined, ReadTarget, Said, Stamp, TopicSet, Typing, Whispered};
use crate::chat::mail::Mail;
use crate::chat::people::{Target, pseudonym};
use crate::chat::questions::RoomSize;
use crate::chat::refusal::{Ending, Refusal};
use crate::chat::registration::RegisterRefusal;
use crate::chat::tell::listing::Relisted;
use crate::chat::tell::{self, Notice};
use mio_socketio::{CloseReason, SocketId};
use serde_json::json;

/// Tells others of a fact.
pub(super) fn tell(cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], fact: &Fact<'_>) {
    match fact {
        Fact::Said(said) => tell_said(cx, stamp, ignorers, said),
        Fact::Whispered(whispered) => tell_whispered(cx, stamp, ignorers, whispered),
        Fact::Rules(fact) => rules::tell(cx, ignorers, fact),
        Fact::Words(fact) => words::tell(cx, stamp, ignorers, fact),
        Fact::TopicSet(set) => tell_topic(cx, set),
        Fact::Joined(Joined { by, room, .. }) => tell_of_new(cx, *by, room),
        Fact::Typing(typing) => tell_typing(cx, ignorers, typing),
        Fact::Expelled { by, ending } => tell_expelled(cx, *by, ending),
        Fact::Order(fact) => order::tell(cx, fact),
        Fact::Personal(fact) => personal::tell(fact),
        Fact::Passing { by, why } => welcome::tell_passing(cx, *by, why),
        Fact::Forgotten { by, .. } => tell_forgotten(cx, *by),
        Fact::Registration(fact) => registration::tell(cx, fact),
        Fact::TypingRelayed { .. }
        | Fact::Read { .. }
        | Fact::Entered(_)
        | Fact::Renamed(_)
        | Fact::Left { .. }
        | Fact::Departed(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Warned { .. }
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Ordered(_) => (),
    }
}

/// Tells the device at `socket` what its person has done by another one.
pub(super) fn tell_own(cx: &mut Cx<'_>, socket: SocketId, stamp: Stamp, fact: &Fact<'_>) {
    let whispered = match fact {
        Fact::Whispered(whispered) => whispered,
        Fact::Read { target, id, .. } => return tell_read(cx, socket, target, *id),
        _ => return answers::late(cx, socket, stamp, fact),
    };
    let Whispered { author, reader, is_action, text, .. } = whispered;
    let (Stamp { id, ts, .. }, is_action, text) = (stamp, *is_action, (*text).to_owned());
    let (room, person) = (None, Some(pseudonym(&reader.id)));
    let (from, to) = (author.nick.clone(), Some(reader.nick.clone()));
    let marks = ShownMarks::default();
    let shown = Shown { id, room, from, to, person, text, ts, is_action, marks };
    cx.emit(socket, "message", (shown,));
}

/// Tells a device how far its person has read.
pub(super) fn tell_read(cx: &mut Cx<'_>, socket: SocketId, place: &ReadTarget, id: i64) {
    let read = match place {
        ReadTarget::Room(room) => json!({"room": room, "id": id}),
        ReadTarget::With(party) => {
            json!({"with": party.nick, "person": pseudonym(&party.id), "id": id})
        }
    };
    cx.emit(socket, "read", (read,));
}

/// Clients that are in the namespace and have not come in: their password is being checked, or this
/// server is cut off from the others. They hear nothing of the chat.
fn outside(cx: &mut Cx<'_>) -> Vec<SocketId> {
    let sockets = cx.of(CHAT).sockets().into_iter();
    sockets.filter(|socket| cx.state.people.device(*socket).is_none()).collect()
}

/// Tells everyone of a room that has its first member, so that their lists have it at once.
fn tell_of_new(cx: &mut Cx<'_>, by: SocketId, room: &str) {
    // Only a join opens a room for others: it is paid for, and a return with many rooms is not.
    let is_listed = *room != *cx.state.rooms.lobby() && !cx.state.rooms.is_private(room);
    if is_listed && cx.members(room).nth(1).is_none() {
        let topic = cx.state.rooms.topic(room);
        let room = json!({"room": room, "topic": topic, "count": 1});
        let outside = outside(cx);
        cx.of(CHAT).except(by).except_all(&outside).emit("room", (room,));
    }
}

/// Tells everyone of rooms that they list otherwise than before.
pub(super) fn tell_relisted(cx: &mut Cx<'_>, relisted: &Relisted) {
    if !cx.of(CHAT).has_anyone() {
        return;
    }
    let Relisted { rooms, gone } = relisted;
    let rooms: Vec<_> = rooms.iter().map(|RoomSize { room, topic, members }| {
        json!({"room": room, "topic": topic, "count": members})
    }).collect();
    let relisted = json!({"rooms": rooms, "gone": gone});
    let outside = outside(cx);
    cx.of(CHAT).except_all(&outside).emit("rooms", (relisted,));
}

fn tell_said(cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], said: &Said<'_>) {
    let Said { by, nick, room, is_action, text, .. } = said;
    let audience = cx.of(CHAT).to(room).except(*by).except_all(ignorers);
    if audience.has_anyone() {
        let (Stamp { id, ts, .. }, is_action) = (stamp, *is_action);
        let (room, from, text) = (Some(room.clone()), nick.clone(), (*text).to_owned());
        let (to, person, marks) = (None, None, ShownMarks::default());
        let shown = Shown { id, room, from, to, person, text, ts, is_action, marks };
        audience.emit("message", (shown,));
    }
}

fn tell_whispered(cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], whispered: &Whispered<'_>) {
    let Whispered { author, reader, is_action, text, .. } = whispered;
    let (Stamp { id, ts, .. }, is_action) = (stamp, *is_action);
    for to in tell::readers(cx, &ChatInterface, ignorers, whispered) {
        let (room, person, text) = (None, Some(pseudonym(&author.id)), (*text).to_owned());
        let (from, nick) = (author.nick.clone(), Some(reader.nick.clone()));
        let (to_nick, marks) = (nick, ShownMarks::default());
        let shown = Shown { id, room, from, to: to_nick, person, text, ts, is_action, marks };
        cx.emit(to, "message", (shown,));
    }
}

/// A topic belongs to the room, so even people who ignore its author are told.
fn tell_topic(cx: &mut Cx<'_>, set: &TopicSet<'_>) {
    let TopicSet { by, nick, room, topic } = set;
    let topic = json!({"room": room, "topic": topic, "nick": nick});
    cx.of(CHAT).to(room).except(*by).emit("topic", (topic,));
}

/// Tells others that somebody types. The person's own devices need not know.
fn tell_typing(cx: &mut Cx<'_>, ignorers: &[SocketId], typing: &Typing) {
    let Typing { by, nick, ended, target, is_news } = typing;
    let own: Vec<SocketId> = cx.state.people.devices(*by).collect();
    let begun = target.as_ref().filter(|_| *is_news).map(|target| (target, true));
    let ended = ended.as_ref().map(|target| (target, false));
    for (target, is_on) in ended.into_iter().chain(begun) {
        match target {
            Target::Room(room) => {
                let typing = json!({"room": room, "nick": nick, "on": is_on});
                let to = cx.of(CHAT).to(room).except_all(&own).except_all(ignorers);
                to.emit("typing", (typing,));
            }
            Target::Private(other) => {
                let readers: Vec<SocketId> = cx.state.people.devices(*other).collect();
                for reader in readers {
                    let is_here = tell::is_at(cx, reader, &ChatInterface);
                    if is_here && !ignorers.contains(&reader) {
                        let typing = json!({"from": nick, "nick": nick, "on": is_on});
                        cx.emit(reader, "typing", (typing,));
                    }
                }
            }
        }
    }
}

/// Disconnects the devices whose token a person has ended, a moment later, because they are
/// answered first.
fn tell_forgotten(cx: &mut Cx<'_>, by: SocketId) {
    let people = &cx.state.people;
    let token = people.visit(by).map(|visit| visit.token);
    let is_registered = people.get(by).is_some_and(|person| person.is_registered);
    // All devices of a guest have the same token, even if they have come in by an earlier one.
    let has_it = |socket: &SocketId| {
        !is_registered || people.visit(*socket).map(|visit| visit.token) == token
    };
    let ended: Vec<SocketId> = people.devices(by).filter(has_it).collect();
    cx.after(0, move |cx| {
        for socket in ended {
            let bye = json!({"reason": "forgotten", "error": "you have ended your token"});
            cx.emit(socket, "bye", (bye,));
            cx.close(socket, CloseReason::Forgotten);
        }
    });
}

fn tell_expelled(cx: &mut Cx<'_>, socket: SocketId, ending: &Ending) {
    if tell::is_at(cx, socket, &ChatInterface) {
        tell_banned(cx, socket, &Refusal::Banned(ending.clone()));
    }
}

/// Tells a client that it is banned.
pub(super) fn tell_banned(cx: &mut Cx<'_>, socket: SocketId, why: &Refusal) {
    cx.emit(socket, "bye", (json!({"reason": "banned", "error": why.to_string()}),));
}

/// Tells a client that it is not let in after all, and ends it a moment later: it has to be in the
/// namespace first.
pub(super) fn turn_away(cx: &mut Cx<'_>, socket: SocketId, why: &Refusal) {
    let reason = match why {
        Refusal::Register(RegisterRefusal::DeviceEnded) => "forgotten",
        _ => "refused",
    };
    let bye = json!({"reason": reason, "code": why.code(), "error": why.to_string()});
    cx.after(0, move |cx| {
        cx.emit(socket, "bye", (bye,));
        cx.close(socket, CloseReason::ServerDisconnect);
    });
}

/// Tells one client a sentence of the server's.
pub(super) fn notice_to(cx: &mut Cx<'_>, socket: SocketId, text: &str) {
    cx.emit(socket, "notice", (json!({"text": text}),));
}

/// Tells everyone a sentence of the server's. That it ends is told to those outside, too.
pub(super) fn notice(cx: &mut Cx<'_>, notice: Notice) {
    match notice {
        Notice::Failing | Notice::Recovered | Notice::Renewed | Notice::CutOff | Notice::Whole => {
            let outside = outside(cx);
            cx.of(CHAT).except_all(&outside).emit("notice", (json!({"text": notice.sentence()}),));
        }
        Notice::Stopping => {
            let error = "the server is shutting down";
            cx.of(CHAT).emit("bye", (json!({"reason": "server-shutdown", "error": error}),));
        }
    }
}

/// Gives a person who has just come the private messages that have waited for them, as many of the
/// newest as fit.
pub(super) fn give(cx: &mut Cx<'_>, socket: SocketId, mail: Mail) {
    let Some((id, nick)) = cx.state.people.get(socket).and_then(|person| {
        let id = person.id.clone()?;
        Some((id, person.nick.clone()))
    }) else {
        return;
    };
    let Mail { messages, mut older } = mail;
    let shown = messages.into_iter();
    let shown = shown.map(|(message, other)| Shown::in_private(message, &id, &nick, &other));
    let mut shown: Vec<Shown> = shown.collect();
    older += wire::fit(&mut shown, &mut wire::budget(cx));
    if older > 0 {
        let text = "more messages came for you while you were away; they are in your private \
                    conversations";
        notice_to(cx, socket, &format!("{older} {text}"));
    }
    for shown in shown {
        cx.emit(socket, "message", (shown,));
    }
}
