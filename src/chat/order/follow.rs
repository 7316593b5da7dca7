//! The consequences of a fact that has its place: the line of a deed in the log, and the removal of
//! people from rooms. Whom a deed puts out of a room is out at each server before the next fact is
//! applied, so nobody hears what is said after it. What follows from a person's own fact is a fact
//! of its own, which their server adds.

use super::apply::apply_removed;
use super::roles::Rank;
use super::{Barred, Deed, Moderated, OrderFact, OutOf, PutOut, Removal, Removed, bans, unowned};
use crate::chat::access::Access;
use crate::chat::fact::row::PutsOut;
use crate::chat::fact::{Entered, Fact, Joined, Stamp};
use crate::chat::history::{Ban, Banned};
use crate::chat::people::Person;
use crate::chat::registration::{LoggedIn, LoggedOut, RegistrationFact};
use crate::chat::request::Asker;
use crate::chat::rules::{LetIn, RuleMade};
use crate::chat::{Chat, Cx, journal, registration, rooms, trace, typing};
use crate::limits::BANNED_ADDRESS_MS;
use mio_socketio::{CloseReason, SocketId};
use std::rc::Rc;

/// Logs a deed, removes the people whom it puts out of a room, and enters the facts that follow
/// for people of this server.
pub(in crate::chat) fn follow(cx: &mut Cx<'_>, stamp: Stamp, fact: &Fact<'_>) {
    for removed in removals(cx, fact) {
        let (by, removed) = (removed.by, Fact::Order(OrderFact::Removed(removed)));
        typing::end_before(cx, &removed);
        journal::happened(cx, Asker::nobody(by), stamp, &removed);
    }
    match fact {
        Fact::Order(OrderFact::Moderated(moderated)) => {
            trace(cx, moderated);
            if let Deed::Ban(barred) = &moderated.deed {
                ban_address(cx, moderated, barred);
            }
        }
        // They were invited as somebody else, or are no longer.
        Fact::Registration(
            RegistrationFact::LoggedIn(LoggedIn { by, new, .. })
            | RegistrationFact::LoggedOut(LoggedOut { by, new, .. }),
        ) => {
            put_out(cx, *by, new);
            close_stranger(cx, *by);
        }
        Fact::Registration(RegistrationFact::Reset(reset)) => registration::follow(cx, reset),
        // The room may have been closed while this was on its way.
        Fact::Joined(joined @ Joined { by, nick, .. }) => {
            unowned::tell(cx, joined);
            put_out(cx, *by, nick);
        }
        Fact::Entered(Entered { by, nick, .. }) => put_out(cx, *by, nick),
        _ => (),
    }
}

/// Closes a device that has logged out where guests come in only by an invitation: nobody has
/// invited the guest that it would be.
fn close_stranger(cx: &mut Cx<'_>, by: SocketId) {
    let is_stranger = |person: &Person| !person.is_registered;
    let is_stranger = cx.state.people.get(by).is_some_and(is_stranger);
    if is_stranger && cx.state.access == Access::Invite && !cx.is_stand_in(by) {
        cx.close(by, CloseReason::Forgotten);
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
        remove(cx, device, &room, moderator);
    }
}

/// Removes the people whom a fact puts out of a room, and tells nobody: this server begins.
pub(in crate::chat) fn follow_quietly(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    for removed in removals(cx, fact) {
        apply_removed(cx, &removed);
    }
}

/// The people whom a fact that was applied puts out of a room, at all servers, by their devices.
fn removals<'f>(cx: &mut Cx<'_>, fact: &'f Fact<'_>) -> Vec<Removed<'f>> {
    let people = &cx.state.people;
    let (room, moderator, why, removal, devices): (_, _, _, _, Vec<SocketId>) =
        match fact.row().puts_out {
            PutsOut::Nobody => return Vec::new(),
            PutsOut::ByDeed(Moderated { nick, deed, why, .. }) => match deed.puts_out() {
                None => return Vec::new(),
                // The device at which they were may have gone, and others may be here.
                Some(PutOut { room, whom: OutOf::Person { target, id }, removal }) => {
                    let person = id.and_then(|id| people.with_id(id)).unwrap_or(*target);
                    (room, nick, *why, removal, people.devices(person).collect())
                }
                Some(PutOut { room, whom: OutOf::All, removal }) => {
                    (room, nick, "", removal, people.sockets())
                }
            },
            // Somebody has come in, or came to be known by another id, while this was on its way.
            PutsOut::Strangers(RuleMade { nick, room, members, stay, .. }) => {
                let is_out = |it: &SocketId| match stay {
                    // An earlier version has not told who stays.
                    None => is_closed(cx, *it, room),
                    Some(stay) => !id_of(cx, *it)
                        .is_some_and(|id| members.contains(&id) || stay.contains(&id)),
                };
                let out = people.sockets().into_iter().filter(is_out);
                (room, nick, "", Removal::Uninvited, out.collect())
            }
            PutsOut::Uninvited(LetIn { nick, room, id, .. }) => {
                let devices = people.with_id(id).into_iter().flat_map(|it| people.devices(it));
                let out = devices.filter(|it| is_closed(cx, *it, room));
                (room, nick, "", Removal::Uninvited, out.collect())
            }
        };
    let removed = devices
        .into_iter()
        .filter_map(|device| removed(cx, device, room, (moderator, why), removal));
    removed.collect()
}

/// Whether the person at `socket` may not be in a room.
fn is_closed(cx: &Cx<'_>, socket: SocketId, room: &str) -> bool {
    !cx.state.may_enter_room(room, id_of(cx, socket).as_deref())
}

/// The id by which all servers know the person at `socket`.
fn id_of(cx: &Cx<'_>, socket: SocketId) -> Option<Rc<str>> {
    let id = cx.state.people.get(socket).and_then(|person| person.id.clone());
    id.or_else(|| journal::id_of(cx.state, socket))
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

/// Bans the addresses of a banned person too, because they can come back as a guest, or under
/// another name: those of a registered person for an hour. Only the person's own server knows the
/// address, and it passes over one at which people are who are not below the moderator. A mute
/// does not touch it: other people at that address may speak.
fn ban_address(cx: &mut Cx<'_>, moderated: &Moderated<'_>, barred: &Barred) {
    let Barred { target, whom: Banned::Person(id), is_guest, made_ms, .. } = barred else { return };
    let devices = cx.state.people.devices(*target);
    let here = devices.filter_map(|device| cx.address(device));
    let gone = cx.state.gone.addresses(id).filter(|_| *is_guest);
    let addresses: Vec<_> = here.chain(gone).collect();
    let hour_ms = made_ms.saturating_add(BANNED_ADDRESS_MS);
    let until_ms = match is_guest {
        true => barred.until_ms,
        false => Some(barred.until_ms.map_or(hour_ms, |until_ms| until_ms.min(hour_ms))),
    };
    let barred = Barred { until_ms, ..barred.clone() };
    for address in addresses {
        // Nobody bans this machine, because everybody may come through a proxy on it.
        let network = Banned::of_address(&address.as_ip().to_string()).ok();
        if let Some(network) =
            network.filter(|network| is_below(cx, moderated.by, until_ms, network))
        {
            let order = Fact::Ordered(moderated.order(&barred, network));
            // The deed itself does not have the address.
            journal::promise(cx, &order);
            if let Fact::Ordered(order) = &order {
                bans::obey_here(cx, order);
            }
        }
    }
}

/// Whether all people of this server at these addresses are below a moderator, and so is the
/// person who has banned them before. A longer ban of theirs stays.
fn is_below(cx: &Cx<'_>, moderator: SocketId, until_ms: Option<i64>, network: &Banned) -> bool {
    let Chat { people, roles, bans, .. } = &*cx.state;
    let rank = people.get(moderator).map_or(Rank::Nobody, |person| roles.rank(person));
    let is_at = |socket: &SocketId| cx.address(*socket).is_some_and(|it| network.has(it.as_ip()));
    let at = people.sockets().into_iter().filter(is_at).filter_map(|socket| people.get(socket));
    let has_higher =
        at.map(|person| roles.rank(person)).any(|own| own > Rank::Nobody && own >= rank);
    let may_replace = |old: &Ban| {
        let is_longer = old.until_ms.is_some_and(|old| until_ms.is_none_or(|new| new >= old));
        is_longer && cx.state.maker_rank(old) <= rank
    };
    !has_higher && bans.get(network).is_none_or(may_replace)
}

/// Enters that a person of this server is removed from a room with one of their devices, unless
/// they have left it.
fn remove(cx: &mut Cx<'_>, by: SocketId, room: &Rc<str>, moderator: &Rc<str>) {
    if cx.is_stand_in(by) || cx.address(by).is_none() {
        return;
    }
    let removed = removed(cx, by, room, (moderator, ""), Removal::Uninvited);
    if let Some(removed) = removed.map(|it| Fact::Order(OrderFact::Removed(it))) {
        typing::end_before(cx, &removed);
        journal::enter(cx, Asker::nobody(by), &removed);
    }
}

/// The removal of a device from a room; `None` if it is not there.
fn removed<'f>(
    cx: &Cx<'_>,
    by: SocketId,
    room: &Rc<str>,
    (moderator, why): (&Rc<str>, &'f str),
    removal: Removal,
) -> Option<Removed<'f>> {
    if !rooms::of_device(cx, by).any(|own| *own == **room) {
        return None;
    }
    let (person, device) = (cx.state.people.get(by)?, cx.state.people.device(by)?);
    let (nick, interface, lobby) =
        (person.nick.clone(), device.interface.get(), cx.state.rooms.lobby());
    let must_go = *room == lobby && interface.lives_in_lobby();
    let to = (interface.has_one_room() && !must_go).then_some(lobby);
    let (room, moderator) = (room.clone(), moderator.clone());
    Some(Removed { by, nick, room, to, must_go, moderator, why, removal })
}
