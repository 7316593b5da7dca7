//! Entries about invitations and hooks.

use super::WrittenFact;
use crate::chat::fact::{Fact, Invited};
use crate::chat::history::{Hook, Invitation, Token};
use crate::chat::nodes::socket_name::SocketName;
use mio_socketio::SocketId;
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

/// The entry of such a fact.
pub(super) fn entry<'a>(by: SocketName, fact: &Fact<'_>) -> Option<WrittenFact<'a>> {
    Some(match fact {
        Fact::InvitationMade { made, .. } => {
            let Invitation { code, uses, until_ms, author } = made;
            let (code, uses, until, author) = (*code, *uses, *until_ms, author.clone());
            WrittenFact::InvitationMade { by, code, uses, until, author }
        }
        Fact::Invited(Invited { code, id, .. }) => {
            WrittenFact::Invited { by, code: *code, id: id.clone() }
        }
        Fact::HookMade { hook, .. } => WrittenFact::HookMade { by, hook: hook.into() },
        Fact::HookRemoved { hook, .. } => WrittenFact::HookRemoved { by, hook: hook.into() },
        _ => return None,
    })
}

impl WrittenFact<'_> {
    /// The fact, if it is about an invitation or a hook.
    pub(super) fn about_access<'f>(&self, by: SocketId) -> Option<Fact<'f>> {
        Some(match self {
            Self::InvitationMade { code, uses, until, author, .. } => {
                let (code, uses, until_ms, author) = (*code, *uses, *until, author.clone());
                let made = Invitation { code, uses, until_ms, author };
                Fact::InvitationMade { by, made }
            }
            Self::Invited { code, id, .. } => {
                Fact::Invited(Invited { by, code: *code, id: id.clone() })
            }
            Self::HookMade { hook, .. } => Fact::HookMade { by, hook: hook.into() },
            Self::HookRemoved { hook, .. } => Fact::HookRemoved { by, hook: hook.into() },
            _ => return None,
        })
    }
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
