//! Newcomers who have to wait, because they are judged by the state of the whole chat. At a node
//! that is cut off, a ban, a token or a name may have changed elsewhere, so nothing is decided
//! until it is whole again. A token that a whole node does not know may have been given at another
//! node a moment ago: the newcomer waits until everything that has happened up to now has been
//! read.

use super::EntryId;
use super::asks::ask_for_last;
use super::later::go_on;
use crate::chat::Cx;
use crate::chat::journal::HeldNewcomer;
use crate::chat::tell::WAITS;
use crate::limits::FACTS_WAITING_BYTES_MAX;
use mio_socketio::{CloseReason, SocketId};
use std::collections::VecDeque;

/// Newcomers in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Each with the number of a question to the broker, or [`LOST`]; 0 waits for the node to be
    /// whole, and has been told so.
    all: Vec<(SocketId, Box<dyn HeldNewcomer>, u64)>,
    bytes: usize,
    /// Questions to the broker for the last entry of the stream, those whose entry has been read,
    /// and the entries of answers that have not.
    asked: u64,
    answered: u64,
    answers: VecDeque<EntryId>,
}

/// In place of the number of a question whose answer never comes: they wait for the node to be
/// whole, and have not been told so.
const LOST: u64 = u64::MAX;

/// Bytes of memory that a newcomer who waits takes.
fn bytes(newcomer: &dyn HeldNewcomer) -> usize {
    size_of::<(SocketId, Box<dyn HeldNewcomer>)>() + size_of_val(newcomer) + newcomer.bytes()
}

/// Has a newcomer wait if this node is cut off, up to a bound; beyond it they are closed. Gives the
/// newcomer back if they need not wait.
pub(in crate::chat) fn hold_newcomer<N: HeldNewcomer + 'static>(
    cx: &mut Cx<'_>,
    socket: SocketId,
    newcomer: N,
) -> Option<N> {
    let is_whole = cx.state.journal.node().is_some_and(|node| node.is_whole());
    let now = cx.now();
    if is_whole && !newcomer.is_unknown(cx.state, now) {
        return Some(newcomer);
    }
    let bytes = bytes(&newcomer);
    let is_full =
        |cx: &Cx<'_>| held(cx).is_some_and(|it| it.bytes + bytes > FACTS_WAITING_BYTES_MAX);
    if is_full(cx) {
        forget_gone(cx);
    }
    if is_full(cx) {
        cx.close(socket, CloseReason::ServerFull);
        return None;
    }
    if !is_whole {
        newcomer.interface().tell_sentence(cx, socket, WAITS);
    } else if !ask_for_last(cx) {
        // The broker cannot be asked, so this node knows as much as it can.
        return Some(newcomer);
    }
    cx.pause(socket);
    let node = cx.state.journal.node_mut()?;
    node.newcomers.bytes += bytes;
    node.newcomers.asked += u64::from(is_whole);
    let question = if is_whole { node.newcomers.asked } else { 0 };
    node.newcomers.all.push((socket, Box::new(newcomer), question));
    None
}

fn held<'c>(cx: &'c Cx<'_>) -> Option<&'c Held> {
    cx.state.journal.node().map(|node| &node.newcomers)
}

/// The broker has told the last entry of the stream, the answer to the first open question.
pub(super) fn told_last(cx: &mut Cx<'_>, last: EntryId) {
    if let Some(node) = cx.state.journal.node_mut() {
        node.newcomers.answers.push_back(last);
    }
    let_in_known(cx);
}

/// The links have been down: open questions have no answer.
pub(super) fn forget_questions(cx: &mut Cx<'_>) {
    if let Some(node) = cx.state.journal.node_mut() {
        let held = &mut node.newcomers;
        (held.asked, held.answered, held.answers) = (0, 0, VecDeque::new());
        let open = held.all.iter_mut().filter(|(_, _, question)| *question > 0);
        open.for_each(|(_, _, question)| *question = LOST);
    }
}

/// The node is cut off: tells those that they have to wait who asked to come in before that.
pub(super) fn tell_waiting(cx: &mut Cx<'_>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    let untold = node.newcomers.all.iter_mut().filter(|(_, _, question)| *question > 0);
    let untold: Vec<_> = untold
        .map(|(socket, newcomer, question)| {
            *question = 0;
            (*socket, newcomer.interface())
        })
        .collect();
    for (socket, interface) in untold {
        interface.tell_sentence(cx, socket, WAITS);
    }
}

/// Lets those in for whom enough has been read.
pub(super) fn let_in_known(cx: &mut Cx<'_>) {
    while let Some(node) = cx.state.journal.node_mut().filter(|node| node.is_whole())
        && node.newcomers.answers.front().is_some_and(|last| *last <= node.place)
    {
        node.newcomers.answers.pop_front();
        // Questions are answered in their order, and later ones may still be open.
        node.newcomers.answered += 1;
        let answered = node.newcomers.answered;
        let_some_in(cx, |question| question > 0 && question <= answered);
    }
}

/// Gives the places of those back who have gone while they waited.
fn forget_gone(cx: &mut Cx<'_>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    let mut all = std::mem::take(&mut node.newcomers.all);
    all.retain(|(socket, ..)| cx.address(*socket).is_some());
    if let Some(node) = cx.state.journal.node_mut() {
        node.newcomers.bytes = all.iter().map(|(_, newcomer, _)| bytes(&**newcomer)).sum();
        node.newcomers.all = all;
    }
}

/// The node is whole: newcomers who are still there are let in. Their facts may be larger together
/// than what usually waits; the bound on newcomers bounds them.
pub(super) fn let_in(cx: &mut Cx<'_>) {
    let_some_in(cx, |_| true);
}

fn let_some_in(cx: &mut Cx<'_>, is_ready: impl Fn(u64) -> bool) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    let all = std::mem::take(&mut node.newcomers.all);
    let (newcomers, rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(_, _, question)| is_ready(*question));
    node.newcomers.all = rest;
    forget_gone(cx);
    let is_there = |(socket, ..): &(SocketId, _, _)| cx.address(*socket).is_some();
    let newcomers: Vec<_> = newcomers.into_iter().filter(is_there).collect();
    let Some(node) = cx.state.journal.node_mut() else { return };
    node.lets_in = true;
    for (socket, newcomer, _) in newcomers {
        newcomer.let_in(cx, socket);
        go_on(cx, socket);
    }
    if let Some(node) = cx.state.journal.node_mut() {
        node.lets_in = false;
    }
}
