//! Access, which says who may come in and speak; and invitations, with which people without an
//! account come in.
//!
//! Everything about that is in this folder. The stages of the chat have one line each for it, and
//! interfaces tell of it in files named `access.rs`. A request for an invitation (`asked`) is
//! decided (`decide`, with the refusals in `refusal`), is a fact (`fact`) with a form for
//! other servers (`form`), and is applied (`apply`).

mod apply;
mod asked;
mod decide;
mod fact;
mod form;
mod refusal;
#[cfg(test)]
mod samples;

use super::ask::ask;
use super::fact::{Fact, NOBODY};
use super::history::{Invitation, Token};
use super::refusal::Refusal;
use super::request::{Asker, Reply, Request};
use super::{Chat, Cx, hooks, journal, names};
use crate::limits::{INVITATION_CODE_CHARS, INVITATION_GROUP_CHARS, INVITATION_USES_MAX};
pub(super) use apply::apply;
pub(super) use asked::AskedInvitation;
pub(super) use fact::{AccessFact, InvitationMade, InvitationUse};
pub(super) use form::access_entries;
use mio_socketio::{Now, SocketId};
pub(super) use refusal::AccessRefusal;
#[cfg(test)]
pub(super) use samples::samples;
use std::rc::Rc;

/// The people who may come in and speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Anybody may.
    #[default]
    Open,
    /// Anybody may come in and read. Only registered people speak.
    Registered,
    /// Only registered people may come in, and those who have an invitation.
    Invite,
}

/// The right by which a newcomer comes in where not everybody may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pass {
    /// They have shown none.
    Nothing,
    /// They have shown an invitation that there is not, or not any more.
    Bad,
    /// They have shown the right password.
    Password,
    /// They have come in by an invitation before, and come back.
    Before,
    /// They have shown this invitation.
    Invitation(InvitationUse),
}

impl Pass {
    /// The pass of a newcomer who has shown this code, and is known by this id.
    pub(super) fn of(cx: &mut Cx<'_>, code: Option<&str>, id: Option<&str>) -> Self {
        if cx.state.access != Access::Invite {
            return Self::Nothing;
        }
        let now = cx.now();
        let history = &mut cx.state.history;
        if id.is_some_and(|id| history.is_invited(id)) {
            return Self::Before;
        }
        let Some(code) = code.map(hash) else { return Self::Nothing };
        match history.invitation(&code).filter(|it| it.is_good(now)) {
            Some(made) => Self::Invitation(made.into()),
            None => Self::Bad,
        }
    }
}

impl Chat {
    /// Whether somebody may come in with this pass, or because the server knows them as somebody
    /// who may: a registered person, or one who is here.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn may_enter(&self, pass: &Pass, is_known: bool) -> Result<(), Refusal> {
        match (self.access, pass) {
            (Access::Open | Access::Registered, _) => Ok(()),
            (Access::Invite, _) if is_known => Ok(()),
            (Access::Invite, Pass::Password | Pass::Before | Pass::Invitation(_)) => Ok(()),
            (Access::Invite, Pass::Bad) => Err(AccessRefusal::BadInvitation.into()),
            (Access::Invite, Pass::Nothing) => Err(AccessRefusal::InviteOnly.into()),
        }
    }

    /// Whether the person at `socket` may say something.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn may_speak(&self, socket: SocketId) -> Result<(), Refusal> {
        let is_registered = self.people.get(socket).is_some_and(|person| person.is_registered);
        match self.access == Access::Registered && !is_registered {
            true => Err(AccessRefusal::RegisteredOnly.into()),
            false => Ok(()),
        }
    }
}

impl Invitation {
    /// Whether somebody can come in with it.
    pub(super) fn is_good(&self, now: Now) -> bool {
        self.uses > 0 && now.unix_ms.cast_signed() < self.until_ms
    }

    /// Whether a server of this chat can have written it.
    pub(super) fn is_possible(&self) -> bool {
        let Self { uses, author, .. } = self;
        let is_author = author.is_empty() || names::is_still_good(author);
        *uses <= INVITATION_USES_MAX && is_author
    }
}

/// Makes an invitation for somebody.
pub(super) fn invite(cx: &mut Cx<'_>, asker: Asker, uses: u32, for_ms: i64) {
    let secret: Rc<str> = code(cx.random_id().as_bytes()).into();
    let code = hash(&secret);
    let Asker { socket, reply } = asker;
    let reply = match reply {
        Reply::By(interface, form) => Reply::By(interface, form.with_secret(secret)),
        Reply::Nothing => Reply::Nothing,
    };
    let asked = AskedInvitation { uses, for_ms, code };
    ask(cx, Asker { socket, reply }, Request::Invite(asked));
}

/// The link to the page with an invitation; `None` if there is no page.
pub(super) fn link(chat: &Chat, code: &str) -> Option<String> {
    let url = chat.url.trim_end_matches('/');
    (!url.is_empty()).then(|| format!("{url}/#invite={code}"))
}

/// An operator may have made or ended invitations or hooks at the file: all nodes are told of them.
pub(super) fn look(cx: &mut Cx<'_>) {
    let is_busy = journal::is_shared(cx.state) && !journal::takes_orders(cx.state);
    if is_busy || !cx.state.has_access_news {
        return;
    }
    let now = cx.now();
    let untold = cx.state.history.untold_invitations(now);
    let has_hooks = hooks::look(cx);
    cx.state.has_access_news = has_hooks || !untold.is_empty();
    for made in untold {
        let fact = Fact::Access(AccessFact::InvitationMade(InvitationMade { by: NOBODY, made }));
        journal::enter(cx, Asker::nobody(NOBODY), &fact);
    }
}

/// The letters and digits of codes: those that nobody takes for another one.
const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// The code that is made of random bytes: `k3fq-8mzt-xw2p-h7ds`.
pub fn code(random: &[u8]) -> String {
    let mut code = String::new();
    for (at, byte) in random.iter().take(INVITATION_CODE_CHARS).enumerate() {
        if at > 0 && at % INVITATION_GROUP_CHARS == 0 {
            code.push('-');
        }
        let letter = LETTERS.get(usize::from(*byte) % LETTERS.len()).copied();
        code.extend(letter.map(char::from));
    }
    code
}

/// The hash of a code, in whatever way it was typed.
pub(super) fn hash(code: &str) -> Token {
    let typed = code.chars().take(2 * INVITATION_CODE_CHARS);
    let plain: String = typed
        .filter(|char| char.is_ascii_alphanumeric())
        .map(|char| char.to_ascii_lowercase())
        .collect();
    Token::of(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_typed_in_any_way() {
        let made = code(&[0, 1, 2, 3, 30, 31, 32, 255, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
        assert_eq!(made, "abcd-9abh-jkmn-pqrs");
        for typed in ["ABCD-9abh-jkmn-pqrs", " abcd9abhjkmnpqrs ", "abcd 9abh jkmn pqrs"] {
            assert_eq!(hash(typed), hash(&made), "{typed}");
        }
        assert_ne!(hash("abcd-9abh-jkmn-pqrt"), hash(&made));
        assert_ne!(hash(""), hash(&made));
    }
}
