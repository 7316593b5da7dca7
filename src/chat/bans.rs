//! Bans: banned people are turned away when they come, and those who are here are sent away.

use super::history::Ban;
use super::refusal::Refusal;
use super::request::Asker;
use super::{Chat, Cx, archive, tell};
use crate::limits::BANS_LOOK_MS;
use mio_socketio::{CloseReason, PeerAddress, SocketId};

impl Chat {
    /// Whether nobody may come in from an address.
    pub fn is_banned(&self, address: PeerAddress) -> bool {
        self.ban(address).is_some()
    }

    fn ban(&self, address: PeerAddress) -> Option<&Ban> {
        self.bans.iter().find(|ban| ban.network.has(address.as_ip()))
    }
}

/// Whether somebody may be here.
///
/// # Errors
/// Their address is banned.
pub(super) fn check(cx: &Cx<'_>, socket: SocketId) -> Result<(), Refusal> {
    match cx.address(socket).and_then(|address| cx.state.ban(address)) {
        None => Ok(()),
        Some(Ban { until_ms, .. }) => Err(Refusal::Banned(*until_ms)),
    }
}

/// Turns a newcomer at the line door away if they are banned; returns whether they are.
pub(super) fn turned_away(cx: &mut Cx<'_>, socket: SocketId) -> bool {
    let Err(refusal) = check(cx, socket) else { return false };
    tell::refused(cx, Asker::line(socket), &refusal);
    cx.close(socket, CloseReason::Banned);
    true
}

/// The bans are these from now on: banned people who are here are told so, and their connections
/// are closed.
pub(super) fn bans_changed(cx: &mut Cx<'_>, bans: Vec<Ban>) {
    cx.state.bans = bans;
    for socket in cx.state.people.sockets() {
        let Err(refusal) = check(cx, socket) else { continue };
        tell::removed(cx, socket, &refusal);
        cx.close(socket, CloseReason::Banned);
    }
}

/// Looks every second whether somebody has been banned, a ban has ended, or messages have become
/// too old.
pub(super) fn watch(cx: &mut Cx<'_>) {
    look(cx);
    let now = cx.now();
    cx.state.history.look_for_old(now);
    archive::tidy_up_soon(cx);
    cx.after(BANS_LOOK_MS, watch);
}

fn look(cx: &mut Cx<'_>) {
    let now = cx.now();
    let now_ms = now.unix_ms.cast_signed();
    cx.state.bans.retain(|ban| ban.until_ms.is_none_or(|until_ms| until_ms > now_ms));
    if let Some(bans) = cx.state.history.changed_bans(now) {
        bans_changed(cx, bans);
    }
}
