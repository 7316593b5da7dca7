//! The facts that must be kept before they are told.

use super::Fact;
use crate::chat::registration::{DeviceEnded, EndedDevice, RegistrationFact};

impl Fact<'_> {
    /// Whether it is acknowledged only once it is in the file, because people rely on it from then
    /// on: it gives or takes a right for longer than a visit. Such a fact must have an entry that
    /// counts when its person is not here.
    pub(in crate::chat) const fn must_be_kept(&self) -> bool {
        match self {
            Self::Registration(fact) => match fact {
                RegistrationFact::Registered(_) => true,
                RegistrationFact::DeviceEnded(DeviceEnded { ended, .. }) => {
                    matches!(ended, EndedDevice::Token(_))
                }
                // An operator has done it at the file.
                RegistrationFact::Reset(_) => false,
                RegistrationFact::LoggedIn(_) | RegistrationFact::LoggedOut(_) => false,
            },
            Self::Order(fact) => fact.must_be_kept(),
            Self::Rules(_) | Self::InvitationMade { .. } => true,
            // An operator has done it at the file.
            Self::HookMade { .. } | Self::HookRemoved { .. } | Self::Ordered(_) => false,
            // Words are the history's, which tells all people when it is not kept.
            Self::Said(_) | Self::Whispered(_) | Self::Words(_) | Self::TopicSet(_) => false,
            Self::Ignored { .. } | Self::Unignored { .. } | Self::Quieted { .. } => false,
            Self::Entered(_)
            | Self::Remembered(_)
            | Self::Identified { .. }
            | Self::Passing { .. }
            | Self::Forgotten { .. }
            | Self::Warned { .. }
            | Self::Renamed(_)
            | Self::Joined(_)
            | Self::Left { .. }
            | Self::Typing(_)
            | Self::Read { .. }
            | Self::TypingRelayed { .. }
            | Self::Departed(_)
            | Self::Expelled { .. } => false,
        }
    }
}
