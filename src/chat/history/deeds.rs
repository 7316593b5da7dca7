//! The log of what people who keep order have done, and of roles that operators have given. It is
//! kept for a while, and read from outside.

use super::{History, OpenError, Registrations};
use crate::limits::{DEEDS_KEPT_MAX, DEEDS_KEPT_MS, DEEDS_WAITING_MAX};
use rusqlite::{Connection, params};

/// An act of somebody who keeps order, as the log has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoggedDeed {
    /// Its time, in Unix milliseconds.
    pub ts: i64,
    /// The nick of the person who has done it; empty if it was an operator.
    pub moderator: String,
    /// The command: `kick`, `ban` and so on.
    pub what: String,
    /// The nick of the person, or the address, that it was done to.
    pub target: String,
    /// The room; empty if it was the whole chat.
    pub room: String,
    /// The end, in Unix milliseconds; `None` if it has none.
    pub until_ms: Option<i64>,
    /// The reason; empty if none was given.
    pub why: String,
}

impl Registrations {
    /// The log since this time, in Unix milliseconds, the oldest act first.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn deeds(&self, since_ms: i64) -> Result<Vec<LoggedDeed>, OpenError> {
        let sql = "SELECT ts, moderator, what, target, room, until, why FROM deed
                   WHERE ts >= ? ORDER BY number";
        let mut select = self.connection().prepare(sql)?;
        let all = select.query_map([since_ms], |row| {
            let (ts, moderator, what, target) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let (room, until_ms, why) = (row.get(4)?, row.get(5)?, row.get(6)?);
            Ok(LoggedDeed { ts, moderator, what, target, room, until_ms, why })
        })?;
        Ok(all.collect::<Result<_, _>>()?)
    }
}

impl History {
    /// Logs an act.
    pub(crate) fn log_deed(&mut self, deed: LoggedDeed) {
        if self.store.is_none() {
            return;
        }
        self.deeds.push_back(deed);
        if self.deeds.len() > DEEDS_WAITING_MAX {
            self.deeds.pop_front();
            log::error!("an act of a moderator is not logged: the file cannot be written");
        }
    }
}

/// Writes acts to the log, and forgets those that are too old or too many.
pub(super) fn write<'a>(
    connection: &Connection,
    deeds: impl IntoIterator<Item = &'a LoggedDeed>,
) -> rusqlite::Result<()> {
    let mut now_ms = None;
    for LoggedDeed { ts, moderator, what, target, room, until_ms, why } in deeds {
        let sql = "INSERT INTO deed (ts, moderator, what, target, room, until, why)
                   VALUES (?, ?, ?, ?, ?, ?, ?)";
        let row = params![ts, moderator, what, target, room, until_ms, why];
        connection.prepare_cached(sql)?.execute(row)?;
        now_ms = Some(*ts);
    }
    if let Some(now_ms) = now_ms {
        let sql = "DELETE FROM deed WHERE ts < ?
                   OR number <= (SELECT max(number) FROM deed) - ?";
        let kept = params![now_ms.saturating_sub(DEEDS_KEPT_MS), DEEDS_KEPT_MAX];
        connection.prepare_cached(sql)?.execute(kept)?;
    }
    Ok(())
}
