//! The changes of who may come in: they are in the file.

use super::{AccessFact, InvitationMade};
use crate::chat::Cx;
use crate::chat::fact::Stamp;
use crate::chat::history::RegistrationChange;

/// Makes the change of a fact.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, stamp: Stamp, fact: &AccessFact) {
    let AccessFact::InvitationMade(InvitationMade { made, .. }) = fact;
    let (made, ms) = (made.clone(), stamp.ts);
    cx.state.history.change_registration(RegistrationChange::Invitation { made, ms });
}
