//! The rules of rooms that are not open to everyone: private ones, to which people are invited, and
//! those in which only owners say something.

use super::people::Person;
use super::rooms::Rooms;
use super::{Chat, Cx};
use crate::limits::{ROOM_INVITED_MAX, ROOM_RULES_MAX};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
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
    /// The ids of invited people, each with the last message before their invitation.
    #[serde(default)]
    invited: BTreeMap<Rc<str>, i64>,
}

/// A rule that an owner makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    Private(bool),
    Readonly(bool),
    Past(bool),
}

impl RoomRules {
    /// Whether the rule is as this one says.
    pub(super) const fn is_so(&self, rule: Rule) -> bool {
        match rule {
            Rule::Private(is_on) => self.is_private == is_on,
            Rule::Readonly(is_on) => self.is_readonly == is_on,
            Rule::Past(is_on) => self.shows_past == is_on,
        }
    }

    /// Whether a person is invited.
    pub(super) fn invites(&self, id: &str) -> bool {
        self.invited.contains_key(id)
    }

    /// Whether one more person can be invited.
    pub(super) fn has_place(&self) -> bool {
        self.invited.len() < ROOM_INVITED_MAX
    }

    fn invite(&mut self, id: &Rc<str>, since: i64) {
        if self.has_place() {
            self.invited.entry(id.clone()).or_insert(since);
        }
    }

    /// Makes a rule. The members of a room that becomes private stay, and know what was said.
    fn make(&mut self, rule: Rule, members: &[Rc<str>]) {
        match rule {
            Rule::Private(true) => {
                self.is_private = true;
                members.iter().for_each(|id| self.invite(id, 0));
            }
            Rule::Private(false) => {
                self.is_private = false;
                self.invited.clear();
            }
            Rule::Readonly(is_on) => self.is_readonly = is_on,
            Rule::Past(is_on) => self.shows_past = is_on,
        }
    }
}

/// The rules of all rooms that have any.
pub(super) type RulesByRoom = HashMap<Rc<str>, RoomRules>;

impl Rooms {
    /// The rules of a room; `None` if it has none.
    pub(super) fn rules(&self, room: &str) -> Option<&RoomRules> {
        self.rules_by_room().get(room)
    }

    /// Whether a room is private.
    pub(super) fn is_private(&self, room: &str) -> bool {
        self.rules(room).is_some_and(|rules| rules.is_private)
    }

    /// Whether a room can have rules: there are not too many that have.
    pub(super) fn can_have_rules(&self, room: &str) -> bool {
        self.rules(room).is_some() || self.rules_by_room().len() < ROOM_RULES_MAX
    }
}

impl Chat {
    /// Whether the person with this id may be in a room.
    pub(super) fn may_enter_room(&self, room: &str, id: Option<&str>) -> bool {
        let Some(rules) = self.rooms.rules(room).filter(|rules| rules.is_private) else {
            return true;
        };
        id.is_some_and(|id| rules.invites(id) || self.roles.owns(id, room))
    }

    /// The number of the last message of a room that the person with this id does not see, because
    /// they were invited later; 0 if they see all.
    pub(super) fn hidden_upto(&self, room: &str, id: Option<&str>) -> i64 {
        let rules = self.rooms.rules(room).filter(|it| it.is_private && !it.shows_past);
        let Some(rules) = rules else { return 0 };
        match id {
            Some(id) if self.roles.owns(id, room) => 0,
            Some(id) => rules.invited.get(id).copied().unwrap_or(i64::MAX),
            None => i64::MAX,
        }
    }

    /// Whether a person may say something in a room.
    pub(super) fn may_speak_in(&self, room: &str, person: &Person) -> bool {
        let is_readonly = self.rooms.rules(room).is_some_and(|rules| rules.is_readonly);
        !is_readonly || self.owns(room, person)
    }

    /// Whether a person owns a room. Only a registered person can.
    pub(super) fn owns(&self, room: &str, person: &Person) -> bool {
        let id = person.id.as_deref().filter(|_| person.is_registered);
        id.is_some_and(|id| self.roles.owns(id, room))
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
    let is_past_hidden =
        cx.state.rooms.rules(room).is_some_and(|it| it.is_private && !it.shows_past);
    if !is_past_hidden {
        return Vec::new();
    }
    cx.members(room).filter(|socket| hidden_upto(cx, *socket, room) >= id).collect()
}

/// Makes a rule of a room, here and in the file.
pub(super) fn make(cx: &mut Cx<'_>, room: &Rc<str>, rule: Rule, members: &[Rc<str>]) {
    change(cx, room, |rules| rules.make(rule, members));
}

/// Invites a person to a private room. They see what is said from here on.
pub(super) fn invite(cx: &mut Cx<'_>, room: &Rc<str>, id: &Rc<str>) {
    let since = cx.state.history.last_id();
    if cx.state.rooms.is_private(room) {
        change(cx, room, |rules| rules.invite(id, since));
    }
}

/// Ends the invitation of the person at `socket`, who was removed from a room.
pub(super) fn uninvite(cx: &mut Cx<'_>, room: &Rc<str>, socket: SocketId) {
    let id = cx.state.people.get(socket).and_then(|person| person.id.clone());
    if let Some(id) = id.filter(|_| cx.state.rooms.is_private(room)) {
        change(cx, room, |rules| {
            rules.invited.remove(&id);
        });
    }
}

fn change(cx: &mut Cx<'_>, room: &Rc<str>, change: impl FnOnce(&mut RoomRules)) {
    let all = cx.state.rooms.rules_by_room_mut();
    let mut rules = all.get(room).cloned().unwrap_or_default();
    change(&mut rules);
    let json = (rules != RoomRules::default()).then(|| serde_json::to_string(&rules));
    match json {
        Some(_) => drop(all.insert(room.clone(), rules)),
        None => drop(all.remove(room)),
    }
    cx.state.history.keep_rules(room.clone(), json.and_then(Result::ok));
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
