//! The rules of rooms that are not open to everyone: private ones, to which people are invited, and
//! those in which only owners say something. And deleted rooms, which only their owners can begin
//! anew for a while: so a name that is refused may be that of a private room or of none.

mod decide;
mod fact;
mod refusal;

use super::history::PurgeOrder;
use super::order::roles::Rank;
use super::people::Person;
use super::rooms::Rooms;
use super::{Chat, Cx};
use crate::limits::{ERASE_ROOMS_PER_LOOK, ROOM_GONE_MS, ROOM_INVITED_MAX, ROOM_KEEP_SLACK_MS};
pub(super) use fact::{LetIn, RuleMade};
use mio_socketio::SocketId;
pub(super) use refusal::RoomRefusal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

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

    /// The time before which messages must not be in the file, and the age of the oldest at which
    /// that is worth a purge, both in Unix milliseconds.
    fn erased_before(&self, now_ms: i64) -> Option<(i64, i64)> {
        let gone = (self.gone_ms > 0).then(|| (self.gone_ms + 1, self.gone_ms + 1));
        let kept = self.keep_days.map(|days| now_ms.saturating_sub(i64::from(days) * DAY_MS));
        let kept = kept.map(|ms| (ms, ms.saturating_sub(ROOM_KEEP_SLACK_MS)));
        gone.max(kept)
    }
}

/// The rules of all rooms that have any.
pub(super) type RulesByRoom = HashMap<Rc<str>, RoomRules>;

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

/// Makes a rule of a room, here and in the file.
pub(super) fn make(cx: &mut Cx<'_>, made: &RuleMade) {
    let RuleMade { by, room, rule, members, .. } = made;
    let maker = cx.state.people.get(*by).and_then(|person| person.id.clone());
    change(cx, room, |rules| {
        rules.maker = rules.maker.take().or(maker);
        rules.make(*rule, members);
    });
}

/// Invites a person to a private room, or takes that back. They see what is said from here on.
pub(super) fn invite(cx: &mut Cx<'_>, room: &Rc<str>, id: &Rc<str>, is_on: bool) {
    let since = cx.state.history.last_id();
    match is_on {
        true if cx.state.rooms.is_private(room) => {
            change(cx, room, |rules| rules.invite(id, since));
        }
        false if cx.state.rooms.rules(room).is_some_and(|rules| rules.invites(id)) => {
            change(cx, room, |rules| {
                rules.invited.remove(id);
            });
        }
        _ => (),
    }
}

/// A person who owned a private room stays invited to it, and has seen all of it.
pub(super) fn keep_member(cx: &mut Cx<'_>, room: &Rc<str>, id: &Rc<str>) {
    if cx.state.rooms.is_private(room) {
        change(cx, room, |rules| rules.invite(id, 0));
    }
}

/// A guest has logged in: the person whom they are has their invitations to these rooms.
pub(super) fn hand_over(cx: &mut Cx<'_>, rooms: &[Rc<str>], guest: &str, id: &Rc<str>) {
    for room in rooms {
        let since = cx.state.rooms.rules(room).and_then(|it| it.invited.get(guest).copied());
        if let Some(since) = since {
            change(cx, room, |rules| rules.invite(id, since));
        }
    }
}

/// A room is deleted: its messages are hidden from here on, and erased in a while.
pub(super) fn delete(cx: &mut Cx<'_>, by: SocketId, room: &Rc<str>, ms: i64) {
    let maker = cx.state.people.get(by).and_then(|person| person.id.clone());
    let upto = cx.state.history.last_id();
    cx.state.rooms.set_topic(room.clone(), None);
    cx.state.history.keep_topic(room.clone(), None);
    change(cx, room, |rules| {
        let maker = rules.maker.take().or(maker);
        let gone = RoomRules { is_gone: true, gone_upto: upto, gone_ms: ms, ..Default::default() };
        *rules = RoomRules { maker, ..gone };
    });
}

/// An owner of a deleted room is in it again.
pub(super) fn begin_anew(cx: &mut Cx<'_>, room: &Rc<str>) {
    if cx.state.rooms.is_gone(room) {
        change(cx, room, |rules| rules.is_gone = false);
    }
}

/// Looks at some rooms, in the order of their names and from this one on: at the messages that must
/// be erased, and whether the name of a deleted room is free again. Returns the next room.
pub(super) fn look(cx: &mut Cx<'_>, from: Option<Rc<str>>) -> (Option<Rc<str>>, Vec<PurgeOrder>) {
    let now_ms = cx.now().unix_ms.cast_signed();
    let from = from.unwrap_or_default();
    let all = cx.state.rooms.rules_by_room().iter();
    let due = all.filter(|(room, rules)| **room >= from && rules.erased_before(now_ms).is_some());
    let mut due: Vec<Rc<str>> = due.map(|(room, _)| room.clone()).collect();
    due.sort_unstable();
    let next = due.get(ERASE_ROOMS_PER_LOOK).cloned();
    due.truncate(ERASE_ROOMS_PER_LOOK);
    (next, due.iter().filter_map(|room| look_at(cx, room, now_ms)).collect())
}

/// Whether there is a room whose messages are erased one day, or some of them are.
pub(super) fn any_erase(cx: &Cx<'_>) -> bool {
    let mut all = cx.state.rooms.rules_by_room().values();
    all.any(|rules| rules.gone_ms > 0 || rules.keep_days.is_some())
}

fn look_at(cx: &mut Cx<'_>, room: &Rc<str>, now_ms: i64) -> Option<PurgeOrder> {
    let rules = cx.state.rooms.rules(room)?;
    let (gone_ms, (before_ms, due_ms)) = (rules.gone_ms, rules.erased_before(now_ms)?);
    let oldest_ms = cx.state.history.oldest_in(room);
    if oldest_ms.is_some_and(|oldest_ms| oldest_ms < due_ms) {
        return Some(PurgeOrder { before_ms, room: Some(room.to_string()) });
    }
    if gone_ms > 0 && now_ms >= gone_ms.saturating_add(ROOM_GONE_MS) {
        change(cx, room, |rules| {
            (rules.is_gone, rules.gone_upto, rules.gone_ms) = (false, 0, 0);
        });
    }
    None
}

fn change(cx: &mut Cx<'_>, room: &Rc<str>, change: impl FnOnce(&mut RoomRules)) {
    let mut rules = cx.state.rooms.rules(room).cloned().unwrap_or_default();
    change(&mut rules);
    let rules = Some(rules).filter(RoomRules::are_any);
    let json = rules.as_ref().and_then(|rules| serde_json::to_string(rules).ok());
    cx.state.rooms.change_rules(room, rules);
    cx.state.history.keep_rules(room.clone(), json);
}

/// Gives the history the rules of all rooms, because another file has taken the place of the last
/// one.
pub(super) fn keep_all(cx: &mut Cx<'_>) {
    let Chat { rooms, history, .. } = cx.state;
    for (room, rules) in rooms.rules_by_room() {
        history.keep_rules(room.clone(), serde_json::to_string(rules).ok());
    }
}

/// The rules as the file has them. A room whose rules cannot be read is private, and nobody is
/// invited.
pub(super) fn read(kept: Vec<(Rc<str>, String)>) -> RulesByRoom {
    let closed = || RoomRules { is_private: true, ..RoomRules::default() };
    let rules = |json: &str| serde_json::from_str(json).unwrap_or_else(|_| closed());
    kept.into_iter().map(|(room, json)| (room, rules(&json))).collect()
}
