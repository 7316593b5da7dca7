//! Facts about invitations.

use crate::chat::history::{Invitation, Token};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};

/// The invitation by which a newcomer comes in, as their server knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::chat) struct InvitationUse {
    /// The hash of its code.
    pub(in crate::chat) code: Token,
    /// The number of people who could still come in by it, this one among them.
    pub(in crate::chat) left: u32,
    /// The time of its end, in Unix milliseconds.
    #[serde(rename = "until")]
    pub(in crate::chat) until_ms: i64,
}

impl From<Invitation> for InvitationUse {
    fn from(Invitation { code, uses, until_ms, .. }: Invitation) -> Self {
        Self { code, left: uses, until_ms }
    }
}

/// A person, or an operator, has made an invitation.
#[derive(Debug)]
pub(in crate::chat) struct InvitationMade {
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) made: Invitation,
}
