//! Decides who may speak, and who may invite others.

use super::{Access, AccessFact, AccessRefusal, AskedInvitation, InvitationMade};
use crate::chat::decide::{Me, Sockets};
use crate::chat::fact::Fact;
use crate::chat::history::Invitation;
use crate::chat::refusal::Refusal;
use crate::chat::request::Decision;
use crate::limits::{INVITATION_MS_MAX, INVITATION_USES_MAX};

impl<S: Sockets> Me<'_, S> {
    /// Whether they may say something.
    pub(in crate::chat) fn may_speak(&self) -> Result<(), Refusal> {
        self.chat.may_speak(self.socket)
    }

    /// Decides a request for an invitation.
    pub(in crate::chat) fn invite<'a>(
        &self,
        AskedInvitation { uses, for_ms, code }: AskedInvitation,
    ) -> Result<Decision<'a>, Refusal> {
        if self.chat.access != Access::Invite {
            return Err(AccessRefusal::NoNeed.into());
        }
        if !self.person.is_registered {
            return Err(AccessRefusal::MayNotInvite.into());
        }
        if !(1..=INVITATION_USES_MAX).contains(&uses) || !(1..=INVITATION_MS_MAX).contains(&for_ms)
        {
            return Err(AccessRefusal::BadBounds.into());
        }
        if !self.chat.history.keeps_registrations() {
            return Err(self.no_registrations().into());
        }
        let until_ms = self.sockets.now().unix_ms.cast_signed() + for_ms;
        let author = self.person.nick.clone();
        let made = Invitation { code, uses, until_ms, author };
        let by = self.socket;
        let fact = AccessFact::InvitationMade(InvitationMade { by, made });
        Ok(Decision::Happens(Fact::Access(fact)))
    }
}
