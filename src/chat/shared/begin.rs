//! How a node begins, goes on after a link was down, and is cut off.

use super::answers::{doubled, give_up, stuck};
use super::entry::WrittenOrder;
use super::read::{happen, read};
use super::redis::calls::{ask_for_part, ask_to_begin, load, renew, write_topics};
use super::seal::Senders;
use super::socket_name::SocketName;
use super::standing::Standing;
use super::standings::{BANS, PEOPLE, Standings, TOPICS};
use super::{EntryId, Phase, again, fleeting, newcomers, tell_cut};
use crate::chat::fact::{Departed, Fact, Renamed, Stamp};
use crate::chat::history::{Order, ToldAt};
use crate::chat::request::Asker;
use crate::chat::{Cx, journal, orders, rooms, typing};
use crate::limits::{CUT_TOLD_MS, ENTRIES_PER_READ_MIN, LEASE_MS, LEASE_RENEW_MS};
use mio_socketio::SocketId;
use mio_socketio::redis::{Items, LinkState, Reply};
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

/// The link for facts is up or down.
pub(super) fn commit_state(cx: &mut Cx<'_>, state: LinkState) {
    let now_ms = cx.now().ms;
    crate::chat::begin(cx);
    call_home(cx);
    newcomers::forget_questions(cx);
    let is_up = state == LinkState::Up;
    let Some(node) = cx.state.journal.node_mut() else { return };
    let is_first = node.up_since_ms == 0;
    (node.is_commit_up, node.sent, node.is_sending) = (is_up, 0, false);
    if !is_up {
        return cut(cx);
    }
    node.up_since_ms = now_ms;
    load(cx);
    ask_to_begin(cx);
    if is_first {
        cx.after(LEASE_RENEW_MS, tick);
    }
}

/// The link for reading is up or down.
pub(super) fn read_state(cx: &mut Cx<'_>, state: LinkState) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    (node.is_read_up, node.is_reading) = (state == LinkState::Up, false);
    // A reply may have been too long.
    node.reads_max = ENTRIES_PER_READ_MIN;
    if node.is_read_up {
        fleeting::subscribe(cx);
    }
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
        log::warn!("cut off from redis node={}", node.name);
        cx.after(CUT_TOLD_MS, |cx| {
            give_up(cx);
            if cx.state.journal.node().is_some_and(|node| node.cut_since_ms.is_some()) {
                tell_cut(cx, true);
            }
        });
    }
}

/// Redis lets the node begin, or says why not.
pub(super) fn begun(cx: &mut Cx<'_>, reply: &Reply<'_>) {
    let mut items = reply.items().into_iter().flatten();
    let mut text = || text(items.next());
    match &*text() {
        "begun" => (),
        "again" => {
            if let Some(node) = cx.state.journal.node_mut() {
                node.is_asked_again = true;
            }
            return ask_to_begin(cx);
        }
        "doubled" => return doubled(cx),
        "stuck" => return stuck(cx, &text()),
        "lacks" => return lacks(cx),
        _ => {
            log::error!(
                "this node has the history of another chat history={} of_the_chat={}",
                cx.state.history.name(),
                text()
            );
            return cut(cx);
        }
    }
    let how = items.next().and_then(|item| item.as_integer());
    let (goes_on, is_new) = (how == Some(1), how == Some(2));
    let mut text = || self::text(items.next());
    let (history, last, first) = (text(), text(), text());
    cx.state.history.adopt(&history);
    let Some(node) = cx.state.journal.node_mut() else { return };
    let upto = EntryId::parse(last.as_bytes()).unwrap_or_default();
    let is_first = !std::mem::replace(&mut node.has_begun, true);
    node.is_doubled = false;
    node.link.clone_from(&node.next_link);
    if !goes_on {
        node.epoch.clone_from(&node.next_epoch);
        (node.enters_again, node.wants_bans) = (true, true);
    }
    let mut is_so = || items.next().and_then(|item| item.as_integer()) == Some(1);
    let (are_topics_whole, has_lost) = (is_so(), is_new || is_so());
    let begins = EntryId::parse(first.as_bytes());
    let has_hole = begins.is_some_and(|first| first.number > node.place.number.saturating_add(1));
    if has_hole {
        log::warn!(
            "the stream begins later than this history ends at={} begins={first}",
            node.place
        );
    }
    node.is_sending = false;
    if is_first {
        node.senders = Senders::read(cx.state.history.senders());
    }
    if has_lost {
        node.place = node.place.min(upto);
    }
    let has_hole = has_hole && are_topics_whole;
    if !is_new {
        node.phase = Phase::Meeting { standings: Standings::default(), is_first, has_hole };
    }
    if has_lost {
        again::all_are_out(cx);
    }
    match is_new {
        true => begun_anew(cx, upto, is_first),
        false => ask_for_part(cx, PEOPLE, "0"),
    }
}

/// Redis knew of no chat before this node asked.
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

fn text(item: Option<Reply<'_>>) -> String {
    let bytes = item.as_ref().and_then(|item| item.as_bytes()).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
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
pub(super) fn part(cx: &mut Cx<'_>, reply: &Reply<'_>) {
    let mut items = reply.items().into_iter().flatten();
    let (at, cursor) = (text(items.next()), text(items.next()));
    let at = EntryId::parse(at.as_bytes()).unwrap_or_default();
    let pairs = pairs(items.next().and_then(|item| item.items()));
    let swept = ToldAt::parse(&text(items.next())).unwrap_or_default();
    let Some(node) = cx.state.journal.node_mut() else { return };
    let wants_bans = node.wants_bans;
    // It was asked for before the link was down.
    let Phase::Meeting { standings, is_first, has_hole } = &mut node.phase else { return };
    let (is_first, has_hole) = (*is_first, *has_hole);
    let hash = standings.hash();
    let orders = if hash == BANS { orders_of(&pairs) } else { Vec::new() };
    standings.bans.extend(orders.iter().filter_map(|(_, order)| order.whom().cloned()));
    standings.add(at, pairs);
    let next = match hash {
        _ if cursor != "0" => Some(hash),
        PEOPLE => Some(TOPICS),
        TOPICS if wants_bans => Some(BANS),
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
        return ask_for_part(cx, next, &cursor);
    }
    let mut standings = met.unwrap_or_default();
    if hash == BANS {
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

/// The bans are known as Redis has them.
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

fn pairs(items: Option<Items<'_>>) -> Vec<(String, String)> {
    let mut items = items.into_iter().flatten();
    let mut pairs = Vec::new();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        let text =
            |item: &Reply<'_>| item.as_bytes().map(|it| String::from_utf8_lossy(it).into_owned());
        pairs.extend(text(&key).zip(text(&value)));
    }
    pairs
}

/// Checks whether all earlier entries have been read: then the people of other nodes are as Redis
/// has them, and waiting facts go out.
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
        // If Redis has lost something, somebody may be there otherwise than this node has heard.
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
