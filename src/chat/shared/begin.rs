//! How a node begins, goes on after a link was down, and is cut off.

use super::answers::{doubled, give_up, stuck};
use super::asks::{ask_for_part, ask_to_begin, renew, write_topics};
use super::broker::Table;
use super::entry::WrittenOrder;
use super::read::{happen, read};
use super::reports::{Beginnings, NotBegun, Rows, Start};
use super::seal::Senders;
use super::socket_name::SocketName;
use super::standing::Standing;
use super::standings::Standings;
use super::{EntryId, Phase, again, newcomers, tell_cut};
use crate::chat::fact::{Departed, Fact, Renamed, Stamp};
use crate::chat::history::{Order, ToldAt};
use crate::chat::request::Asker;
use crate::chat::{Cx, journal, orders, rooms, typing};
use crate::limits::{CUT_TOLD_MS, LEASE_MS, LEASE_RENEW_MS};
use mio_socketio::SocketId;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Gives this run of the node its name.
pub(super) fn call_home(cx: &mut Cx<'_>) {
    if cx.state.journal.node().is_some_and(|node| node.home.is_empty()) {
        let run: String =
            cx.random_id().chars().filter(|it| it.is_alphanumeric()).take(10).collect();
        if let Some(node) = cx.state.journal.node_mut() {
            node.home = format!("{}/{run}", node.name).into();
        }
    }
}

/// The broker can be asked, or no longer.
pub(super) fn can_ask(cx: &mut Cx<'_>, is_up: bool) {
    let now_ms = cx.now().ms;
    crate::chat::begin(cx);
    call_home(cx);
    newcomers::forget_questions(cx);
    let Some(node) = cx.state.journal.node_mut() else { return };
    let is_first = node.up_since_ms == 0;
    (node.is_commit_up, node.sent, node.is_sending) = (is_up, 0, false);
    if !is_up {
        return cut(cx);
    }
    node.up_since_ms = now_ms;
    ask_to_begin(cx);
    if is_first {
        cx.after(LEASE_RENEW_MS, tick);
    }
}

/// Entries can be read, or no longer.
pub(super) fn can_read(cx: &mut Cx<'_>, is_up: bool) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    node.is_read_up = is_up;
    let Some(node) = cx.state.journal.node() else { return };
    match (node.is_read_up, node.is_commit_up, &node.phase) {
        (false, ..) => cut(cx),
        // A node that was cut off by this link alone begins again.
        (true, true, Phase::Away) => ask_to_begin(cx),
        (true, ..) => {
            caught_up(cx);
            read(cx);
        }
    }
}

/// Renews the lease, and refuses facts that have waited for too long. Runs now and then.
fn tick(cx: &mut Cx<'_>) {
    renew(cx);
    give_up(cx);
    if cx.state.journal.node().is_some_and(|node| node.is_doubled && node.is_commit_up) {
        ask_to_begin(cx);
    }
    cx.after(LEASE_RENEW_MS, tick);
}

/// This node is cut off, if it was not. People are told when it lasts.
pub(super) fn cut(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = cx.state.journal.node_mut() else { return };
    node.phase = Phase::Away;
    if node.cut_since_ms.is_none() {
        node.cut_since_ms = Some(now_ms);
        log::warn!("cut off from {} node={}", node.broker.get().kind(), node.name);
        cx.after(CUT_TOLD_MS, |cx| {
            give_up(cx);
            if cx.state.journal.node().is_some_and(|node| node.cut_since_ms.is_some()) {
                tell_cut(cx, true);
            }
        });
    }
}

/// The broker does not let the node begin.
pub(super) fn not_begun(cx: &mut Cx<'_>, why: NotBegun) {
    match why {
        NotBegun::Again => {
            if let Some(node) = cx.state.journal.node_mut() {
                node.is_asked_again = true;
            }
            ask_to_begin(cx);
        }
        NotBegun::Doubled => doubled(cx),
        NotBegun::Stuck(why) => stuck(cx, &why),
        NotBegun::Lacks => lacks(cx),
        NotBegun::OtherHistory(other) => {
            log::error!(
                "this node has the history of another chat history={} of_the_chat={other}",
                cx.state.history.name(),
            );
            cut(cx);
        }
    }
}

/// The broker lets the node begin.
pub(super) fn begun(cx: &mut Cx<'_>, begun: &Beginnings) {
    let Beginnings { start, history, last: upto, first, has_topics, has_lost } = begun;
    let (upto, is_new) = (*upto, *start == Start::First);
    cx.state.history.adopt(history);
    let Some(node) = cx.state.journal.node_mut() else { return };
    let is_first = !std::mem::replace(&mut node.has_begun, true);
    node.is_doubled = false;
    node.fence.clone_from(&node.next_fence);
    if *start != Start::GoesOn {
        node.epoch.clone_from(&node.next_epoch);
        (node.enters_again, node.wants_bans) = (true, true);
    }
    let has_lost = is_new || *has_lost;
    let has_hole = first.is_some_and(|first| first.number > node.place.number.saturating_add(1));
    if has_hole {
        log::warn!(
            "the stream begins later than this history ends at={} begins={}",
            node.place,
            first.unwrap_or_default()
        );
    }
    node.is_sending = false;
    if is_first {
        node.senders = Senders::read(cx.state.history.senders());
    }
    if has_lost {
        node.place = node.place.min(upto);
    }
    let has_hole = has_hole && *has_topics;
    if !is_new {
        node.phase = Phase::Meeting { standings: Standings::default(), is_first, has_hole };
    }
    if has_lost {
        again::all_are_out(cx);
    }
    match is_new {
        true => begun_anew(cx, upto, is_first),
        false => ask_for_part(cx, Table::People, None),
    }
}

/// The broker knew of no chat before this node asked.
fn begun_anew(cx: &mut Cx<'_>, upto: EntryId, is_first: bool) {
    // The other nodes have their people enter again in a moment.
    cx.after(LEASE_MS, |cx| {
        if cx.state.journal.node().is_some_and(|node| node.is_whole()) {
            ask_to_begin(cx);
        }
    });
    cx.state.history.untell_bans();
    has_bans(cx);
    write_topics(cx, "");
    catch_up(cx, upto, None, is_first);
}

/// The stream has too little for this node's file.
fn lacks(cx: &mut Cx<'_>) {
    let why = "this file lacks registered people or rules of rooms that the stream no longer has";
    let hint = "begin with a copy of another node's file, made by mio-chat backup";
    log::error!("{why} hint=\"{hint}\"");
    cut(cx);
}

/// Reads the stream up to an entry.
fn catch_up(cx: &mut Cx<'_>, upto: EntryId, standings: Option<Standings>, is_first: bool) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    node.phase = Phase::CatchingUp { upto, standings, is_first };
    caught_up(cx);
    read(cx);
}

/// A part of the people who are here, or of the topics, has come. Later facts are in the stream,
/// which is read after the last part.
pub(super) fn part(cx: &mut Cx<'_>, part: Rows) {
    let Rows { at, next: cursor, rows, swept } = part;
    let swept = ToldAt::parse(&swept).unwrap_or_default();
    let Some(node) = cx.state.journal.node_mut() else { return };
    let wants_bans = node.wants_bans;
    // It was asked for before the link was down.
    let Phase::Meeting { standings, is_first, has_hole } = &mut node.phase else { return };
    let (is_first, has_hole) = (*is_first, *has_hole);
    let table = standings.table();
    let orders = if table == Table::Bans { orders_of(&rows) } else { Vec::new() };
    standings.bans.extend(orders.iter().filter_map(|(_, order)| order.whom().cloned()));
    standings.add(at, rows);
    let next = match table {
        _ if cursor.is_some() => Some(table),
        Table::People => Some(Table::Topics),
        Table::Topics if wants_bans => Some(Table::Bans),
        _ => None,
    };
    let met = match next {
        Some(next) => {
            standings.go_on_with(next);
            None
        }
        None => Some(std::mem::take(standings)),
    };
    for (told_at, order) in orders {
        orders::compare(cx, &order, told_at);
    }
    if let Some(next) = next {
        return ask_for_part(cx, next, cursor.as_deref());
    }
    let mut standings = met.unwrap_or_default();
    if table == Table::Bans {
        orders::compare_missing(cx, &std::mem::take(&mut standings.bans), swept);
        has_bans(cx);
    }
    adopt_topics(cx, standings.take_topics(), has_hole);
    catch_up(cx, at, Some(standings), is_first);
}

/// The bans in a part of them.
fn orders_of(pairs: &[(String, String)]) -> Vec<(ToldAt, Order)> {
    pairs.iter().filter_map(|(_, order)| WrittenOrder::read(order)).collect()
}

/// The bans are known as the broker has them.
fn has_bans(cx: &mut Cx<'_>) {
    if let Some(node) = cx.state.journal.node_mut() {
        node.wants_bans = false;
    }
}

/// Sets the topics. Newer ones follow from the stream; if that has a hole, rooms may have lost
/// their topics in it.
fn adopt_topics(cx: &mut Cx<'_>, topics: BTreeMap<String, String>, has_hole: bool) {
    for room in cx.state.rooms.with_topics() {
        if has_hole && !topics.contains_key(&*room) {
            cx.state.rooms.set_topic(room.clone(), None);
            cx.state.history.keep_topic(room, None);
        }
    }
    for (room, topic) in topics {
        let room = cx.state.rooms.shared(&room);
        if cx.state.rooms.topic(&room) != Some(&*topic) {
            cx.state.rooms.set_topic(room.clone(), Some(topic.clone()));
            cx.state.history.keep_topic(room, Some(topic));
        }
    }
}

/// Checks whether all earlier entries have been read: then the people of other nodes are as the
/// broker has them, and waiting facts go out.
pub(super) fn caught_up(cx: &mut Cx<'_>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    let Phase::CatchingUp { upto, standings, is_first } = &mut node.phase else { return };
    if node.place < *upto || !node.is_read_up {
        return;
    }
    let (standings, is_first) = (standings.take(), *is_first);
    (node.phase, node.cut_since_ms, node.is_stuck) = (Phase::Whole, None, false);
    log::info!("node is whole node={}", node.name);
    let enters_again = std::mem::take(&mut node.enters_again);
    if let Some(standings) = standings {
        meet(cx, standings, is_first, enters_again);
    }
    // Facts that were on their way have come back, or never will.
    if enters_again {
        again::enter_all_again(cx);
    }
    tell_cut(cx, false);
    newcomers::let_in(cx);
}

/// Makes these, and no others, the people of other nodes.
fn meet(cx: &mut Cx<'_>, standings: Standings, is_quiet: bool, enters_again: bool) {
    cx.state.gathers_notices = true;
    let all = cx.state.journal.node().map_or_else(Vec::new, |node| node.stand_ins.all());
    for (name, socket) in all {
        // If the broker has lost something, somebody may be there otherwise than this node has
        // heard.
        let standing = standings.of(&name);
        if !standing.is_some_and(|it| is_here_as(cx, socket, &it.nick, &it.rooms)) {
            vanish(cx, socket);
        }
        again::is_in(cx, socket);
    }
    for (name, standing) in standings.people() {
        let Some(node) = cx.state.journal.node() else { return };
        match node.stand_ins.socket(&node.home, &name) {
            None if name.node() != &*node.name => appear(cx, name, &standing, is_quiet),
            Some(own) if name.node() == &*node.name && !enters_again => {
                let stamp = stamp(cx);
                again::bring(cx, stamp, own, &standing.rooms);
            }
            _ => (),
        }
    }
    cx.state.gathers_notices = false;
}

/// Whether somebody is here under this name and in these rooms.
pub(super) fn is_here_as(cx: &mut Cx<'_>, socket: SocketId, nick: &str, rooms: &[Rc<str>]) -> bool {
    let (mut here, mut there) = (rooms::of(cx, socket), rooms.to_vec());
    here.sort_unstable();
    there.sort_unstable();
    here == there && cx.state.people.get(socket).is_some_and(|person| *person.nick == *nick)
}

/// Adds a person who is at another node.
fn appear(cx: &mut Cx<'_>, name: SocketName, standing: &Standing, is_quiet: bool) {
    let socket = cx.stand_in();
    let Some(node) = cx.state.journal.node_mut() else { return };
    node.stand_ins.insert(name, socket);
    let fact = Fact::Entered(standing.enter(socket));
    let stamp = stamp(cx);
    happen(cx, Asker::nobody(socket), stamp, &fact, is_quiet);
    rooms::set(cx, socket, &standing.rooms);
    // They may be here too, and have taken another name there.
    let old = rooms::nick_of(cx, socket).filter(|old| *old != standing.nick);
    if let Some(old) = old {
        let (by, new, rooms) = (socket, standing.nick.clone(), rooms::all_of(cx, socket));
        let fact = Fact::Renamed(Renamed { by, old, new, rooms });
        happen(cx, Asker::nobody(socket), stamp, &fact, is_quiet);
    }
}

/// Somebody at another node has gone with it.
pub(super) fn vanish(cx: &mut Cx<'_>, socket: SocketId) {
    let (by, rooms) = (socket, rooms::of(cx, socket));
    typing::stop(cx, by);
    if let Some(person) = cx.state.people.get(by) {
        let returns = person.record.as_ref().is_some_and(|record| record.returns);
        let fact = Fact::Departed(Departed { by, nick: person.nick.clone(), rooms, returns });
        let stamp = stamp(cx);
        journal::happened(cx, Asker::nobody(by), stamp, &fact);
    }
    forget(cx, socket);
}

/// Ends the stand-in at this socket.
pub(super) fn forget(cx: &mut Cx<'_>, socket: SocketId) {
    if let Some(node) = cx.state.journal.node_mut() {
        node.stand_ins.remove(socket);
    }
    cx.end_stand_in(socket);
}

fn stamp(cx: &Cx<'_>) -> Stamp {
    let now = cx.now();
    Stamp { id: 0, ts: now.unix_ms.cast_signed(), ms: now.ms }
}
