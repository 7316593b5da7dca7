//! The bans that all nodes know of, as the file has them: each with the entry that told of it. Of
//! two orders about a network the later one counts. So a node that begins can compare its file with
//! Redis, whichever of the two is older.

use super::{Ban, Banned, History, Order};
use crate::chat::history::bans;
use crate::chat::history::reads::read;
use crate::limits::{BANS_LIFTED_MAX, BANS_LIFTED_MS};
use mio_socketio::Now;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::HashSet;

/// The id of the entry that has told an order: a later order has a higher one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ToldAt {
    number: i64,
    part: i64,
}

impl ToldAt {
    /// Reads `NUMBER-PART`; `None` if the text is no such id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, part) = text.split_once('-')?;
        Some(Self { number: number.parse().ok()?, part: part.parse().ok()? })
    }
}

impl History {
    /// The entry of the stream whose facts are applied now.
    pub(crate) fn told_at(&self) -> ToldAt {
        self.place().and_then(ToldAt::parse).unwrap_or_default()
    }

    /// The last entry that has told of such a ban, or of its end; `None` if none is known.
    pub(crate) fn ban_told_at(&mut self, whom: &Banned) -> Option<ToldAt> {
        let whom = whom.stored();
        if let Some((Some(at), ..)) = self.orders.bans.get(&whom) {
            return Some(*at);
        }
        let store = self.store.as_ref();
        read(store.map(|store| last_told(&store.connection, &whom))).flatten()
    }

    /// Notes that other nodes know a ban, or its end, only as they were told at `at`; this file has
    /// a later order, which is then told again.
    pub(crate) fn others_know(&mut self, order: &Order, at: ToldAt, now: Now) {
        let now_ms = now.unix_ms.cast_signed();
        self.tell_again(|connection| match order {
            Order::Ban { ban, .. } => note_ban(connection, ban, at),
            Order::Unban { whom } => note_unban(connection, &whom.stored(), at, now_ms),
            Order::Purge(_) | Order::Roles { .. } => Ok(()),
        });
    }

    /// Makes all bans untold, because Redis has lost its data.
    pub(crate) fn untell_bans(&mut self) {
        self.tell_again(|connection| {
            connection.execute("DELETE FROM told_ban WHERE lifted = 0", []).map(|_| ())
        });
    }

    /// Looks at the bans that Redis does not have, now that all of its bans are `known`. Returns
    /// those that were told up to `swept`: they were lifted so long ago that Redis has forgotten
    /// them. Redis has lost the others, and they are told again.
    pub(crate) fn bans_missing(&mut self, known: &HashSet<Banned>, swept: ToldAt) -> Vec<Banned> {
        let store = self.store.as_ref();
        let told = read(store.map(|store| all_told(&store.connection))).unwrap_or_default();
        let mut lifted = Vec::new();
        for (whom, at) in told.into_iter().filter(|(whom, _)| !known.contains(whom)) {
            // One that was told before orders had places may be in force.
            if at <= swept && at > ToldAt::default() {
                lifted.push(whom);
                continue;
            }
            self.tell_again(|connection| {
                let sql = "DELETE FROM told_ban WHERE network = ?";
                connection.prepare_cached(sql)?.execute([whom.stored()]).map(|_| ())
            });
        }
        lifted
    }

    /// Changes what other nodes know, as far as this file is concerned: the difference is told.
    fn tell_again(&mut self, change: impl FnOnce(&Connection) -> rusqlite::Result<()>) {
        let Some(store) = &mut self.store else { return };
        store.has_order_news = true;
        if let Err(error) = change(&store.connection) {
            log::warn!("bans are not told again error=\"{error}\"");
        }
        store.log.used();
    }
}

fn last_told(connection: &Connection, network: &str) -> rusqlite::Result<Option<ToldAt>> {
    let sql = "SELECT number, part FROM told_ban WHERE network = ?";
    let mut select = connection.prepare_cached(sql)?;
    let at = |row: &rusqlite::Row<'_>| Ok(ToldAt { number: row.get(0)?, part: row.get(1)? });
    select.query_row([network], at).optional()
}

/// The bans in force as other nodes were told of them.
fn all_told(connection: &Connection) -> rusqlite::Result<Vec<(Banned, ToldAt)>> {
    let sql = "SELECT network, number, part FROM told_ban WHERE lifted = 0";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([])?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let at = ToldAt { number: row.get(1)?, part: row.get(2)? };
        // An entry that somebody has written in another form is ignored.
        told.extend(row.get::<_, String>(0)?.parse().ok().map(|network| (network, at)));
    }
    Ok(told)
}

/// Whether the file has a ban as all nodes know it. If it was changed here a moment ago, the change
/// is not told yet; it comes after the order that is written now, and stays.
fn is_told(connection: &Connection, network: &str, now_ms: i64) -> rusqlite::Result<bool> {
    for table in ["ban", "told_ban"] {
        let sql = format!("DELETE FROM {table} WHERE until <= ?");
        connection.prepare_cached(&sql)?.execute([now_ms])?;
    }
    let sql = "SELECT (SELECT coalesce(until, '') || ' ' || why FROM ban WHERE network = ?1)
               IS (SELECT coalesce(until, '') || ' ' || why FROM told_ban
                   WHERE network = ?1 AND lifted = 0)";
    connection.prepare_cached(sql)?.query_row([network], |row| row.get(0))
}

/// Writes a ban that all nodes know of by the entry at `at`.
pub(super) fn write_ban(
    transaction: &Transaction<'_>,
    ban: &Ban,
    made_ms: i64,
    at: ToldAt,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let is_told = is_told(transaction, &ban.whom.stored(), now_ms)?;
    note_ban(transaction, ban, at)?;
    match is_told {
        true => bans::write_ban(transaction, ban, made_ms),
        false => Ok(()),
    }
}

/// Writes that a ban was lifted, as all nodes know by the entry at `at`.
pub(super) fn write_unban(
    transaction: &Transaction<'_>,
    whom: &Banned,
    at: ToldAt,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let is_told = is_told(transaction, &whom.stored(), now_ms)?;
    note_unban(transaction, &whom.stored(), at, now_ms)?;
    match is_told {
        true => bans::write_unban(transaction, whom).map(|_| ()),
        false => Ok(()),
    }
}

fn note_ban(connection: &Connection, ban: &Ban, at: ToldAt) -> rusqlite::Result<()> {
    let Ban { whom, until_ms, why, .. } = ban;
    let sql = "INSERT OR REPLACE INTO told_ban (network, until, why, number, part)
               VALUES (?, ?, ?, ?, ?)";
    let row = params![whom.stored(), until_ms, why, at.number, at.part];
    connection.prepare_cached(sql)?.execute(row).map(|_| ())
}

/// The row of a lifted ban tells of it if Redis comes back with older data. It stays for a while.
fn note_unban(
    connection: &Connection,
    network: &str,
    at: ToldAt,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO told_ban (network, why, number, part, lifted)
               VALUES (?, '', ?, ?, ?)";
    let row = params![network, at.number, at.part, now_ms];
    connection.prepare_cached(sql)?.execute(row).map(|_| ())
}

/// Forgets bans that were lifted long ago, and the oldest of too many.
pub(super) fn forget_lifted(connection: &Connection, now_ms: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM told_ban WHERE lifted <> 0 AND (lifted < ?1 OR network IN
               (SELECT network FROM told_ban WHERE lifted <> 0
                ORDER BY lifted DESC LIMIT -1 OFFSET ?2))";
    let kept = params![now_ms - BANS_LIFTED_MS.cast_signed(), BANS_LIFTED_MAX];
    connection.prepare_cached(sql)?.execute(kept).map(|_| ())
}
