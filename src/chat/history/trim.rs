//! The oldest messages go, a little at a time: what is beyond a size, what is older than it may
//! be, and what a purge is to delete.

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

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How much is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Bytes of the file; none is no limit.
    pub bytes_max: Option<u64>,
    /// Days after which a message goes; none is never.
    pub days: Option<u32>,
}

/// Why the oldest messages are being deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trimming {
    /// The file has grown beyond [`Keep::bytes_max`].
    Size,
    /// They are older than [`Keep::days`].
    Age,
}

/// How the history is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// What was said last could not be written to the file; it is tried again.
    pub is_failing: bool,
    /// Why the oldest messages are being deleted, if they are.
    pub trims: Option<Trimming>,
    /// Bytes that are used in the file.
    pub bytes: u64,
}

/// Where deleting has come to.
#[derive(Debug, Default)]
pub(super) struct Trim {
    pub(super) keep: Keep,
    why: Option<Trimming>,
    /// Messages deleted since that was told.
    count: usize,
    /// When it was told last that messages are deleted, in Unix milliseconds. Whoever keeps the
    /// file full has some deleted all the time.
    told_ms: Option<i64>,
    /// Bytes that are used in the file, and up to how many nothing is to be done: where no message
    /// is left to be deleted, no more is tried.
    bytes: u64,
    bytes_least: u64,
    /// A part of the index from which words were taken out, and that tells them until it is merged.
    unmerged: Option<i64>,
    /// When one may be merged again, in Unix milliseconds.
    merges_ms: i64,
}

impl Trim {
    pub(super) const fn is_on(&self) -> bool {
        self.why.is_some()
    }

    /// Whether the file is so large, or the first message so old, that something is to go.
    fn wanted(&self, first_ms: Option<i64>, now_ms: i64) -> Option<Trimming> {
        let first_ms = first_ms?;
        let is_old = self.keep.days.is_some_and(|days| first_ms < old_ms(now_ms, days));
        let is_large = self.keep.bytes_max.is_some_and(|max| {
            // Once it is begun, somewhat more goes, so that it is not begun at once again.
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

    /// Says that it begins or ends, once in a while.
    fn becomes(&mut self, why: Option<Trimming>, now_ms: i64) {
        if std::mem::replace(&mut self.why, why) == why {
            return;
        }
        let is_told = self.told_ms.is_some_and(|at_ms| now_ms < at_ms + HISTORY_TRIM_TOLD_MS);
        if is_told {
            return;
        }
        let Self { bytes, count, keep, .. } = *self;
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

/// Which messages go.
#[derive(Debug, Clone, Copy)]
enum Old {
    /// The first, whatever their age. Their words go with the part of the index that they are in.
    First,
    /// Those from before this time, in Unix milliseconds, and their words.
    Before(i64),
}

/// What was deleted in one slice.
#[derive(Debug, Clone, Copy)]
struct Cut {
    count: usize,
    /// There may be something left to delete.
    more: bool,
    /// The part of the index from which words were taken out.
    part: Option<i64>,
}

/// Deletes the first messages if they are old, in about so many seconds, and what belongs to them.
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

/// Sees to it that the numbers of messages that are deleted are not given again.
pub(super) fn keep_numbers(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let sql = "UPDATE given SET upto = max(upto, (SELECT coalesce(max(id), 0) FROM message))";
    transaction.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Deletes a message and what belongs to it alone, but for its words; whether it was there.
pub(super) fn delete(
    transaction: &Transaction<'_>,
    id: i64,
    place: &str,
) -> rusqlite::Result<bool> {
    let is_there =
        transaction.prepare_cached("DELETE FROM message WHERE id = ?")?.execute([id])? > 0;
    transaction.prepare_cached("DELETE FROM posted WHERE id = ?")?.execute([id])?;
    if place.starts_with('@') {
        let sql = "DELETE FROM conversation WHERE place = ?1
                   AND NOT EXISTS (SELECT 1 FROM message WHERE place = ?1)";
        transaction.prepare_cached(sql)?.execute([place])?;
    }
    Ok(is_there)
}

/// Looks at the first messages; whether those that follow may be old too.
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

/// Forgets conversations without a message, and keys of messages that are gone; whether there may
/// be more.
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

/// Whether a file is of a form that can give free pages back to the disk.
pub(super) fn is_incremental(connection: &Connection) -> rusqlite::Result<bool> {
    let mut pragma = connection.prepare_cached("PRAGMA auto_vacuum")?;
    Ok(pragma.query_row([], |row| row.get::<_, i64>(0))? == 2)
}

/// Gives the file's free pages but for so many back to the disk, `at_once` between two looks at
/// the clock, in about so many seconds, if the file can; whether there may be more. Files of before
/// this could be done cannot: what is new takes their free pages.
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
    /// Looks whether the file is too large, or the first messages too old.
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

    /// Deletes some of the oldest messages if they are too many or too old; whether it did.
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
        self.trim.unmerged = cut.part.or(self.trim.unmerged);
        self.trim.bytes_least = if cut.count > 0 { 0 } else { self.trim.bytes };
        Ok(true)
    }

    /// Has the index tell nothing more of what was deleted, in about so many seconds; whether there
    /// is more to do. All of a part is written for that, so it is not done each time.
    pub(super) fn merge_old(&mut self, now_ms: i64, seconds: f64) -> rusqlite::Result<bool> {
        let Some(number) = self.trim.unmerged.filter(|_| now_ms >= self.trim.merges_ms) else {
            return Ok(false);
        };
        if !index::merge_all(&mut self.connection, number, seconds)? {
            self.trim.unmerged = None;
            self.trim.merges_ms = now_ms.saturating_add(TRIM_MERGE_PAUSE_MS);
        }
        self.log.used();
        Ok(true)
    }

    /// Gives free pages back to the disk, but for some.
    pub(super) fn shrink(&mut self, seconds: f64) -> rusqlite::Result<bool> {
        let (kept, at_once) = (HISTORY_VACUUM_PAGES_KEPT, HISTORY_VACUUM_PAGES);
        shrink(&mut self.connection, kept, at_once, seconds)
    }
}

impl History {
    /// Keeps so much: the oldest messages are deleted when it is more.
    #[must_use]
    pub const fn keeping(mut self, keep: Keep) -> Self {
        if let Some(store) = &mut self.store {
            store.trim.keep = keep;
        }
        self
    }

    /// Bytes that it may take; none is no limit, or no history.
    pub(crate) fn bytes_max(&self) -> Option<u64> {
        self.store.as_ref()?.trim.keep.bytes_max
    }

    /// Looks whether something is to be deleted, also while nobody says anything.
    pub(crate) fn look_for_old(&mut self, now: Now) {
        let store = self.store.as_mut().filter(|_| !self.health.is_away);
        read(store.map(|store| store.look_for_old(now.unix_ms.cast_signed())));
    }

    /// How it is.
    pub fn status(&self) -> Status {
        let is_failing = self.store.is_some() && self.health.is_failing;
        let trim = self.store.as_ref().map(|store| &store.trim);
        let (trims, bytes) = trim.map_or((None, 0), |trim| (trim.why, trim.bytes));
        Status { is_failing, trims, bytes }
    }
}
