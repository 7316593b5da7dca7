//! The way of facts from the broker: entries of the stream, in their order.

use super::answers::{settle_had, stuck};
use super::asks::{ask, renew};
use super::begin::{caught_up, forget, is_here_as, vanish};
use super::entry::{self, Unread, WrittenFact};
use super::later::go_on;
use super::reports::{Entry, Fields};
use super::spoken::Spoken;
use super::{EntryId, Phase, Waiting};
use super::{again, grounds, late, newcomers};
use crate::chat::fact::{Departed, Entered, Fact, NOBODY, Stamp};
use crate::chat::request::Asker;
use crate::chat::{Cx, apply, bans, journal, order, rooms, typing};
use crate::limits::NUMBERS_MAX;
use mio_socketio::SocketId;

/// Asks for the next entries, if the node reads.
pub(super) fn read(cx: &mut Cx<'_>) {
    ask(cx, |node, cx| {
        if node.is_read_up && node.reads() {
            node.broker.get().read(cx, node.place);
        }
    });
}

/// Entries have come; `None` stands for one that is nobody's. Returns their number, and the bytes
/// of their texts; `None` if the node reads no more now.
pub(super) fn entries<'a>(
    cx: &mut Cx<'_>,
    entries: impl Iterator<Item = Option<Entry<'a>>>,
) -> Option<(usize, usize)> {
    let (count, bytes) = read_entries(cx, entries);
    if count > 0 {
        keep_place(cx);
    }
    if !cx.state.journal.node().is_some_and(|node| node.reads()) {
        return None;
    }
    settle_had(cx);
    newcomers::let_in_known(cx);
    Some((count, bytes))
}

/// Reads entries. Returns their number, and the bytes of their texts.
fn read_entries<'a>(
    cx: &mut Cx<'_>,
    entries: impl Iterator<Item = Option<Entry<'a>>>,
) -> (usize, usize) {
    let (mut count, mut bytes) = (0, 0);
    for entry in entries {
        // Entries that were requested before the node began again are requested once more.
        if !cx.state.journal.node().is_some_and(|node| node.reads()) {
            break;
        }
        bytes += entry.map_or(0, |entry| read_entry(cx, entry));
        count += 1;
        caught_up(cx);
    }
    (count, bytes)
}

/// Notes the last entry that was read in the history.
fn keep_place(cx: &mut Cx<'_>) {
    if let Some(node) = cx.state.journal.node() {
        cx.state.history.keep_place(node.place.to_string());
    }
}

/// Reads an entry. Returns the bytes of its text.
fn read_entry(cx: &mut Cx<'_>, Entry { place, fields }: Entry<'_>) -> usize {
    let Some(node) = cx.state.journal.node_mut() else { return 0 };
    if place <= node.place {
        return 0;
    }
    // No node gives such an id. One that went on from here would read nothing that comes after the
    // stranger's entry is gone.
    if place.number > NUMBERS_MAX {
        stuck(cx, &place.to_string());
        return 0;
    }
    node.place = place;
    node.read += 1;
    node.gathering.read();
    let Some(fields) = fields else {
        pass_over(cx, place, Unread::Malformed);
        return 0;
    };
    match (fields.is_out, fields.is_leaving) {
        (true, _) => node_out(cx, place, &fields),
        (_, true) => renew(cx),
        _ => read_fact(cx, place, &fields),
    }
    fields.text.len() + fields.attachments.iter().map(Vec::len).sum::<usize>()
}

/// An entry is not understood.
fn pass_over(cx: &mut Cx<'_>, place: EntryId, why: Unread) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    node.unread += 1;
    if why == Unread::Unsigned && std::mem::replace(&mut node.is_unsigned_told, true) {
        return;
    }
    log::warn!("an entry is passed over id={place} why={why:?} all={}", node.unread);
}

/// A node was taken out: its people have gone.
fn node_out(cx: &mut Cx<'_>, place: EntryId, fields: &Fields<'_>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    if let Phase::CatchingUp { standings: Some(standings), .. } = &mut node.phase {
        standings.node_out(place, fields.node);
    }
    if fields.node == node.name.as_bytes() {
        return again::own_are_out(cx);
    }
    let mut all = node.stand_ins.all();
    all.retain(|(visit, _)| visit.node().as_bytes() == fields.node);
    log::info!("a node is out node={} people={}", fields.node.escape_ascii(), all.len());
    cx.state.gathers_notices = true;
    for (_, socket) in all {
        vanish(cx, socket);
    }
    cx.state.gathers_notices = false;
}

fn read_fact(cx: &mut Cx<'_>, place: EntryId, fields: &Fields<'_>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    if !node.is_signed(fields) {
        return pass_over(cx, place, Unread::Unsigned);
    }
    let is_whole = node.is_whole();
    if let Some(id) = place.message().filter(|_| is_whole)
        && let Some((waiting, spoken)) = node.take_spoken(fields)
    {
        return happened_as_sent(cx, id, waiting, &spoken);
    }
    // An order is kept with the id of its entry.
    keep_place(cx);
    let (ts, entry) = match entry::read(fields.text) {
        Ok(read) => read,
        Err(why) => return pass_over(cx, place, why),
    };
    let Some(node) = cx.state.journal.node_mut() else { return };
    if let Phase::CatchingUp { standings: Some(standings), .. } = &mut node.phase {
        standings.happened(place, &entry);
    }
    let is_own = entry.by().is_of(&node.home);
    let waiting = if is_own { node.take(fields.sequence) } else { None };
    let asked = waiting.as_ref().map(|waiting| waiting.by);
    let stamp = Stamp { id: place.message().unwrap_or_default(), ts, ms: cx.now().ms };
    if let Err(why) = apply_entry(cx, stamp, &entry, fields, is_own, waiting) {
        pass_over(cx, place, why);
    }
    if let Some(by) = asked {
        go_on(cx, by);
    }
}

/// A message of this node has its number, and is the one that waits for it.
fn happened_as_sent(cx: &mut Cx<'_>, id: i64, waiting: Waiting, spoken: &Spoken) {
    let by = waiting.by;
    cx.state.history.pass(id);
    let stamp = Stamp { id, ts: spoken.ts, ms: cx.now().ms };
    happened(cx, Some(waiting), stamp, &spoken.fact(by), false);
    go_on(cx, by);
}

/// Applies the fact of an entry.
fn apply_entry(
    cx: &mut Cx<'_>,
    stamp: Stamp,
    entry: &WrittenFact<'_>,
    fields: &Fields<'_>,
    is_own: bool,
    waiting: Option<Waiting>,
) -> Result<(), Unread> {
    // A message has a number, and nothing else has.
    if entry.is_message() != (stamp.id > 0) {
        return Err(Unread::Impossible);
    }
    if stamp.id > 0 {
        cx.state.history.pass(stamp.id);
    }
    // People of this node come in only if this node has let them in.
    if is_own && waiting.is_none() && matches!(entry, WrittenFact::Entered { .. }) {
        return Err(Unread::Impossible);
    }
    let Some(by) = who(cx, entry, is_own) else { return Ok(()) };
    let Some(node) = cx.state.journal.node() else { return Ok(()) };
    // Nobody is told that a stranger came to a room.
    let is_quiet = matches!(node.phase, Phase::CatchingUp { is_first: true, .. })
        || by == NOBODY && matches!(entry, WrittenFact::Joined { .. });
    let socket = |name: &_| node.stand_ins.socket(&node.home, name);
    let fact = entry.fact(by, &fields.attachments, socket).ok_or(Unread::Impossible)?;
    // For people of this node that was done when they asked.
    if cx.is_stand_in(by) && !is_quiet {
        typing::end_before(cx, &fact);
    }
    happened(cx, waiting, stamp, &fact, is_quiet);
    if matches!(fact, Fact::Departed(_)) && cx.is_stand_in(by) {
        forget(cx, by);
    }
    Ok(())
}

/// The socket here for the person of an entry; `None` if the entry concerns nobody here.
fn who(cx: &mut Cx<'_>, entry: &WrittenFact<'_>, is_own: bool) -> Option<SocketId> {
    let node = cx.state.journal.node()?;
    let known = node.stand_ins.socket(&node.home, entry.by());
    match entry {
        _ if is_own => known,
        WrittenFact::Entered { by, nick, rooms, way, .. } => {
            // They are here already, as the broker has said.
            if let Some(known) = known
                && let rooms = rooms::entered_again(cx, known, way.interface(), rooms)
                && is_here_as(cx, known, nick, &rooms)
            {
                again::is_in(cx, known);
                return None;
            }
            // The broker has lost how they came to be otherwise than this node knows.
            if let Some(known) = known {
                vanish(cx, known);
            }
            let socket = cx.stand_in();
            cx.state.journal.node_mut()?.stand_ins.insert(by.clone(), socket);
            Some(socket)
        }
        // A message stays, even if its author has gone.
        _ if entry.stays() => known.or(Some(NOBODY)),
        _ => known,
    }
}

fn happened(
    cx: &mut Cx<'_>,
    waiting: Option<Waiting>,
    stamp: Stamp,
    fact: &Fact<'_>,
    is_quiet: bool,
) {
    let by = fact.by();
    let is_here = cx.address(by).is_some();
    let Some(Waiting { asker, is_again, .. }) = waiting else {
        // Somebody was told that it may not have been done, and it was.
        let device = cx.state.people.device(by).filter(|_| is_here);
        let asker = device.map_or(Asker::nobody(by), |device| device.unasked(by));
        happen(cx, asker, stamp, fact, is_quiet);
        return late::happened(cx, fact);
    };
    // Nobody is answered who has gone meanwhile.
    let asker = asker.filter(|_| is_here).unwrap_or(Asker::nobody(by));
    // Bans may have changed since they were let in.
    let is_banned = || cx.address(by).is_some_and(|address| cx.state.is_banned(address));
    if matches!(fact, Fact::Entered(_)) && is_banned() {
        bans::expel_soon(cx);
    }
    match fact {
        Fact::Entered(entered) if is_again => again::entered_again(cx, stamp, entered),
        // They have gone before they were in.
        Fact::Entered(Entered { nick, rooms, way, .. }) if !is_here => {
            let here = way.of_a_person().and_then(|id| cx.state.people.with_id(id));
            let rooms = match here {
                Some(here) => rooms::entered(cx, here, way.interface, rooms),
                None => rooms.clone(),
            };
            apply::apply(cx, stamp, fact);
            rooms::end_in(cx, by, &rooms);
            let nick = nick.clone();
            let departed = Fact::Departed(Departed { by, nick, rooms, returns: false });
            journal::enter(cx, Asker::nobody(by), &departed);
        }
        _ => happen(cx, asker, stamp, fact, is_quiet),
    }
}

/// A fact has its place. While this node begins, it is applied and told to nobody.
pub(super) fn happen(cx: &mut Cx<'_>, asker: Asker, stamp: Stamp, fact: &Fact<'_>, is_quiet: bool) {
    grounds::note_end(cx, fact);
    match is_quiet {
        true => {
            apply::apply(cx, stamp, fact);
            order::follow_quietly(cx, fact);
        }
        false => journal::happened(cx, asker, stamp, fact),
    }
    // All nodes know a person by the same id, even one without a token.
    let by = fact.by();
    let has_no_id = cx.state.people.get(by).is_some_and(|person| person.id.is_none());
    if has_no_id && let Some(id) = cx.state.journal.node().map(|node| node.id_of(by)) {
        cx.state.people.identify(by, id);
    }
}
