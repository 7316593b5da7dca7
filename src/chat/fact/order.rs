//! Facts about keeping order.
//!
//! A deed is the fact of somebody who keeps order. If something follows from it for a person, that
//! is the person's own fact, which their server adds (`chat::order`): only that server knows what
//! the person does at the same time.

use crate::chat::history::{Ban, Banned, LoggedDeed, Order};
use mio_socketio::SocketId;
use std::rc::Rc;

/// Somebody who keeps order has done something.
#[derive(Debug)]
pub(in crate::chat) struct Moderated<'a> {
    pub(in crate::chat) by: SocketId,
    /// Their nick.
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) deed: Deed,
    /// The reason; empty if they gave none.
    pub(in crate::chat) why: &'a str,
}

/// An act of somebody who keeps order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum Deed {
    /// The person at this socket, who has this nick, must leave a room.
    Kick { target: SocketId, nick: Rc<str>, room: Rc<str> },
    /// Somebody is banned or muted.
    Ban(Barred),
    /// The registered person with this id owns a room from now on, or no longer.
    SetOwner { target: SocketId, nick: Rc<str>, id: Rc<str>, room: Rc<str>, is_on: bool },
    /// Bans by this name, or of this address, are lifted.
    Unban { who: Rc<str>, whom: Vec<Banned>, are_muted: bool },
}

/// Somebody who is banned or muted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) struct Barred {
    /// Their socket, if they are here.
    pub(in crate::chat) target: SocketId,
    /// Their nick, or the address that is banned.
    pub(in crate::chat) who: Rc<str>,
    pub(in crate::chat) whom: Banned,
    /// They are a guest, who could come again as somebody else.
    pub(in crate::chat) is_guest: bool,
    /// In Unix milliseconds; `None` is for good.
    pub(in crate::chat) until_ms: Option<i64>,
    /// The time of the deed.
    pub(in crate::chat) made_ms: i64,
}

impl Moderated<'_> {
    /// The deed as the log has it.
    pub(in crate::chat) fn logged(&self, ts: i64) -> LoggedDeed {
        let (what, target) = match &self.deed {
            Deed::Kick { nick, .. } => ("kick", nick),
            Deed::SetOwner { nick, is_on: true, .. } => ("op", nick),
            Deed::SetOwner { nick, .. } => ("deop", nick),
            Deed::Ban(Barred { who, whom: Banned::Muted(_), .. }) => ("mute", who),
            Deed::Ban(Barred { who, .. }) => ("ban", who),
            Deed::Unban { who, are_muted: true, .. } => ("unmute", who),
            Deed::Unban { who, .. } => ("unban", who),
        };
        let room = match &self.deed {
            Deed::Kick { room, .. } | Deed::SetOwner { room, .. } => room.to_string(),
            Deed::Ban(_) | Deed::Unban { .. } => String::new(),
        };
        let until_ms = match &self.deed {
            Deed::Ban(barred) => barred.until_ms,
            Deed::Kick { .. } | Deed::SetOwner { .. } | Deed::Unban { .. } => None,
        };
        let (moderator, why) = (self.nick.to_string(), self.why.to_owned());
        let (what, target) = (what.to_owned(), target.to_string());
        LoggedDeed { ts, moderator, what, target, room, until_ms, why }
    }

    /// The orders about bans that the deed gives to all servers.
    pub(in crate::chat) fn orders(&self) -> Vec<Order> {
        match &self.deed {
            Deed::Kick { .. } | Deed::SetOwner { .. } => Vec::new(),
            Deed::Ban(barred) => vec![self.order(barred, barred.whom.clone())],
            Deed::Unban { whom, .. } => {
                whom.iter().map(|whom| Order::Unban { whom: whom.clone() }).collect()
            }
        }
    }

    /// The order of a ban, as far as this network or this person is concerned.
    pub(in crate::chat) fn order(&self, barred: &Barred, whom: Banned) -> Order {
        let Barred { who, whom: first, until_ms, made_ms, .. } = barred;
        let nick = if matches!(first, Banned::Network(_)) { "" } else { &**who };
        let (nick, moderator) = (nick.to_owned(), self.nick.to_string());
        let ban = Ban { whom, until_ms: *until_ms, why: self.why.to_owned(), nick, moderator };
        Order::Ban { ban, made_ms: *made_ms }
    }
}

/// A person was removed from a room.
#[derive(Debug)]
pub(in crate::chat) struct Removed<'a> {
    /// The person.
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) room: Rc<str>,
    /// The room to which they go, if they are in one at a time.
    pub(in crate::chat) to: Option<Rc<str>>,
    /// They cannot be without this room: their connection ends.
    pub(in crate::chat) must_go: bool,
    /// The nick of the person who has removed them.
    pub(in crate::chat) moderator: Rc<str>,
    /// The reason; empty if there is none.
    pub(in crate::chat) why: &'a str,
}
