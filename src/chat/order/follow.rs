//! The consequences of a deed that has its place: its line in the log, and the facts that follow
//! for the people of this server.

use super::{Barred, Deed, Moderated, Removed, bans};
use crate::chat::fact::Fact;
use crate::chat::history::Banned;
use crate::chat::request::Asker;
use crate::chat::{Cx, journal, trace, typing};
use mio_socketio::SocketId;
use std::rc::Rc;

/// Logs a deed, and enters the facts that follow. The servers of other people do the same for them.
pub(in crate::chat) fn follow(cx: &mut Cx<'_>, moderated: &Moderated<'_>) {
    trace(cx, moderated);
    let Moderated { nick: moderator, deed, why, .. } = moderated;
    match deed {
        Deed::Kick { target, room, .. } => {
            let devices: Vec<SocketId> = cx.state.people.devices(*target).collect();
            for device in devices {
                remove(cx, device, room, moderator, why);
            }
        }
        Deed::Ban(barred) => ban_address(cx, moderated, barred),
        Deed::SetOwner { .. } | Deed::Unban { .. } => (),
    }
}

/// Writes the line of a deed, by which abuse of a role can be traced.
fn trace(cx: &Cx<'_>, moderated: &Moderated<'_>) {
    let Moderated { by, deed, why, .. } = moderated;
    match deed {
        Deed::Kick { nick, room, .. } => {
            log::info!("removed {} target={nick:?} room={room:?} why={why:?}", trace::who(cx, *by));
        }
        Deed::Ban(Barred { who: target, whom, until_ms, .. }) => {
            let verb = if matches!(whom, Banned::Muted(_)) { "muted" } else { "banned" };
            let until = until_ms.unwrap_or_default();
            let by = trace::who(cx, *by);
            log::info!("{verb} {by} target={target:?} whom={whom} until={until} why={why:?}");
        }
        Deed::SetOwner { nick, room, is_on, .. } => {
            let by = trace::who(cx, *by);
            log::info!("room-owner {by} target={nick:?} room={room:?} on={is_on}");
        }
        Deed::Unban { who: target, are_muted, .. } => {
            let verb = if *are_muted { "unmuted" } else { "unbanned" };
            log::info!("{verb} {} target={target:?}", trace::who(cx, *by));
        }
    }
}

/// Bans the address of a banned guest too, because a guest can come back under another name. Only
/// the guest's own server knows the address. A mute does not touch it: other people at that address
/// may speak.
fn ban_address(cx: &mut Cx<'_>, moderated: &Moderated<'_>, barred: &Barred) {
    let Barred { target, whom, is_guest, .. } = barred;
    if !is_guest || !matches!(whom, Banned::Person(_)) {
        return;
    }
    let devices = cx.state.people.devices(*target);
    let addresses: Vec<_> = devices.filter_map(|device| cx.address(device)).collect();
    for address in addresses {
        // Nobody bans this machine, because everybody may come through a proxy on it.
        if let Ok(network) = Banned::of_address(&address.as_ip().to_string()) {
            bans::obey_here(cx, &moderated.order(barred, network));
        }
    }
}

/// Removes a person from a room with one of their devices, unless they have left it.
fn remove(cx: &mut Cx<'_>, by: SocketId, room: &Rc<str>, moderator: &Rc<str>, why: &str) {
    let is_there = cx.rooms(by).any(|own| *own == **room);
    if !is_there || cx.is_stand_in(by) {
        return;
    }
    let Some(person) = cx.state.people.get(by) else { return };
    let Some(device) = cx.state.people.device(by) else { return };
    let (nick, interface, lobby) =
        (person.nick.clone(), device.interface.get(), cx.state.rooms.lobby());
    let must_go = *room == lobby && interface.lives_in_lobby();
    let to = (interface.has_one_room() && !must_go).then_some(lobby);
    let (room, moderator) = (room.clone(), moderator.clone());
    let removed = Fact::Removed(Removed { by, nick, room, to, must_go, moderator, why });
    typing::end_before(cx, &removed);
    journal::enter(cx, Asker::nobody(by), &removed);
}
