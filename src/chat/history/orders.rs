//! Operators' orders at one node for all nodes of a chat: bans, and purges. The file has the orders
//! given at it, and the orders that all nodes know. Other nodes must be told the difference.

use super::reads::read;
use super::store::Store;
use super::{Ban, Banned, History};
use crate::limits::{ORDERS_TOLD_AT_ONCE, ORDERS_WAITING_MAX, PURGE_ORDERS_MAX};
use mio_socketio::Now;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// Something that an operator orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// A network is banned, or its ban gets another end or another reason.
    Ban {
        ban: Ban,
        /// The time of the order, in Unix milliseconds.
        made_ms: i64,
    },
    /// The ban on a network is lifted.
    Unban { network: Banned },
    /// Messages from before a time are erased.
    Purge(PurgeOrder),
}

/// The messages that a purge must erase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeOrder {
    /// Only messages from before this time, in Unix milliseconds.
    pub before_ms: i64,
    /// Only those in this room; `None` is all, private ones too.
    pub room: Option<String>,
}

impl PurgeOrder {
    /// Its form as a line, without the end of the line: the time, a space and the room.
    pub fn line(&self) -> String {
        format!("{} {}", self.before_ms, self.room.as_deref().unwrap_or(ALL))
    }

    /// Reads such a line; `None` if it is none.
    pub fn of_line(line: &str) -> Option<Self> {
        let (before_ms, room) = line.trim_end_matches('\n').split_once(' ')?;
        let room = Some(room).filter(|room| *room != ALL).map(str::to_owned);
        Some(Self { before_ms: before_ms.parse().ok()?, room })
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

impl History {
    /// Keeps an order that all nodes know of since `now`.
    pub(crate) fn keep_order(&mut self, order: Order, now: Now) {
        if self.store.is_none() {
            return;
        }
        self.orders.push_back((now.unix_ms.cast_signed(), order));
        if self.orders.len() > ORDERS_WAITING_MAX {
            self.orders.pop_front();
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

    /// Makes all bans untold, because Redis has lost its data and other nodes may no longer know
    /// them.
    pub(crate) fn untell_bans(&mut self) {
        let Some(store) = &mut self.store else { return };
        store.has_order_news = true;
        if let Err(error) = store.connection.execute("DELETE FROM told_ban", []) {
            log::warn!("bans are not told again error=\"{error}\"");
        }
        store.log.used();
    }

    /// The first purge at this step.
    pub(crate) fn purge_at(&mut self, step: PurgeStep) -> Option<PurgeOrder> {
        let store = self.store.as_mut();
        read(store.map(|store| purge_at(&store.connection, step))).flatten()
    }

    /// Notes that this purge, at this step, is done. Its number alone would not tell it from a later
    /// one: SQLite gives the number of a deleted row again, and a purge that is replaced by a later
    /// one of the same messages is deleted while it runs.
    pub(crate) fn purge_is_done(&mut self, step: PurgeStep, purge: &PurgeOrder) {
        let Some(store) = &mut self.store else { return };
        let PurgeOrder { before_ms, room } = purge;
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
pub(super) fn write<'o>(
    transaction: &Transaction<'_>,
    orders: impl IntoIterator<Item = &'o (i64, Order)>,
) -> rusqlite::Result<()> {
    for (now_ms, order) in orders {
        match order {
            Order::Ban { ban, made_ms } => write_ban(transaction, ban, *made_ms, *now_ms)?,
            Order::Unban { network } => write_unban(transaction, *network, *now_ms)?,
            Order::Purge(purge) => write_purge(transaction, purge)?,
        }
    }
    Ok(())
}

/// Whether the file has a ban as all nodes know it. If it was changed here a moment ago, the change
/// is not told yet; it comes after the order that is written now, and stays.
fn is_told(connection: &Connection, network: &str, now_ms: i64) -> rusqlite::Result<bool> {
    for table in ["ban", "told_ban"] {
        let sql = format!("DELETE FROM {table} WHERE until <= ?");
        connection.prepare_cached(&sql)?.execute([now_ms])?;
    }
    let sql = "SELECT (SELECT coalesce(until, '') || ' ' || why FROM ban WHERE network = ?1)
               IS (SELECT coalesce(until, '') || ' ' || why FROM told_ban WHERE network = ?1)";
    connection.prepare_cached(sql)?.query_row([network], |row| row.get(0))
}

fn write_ban(
    transaction: &Transaction<'_>,
    ban: &Ban,
    made_ms: i64,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let Ban { network, until_ms, why } = ban;
    let network = network.stored();
    let is_told = is_told(transaction, &network, now_ms)?;
    let sql = "INSERT OR REPLACE INTO told_ban (network, until, why) VALUES (?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![network, until_ms, why])?;
    if is_told {
        let sql = "INSERT OR REPLACE INTO ban (network, made, until, why) VALUES (?, ?, ?, ?)";
        transaction.prepare_cached(sql)?.execute(params![network, made_ms, until_ms, why])?;
    }
    Ok(())
}

fn write_unban(
    transaction: &Transaction<'_>,
    network: Banned,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let network = network.stored();
    let is_told = is_told(transaction, &network, now_ms)?;
    transaction.prepare_cached("DELETE FROM told_ban WHERE network = ?")?.execute([&network])?;
    if is_told {
        transaction.prepare_cached("DELETE FROM ban WHERE network = ?")?.execute([&network])?;
    }
    Ok(())
}

/// A purge that was begun here is told now; any other must be done here.
fn write_purge(transaction: &Transaction<'_>, purge: &PurgeOrder) -> rusqlite::Result<()> {
    let PurgeOrder { before_ms, room } = purge;
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
    let PurgeOrder { before_ms, room } = purge;
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
    let sql = "SELECT network, until, why, made FROM ban WHERE (until IS NULL OR until > ?)
               AND NOT EXISTS (SELECT 1 FROM told_ban WHERE told_ban.network = ban.network
                               AND told_ban.until IS ban.until AND told_ban.why = ban.why)
               ORDER BY made, network LIMIT ?";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![now_ms, ORDERS_TOLD_AT_ONCE])?;
    while let Some(row) = rows.next()? {
        let (network, until_ms, why, made_ms) =
            (row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        // An entry that somebody has written in another form is ignored.
        if let Ok(network) = network.parse() {
            orders.push(Order::Ban { ban: Ban { network, until_ms, why }, made_ms });
        }
    }
    let sql = "SELECT network FROM told_ban WHERE (until IS NULL OR until > ?1)
               AND NOT EXISTS (SELECT 1 FROM ban WHERE ban.network = told_ban.network
                               AND (ban.until IS NULL OR ban.until > ?1)) LIMIT ?2";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![now_ms, ORDERS_TOLD_AT_ONCE])?;
    while let Some(row) = rows.next()? {
        if let Ok(network) = row.get::<_, String>(0)?.parse() {
            orders.push(Order::Unban { network });
        }
    }
    orders.extend(purge_at(connection, PurgeStep::Untold)?.map(Order::Purge));
    Ok(orders)
}

fn purge_at(
    connection: &Connection,
    step: PurgeStep,
) -> rusqlite::Result<Option<PurgeOrder>> {
    let sql = "SELECT room, before FROM purge_order WHERE step = ? ORDER BY number LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([step as i64], |row| {
        let room = Some(row.get::<_, String>(0)?).filter(|room| *room != ALL);
        Ok(PurgeOrder { before_ms: row.get(1)?, room })
    });
    found.optional()
}
