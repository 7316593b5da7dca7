//! The questions and wishes of a node to its broker.

use super::broker::{Beginning, Broker, Life, Table};
use super::send::send_waiting;
use super::{EntryId, Phase, ThisNode};
use crate::chat::Cx;
use crate::chat::journal::Journal;
use crate::limits::{LEASE_MS, STANDINGS_PER_PART};

/// Asks the broker for something. It only sends here, so nothing looks for the node meanwhile.
pub(super) fn ask<T>(
    cx: &mut Cx<'_>,
    ask: impl FnOnce(&mut ThisNode, &mut Cx<'_>) -> T,
) -> Option<T> {
    let Journal::Nodes(node) = std::mem::take(&mut cx.state.journal) else { return None };
    let mut aside = Aside { cx, node: Some(node) };
    let Aside { cx, node } = &mut aside;
    node.as_mut().map(|node| ask(node, cx))
}

/// A node that is out of the chat's state while it asks its broker. It comes back even if that
/// panics: a server that goes on must not take itself for one that is alone.
struct Aside<'c, 'x> {
    cx: &'c mut Cx<'x>,
    node: Option<Box<ThisNode>>,
}

impl Drop for Aside<'_, '_> {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            self.cx.state.journal = Journal::Nodes(node);
        }
    }
}

impl ThisNode {
    /// The broker, and the life of this node that it knows.
    pub(super) fn asking(&mut self) -> (&mut dyn Broker, Life<'_>) {
        let Self { broker, name, epoch, fence, .. } = self;
        (broker.get(), Life { node: name, epoch, fence })
    }
}

/// Asks the broker to let the node begin, or go on.
pub(super) fn ask_to_begin(cx: &mut Cx<'_>) {
    let unix_ms = cx.now().unix_ms;
    let known = cx.state.history.last_id();
    let history = match cx.state.history.is_new() {
        true => String::new(),
        false => cx.state.history.name().to_string(),
    };
    let (clock, fresh) =
        (cx.state.history.number_of_clock(unix_ms), cx.state.history.name().clone());
    let (next_epoch, next_fence) = (cx.random_id(), cx.random_id());
    let in_file = cx.state.history.place().and_then(|place| EntryId::parse(place.as_bytes()));
    ask(cx, |node, cx| {
        let is_asked_again = std::mem::take(&mut node.is_asked_again);
        (node.phase, node.next_fence) = (Phase::Beginning, next_fence);
        if !is_asked_again {
            node.next_epoch = next_epoch;
        }
        if !node.has_begun {
            node.place = in_file.unwrap_or_default();
        }
        let ThisNode { broker, name, epoch, next_epoch, next_fence, place, is_doubled, .. } = node;
        let wish = Beginning {
            node: name,
            epoch,
            next_epoch,
            next_fence,
            is_asked_again,
            is_doubled: *is_doubled,
            history: &history,
            fresh: &fresh,
            known,
            clock,
            place: *place,
        };
        // If it cannot be sent, the link is down, and it is asked when that is up.
        broker.get().begin(cx, &wish);
    });
}

/// Asks for a part of the people who are here, or of the topics, after the part that ended with
/// this cursor.
pub(super) fn ask_for_part(cx: &mut Cx<'_>, table: Table, after: Option<&str>) {
    // If it cannot be sent, the link is down, and the node begins again when that is up.
    ask(cx, |node, cx| node.broker.get().part(cx, table, after));
}

/// Asks for the last entry of the stream. False if that is impossible.
pub(super) fn ask_for_last(cx: &mut Cx<'_>) -> bool {
    ask(cx, |node, cx| node.broker.get().last(cx)).unwrap_or(true)
}

/// Writes topics again that the broker has lost: those of some rooms after `upto`.
pub(super) fn write_topics(cx: &mut Cx<'_>, upto: &str) {
    let (topics, is_last) = cx.state.rooms.topics_after(upto, STANDINGS_PER_PART as usize);
    ask(cx, |node, cx| {
        if let Some((room, _)) = topics.last() {
            node.topics_upto = room.clone();
        }
        node.broker.get().write_topics(cx, &topics, is_last);
    });
}

/// Writes the topics after those that are written now.
pub(super) fn write_more_topics(cx: &mut Cx<'_>) {
    if let Some(upto) = cx.state.journal.node().map(|node| node.topics_upto.clone()) {
        write_topics(cx, &upto);
    }
}

/// Renews the node's lease.
pub(super) fn renew(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    ask(cx, |node, cx| {
        if node.has_epoch() {
            // A node that has been cut off itself does not know which nodes are dead.
            let may_take_out = now_ms >= node.up_since_ms + LEASE_MS;
            let (broker, life) = node.asking();
            broker.renew(cx, life, may_take_out);
        }
    });
}

/// The server ends: waiting facts go out, and its people leave everywhere.
pub(in crate::chat) fn leave(cx: &mut Cx<'_>) {
    send_waiting(cx);
    let Journal::Nodes(mut node) = std::mem::take(&mut cx.state.journal) else { return };
    // If the broker is away, others notice when the lease is over.
    let (broker, life) = node.asking();
    broker.leave(cx, life);
}
