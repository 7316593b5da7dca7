//! Deeds. A deed is the fact of somebody who keeps order. People whom it puts out of a room
//! ([`Deed::puts_out`]) are removed at every server, before the next fact is applied. If something
//! else follows from it for a person, that is the person's own fact, which their server adds
//! (`follow`): only that server knows what the person does at the same time.

use super::{Ending, Removal};
use crate::chat::fact::row::{KeptFirst, MustBeKnown};
use crate::chat::history::{Ban, Banned, LoggedDeed, Order};
use crate::chat::names;
use crate::chat::rooms::LOBBY;
use crate::limits::{BANS_MAX, PERSON_ID_BYTES_MAX};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Somebody who keeps order has done something.
#[derive(Debug)]
pub(in crate::chat) struct Moderated<'a> {
    pub(in crate::chat) by: SocketId,
    /// Their nick.
    pub(in crate::chat) nick: Rc<str>,
    /// Their id, if it is known.
    pub(in crate::chat) maker: Option<Rc<str>>,
    pub(in crate::chat) deed: Deed,
    /// The reason; empty if they gave none.
    pub(in crate::chat) why: &'a str,
}

/// An act of somebody who keeps order. `S` is the name of a socket here, or for all servers in the
/// entry of a deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::chat) enum Deed<S = SocketId> {
    /// The person at this socket, who has this nick and this id if they have one, must leave a
    /// room, and is no longer invited to it.
    Kick {
        target: S,
        nick: Rc<str>,
        #[serde(default)]
        id: Option<Rc<str>>,
        room: Rc<str>,
    },
    /// A room is deleted: all must leave it.
    DeleteRoom { room: Rc<str> },
    /// Somebody is banned or muted.
    Ban(Barred<S>),
    /// The registered person with this id owns a room from now on, or no longer.
    SetOwner {
        target: S,
        nick: Rc<str>,
        id: Rc<str>,
        room: Rc<str>,
        #[serde(rename = "on")]
        is_on: bool,
    },
    /// Bans by this name, or of this address, are lifted.
    Unban {
        who: Rc<str>,
        whom: Vec<Banned>,
        #[serde(rename = "muted")]
        are_muted: bool,
    },
}

/// Somebody who is banned or muted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::chat) struct Barred<S = SocketId> {
    /// Their socket, if they are here.
    pub(in crate::chat) target: S,
    /// Their nick, or the address that is banned.
    pub(in crate::chat) who: Rc<str>,
    pub(in crate::chat) whom: Banned,
    /// They are a guest, who can come back under another name.
    #[serde(rename = "guest")]
    pub(in crate::chat) is_guest: bool,
    /// In Unix milliseconds; `None` is for good.
    #[serde(rename = "until")]
    pub(in crate::chat) until_ms: Option<i64>,
    /// The time of the deed.
    #[serde(rename = "made")]
    pub(in crate::chat) made_ms: i64,
}

/// The people whom a deed puts out of a room, at each server before the next fact is applied.
#[derive(Debug)]
pub(in crate::chat) struct PutOut<'d, S = SocketId> {
    pub(in crate::chat) room: &'d Rc<str>,
    pub(in crate::chat) whom: OutOf<'d, S>,
    /// The reason that they are told.
    pub(in crate::chat) removal: Removal,
}

/// The people in a room who are put out of it.
#[derive(Debug)]
pub(in crate::chat) enum OutOf<'d, S> {
    /// One person with all their devices: the one at this socket, who has this id if they have one.
    Person { target: &'d S, id: Option<&'d str> },
    /// Everybody.
    All,
}

impl<S> Deed<S> {
    /// The deed with another name of each socket.
    pub(in crate::chat) fn map<T>(&self, name: impl Fn(&S) -> T) -> Deed<T> {
        match self {
            Self::Kick { target, nick, id, room } => {
                let (nick, id, room) = (nick.clone(), id.clone(), room.clone());
                Deed::Kick { target: name(target), nick, id, room }
            }
            Self::DeleteRoom { room } => Deed::DeleteRoom { room: room.clone() },
            Self::Ban(Barred { target, who, whom, is_guest, until_ms, made_ms }) => {
                let (target, who, whom) = (name(target), who.clone(), whom.clone());
                let (is_guest, until_ms, made_ms) = (*is_guest, *until_ms, *made_ms);
                Deed::Ban(Barred { target, who, whom, is_guest, until_ms, made_ms })
            }
            Self::SetOwner { target, nick, id, room, is_on } => {
                let (nick, id, room) = (nick.clone(), id.clone(), room.clone());
                Deed::SetOwner { target: name(target), nick, id, room, is_on: *is_on }
            }
            Self::Unban { who, whom, are_muted } => {
                Deed::Unban { who: who.clone(), whom: whom.clone(), are_muted: *are_muted }
            }
        }
    }

    /// The room in which it is done; `None` if it is done in the whole chat.
    pub(in crate::chat) const fn room(&self) -> Option<&Rc<str>> {
        match self {
            Self::Kick { room, .. } | Self::SetOwner { room, .. } | Self::DeleteRoom { room } => {
                Some(room)
            }
            Self::Ban(_) | Self::Unban { .. } => None,
        }
    }

    /// The people whom it puts out of a room; `None` if everybody stays where they are.
    pub(in crate::chat) fn puts_out(&self) -> Option<PutOut<'_, S>> {
        match self {
            Self::Kick { target, id, room, .. } => {
                let whom = OutOf::Person { target, id: id.as_deref() };
                Some(PutOut { room, whom, removal: Removal::Kicked })
            }
            Self::DeleteRoom { room } => {
                Some(PutOut { room, whom: OutOf::All, removal: Removal::Deleted })
            }
            Self::Ban(_) | Self::Unban { .. } | Self::SetOwner { .. } => None,
        }
    }

    /// The person or network from which it takes something in the whole chat.
    pub(in crate::chat) const fn barred(&self) -> Option<&Banned> {
        match self {
            Self::Ban(barred) => Some(&barred.whom),
            Self::Kick { .. }
            | Self::SetOwner { .. }
            | Self::DeleteRoom { .. }
            | Self::Unban { .. } => None,
        }
    }

    /// The room that it deletes.
    pub(in crate::chat) const fn deleted(&self) -> Option<&Rc<str>> {
        match self {
            Self::DeleteRoom { room } => Some(room),
            Self::Kick { .. } | Self::Ban(_) | Self::SetOwner { .. } | Self::Unban { .. } => None,
        }
    }

    /// Whether it is kept before it is told. A full disk protects nobody from a ban.
    pub(in crate::chat) const fn kept(&self) -> KeptFirst {
        match self {
            Self::SetOwner { .. } | Self::DeleteRoom { .. } => KeptFirst::Must,
            Self::Ban(_) | Self::Unban { .. } => KeptFirst::IfPossible,
            Self::Kick { .. } => KeptFirst::No,
        }
    }

    /// Whether every server's file must have it, because it says who keeps order in a room or may
    /// enter a private one.
    pub(in crate::chat) fn must_be_known(&self) -> MustBeKnown<'_> {
        match self {
            Self::SetOwner { .. } | Self::DeleteRoom { .. } => MustBeKnown::Yes,
            Self::Kick { room, .. } => MustBeKnown::InPrivate(room),
            Self::Ban(_) | Self::Unban { .. } => MustBeKnown::No,
        }
    }

    /// Whether a server of this chat can have written it: see `shared::entry`.
    pub(in crate::chat) fn is_possible(&self) -> bool {
        let is_id = |id: &Rc<str>| (1..=PERSON_ID_BYTES_MAX).contains(&id.len());
        let is_whom = |who: &str| *who == *names::head(who) || Banned::of_address(who).is_ok();
        match self {
            Self::Kick { nick, room, id, .. } => {
                let is_id = id.as_ref().is_none_or(is_id);
                names::is_still_good(nick) && names::is_room_key(room) && is_id
            }
            Self::SetOwner { nick, room, id, .. } => {
                names::is_still_good(nick) && names::is_room_key(room) && is_id(id)
            }
            Self::DeleteRoom { room } => names::is_room_key(room) && **room != *LOBBY,
            Self::Ban(barred) => is_whom(&barred.who),
            Self::Unban { who, whom, .. } => is_whom(who) && whom.len() <= BANS_MAX,
        }
    }
}

impl Moderated<'_> {
    /// The sentence for the person to whom the deed is done, at interfaces that tell in sentences.
    /// `None` if they are told with everybody, or as their connection ends.
    pub(in crate::chat) fn to_target(&self) -> Option<(SocketId, String)> {
        match &self.deed {
            Deed::Ban(Barred { target, whom: Banned::Muted(_), until_ms, .. }) => {
                let ending = Ending { until_ms: *until_ms, why: self.why.into() };
                Some((*target, format!("{} muted you{ending}", self.nick)))
            }
            Deed::Kick { .. }
            | Deed::Ban(_)
            | Deed::SetOwner { .. }
            | Deed::Unban { .. }
            | Deed::DeleteRoom { .. } => None,
        }
    }

    /// The sentence for people whom the deed lets speak again.
    pub(in crate::chat) fn to_freed(&self) -> String {
        format!("{} lets you speak again", self.nick)
    }

    /// The deed as the log has it.
    pub(in crate::chat) fn logged(&self, ts: i64) -> LoggedDeed {
        let (what, target) = match &self.deed {
            Deed::Kick { nick, .. } => ("kick", nick),
            Deed::DeleteRoom { room } => ("delete-room", room),
            Deed::SetOwner { nick, is_on: true, .. } => ("op", nick),
            Deed::SetOwner { nick, .. } => ("deop", nick),
            Deed::Ban(Barred { who, whom: Banned::Muted(_), .. }) => ("mute", who),
            Deed::Ban(Barred { who, .. }) => ("ban", who),
            Deed::Unban { who, are_muted: true, .. } => ("unmute", who),
            Deed::Unban { who, .. } => ("unban", who),
        };
        let room = self.deed.room().map_or_else(String::new, |room| room.to_string());
        let until_ms = match &self.deed {
            Deed::Ban(barred) => barred.until_ms,
            Deed::Kick { .. }
            | Deed::SetOwner { .. }
            | Deed::Unban { .. }
            | Deed::DeleteRoom { .. } => None,
        };
        let (moderator, why) = (self.nick.to_string(), self.why.to_owned());
        let (what, target) = (what.to_owned(), target.to_string());
        LoggedDeed { ts, moderator, what, target, room, until_ms, why }
    }

    /// The orders about bans that the deed gives to all servers.
    pub(in crate::chat) fn orders(&self) -> Vec<Order> {
        match &self.deed {
            Deed::Kick { .. } | Deed::SetOwner { .. } | Deed::DeleteRoom { .. } => Vec::new(),
            Deed::Ban(barred) => vec![self.order(barred, barred.whom.clone())],
            Deed::Unban { whom, .. } => {
                whom.iter().map(|whom| Order::Unban { whom: whom.clone() }).collect()
            }
        }
    }

    /// The order that bans `whom`, a network or a person, as part of this ban.
    pub(in crate::chat) fn order(&self, barred: &Barred, whom: Banned) -> Order {
        let Barred { who, whom: first, until_ms, made_ms, .. } = barred;
        let nick = if matches!(first, Banned::Network(_)) { "" } else { &**who };
        let (nick, moderator) = (nick.to_owned(), self.nick.to_string());
        let (why, maker) = (self.why.to_owned(), self.maker.as_deref().unwrap_or_default().into());
        let ban = Ban { whom, until_ms: *until_ms, why, nick, moderator, maker };
        Order::Ban { ban, made_ms: *made_ms }
    }
}
