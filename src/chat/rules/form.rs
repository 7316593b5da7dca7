//! The entries of facts about the rules of rooms.

use crate::limits::{PERSON_ID_BYTES_MAX, ROOM_INVITED_MAX};
use std::rc::Rc;

/// The rows of these facts in the table of all entries.
macro_rules! rules_entries {
    ($next:ident $($later:ident)*; $($rows:tt)*) => {
        $next! {
            $($later)*; $($rows)*
            RuleMade(rules::RulesFact in Rules) {
                nick: Rc<str> where is_nick,
                room: Rc<str> where is_room,
                rule: rules::Rule,
                members: Vec<Rc<str>> where rules::are_members,
            } [stays];
            LetIn(rules::RulesFact in Rules) {
                nick: Rc<str> where is_nick,
                room: Rc<str> where is_room,
                id: Rc<str> where is_id,
                guest: Rc<str> where is_nick,
                #[serde(rename = "on", default = "rules::yes")]
                is_on: bool,
            } [stays];
        }
    };
}
pub(in crate::chat) use rules_entries;

pub(in crate::chat) fn are_members(ids: &[Rc<str>]) -> bool {
    ids.len() <= ROOM_INVITED_MAX
        && ids.iter().all(|id| (1..=PERSON_ID_BYTES_MAX).contains(&id.len()))
}

/// An entry of before invitations could be taken back is one of an invitation.
pub(in crate::chat) const fn yes() -> bool {
    true
}
