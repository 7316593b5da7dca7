//! The size of the history, for monitoring.

use super::History;
use super::files::beside;
use super::reads::read;
use super::store::Store;
use crate::limits::UNINDEXED_COUNTED_MAX;
use std::fs;
use std::path::Path;

/// The size of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Messages at the end whose words are not indexed yet; counted up to a limit.
    pub unindexed: u64,
    /// Messages that are not in its file.
    pub unsaved: u64,
    /// 1 while it cannot be written, else 0.
    pub failing: u64,
    /// Bytes of its file.
    pub file_bytes: u64,
    /// Bytes of the log beside it.
    pub log_bytes: u64,
}

impl History {
    /// Its sizes; `None` if no history is kept.
    pub fn sizes(&self) -> Option<Sizes> {
        let store = self.store.as_ref()?;
        let path = Path::new(store.connection.path()?);
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let unindexed = read(Some(store.count_unindexed())).unwrap_or_default();
        let log_bytes = bytes(&beside(path, "-wal"));
        let (unsaved, failing) = (self.unsaved(), u64::from(self.health.is_failing));
        Some(Sizes { unindexed, unsaved, failing, file_bytes: bytes(path), log_bytes })
    }
}

impl Store {
    /// Messages whose words are not indexed, counted up to a limit, because their numbers have
    /// gaps.
    fn count_unindexed(&self) -> rusqlite::Result<u64> {
        if self.unindexed() == 0 {
            return Ok(0);
        }
        let sql = "SELECT count(*) FROM (SELECT 1 FROM message WHERE id > ? LIMIT ?)";
        let mut select = self.connection.prepare_cached(sql)?;
        let count: i64 =
            select.query_row([self.indexed, UNINDEXED_COUNTED_MAX], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}
