//! The welcome of a client, with the latest messages or with those that it has missed.

use super::missed::{Back, BackIn, Missed, missed};
use super::tell::{tell_read, turn_away};
use super::wire::{self, Entry};
use super::words::ChangeEvent;
use crate::chat::access::Access;
use crate::chat::fact::{Admitted, Entered, Fact};
use crate::chat::history::Message;
use crate::chat::people::reads;
use crate::chat::refusal::Refusal;
use crate::chat::request::Credentials;
use crate::chat::tell::Outcome;
use crate::chat::{Chat, Cx, archive, rooms, rules};
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
    /// Whether all missed messages follow.
    recovered: bool,
    /// The name of the history.
    history: Rc<str>,
    /// They want no notices of comings and goings.
    #[serde(rename = "quiet", skip_serializing_if = "std::ops::Not::not")]
    is_quiet: bool,
    /// Bytes of the largest file that they can send; `None` if they can send none.
    #[serde(rename = "file", skip_serializing_if = "Option::is_none")]
    file_bytes_max: Option<u64>,
    /// `registered` if only registered people speak here, and this one is not; `invite` if they may
    /// invite others; `guests` if nobody can register, because no history is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'static str>,
}

/// A client to be welcomed.
struct Guest<'a> {
    socket: SocketId,
    nick: &'a Rc<str>,
    token: Rc<str>,
}

/// Welcomes a client once it has come in. The server itself tells it of a refusal, except of one
/// that comes later: the client is in the namespace then.
pub(super) fn reply(
    cx: &mut Cx<'_>,
    socket: SocketId,
    credentials: Credentials,
    outcome: &Outcome<'_>,
) {
    match outcome {
        Outcome::Done(_, Fact::Entered(entered)) => welcome(cx, credentials, entered),
        Outcome::Refused(why) => turn_away(cx, socket, why),
        _ => (),
    }
}

fn welcome(cx: &mut Cx<'_>, credentials: Credentials, entered: &Entered) {
    let Entered { by, way, .. } = entered;
    // By another device they may have a newer nick than was known when this one came in.
    let Some(nick) = &rooms::nick_of(cx, *by) else { return };
    let Some(admitted) = &way.admitted else { return };
    let Admitted { is_back, has_new_token, passing, known, since, recovered, .. } = &**admitted;
    if let Some(why) = passing {
        tell_passing(cx, *by, why);
    }
    let Credentials { shown, fresh } = credentials;
    let token = shown.filter(|_| !has_new_token).unwrap_or(fresh);
    let guest = Guest { socket: *by, nick, token };
    let missed = since.and_then(|since| Some((since, all_missed(cx, *by, since)?)));
    match (missed, recovered) {
        // The missed messages of their earlier rooms have been sent already.
        (_, Some(recovered)) => greet(cx, guest, known, *recovered),
        (Some((since, missed)), None) if *is_back => greet_back(cx, guest, since, missed),
        (Some((since, missed)), None) => {
            let lobby = cx.state.rooms.lobby();
            greet_back(cx, guest, since, missed.with_gap_in(lobby));
        }
        (None, None) => greet(cx, guest, &[], false),
    }
}

/// Tells a person that they will not be remembered after they leave.
pub(super) fn tell_passing(cx: &mut Cx<'_>, socket: SocketId, why: &Refusal) {
    let text = format!("{why}; until then, your token is good only while you are here");
    cx.emit(socket, "notice", (json!({"text": text}),));
}

/// Welcomes a person, with the latest messages of their rooms except those in `known`.
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
    let file_bytes_max = cx.state.files.bytes_max();
    let access = access(cx, socket);
    let person = cx.state.people.get(socket);
    let is_quiet = person.is_some_and(|person| cx.state.quiet.has(person));
    let welcome =
        Welcome { nick, token, rooms, recovered, history, is_quiet, file_bytes_max, access };
    cx.emit(socket, "welcome", (welcome,));
    for (place, id) in reads::of(cx, socket) {
        tell_read(cx, socket, &place, id);
    }
    if let Some(text) = archive::warning(cx) {
        cx.emit(socket, "notice", (json!({"text": text}),));
    }
}

/// The word that tells a person who may come in and speak, if they have to know.
fn access(cx: &Cx<'_>, socket: SocketId) -> Option<&'static str> {
    let is_registered = cx.state.people.get(socket).is_some_and(|person| person.is_registered);
    match (cx.state.access, is_registered) {
        (Access::Registered, false) => Some("registered"),
        (Access::Invite, true) => Some("invite"),
        _ if !cx.state.history.is_kept() => Some("guests"),
        _ => None,
    }
}

/// All messages after `since` from places where the person could have read them; `None` if they
/// cannot be read.
fn all_missed(cx: &mut Cx<'_>, socket: SocketId, since: i64) -> Option<Missed> {
    let rooms = rooms::of(cx, socket).into_iter().map(|room| {
        let hidden_upto = rules::hidden_upto(cx, socket, &room);
        BackIn { room, since, hidden_upto }
    });
    let rooms = rooms.collect();
    let bytes = wire::budget(cx);
    let Chat { people, history, .. } = cx.state;
    let me = people.get(socket)?;
    let (id, nick, knows_own) = (&**me.id.as_ref()?, &me.nick, false);
    let is_hidden = |it: &Message| people.hides(socket, it.sender.as_deref(), &it.author);
    let is_hidden = &is_hidden;
    missed(history, &Back { id, nick, rooms, since, knows_own, is_hidden, bytes })
}

/// Welcomes a person whose last seen message is known, with those they have missed. Each event
/// carries an offset, in case they come back by Socket.IO's own recovery.
fn greet_back(cx: &mut Cx<'_>, guest: Guest<'_>, since: i64, missed: Missed) {
    let socket = guest.socket;
    cx.state.told_upto = Some(since);
    let known = rooms::of(cx, socket);
    let is_whole = missed.gaps.is_empty() && !missed.lacks_changes;
    greet(cx, guest, &known, is_whole);
    for gap in missed.gaps {
        cx.emit(socket, "gap", (gap,));
    }
    for ChangeEvent { name, json } in missed.changes {
        cx.emit(socket, name, (json,));
    }
    for message in missed.messages {
        cx.state.told_upto = Some(message.id);
        cx.emit(socket, "message", (message,));
    }
    cx.state.told_upto = None;
}
