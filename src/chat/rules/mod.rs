//! The rules of rooms that are not open to everyone: private ones, to which people are invited, and
//! those in which only owners say something. And deleted rooms, which only their owners can begin
//! anew for a while: so a name that is refused may be that of a private room or of none.
//!
//! Everything about them is in this folder. The stages of the chat have one line each for it, and
//! interfaces tell of it in files named `rules.rs`. A request (`asked`) is decided (`decide`, with
//! the refusals in `refusal`) and charged for (`ask`), is a fact (`fact`) with a form for other
//! servers (`form`), and is applied (`apply`). What a room does not keep is erased later (`erase`).

mod apply;
mod ask;
mod asked;
mod decide;
mod erase;
mod fact;
mod form;
mod refusal;
#[cfg(test)]
mod samples;

use super::order::roles::Rank;
use super::people::Person;
use super::rooms::Rooms;
use super::{Chat, Cx};
use crate::limits::ROOM_INVITED_MAX;
pub(super) use apply::{apply, begin_anew, delete, hand_over, invite, keep_all, keep_member};
pub(super) use ask::{budget, named};
pub(super) use asked::AskedRule;
pub(super) use erase::{any_erase, look};
pub(super) use fact::{LetIn, RuleMade, RulesFact};
pub(super) use form::{are_members, may_stay, rules_entries, yes};
use mio_socketio::SocketId;
pub(super) use refusal::RoomRefusal;
#[cfg(test)]
pub(super) use samples::samples;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// The rules of one room. The file has them as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RoomRules {
    /// Only its owners and invited people come in, and nobody else learns of it.
    #[serde(rename = "private", default)]
    pub(super) is_private: bool,
    /// Only its owners say something.
    #[serde(rename = "readonly", default)]
    pub(super) is_readonly: bool,
    /// Invited people see what was said before their invitation.
    #[serde(rename = "past", default)]
    pub(super) shows_past: bool,
    /// Days after which a message is erased; `None` is as the whole history.
    #[serde(rename = "keep", default, skip_serializing_if = "Option::is_none")]
    pub(super) keep_days: Option<u32>,
    /// It was deleted, and nobody but its owners begins it anew.
    #[serde(rename = "gone", default, skip_serializing_if = "std::ops::Not::not")]
    is_gone: bool,
    /// The last message and the time, in Unix milliseconds, when it was last deleted; else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    gone_upto: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    gone_ms: i64,
    /// The id of the person who made the first rule.
    #[serde(rename = "by", default, skip_serializing_if = "Option::is_none")]
    maker: Option<Rc<str>>,
    /// The ids of invited people, each with the last message before their invitation. While the
    /// room is public they are kept for the case that it becomes private again.
    #[serde(default)]
    invited: BTreeMap<Rc<str>, i64>,
}

/// Whether a field need not be written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A rule that an owner makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    Private(bool),
    Readonly(bool),
    Past(bool),
    /// Messages are erased after so many days, or stay.
    Keep(Option<u32>),
}

impl RoomRules {
    /// Whether the rule is as this one says.
    pub(super) fn is_so(&self, rule: Rule) -> bool {
        match rule {
            Rule::Private(is_on) => self.is_private == is_on,
            Rule::Readonly(is_on) => self.is_readonly == is_on,
            Rule::Past(is_on) => self.shows_past == is_on,
            Rule::Keep(days) => self.keep_days == days,
        }
    }

    /// Whether others see it as a room that is not there.
    const fn is_closed(&self) -> bool {
        self.is_private || self.is_gone
    }

    /// The number of invited people.
    pub(super) fn invited(&self) -> usize {
        self.invited.len()
    }

    /// The ids of the invited people.
    fn all_invited(&self) -> impl Iterator<Item = &Rc<str>> {
        self.invited.keys()
    }

    /// Whether a person is invited.
    pub(super) fn invites(&self, id: &str) -> bool {
        self.invited.contains_key(id)
    }

    /// Whether one more person can be invited.
    pub(super) fn has_place(&self) -> bool {
        self.invited.len() < ROOM_INVITED_MAX
    }

    /// A private room to which nobody is invited, of the person with this id.
    #[cfg(test)]
    pub(super) fn private(maker: &str) -> Self {
        Self { is_private: true, maker: Some(maker.into()), ..Self::default() }
    }

    pub(super) fn invite(&mut self, id: &Rc<str>, since: i64) {
        if self.has_place() {
            self.invited.entry(id.clone()).or_insert(since);
        }
    }

    /// Makes a rule. The members of a room that becomes private stay, and know what was said.
    pub(super) fn make(&mut self, rule: Rule, members: &[Rc<str>]) {
        match rule {
            Rule::Private(true) => {
                // A member who was invited before sees no more than they saw then.
                if !self.is_private {
                    let members: BTreeSet<&Rc<str>> = members.iter().collect();
                    self.invited.retain(|id, _| members.contains(id));
                }
                self.is_private = true;
                members.iter().for_each(|id| self.invite(id, 0));
            }
            Rule::Private(false) => self.is_private = false,
            Rule::Readonly(is_on) => self.is_readonly = is_on,
            Rule::Past(is_on) => self.shows_past = is_on,
            Rule::Keep(days) => self.keep_days = days,
        }
    }

    /// Whether the room has rules, or people who were invited.
    fn are_any(&self) -> bool {
        Self { maker: None, ..self.clone() } != Self::default()
    }

    /// Whether more is known about the room than its deletion.
    fn is_more_than_gone(&self) -> bool {
        let rest = Self { is_gone: false, gone_upto: 0, gone_ms: 0, ..self.clone() };
        self.gone_ms == 0 || rest.are_any()
    }
}

/// The rules of all rooms that have any.
#[derive(Debug, Default)]
pub(super) struct RulesByRoom {
    all: HashMap<Rc<str>, RoomRules>,
    /// The rooms that do not keep all messages.
    erasing: BTreeSet<Rc<str>>,
}

impl RulesByRoom {
    pub(super) fn get(&self, room: &str) -> Option<&RoomRules> {
        self.all.get(room)
    }

    /// The number of rooms with rules.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Rc<str>, &RoomRules)> {
        self.all.iter()
    }

    /// Gives a room other rules, or none.
    pub(super) fn set(&mut self, room: &Rc<str>, rules: Option<RoomRules>) {
        match rules.as_ref().is_some_and(RoomRules::erases) {
            true => self.erasing.insert(room.clone()),
            false => self.erasing.remove(room),
        };
        match rules {
            Some(rules) => self.all.insert(room.clone(), rules),
            None => self.all.remove(room),
        };
    }

    /// Some rooms that do not keep all messages, in the order of their names and from this one on.
    fn erasing_from(&self, from: Rc<str>) -> impl Iterator<Item = &Rc<str>> {
        self.erasing.range(from..)
    }

    fn values(&self) -> impl Iterator<Item = &RoomRules> {
        self.all.values()
    }
}

impl Rooms {
    /// The rules of a room; `None` if it has none.
    pub(super) fn rules(&self, room: &str) -> Option<&RoomRules> {
        self.rules_by_room().get(room)
    }

    /// Whether a room is private, or was deleted: to others it is not there.
    pub(super) fn is_private(&self, room: &str) -> bool {
        self.rules(room).is_some_and(RoomRules::is_closed)
    }

    /// Whether a room was deleted and not begun anew.
    pub(super) fn is_gone(&self, room: &str) -> bool {
        self.rules(room).is_some_and(|rules| rules.is_gone)
    }

    /// Whether a room has rules, and was not only deleted.
    pub(super) fn has_own_rules(&self, room: &str) -> bool {
        self.rules(room).is_some_and(RoomRules::is_more_than_gone)
    }

    /// The number of rooms with rules, without those that were only deleted.
    pub(super) fn with_own_rules(&self) -> usize {
        self.rules_by_room().values().filter(|rules| rules.is_more_than_gone()).count()
    }

    /// The number of rooms for which the person with this id made the first rule.
    pub(super) fn ruled_by(&self, id: &str) -> usize {
        let all = self.rules_by_room().values();
        all.filter(|rules| rules.maker.as_deref() == Some(id)).count()
    }
}

impl Chat {
    /// Whether a room is there, or lasts while nobody is in it because it has rules or owners.
    pub(super) fn has_room(&self, room: &str) -> bool {
        self.rooms.is_there(room) || self.rooms.rules(room).is_some() || self.roles.owners(room) > 0
    }

    /// Whether the person with this id may be in a room.
    pub(super) fn may_enter_room(&self, room: &str, id: Option<&str>) -> bool {
        let Some(rules) = self.rooms.rules(room).filter(|rules| rules.is_closed()) else {
            return true;
        };
        // Nobody could ever begin a room anew that was deleted and has no owner.
        (rules.is_gone && self.roles.owners(room) == 0)
            || id.is_some_and(|id| rules.invites(id) || self.roles.owns(id, room))
    }

    /// Whether the person with this id may be in a room by coming back to the chat. A room that was
    /// deleted meanwhile is not begun anew by that: its owner has to ask for it.
    pub(super) fn may_come_back_to(&self, room: &str, id: Option<&str>) -> bool {
        !self.rooms.is_gone(room) && self.may_enter_room(room, id)
    }

    /// The number of the last message of a room that the person with this id does not see, because
    /// they were invited later; 0 if they see all.
    pub(super) fn hidden_upto(&self, room: &str, id: Option<&str>) -> i64 {
        let Some(rules) = self.rooms.rules(room) else { return 0 };
        let gone = rules.gone_upto;
        match id {
            _ if !rules.is_private || rules.shows_past => gone,
            Some(id) if self.roles.owns(id, room) => gone,
            Some(id) => rules.invited.get(id).map_or(i64::MAX, |since| gone.max(*since)),
            None => i64::MAX,
        }
    }

    /// Whether a person may say something in a room.
    pub(super) fn may_speak_in(&self, room: &str, person: &Person) -> bool {
        let is_readonly = self.rooms.rules(room).is_some_and(|rules| rules.is_readonly);
        !is_readonly || self.may_rule(room, person)
    }

    /// Whether a person makes the rules of a room: one who owns it, or keeps order in the chat.
    pub(super) fn may_rule(&self, room: &str, person: &Person) -> bool {
        self.roles.rank_in(person, room) != Rank::Nobody
    }
}

/// The number of the last message of a room that the person at `socket` does not see.
pub(super) fn hidden_upto(cx: &Cx<'_>, socket: SocketId, room: &str) -> i64 {
    let id = cx.state.people.get(socket).and_then(|person| person.id.as_deref());
    cx.state.hidden_upto(room, id)
}

/// The members of a room who do not see the message with this number, and must not learn from a
/// change of it what was said before they were invited.
pub(super) fn unaware(cx: &Cx<'_>, room: &str, id: i64) -> Vec<SocketId> {
    if cx.state.rooms.rules(room).is_none() {
        return Vec::new();
    }
    cx.members(room).filter(|socket| hidden_upto(cx, *socket, room) >= id).collect()
}

/// Whether the person at `socket` may learn of changes of a message: they may be in its room, and
/// were not invited after it.
pub(super) fn may_learn_of(cx: &Cx<'_>, socket: SocketId, room: &str, id: i64) -> bool {
    let person = cx.state.people.get(socket).and_then(|person| person.id.as_deref());
    cx.state.may_enter_room(room, person) && hidden_upto(cx, socket, room) < id
}

/// The rules as the file has them. A room whose rules cannot be read is private, and nobody is
/// invited.
pub(super) fn read(kept: Vec<(Rc<str>, String)>) -> impl Iterator<Item = (Rc<str>, RoomRules)> {
    let closed = || RoomRules { is_private: true, ..RoomRules::default() };
    let rules = move |json: &str| serde_json::from_str(json).unwrap_or_else(|_| closed());
    kept.into_iter().map(move |(room, json)| (room, rules(&json)))
}
