//! Personal facts, as others are told of them.

use crate::chat::personal::PersonalFact;

/// Tells others of a fact. These are not told to anybody else.
pub(super) const fn tell(fact: &PersonalFact) {
    match fact {
        PersonalFact::Ignored { .. }
        | PersonalFact::Unignored { .. }
        | PersonalFact::Quieted { .. } => (),
    }
}
