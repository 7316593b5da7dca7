//! Messages among entries, and their keys.

use super::WrittenFact;
use crate::chat::history::What;
use crate::chat::request::SaidTo;

impl WrittenFact<'_> {
    /// Whether it is a message, which has a number.
    pub(in crate::chat::shared) const fn is_message(&self) -> bool {
        matches!(self, Self::Said { .. } | Self::Whispered { .. })
    }

    /// The key of a message, the hash of its content, and its place; `None` if it has no key.
    pub(in crate::chat::shared) fn keyed(&self) -> Option<(Box<str>, What, SaidTo)> {
        let (key, to) = match self {
            Self::Said { room, key, .. } => (key.as_ref()?, SaidTo::Room(room.clone())),
            Self::Whispered { reader, to, is_kept, key, .. } => {
                let away = to.is_none().then_some(*is_kept);
                (key.as_ref()?, SaidTo::Person(reader.nick.clone(), away))
            }
            _ => return None,
        };
        Some(((&*key.key).into(), key.what, to))
    }
}
