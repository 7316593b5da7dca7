//! The history file.

use super::budget::Budget;
use super::files::Patience;
use super::place::FileLocation;
use super::trim::Trim;
use super::wal::Log;
use super::{Message, OpenError, check, files, index, schema};
use crate::limits::{HISTORY_BUSY_MS, HISTORY_LOG_BYTES_KEPT, HISTORY_STATEMENTS};
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior, params,
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
    /// Up to which message the words are indexed.
    pub(super) indexed: i64,
    /// The newest part of the index may have something to merge.
    pub(super) merges: bool,
    pub(super) log: Log,
    pub(super) trim: Trim,
    /// The file's version when the bans were read last.
    pub(super) bans_version: Option<i64>,
    /// The time of what is read for clients.
    pub(super) budget: Budget,
    /// What those are taken for whom the server before has left here.
    pub(super) left_here: LeftHere,
    /// Locked as long as the server runs.
    pub(super) lock: Option<File>,
    pub(super) place: FileLocation,
}

/// What those are taken for whom the file calls here at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftHere {
    /// Nobody has come yet.
    Unknown,
    /// They have gone, in Unix milliseconds; the file does not say so yet.
    Gone(i64),
    /// The file says so. Whom it calls here from now on, is.
    Settled,
}

pub(super) const COLUMNS: &str = "id, ts, place, author, action, text, sender, payload";

impl Store {
    pub(super) fn open(path: &Path, durable: bool, patience: Patience) -> Result<Self, OpenError> {
        files::create(&files::real(path))?;
        // What is beside it is beside the file itself.
        let real = &files::real(path);
        let lock = files::lock(real)?;
        // This server's own lock is the only one.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let mut connection = files::open_as(real, real, flags, false, patience.busy_ms)?;
        let budget = Budget::of(&mut connection)?;
        check::whole(&connection, &budget, patience)?;
        // Whoever holds the file must not hold the loop; a purge lets it go again and again.
        connection.busy_timeout(Duration::from_millis(HISTORY_BUSY_MS))?;
        connection.set_prepared_statement_cache_capacity(HISTORY_STATEMENTS);
        // What is deleted is overwritten.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        // The log is brought into the file at idle moments, not inside some commit.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "journal_size_limit", HISTORY_LOG_BYTES_KEPT)?;
        schema::migrate(&mut connection)?;
        let indexed = index::indexed_upto(&connection)?;
        let merges = index::newest(&connection)?.is_some();
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
            left_here,
            lock: Some(lock),
            place: FileLocation::of(path, real, durable),
        };
        // What a server has left that was killed.
        store.cut_log()?;
        files::keep_private(real);
        store.last_id = store.read_last_id()?;
        Ok(store)
    }

    /// What the history is called.
    pub(super) fn name(&self) -> Result<Rc<str>, OpenError> {
        let name: String =
            self.connection.query_row("SELECT name FROM history", [], |row| row.get(0))?;
        Ok(name.into())
    }

    /// The highest number that is used.
    pub(super) fn read_last_id(&self) -> Result<i64, OpenError> {
        let sql = "SELECT max(upto, (SELECT coalesce(max(id), 0) FROM message)) FROM given";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Writes messages, and what else there is, in one transaction.
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
                let Message { id, ts, place, author, is_action, text, sender, payload } = message;
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

    /// Messages whose words are not indexed yet.
    pub(super) const fn unindexed(&self) -> i64 {
        self.last_id - self.indexed
    }

    /// Whether there is something to tidy up.
    pub(super) const fn has_work(&self) -> bool {
        self.unindexed() > 0 || self.merges || self.trim.is_on()
    }

    /// Does a little of what there is to do, in so many seconds: brings a long log into the file,
    /// deletes what is too much,
    /// indexes words.
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

    /// How many messages of a place are newer than `since`, up to `count_max`.
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

pub(super) fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let text = |at: usize| row.get::<_, String>(at);
    Ok(Message {
        id: row.get(0)?,
        ts: row.get(1)?,
        place: Rc::from(text(2)?),
        author: Rc::from(text(3)?),
        is_action: row.get(4)?,
        text: text(5)?,
        sender: row.get::<_, Option<String>>(6)?.map(Rc::from),
        payload: row.get::<_, Option<String>>(7)?.map(Box::from),
    })
}
