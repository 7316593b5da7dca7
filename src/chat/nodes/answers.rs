//! What Redis answers to facts: it has taken them, but for those that it refuses.

use super::Waiting;
use super::begin;
use super::calls::{Call, ask_to_begin, load};
use super::entry::{self, WrittenFact};
use super::later::go_on;
use super::send::{enter, enter_again};
use crate::chat::fact::{EnteredBy, Fact, Renamed, Stamp};
use crate::chat::history::Posted;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Already, Asker};
use crate::chat::{Cx, journal, rooms, tell};
use crate::limits::{FACTS_WAIT_MS, REDIS_RETRY_MS};
use mio_socketio::SocketId;
use mio_socketio::redis::{CommandError, ErrorCode, Reply};
use std::rc::Rc;

/// Redis has answered on the link for facts.
pub(super) fn commit_reply(
    cx: &mut Cx<'_>,
    token: u64,
    reply: Result<Reply<'_>, CommandError<'_>>,
) {
    match (Call::of(token), reply) {
        (Some(Call::Begin), Ok(reply)) => begin::begun(cx, &reply),
        (Some(Call::Renew), Ok(reply)) if reply.as_integer() == Some(0) => taken_out(cx),
        (Some(Call::Renew), Ok(reply)) if reply.as_integer() == Some(-1) => doubled(cx),
        (Some(Call::Commit), Ok(reply)) => committed(cx, &reply),
        // All of it is sent again when the link is up.
        (_, Err(CommandError::Lost(_))) | (_, Ok(_)) => (),
        (Some(Call::Commit), Err(CommandError::Failed(error)))
            if error.code() == ErrorCode::NoScript =>
        {
            load(cx);
            send_again(cx);
        }
        (_, Err(error)) => {
            log::warn!("redis refuses error=\"{error}\"");
            begin::cut(cx);
            cx.after(REDIS_RETRY_MS, |cx| {
                send_again(cx);
                if cx.state.node.as_ref().is_some_and(|node| node.is_commit_up) {
                    ask_to_begin(cx);
                }
            });
        }
    }
}

fn send_again(cx: &mut Cx<'_>) {
    if let Some(node) = &mut cx.state.node {
        node.sent = 0;
    }
}

/// Redis has taken facts, but for those that it names.
fn committed(cx: &mut Cx<'_>, reply: &Reply<'_>) {
    for item in reply.items().into_iter().flatten() {
        if item.as_bytes() == Some(b"fenced") {
            return taken_out(cx);
        }
        if item.as_bytes() == Some(b"doubled") {
            return doubled(cx);
        }
        let mut parts = item.items().into_iter().flatten();
        let sequence = parts.next().and_then(|part| part.as_integer());
        let sequence = sequence.and_then(|number| u64::try_from(number).ok());
        let bearer = parts.next().and_then(|part| part.as_bytes()).unwrap_or_default();
        let waiting = sequence.and_then(|it| cx.state.node.as_mut()?.take(it));
        let Some(waiting) = waiting else { continue };
        if bearer == b"said" {
            let id =
                parts.next().and_then(|id| std::str::from_utf8(id.as_bytes()?).ok()?.parse().ok());
            said_before(cx, waiting, id.unwrap_or_default());
            continue;
        }
        if bearer == b"gone" {
            give_back(cx, waiting);
            continue;
        }
        let bearer = String::from_utf8_lossy(bearer);
        let nick: Rc<str> = bearer.rsplit('|').next().unwrap_or_default().into();
        let refusal = match bearer.split('|').nth(2) {
            Some("0") => Refusal::Taken(nick),
            _ => Refusal::Held(nick),
        };
        refused(cx, waiting, refusal);
    }
}

/// It was said before, under the same key, at another node perhaps.
fn said_before(cx: &mut Cx<'_>, waiting: Waiting, id: i64) {
    let Waiting { asker: Some(asker), text, .. } = waiting else { return };
    let Ok((ts, entry)) = entry::read(text.as_bytes()) else { return };
    if let Some((key, what, to)) = entry.keyed() {
        let posted = Posted { key, id, ts, what: Some(what), reader: None };
        tell::already(cx, asker, Already::Said(posted, to));
    }
}

/// Somebody else has got the name first.
fn refused(cx: &mut Cx<'_>, waiting: Waiting, refusal: Refusal) {
    let by = waiting.by;
    if waiting.is_again {
        return lost_name(cx, by, &refusal);
    }
    let Some(waiting) = enter_as_guest(cx, waiting) else { return };
    go_on(cx, by);
    if let Some(asker) = waiting.asker {
        tell::refused(cx, asker, &refusal);
    }
}

/// Somebody whose name was taken on the way comes in as a guest. Gives back what nobody wants to
/// come in by.
fn enter_as_guest(cx: &mut Cx<'_>, waiting: Waiting) -> Option<Waiting> {
    let by = waiting.by;
    let now_ms = cx.now().ms;
    let mut entered = match entry::read(waiting.text.as_bytes()) {
        Ok((_, entry @ WrittenFact::Entered { .. })) => {
            let node = cx.state.node.as_ref()?;
            let socket = |name: &_| node.stand_ins.socket(&node.home, name);
            match entry.fact(by, &[], socket) {
                Some(Fact::Entered(entered)) => entered,
                _ => return Some(waiting),
            }
        }
        _ => return Some(waiting),
    };
    let (guest, nick) = cx.state.people.next_guest(now_ms);
    if let EnteredBy::Chat(admitted) = &mut entered.door {
        admitted.record.nick = nick.clone();
        admitted.is_renamed = admitted.is_back;
    }
    (entered.nick, entered.guest) = (nick, Some(guest));
    enter(cx, waiting.asker.unwrap_or(Asker::nobody(by)), &Fact::Entered(entered));
    None
}

/// Somebody who is here has lost their name while this node was cut off: they are a guest.
fn lost_name(cx: &mut Cx<'_>, by: SocketId, refusal: &Refusal) {
    let now = cx.now();
    let (guest, new) = cx.state.people.next_guest(now.ms);
    cx.state.people.count_guest(guest);
    let Some(old) = cx.state.people.get(by).map(|person| person.nick.clone()) else { return };
    let rooms = rooms::of(cx, by);
    let stamp = Stamp { id: 0, ts: now.unix_ms.cast_signed(), ms: now.ms };
    log::info!("a name was lost while the server was cut off reason=\"{refusal}\"");
    let fact = Fact::Renamed(Renamed { by, old, new, rooms });
    journal::happened(cx, Asker::line(by), stamp, &fact);
    enter_again(cx, by);
}

/// Another server has begun under the name of this node, which can do nothing more: if it began
/// again, the two would take each other out for ever.
fn doubled(cx: &mut Cx<'_>) {
    if let Some(node) = &mut cx.state.node {
        node.is_doubled = true;
        log::error!("another server is the node {}: give each a --node of its own", node.name);
    }
    begin::cut(cx);
}

/// Other nodes have taken this one out, as its lease was over: its people enter once more.
fn taken_out(cx: &mut Cx<'_>) {
    log::warn!("this node was taken out, and begins again");
    if let Some(node) = &mut cx.state.node {
        node.epoch.clear();
        node.sent = 0;
    }
    ask_to_begin(cx);
}

/// Nothing comes of a fact, as this server was cut off for too long.
fn give_back(cx: &mut Cx<'_>, waiting: Waiting) {
    go_on(cx, waiting.by);
    if let Some(asker) = waiting.asker {
        tell::refused(cx, asker, &Refusal::CutOff);
    }
}

/// Refuses what has waited for too long.
pub(super) fn give_up(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    // Who wants to come in waits for as long as it takes.
    let is_old =
        |waiting: &Waiting| !waiting.is_entering && now_ms >= waiting.since_ms + FACTS_WAIT_MS;
    while let Some(node) = &mut cx.state.node
        && !node.is_whole()
        && let Some(first) = node.waiting.iter().find(|waiting| is_old(waiting))
    {
        let sequence = first.sequence;
        let Some(waiting) = node.take(sequence) else { return };
        give_back(cx, waiting);
    }
}
