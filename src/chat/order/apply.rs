//! The changes when people are banned, muted, or removed from rooms.

use super::{Deed, Moderated, OrderFact, Removed, bans, roles};
use crate::chat::apply::kept;
use crate::chat::fact::Stamp;
use crate::chat::history::LoggedDeed;
use crate::chat::words::About;
use crate::chat::{Cx, rooms, rules};
use mio_socketio::CloseReason;

/// Makes the change of a fact.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, stamp: Stamp, fact: &OrderFact<'_>) {
    match fact {
        OrderFact::Moderated(moderated) => apply_moderated(cx, stamp, moderated),
        OrderFact::Removed(removed) => apply_removed(cx, removed),
    }
}

/// The orders of a deed are done. If more follows for a person, that is a fact of its own.
fn apply_moderated(cx: &mut Cx<'_>, stamp: Stamp, moderated: &Moderated<'_>) {
    cx.state.history.log_deed(moderated.logged(stamp.ts));
    match &moderated.deed {
        Deed::SetOwner { id, room, is_on, .. } => {
            roles::set_owner(cx, id, room, *is_on);
            rules::keep_member(cx, room, id);
        }
        Deed::Kick { id: Some(id), room, .. } => rules::invite(cx, room, id, false),
        Deed::DeleteRoom { room } => rules::delete(cx, moderated.maker.as_ref(), room, stamp.ts),
        Deed::Kick { id: None, .. } | Deed::Ban(_) | Deed::Unban { .. } => (),
    }
    for order in moderated.orders() {
        bans::obey(cx, &order);
    }
}

/// Logs that a keeper of order has corrected or deleted another person's message.
pub(in crate::chat) fn log_change(
    cx: &mut Cx<'_>,
    stamp: Stamp,
    nick: &str,
    what: &str,
    about: &About,
) {
    if about.is_own {
        return;
    }
    let (moderator, what) = (nick.to_owned(), what.to_owned());
    let (target, room) = (about.author.to_string(), about.place.to_string());
    let deed = LoggedDeed { ts: stamp.ts, moderator, what, target, room, ..LoggedDeed::default() };
    cx.state.history.log_deed(deed);
}

pub(super) fn apply_removed(cx: &mut Cx<'_>, removed: &Removed<'_>) {
    let Removed { by, room, to, must_go, .. } = removed;
    // They leave all rooms as they go.
    if *must_go {
        if !cx.is_stand_in(*by) {
            cx.close(*by, CloseReason::ServerDisconnect);
        }
        return;
    }
    // They may have gone elsewhere meanwhile.
    let is_there = rooms::of_device(cx, *by).any(|own| *own == **room);
    match to {
        Some(to) if is_there => rooms::move_device(cx, *by, to),
        Some(_) => (),
        None => rooms::slip_out(cx, room, *by),
    }
    kept::keep(cx, *by);
}
