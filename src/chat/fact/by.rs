//! The authors of facts.

use super::{
    Departed, Entered, Fact, Joined, NOBODY, Remembered, Renamed, Said, TopicSet, Typing, Whispered,
};
use mio_socketio::SocketId;

impl Fact<'_> {
    /// The device of the person whose fact it is, which alone is answered; [`NOBODY`] for what an
    /// operator has ordered.
    pub(in crate::chat) const fn by(&self) -> SocketId {
        match self {
            Self::Entered(Entered { by, .. })
            | Self::Remembered(Remembered { by, .. })
            | Self::Identified { by, .. }
            | Self::Passing { by, .. }
            | Self::Forgotten { by, .. }
            | Self::Said(Said { by, .. })
            | Self::Whispered(Whispered { by, .. })
            | Self::Warned { by, .. }
            | Self::TopicSet(TopicSet { by, .. })
            | Self::Renamed(Renamed { by, .. })
            | Self::Joined(Joined { by, .. })
            | Self::Left { by, .. }
            | Self::Typing(Typing { by, .. })
            | Self::TypingRelayed { by, .. }
            | Self::Read { by, .. }
            | Self::Departed(Departed { by, .. })
            | Self::Expelled { by, .. }
            | Self::HookMade { by, .. }
            | Self::HookRemoved { by, .. } => *by,
            Self::Access(fact) => fact.by(),
            Self::Personal(fact) => fact.by(),
            Self::Order(fact) => fact.by(),
            Self::Registration(fact) => fact.by(),
            Self::Rules(fact) => fact.by(),
            Self::Words(fact) => fact.by(),
            Self::Ordered(_) => NOBODY,
        }
    }

    /// Whether it is a message, which has a number.
    pub(in crate::chat) const fn is_message(&self) -> bool {
        matches!(self, Self::Said(_) | Self::Whispered(_))
    }
}
