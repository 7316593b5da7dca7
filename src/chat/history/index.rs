//! The index of words. It consists of parts. Each is a table of FTS5 with the words of a bounded
//! number of messages, so that every single operation on it is short: FTS5 merges one word in one
//! go, and frees merged data in one go.

use super::store::Store;
use super::words::indexed;
use crate::limits::{
    HISTORY_INDEX_ROWS, HISTORY_SLICE_INDEXING, INDEX_CRISIS_SEGMENTS, INDEX_DROP_ROWS,
    INDEX_HEAD_ROWS, INDEX_MERGE_PAGES, INDEX_MERGE_SEGMENTS, INDEX_PART_BYTES,
    INDEX_PART_MESSAGES,
};
use mio_socketio::Stopwatch;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

/// A part of the index: the words of a range of messages, up to the last.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) number: i64,
    last: i64,
    messages: i64,
    bytes: i64,
}

impl Part {
    const COLUMNS: &str = "number, last, messages, bytes";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (number, last) = (row.get(0)?, row.get(1)?);
        Ok(Self { number, last, messages: row.get(2)?, bytes: row.get(3)? })
    }

    /// Begins a new part after the others.
    fn begin(transaction: &Transaction<'_>, number: i64, first: i64) -> rusqlite::Result<Self> {
        transaction.execute_batch(&format!(
            "CREATE VIRTUAL TABLE word_{number} USING fts5 (
                 text, content = 'message', content_rowid = 'id', tokenize = 'unicode61',
                 columnsize = 0
             );
             INSERT INTO word_{number} (word_{number}, rank) VALUES ('automerge', 0),
                 ('usermerge', {INDEX_MERGE_SEGMENTS}), ('crisismerge', {INDEX_CRISIS_SEGMENTS});
             INSERT INTO part VALUES ({number}, {first}, {first} - 1, 0, 0);"
        ))?;
        Ok(Self { number, last: first - 1, messages: 0, bytes: 0 })
    }

    /// The part for the words of messages after `upto`; `None` if there are no such messages.
    fn to_fill(transaction: &Transaction<'_>, upto: i64) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT min(id) FROM message WHERE id > ?";
        let first = transaction.prepare_cached(sql)?.query_row([upto], |row| row.get(0))?;
        let Some(first) = first else { return Ok(None) };
        match newest(transaction)? {
            Some(newest) if !newest.is_full() => Ok(Some(newest)),
            newest => {
                let number = newest.map_or(1, |newest| newest.number + 1);
                Self::begin(transaction, number, first).map(Some)
            }
        }
    }

    const fn is_full(&self) -> bool {
        self.messages >= INDEX_PART_MESSAGES || self.bytes >= INDEX_PART_BYTES
    }

    fn add(&mut self, transaction: &Transaction<'_>, row: &Row<'_>) -> rusqlite::Result<()> {
        let (id, place, text): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let words = indexed(&place, &text);
        let sql = format!("INSERT INTO word_{} (rowid, text) VALUES (?, ?)", self.number);
        transaction.prepare_cached(&sql)?.execute(params![id, words])?;
        self.last = id;
        self.messages += 1;
        self.bytes += i64::try_from(words.len()).unwrap_or(INDEX_PART_BYTES);
        Ok(())
    }
}

/// A part of the index with words, from the first to the last of its messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) number: i64,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// The part with the words of a message.
pub(super) fn part_of(connection: &Connection, id: i64) -> rusqlite::Result<Option<Span>> {
    let sql = "SELECT number, first, last FROM part
               WHERE first <= ?1 AND last >= ?1 AND messages > 0";
    let mut select = connection.prepare_cached(sql)?;
    let part = select.query_row([id], |row| {
        Ok(Span { number: row.get(0)?, first: row.get(1)?, last: row.get(2)? })
    });
    part.optional()
}

/// The parts that have words, the newest first.
pub(super) fn parts(connection: &Connection) -> rusqlite::Result<Vec<Part>> {
    let sql = format!("SELECT {} FROM part WHERE messages > 0 ORDER BY number DESC", Part::COLUMNS);
    let mut select = connection.prepare_cached(&sql)?;
    select.query_map([], Part::read)?.collect()
}

/// The part to which words are added.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<Option<Part>> {
    let sql = format!("SELECT {} FROM part ORDER BY number DESC LIMIT 1", Part::COLUMNS);
    connection.prepare_cached(&sql)?.query_row([], Part::read).optional()
}

/// The last message whose words are indexed.
pub(super) fn indexed_upto(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT upto FROM indexed")?.query_row([], |row| row.get(0))
}

/// Takes the words of a message out of the index, if they are in it, and returns their part. Until
/// that part is merged, it still contains them.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    id: i64,
    place: &str,
    text: &str,
) -> rusqlite::Result<Option<i64>> {
    let Some(Span { number, .. }) = part_of(transaction, id)? else { return Ok(None) };
    let sql = format!(
        "INSERT INTO word_{number} (word_{number}, rowid, text)
                       VALUES ('delete', ?, ?)"
    );
    transaction.prepare_cached(&sql)?.execute(params![id, indexed(place, text)])?;
    Ok(Some(number))
}

/// Adds the words of a changed message to the part that had its former ones.
pub(super) fn add(
    transaction: &Transaction<'_>,
    part: i64,
    id: i64,
    place: &str,
    text: &str,
) -> rusqlite::Result<()> {
    let words = indexed(place, text);
    let sql = format!("INSERT INTO word_{part} (rowid, text) VALUES (?, ?)");
    transaction.prepare_cached(&sql)?.execute(params![id, words])?;
    let bytes = i64::try_from(words.len()).unwrap_or(INDEX_PART_BYTES);
    let sql = "UPDATE part SET bytes = bytes + ? WHERE number = ?";
    transaction.prepare_cached(sql)?.execute([bytes, part])?;
    Ok(())
}

/// Drops a part that has no message any more, in about `seconds`. True if there may be more to do.
/// The part being filled stays.
pub(super) fn drop_empty(connection: &mut Connection, seconds: f64) -> rusqlite::Result<bool> {
    let sql = "SELECT number FROM part WHERE messages = 0 AND bytes >= ?1
               OR (messages >= ?2 OR bytes >= ?1 OR number < (SELECT max(number) FROM part))
               AND NOT EXISTS (SELECT 1 FROM message WHERE id BETWEEN first AND last)
               ORDER BY number LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    let bounds = [INDEX_PART_BYTES, INDEX_PART_MESSAGES];
    let number: Option<i64> = select.query_row(bounds, |row| row.get(0)).optional()?;
    drop(select);
    let Some(number) = number else { return Ok(false) };
    let watch = Stopwatch::start();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // From now on nobody searches it, and nothing is added.
    let sql = "UPDATE part SET messages = 0, bytes = ? WHERE number = ?";
    transaction.prepare_cached(sql)?.execute([INDEX_PART_BYTES, number])?;
    // FTS5 would free all of its pages in one go. When the file was opened, it was checked that
    // nothing in it runs.
    transaction.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    let dropped = drop_pages(&transaction, number, &watch, seconds);
    transaction.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    if dropped? {
        transaction.execute_batch(&format!("DROP TABLE word_{number}"))?;
        transaction.execute("DELETE FROM part WHERE number = ?", [number])?;
    }
    transaction.commit()?;
    Ok(true)
}

/// Deletes the rows of a part, except the few by which FTS5 recognises it. True if all are gone.
fn drop_pages(
    transaction: &Transaction<'_>,
    number: i64,
    watch: &Stopwatch,
    seconds: f64,
) -> rusqlite::Result<bool> {
    let table = format!("word_{number}_data");
    let sql = format!(
        "DELETE FROM {table} WHERE id IN
         (SELECT id FROM {table} WHERE id > ? ORDER BY id DESC LIMIT ?)"
    );
    let mut delete = transaction.prepare(&sql)?;
    while delete.execute([INDEX_HEAD_ROWS, INDEX_DROP_ROWS])? > 0 {
        if watch.seconds() > seconds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Merges a part into one segment, in about `seconds`, so that removed words are gone. True if
/// there is more to do.
pub(super) fn merge_all(
    connection: &mut Connection,
    number: i64,
    seconds: f64,
) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM part WHERE number = ? AND messages > 0";
    if !connection.prepare_cached(sql)?.exists([number])? {
        return Ok(false);
    }
    let watch = Stopwatch::start();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = format!("INSERT INTO word_{number} (word_{number}, rank) VALUES ('merge', ?)");
    let mut more = true;
    while more && watch.seconds() < seconds {
        let before = transaction.total_changes();
        // A negative number means all, whatever the size.
        transaction.prepare_cached(&sql)?.execute([-INDEX_MERGE_PAGES])?;
        more = transaction.total_changes() - before > 1;
    }
    transaction.commit()?;
    Ok(more)
}

/// Parts with several segments, one of which may contain words removed from another.
pub(super) fn unmerged(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut unmerged = Vec::new();
    for Part { number, .. } in parts(connection)? {
        let sql = format!("SELECT count(DISTINCT segid) FROM word_{number}_idx");
        if connection.query_row(&sql, [], |row| row.get::<_, i64>(0))? > 1 {
            unmerged.push(number);
        }
    }
    Ok(unmerged)
}

impl Store {
    /// Indexes words, or merges indexed ones, for one slice. Everything that can be merged is
    /// merged before more is added.
    pub(super) fn index(&mut self, seconds: f64) -> rusqlite::Result<()> {
        match self.merges {
            true => self.merge(seconds),
            false => self.add_words(seconds * HISTORY_SLICE_INDEXING),
        }
    }

    fn add_words(&mut self, seconds: f64) -> rusqlite::Result<()> {
        let watch = Stopwatch::start();
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let upto = indexed_upto(&transaction)?;
        let part = Part::to_fill(&transaction, upto)?;
        let done = match part {
            // Messages whose number is missing have been deleted.
            None => self.last_id,
            Some(mut part) => {
                let sql = "SELECT id, place, text FROM message WHERE id > ? ORDER BY id LIMIT ?";
                let mut select = transaction.prepare_cached(sql)?;
                let mut rows = select.query([upto, HISTORY_INDEX_ROWS])?;
                // One message is added even if the time was only enough to begin the part.
                while let Some(row) = rows.next()? {
                    part.add(&transaction, row)?;
                    if part.is_full() || watch.seconds() > seconds {
                        break;
                    }
                }
                let Part { number, last, messages, bytes } = part;
                let sql = "UPDATE part SET last = ?, messages = ?, bytes = ? WHERE number = ?";
                transaction.prepare_cached(sql)?.execute([last, messages, bytes, number])?;
                self.merges = true;
                last.max(upto)
            }
        };
        transaction.prepare_cached("UPDATE indexed SET upto = ?")?.execute([done])?;
        transaction.commit()?;
        self.indexed = done;
        Ok(())
    }

    /// Merges segments of the newest part.
    fn merge(&mut self, seconds: f64) -> rusqlite::Result<()> {
        let watch = Stopwatch::start();
        let newest = newest(&self.connection)?.filter(|newest| newest.messages > 0);
        let Some(Part { number, .. }) = newest else {
            self.merges = false;
            return Ok(());
        };
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let sql = format!("INSERT INTO word_{number} (word_{number}, rank) VALUES ('merge', ?)");
        let mut more = true;
        while more && watch.seconds() < seconds {
            let before = transaction.total_changes();
            transaction.prepare_cached(&sql)?.execute([INDEX_MERGE_PAGES])?;
            // FTS5 counts one change for the command, and more if there was something to do.
            more = transaction.total_changes() - before > 1;
        }
        transaction.commit()?;
        self.merges = more;
        Ok(())
    }
}
