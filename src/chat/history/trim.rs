//! Deletes the oldest messages, a little at a time: those beyond a size, those beyond an age, and
//! those that a purge deletes.

use super::History;
use super::index;
use super::reads::read;
use super::store::Store;
use crate::limits::{
    HISTORY_MAX_TO_SLACK, HISTORY_PAGE_BYTES, HISTORY_TRIM_TOLD_MS, HISTORY_VACUUM_PAGES,
    HISTORY_VACUUM_PAGES_KEPT, TRIM_MERGE_PAUSE_MS, TRIM_ROWS, TRIM_SIDE_ROWS,
};
use mio_socketio::Now;
use mio_socketio::Stopwatch;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::collections::BTreeSet;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The bounds of the history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Bytes of the file; `None` is no limit.
    pub bytes_max: Option<u64>,
    /// Days after which a message is deleted; `None` is never.
    pub days: Option<u32>,
}

/// The reason for deleting the oldest messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trimming {
    /// The file has grown beyond [`Keep::bytes_max`].
    Size,
    /// They are older than [`Keep::days`].
    Age,
}

/// The state of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Whether the latest messages could not be written to the file; writing is tried again.
    pub is_failing: bool,
    /// The reason for deleting the oldest messages, while that is done.
    pub trims: Option<Trimming>,
    /// Bytes in use in the file.
    pub bytes: u64,
}

/// The progress of deleting.
#[derive(Debug, Default)]
pub(super) struct Trim {
    pub(super) keep: Keep,
    why: Option<Trimming>,
    /// Messages deleted since the last log line about it.
    count: usize,
    /// When the log last said that messages are deleted, in Unix milliseconds. In a full file some
    /// are deleted all the time.
    told_ms: Option<i64>,
    /// Bytes in use in the file, and the number up to which nothing is done: if no message is left
    /// to delete, nothing more is tried.
    bytes: u64,
    bytes_least: u64,
    /// Parts of the index from which words were removed, and that contain them until they are
    /// merged.
    unmerged: BTreeSet<i64>,
    /// When one may be merged again, in Unix milliseconds.
    merges_ms: i64,
}

impl Trim {
    /// Notes parts of the index from which words were removed.
    pub(super) fn has_unmerged(&mut self, parts: impl IntoIterator<Item = i64>) {
        self.unmerged.extend(parts);
    }

    pub(super) const fn is_on(&self) -> bool {
        self.why.is_some()
    }

    /// Whether the file is so large, or the first message so old, that something must be deleted.
    fn wanted(&self, first_ms: Option<i64>, now_ms: i64) -> Option<Trimming> {
        let first_ms = first_ms?;
        let is_old = self.keep.days.is_some_and(|days| first_ms < old_ms(now_ms, days));
        let is_large = self.keep.bytes_max.is_some_and(|max| {
            // Once begun, somewhat more is deleted, so that it does not begin again at once.
            let slack = max / HISTORY_MAX_TO_SLACK;
            let max = if self.why == Some(Trimming::Size) { max - slack } else { max };
            self.bytes > max.max(self.bytes_least.saturating_add(slack))
        });
        match (is_large, is_old) {
            (true, _) => Some(Trimming::Size),
            (false, true) => Some(Trimming::Age),
            (false, false) => None,
        }
    }

    /// Logs that deleting begins or ends, at a limited rate.
    fn becomes(&mut self, why: Option<Trimming>, now_ms: i64) {
        if std::mem::replace(&mut self.why, why) == why {
            return;
        }
        let is_told = self.told_ms.is_some_and(|at_ms| now_ms < at_ms + HISTORY_TRIM_TOLD_MS);
        if is_told {
            return;
        }
        let &mut Self { bytes, count, keep, .. } = self;
        match why {
            Some(Trimming::Size) => {
                let max = keep.bytes_max.unwrap_or_default();
                log::warn!(
                    "the history is full, its oldest messages are deleted: bytes={bytes} \
                     --history-max={max}"
                );
            }
            Some(Trimming::Age) => {
                let days = keep.days.unwrap_or_default();
                log::info!("the history's oldest messages are deleted: --keep={days}");
            }
            None => {
                log::info!("the history's oldest messages were deleted: count={count}");
                (self.told_ms, self.count) = (Some(now_ms), 0);
            }
        }
    }
}

fn old_ms(now_ms: i64, days: u32) -> i64 {
    now_ms.saturating_sub(i64::from(days) * DAY_MS)
}

/// The messages to delete.
#[derive(Debug, Clone, Copy)]
enum Old {
    /// The first, of any age. Their words go with their part of the index.
    First,
    /// Messages from before this time, in Unix milliseconds, with their words.
    Before(i64),
}

/// The deletions of one slice.
#[derive(Debug, Clone, Copy)]
struct Cut {
    count: usize,
    /// There may be something left to delete.
    more: bool,
    /// The part of the index from which words were removed.
    part: Option<i64>,
}

/// Deletes the first messages if they are old, with everything that belongs to them, in about
/// `seconds`.
fn cut(connection: &mut Connection, old: Old, seconds: f64) -> rusqlite::Result<Cut> {
    let watch = Stopwatch::start();
    let behavior = TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(behavior)?;
    keep_numbers(&transaction)?;
    let mut cut = Cut { count: 0, more: true, part: None };
    while cut.more && watch.seconds() < seconds {
        cut.more = cut_some(&transaction, old, &mut cut)?;
    }
    cut.more |= forget_what_belongs(&transaction)?;
    transaction.commit()?;
    if cut.count > 0 || !cut.more {
        cut.more |= index::drop_empty(connection, seconds)?;
    }
    Ok(cut)
}

/// Makes sure that numbers of deleted messages are not given again.
pub(super) fn keep_numbers(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let sql = "UPDATE given SET upto = max(upto, (SELECT coalesce(max(id), 0) FROM message))";
    transaction.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Deletes a message with everything that belongs to it alone, except its words. True if it
/// existed.
pub(super) fn delete(
    transaction: &Transaction<'_>,
    id: i64,
    place: &str,
) -> rusqlite::Result<bool> {
    let is_there =
        transaction.prepare_cached("DELETE FROM message WHERE id = ?")?.execute([id])? > 0;
    transaction.prepare_cached("DELETE FROM posted WHERE id = ?")?.execute([id])?;
    transaction.prepare_cached("DELETE FROM changed WHERE message = ?")?.execute([id])?;
    if place.starts_with('@') {
        end_conversation(transaction, place)?;
    }
    Ok(is_there)
}

/// Drops a private conversation if it has no message any more.
pub(super) fn end_conversation(transaction: &Transaction<'_>, place: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM conversation WHERE place = ?1
               AND NOT EXISTS (SELECT 1 FROM message WHERE place = ?1)";
    transaction.prepare_cached(sql)?.execute([place])?;
    Ok(())
}

/// Examines the first messages. True if the next ones may be old too.
fn cut_some(transaction: &Transaction<'_>, old: Old, cut: &mut Cut) -> rusqlite::Result<bool> {
    let sql = "SELECT id, ts, place, text FROM message ORDER BY id LIMIT ?";
    let mut select = transaction.prepare_cached(sql)?;
    let some: Vec<(i64, i64, String, String)> = select
        .query_map([TRIM_ROWS], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (id, ts, place, text) in &some {
        if let Old::Before(before_ms) = old {
            if *ts >= before_ms {
                return Ok(false);
            }
            cut.part = index::forget(transaction, *id, place, text)?.or(cut.part);
        }
        delete(transaction, *id, place)?;
        cut.count += 1;
    }
    Ok(!some.is_empty())
}

/// Drops conversations without a message, and keys of deleted messages. True if there may be more.
fn forget_what_belongs(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    let sql = "SELECT coalesce((SELECT min(id) FROM message), upto + 1) FROM given";
    let first: i64 = transaction.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    let mut more = false;
    for sql in [
        "DELETE FROM conversation WHERE (person, place) IN
         (SELECT person, place FROM conversation WHERE last < ? LIMIT ?)",
        "DELETE FROM posted WHERE (person, key) IN
         (SELECT person, key FROM posted WHERE id < ? LIMIT ?)",
    ] {
        let count = transaction.prepare_cached(sql)?.execute(params![first, TRIM_SIDE_ROWS])?;
        more |= i64::try_from(count).is_ok_and(|count| count >= TRIM_SIDE_ROWS);
    }
    Ok(more)
}

/// Pages of the file, and how many of them are free.
fn pages(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    let mut count = connection.prepare_cached("PRAGMA page_count")?;
    let mut free = connection.prepare_cached("PRAGMA freelist_count")?;
    Ok((count.query_row([], |row| row.get(0))?, free.query_row([], |row| row.get(0))?))
}

/// Whether a file has a format that can give free pages back to the disk.
pub(super) fn is_incremental(connection: &Connection) -> rusqlite::Result<bool> {
    let mut pragma = connection.prepare_cached("PRAGMA auto_vacuum")?;
    Ok(pragma.query_row([], |row| row.get::<_, i64>(0))? == 2)
}

/// Gives free pages back to the disk, except `kept` of them, `at_once` between two looks at the
/// clock, in about `seconds`. True if there may be more. Files from before this was possible cannot
/// do it: new messages use their free pages.
pub(super) fn shrink(
    connection: &mut Connection,
    kept: i64,
    at_once: i64,
    seconds: f64,
) -> rusqlite::Result<bool> {
    if !is_incremental(connection)? || pages(connection)?.1 <= kept {
        return Ok(false);
    }
    let watch = Stopwatch::start();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let vacuum = format!("PRAGMA incremental_vacuum({at_once})");
    let mut more = true;
    while more && watch.seconds() < seconds {
        transaction.execute_batch(&vacuum)?;
        more = pages(&transaction)?.1 > kept;
    }
    transaction.commit()?;
    Ok(more)
}

impl Store {
    /// Checks whether the file is too large, or the first messages too old.
    pub(super) fn look_for_old(&mut self, now_ms: i64) -> rusqlite::Result<Option<Trimming>> {
        let (count, free) = pages(&self.connection)?;
        let bytes = (count - free) * HISTORY_PAGE_BYTES;
        self.trim.bytes = u64::try_from(bytes).unwrap_or_default();
        let sql = "SELECT ts FROM message ORDER BY id LIMIT 1";
        let mut select = self.connection.prepare_cached(sql)?;
        let first_ms = select.query_map([], |row| row.get(0))?.next().transpose()?;
        let wanted = self.trim.wanted(first_ms, now_ms);
        self.trim.becomes(wanted, now_ms);
        Ok(wanted)
    }

    /// Deletes some of the oldest messages if they are too many or too old. True if it did.
    pub(super) fn trim(&mut self, now_ms: i64, seconds: f64) -> rusqlite::Result<bool> {
        let old = match self.look_for_old(now_ms)? {
            None => return Ok(false),
            Some(Trimming::Size) => Old::First,
            Some(Trimming::Age) => {
                Old::Before(old_ms(now_ms, self.trim.keep.days.unwrap_or_default()))
            }
        };
        let cut = cut(&mut self.connection, old, seconds)?;
        self.log.used();
        self.trim.count += cut.count;
        self.trim.has_unmerged(cut.part);
        self.trim.bytes_least = if cut.count > 0 { 0 } else { self.trim.bytes };
        Ok(true)
    }

    /// Removes deleted messages from the index completely, in about `seconds`. True if there is
    /// more to do. A whole part is rewritten for that, so it is not done each time.
    pub(super) fn merge_old(&mut self, now_ms: i64, seconds: f64) -> rusqlite::Result<bool> {
        let is_time = now_ms >= self.trim.merges_ms;
        let Some(number) = self.trim.unmerged.first().copied().filter(|_| is_time) else {
            return Ok(false);
        };
        if !index::merge_all(&mut self.connection, number, seconds)? {
            self.trim.unmerged.remove(&number);
            self.trim.merges_ms = now_ms.saturating_add(TRIM_MERGE_PAUSE_MS);
        }
        self.log.used();
        Ok(true)
    }

    /// Gives free pages back to the disk, except some.
    pub(super) fn shrink(&mut self, seconds: f64) -> rusqlite::Result<bool> {
        let (kept, at_once) = (HISTORY_VACUUM_PAGES_KEPT, HISTORY_VACUUM_PAGES);
        shrink(&mut self.connection, kept, at_once, seconds)
    }
}

impl History {
    /// Sets the limits beyond which the oldest messages are deleted.
    #[must_use]
    pub const fn keeping(mut self, keep: Keep) -> Self {
        if let Some(store) = &mut self.store {
            store.trim.keep = keep;
        }
        self
    }

    /// The largest size in bytes; `None` is no limit, or no history.
    pub(crate) fn bytes_max(&self) -> Option<u64> {
        self.store.as_ref()?.trim.keep.bytes_max
    }

    /// Whether messages are deleted once they are too old.
    pub(crate) fn keeps_for_days(&self) -> bool {
        self.store.as_ref().is_some_and(|store| store.trim.keep.days.is_some())
    }

    /// Checks whether something must be deleted, also while nobody talks.
    pub(crate) fn look_for_old(&mut self, now: Now) {
        let sure_ms = self.erases_ms(now);
        let store = self.store.as_mut().filter(|_| !self.health.is_away);
        read(store.map(|store| store.look_for_old(sure_ms)));
    }

    /// Its state.
    pub fn status(&self) -> Status {
        let is_failing = self.store.is_some() && self.health.is_failing;
        let trim = self.store.as_ref().map(|store| &store.trim);
        let (trims, bytes) = trim.map_or((None, 0), |trim| (trim.why, trim.bytes));
        Status { is_failing, trims, bytes }
    }
}
