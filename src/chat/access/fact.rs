//! Facts about access.

use crate::chat::fact::FactRow;
use crate::chat::fact::row::{Depends, KeptFirst};
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

/// Something has changed about who may come in.
#[derive(Debug)]
pub(in crate::chat) enum AccessFact {
    InvitationMade(InvitationMade),
}

/// A person, or an operator, has made an invitation.
#[derive(Debug)]
pub(in crate::chat) struct InvitationMade {
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) made: Invitation,
}

impl AccessFact {
    /// The device of the person whose fact it is.
    pub(in crate::chat) const fn by(&self) -> SocketId {
        match self {
            Self::InvitationMade(InvitationMade { by, .. }) => *by,
        }
    }

    /// The row in the table of facts.
    pub(in crate::chat) const fn row(&self) -> FactRow<'_> {
        match self {
            Self::InvitationMade(_) => {
                FactRow { kept: KeptFirst::Must, depends: Depends::Author, ..FactRow::PLAIN }
            }
        }
    }
}
