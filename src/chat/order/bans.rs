//! Bans: banned people are refused when they come, and closed if they are here. People who are
//! muted may stay, and say nothing.

use super::deed::Deed;
use super::roles::Rank;
use super::{orders, roles};
use crate::chat::fact::Fact;
use crate::chat::history::{Ban, Banned, Order};
use crate::chat::people::Person;
use crate::chat::people::quiet;
use crate::chat::request::Asker;
use crate::chat::{Chat, Cx, access, archive, journal, names, registration};
use crate::limits::{BANS_LOOK_MS, BANS_MAX};
use mio_socketio::{PeerAddress, SocketId};
use std::collections::HashMap;
use std::rc::Rc;

/// The bans in force.
#[derive(Debug, Default)]
pub(in crate::chat) struct InForce {
    networks: Vec<Ban>,
    people: HashMap<Box<str>, Ban>,
    muted: HashMap<Box<str>, Ban>,
}

impl InForce {
    fn of(all: Vec<Ban>) -> Self {
        let mut bans = Self::default();
        for ban in all {
            bans.set(ban);
        }
        bans
    }

    fn len(&self) -> usize {
        self.networks.len() + self.people.len() + self.muted.len()
    }

    /// Whether there is such a ban.
    pub(in crate::chat) fn has(&self, whom: &Banned) -> bool {
        self.get(whom).is_some()
    }

    /// The ban of these people or addresses.
    pub(in crate::chat) fn get(&self, whom: &Banned) -> Option<&Ban> {
        match whom {
            Banned::Network(_) => self.networks.iter().find(|old| old.whom == *whom),
            Banned::Person(id) => self.people.get(id),
            Banned::Muted(id) => self.muted.get(id),
        }
    }

    /// Adds a ban, in place of an earlier one.
    pub(in crate::chat) fn set(&mut self, ban: Ban) {
        match &ban.whom {
            Banned::Network(_) => match self.networks.iter_mut().find(|it| it.whom == ban.whom) {
                Some(old) => *old = ban,
                None => self.networks.push(ban),
            },
            Banned::Person(id) => drop(self.people.insert(id.clone(), ban)),
            Banned::Muted(id) => drop(self.muted.insert(id.clone(), ban)),
        }
    }

    /// Lifts all bans except those for which `is_kept` is true.
    pub(in crate::chat) fn retain(&mut self, is_kept: impl Fn(&Ban) -> bool) {
        self.networks.retain(&is_kept);
        self.people.retain(|_, ban| is_kept(ban));
        self.muted.retain(|_, ban| is_kept(ban));
    }

    /// The bans of people with this name: only their mutes, or only all other bans.
    pub(in crate::chat) fn by_nick(&self, nick: &str, are_muted: bool) -> Vec<Banned> {
        let all = self.networks.iter().chain(self.people.values());
        let all: Vec<&Ban> = match are_muted {
            true => self.muted.values().collect(),
            false => all.collect(),
        };
        let found = all.into_iter().filter(|ban| names::are_alike(&ban.nick, nick));
        found.map(|ban| ban.whom.clone()).collect()
    }

    /// All bans: networks first, then people by their names, then those who are muted.
    pub(in crate::chat) fn all(&self) -> Vec<Ban> {
        let mut people: Vec<&Ban> = self.people.values().collect();
        let mut muted: Vec<&Ban> = self.muted.values().collect();
        for some in [&mut people, &mut muted] {
            some.sort_unstable_by(|one, other| one.nick.cmp(&other.nick));
        }
        self.networks.iter().chain(people).chain(muted).cloned().collect()
    }
}

impl Chat {
    /// Whether an address is banned.
    pub fn is_banned(&self, address: PeerAddress) -> bool {
        self.ban(address).is_some()
    }

    /// The ban of an address.
    pub(in crate::chat) fn ban(&self, address: PeerAddress) -> Option<&Ban> {
        self.bans.networks.iter().find(|ban| ban.whom.has(address.as_ip()))
    }

    /// The ban of the person with this id.
    pub(in crate::chat) fn ban_of(&self, id: &str) -> Option<&Ban> {
        self.bans.people.get(id)
    }

    /// The ban that forbids a person to speak: their own, or that of the person who they were at
    /// the same device before they logged in or out.
    pub(in crate::chat) fn mute_of(&self, person: &Person) -> Option<&Ban> {
        if self.bans.muted.is_empty() {
            return None;
        }
        let muted = |id: &Rc<str>| self.bans.muted.get(&**id);
        person.id.as_ref().and_then(muted).or_else(|| person.muted_as().and_then(muted))
    }

    /// The rank that the person who has made a ban has now, whatever their nick is and wherever
    /// they are. Of a ban that was made with an earlier version only the nick is known. An operator
    /// is above moderators.
    pub(in crate::chat) fn maker_rank(&self, ban: &Ban) -> Rank {
        if ban.moderator.is_empty() {
            return Rank::Owner;
        }
        if !ban.maker.is_empty() {
            return self.roles.rank_of(&ban.maker);
        }
        // They may have another nick than the one that they have registered.
        let here = self.people.find(&ban.moderator).and_then(|socket| self.people.get(socket));
        let here = here.map_or(Rank::Nobody, |person| self.roles.rank(person));
        here.max(self.roles.rank_of_nick(&ban.moderator))
    }

    /// Whether a ban of their address, which has the nick of somebody who keeps order, closes a
    /// person: nobody acts on their equals, or on anybody higher.
    fn may_expel(&self, person: &Person, ban: &Ban) -> bool {
        let rank = self.roles.rank(person);
        rank == Rank::Nobody || ban.moderator.is_empty() || rank < self.maker_rank(ban)
    }
}

impl Chat {
    /// The ban of a person, or of the address that they come from.
    pub(in crate::chat) fn ban_upon(
        &self,
        person: Option<&Person>,
        address: Option<PeerAddress>,
    ) -> Option<&Ban> {
        let of_person = person.and_then(|person| self.ban_of(person.id.as_deref()?));
        let may_expel = |ban: &&Ban| person.is_none_or(|person| self.may_expel(person, ban));
        of_person.or_else(|| address.and_then(|address| self.ban(address)).filter(may_expel))
    }
}

/// Bans somebody, or changes their ban; banned people who are here are closed after this turn's
/// work. False if there are too many bans for one more. A ban that has ended is lifted.
pub(in crate::chat) fn impose(cx: &mut Cx<'_>, ban: &Ban) -> bool {
    if ban.is_over(cx.now().unix_ms.cast_signed()) {
        lift(cx, &ban.whom);
        return true;
    }
    let bans = &mut cx.state.bans;
    if bans.len() >= BANS_MAX && !bans.has(&ban.whom) {
        log::warn!("too many bans for one more whom={}", ban.whom);
        return false;
    }
    bans.set(ban.clone());
    expel_soon(cx);
    true
}

/// Does an order that is part of a deed. All servers of the chat learn it from the fact that is
/// applied now.
pub(in crate::chat) fn obey(cx: &mut Cx<'_>, order: &Order) {
    match journal::is_shared(cx.state) {
        true => orders::apply(cx, order),
        false => obey_here(cx, order),
    }
}

/// Does an order at this server. If there are others, they are told.
pub(in crate::chat) fn obey_here(cx: &mut Cx<'_>, order: &Order) {
    match order {
        Order::Ban { ban, .. } if !impose(cx, ban) => return,
        Order::Unban { whom } => lift(cx, whom),
        Order::Ban { .. } | Order::Purge(_) | Order::Roles { .. } => (),
    }
    let now = cx.now();
    cx.state.history.keep_own_order(order.clone(), now);
}

/// Closes the connections of banned people after this turn's work, once for all bans of the turn.
pub(in crate::chat) fn expel_soon(cx: &mut Cx<'_>) {
    if !std::mem::replace(&mut cx.state.expels_soon, true) {
        cx.after(0, expel);
    }
}

/// The devices of the people whom a deed lets speak again.
pub(in crate::chat) fn let_speak(cx: &Cx<'_>, deed: &Deed) -> Vec<SocketId> {
    let Deed::Unban { whom, are_muted: true, .. } = deed else { return Vec::new() };
    let people = whom.iter().filter_map(|whom| match whom {
        Banned::Muted(id) => cx.state.people.with_id(id),
        Banned::Network(_) | Banned::Person(_) => None,
    });
    people.flat_map(|person| cx.state.people.devices(person)).collect()
}

/// Lifts a ban.
pub(in crate::chat) fn lift(cx: &mut Cx<'_>, whom: &Banned) {
    cx.state.bans.retain(|ban| ban.whom != *whom);
}

/// Closes banned people who are here.
fn expel(cx: &mut Cx<'_>) {
    cx.state.expels_soon = false;
    for by in cx.state.people.sockets() {
        // People at other servers are closed there.
        let Some(address) = cx.address(by) else { continue };
        let ban = cx.state.ban_upon(cx.state.people.get(by), Some(address));
        if let Some(ending) = ban.map(Ban::ending) {
            journal::enter(cx, Asker::nobody(by), &Fact::Expelled { by, ending });
        }
    }
}

/// Checks every second for new bans, bans that have ended, and messages that have become too old.
pub(in crate::chat) fn watch(cx: &mut Cx<'_>) {
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
        cx.state.bans = InForce::of(bans);
        expel(cx);
        registration::has_news(cx);
        cx.state.has_access_news = true;
        roles::read(cx);
        quiet::read(cx);
    }
    registration::look(cx);
    access::look(cx);
    orders::look(cx);
}
