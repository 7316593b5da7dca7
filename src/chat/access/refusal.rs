//! Refusals where not everybody may come in or speak.

use crate::chat::refusal::Refusal;
use crate::limits::{INVITATION_MS_MAX, INVITATION_USES_MAX};
use std::fmt;

/// The reason why somebody may not come in, speak, or invite others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum AccessRefusal {
    /// They have neither an account nor an invitation.
    InviteOnly,
    /// The invitation has been used, has ended, or was never made.
    BadInvitation,
    /// Only registered people speak here.
    RegisteredOnly,
    /// Their program has no way to log in.
    NoWayToLogIn,
    /// Nobody needs an invitation here.
    NoNeed,
    /// Only registered people invite others.
    MayNotInvite,
    /// An invitation is not for so many, or not for so long.
    BadBounds,
}

impl From<AccessRefusal> for Refusal {
    fn from(why: AccessRefusal) -> Self {
        Self::Access(why)
    }
}

impl AccessRefusal {
    /// The word for programs.
    pub(in crate::chat) const fn code(&self) -> &'static str {
        match self {
            Self::InviteOnly => "invite-only",
            Self::BadInvitation => "bad-invitation",
            Self::RegisteredOnly | Self::NoWayToLogIn => "registered-only",
            Self::NoNeed => "open",
            Self::MayNotInvite => "not-logged-in",
            Self::BadBounds => "bad-request",
        }
    }
}

/// The sentence for people.
impl fmt::Display for AccessRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InviteOnly => f.write_str(
                "this chat is for people with an account or an invitation: /login NAME PASSWORD, \
                 or /invite CODE",
            ),
            Self::BadInvitation => {
                f.write_str("that is no invitation, or it has been used, or its time is over")
            }
            Self::RegisteredOnly => f.write_str(
                "only registered people speak here: /register PASSWORD makes your name yours, \
                 /login NAME PASSWORD takes it",
            ),
            Self::NoWayToLogIn => f.write_str(
                "only registered people speak here, and in this namespace nobody can log in",
            ),
            Self::NoNeed => f.write_str("nobody needs an invitation here"),
            Self::MayNotInvite => f.write_str("only registered people can invite others"),
            Self::BadBounds => {
                let days = INVITATION_MS_MAX / (24 * 60 * 60 * 1000);
                write!(
                    f,
                    "an invitation is for 1 to {INVITATION_USES_MAX} people and for up to {days} \
                     days: /invite, /invite 5, /invite 5 12h"
                )
            }
        }
    }
}
