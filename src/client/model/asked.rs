//! The requests that wait for the server's answers.

use super::message::Target;

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) enum Asked {
    Post {
        key: String,
    },
    Nick,
    /// `room` as it was requested; the server may spell it differently.
    Join {
        room: String,
        select: bool,
    },
    Leave {
        target: Target,
    },
    Topic {
        target: Target,
    },
    /// For the hole with this serial.
    Older {
        target: Target,
        serial: u64,
    },
    /// For missed messages, in line mode.
    Missed,
    /// To be shown as a list.
    Quotes {
        target: Target,
        /// The words that were looked for, if they were.
        words: Option<String>,
    },
    Rules,
    /// For a message to have this text.
    Edit(String),
    Delete,
    /// For the former texts of a message of this person.
    Former(String),
    React,
    Who,
    /// For this person in the list of a room.
    WhoIs(String),
    /// For the deeds that are allowed in a room or in the whole chat; with a nick, upon a person.
    Powers {
        room: Option<String>,
        nick: Option<String>,
    },
    /// For the list of ignored people, which is not shown.
    Ignored,
    /// For the list of ignored people.
    Ignore,
    /// To hide comings and goings, or whether they are hidden.
    Quiet,
    /// To keep order. An event of the server tells everybody, also who asked.
    Order,
    /// To let somebody in or speak again: the word for what they are then.
    Barred {
        nick: String,
        verb: &'static str,
    },
    /// For the list of bans.
    Bans,
    Register,
    Login,
    Logout,
    Devices,
    Invite,
    /// To end the device of this number.
    DeviceEnd(u32),
    Rooms {
        is_shown: bool,
    },
}

impl Asked {
    /// The target of the conversation to which the answer belongs.
    pub(super) const fn target_mut(&mut self) -> Option<&mut Target> {
        match self {
            Self::Leave { target }
            | Self::Topic { target }
            | Self::Older { target, .. }
            | Self::Quotes { target, .. } => Some(target),
            Self::Post { .. }
            | Self::Nick
            | Self::Join { .. }
            | Self::Missed
            | Self::Rules
            | Self::Edit(_)
            | Self::Delete
            | Self::Former(_)
            | Self::React
            | Self::Who
            | Self::WhoIs(_)
            | Self::Powers { .. }
            | Self::Ignored
            | Self::Ignore
            | Self::Quiet
            | Self::Order
            | Self::Barred { .. }
            | Self::Bans
            | Self::Register
            | Self::Login
            | Self::Logout
            | Self::Devices
            | Self::Invite
            | Self::DeviceEnd(_)
            | Self::Rooms { .. } => None,
        }
    }
}
