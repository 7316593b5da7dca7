//! The change when somebody makes an invitation: it is in the file.

use super::InvitationMade;
use crate::chat::Cx;
use crate::chat::fact::Stamp;
use crate::chat::history::RegistrationChange;

/// Makes the change of a fact.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, stamp: Stamp, fact: &InvitationMade) {
    let (made, ms) = (fact.made.clone(), stamp.ts);
    cx.state.history.change_registration(RegistrationChange::Invitation { made, ms });
}
