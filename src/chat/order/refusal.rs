//! Refusals about keeping order.

use crate::chat::history::Ban;
use crate::chat::minute::Minute;
use crate::chat::refusal::Refusal;
use crate::limits::{BAN_MS_MAX, ROOM_OWNERS_MAX, ROOMS_OWNED_MAX, ROOMS_OWNED_OF_ONE_MAX};
use mio_socketio::tight;
use std::fmt;
use std::rc::Rc;

/// The reason why a deed is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum OrderRefusal {
    /// They have no role here.
    NoRole,
    /// This person's role is not lower than theirs.
    Outranked(Rc<str>),
    /// Somebody of a higher rank has banned or muted this person.
    OthersBan(Box<str>),
    /// This person is not in this room.
    NotThere(Rc<str>, Rc<str>),
    /// This person is a guest, who can own nothing.
    IsGuest(Rc<str>),
    /// This person owns this room already.
    OwnsIt(Rc<str>, Rc<str>),
    /// This person does not own this room.
    OwnsItNot(Rc<str>, Rc<str>),
    /// This room has too many owners.
    TooManyOwners(Rc<str>),
    /// This person owns as many rooms as one person may.
    OwnsTooMany(Rc<str>),
    /// As many rooms have an owner as may have one.
    TooManyOwned,
    /// They are muted.
    Muted(Ending),
    /// The account that they log in to is banned.
    LoginBanned(Ending),
    /// Nobody by this name, and no such address, is banned.
    NotBanned(Box<str>),
    /// Nobody by this name is muted.
    NotMuted(Box<str>),
    /// The address to ban is this machine, or many addresses; the sentence.
    BadAddress(String),
    /// A ban is not for such a time.
    BadSpan,
}

/// The end of a ban and its reason, as the banned person is told them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) struct Ending {
    /// In Unix milliseconds; `None` is never.
    pub(in crate::chat) until_ms: Option<i64>,
    /// Empty if it is not told.
    pub(in crate::chat) why: Box<str>,
}

impl Ban {
    /// Its end, and its reason unless that is an operator's note.
    pub(in crate::chat) fn ending(&self) -> Ending {
        let why = if self.moderator.is_empty() { "" } else { &*self.why };
        Ending { until_ms: self.until_ms, why: why.into() }
    }
}

/// ` until 2026-11-20 09:12 UTC: spam`, after a verb.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(until_ms) = self.until_ms {
            write!(f, " until {} UTC", Minute(until_ms))?;
        }
        match &*self.why {
            "" => Ok(()),
            why => write!(f, ": {}", tight(why)),
        }
    }
}

impl From<OrderRefusal> for Refusal {
    fn from(why: OrderRefusal) -> Self {
        Self::Order(why)
    }
}

impl OrderRefusal {
    /// The word for programs.
    pub(in crate::chat) const fn code(&self) -> &'static str {
        match self {
            Self::NoRole => "no-role",
            Self::Outranked(_) | Self::OthersBan(_) => "outranked",
            Self::NotThere(..) => "not-there",
            Self::IsGuest(_) => "not-registered",
            Self::OwnsIt(..) => "is-owner",
            Self::OwnsItNot(..) => "no-owner",
            Self::TooManyOwners(_) | Self::TooManyOwned => "too-many-owners",
            Self::OwnsTooMany(_) => "owns-too-many",
            Self::Muted(_) => "muted",
            Self::LoginBanned(_) => "banned",
            Self::NotBanned(_) => "not-banned",
            Self::NotMuted(_) => "not-muted",
            Self::BadAddress(_) => "bad-address",
            Self::BadSpan => "bad-request",
        }
    }
}

/// The sentence for people.
impl fmt::Display for OrderRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRole => f.write_str("only people who keep order here may do that"),
            Self::Outranked(nick) => {
                write!(f, "{nick} keeps order here too, and you may not act on them")
            }
            Self::OthersBan(who) => {
                write!(f, "only an owner of the chat may change what was done to {who}")
            }
            Self::NotThere(nick, room) => write!(f, "{nick} is not in #{room}"),
            Self::IsGuest(nick) => {
                write!(f, "{nick} is not registered, and only registered people own rooms")
            }
            Self::OwnsIt(nick, room) => write!(f, "{nick} owns #{room} already"),
            Self::OwnsItNot(nick, room) => write!(f, "{nick} does not own #{room}"),
            Self::TooManyOwners(room) => {
                write!(f, "#{room} has {ROOM_OWNERS_MAX} owners already, and no more can have it")
            }
            Self::OwnsTooMany(nick) => {
                write!(f, "{nick} owns {ROOMS_OWNED_OF_ONE_MAX} rooms already, and no more")
            }
            Self::TooManyOwned => {
                write!(f, "{ROOMS_OWNED_MAX} rooms have an owner already, and no more can have one")
            }
            Self::Muted(ending) => write!(f, "you are muted{ending}"),
            Self::LoginBanned(ending) => write!(f, "you are banned{ending}"),
            Self::NotBanned(who) => write!(f, "{who} is not banned"),
            Self::NotMuted(name) => write!(f, "{name} is not muted"),
            Self::BadAddress(sentence) => f.write_str(sentence),
            Self::BadSpan => {
                let days = BAN_MS_MAX / (24 * 60 * 60 * 1000);
                write!(
                    f,
                    "a ban or a mute lasts for a second at least and {days} days at most; without \
                     a time it is for good"
                )
            }
        }
    }
}
