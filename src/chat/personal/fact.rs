//! Personal facts.

use crate::chat::fact::FactRow;
use crate::chat::fact::row::{KeptFirst, OwnDevices};
use crate::chat::people::Ignored;
use mio_socketio::SocketId;
use std::rc::Rc;

/// A person has done something for themselves, or to one other person.
#[derive(Debug)]
pub(in crate::chat) enum PersonalFact {
    /// A person ignores another one.
    Ignored {
        by: SocketId,
        /// Their id, if they are registered: then their list is kept.
        id: Option<Rc<str>>,
        ignored: Ignored,
    },
    /// A person no longer ignores the person with this nick.
    Unignored {
        by: SocketId,
        /// The id of the first one, if they are registered.
        id: Option<Rc<str>>,
        nick: Rc<str>,
        /// The mark by which the file knows the other one.
        whom: Box<str>,
    },
    /// The person with this id hides notices of comings and goings, or shows them again.
    Quieted { by: SocketId, id: Rc<str>, is_on: bool },
}

impl PersonalFact {
    /// The device of the person whose fact it is.
    pub(in crate::chat) const fn by(&self) -> SocketId {
        match self {
            Self::Ignored { by, .. } | Self::Unignored { by, .. } | Self::Quieted { by, .. } => *by,
        }
    }

    /// The row in the table of facts.
    pub(in crate::chat) const fn row(&self) -> FactRow<'_> {
        match self {
            Self::Ignored { .. } | Self::Unignored { .. } => {
                FactRow { kept: KeptFirst::IfPossible, own: OwnDevices::Told, ..FactRow::PLAIN }
            }
            Self::Quieted { .. } => FactRow { kept: KeptFirst::IfPossible, ..FactRow::PLAIN },
        }
    }
}
