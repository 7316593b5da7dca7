//! The changes of registered people that wait to be written, and which of them go if that takes
//! long.

use super::History;
use super::registrations::RegistrationChange;
use crate::limits::REGISTRATIONS_WAITING_MAX;

/// The rank of what people choose for themselves.
const CHOSEN: u8 = 2;

impl RegistrationChange {
    /// Its place among the changes that may be lost; the lowest goes first, and of those that
    /// people choose for themselves the newest. `None` for one that people rely on.
    const fn rank(&self) -> Option<u8> {
        match self {
            Self::Seen { .. } => Some(0),
            Self::Waits { .. } | Self::Given { .. } => Some(1),
            Self::Ignored { .. } | Self::Quiet { .. } => Some(CHOSEN),
            Self::Registered(_) | Self::Renamed { .. } | Self::Reset { .. } => None,
            Self::Added(_) | Self::Ended(_) | Self::Owner(_) => None,
            Self::Hook(_) | Self::HookRemoved(_) => None,
            Self::Invitation { .. } | Self::Invited { .. } => None,
        }
    }
}

impl History {
    /// Keeps a change, or if too many wait, the ones that matter more.
    pub(crate) fn change_registration(&mut self, change: RegistrationChange) {
        if self.store.is_none() {
            return;
        }
        self.registrations.push_back(change);
        if self.registrations.len() > REGISTRATIONS_WAITING_MAX {
            let ranks = self.registrations.iter().enumerate();
            // The first of what people choose were promised, before the file could not be written.
            let ranks = ranks.filter_map(|(at, change)| match change.rank()? {
                CHOSEN => Some((CHOSEN, REGISTRATIONS_WAITING_MAX - at)),
                rank => Some((rank, at)),
            });
            // Earlier changes may have been promised, and later promises are refused.
            let least = ranks.min().map_or(REGISTRATIONS_WAITING_MAX, |(rank, at)| match rank {
                CHOSEN => REGISTRATIONS_WAITING_MAX - at,
                _ => at,
            });
            self.registrations.remove(least);
            log::error!("a change of a registration is lost, because the file cannot be written");
        }
    }
}
