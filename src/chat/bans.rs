//! Bans: banned people are refused when they come, and closed if they are here.

use super::fact::Fact;
use super::history::Ban;
use super::request::Asker;
use super::{Chat, Cx, archive, journal};
use crate::limits::BANS_LOOK_MS;
use mio_socketio::PeerAddress;

impl Chat {
    /// Whether an address is banned.
    pub fn is_banned(&self, address: PeerAddress) -> bool {
        self.ban(address).is_some()
    }

    /// The ban of an address.
    pub(super) fn ban(&self, address: PeerAddress) -> Option<&Ban> {
        self.bans.iter().find(|ban| ban.network.has(address.as_ip()))
    }
}

/// Sets the bans from now on: banned people who are here are closed.
pub(super) fn bans_changed(cx: &mut Cx<'_>, bans: Vec<Ban>) {
    cx.state.bans = bans;
    for by in cx.state.people.sockets() {
        let ban = cx.address(by).and_then(|address| cx.state.ban(address));
        if let Some(until_ms) = ban.map(|ban| ban.until_ms) {
            journal::enter(cx, Asker::nobody(by), &Fact::Banned { by, until_ms });
        }
    }
}

/// Checks every second for new bans, bans that have ended, and messages that have become too old.
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
