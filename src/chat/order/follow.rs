//! The consequences of a fact that has its place: the line of a deed in the log, and the facts that
//! follow for the people of this server, from a deed or from a room that is closed to them.

use super::{Barred, Deed, Moderated, Removal, Removed, bans};
use crate::chat::fact::{Entered, Fact, Joined, LetIn, LoggedIn, LoggedOut, RuleMade};
use crate::chat::history::Banned;
use crate::chat::request::Asker;
use crate::chat::rules::Rule;
use crate::chat::{Cx, journal, trace, typing};
use mio_socketio::SocketId;
use std::rc::Rc;

/// Logs a deed, and enters the facts that follow. The servers of other people do the same for them.
pub(in crate::chat) fn follow(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    match fact {
        Fact::Moderated(moderated) => follow_deed(cx, moderated),
        // They were invited as somebody else, or are no longer.
        Fact::LoggedIn(LoggedIn { by, new, .. }) | Fact::LoggedOut(LoggedOut { by, new, .. }) => {
            put_out(cx, *by, new);
        }
        // Somebody has come in, or came to be known by another id, while this was on its way.
        Fact::RuleMade(RuleMade { nick, room, rule: Rule::Private(true), .. }) => {
            let members: Vec<SocketId> = cx.members(room).collect();
            members.into_iter().for_each(|member| put_out(cx, member, nick));
        }
        Fact::LetIn(LetIn { id, nick, is_on: false, .. }) => {
            if let Some(socket) = cx.state.people.with_id(id) {
                put_out(cx, socket, nick);
            }
        }
        // The room may have been closed while this was on its way.
        Fact::Joined(Joined { by, nick, .. }) | Fact::Entered(Entered { by, nick, .. }) => {
            put_out(cx, *by, nick);
        }
        _ => (),
    }
}

/// Removes a person from the rooms in which they may not be.
fn put_out(cx: &mut Cx<'_>, by: SocketId, moderator: &Rc<str>) {
    if cx.state.rooms.rules_by_room().is_empty() {
        return;
    }
    let Some(person) = cx.state.people.get(by) else { return };
    let id = person.id.clone().or_else(|| journal::id_of(cx.state, by));
    let is_closed = |room: &&str| !cx.state.may_enter_room(room, id.as_deref());
    let closed = |device| cx.rooms(device).filter(is_closed).map(move |room| (device, room.into()));
    let closed: Vec<(SocketId, Rc<str>)> = cx.state.people.devices(by).flat_map(closed).collect();
    for (device, room) in closed {
        remove(cx, device, &room, (moderator, ""), Removal::Uninvited);
    }
}

fn follow_deed(cx: &mut Cx<'_>, moderated: &Moderated<'_>) {
    trace(cx, moderated);
    let Moderated { nick: moderator, deed, why, .. } = moderated;
    match deed {
        Deed::Kick { target, room, .. } => {
            let devices: Vec<SocketId> = cx.state.people.devices(*target).collect();
            for device in devices {
                remove(cx, device, room, (moderator, why), Removal::Kicked);
            }
        }
        Deed::DeleteRoom { room } => {
            let members: Vec<SocketId> = cx.members(room).collect();
            for device in members {
                remove(cx, device, room, (moderator, ""), Removal::Deleted);
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
        Deed::DeleteRoom { room } => {
            log::info!("room-deleted {} room={room:?}", trace::who(cx, *by));
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
    let Barred { target, whom: Banned::Person(id), is_guest: true, .. } = barred else { return };
    let devices = cx.state.people.devices(*target);
    let here = devices.filter_map(|device| cx.address(device));
    let addresses: Vec<_> = here.chain(cx.state.gone.addresses(id)).collect();
    for address in addresses {
        // Nobody bans this machine, because everybody may come through a proxy on it.
        if let Ok(network) = Banned::of_address(&address.as_ip().to_string()) {
            bans::obey_here(cx, &moderated.order(barred, network));
        }
    }
}

/// Removes a person from a room with one of their devices, unless they have left it.
fn remove(
    cx: &mut Cx<'_>,
    by: SocketId,
    room: &Rc<str>,
    (moderator, why): (&Rc<str>, &str),
    removal: Removal,
) {
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
    let removed = Fact::Removed(Removed { by, nick, room, to, must_go, moderator, why, removal });
    typing::end_before(cx, &removed);
    journal::enter(cx, Asker::nobody(by), &removed);
}
