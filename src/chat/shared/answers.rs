//! Redis's answers to facts: it has taken them, except those that it refuses.

use super::behind::Unmet;
use super::entry;
use super::later::go_on;
use super::redis::calls::{Call, ask_to_begin, load, renew, write_topics};
use super::send::{self, enter, enter_again};
use super::{EntryId, Phase, ThisNode, Waiting};
use super::{begin, behind, fleeting, newcomers, purges};
use crate::chat::fact::{Entered, Fact, Renamed, Stamp};
use crate::chat::history::Posted;
use crate::chat::refusal::{AccessRefusal, Refusal};
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
        (Some(Call::Part), Ok(reply)) => begin::part(cx, &reply),
        (Some(Call::Last), Ok(reply)) => {
            let last = reply.as_bytes().and_then(EntryId::parse).unwrap_or_default();
            newcomers::told_last(cx, last);
        }
        (Some(Call::Topics), Ok(_)) => {
            if let Some(upto) = cx.state.journal.node().map(|node| node.topics_upto.clone()) {
                write_topics(cx, &upto);
            }
        }
        (Some(Call::Renew), Ok(reply)) => match reply.as_integer() {
            Some(0) => taken_out(cx),
            Some(-1) => doubled(cx),
            // Each call does a part of the work.
            Some(2) => renew(cx),
            _ => (),
        },
        (Some(Call::Commit), Ok(reply)) => committed(cx, &reply),
        (Some(Call::Publish), _) => fleeting::published(cx),
        (Some(Call::Sweep), reply) => purges::swept(cx, reply.ok().as_ref()),
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
            cut_for_now(cx);
        }
    }
}

/// The node is cut off, and tries again in a moment.
pub(super) fn cut_for_now(cx: &mut Cx<'_>) {
    begin::cut(cx);
    cx.after(REDIS_RETRY_MS, |cx| {
        send_again(cx);
        let is_away = |node: &ThisNode| node.is_commit_up && matches!(node.phase, Phase::Away);
        if cx.state.journal.node().is_some_and(is_away) {
            ask_to_begin(cx);
        }
    });
}

fn send_again(cx: &mut Cx<'_>) {
    if let Some(node) = cx.state.journal.node_mut() {
        (node.sent, node.is_sending) = (0, false);
    }
}

/// Redis has taken facts, except those that it names.
fn committed(cx: &mut Cx<'_>, reply: &Reply<'_>) {
    if let Some(node) = cx.state.journal.node_mut() {
        node.is_sending = false;
    }
    for item in reply.items().into_iter().flatten() {
        if item.as_bytes() == Some(b"fenced") {
            return taken_out(cx);
        }
        if item.as_bytes() == Some(b"doubled") {
            return doubled(cx);
        }
        if item.as_bytes() == Some(b"stale") {
            return begin_again(cx, "a request to begin has come late");
        }
        let mut parts = item.items().into_iter().flatten();
        let sequence = parts.next().and_then(|part| part.as_integer());
        let sequence = sequence.and_then(|number| u64::try_from(number).ok());
        let bearer = parts.next().and_then(|part| part.as_bytes()).unwrap_or_default();
        let why = String::from_utf8_lossy(bearer);
        let mut more = || parts.next().and_then(|id| std::str::from_utf8(id.as_bytes()?).ok());
        let (more, which) = (more(), more().unwrap_or_default());
        if why == "stuck" {
            return stuck(cx, more.unwrap_or_default());
        }
        let waiting = sequence.and_then(|it| cx.state.journal.node_mut()?.take(it));
        let Some(waiting) = waiting else { continue };
        let by = waiting.by;
        match (&*why, more) {
            ("had", more) => had(cx, waiting, more.unwrap_or_default()),
            ("said", more) => {
                let id = more.and_then(|id| id.parse().ok()).unwrap_or_default();
                said_before(cx, waiting, id);
            }
            ("gone", _) => give_back(cx, waiting),
            ("spent", _) => spent(cx, waiting),
            ("behind", more) => {
                behind::refused(cx, waiting, more.unwrap_or_default(), which);
            }
            (bearer, _) => taken(cx, waiting, bearer),
        }
        go_on(cx, by);
    }
}

/// The refusal of a name with this bearer.
fn refusal(bearer: &str) -> Refusal {
    let nick: Rc<str> = bearer.rsplit('|').next().unwrap_or_default().into();
    match bearer.split('|').nth(2) {
        Some("0") => Refusal::Taken(nick),
        _ => Refusal::Held(nick),
    }
}

/// Redis has had a fact before, and its answer was lost: the fact is in the stream before this
/// entry, or was refused.
fn had(cx: &mut Cx<'_>, mut waiting: Waiting, upto: &str) {
    waiting.had_upto = EntryId::parse(upto.as_bytes());
    put_back(cx, waiting);
    settle_had(cx);
}

/// Puts a fact back among those that wait.
pub(super) fn put_back(cx: &mut Cx<'_>, waiting: Waiting) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    let at = node.waiting.partition_point(|other| other.sequence < waiting.sequence);
    node.waiting_bytes += waiting.bytes();
    node.waiting.insert(at, waiting);
}

/// Goes on with facts that Redis refused, now that the stream has been read past their place.
pub(super) fn settle_had(cx: &mut Cx<'_>) {
    while let Some(node) = cx.state.journal.node_mut() {
        let place = node.place;
        let is_over = |waiting: &Waiting| {
            waiting.had_upto.or(waiting.known_upto).is_some_and(|upto| upto <= place)
        };
        let Some(sequence) = node.waiting.iter().find(|it| is_over(it)).map(|it| it.sequence)
        else {
            return;
        };
        let Some(mut waiting) = node.take(sequence) else { return };
        let by = waiting.by;
        match (waiting.known_upto.take(), waiting.is_entering) {
            (Some(_), _) => behind::enter_once_more(cx, waiting),
            // The reason is unknown, and Redis tells it once more.
            (None, true) => send::push_as_it_is(cx, waiting),
            (None, false) => give_back(cx, waiting),
        }
        go_on(cx, by);
    }
}

/// The message was said before under the same key, perhaps at another node.
fn said_before(cx: &mut Cx<'_>, waiting: Waiting, id: i64) {
    let Waiting { asker: Some(asker), text, .. } = waiting else { return };
    let Ok((ts, entry)) = entry::read(text.as_bytes()) else { return };
    if let Some((key, what, to)) = entry.keyed() {
        let posted = Posted { key, id, ts, what: Some(what), reader: None };
        let already = Already::Said(posted, to);
        tell::reply(cx, asker, tell::Outcome::IsSo(already));
    }
}

/// Redis knows somebody else who bears the name.
fn taken(cx: &mut Cx<'_>, waiting: Waiting, bearer: &str) {
    // They may have got another nick since, by another device here.
    let is_renamed = |cx: &Cx<'_>| {
        let nick = cx.state.people.get(waiting.by).map(|person| person.nick.clone());
        entered(cx, &waiting).is_some_and(|entered| Some(entered.nick) != nick)
    };
    match waiting.is_again && is_renamed(cx) {
        true => enter_again(cx, waiting.by, Unmet::default()),
        false => refused(cx, waiting, refusal(bearer)),
    }
}

/// Somebody else has used an invitation up first.
fn spent(cx: &mut Cx<'_>, waiting: Waiting) {
    if let Some(asker) = waiting.asker {
        tell::refused(cx, asker, &AccessRefusal::BadInvitation.into());
    }
}

/// Somebody else has got the name first.
fn refused(cx: &mut Cx<'_>, waiting: Waiting, refusal: Refusal) {
    let by = waiting.by;
    if waiting.is_again {
        return lost_name(cx, by, &refusal);
    }
    let Some(waiting) = enter_as_guest(cx, waiting) else { return };
    if let Some(asker) = waiting.asker {
        tell::refused(cx, asker, &refusal);
    }
}

/// Lets a newcomer in as a guest whose name was taken on the way. Gives back a fact of another
/// kind.
fn enter_as_guest(cx: &mut Cx<'_>, waiting: Waiting) -> Option<Waiting> {
    let by = waiting.by;
    let now_ms = cx.now().ms;
    let Some(mut entered) = entered(cx, &waiting) else { return Some(waiting) };
    let (guest, nick) = cx.state.people.next_guest(now_ms);
    if let Some(admitted) = &mut entered.way.admitted {
        admitted.record.nick = nick.clone();
        admitted.is_renamed = admitted.is_back;
    }
    (entered.nick, entered.guest) = (nick, Some(guest));
    enter(cx, waiting.asker.unwrap_or(Asker::nobody(by)), &Fact::Entered(entered));
    None
}

/// The fact of somebody who wants to come in; `None` if it is of another kind.
fn entered(cx: &Cx<'_>, waiting: &Waiting) -> Option<Entered> {
    let (_, entry) = entry::read(waiting.text.as_bytes()).ok()?;
    let node = cx.state.journal.node()?;
    let socket = |name: &_| node.stand_ins.socket(&node.home, name);
    match entry.fact(waiting.by, &[], socket) {
        Some(Fact::Entered(entered)) => Some(entered),
        _ => None,
    }
}

/// A person here has lost their name while this node was cut off, and becomes a guest.
fn lost_name(cx: &mut Cx<'_>, by: SocketId, refusal: &Refusal) {
    // Their departure waits, and would be sent before they came in again.
    if cx.address(by).is_none() {
        return;
    }
    let now = cx.now();
    let (guest, new) = cx.state.people.next_guest(now.ms);
    cx.state.people.count_guest(guest);
    let people = &cx.state.people;
    let (Some(person), Some(device)) = (people.get(by), people.device(by)) else { return };
    let (old, asker) = (person.nick.clone(), device.unasked(by));
    let rooms = rooms::of(cx, by);
    let stamp = Stamp { id: 0, ts: now.unix_ms.cast_signed(), ms: now.ms };
    log::info!("a name was lost while the server was cut off reason=\"{refusal}\"");
    let fact = Fact::Renamed(Renamed { by, old: old.clone(), new, rooms });
    journal::happened(cx, asker, stamp, &fact);
    // It is somebody else's now, and held for nobody.
    cx.state.people.lose(by, &old);
    enter_again(cx, by, Unmet::default());
}

/// Nothing can be appended: a stranger's entry has an id that none can follow, or Redis refuses.
/// What waits is sent again once that is over.
pub(super) fn stuck(cx: &mut Cx<'_>, why: &str) {
    if let Some(node) = cx.state.journal.node_mut()
        && !std::mem::replace(&mut node.is_stuck, true)
    {
        let hint = "a stranger's entry may be in the way, see docs/cluster.md";
        log::error!("nothing can be appended to the stream why=\"{why}\" hint=\"{hint}\"");
    }
    cut_for_now(cx);
}

/// Another server has begun under the name of this node. If this one began again at once, the two
/// would take each other out for ever; so it asks now and then, and begins when the other has gone.
pub(super) fn doubled(cx: &mut Cx<'_>) {
    if let Some(node) = cx.state.journal.node_mut()
        && !std::mem::replace(&mut node.is_doubled, true)
    {
        let hint = "give each a --node of its own";
        log::error!("another server is the node {}, and this one is cut off: {hint}", node.name);
    }
    begin::cut(cx);
}

/// Other nodes have taken this one out, as its lease was over: its people enter once more.
fn taken_out(cx: &mut Cx<'_>) {
    begin_again(cx, "it was taken out");
}

/// Redis takes no facts before this node has asked once more to begin.
fn begin_again(cx: &mut Cx<'_>, why: &str) {
    if !cx.state.journal.node().is_some_and(|node| node.has_epoch()) {
        return;
    }
    log::warn!("this node begins again why=\"{why}\"");
    send_again(cx);
    ask_to_begin(cx);
}

/// Gives up a fact, because this server was cut off for too long. People who have gone still leave
/// here; other nodes were told so when this one was taken out.
pub(super) fn give_back(cx: &mut Cx<'_>, waiting: Waiting) {
    if waiting.is_departing
        && let Ok((ts, entry)) = entry::read(waiting.text.as_bytes())
        && let Some(fact) = entry.fact(waiting.by, &[], |_| None)
    {
        // Nobody leaves who is here by another visit, at another node.
        if cx.state.people.get(waiting.by).is_some() {
            let stamp = Stamp { id: 0, ts, ms: cx.now().ms };
            journal::happened(cx, Asker::nobody(waiting.by), stamp, &fact);
        }
        return;
    }
    if let Some(asker) = waiting.asker {
        tell::refused(cx, asker, &Refusal::CutOff);
    }
}

/// Refuses facts that have waited for too long.
pub(super) fn give_up(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    // Coming in and going wait for as long as it takes.
    let waits = |waiting: &Waiting| waiting.is_entering || waiting.is_departing;
    let is_old = |waiting: &Waiting| !waits(waiting) && now_ms >= waiting.since_ms + FACTS_WAIT_MS;
    while let Some(node) = cx.state.journal.node_mut()
        && !node.is_whole()
        && let Some(first) = node.waiting.iter().find(|waiting| is_old(waiting))
    {
        let sequence = first.sequence;
        let Some(waiting) = node.take(sequence) else { return };
        let by = waiting.by;
        give_back(cx, waiting);
        go_on(cx, by);
    }
}
