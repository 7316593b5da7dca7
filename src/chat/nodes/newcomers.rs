//! Newcomers at a node that is cut off. They are judged by the state of the whole chat: a ban, a
//! token or a name may have changed elsewhere. So nothing is decided until the node is whole again.

use super::later::go_on;
use crate::chat::interfaces::chat::enter::{self, Auth};
use crate::chat::interfaces::root;
use crate::chat::recovery::Own;
use crate::chat::refusal::Refusal;
use crate::chat::{Cx, tell};
use crate::limits::FACTS_WAITING_BYTES_MAX;
use mio_socketio::{CloseReason, SocketId};
use std::collections::HashSet;

/// The data of a newcomer who waits.
#[derive(Debug)]
pub(in crate::chat) enum HeldNewcomer {
    /// At the line door.
    Lines,
    /// In namespace `/`; with what it comes back to, if it does.
    Root(Option<Own>),
    /// In namespace `/chat`.
    Chat(Auth, Option<Own>),
}

impl HeldNewcomer {
    /// Whether no other newcomer has shown the token that this one shows.
    fn is_new(&self, tokens: &mut HashSet<String>) -> bool {
        match self {
            Self::Chat(auth, _) => auth.token().is_none_or(|token| tokens.insert(token.to_owned())),
            Self::Lines | Self::Root(_) => true,
        }
    }

    fn bytes(&self) -> usize {
        let more = match self {
            Self::Lines | Self::Root(_) => 0,
            Self::Chat(auth, _) => auth.bytes(),
        };
        size_of::<(SocketId, Self)>() + more
    }
}

/// Has a newcomer wait if this node is cut off, up to a bound; beyond it they are closed. Gives the
/// newcomer back if they need not wait.
pub(in crate::chat) fn hold_newcomer(
    cx: &mut Cx<'_>,
    socket: SocketId,
    newcomer: HeldNewcomer,
) -> Option<HeldNewcomer> {
    let Some(node) = cx.state.node.as_mut().filter(|node| !node.is_whole()) else {
        return Some(newcomer);
    };
    let bytes = newcomer.bytes();
    if node.newcomers_bytes + bytes > FACTS_WAITING_BYTES_MAX {
        forget_gone(cx);
    }
    let Some(node) = &mut cx.state.node else { return Some(newcomer) };
    if node.newcomers_bytes + bytes > FACTS_WAITING_BYTES_MAX {
        cx.close(socket, CloseReason::ServerFull);
        return None;
    }
    node.newcomers_bytes += bytes;
    match &newcomer {
        HeldNewcomer::Lines => tell::waits(cx, socket, true),
        HeldNewcomer::Chat(..) => tell::waits(cx, socket, false),
        HeldNewcomer::Root(_) => (),
    }
    cx.pause(socket);
    if let Some(node) = &mut cx.state.node {
        node.newcomers.push((socket, newcomer));
    }
    None
}

/// Gives the places of those back who have gone while they waited.
fn forget_gone(cx: &mut Cx<'_>) {
    let Some(node) = &mut cx.state.node else { return };
    let mut newcomers = std::mem::take(&mut node.newcomers);
    newcomers.retain(|(socket, _)| cx.address(*socket).is_some());
    if let Some(node) = &mut cx.state.node {
        node.newcomers_bytes = newcomers.iter().map(|(_, newcomer)| newcomer.bytes()).sum();
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
    let is_latest: Vec<bool> =
        newcomers.iter().rev().map(|(_, it)| it.is_new(&mut tokens)).collect();
    for ((socket, newcomer), is_latest) in newcomers.into_iter().zip(is_latest.into_iter().rev()) {
        match is_latest {
            true => let_one_in(cx, socket, newcomer),
            false => cx.close(socket, CloseReason::Replaced),
        }
    }
    if let Some(node) = &mut cx.state.node {
        node.lets_in = false;
    }
}

fn let_one_in(cx: &mut Cx<'_>, socket: SocketId, newcomer: HeldNewcomer) {
    let from = cx.address(socket);
    let is_told = matches!(newcomer, HeldNewcomer::Chat(..));
    let entered = match newcomer {
        HeldNewcomer::Lines => {
            crate::chat::enter(cx, socket);
            Ok(())
        }
        HeldNewcomer::Root(back) => root::enter(cx, socket, from, back),
        HeldNewcomer::Chat(auth, back) => match enter::enter(cx, socket, from, &auth, back) {
            // They are in the namespace already, and take another name there.
            Err(refusal) if !matches!(refusal, Refusal::Banned(_)) => {
                enter::enter(cx, socket, from, &auth.unnamed(), None)
            }
            entered => entered,
        },
    };
    if let Err(refusal) = entered {
        tell::turned_away(cx, socket, &refusal, is_told);
    }
    go_on(cx, socket);
}
