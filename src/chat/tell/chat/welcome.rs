//! A client that comes in is shown in, with what was said last or with what it has missed.

use super::wire::{self, Entry};
use crate::chat::fact::{Admitted, Entered, EnteredBy};
use crate::chat::history::Message;
use crate::chat::missed::{Back, Missed, missed};
use crate::chat::refusal::Refusal;
use crate::chat::request::Credentials;
use crate::chat::{Chat, Cx, archive, rooms};
use crate::limits::MEMBERS_LISTED_MAX;
use mio_socketio::SocketId;
use serde::Serialize;
use serde_json::json;
use std::rc::Rc;

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

/// A client that is shown in.
struct Guest<'a> {
    socket: SocketId,
    nick: &'a Rc<str>,
    token: Rc<str>,
}

/// Shows a client in.
pub(in crate::chat::tell) fn welcome(cx: &mut Cx<'_>, credentials: Credentials, entered: &Entered) {
    let Entered { by, nick, door: EnteredBy::Chat(admitted), .. } = entered else { return };
    let Admitted { is_back, has_new_token, passing, known, since, recovered, .. } = &**admitted;
    if let Some(why) = passing {
        tell_passing(cx, *by, why);
    }
    let Credentials { shown, fresh } = credentials;
    let token = shown.filter(|_| !has_new_token).unwrap_or(fresh);
    let guest = Guest { socket: *by, nick, token };
    let missed = since.and_then(|since| Some((since, all_missed(cx, *by, since)?)));
    match (missed, recovered) {
        // What was missed in the rooms that they had has been sent already.
        (_, Some(recovered)) => greet(cx, guest, known, *recovered),
        (Some((since, missed)), None) if *is_back => greet_back(cx, guest, since, missed),
        (Some((since, missed)), None) => {
            let lobby = cx.state.rooms.lobby();
            greet_back(cx, guest, since, missed.with_gap_in(lobby));
        }
        (None, None) => greet(cx, guest, &[], false),
    }
}

/// Tells somebody that they are not remembered once they have gone.
pub(in crate::chat::tell) fn tell_passing(cx: &mut Cx<'_>, socket: SocketId, why: &Refusal) {
    let text = format!("{why}; until then, your token is good only while you are here");
    cx.emit(socket, "notice", (json!({"text": text}),));
}

/// Shows somebody in, with what was said last in their rooms but those in `known`.
fn greet(cx: &mut Cx<'_>, guest: Guest<'_>, known: &[Rc<str>], recovered: bool) {
    let Guest { socket, nick, token } = guest;
    let keys = rooms::of(cx, socket);
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
    let (nick, history) = (nick.clone(), cx.state.history.name().clone());
    cx.emit(socket, "welcome", (Welcome { nick, token, rooms, recovered, history },));
    if let Some(text) = archive::warning(cx) {
        cx.emit(socket, "notice", (json!({"text": text}),));
    }
}

/// All that was said after `since` where somebody could have heard it; `None` if it cannot be read.
fn all_missed(cx: &mut Cx<'_>, socket: SocketId, since: i64) -> Option<Missed> {
    let rooms = rooms::of(cx, socket).into_iter().map(|room| (room, since)).collect();
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
fn greet_back(cx: &mut Cx<'_>, guest: Guest<'_>, since: i64, missed: Missed) {
    let socket = guest.socket;
    cx.state.told_upto = Some(since);
    let known = rooms::of(cx, socket);
    greet(cx, guest, &known, missed.gaps.is_empty());
    for gap in missed.gaps {
        cx.emit(socket, "gap", (gap,));
    }
    for message in missed.messages {
        cx.state.told_upto = Some(message.id);
        cx.emit(socket, "message", (message,));
    }
    cx.state.told_upto = None;
}
