//! Requests for invitations.

use super::answers;
use crate::chat::Cx;
use crate::chat::access::{self, AccessFact, InvitationMade};
use crate::chat::history::Invitation;
use crate::chat::request::Asker;
use crate::limits::{INVITATION_MS, INVITATION_USES};
use mio_socketio::Ack;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct InviteArgs {
    /// The number of people who may come in by it.
    uses: Option<u32>,
    /// Milliseconds for which it is good.
    #[serde(rename = "for")]
    for_ms: Option<i64>,
}

/// The answer to somebody who has made an invitation.
#[derive(Serialize)]
struct NewInvitation<'a> {
    code: &'a str,
    uses: u32,
    /// The time of its end, in Unix milliseconds.
    until: i64,
}

/// Makes an invitation.
pub(super) fn invite(cx: &mut Cx<'_>, asker: Asker, args: InviteArgs) {
    let InviteArgs { uses, for_ms } = args;
    let (uses, for_ms) = (uses.unwrap_or(INVITATION_USES), for_ms.unwrap_or(INVITATION_MS));
    access::invite(cx, asker, uses, for_ms);
}

/// Answers with the code of an invitation.
pub(super) fn grant(cx: &mut Cx<'_>, ack: Option<Ack>, code: &str, fact: &AccessFact) {
    let AccessFact::InvitationMade(InvitationMade { made, .. }) = fact;
    let Invitation { uses, until_ms, .. } = made;
    let (uses, until) = (*uses, *until_ms);
    answers::grant(cx, ack, NewInvitation { code, uses, until });
}
