//! An operator's order in the form of an entry, and of the hash of bans.

use crate::chat::history::{Ban, ChatRole, Order, PurgeOrder, ToldAt};
use crate::chat::names;
use crate::limits::{BAN_WHY_BYTES_MAX, PERSON_ID_BYTES_MAX};
use serde::{Deserialize, Serialize};

/// An operator's order, or a ban of a moderator's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::chat::shared) enum WrittenOrder {
    Ban {
        /// A network, or `@ID` for a person, or `muted @ID`.
        network: String,
        made: i64,
        until: Option<i64>,
        why: String,
        #[serde(default)]
        nick: String,
        #[serde(default)]
        moderator: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        maker: String,
    },
    Unban {
        network: String,
    },
    Purge {
        before: i64,
        room: Option<String>,
    },
    Roles {
        person: String,
        roles: Vec<String>,
    },
}

impl WrittenOrder {
    /// A ban that was ordered at `made_ms`, in Unix milliseconds.
    pub(in crate::chat::shared) fn ban(ban: &Ban, made_ms: i64) -> Self {
        let Ban { whom, until_ms, why, nick, moderator, maker } = ban;
        let (network, why) = (whom.to_string(), why.clone());
        let (nick, moderator, maker) = (nick.clone(), moderator.clone(), maker.clone());
        Self::Ban { network, made: made_ms, until: *until_ms, why, nick, moderator, maker }
    }

    pub(in crate::chat::shared) fn write(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads an order as the hash of bans has it, after the id of its entry and the time at which
    /// the broker forgets it; `None` if no node wrote it.
    pub(in crate::chat::shared) fn read(text: &str) -> Option<(ToldAt, Order)> {
        let (at, text) = text.split_once(' ')?;
        let (_, text) = text.split_once(' ')?;
        let order = serde_json::from_str::<Self>(text).ok()?.order()?;
        Some((ToldAt::parse(at)?, order))
    }

    /// The order; `None` if nobody can have given it.
    pub(super) fn order(&self) -> Option<Order> {
        Some(match self {
            Self::Ban { network, made, until, why, nick, moderator, maker } => {
                let whom = network.parse().ok()?;
                let why = Some(why.clone()).filter(|why| why.len() <= BAN_WHY_BYTES_MAX)?;
                let is_nick = |nick: &String| nick.is_empty() || names::is_still_good(nick);
                let nick = Some(nick.clone()).filter(is_nick)?;
                let moderator = Some(moderator.clone()).filter(is_nick)?;
                let maker = Some(maker.clone()).filter(|id| id.len() <= PERSON_ID_BYTES_MAX)?;
                let ban = Ban { whom, until_ms: *until, why, nick, moderator, maker };
                Order::Ban { ban, made_ms: *made }
            }
            Self::Unban { network } => Order::Unban { whom: network.parse().ok()? },
            Self::Purge { before, room } => {
                let is_key = |room: &str| names::room_key(room).as_deref() == Ok(room);
                if !room.as_deref().is_none_or(is_key) {
                    return None;
                }
                Order::Purge(PurgeOrder::before(*before, room.clone()))
            }
            // Roles of a newer program count for nothing here.
            Self::Roles { person, roles } => {
                let person = Some(person.clone()).filter(|it| it.len() <= PERSON_ID_BYTES_MAX)?;
                let roles = roles.iter().filter_map(|role| role.parse().ok()).collect();
                Order::Roles { person, roles }
            }
        })
    }
}

impl From<&Order> for WrittenOrder {
    fn from(order: &Order) -> Self {
        match order {
            Order::Ban { ban, made_ms } => Self::ban(ban, *made_ms),
            Order::Unban { whom } => Self::Unban { network: whom.to_string() },
            Order::Purge(PurgeOrder { before_ms, room, .. }) => {
                Self::Purge { before: *before_ms, room: room.clone() }
            }
            Order::Roles { person, roles } => {
                let roles = roles.iter().map(ChatRole::to_string).collect();
                Self::Roles { person: person.clone(), roles }
            }
        }
    }
}
