//! Operators' orders at one node for all nodes of a chat: bans, and purges. The file has the orders
//! given at it, and the orders that all nodes know. Other nodes must be told the difference.

mod told;

use super::reads::read;
use super::store::Store;
use super::{Ban, Banned, ChatRole, History, bans, roles};
use crate::limits::{ORDERS_TOLD_AT_ONCE, PURGE_ORDERS_MAX, ROLES_MAX};
use mio_socketio::Now;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::BTreeMap;
pub(crate) use told::ToldAt;

/// Something that an operator orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// Somebody is banned or muted, or that gets another end or another reason.
    Ban {
        ban: Ban,
        /// The time of the order, in Unix milliseconds.
        made_ms: i64,
    },
    /// A ban is lifted.
    Unban { whom: Banned },
    /// Messages from before a time are erased.
    Purge(PurgeOrder),
    /// The registered person with this id has these roles and no others.
    Roles { person: String, roles: Vec<ChatRole> },
}

/// The messages that a purge must erase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeOrder {
    /// Only messages from before this time, in Unix milliseconds.
    pub before_ms: i64,
    /// Only messages up to the one with this number.
    pub upto_id: i64,
    /// Only those in this room; `None` is all, private ones too.
    pub room: Option<String>,
}

impl PurgeOrder {
    /// To erase no message, but the traces of deleted ones.
    pub(crate) const TRACES: Self = Self::before(i64::MIN, None);

    /// To erase messages from before a time, in Unix milliseconds, in a room or everywhere.
    pub const fn before(before_ms: i64, room: Option<String>) -> Self {
        Self { before_ms, upto_id: i64::MAX, room }
    }

    /// To erase the messages of a room up to the one with this number, whatever their times are.
    pub const fn upto(upto_id: i64, room: String) -> Self {
        Self { before_ms: i64::MAX, upto_id, room: Some(room) }
    }

    /// The line for some orders, without its end: of each the time, the number and the room with
    /// spaces between them, and tabs between the orders. No room's name has a tab.
    pub fn line(orders: &[Self]) -> String {
        let room = |it: &Self| it.room.clone().unwrap_or_else(|| ALL.to_owned());
        let each = orders.iter().map(|it| format!("{} {} {}", it.before_ms, it.upto_id, room(it)));
        each.collect::<Vec<_>>().join("\t")
    }

    /// Reads such a line; `None` if it is none.
    pub fn of_line(line: &str) -> Option<Vec<Self>> {
        let each = line.trim_end_matches('\n').split('\t').map(|order| {
            let (before_ms, order) = order.split_once(' ')?;
            let (upto_id, room) = order.split_once(' ')?;
            let (before_ms, upto_id) = (before_ms.parse().ok()?, upto_id.parse().ok()?);
            let room = Some(room).filter(|room| *room != ALL).map(str::to_owned);
            Some(Self { before_ms, upto_id, room })
        });
        each.collect()
    }
}

/// The progress of a purge for all nodes, as the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PurgeStep {
    /// It was begun at this file, and other nodes do not know of it.
    Untold = 0,
    /// They do. The erased messages must be taken out of the stream.
    Told = 1,
    /// It was begun at another node, and must be done in this file.
    Undone = 2,
}

/// The name of no room: all of them.
const ALL: &str = "";

/// Orders that all nodes know of, and that are not in the file yet. Of each network the latest one
/// waits, so bans and their ends are no more than there are networks with one.
#[derive(Debug, Default)]
pub(super) struct NotWritten {
    /// By the form in which the file has a network or a person: the place of the order among those
    /// of all nodes, and the time at which it was kept. On a lone server it has no place.
    bans: BTreeMap<String, (Option<ToldAt>, i64, Order)>,
    purges: Vec<PurgeOrder>,
    /// Roles by the ids of people.
    roles: BTreeMap<String, Vec<ChatRole>>,
}

impl NotWritten {
    pub(super) fn len(&self) -> usize {
        self.bans.len() + self.purges.len() + self.roles.len()
    }
}

impl Order {
    /// The network or the person that a ban or its end is about.
    pub(crate) const fn whom(&self) -> Option<&Banned> {
        match self {
            Self::Ban { ban, .. } => Some(&ban.whom),
            Self::Unban { whom } => Some(whom),
            Self::Purge(_) | Self::Roles { .. } => None,
        }
    }
}

impl History {
    /// Keeps a ban, or its end, that was ordered at this server `now`. If there are other nodes,
    /// they do not know of it.
    pub(crate) fn keep_own_order(&mut self, order: Order, now: Now) {
        self.keep(order, None, now);
    }

    /// Keeps an order that all nodes know of since `now`, by the entry at `at`.
    pub(crate) fn keep_order(&mut self, order: Order, at: ToldAt, now: Now) {
        self.keep(order, Some(at), now);
    }

    fn keep(&mut self, order: Order, at: Option<ToldAt>, now: Now) {
        if self.store.is_none() {
            return;
        }
        let unwritten = &mut self.orders;
        match order {
            Order::Purge(purge) => {
                // The file keeps no more.
                if unwritten.purges.len() < usize::try_from(PURGE_ORDERS_MAX).unwrap_or_default() {
                    unwritten.purges.push(purge);
                }
            }
            Order::Roles { person, roles } => {
                if unwritten.roles.len() < usize::try_from(ROLES_MAX).unwrap_or_default() {
                    unwritten.roles.insert(person, roles);
                }
            }
            Order::Ban { .. } | Order::Unban { .. } => {
                let Some(whom) = order.whom().map(Banned::stored) else { return };
                let now_ms = now.unix_ms.cast_signed();
                unwritten.bans.insert(whom, (at, now_ms, order));
            }
        }
    }

    /// Whether the file may have unread orders.
    pub(crate) fn has_order_news(&self) -> bool {
        self.store.as_ref().is_some_and(|store| store.has_order_news && !self.health.is_away)
    }

    /// All orders have been told as far as possible: the next look is after a change of the file.
    pub(crate) fn no_order_news(&mut self) {
        if let Some(store) = &mut self.store {
            store.has_order_news = false;
        }
    }

    /// Orders that other nodes do not know of, some at once.
    pub(crate) fn untold_orders(&mut self, now: Now) -> Vec<Order> {
        let store = self.store.as_mut();
        let now_ms = now.unix_ms.cast_signed();
        read(store.map(|store| untold(&store.connection, now_ms))).unwrap_or_default()
    }

    /// The first purge at this step.
    pub(crate) fn purge_at(&mut self, step: PurgeStep) -> Option<PurgeOrder> {
        let store = self.store.as_mut();
        read(store.map(|store| purge_at(&store.connection, step))).flatten()
    }

    /// Notes that this purge, at this step, is done. Its number alone would not tell it from a
    /// later one: SQLite gives the number of a deleted row again, and a purge that is replaced by a
    /// later one of the same messages is deleted while it runs.
    pub(crate) fn purge_is_done(&mut self, step: PurgeStep, purge: &PurgeOrder) {
        let Some(store) = &mut self.store else { return };
        let PurgeOrder { before_ms, room, .. } = purge;
        let room = room.as_deref().unwrap_or(ALL);
        let sql = "DELETE FROM purge_order WHERE step = ? AND room = ? AND before = ?";
        let done = params![step as i64, room, before_ms];
        if let Err(error) = store.connection.execute(sql, done) {
            log::debug!("a purge will be done again error=\"{error}\"");
        }
        store.log.used();
    }
}

impl Store {
    /// Notes that orders were written: bans are read again, and untold orders looked for.
    pub(super) const fn orders_written(&mut self) {
        (self.bans_version, self.has_order_news) = (None, true);
    }
}

/// Writes orders that all nodes know of, each with the time at which it was kept.
pub(super) fn write(transaction: &Transaction<'_>, orders: &NotWritten) -> rusqlite::Result<()> {
    for (at, now_ms, order) in orders.bans.values() {
        match (order, at) {
            (Order::Ban { ban, made_ms }, Some(at)) => {
                told::write_ban(transaction, ban, *made_ms, *at, *now_ms)?
            }
            (Order::Unban { whom }, Some(at)) => {
                told::write_unban(transaction, whom, *at, *now_ms)?
            }
            (Order::Ban { ban, made_ms }, None) => bans::write_ban(transaction, ban, *made_ms)?,
            (Order::Unban { whom }, None) => drop(bans::write_unban(transaction, whom)?),
            (Order::Purge(_) | Order::Roles { .. }, _) => (),
        }
    }
    for (person, roles) in &orders.roles {
        roles::write(transaction, person, roles)?;
    }
    if let Some((_, now_ms, _)) = orders.bans.values().next_back() {
        told::forget_lifted(transaction, *now_ms)?;
    }
    for purge in &orders.purges {
        write_purge(transaction, purge)?;
    }
    Ok(())
}

/// A purge that was begun here is told now; any other must be done here.
fn write_purge(transaction: &Transaction<'_>, purge: &PurgeOrder) -> rusqlite::Result<()> {
    let PurgeOrder { before_ms, room, .. } = purge;
    let room = room.as_deref().unwrap_or(ALL);
    let (to_tell, to_sweep, to_do) =
        (PurgeStep::Untold as i64, PurgeStep::Told as i64, PurgeStep::Undone as i64);
    let sql = "UPDATE purge_order SET step = ? WHERE step = ? AND room = ? AND before = ?";
    let told = params![to_sweep, to_tell, room, before_ms];
    if transaction.prepare_cached(sql)?.execute(told)? > 0 {
        return Ok(());
    }
    // The later of two erases all that the earlier one does.
    let sql = "DELETE FROM purge_order WHERE step = ? AND room = ? AND before <= ?";
    transaction.prepare_cached(sql)?.execute(params![to_do, room, before_ms])?;
    let sql = "INSERT INTO purge_order (room, before, step) SELECT ?, ?, ?
               WHERE (SELECT count(*) FROM purge_order) < ?";
    let order = params![room, before_ms, to_do, PURGE_ORDERS_MAX];
    if transaction.prepare_cached(sql)?.execute(order)? == 0 {
        log::error!("a purge of another node's is not done here: too many wait purge={purge:?}");
    }
    Ok(())
}

/// Notes a purge that begins at this file, if the file is that of a node: other nodes have to be
/// told.
pub(super) fn begin_purge(connection: &Connection, purge: &PurgeOrder) -> rusqlite::Result<()> {
    let PurgeOrder { before_ms, room, .. } = purge;
    let room = room.as_deref().unwrap_or(ALL);
    let to_tell = PurgeStep::Untold as i64;
    let sql = "DELETE FROM purge_order WHERE step = ? AND room = ? AND before <= ?";
    connection.execute(sql, params![to_tell, room, before_ms])?;
    let sql = "INSERT INTO purge_order (room, before, step) SELECT ?, ?, ?
               WHERE EXISTS (SELECT 1 FROM journal)";
    connection.execute(sql, params![room, before_ms, to_tell])?;
    Ok(())
}

/// Bans that were made, changed or lifted at this file, and purges that were begun at it.
fn untold(connection: &Connection, now_ms: i64) -> rusqlite::Result<Vec<Order>> {
    let mut orders = Vec::new();
    let sql = format!(
        "SELECT {}, made FROM ban WHERE (until IS NULL OR until > ?)
         AND NOT EXISTS (SELECT 1 FROM told_ban WHERE told_ban.network = ban.network
                         AND told_ban.lifted = 0 AND told_ban.until IS ban.until
                         AND told_ban.why = ban.why)
         ORDER BY made, network LIMIT ?",
        bans::COLUMNS
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params![now_ms, ORDERS_TOLD_AT_ONCE])?;
    while let Some(row) = rows.next()? {
        let made_ms = row.get("made")?;
        orders.extend(bans::ban(row)?.map(|ban| Order::Ban { ban, made_ms }));
    }
    let sql = "SELECT network FROM told_ban WHERE lifted = 0 AND (until IS NULL OR until > ?1)
               AND NOT EXISTS (SELECT 1 FROM ban WHERE ban.network = told_ban.network
                               AND (ban.until IS NULL OR ban.until > ?1)) LIMIT ?2";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![now_ms, ORDERS_TOLD_AT_ONCE])?;
    while let Some(row) = rows.next()? {
        if let Ok(whom) = row.get::<_, String>(0)?.parse() {
            orders.push(Order::Unban { whom });
        }
    }
    orders.extend(purge_at(connection, PurgeStep::Untold)?.map(Order::Purge));
    orders.extend(roles::untold(connection, ORDERS_TOLD_AT_ONCE)?);
    Ok(orders)
}

fn purge_at(connection: &Connection, step: PurgeStep) -> rusqlite::Result<Option<PurgeOrder>> {
    let sql = "SELECT room, before FROM purge_order WHERE step = ? ORDER BY number LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([step as i64], |row| {
        let room = Some(row.get::<_, String>(0)?).filter(|room| *room != ALL);
        Ok(PurgeOrder::before(row.get(1)?, room))
    });
    found.optional()
}
