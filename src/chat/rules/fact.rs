//! Facts about the rules of rooms.

use super::Rule;
use mio_socketio::SocketId;
use std::rc::Rc;

/// The rules of a room have changed.
#[derive(Debug)]
pub(in crate::chat) enum RulesFact {
    RuleMade(RuleMade),
    LetIn(LetIn),
}

/// An owner of a room has made a rule.
#[derive(Debug)]
pub(in crate::chat) struct RuleMade {
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) room: Rc<str>,
    pub(in crate::chat) rule: Rule,
    /// The ids of the room's members, if it becomes private.
    pub(in crate::chat) members: Vec<Rc<str>>,
}

/// An owner of a private room has invited somebody, or has taken that back.
#[derive(Debug)]
pub(in crate::chat) struct LetIn {
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) room: Rc<str>,
    /// The id of the invited person, and their nick.
    pub(in crate::chat) id: Rc<str>,
    pub(in crate::chat) guest: Rc<str>,
    pub(in crate::chat) is_on: bool,
}

impl RulesFact {
    /// The device of the person whose fact it is.
    pub(in crate::chat) const fn by(&self) -> SocketId {
        match self {
            Self::RuleMade(RuleMade { by, .. }) | Self::LetIn(LetIn { by, .. }) => *by,
        }
    }
}
