//! The history file.

use super::amend::Traces;
use super::budget::Budget;
use super::columns::{COLUMNS, message};
use super::files::Patience;
use super::place::FileLocation;
use super::trim::Trim;
use super::wal::Log;
use super::{Message, OpenError, check, files, index, marks, schema};
use crate::limits::{HISTORY_BUSY_MS, HISTORY_LOG_BYTES_KEPT, HISTORY_STATEMENTS};
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use std::fs::File;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// An open history file, which no other server uses.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) connection: Connection,
    pub(super) last_id: i64,
    /// The last message whose words are indexed.
    pub(super) indexed: i64,
    /// Whether the newest part of the index may have something to merge.
    pub(super) merges: bool,
    pub(super) log: Log,
    pub(super) trim: Trim,
    /// The file's version when the bans were last read.
    pub(super) bans_version: Option<i64>,
    /// The file may have orders for all nodes that were not looked at.
    pub(super) has_order_news: bool,
    /// Deleted texts may have left traces in the file.
    pub(super) has_traces: bool,
    /// The time limit of reads for clients.
    pub(super) budget: Budget,
    /// The state of people whom an earlier server has left as present.
    pub(super) left_here: LeftHere,
    /// Locked as long as the server runs.
    pub(super) lock: Option<File>,
    pub(super) place: FileLocation,
}

/// The state of people whom the file has as present at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftHere {
    /// No client has come yet.
    Unknown,
    /// They left at this time, in Unix milliseconds; the file does not have it yet.
    Gone(i64),
    /// The file has it. From now on its present people are present.
    Settled,
}

impl Store {
    pub(super) fn open(path: &Path, durable: bool, patience: Patience) -> Result<Self, OpenError> {
        files::create(&files::real(path))?;
        // SQLite's other files are beside the file itself.
        let real = &files::real(path);
        let lock = files::lock(real)?;
        files::keep_private(real);
        // This server's own lock is the only one.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let mut connection = files::open_as(real, real, flags, false, patience.busy_ms)?;
        let budget = Budget::of(&mut connection)?;
        check::whole(&connection, &budget, patience)?;
        // Another program that holds the file must not hold up the loop; a purge releases it again
        // and again.
        connection.busy_timeout(Duration::from_millis(HISTORY_BUSY_MS))?;
        connection.set_prepared_statement_cache_capacity(HISTORY_STATEMENTS);
        // SQLite's temporary files would be elsewhere, where a guarded process may not write, and
        // would keep on the disk what is deleted here.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // Deleted data is overwritten.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        // The log is merged into the file at idle moments, not inside a commit.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "journal_size_limit", HISTORY_LOG_BYTES_KEPT)?;
        schema::migrate(&mut connection)?;
        let indexed = index::indexed_upto(&connection)?;
        let merges = index::newest(&connection)?.is_some();
        let has_traces = marks::are_there(&connection)?;
        let (last_id, log) = (0, Log::default());
        let (trim, bans_version, left_here) = (Trim::default(), None, LeftHere::Unknown);
        let mut store = Self {
            connection,
            last_id,
            indexed,
            merges,
            log,
            trim,
            budget,
            bans_version,
            has_order_news: true,
            has_traces,
            left_here,
            lock: Some(lock),
            place: FileLocation::of(path, real, durable),
        };
        // The log that a killed server has left.
        store.cut_log()?;
        store.last_id = store.read_last_id()?;
        Ok(store)
    }

    /// The history's name.
    pub(super) fn name(&self) -> Result<Rc<str>, OpenError> {
        let name: String =
            self.connection.query_row("SELECT name FROM history", [], |row| row.get(0))?;
        Ok(name.into())
    }

    /// Writes the history's name into the file.
    pub(super) fn call(&self, name: &str) -> rusqlite::Result<()> {
        self.connection.execute("UPDATE history SET name = ?", [name]).map(|_| ())
    }

    /// The last entry of the chat's stream whose fact is in the file, if it is one of many nodes',
    /// and how far each node's signed entries were read.
    pub(super) fn journal_place(&self) -> Result<Option<(String, String)>, OpenError> {
        let sql = "SELECT place, senders FROM journal";
        let found = self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// The highest number in use.
    pub(super) fn read_last_id(&self) -> Result<i64, OpenError> {
        let sql = "SELECT max(upto, (SELECT coalesce(max(id), 0) FROM message)) FROM given";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Writes messages and other changes in one transaction.
    pub(super) fn write<'m>(
        &mut self,
        messages: impl IntoIterator<Item = &'m Message>,
        others: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        self.left_here.settle(&transaction)?;
        if self.log.is_new {
            check::stamp_next(&transaction)?;
        }
        let sql = "INSERT INTO message (id, ts, place, author, action, text, sender, payload)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let mut last_id = self.last_id;
        {
            let mut insert = transaction.prepare_cached(sql)?;
            for message in messages {
                let Message { id, ts, place, author, is_action, text, .. } = message;
                let Message { sender, payload, .. } = message;
                let (place, sender) = (&**place, sender.as_deref());
                let (author, payload) = (&**author, payload.as_deref());
                insert.execute(params![id, ts, place, author, is_action, text, sender, payload])?;
                last_id = *id;
            }
        }
        others(&transaction)?;
        transaction.commit()?;
        self.left_here = self.left_here.settled();
        self.log.used();
        self.log.is_new = false;
        self.last_id = last_id;
        Ok(())
    }

    /// Notes the traces of changes that were written.
    pub(super) fn has_changed(&mut self, traces: Traces) {
        self.has_traces |= traces.are_left;
        self.merges |= !traces.parts.is_empty();
        self.trim.has_unmerged(traces.parts);
    }

    /// Messages whose words are not indexed yet.
    pub(super) const fn unindexed(&self) -> i64 {
        self.last_id - self.indexed
    }

    /// Whether there is something to tidy up.
    pub(super) const fn has_work(&self) -> bool {
        self.unindexed() > 0 || self.merges || self.trim.is_on()
    }

    /// Does a little of the waiting work, within `seconds`: merges a long log into the file,
    /// deletes excess messages, indexes words.
    pub(super) fn tidy_up(
        &mut self,
        now_ms: i64,
        seconds: f64,
        is_quiet: bool,
    ) -> rusqlite::Result<()> {
        if self.bring_in(is_quiet)? || self.trim(now_ms, seconds)? {
            return Ok(());
        }
        if self.has_work() {
            self.log.used();
            return self.index(seconds);
        }
        if !is_quiet || !self.log.is_used() || self.shrink(seconds)? {
            return Ok(());
        }
        if index::drop_empty(&mut self.connection, seconds)? {
            self.log.used();
            return Ok(());
        }
        if self.merge_old(now_ms, seconds)? {
            return Ok(());
        }
        self.cut_log()
    }

    /// The last messages of a place before `before`, newest first.
    pub(super) fn last(
        &self,
        place: &str,
        before: i64,
        count: usize,
    ) -> rusqlite::Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message WHERE place = ? AND id < ? ORDER BY id DESC LIMIT ?"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let rows = select.query_map(params![place, before, count], message)?;
        self.budget.look_up(|| rows.collect())
    }

    /// The place of a message, if it is there.
    pub(super) fn place_of(&self, id: i64) -> rusqlite::Result<Option<Rc<str>>> {
        let sql = "SELECT place FROM message WHERE id = ?";
        let mut select = self.connection.prepare_cached(sql)?;
        let found = self.budget.look_up(|| select.query_row([id], |row| row.get(0)).optional());
        Ok(found?.map(|place: String| place.into()))
    }

    /// Number of messages of a place that are newer than `since`, up to `count_max`.
    pub(super) fn count_since(
        &self,
        place: &str,
        since: i64,
        count_max: usize,
    ) -> rusqlite::Result<usize> {
        let sql = "SELECT count(*) FROM
                   (SELECT 1 FROM message WHERE place = ? AND id > ? LIMIT ?)";
        let mut select = self.connection.prepare_cached(sql)?;
        let count_max = i64::try_from(count_max).unwrap_or(i64::MAX);
        let params = params![place, since, count_max];
        let count = self.budget.look_up(|| select.query_row(params, |row| row.get::<_, i64>(0)))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }
}

/// The last entry of the chat's stream whose fact is in the file, and how far each node's signed
/// entries were read, if that has changed.
pub(super) fn write_journal_place(
    transaction: &Transaction<'_>,
    place: &str,
    senders: Option<&str>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO journal (one, place, senders) VALUES (1, ?1, coalesce(?2, ''))
               ON CONFLICT (one) DO UPDATE
               SET place = excluded.place, senders = coalesce(?2, senders)";
    transaction.prepare_cached(sql)?.execute(params![place, senders])?;
    Ok(())
}
