//! Decides requests about the rules of rooms.

use super::{Me, Sockets, is_in};
use crate::chat::fact::{Fact, LetIn, RuleMade};
use crate::chat::people::{Addressee, Away};
use crate::chat::refusal::{Refusal, RoomRefusal};
use crate::chat::request::{Already, Decision};
use crate::chat::rules::Rule;
use crate::limits::ROOM_INVITED_MAX;
use std::rc::Rc;

impl<S: Sockets> Me<'_, S> {
    pub(super) fn make_rule<'a>(
        &self,
        room: Option<&str>,
        rule: Rule,
    ) -> Result<Decision<'a>, Refusal> {
        let room = self.owned_room(room)?;
        let rules = self.chat.rooms.rules(&room).cloned().unwrap_or_default();
        if rules.is_so(rule) {
            return Ok(Decision::IsSo(Already::Ruled(room)));
        }
        if !self.chat.rooms.can_have_rules(&room) {
            return Err(RoomRefusal::TooManyRules.into());
        }
        let members = if rule == Rule::Private(true) { self.members(&room) } else { Vec::new() };
        let (by, nick) = (self.socket, self.person.nick.clone());
        Ok(Decision::Happens(Fact::RuleMade(RuleMade { by, nick, room, rule, members })))
    }

    pub(super) fn let_in<'a>(
        &self,
        room: Option<&str>,
        name: &str,
    ) -> Result<Decision<'a>, Refusal> {
        let room = self.owned_room(room)?;
        let rules = self.chat.rooms.rules(&room).filter(|rules| rules.is_private);
        let Some(rules) = rules else { return Err(RoomRefusal::Open(room).into()) };
        let found = self.called(name).ok_or_else(|| Refusal::nobody(name))?;
        let (id, guest) = match found {
            Addressee::Away(Away { id, nick }) => (id, nick),
            Addressee::Here(other) => {
                let person = self.chat.people.get(other).ok_or(Refusal::JustGone)?;
                let id = person.id.clone().ok_or(Refusal::JustGone)?;
                if self.chat.people.is_same(other, self.socket) {
                    return Err(Refusal::Yourself);
                }
                (id, person.nick.clone())
            }
        };
        if rules.invites(&id) || self.chat.may_enter_room(&room, Some(&id)) {
            return Ok(Decision::IsSo(Already::MayEnter(guest)));
        }
        if !rules.has_place() {
            return Err(RoomRefusal::TooManyInvited.into());
        }
        let (by, nick) = (self.socket, self.person.nick.clone());
        Ok(Decision::Happens(Fact::LetIn(LetIn { by, nick, room, id, guest })))
    }

    /// A room that they are in and own.
    pub(in crate::chat) fn owned_room(&self, room: Option<&str>) -> Result<Rc<str>, Refusal> {
        let room = self.own_room(room)?;
        if room == self.chat.rooms.lobby() {
            return Err(RoomRefusal::Lobby.into());
        }
        match self.chat.owns(&room, self.person) {
            true => Ok(room),
            false => Err(RoomRefusal::NotOwner(room).into()),
        }
    }

    /// The ids of a room's members. A guest without an id cannot come back.
    fn members(&self, room: &str) -> Vec<Rc<str>> {
        let people = &self.chat.people;
        let here = people.sockets().into_iter().filter(|it| is_in(self.sockets, *it, room));
        let ids = here.filter_map(|socket| people.get(socket)?.id.clone());
        let mut ids: Vec<Rc<str>> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        ids.truncate(ROOM_INVITED_MAX);
        ids
    }

    /// Refuses a room that is private to others, in the words for one that does not exist.
    pub(super) fn enterable(&self, room: &str) -> Result<(), Refusal> {
        match self.chat.may_enter_room(room, self.person.id.as_deref()) {
            true => Ok(()),
            false => Err(RoomRefusal::NoRoom(room.into()).into()),
        }
    }

    /// Refuses to say something in a room in which only its owners do.
    pub(super) fn speakable(&self, room: &Rc<str>) -> Result<(), Refusal> {
        match self.chat.may_speak_in(room, self.person) {
            true => Ok(()),
            false => Err(RoomRefusal::Readonly(room.clone()).into()),
        }
    }
}
