//! The history file.

use super::{Message, OpenError, schema, search};
use crate::limits::{
    HISTORY_BUSY_MS, HISTORY_CHECKPOINT_PAGES, HISTORY_CHECKPOINT_PAGES_MAX,
    HISTORY_MESSAGES_PER_PAGE, HISTORY_PAGES_PER_ROW, HISTORY_STATEMENTS,
    HISTORY_TRANSACTION_PAGES,
};
use rusqlite::{Connection, OpenFlags, Row, Transaction, params};
use std::fs::{self, File, TryLockError};
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
    /// Pages of log since it was last brought into the file, about.
    logged: u64,
    /// What those are taken for whom the server before has left here.
    pub(super) left_here: LeftHere,
    /// Locked as long as the server runs.
    _lock: File,
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
    pub(super) fn open(path: &Path, durable: bool) -> Result<Self, OpenError> {
        let lock = lock(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        // SQLite opens what it may only read too, and finds out with the first write.
        if connection.is_readonly("main")? {
            return Err(OpenError::ReadOnly);
        }
        // Whoever holds the file must not hold the loop; a purge lets it go again and again.
        connection.busy_timeout(Duration::from_millis(HISTORY_BUSY_MS))?;
        connection.set_prepared_statement_cache_capacity(HISTORY_STATEMENTS);
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        // The log is brought into the file at idle moments, not inside some commit.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        schema::migrate(&mut connection)?;
        let indexed = connection.query_row("SELECT upto FROM indexed", [], |row| row.get(0))?;
        let (last_id, logged, left_here) = (0, 0, LeftHere::Unknown);
        let mut store = Self { connection, last_id, indexed, logged, left_here, _lock: lock };
        store.last_id = store.read_last_id()?;
        Ok(store)
    }

    /// The highest number that is used.
    pub(super) fn read_last_id(&self) -> Result<i64, OpenError> {
        let sql = "SELECT coalesce(max(id), 0) FROM message";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Writes messages, and what else there is, in one transaction.
    pub(super) fn write<'m>(
        &mut self,
        messages: impl IntoIterator<Item = &'m Message>,
        others: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        self.left_here.settle(&transaction)?;
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
        self.note_logged(last_id - self.last_id, 0);
        self.last_id = last_id;
        Ok(())
    }

    /// Messages whose words are not indexed yet.
    pub(super) const fn unindexed(&self) -> i64 {
        self.last_id - self.indexed
    }

    /// Whether there is something to tidy up.
    pub(super) const fn has_work(&self) -> bool {
        self.unindexed() > 0 || self.logged >= HISTORY_CHECKPOINT_PAGES
    }

    /// Indexes the words of up to `rows` messages; when all are, brings the log into the file if it
    /// is long.
    pub(super) fn tidy_up(&mut self, rows: i64) -> rusqlite::Result<()> {
        let is_done = self.unindexed() == 0;
        if self.logged >= HISTORY_CHECKPOINT_PAGES_MAX
            || is_done && self.logged >= HISTORY_CHECKPOINT_PAGES
        {
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            self.logged = 0;
        } else if !is_done {
            let upto = self.last_id.min(self.indexed + rows);
            let transaction = self.connection.transaction()?;
            search::index(&transaction, self.indexed, upto)?;
            transaction.prepare_cached("UPDATE indexed SET upto = ?")?.execute([upto])?;
            transaction.commit()?;
            self.note_logged(upto - self.indexed, 0);
            self.indexed = upto;
        }
        Ok(())
    }

    /// Notes what has been logged: messages, and rows that lie here and there.
    pub(super) fn note_logged(&mut self, messages: i64, rows: usize) {
        let messages = u64::try_from(messages).unwrap_or_default();
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        self.logged += HISTORY_TRANSACTION_PAGES
            + messages / HISTORY_MESSAGES_PER_PAGE
            + rows.saturating_mul(HISTORY_PAGES_PER_ROW);
    }

    /// The last messages of a place before `before`, newest first.
    pub(super) fn last(
        &mut self,
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
        rows.collect()
    }

    /// How many messages of a place are newer than `since`, up to `count_max`.
    pub(super) fn count_since(
        &mut self,
        place: &str,
        since: i64,
        count_max: usize,
    ) -> rusqlite::Result<usize> {
        let sql = "SELECT count(*) FROM
                   (SELECT 1 FROM message WHERE place = ? AND id > ? LIMIT ?)";
        let mut select = self.connection.prepare_cached(sql)?;
        let count_max = i64::try_from(count_max).unwrap_or(i64::MAX);
        let count: i64 = select.query_row(params![place, since, count_max], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }
}

/// A lock that no other server gets for the same file. It stands beside it, for closing a file of
/// SQLite's would release SQLite's own locks.
fn lock(path: &Path) -> Result<File, OpenError> {
    // By whichever name it is called.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.into_os_string();
    name.push("-lock");
    let file = File::options().create(true).truncate(false).write(true).open(name);
    let file = file.map_err(OpenError::Io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => Err(OpenError::Io(error)),
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
