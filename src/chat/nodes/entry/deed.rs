//! A deed of somebody who keeps order, in the form of an entry.

use crate::chat::fact::{Barred, Deed, NOBODY};
use crate::chat::history::Banned;
use crate::chat::names;
use crate::chat::nodes::socket_name::SocketName;
use crate::limits::{BANS_MAX, PERSON_ID_BYTES_MAX};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// An act of somebody who keeps order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::chat::nodes) enum WrittenDeed {
    Kick {
        target: SocketName,
        nick: Rc<str>,
        room: Rc<str>,
    },
    Ban {
        target: SocketName,
        who: Rc<str>,
        /// As in an operator's order.
        whom: String,
        guest: bool,
        until: Option<i64>,
        made: i64,
    },
    SetOwner {
        target: SocketName,
        nick: Rc<str>,
        id: Rc<str>,
        room: Rc<str>,
        on: bool,
    },
    Unban {
        who: Rc<str>,
        whom: Vec<String>,
        muted: bool,
    },
}

fn is_name_or_address(who: &str) -> bool {
    *who == *names::head(who) || Banned::of_address(who).is_ok()
}

impl WrittenDeed {
    pub(super) fn of(deed: &Deed, visit: impl Fn(SocketId) -> SocketName) -> Self {
        match deed {
            Deed::Kick { target, nick, room } => {
                Self::Kick { target: visit(*target), nick: nick.clone(), room: room.clone() }
            }
            Deed::Ban(Barred { target, who, whom, is_guest, until_ms, made_ms }) => Self::Ban {
                target: visit(*target),
                who: who.clone(),
                whom: whom.to_string(),
                guest: *is_guest,
                until: *until_ms,
                made: *made_ms,
            },
            Deed::SetOwner { target, nick, id, room, is_on } => Self::SetOwner {
                target: visit(*target),
                nick: nick.clone(),
                id: id.clone(),
                room: room.clone(),
                on: *is_on,
            },
            Deed::Unban { who, whom, are_muted } => {
                let whom = whom.iter().map(Banned::to_string).collect();
                Self::Unban { who: who.clone(), whom, muted: *are_muted }
            }
        }
    }

    /// The deed; `None` if nobody can have done it. A person who is not known here has no socket.
    pub(super) fn deed(&self, socket: impl Fn(&SocketName) -> Option<SocketId>) -> Option<Deed> {
        Some(match self {
            Self::Kick { target, nick, room } => {
                let target = socket(target).unwrap_or(NOBODY);
                Deed::Kick { target, nick: nick.clone(), room: room.clone() }
            }
            Self::Ban { target, who, whom, guest, until, made } => {
                let (target, who) = (socket(target).unwrap_or(NOBODY), who.clone());
                let (whom, is_guest) = (whom.parse().ok()?, *guest);
                let (until_ms, made_ms) = (*until, *made);
                Deed::Ban(Barred { target, who, whom, is_guest, until_ms, made_ms })
            }
            Self::SetOwner { target, nick, id, room, on } => {
                let target = socket(target).unwrap_or(NOBODY);
                let (nick, id, room, is_on) = (nick.clone(), id.clone(), room.clone(), *on);
                Deed::SetOwner { target, nick, id, room, is_on }
            }
            Self::Unban { who, whom, muted } => {
                let whom = whom.iter().map(|whom| whom.parse()).collect::<Result<_, _>>().ok()?;
                Deed::Unban { who: who.clone(), whom, are_muted: *muted }
            }
        })
    }

    /// Whether a server of this chat can have written it.
    pub(super) fn is_possible(&self) -> bool {
        match self {
            Self::Kick { nick, room, .. } => names::is_still_good(nick) && names::is_room_key(room),
            Self::SetOwner { nick, room, id, .. } => {
                let is_id = (1..=PERSON_ID_BYTES_MAX).contains(&id.len());
                names::is_still_good(nick) && names::is_room_key(room) && is_id
            }
            Self::Ban { who, .. } => is_name_or_address(who),
            Self::Unban { who, whom, .. } => is_name_or_address(who) && whom.len() <= BANS_MAX,
        }
    }
}
