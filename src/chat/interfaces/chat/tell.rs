//! Namespace `/chat`, where everything is an object.

use super::wire::Shown;
use super::{CHAT, ChatInterface, order, presence, welcome, words};
use crate::chat::Cx;
use crate::chat::fact::{
    Departed, Entered, Fact, Joined, LoggedIn, LoggedOut, Renamed, Said, Stamp, TopicSet, Typing,
    Whispered,
};
use crate::chat::people::{Target, pseudonym};
use crate::chat::refusal::{Ending, Refusal};
use crate::chat::tell::{self, Change, Notice};
use mio_socketio::{CloseReason, SocketId};
use serde_json::json;
use std::rc::Rc;

/// Tells others of a fact.
pub(super) fn tell(cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], fact: &Fact<'_>) {
    match fact {
        Fact::Entered(Entered { replaces: Some(older), .. }) | Fact::Replaced(older) => {
            tell_replaced(cx, older.by);
        }
        Fact::Entered(Entered { by, nick, rooms, replaces: None, .. }) => {
            let change = Change::Joined(nick.clone());
            for room in rooms {
                presence::note(cx, room, *by, &change);
                tell_of_new(cx, *by, room);
            }
        }
        Fact::Said(said) => tell_said(cx, stamp, ignorers, said),
        Fact::Whispered(whispered) => tell_whispered(cx, stamp, ignorers, whispered),
        Fact::Edited(edited) => words::tell_edited(cx, stamp, ignorers, edited),
        Fact::Deleted(deleted) => words::tell_deleted(cx, ignorers, deleted),
        Fact::Reacted(reacted) => words::tell_reacted(cx, ignorers, reacted),
        Fact::TopicSet(set) => tell_topic(cx, set),
        Fact::Renamed(Renamed { by, old, new, rooms }) => {
            let change = Change::Renamed { old: old.clone(), new: new.clone() };
            for room in rooms {
                presence::note(cx, room, *by, &change);
            }
        }
        Fact::Joined(Joined { by, nick, room, from, .. }) => {
            if let Some(from) = from {
                presence::note(cx, from, *by, &Change::Left(nick.clone()));
            }
            presence::note(cx, room, *by, &Change::Joined(nick.clone()));
            tell_of_new(cx, *by, room);
        }
        Fact::Left { by, nick, room } => presence::note(cx, room, *by, &Change::Left(nick.clone())),
        Fact::Typing(typing) => tell_typing(cx, ignorers, typing),
        Fact::Departed(Departed { by, nick, rooms, .. }) => {
            let change = Change::Left(nick.clone());
            for room in rooms {
                presence::note(cx, room, *by, &change);
            }
        }
        Fact::Expelled { by, ending } => tell_expelled(cx, *by, ending),
        Fact::Moderated(moderated) => order::tell(cx, moderated),
        Fact::Removed(removed) => order::tell_removed(cx, removed),
        Fact::LoggedIn(LoggedIn { by, old, new, rooms, replaces, .. }) => {
            if let Some(older) = replaces {
                tell_replaced(cx, older.by);
            }
            tell_became(cx, *by, tell::became((old, new), rooms, replaces.as_ref()));
        }
        Fact::LoggedOut(LoggedOut { by, old, new, rooms, .. }) => {
            tell_became(cx, *by, tell::became((old, new), rooms, None));
        }
        Fact::Passing { by, why } => welcome::tell_passing(cx, *by, why),
        Fact::Forgotten { by, .. } => tell_forgotten(cx, *by),
        Fact::TypingRelayed { .. }
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Warned { .. }
        | Fact::Ignored { .. }
        | Fact::Unignored { .. }
        | Fact::Registered(_)
        | Fact::DeviceEnded { .. }
        | Fact::InvitationMade { .. }
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Invited(_)
        | Fact::Quieted { .. }
        | Fact::Ordered(_) => (),
    }
}

/// Tells rooms the news of a person who is known as another one from now on.
fn tell_became(cx: &mut Cx<'_>, by: SocketId, news: Vec<(Rc<str>, Change)>) {
    for (room, change) in news {
        presence::note(cx, &room, by, &change);
    }
}

/// Tells everyone of a room that has its first member, so that their lists have it at once.
fn tell_of_new(cx: &mut Cx<'_>, by: SocketId, room: &str) {
    if *room != *cx.state.rooms.lobby() && cx.members(room).len() == 1 {
        let topic = cx.state.rooms.topic(room);
        let room = json!({"room": room, "topic": topic, "count": 1});
        cx.of(CHAT).except(by).emit("room", (room,));
    }
}

fn tell_said(cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], said: &Said<'_>) {
    let Said { by, nick, room, is_action, text, .. } = said;
    let audience = cx.of(CHAT).to(room).except(*by).except_all(ignorers);
    if audience.has_anyone() {
        let (Stamp { id, ts, .. }, is_action) = (stamp, *is_action);
        let (room, from, text) = (Some(room.clone()), nick.clone(), (*text).to_owned());
        let (to, person) = (None, None);
        let (edited, reactions) = (None, Vec::new());
        let shown = Shown { id, room, from, to, person, text, ts, is_action, edited, reactions };
        audience.emit("message", (shown,));
    }
}

fn tell_whispered(cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], whispered: &Whispered<'_>) {
    let Some(to) = tell::reader(cx, &ChatInterface, ignorers, whispered) else { return };
    let Whispered { author, reader, is_action, text, .. } = whispered;
    let (Stamp { id, ts, .. }, is_action, text) = (stamp, *is_action, (*text).to_owned());
    let (room, person) = (None, Some(pseudonym(&author.id)));
    let (from, nick) = (author.nick.clone(), Some(reader.nick.clone()));
    let (edited, reactions) = (None, Vec::new());
    let shown = Shown { id, room, from, to: nick, person, text, ts, is_action, edited, reactions };
    cx.emit(to, "message", (shown,));
}

/// A topic belongs to the room, so even people who ignore its author are told.
fn tell_topic(cx: &mut Cx<'_>, set: &TopicSet<'_>) {
    let TopicSet { by, nick, room, topic } = set;
    let topic = json!({"room": room, "topic": topic, "nick": nick});
    cx.of(CHAT).to(room).except(*by).emit("topic", (topic,));
}

fn tell_typing(cx: &mut Cx<'_>, ignorers: &[SocketId], typing: &Typing) {
    let Typing { by, nick, ended, target, is_news } = typing;
    let begun = target.as_ref().filter(|_| *is_news).map(|target| (target, true));
    let ended = ended.as_ref().map(|target| (target, false));
    for (target, is_on) in ended.into_iter().chain(begun) {
        match target {
            Target::Room(room) => {
                let typing = json!({"room": room, "nick": nick, "on": is_on});
                let to = cx.of(CHAT).to(room).except(*by).except_all(ignorers);
                to.emit("typing", (typing,));
            }
            Target::Private(other) => {
                let is_here = tell::is_at(cx, *other, &ChatInterface);
                if is_here && !ignorers.contains(other) {
                    let typing = json!({"from": nick, "nick": nick, "on": is_on});
                    cx.emit(*other, "typing", (typing,));
                }
            }
        }
    }
}

fn tell_replaced(cx: &mut Cx<'_>, socket: SocketId) {
    let bye = json!({"reason": "replaced", "error": "you have come in from somewhere else"});
    cx.emit(socket, "bye", (bye,));
}

/// Disconnects a person who has ended their token, a moment later, because they are answered first.
fn tell_forgotten(cx: &mut Cx<'_>, socket: SocketId) {
    cx.after(0, move |cx| {
        let bye = json!({"reason": "forgotten", "error": "you have ended your token"});
        cx.emit(socket, "bye", (bye,));
        cx.close(socket, CloseReason::Forgotten);
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
    let bye = json!({"reason": "refused", "code": why.code(), "error": why.to_string()});
    cx.after(0, move |cx| {
        cx.emit(socket, "bye", (bye,));
        cx.close(socket, CloseReason::ServerDisconnect);
    });
}

/// Tells one client a sentence of the server's.
pub(super) fn notice_to(cx: &mut Cx<'_>, socket: SocketId, text: &str) {
    cx.emit(socket, "notice", (json!({"text": text}),));
}

/// Tells everyone a sentence of the server's.
pub(super) fn notice(cx: &mut Cx<'_>, notice: Notice) {
    match notice {
        Notice::Failing | Notice::Recovered | Notice::Renewed | Notice::CutOff | Notice::Whole => {
            cx.of(CHAT).emit("notice", (json!({"text": notice.sentence()}),));
        }
        Notice::Stopping => {
            let error = "the server is shutting down";
            cx.of(CHAT).emit("bye", (json!({"reason": "server-shutdown", "error": error}),));
        }
    }
}
