//! The authors of entries, and the keys of messages.

use super::WrittenFact;
use crate::chat::history::What;
use crate::chat::nodes::socket_name::SocketName;
use crate::chat::request::SaidTo;

impl WrittenFact<'_> {
    /// The person whose fact it is.
    pub(in crate::chat::nodes) const fn by(&self) -> &SocketName {
        match self {
            Self::Entered { by, .. }
            | Self::Remembered { by, .. }
            | Self::Forgotten { by, .. }
            | Self::Said { by, .. }
            | Self::Whispered { by, .. }
            | Self::Edited { by, .. }
            | Self::Deleted { by, .. }
            | Self::Reacted { by, .. }
            | Self::TopicSet { by, .. }
            | Self::Renamed { by, .. }
            | Self::Joined { by, .. }
            | Self::Left { by, .. }
            | Self::Departed { by, .. }
            | Self::Ignored { by, .. }
            | Self::Unignored { by, .. }
            | Self::Registered { by, .. }
            | Self::LoggedIn { by, .. }
            | Self::LoggedOut { by, .. }
            | Self::DeviceEnded { by, .. }
            | Self::InvitationMade { by, .. }
            | Self::HookMade { by, .. }
            | Self::HookRemoved { by, .. }
            | Self::Invited { by, .. }
            | Self::Quieted { by, .. }
            | Self::Moderated { by, .. }
            | Self::Removed { by, .. }
            | Self::Ordered { by, .. } => by,
        }
    }

    /// Whether it is a message, which has a number.
    pub(in crate::chat::nodes) const fn is_message(&self) -> bool {
        matches!(self, Self::Said { .. } | Self::Whispered { .. })
    }

    /// The key of a message, the hash of its content, and its place; `None` if it has no key.
    pub(in crate::chat::nodes) fn keyed(&self) -> Option<(Box<str>, What, SaidTo)> {
        let (key, to) = match self {
            Self::Said { room, key, .. } => (key.as_ref()?, SaidTo::Room(room.clone())),
            Self::Whispered { reader, to, key, .. } => {
                (key.as_ref()?, SaidTo::Person(reader.nick.clone(), to.is_none()))
            }
            _ => return None,
        };
        Some(((&*key.key).into(), key.what, to))
    }
}
