//! The broker's answers to facts: it has taken them, except those that it refuses.

use super::asks::{ask_to_begin, renew};
use super::behind::Unmet;
use super::entry;
use super::later::go_on;
use super::reports::{Appending, NotAppended, Renewal};
use super::send::{self, enter, enter_again};
use super::{EntryId, Phase, ThisNode, Waiting};
use super::{begin, behind, grounds};
use crate::chat::fact::{Entered, Fact, Renamed, Stamp};
use crate::chat::history::Posted;
use crate::chat::refusal::{AccessRefusal, Refusal};
use crate::chat::request::{Already, Asker};
use crate::chat::{Cx, journal, rooms, tell};
use crate::limits::{BROKER_RETRY_MS, FACTS_WAIT_MS};
use mio_socketio::SocketId;

/// The broker has renewed this node's lease, or has not.
pub(super) fn renewed(cx: &mut Cx<'_>, renewal: Renewal) {
    match renewal {
        Renewal::Done => (),
        // Each call does a part of the work.
        Renewal::More => renew(cx),
        Renewal::TakenOut => taken_out(cx),
        Renewal::Doubled => doubled(cx),
    }
}

/// The node is cut off, and tries again in a moment.
pub(super) fn cut_for_now(cx: &mut Cx<'_>) {
    begin::cut(cx);
    cx.after(BROKER_RETRY_MS, |cx| {
        send_again(cx);
        let is_away = |node: &ThisNode| node.is_commit_up && matches!(node.phase, Phase::Away);
        if cx.state.journal.node().is_some_and(is_away) {
            ask_to_begin(cx);
        }
    });
}

/// Facts that were sent last are sent again.
pub(super) fn send_again(cx: &mut Cx<'_>) {
    if let Some(node) = cx.state.journal.node_mut() {
        (node.sent, node.is_sending) = (0, false);
        // The entry that they wait for may be lost.
        for waiting in node.waiting.iter_mut().filter(|waiting| waiting.is_held) {
            (waiting.is_held, waiting.known_upto) = (false, None);
        }
    }
}

/// The broker has taken facts, except those that it names.
pub(super) fn appended(cx: &mut Cx<'_>, outcome: Appending) {
    if let Some(node) = cx.state.journal.node_mut() {
        node.is_sending = false;
    }
    let refused = match outcome {
        Appending::Done(refused) => refused,
        Appending::TakenOut => return taken_out(cx),
        Appending::Doubled => return doubled(cx),
        Appending::Stale => return begin_again(cx, "a request to begin has come late"),
    };
    for (sequence, why) in refused {
        if let NotAppended::Stuck(why) = why {
            return stuck(cx, &why);
        }
        let waiting = sequence.and_then(|it| cx.state.journal.node_mut()?.take(it));
        if let Some(waiting) = waiting {
            let by = waiting.by;
            not_appended(cx, waiting, why);
            go_on(cx, by);
        }
    }
}

/// The broker has not taken a fact.
fn not_appended(cx: &mut Cx<'_>, waiting: Waiting, why: NotAppended) {
    match why {
        NotAppended::Had(upto) => had(cx, waiting, upto),
        NotAppended::Said(id) => said_before(cx, waiting, id),
        NotAppended::Gone => give_back(cx, waiting),
        NotAppended::Spent => spent(cx, waiting),
        NotAppended::Behind(upto, which) => behind::refused(cx, waiting, upto, which),
        NotAppended::Borne { nick, is_held: true } => taken(cx, waiting, Refusal::Held(nick)),
        NotAppended::Borne { nick, is_held: false } => taken(cx, waiting, Refusal::Taken(nick)),
        // None of the facts after it was taken either.
        NotAppended::Stuck(why) => stuck(cx, &why),
    }
}

/// The broker has had a fact before, and its answer was lost: the fact is in the stream before this
/// entry, or was refused.
fn had(cx: &mut Cx<'_>, mut waiting: Waiting, upto: Option<EntryId>) {
    waiting.had_upto = upto;
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

/// Goes on with facts that the broker refused, now that the stream has been read past their place.
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
        let Some(waiting) = node.take(sequence) else { return };
        let by = waiting.by;
        let Some(mut waiting) = grounds::give_up(cx, waiting) else {
            go_on(cx, by);
            continue;
        };
        match (waiting.known_upto.take(), waiting.is_entering) {
            (Some(_), _) => behind::enter_once_more(cx, waiting),
            // The reason is unknown, and the broker tells it once more.
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

/// The broker knows somebody else who bears the name.
fn taken(cx: &mut Cx<'_>, waiting: Waiting, refusal: Refusal) {
    // They may have got another nick since, by another device here.
    let is_renamed = |cx: &Cx<'_>| {
        let nick = cx.state.people.get(waiting.by).map(|person| person.nick.clone());
        entered(cx, &waiting).is_some_and(|entered| Some(entered.nick) != nick)
    };
    match waiting.is_again && is_renamed(cx) {
        true => enter_again(cx, waiting.by, Unmet::default()),
        false => refused(cx, waiting, refusal),
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

/// Nothing can be appended: a stranger's entry has an id that none can follow, or the broker
/// refuses. What waits is sent again once that is over.
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

/// The broker takes no facts before this node has asked once more to begin.
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
