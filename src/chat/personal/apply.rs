//! The changes that personal facts make.

use super::PersonalFact;
use crate::chat::Cx;
use crate::chat::people::{ignores, quiet};

/// Makes the change of a fact.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, fact: &PersonalFact) {
    match fact {
        PersonalFact::Ignored { by, id, ignored } => {
            ignores::ignore(cx, *by, id.as_ref(), ignored);
        }
        PersonalFact::Unignored { by, id, nick, whom } => {
            ignores::unignore(cx, *by, id.as_ref(), (nick, whom));
        }
        PersonalFact::Quieted { id, is_on, .. } => quiet::set(cx, id, *is_on),
    }
}
