//! The parts of entries about invitations and hooks.

use crate::chat::history::{Hook, Invitation, Token};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A hook, with the hash of its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::chat::nodes) struct WrittenHook {
    pub(super) name: Rc<str>,
    pub(super) room: Rc<str>,
    secret: Token,
    made: i64,
}

/// An invitation, with the hash of its code.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::chat::nodes) struct WrittenInvitation {
    code: Token,
    pub(super) uses: u32,
    until: i64,
    pub(super) author: Rc<str>,
}

impl From<&Hook> for WrittenHook {
    fn from(hook: &Hook) -> Self {
        let Hook { name, room, secret, made_ms } = hook;
        Self { name: name.clone(), room: room.clone(), secret: *secret, made: *made_ms }
    }
}

impl From<&WrittenHook> for Hook {
    fn from(hook: &WrittenHook) -> Self {
        let WrittenHook { name, room, secret, made } = hook;
        Self { name: name.clone(), room: room.clone(), secret: *secret, made_ms: *made }
    }
}

impl From<&Invitation> for WrittenInvitation {
    fn from(made: &Invitation) -> Self {
        let Invitation { code, uses, until_ms, author } = made;
        Self { code: *code, uses: *uses, until: *until_ms, author: author.clone() }
    }
}

impl From<&WrittenInvitation> for Invitation {
    fn from(made: &WrittenInvitation) -> Self {
        let WrittenInvitation { code, uses, until, author } = made;
        Self { code: *code, uses: *uses, until_ms: *until, author: author.clone() }
    }
}
