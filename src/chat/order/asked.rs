//! Deeds as they are asked for, at any interface.

use super::OrderRefusal;
use crate::limits::{BAN_MS_MAX, BAN_MS_MIN};

/// A deed that somebody asks for.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum AskedDeed<'a> {
    /// To remove a person from a room; `None` is the asker's current room.
    Kick { name: &'a str, room: Option<&'a str>, why: &'a str },
    /// To delete a room; `None` is the asker's current room.
    DeleteRoom { room: Option<&'a str> },
    /// To make a registered person an owner of a room, or to take that away; `None` is the asker's
    /// current room.
    SetOwner { name: &'a str, room: Option<&'a str>, is_on: bool },
    /// To ban a person or an address, or to mute a person, for so many milliseconds or for good.
    Ban { who: &'a str, for_ms: Option<u64>, why: &'a str, is_mute: bool },
    /// To lift the bans on an address or a name, or to let a person say something again.
    Unban { who: &'a str, is_mute: bool },
}

impl<'a> AskedDeed<'a> {
    /// The name of a person who need not be here: if it is a registered one's, that is looked up.
    pub(in crate::chat) fn of_anybody(self) -> Option<&'a str> {
        match self {
            Self::SetOwner { name, .. } => Some(name),
            Self::Ban { .. } => self.of_somebody(),
            Self::Kick { .. } | Self::Unban { .. } | Self::DeleteRoom { .. } => None,
        }
    }

    /// The name of the person who needs an id for this deed. If they have none, they get one.
    pub(in crate::chat) fn of_somebody(self) -> Option<&'a str> {
        match self {
            Self::Ban { who, .. } => Some(who.trim().trim_start_matches('@')),
            Self::Kick { .. }
            | Self::SetOwner { .. }
            | Self::Unban { .. }
            | Self::DeleteRoom { .. } => None,
        }
    }
}

/// The end of a ban that is made at a time for so many milliseconds, or for good.
///
/// # Errors
/// It is for too short or too long a time.
pub(super) fn end_of(for_ms: Option<u64>, made_ms: i64) -> Result<Option<i64>, OrderRefusal> {
    match for_ms {
        Some(ms) if !(BAN_MS_MIN..=BAN_MS_MAX).contains(&ms) => Err(OrderRefusal::BadSpan),
        span => Ok(span.map(|ms| made_ms.saturating_add_unsigned(ms))),
    }
}
