//! People who come in once more: their node was taken out, or the stream has lost that they came.
//! Until then they are here, but not for the other nodes, and their devices do not count where a
//! fact about their person is applied.

use super::Waiting;
use super::behind::Unmet;
use super::send::enter_again;
use crate::chat::apply::kept;
use crate::chat::fact::{Entered, Fact, Stamp};
use crate::chat::tell::Change;
use crate::chat::tell::news;
use crate::chat::{Cx, rooms};
use mio_socketio::SocketId;
use std::rc::Rc;

/// The other nodes have heard that this one was taken out: its people have gone for them.
pub(super) fn own_are_out(cx: &mut Cx<'_>) {
    are_out(cx, |cx, socket| !cx.is_stand_in(socket));
}

/// The stream has lost how people came in. Nobody counts before they have come in again, or the
/// broker says that they are here.
pub(super) fn all_are_out(cx: &mut Cx<'_>) {
    are_out(cx, |_, _| true);
}

fn are_out(cx: &mut Cx<'_>, is_it: impl Fn(&Cx<'_>, SocketId) -> bool) {
    for socket in cx.state.people.sockets() {
        let is_it = is_it(cx, socket);
        if let Some(device) = cx.state.people.device_mut(socket) {
            device.is_out |= is_it;
        }
    }
}

/// A device is here for all nodes.
pub(super) fn is_in(cx: &mut Cx<'_>, socket: SocketId) {
    if let Some(device) = cx.state.people.device_mut(socket) {
        device.is_out = false;
    }
}

/// This node was taken out, or the broker has lost all: its people enter once more, and their
/// requests come after that.
pub(super) fn enter_all_again(cx: &mut Cx<'_>) {
    own_are_out(cx);
    let Some(node) = cx.state.journal.node_mut() else { return };
    let mut waiting = std::mem::take(&mut node.waiting);
    waiting.retain(|waiting| !waiting.is_again);
    let mut all: Vec<SocketId> = cx.state.people.sockets();
    // A person who has gone does not come in again: their departure waits.
    all.retain(|socket| !cx.is_stand_in(*socket) && cx.address(*socket).is_some());
    all.into_iter().for_each(|socket| enter_again(cx, socket, Unmet::default()));
    let Some(node) = cx.state.journal.node_mut() else { return };
    for mut waiting in waiting {
        node.sequence += 1;
        waiting.sequence = node.sequence;
        node.waiting.push_back(waiting);
    }
    node.waiting_bytes = node.waiting.iter().map(Waiting::bytes).sum();
}

/// A device of this node is in again. Its person may have gone elsewhere meanwhile by another one.
pub(super) fn entered_again(cx: &mut Cx<'_>, stamp: Stamp, entered: &Entered) {
    let Entered { by, rooms, way, .. } = entered;
    let rooms = rooms::entered_again(cx, *by, way.interface, rooms);
    is_in(cx, *by);
    bring(cx, stamp, *by, &rooms);
}

/// Brings a device of this node to the rooms in which it is for all others, and tells of it.
pub(super) fn bring(cx: &mut Cx<'_>, stamp: Stamp, by: SocketId, rooms: &[Rc<str>]) {
    let Some(nick) = rooms::nick_of(cx, by) else { return };
    let before = rooms::of(cx, by);
    let alone = |cx: &Cx<'_>, room: &Rc<str>| !rooms::has_other(cx, by, room);
    let mut changes = Vec::new();
    let came: Vec<_> = rooms.iter().filter(|room| !before.contains(room)).cloned().collect();
    let left: Vec<_> = before.into_iter().filter(|room| !rooms.contains(room)).collect();
    for room in came.iter().filter(|room| alone(cx, room)) {
        changes.push((room.clone(), Change::Joined(nick.clone())));
    }
    for room in left.iter().filter(|room| alone(cx, room)) {
        changes.push((room.clone(), Change::Left(nick.clone())));
    }
    rooms::set(cx, by, rooms);
    kept::keep(cx, by);
    news::tell(cx, by, changes);
    let Some(interface) = cx.state.people.device(by).map(|device| device.interface) else { return };
    for room in left {
        interface.tell_own(cx, by, stamp, &Fact::Left { by, nick: nick.clone(), room });
    }
    for room in came {
        interface.tell_joined(cx, by, &room);
    }
}
