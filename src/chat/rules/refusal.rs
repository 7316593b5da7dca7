//! Refusals about rooms that are not open to everyone.

use crate::chat::refusal::Refusal;
use crate::limits::{ROOM_INVITED_MAX, ROOM_RULES_MAX, ROOM_RULES_OF_ONE_MAX};
use std::fmt;
use std::rc::Rc;

/// The reason why a request about a room is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum RoomRefusal {
    /// There is no such room, or it is private and they are not invited.
    NoRoom(Box<str>),
    /// They do not own it.
    NotOwner(Rc<str>),
    /// The lobby is open to everyone.
    Lobby,
    /// Only its owners say something in it.
    Readonly(Rc<str>),
    /// It is no private room: nobody needs an invitation.
    Open(Rc<str>),
    /// This person is not invited to this room.
    NotInvited(Rc<str>, Rc<str>),
    /// Too many people are invited.
    TooManyInvited,
    /// Too many rooms have rules.
    TooManyRules,
    /// Too many rooms have rules that this person was the first to make.
    TooManyOwnRules,
}

impl From<RoomRefusal> for Refusal {
    fn from(why: RoomRefusal) -> Self {
        Self::Room(why)
    }
}

impl RoomRefusal {
    /// The word for programs.
    pub(in crate::chat) const fn code(&self) -> &'static str {
        match self {
            Self::NoRoom(_) => "no-such-room",
            Self::NotOwner(_) | Self::Lobby => "not-owner",
            Self::Readonly(_) => "read-only",
            Self::Open(_) => "not-private",
            Self::NotInvited(..) => "not-invited",
            Self::TooManyInvited | Self::TooManyRules | Self::TooManyOwnRules => "too-many",
        }
    }
}

/// The sentence for people.
impl fmt::Display for RoomRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom(room) => write!(f, "there is no room #{room} that you can enter"),
            Self::NotOwner(room) => write!(f, "only an owner of #{room} can do that"),
            Self::Lobby => f.write_str("#lobby is everybody's"),
            Self::Readonly(room) => write!(f, "only an owner of #{room} can say something there"),
            Self::Open(room) => write!(f, "#{room} is not private: everybody can join it"),
            Self::NotInvited(nick, room) => write!(f, "{nick} is not invited to #{room}"),
            Self::TooManyInvited => {
                write!(f, "a room has at most {ROOM_INVITED_MAX} invited people")
            }
            Self::TooManyRules => {
                write!(f, "{ROOM_RULES_MAX} rooms have rules already, and no more can have any")
            }
            Self::TooManyOwnRules => {
                write!(f, "you have made rules for {ROOM_RULES_OF_ONE_MAX} rooms, and not for more")
            }
        }
    }
}
