//! Newcomers at a node that is cut off. They are judged by the state of the whole chat: a ban, a
//! token or a name may have changed elsewhere. So nothing is decided until the node is whole again.

use super::later::go_on;
use crate::chat::Cx;
use crate::chat::interfaces::Interface;
use crate::limits::FACTS_WAITING_BYTES_MAX;
use mio_socketio::{CloseReason, SocketId};
use std::collections::HashSet;
use std::fmt::Debug;

/// A newcomer who waits, with the data that their interface has about them.
pub(in crate::chat) trait HeldNewcomer: Debug {
    /// Their interface.
    fn interface(&self) -> &'static dyn Interface;

    /// Bytes of memory that the data takes beside the value itself, about.
    fn bytes(&self) -> usize {
        0
    }

    /// The token that they have shown.
    fn token(&self) -> Option<&str> {
        None
    }

    /// Asks for them to be let in. If they may not, they are told so and closed.
    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, socket: SocketId);
}

/// Newcomers in the order in which they came.
pub(super) type Held = Vec<(SocketId, Box<dyn HeldNewcomer>)>;

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
    let Some(node) = cx.state.node.as_mut().filter(|node| !node.is_whole()) else {
        return Some(newcomer);
    };
    let bytes = bytes(&newcomer);
    if node.newcomers_bytes + bytes > FACTS_WAITING_BYTES_MAX {
        forget_gone(cx);
    }
    let Some(node) = &mut cx.state.node else { return Some(newcomer) };
    if node.newcomers_bytes + bytes > FACTS_WAITING_BYTES_MAX {
        cx.close(socket, CloseReason::ServerFull);
        return None;
    }
    node.newcomers_bytes += bytes;
    newcomer.interface().tell_waiting(cx, socket);
    cx.pause(socket);
    if let Some(node) = &mut cx.state.node {
        node.newcomers.push((socket, Box::new(newcomer)));
    }
    None
}

/// Gives the places of those back who have gone while they waited.
fn forget_gone(cx: &mut Cx<'_>) {
    let Some(node) = &mut cx.state.node else { return };
    let mut newcomers = std::mem::take(&mut node.newcomers);
    newcomers.retain(|(socket, _)| cx.address(*socket).is_some());
    if let Some(node) = &mut cx.state.node {
        node.newcomers_bytes = newcomers.iter().map(|(_, newcomer)| bytes(&**newcomer)).sum();
        node.newcomers = newcomers;
    }
}

/// The node is whole: newcomers who are still there are let in. Their facts may be larger together
/// than what usually waits; the bound on newcomers bounds them.
pub(super) fn let_in(cx: &mut Cx<'_>) {
    forget_gone(cx);
    let Some(node) = &mut cx.state.node else { return };
    node.newcomers_bytes = 0;
    let newcomers = std::mem::take(&mut node.newcomers);
    node.lets_in = true;
    let mut tokens = HashSet::new();
    // Somebody who has tried twice is there by the later connection.
    let mut is_new = |newcomer: &dyn HeldNewcomer| {
        newcomer.token().is_none_or(|token| tokens.insert(token.to_owned()))
    };
    let is_latest: Vec<bool> = newcomers.iter().rev().map(|(_, it)| is_new(&**it)).collect();
    for ((socket, newcomer), is_latest) in newcomers.into_iter().zip(is_latest.into_iter().rev()) {
        match is_latest {
            true => {
                newcomer.let_in(cx, socket);
                go_on(cx, socket);
            }
            false => cx.close(socket, CloseReason::Replaced),
        }
    }
    if let Some(node) = &mut cx.state.node {
        node.lets_in = false;
    }
}
