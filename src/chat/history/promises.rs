//! Facts that are in the file before they are told, in the form of their entries. Their changes
//! come into the tables at the end of the turn, or later if the file cannot be written then. The
//! next server finds here the facts of one that was killed before that.

use super::History;
use super::reads::read;
use super::store::Store;
use crate::limits::PROMISES_AT_ONCE_MAX;
use rusqlite::{Transaction, params};

/// The facts of the file whose changes are in this history.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// The last one of them.
    upto: Option<i64>,
    /// Whether all those of an earlier server have been read. Before that, nothing is promised: its
    /// end would be the end of theirs.
    are_read: bool,
}

impl Promises {
    pub(super) const fn are_any(&self) -> bool {
        self.upto.is_some()
    }

    /// Their changes are in the tables.
    pub(super) const fn done(&mut self) {
        self.upto = None;
    }

    /// Removes them, in the transaction that writes their changes.
    pub(super) fn write_done(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if self.are_any() {
            let sql = "DELETE FROM promise WHERE number <= ?";
            transaction.prepare_cached(sql)?.execute([self.upto])?;
        }
        Ok(())
    }
}

impl History {
    /// Whether the file can be written, as far as that is known.
    pub(crate) const fn can_keep(&self) -> bool {
        self.keeps_registrations() && self.health.retry_ms.is_none()
    }

    /// Keeps a fact whose changes are made next, at once and not with the end of the turn. False if
    /// the file cannot be written now, or has promises that were not taken.
    pub(crate) fn promise(&mut self, text: &str) -> bool {
        let can_keep = self.can_keep() && self.promises.are_read;
        let Some(store) = self.store.as_mut().filter(|_| can_keep) else { return false };
        let mut upto = None;
        let written = store.write([], |transaction| {
            let sql = "INSERT INTO promise (text) VALUES (?)";
            upto = Some(transaction.prepare_cached(sql)?.insert([text])?);
            Ok(())
        });
        match &written {
            Ok(()) => self.promises.upto = upto,
            Err(error) => log::warn!("a fact is refused: it cannot be kept error=\"{error}\""),
        }
        written.is_ok()
    }

    /// The next facts that an earlier server has kept, and whose changes it has not written: each
    /// once, for the caller to make them, and up to [`PROMISES_AT_ONCE_MAX`]. None if the file
    /// cannot be read now, or if the changes of those before are not written.
    pub(crate) fn take_promises(&mut self) -> Vec<String> {
        if self.promises.are_read || self.promises.are_any() {
            return Vec::new();
        }
        let Some(found) = read(self.store.as_ref().map(Store::promises)) else { return Vec::new() };
        self.promises.are_read = found.len() < PROMISES_AT_ONCE_MAX;
        self.promises.upto = found.last().map(|(number, _)| *number);
        found.into_iter().map(|(_, text)| text).collect()
    }
}

impl Store {
    fn promises(&self) -> rusqlite::Result<Vec<(i64, String)>> {
        let sql = "SELECT number, text FROM promise ORDER BY number LIMIT ?";
        let count_max = i64::try_from(PROMISES_AT_ONCE_MAX).unwrap_or(i64::MAX);
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map(params![count_max], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }
}
