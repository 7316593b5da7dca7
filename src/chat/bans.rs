//! Bans: banned people are refused when they come, and closed if they are here.

use super::fact::Fact;
use super::history::{Ban, Banned};
use super::request::Asker;
use super::{Chat, Cx, access, archive, journal, orders, passwords};
use crate::limits::{BANS_LOOK_MS, BANS_MAX};
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

/// Bans a network, or changes its ban; banned people who are here are closed after this turn's
/// work. False if there are too many bans for one more. A ban that has ended is lifted.
pub(super) fn impose(cx: &mut Cx<'_>, ban: &Ban) -> bool {
    if ban.is_over(cx.now().unix_ms.cast_signed()) {
        lift(cx, ban.network);
        return true;
    }
    let bans = &mut cx.state.bans;
    match bans.iter().position(|old| old.network == ban.network) {
        Some(at) => bans[at] = ban.clone(),
        None if bans.len() < BANS_MAX => bans.push(ban.clone()),
        None => {
            log::warn!("too many bans for one more network={}", ban.network);
            return false;
        }
    }
    expel_soon(cx);
    true
}

/// Has banned people who are here closed after this turn's work, once for all bans of the turn.
pub(super) fn expel_soon(cx: &mut Cx<'_>) {
    if !std::mem::replace(&mut cx.state.expels_soon, true) {
        cx.after(0, expel);
    }
}

/// Lifts the ban on a network.
pub(super) fn lift(cx: &mut Cx<'_>, network: Banned) {
    cx.state.bans.retain(|ban| ban.network != network);
}

/// Closes banned people who are here.
fn expel(cx: &mut Cx<'_>) {
    cx.state.expels_soon = false;
    for by in cx.state.people.sockets() {
        let ban = cx.address(by).and_then(|address| cx.state.ban(address));
        if let Some(until_ms) = ban.map(|ban| ban.until_ms) {
            journal::enter(cx, Asker::nobody(by), &Fact::Expelled { by, until_ms });
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
    cx.state.bans.retain(|ban| !ban.is_over(now_ms));
    // Another program may have written to the file.
    if let Some(bans) = cx.state.history.changed_bans(now) {
        cx.state.bans = bans;
        expel(cx);
        passwords::look_at_registered(cx);
        cx.state.has_access_news = true;
    }
    access::look(cx);
    orders::look(cx);
}
