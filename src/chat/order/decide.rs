//! The rules of deeds: who may do what to whom.

use super::asked::end_of;
use super::roles::Rank;
use super::{AskedDeed, Barred, Deed, Moderated, OrderFact, OrderRefusal};
use crate::chat::decide::{Me, Sockets, is_in};
use crate::chat::fact::{Fact, NOBODY};
use crate::chat::history::{Ban, Banned};
use crate::chat::names;
use crate::chat::people::{Addressee, Person};
use crate::chat::refusal::Refusal;
use crate::chat::request::Decision;
use crate::limits::{ROOM_OWNERS_MAX, ROOMS_OWNED_MAX, ROOMS_OWNED_OF_ONE_MAX, WHY_BYTES_MAX};
use mio_socketio::SocketId;
use std::rc::Rc;

impl<S: Sockets> Me<'_, S> {
    /// Decides a deed.
    pub(in crate::chat) fn moderate<'a>(
        &self,
        asked: AskedDeed<'a>,
    ) -> Result<Decision<'a>, Refusal> {
        // The person and others are told of a deed, with its reason.
        self.not_muted()?;
        match asked {
            AskedDeed::Kick { name, room, why } => self.kick(name, room, why),
            AskedDeed::DeleteRoom { room } => self.delete_room(room),
            AskedDeed::SetOwner { name, room, is_on } => self.set_owner(name, room, is_on),
            AskedDeed::Ban { who, for_ms, why, is_mute } => self.ban(who, for_ms, why, is_mute),
            AskedDeed::Unban { who, is_mute } => self.unban(who, is_mute),
        }
    }

    pub(super) fn kick<'a>(
        &self,
        name: &str,
        room: Option<&str>,
        why: &'a str,
    ) -> Result<Decision<'a>, Refusal> {
        let room = self.own_room(room)?;
        let rank = self.keeps_order_in(&room)?;
        let (target, person) = self.under(rank, name, Some(&room))?;
        let (nick, id) = (person.nick.clone(), person.id.clone());
        let mut devices = self.chat.people.devices(target);
        if !devices.any(|device| is_in(self.sockets, device, &room)) {
            return Err(OrderRefusal::NotThere(nick, room).into());
        }
        Ok(self.moderates(Deed::Kick { target, nick, id, room }, why))
    }

    pub(super) fn ban<'a>(
        &self,
        who: &str,
        for_ms: Option<u64>,
        why: &'a str,
        is_mute: bool,
    ) -> Result<Decision<'a>, Refusal> {
        let (rank, who) = (self.keeps_order()?, who.trim());
        let made_ms = self.sockets.now().unix_ms.cast_signed();
        let until_ms = end_of(for_ms, made_ms)?;
        let barred = match is_address(who) && !is_mute {
            true => self.barred_address(rank, who, until_ms, made_ms)?,
            false => {
                let name = who.strip_prefix('@').unwrap_or(who);
                self.barred_person(rank, name, is_mute, until_ms, made_ms)?
            }
        };
        // A shorter ban would lift one of somebody higher.
        let before = self.chat.bans.get(&barred.whom);
        before.map_or(Ok(()), |before| self.may_lift(rank, before, &barred.who))?;
        Ok(self.moderates(Deed::Ban(barred), why))
    }

    /// Refuses to lift or to change a ban that somebody of a higher rank has made. An operator's is
    /// left to the owners of the chat.
    fn may_lift(&self, rank: Rank, ban: &Ban, who: &str) -> Result<(), Refusal> {
        match self.chat.maker_rank(ban) > rank {
            true => Err(OrderRefusal::OthersBan(names::head(who).into()).into()),
            false => Ok(()),
        }
    }

    /// Refuses to ban the address of somebody who is not below this rank. Only people of this
    /// server are known by their addresses.
    fn all_under(&self, rank: Rank, whom: &Banned) -> Result<(), Refusal> {
        let people = &self.chat.people;
        let is_at = |socket: &SocketId| {
            self.sockets.peer(*socket).is_some_and(|peer| whom.has(peer.as_ip()))
        };
        for socket in people.sockets().into_iter().filter(is_at) {
            let Some(person) = people.get(socket) else { continue };
            if people.is_same(socket, self.socket) {
                return Err(Refusal::Yourself);
            }
            if self.chat.roles.rank(person) >= rank {
                return Err(OrderRefusal::Outranked(person.nick.clone()).into());
            }
        }
        Ok(())
    }

    fn barred_address(
        &self,
        rank: Rank,
        address: &str,
        until_ms: Option<i64>,
        made_ms: i64,
    ) -> Result<Barred, Refusal> {
        let whom = Banned::of_address(address).map_err(OrderRefusal::BadAddress)?;
        if !whom.is_narrow() {
            let sentence = format!("{whom} has too many addresses; an operator can ban it");
            return Err(OrderRefusal::BadAddress(sentence).into());
        }
        self.all_under(rank, &whom)?;
        let who = whom.to_string().into();
        Ok(Barred { target: NOBODY, who, whom, is_guest: false, until_ms, made_ms })
    }

    fn barred_person(
        &self,
        rank: Rank,
        name: &str,
        is_mute: bool,
        until_ms: Option<i64>,
        made_ms: i64,
    ) -> Result<Barred, Refusal> {
        let whom = |id: &str| match is_mute {
            true => Banned::Muted(id.into()),
            false => Banned::Person(id.into()),
        };
        match self.called(name) {
            Some(Addressee::Here(_)) => {
                let (target, person) = self.under(rank, name, None)?;
                let id = person.id.as_deref().ok_or(Refusal::JustGone)?;
                let (who, is_guest) = (person.nick.clone(), !person.is_registered);
                Ok(Barred { target, who, whom: whom(id), is_guest, until_ms, made_ms })
            }
            away => {
                let claim = names::nick_keys(name).find_map(|key| self.chat.people.claim(&key));
                let known = claim.map(|claim| (claim.id.clone(), claim.nick.clone()));
                let is_guest = known.is_none();
                let away = match away {
                    Some(Addressee::Away(away)) => Some((away.id, away.nick)),
                    _ => self.chat.gone.find(self.sockets.now().ms, name),
                };
                let (id, who) = known.or(away).ok_or_else(|| Refusal::nobody(name))?;
                if self.chat.roles.rank_of(&id) >= rank {
                    return Err(OrderRefusal::Outranked(who).into());
                }
                let (target, whom) = (NOBODY, whom(&id));
                Ok(Barred { target, who, whom, is_guest, until_ms, made_ms })
            }
        }
    }

    pub(super) fn unban<'a>(&self, who: &str, is_mute: bool) -> Result<Decision<'a>, Refusal> {
        let (rank, bans) = (self.keeps_order()?, &self.chat.bans);
        let whom: Vec<Banned> = match Banned::of_address(who) {
            Ok(network) if !is_mute => {
                let found = Some(network).filter(|network| bans.has(network));
                found.into_iter().collect()
            }
            _ => bans.by_nick(who.strip_prefix('@').unwrap_or(who), is_mute),
        };
        let who = names::head(who);
        if whom.is_empty() {
            return Err(match is_mute {
                true => OrderRefusal::NotMuted(who.into()).into(),
                false => OrderRefusal::NotBanned(who.into()).into(),
            });
        }
        for ban in whom.iter().filter_map(|whom| bans.get(whom)) {
            self.may_lift(rank, ban, who)?;
        }
        let deed = Deed::Unban { who: who.into(), whom, are_muted: is_mute };
        Ok(self.moderates(deed, ""))
    }

    pub(super) fn set_owner<'a>(
        &self,
        name: &str,
        room: Option<&str>,
        is_on: bool,
    ) -> Result<Decision<'a>, Refusal> {
        let room = self.own_room(room)?;
        let rank = self.keeps_order_in(&room)?;
        let here = match self.called(name) {
            Some(Addressee::Here(target)) => Some(target),
            _ => None,
        };
        let person = here.and_then(|target| self.chat.people.get(target));
        let (id, nick) = match person {
            Some(person) if person.is_registered => (person.id.clone(), person.nick.clone()),
            Some(person) => return Err(OrderRefusal::IsGuest(person.nick.clone()).into()),
            None => {
                let claim = names::nick_keys(name).find_map(|key| self.chat.people.claim(&key));
                let claim = claim.ok_or_else(|| Refusal::nobody(name))?;
                (Some(claim.id.clone()), claim.nick.clone())
            }
        };
        let id = id.ok_or(Refusal::JustGone)?;
        self.may_set_owner(rank, (&id, &nick), &room, is_on)?;
        let target = here.unwrap_or(NOBODY);
        Ok(self.moderates(Deed::SetOwner { target, nick, id, room, is_on }, ""))
    }

    /// Refuses to make a person an owner of a room, or to take that away, if it is so or somebody
    /// of this rank may not do it.
    fn may_set_owner(
        &self,
        rank: Rank,
        (id, nick): (&Rc<str>, &Rc<str>),
        room: &Rc<str>,
        is_on: bool,
    ) -> Result<(), Refusal> {
        let roles = &self.chat.roles;
        let (nick, room) = (nick.clone(), room.clone());
        match (roles.owns(id, &room), is_on) {
            (true, true) => Err(OrderRefusal::OwnsIt(nick, room).into()),
            (false, false) => Err(OrderRefusal::OwnsItNot(nick, room).into()),
            // A room's owners may give up their own room.
            (true, false)
                if (rank <= Rank::RoomOwner || roles.rank_of(id) >= rank)
                    && self.person.id.as_ref() != Some(id) =>
            {
                Err(OrderRefusal::Outranked(nick).into())
            }
            (true, false) => Ok(()),
            // They would keep the room after their role has been taken away.
            (false, true) if self.person.id.as_ref() == Some(id) && rank < Rank::Owner => {
                Err(Refusal::Yourself)
            }
            (false, true) if roles.owners(&room) >= ROOM_OWNERS_MAX => {
                Err(OrderRefusal::TooManyOwners(room).into())
            }
            (false, true) if roles.owned_by(id) >= ROOMS_OWNED_OF_ONE_MAX => {
                Err(OrderRefusal::OwnsTooMany(nick).into())
            }
            (false, true) if roles.owners(&room) == 0 && roles.owned_rooms() >= ROOMS_OWNED_MAX => {
                Err(OrderRefusal::TooManyOwned.into())
            }
            (false, true) => Ok(()),
        }
    }

    /// Whether a deed may still be done, now that others are known that were done before it.
    pub(in crate::chat) fn may_still_do(&self, deed: &Deed) -> Result<(), Refusal> {
        self.not_muted()?;
        match deed {
            Deed::Kick { target, nick, room, .. } => {
                let rank = self.keeps_order_in(room)?;
                let person = self.chat.people.get(*target).ok_or(Refusal::JustGone)?;
                if self.chat.roles.rank_in(person, room) >= rank {
                    return Err(OrderRefusal::Outranked(nick.clone()).into());
                }
                let mut devices = self.chat.people.devices(*target);
                match devices.any(|device| is_in(self.sockets, device, room)) {
                    true => Ok(()),
                    false => Err(OrderRefusal::NotThere(nick.clone(), room.clone()).into()),
                }
            }
            Deed::DeleteRoom { room } => self.ruled_room(Some(room), false).map(|_| ()),
            Deed::Ban(Barred { who, whom, .. }) => {
                let rank = self.keeps_order()?;
                let before = self.chat.bans.get(whom);
                before.map_or(Ok(()), |before| self.may_lift(rank, before, who))?;
                match whom {
                    Banned::Person(id) | Banned::Muted(id)
                        if self.chat.roles.rank_of(id) >= rank =>
                    {
                        Err(OrderRefusal::Outranked(who.clone()).into())
                    }
                    Banned::Network(_) => self.all_under(rank, whom),
                    Banned::Person(_) | Banned::Muted(_) => Ok(()),
                }
            }
            Deed::SetOwner { nick, id, room, is_on, .. } => {
                self.may_set_owner(self.keeps_order_in(room)?, (id, nick), room, *is_on)
            }
            Deed::Unban { who, whom, .. } => {
                let rank = self.keeps_order()?;
                let mut bans = whom.iter().filter_map(|whom| self.chat.bans.get(whom));
                bans.try_for_each(|ban| self.may_lift(rank, ban, who))
            }
        }
    }

    /// Refuses people who are banned, and are closed in a moment.
    pub(in crate::chat) fn not_banned(&self) -> Result<(), Refusal> {
        let address = self.sockets.peer(self.socket);
        match self.chat.ban_upon(Some(self.person), address) {
            Some(ban) => Err(Refusal::Banned(ban.ending())),
            None => Ok(()),
        }
    }

    /// Whether they may say something: they are not muted.
    pub(in crate::chat) fn not_muted(&self) -> Result<(), Refusal> {
        match self.chat.mute_of(self.person) {
            Some(ban) => Err(OrderRefusal::Muted(ban.ending()).into()),
            None => Ok(()),
        }
    }

    pub(in crate::chat) fn moderates<'a>(&self, deed: Deed, why: &'a str) -> Decision<'a> {
        let (by, nick, maker) = (self.socket, self.person.nick.clone(), self.person.id.clone());
        let moderated = Moderated { by, nick, maker, deed, why: shortened(why) };
        Decision::Happens(Fact::Order(OrderFact::Moderated(moderated)))
    }

    /// The asker's rank, if they keep order at all.
    pub(super) fn keeps_order(&self) -> Result<Rank, Refusal> {
        let rank = Some(self.chat.roles.rank(self.person)).filter(|it| *it > Rank::Nobody);
        rank.ok_or_else(|| OrderRefusal::NoRole.into())
    }

    /// The asker's rank in a room, if they keep order there.
    pub(in crate::chat) fn keeps_order_in(&self, room: &str) -> Result<Rank, Refusal> {
        match self.chat.roles.rank_in(self.person, room) {
            Rank::Nobody => Err(OrderRefusal::NoRole.into()),
            rank => Ok(rank),
        }
    }

    /// The person here called `name`, on whom somebody of this rank may act, in a room or in the
    /// whole chat.
    fn under(
        &self,
        rank: Rank,
        name: &str,
        room: Option<&str>,
    ) -> Result<(SocketId, &Person), Refusal> {
        let Some(Addressee::Here(target)) = self.called(name) else {
            return Err(Refusal::nobody(name));
        };
        if self.chat.people.is_same(target, self.socket) {
            return Err(Refusal::Yourself);
        }
        let person = self.chat.people.get(target).ok_or(Refusal::JustGone)?;
        let roles = &self.chat.roles;
        let own = room.map_or_else(|| roles.rank(person), |room| roles.rank_in(person, room));
        match own < rank {
            true => Ok((target, person)),
            false => Err(OrderRefusal::Outranked(person.nick.clone()).into()),
        }
    }
}

/// Whether a text is an address and no name: it has a colon or a slash, which no name has, or only
/// digits and dots. For a person with such a name, an `@` stands before it.
fn is_address(who: &str) -> bool {
    let is_ip = |char: char| char.is_ascii_digit() || char == '.';
    who.contains([':', '/']) || (who.contains('.') && who.chars().all(is_ip))
}

/// A reason, cut after the longest that is kept.
fn shortened(why: &str) -> &str {
    let why = why.trim();
    why.get(..why.floor_char_boundary(WHY_BYTES_MAX)).unwrap_or(why)
}
