//! Decides requests about the rules of rooms.

use super::{AskedRule, LetIn, RoomRefusal, RoomRules, Rule, RuleMade, RulesFact};
use crate::chat::decide::{Me, Sockets, is_in};
use crate::chat::fact::Fact;
use crate::chat::journal;
use crate::chat::order::{Deed, OrderRefusal};
use crate::chat::people::{Addressee, Away};
use crate::chat::refusal::Refusal;
use crate::chat::request::{Already, Decision};
use crate::chat::roles::Rank;
use crate::chat::rooms::LOBBY;
use crate::limits::{
    ROOM_INVITED_MAX, ROOM_RULES_KEPT_MAX, ROOM_RULES_MAX, ROOM_RULES_OF_KEEPERS,
    ROOM_RULES_OF_ONE_MAX,
};
use mio_socketio::SocketId;
use std::rc::Rc;

impl<S: Sockets> Me<'_, S> {
    /// Decides a request about a room.
    pub(in crate::chat) fn rule<'a>(&self, asked: AskedRule<'_>) -> Result<Decision<'a>, Refusal> {
        match asked {
            AskedRule::Make { room, rule } => self.make_rule(room, rule),
            AskedRule::LetIn { room, name, is_on } => self.let_in(room, name, is_on),
        }
    }

    fn make_rule<'a>(&self, room: Option<&str>, rule: Rule) -> Result<Decision<'a>, Refusal> {
        let room = self.ruled_room(room, rule.is_for(LOBBY))?;
        let rules = self.chat.rooms.rules(&room).cloned().unwrap_or_default();
        if rules.is_so(rule) {
            return Ok(Decision::IsSo(Already::Ruled(room)));
        }
        self.has_place_for_rules(&room)?;
        Ok(Decision::Happens(Fact::Rules(RulesFact::RuleMade(self.rule_made(room, rule)?))))
    }

    /// The fact of a rule. Who stays in a room that becomes private is in it, so that all servers
    /// put out the same people.
    pub(in crate::chat) fn rule_made(
        &self,
        room: Rc<str>,
        rule: Rule,
    ) -> Result<RuleMade, Refusal> {
        let (mut members, mut stay) = (Vec::new(), Vec::new());
        if rule == Rule::Private(true) {
            members = self.members(&room);
            stay.extend(self.chat.roles.owners_of(&room).cloned());
            let rules = self.chat.rooms.rules(&room).filter(|rules| rules.is_private);
            stay.extend(rules.into_iter().flat_map(RoomRules::all_invited).cloned());
            stay.retain(|id| members.binary_search(id).is_err());
        }
        if members.len() > ROOM_INVITED_MAX {
            return Err(RoomRefusal::TooManyInvited.into());
        }
        let (by, nick, maker) = (self.socket, self.person.nick.clone(), self.person.id.clone());
        let (stay, is_own) = (Some(stay), Some(self.owns(&room)));
        Ok(RuleMade { by, nick, room, rule, members, stay, maker, is_own })
    }

    /// Whether the asker owns a room.
    fn owns(&self, room: &str) -> bool {
        self.person.id.as_deref().is_some_and(|id| self.chat.roles.owns(id, room))
    }

    fn let_in<'a>(
        &self,
        room: Option<&str>,
        name: &str,
        is_on: bool,
    ) -> Result<Decision<'a>, Refusal> {
        let room = self.ruled_room(room, false)?;
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
        let may_enter = self.chat.may_enter_room(&room, Some(&id));
        if !is_on && self.chat.roles.owns(&id, &room) {
            return Err(OrderRefusal::Outranked(guest).into());
        }
        match (is_on, may_enter) {
            (true, true) => return Ok(Decision::IsSo(Already::MayEnter(guest))),
            (false, false) => return Err(RoomRefusal::NotInvited(guest, room).into()),
            _ => (),
        }
        if is_on && !rules.has_place() {
            return Err(RoomRefusal::TooManyInvited.into());
        }
        let (by, nick, is_own) = (self.socket, self.person.nick.clone(), Some(self.owns(&room)));
        let let_in = LetIn { by, nick, room, id, guest, is_on, is_own };
        Ok(Decision::Happens(Fact::Rules(RulesFact::LetIn(let_in))))
    }

    pub(in crate::chat) fn delete_room<'a>(
        &self,
        room: Option<&str>,
    ) -> Result<Decision<'a>, Refusal> {
        let room = self.ruled_room(room, false)?;
        if self.has_no_place_for_deleted(&room) {
            return Err(RoomRefusal::TooManyRules.into());
        }
        Ok(self.moderates(Deed::DeleteRoom { room }, ""))
    }

    /// Refuses rules for one more room, if too many rooms have some, in all or by this person. A
    /// room that was deleted counts for its person while its name is kept.
    fn has_place_for_rules(&self, room: &str) -> Result<(), Refusal> {
        let rooms = &self.chat.rooms;
        if rooms.has_own_rules(room) {
            return Ok(());
        }
        let own = self.person.id.as_deref().map_or(0, |id| rooms.ruled_by(id));
        let keeps_order = self.chat.roles.rank(self.person) > Rank::Nobody;
        let max = ROOM_RULES_MAX - if keeps_order { 0 } else { ROOM_RULES_OF_KEEPERS };
        // To count those that have more than their deletion takes longer.
        let is_full = rooms.rules_by_room().len() >= max && rooms.with_own_rules() >= max;
        match is_full || self.has_no_place_for_deleted(room) {
            true => Err(RoomRefusal::TooManyRules.into()),
            false if own >= ROOM_RULES_OF_ONE_MAX && !keeps_order => {
                Err(RoomRefusal::TooManyOwnRules.into())
            }
            false => Ok(()),
        }
    }

    /// Whether one more room could not be kept. The number of those that people delete is bounded
    /// by the number of those that they own.
    fn has_no_place_for_deleted(&self, room: &str) -> bool {
        let rooms = &self.chat.rooms;
        rooms.rules(room).is_none() && rooms.rules_by_room().len() >= ROOM_RULES_KEPT_MAX
    }

    /// A room that they are in, and whose rules they make.
    pub(in crate::chat) fn ruled_room(
        &self,
        room: Option<&str>,
        may_be_lobby: bool,
    ) -> Result<Rc<str>, Refusal> {
        let room = self.own_room(room)?;
        let (is_lobby, may) =
            (room == self.chat.rooms.lobby(), self.chat.may_rule(&room, self.person));
        match (is_lobby, may) {
            (true, _) if !(may && may_be_lobby) => Err(RoomRefusal::Lobby.into()),
            // Others are told of a rule, and invited people of the room's name.
            (_, true) => self.not_muted().map(|()| room),
            (_, false) => Err(RoomRefusal::NotOwner(room).into()),
        }
    }

    /// The ids of a room's members.
    fn members(&self, room: &str) -> Vec<Rc<str>> {
        let people = &self.chat.people;
        let here = people.sockets().into_iter().filter(|it| is_in(self.sockets, *it, room));
        let id = |socket: SocketId| people.get(socket)?.id.clone();
        let ids = here.filter_map(|it| id(it).or_else(|| journal::id_of(self.chat, it)));
        let mut ids: Vec<Rc<str>> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Refuses a room that is private to others, in the words for one that does not exist.
    pub(in crate::chat) fn enterable(&self, room: &str) -> Result<(), Refusal> {
        match self.chat.may_enter_room(room, self.person.id.as_deref()) {
            true => Ok(()),
            false => Err(RoomRefusal::NoRoom(room.into()).into()),
        }
    }

    /// Refuses to say something in a room in which only its owners do.
    pub(in crate::chat) fn speakable(&self, room: &Rc<str>) -> Result<(), Refusal> {
        // It was deleted a moment ago, and they are not out of it yet.
        if self.chat.rooms.is_gone(room) {
            self.enterable(room)?;
        }
        match self.chat.may_speak_in(room, self.person) {
            true => Ok(()),
            false => Err(RoomRefusal::Readonly(room.clone()).into()),
        }
    }
}
