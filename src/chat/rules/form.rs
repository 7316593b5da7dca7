//! The entries of facts about the rules of rooms.

use super::Rule;
use crate::chat::rooms::LOBBY;
use crate::limits::{PERSON_ID_BYTES_MAX, ROOM_INVITED_MAX, ROOM_KEEP_DAYS_MAX};
use std::rc::Rc;

/// The rows of these facts in the table of all entries.
macro_rules! rules_entries {
    ($next:ident $($later:ident)*; $($rows:tt)*) => {
        $next! {
            $($later)*; $($rows)*
            RuleMade(rules::RulesFact in Rules) {
                nick: Rc<str> where is_nick,
                room: Rc<str> where is_room,
                rule: rules::Rule where rules::Rule::is_possible,
                members: Vec<Rc<str>> where rules::are_members,
                #[serde(default, skip_serializing_if = "Option::is_none")]
                stay: Option<Vec<Rc<str>>> where rules::may_stay,
                #[serde(default, skip_serializing_if = "Option::is_none")]
                maker: Option<Rc<str>> where is_id_or_none,
                #[serde(rename = "own", default, skip_serializing_if = "Option::is_none")]
                is_own: Option<bool>,
            } [stays];
            LetIn(rules::RulesFact in Rules) {
                nick: Rc<str> where is_nick,
                room: Rc<str> where is_room,
                id: Rc<str> where is_id,
                guest: Rc<str> where is_nick,
                #[serde(rename = "on", default = "rules::yes")]
                is_on: bool,
                #[serde(rename = "own", default, skip_serializing_if = "Option::is_none")]
                is_own: Option<bool>,
            } [stays];
        }
    };
}
pub(in crate::chat) use rules_entries;

pub(in crate::chat) fn are_members(ids: &[Rc<str>]) -> bool {
    ids.len() <= ROOM_INVITED_MAX && ids.iter().all(is_id)
}

/// Whether these may be the ids of the people who stay in a room. Nothing but the length of an
/// entry bounds the owners of a room.
pub(in crate::chat) fn may_stay(ids: &Option<Vec<Rc<str>>>) -> bool {
    ids.iter().flatten().all(is_id)
}

fn is_id(id: &Rc<str>) -> bool {
    (1..=PERSON_ID_BYTES_MAX).contains(&id.len()) && !id.contains(char::is_whitespace)
}

impl Rule {
    /// Whether a person may make it.
    pub(in crate::chat) fn is_possible(&self) -> bool {
        match self {
            Self::Private(_) | Self::Readonly(_) | Self::Past(_) => true,
            Self::Keep(days) => days.is_none_or(|days| (1..=ROOM_KEEP_DAYS_MAX).contains(&days)),
        }
    }

    /// Whether it may be a rule of this room: the lobby is everybody's, but it may be quiet, or
    /// forget.
    pub(in crate::chat) fn is_for(self, room: &str) -> bool {
        room != LOBBY || matches!(self, Self::Readonly(_) | Self::Keep(_))
    }
}

/// An entry of before invitations could be taken back is one of an invitation.
pub(in crate::chat) const fn yes() -> bool {
    true
}
