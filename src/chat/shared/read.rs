//! The way of facts from Redis: entries of the stream, in their order.

use super::answers::{cut_for_now, settle_had, stuck};
use super::begin::{caught_up, forget, is_here_as, vanish};
use super::entry::{self, Unread, WrittenFact};
use super::later::go_on;
use super::redis::calls::{Call, Command, renew};
use super::spoken::Spoken;
use super::{EntryId, Phase, READ, Waiting};
use super::{again, late, newcomers};
use crate::chat::fact::{Departed, Entered, Fact, NOBODY, Stamp};
use crate::chat::request::Asker;
use crate::chat::{Cx, apply, bans, journal, rooms, typing};
use crate::limits::{
    ENTRIES_PER_READ_MAX, ENTRIES_PER_READ_MIN, FACT_BYTES_MAX, NUMBERS_MAX, READ_WAIT_MS,
};
use mio_socketio::SocketId;
use mio_socketio::redis::{CommandError, Items, Reply};

/// Asks for the next entries, unless that is on its way.
pub(super) fn read(cx: &mut Cx<'_>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    if !node.is_read_up || !node.reads() || std::mem::replace(&mut node.is_reading, true) {
        return;
    }
    let mut command = Command::default();
    command.word("XREAD").word("COUNT").word(node.reads_max).word("BLOCK").word(READ_WAIT_MS);
    command.word("STREAMS").word(&node.keys.facts).word(node.place);
    if command.send(cx, READ, Call::Read).is_err()
        && let Some(node) = cx.state.journal.node_mut()
    {
        node.is_reading = false;
    }
}

/// Redis has answered on the link for reading.
pub(super) fn read_reply(cx: &mut Cx<'_>, token: u64, reply: Result<Reply<'_>, CommandError<'_>>) {
    if Call::of(token) == Some(Call::Subscribe) {
        return;
    }
    if let Some(node) = cx.state.journal.node_mut() {
        node.is_reading = false;
    }
    match reply {
        Ok(reply) => {
            let mut streams = reply.items().into_iter().flatten();
            // The name of the stream comes first.
            let entries = streams.nth(1).and_then(|entries| entries.items());
            let (count, bytes) = read_entries(cx, entries);
            if count > 0 {
                keep_place(cx);
            }
            if !cx.state.journal.node().is_some_and(|node| node.reads()) {
                return;
            }
            read_more(cx, count, bytes);
            settle_had(cx);
            newcomers::let_in_known(cx);
            read(cx);
        }
        Err(CommandError::Lost(_)) => (),
        Err(error) => {
            log::warn!("the stream cannot be read error=\"{error}\"");
            cut_for_now(cx);
        }
    }
}

/// Reads entries. Returns their number, and the bytes of their texts.
fn read_entries<'a>(cx: &mut Cx<'_>, entries: Option<Items<'a>>) -> (usize, usize) {
    let (mut count, mut bytes) = (0, 0);
    for item in entries.into_iter().flatten() {
        // Entries that were requested before the node began again are requested once more.
        if !cx.state.journal.node().is_some_and(|node| node.reads()) {
            break;
        }
        bytes += read_entry(cx, &item);
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

/// The fields of an entry besides its fact.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) node: &'a [u8],
    pub(super) epoch: &'a [u8],
    pub(super) sequence: u64,
    pub(super) text: &'a [u8],
    pub(super) attachments: Vec<Vec<u8>>,
    pub(super) signature: &'a [u8],
    /// The node was taken out.
    is_out: bool,
    /// The node ends, and others have to take it out.
    is_leaving: bool,
}

fn fields<'a>(item: &Reply<'a>) -> Option<Fields<'a>> {
    let mut fields = Fields::default();
    let mut words = item.items()?;
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        let value = value.as_bytes()?;
        match name.as_bytes()? {
            b"n" => fields.node = value,
            b"e" => fields.epoch = value,
            b"s" => fields.sequence = std::str::from_utf8(value).ok()?.parse().ok()?,
            b"f" => fields.text = value,
            b"h" => fields.signature = value,
            b"a" => fields.attachments.push(value.to_vec()),
            b"o" => fields.is_out = true,
            b"l" => fields.is_leaving = true,
            _ => (),
        }
    }
    Some(fields)
}

/// Adapts the number of entries that are requested at once: more while they are short, few after
/// long ones, because they must fit into one reply.
fn read_more(cx: &mut Cx<'_>, count: usize, bytes: usize) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    if bytes >= FACT_BYTES_MAX {
        node.reads_max = ENTRIES_PER_READ_MIN;
    } else if count >= node.reads_max {
        node.reads_max = (2 * node.reads_max).min(ENTRIES_PER_READ_MAX);
    }
}

/// Reads an entry. Returns the bytes of its text.
fn read_entry(cx: &mut Cx<'_>, item: &Reply<'_>) -> usize {
    let mut parts = item.items().into_iter().flatten();
    let Some(place) = parts.next().and_then(|id| EntryId::parse(id.as_bytes()?)) else { return 0 };
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
    let Some(fields) = parts.next().and_then(|item| fields(&item)) else {
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
    let is_quiet = matches!(node.phase, Phase::CatchingUp { is_first: true, .. });
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
            // They are here already, as Redis has said.
            if let Some(known) = known
                && let rooms = rooms::entered_again(cx, known, way.interface(), rooms)
                && is_here_as(cx, known, nick, &rooms)
            {
                again::is_in(cx, known);
                return None;
            }
            // Redis has lost how they came to be otherwise than this node knows.
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
    match is_quiet {
        true => apply::apply(cx, stamp, fact),
        false => journal::happened(cx, asker, stamp, fact),
    }
    // All nodes know a person by the same id, even one without a token.
    let by = fact.by();
    let has_no_id = cx.state.people.get(by).is_some_and(|person| person.id.is_none());
    if has_no_id && let Some(id) = cx.state.journal.node().map(|node| node.id_of(by)) {
        cx.state.people.identify(by, id);
    }
}
