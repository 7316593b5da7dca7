//! An operator's order in the form of an entry, and of the hash of bans.

use super::WrittenOrder;
use crate::chat::history::{Ban, Order, PurgeOrder, ToldAt};
use crate::chat::names;
use crate::limits::BAN_WHY_BYTES_MAX;

impl WrittenOrder {
    /// A ban that was ordered at `made_ms`, in Unix milliseconds.
    pub(in crate::chat::nodes) fn ban(ban: &Ban, made_ms: i64) -> Self {
        let Ban { network, until_ms, why } = ban;
        let (network, why) = (network.to_string(), why.clone());
        Self::Ban { network, made: made_ms, until: *until_ms, why }
    }

    pub(in crate::chat::nodes) fn write(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads an order as the hash of bans has it, after the id of its entry and the time at which
    /// Redis forgets it; `None` if no node wrote it.
    pub(in crate::chat::nodes) fn read(text: &str) -> Option<(ToldAt, Order)> {
        let (at, text) = text.split_once(' ')?;
        let (_, text) = text.split_once(' ')?;
        let order = serde_json::from_str::<Self>(text).ok()?.order()?;
        Some((ToldAt::parse(at)?, order))
    }

    /// The order; `None` if nobody can have given it.
    pub(super) fn order(&self) -> Option<Order> {
        Some(match self {
            Self::Ban { network, made, until, why } => {
                let network = network.parse().ok()?;
                let why = Some(why.clone()).filter(|why| why.len() <= BAN_WHY_BYTES_MAX)?;
                Order::Ban { ban: Ban { network, until_ms: *until, why }, made_ms: *made }
            }
            Self::Unban { network } => Order::Unban { network: network.parse().ok()? },
            Self::Purge { before, room } => {
                let is_key = |room: &str| names::room_key(room).as_deref() == Ok(room);
                if !room.as_deref().is_none_or(is_key) {
                    return None;
                }
                Order::Purge(PurgeOrder { before_ms: *before, room: room.clone() })
            }
        })
    }
}

impl From<&Order> for WrittenOrder {
    fn from(order: &Order) -> Self {
        match order {
            Order::Ban { ban, made_ms } => Self::ban(ban, *made_ms),
            Order::Unban { network } => Self::Unban { network: network.to_string() },
            Order::Purge(PurgeOrder { before_ms, room }) => {
                Self::Purge { before: *before_ms, room: room.clone() }
            }
        }
    }
}
