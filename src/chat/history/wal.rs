//! SQLite's log of writes, which is merged into the file a little at a time, and cut when nobody
//! has talked for a while.

use super::error::is_busy;
use super::store::Store;
use crate::limits::{
    HISTORY_BUSY_MS, HISTORY_LOG_PAGES, HISTORY_LOG_PAGES_MAX, HISTORY_LOG_PAGES_TOLD,
    HISTORY_PAGE_BYTES,
};
use rusqlite::Connection;
use std::time::Duration;

/// The state of the log.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Whether something was written since it was cut.
    is_used: bool,
    /// Whether it probably starts again with the next write.
    pub(super) is_new: bool,
    /// Pages whose merging a reader prevented the last time.
    kept: i64,
    /// Whether it was logged that a reader holds it.
    is_told: bool,
}

impl Log {
    /// Something has been written.
    pub(super) const fn used(&mut self) {
        self.is_used = true;
    }

    /// Whether it must be cut when there is time.
    pub(super) const fn is_used(&self) -> bool {
        self.is_used
    }
}

/// Pages in the log, and how many of them are in the file too.
pub(super) fn log_pages(connection: &Connection, checkpoint: &str) -> rusqlite::Result<(i64, i64)> {
    let sql = format!("PRAGMA wal_checkpoint({checkpoint})");
    let mut pragma = connection.prepare_cached(&sql)?;
    pragma.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
}

/// Merges all of the log into the file, cuts it, and returns its pages as [`log_pages`] does. It
/// does not wait for readers, because waiting here would make others wait. Later calls wait up to
/// `busy_ms` again.
pub(super) fn truncate(connection: &Connection, busy_ms: u64) -> rusqlite::Result<(i64, i64)> {
    connection.busy_timeout(Duration::ZERO)?;
    let cut = log_pages(connection, "TRUNCATE");
    connection.busy_timeout(Duration::from_millis(busy_ms))?;
    cut
}

impl Store {
    fn log_pages(&self, checkpoint: &str) -> rusqlite::Result<(i64, i64)> {
        log_pages(&self.connection, checkpoint)
    }

    /// Merges the log into the file if it is long; true if it was. If a reader prevents much of it,
    /// that is left for a quiet moment.
    pub(super) fn bring_in(&mut self, is_quiet: bool) -> rusqlite::Result<bool> {
        let (pages, done) = self.log_pages("NOOP")?;
        let waits = pages - done;
        let is_long = waits >= self.log.kept + HISTORY_LOG_PAGES;
        if !is_long || waits >= HISTORY_LOG_PAGES_TOLD && !is_quiet && waits < HISTORY_LOG_PAGES_MAX
        {
            return Ok(false);
        }
        if !self.brings_in()? {
            return Ok(false);
        }
        let (pages, done) = self.log_pages("PASSIVE")?;
        self.log.kept = pages - done;
        self.log.is_new |= pages == done;
        self.tell_kept(pages, done);
        Ok(true)
    }

    /// Merges all of the log into the file and cuts it, unless somebody reads; then it is tried
    /// again.
    pub(super) fn cut_log(&mut self) -> rusqlite::Result<()> {
        if !self.brings_in()? {
            return Ok(());
        }
        let (pages, done) = match truncate(&self.connection, HISTORY_BUSY_MS) {
            Err(error) if is_busy(&error) => self.log_pages("NOOP")?,
            cut => cut?,
        };
        self.log.is_used = pages > 0;
        self.log.is_new |= pages == done;
        self.log.kept = pages - done;
        self.tell_kept(pages, done);
        Ok(())
    }

    /// Logs once that the log cannot be merged.
    fn tell_kept(&mut self, pages: i64, done: i64) {
        if pages - done < HISTORY_LOG_PAGES {
            self.log.is_told = false;
        } else if pages >= HISTORY_LOG_PAGES_TOLD && !self.log.is_told {
            self.log.is_told = true;
            let bytes = pages * HISTORY_PAGE_BYTES;
            log::warn!(
                "the history's log cannot be cut: another program reads the file log_bytes={bytes}"
            );
        }
    }
}
