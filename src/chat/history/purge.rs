//! Erases old messages, from outside and while a server uses the file: the messages, their words in
//! the index, everything that belongs to them, and all traces in the file and its log.
//!
//! The work is done in slices with pauses between them, so that a server finds the file free. Each
//! begins with a write, so that no other writer comes between its reads and its changes.

mod what;

use super::erase::Eraser;
use super::error::is_busy;
use super::files::{self, open};
use super::index::{Span, part_of};
use super::wal::log_pages;
use super::{OpenError, PurgeOrder, index, marks, orders, schema, trim};
use crate::limits::{
    HISTORY_STATEMENTS, INDEX_PART_BYTES, PURGE_LOG_PAGES, PURGE_NUMBERS, PURGE_SLICE_SECONDS,
    PURGE_TRIES, PURGE_VACUUM_PAGES, TRIM_SIDE_ROWS,
};
use mio_socketio::Stopwatch;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use what::{Old, What, whats};

/// Erases old messages, some at a time, so that a server that uses the file need not wait long.
#[derive(Debug)]
pub struct Purge {
    connection: Connection,
    eraser: Eraser,
    path: PathBuf,
    /// The messages that are erased now, and those that come after them.
    what: What,
    then: Vec<What>,
    stage: Stage,
    /// The last message that was examined.
    upto: i64,
    /// Messages to be deleted next.
    next: VecDeque<Old>,
    /// Parts of the index to be merged: they may contain removed words.
    parts: BTreeSet<i64>,
    /// How often in a row others held the file.
    tries: u32,
    /// Whether not everything can be erased while a server runs, so that another purge must follow.
    keeps_marks: bool,
}

/// The steps of a purge, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Messages,
    People,
    Parts,
    Words,
    Space,
    Bytes,
    Log,
    Done,
}

impl Purge {
    /// Prepares to erase messages from before `before_ms` (Unix milliseconds): in a room, or
    /// everywhere, private ones too. If an earlier purge was interrupted and has left its mark, its
    /// traces are erased too.
    ///
    /// # Errors
    /// If the file cannot be opened, another has taken its place ([`OpenError::Replaced`]), or it
    /// has no such room ([`OpenError::NoRoom`]) and no traces of one.
    pub fn open(path: &Path, before_ms: i64, room: Option<&str>) -> Result<Self, OpenError> {
        Self::all(path, vec![PurgeOrder::before(before_ms, room.map(str::to_owned))])
    }

    /// Prepares to do several such purges, which erase their traces together. Rooms that the file
    /// does not have are passed over.
    ///
    /// # Errors
    /// As those of [`Self::open`]; [`OpenError::NoRoom`] only if nothing is left to be done.
    pub fn all(path: &Path, orders: Vec<PurgeOrder>) -> Result<Self, OpenError> {
        let path = &files::real(path);
        let seen = fs::metadata(path).as_ref().map(files::node).ok();
        let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // The index of an older format has other words.
        schema::migrate(&mut connection)?;
        connection.set_prepared_statement_cache_capacity(HISTORY_STATEMENTS);
        connection.pragma_update(None, "secure_delete", true)?;
        // The log is merged into the file between the slices.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let (what, then) = whats(&connection, orders)?;
        let eraser = Eraser::open(path, seen)?;
        let path = path.to_owned();
        // No message is so old: only traces of deleted ones are erased.
        let stage = if what.before_ms == i64::MIN { Stage::Parts } else { Stage::Messages };
        let (next, parts) = (VecDeque::new(), BTreeSet::new());
        let upto = i64::MIN;
        let (tries, keeps_marks) = (0, false);
        Ok(Self {
            connection,
            eraser,
            path,
            what,
            then,
            stage,
            upto,
            next,
            parts,
            tries,
            keeps_marks,
        })
    }

    /// Notes the purge for the other nodes of the chat, if the file is that of a node: they erase
    /// the same messages. The server that uses the file tells them, or the next one to use it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn tell_nodes(&self) -> Result<(), OpenError> {
        let What { before_ms, room, .. } = &self.what;
        let order = PurgeOrder::before(*before_ms, room.clone());
        Ok(orders::begin_purge(&self.connection, &order)?)
    }

    /// Does one step and returns how many messages it deleted; `None` when everything is done. If
    /// another program holds the file, it tries again: for a minute or more.
    ///
    /// # Errors
    /// If the file cannot be written, or another program keeps reading it ([`OpenError::Read`]).
    pub fn step(&mut self) -> Result<Option<usize>, OpenError> {
        if self.stage == Stage::Done {
            return Ok(None);
        }
        match self.slice() {
            Err(error) if is_busy(&error) && self.tries < PURGE_TRIES => {
                self.tries += 1;
                Ok(Some(0))
            }
            Err(error) if is_busy(&error) => Err(OpenError::Read),
            Err(error) => Err(error.into()),
            Ok(count) => {
                self.tries = 0;
                Ok(Some(count))
            }
        }
    }

    fn slice(&mut self) -> rusqlite::Result<usize> {
        let seconds = PURGE_SLICE_SECONDS;
        let connection = &mut self.connection;
        let more = match self.stage {
            Stage::Messages => {
                if let Some(count) = self.delete_some()? {
                    self.bring_in()?;
                    return Ok(count);
                }
                self.next_what()
            }
            // A member of one room may be in others.
            Stage::People if self.what.room.is_some() => false,
            Stage::People => forget_people(connection, self.what.before_ms)?,
            Stage::Parts => index::drop_empty(connection, seconds)?,
            Stage::Words => match self.parts.first() {
                Some(&number) => {
                    if !index::merge_all(connection, number, seconds)? {
                        self.parts.remove(&number);
                    }
                    true
                }
                None => false,
            },
            Stage::Space => self.shrink(seconds)?,
            Stage::Bytes => self.eraser.erase(connection, seconds)?,
            Stage::Log => self.end()?,
            Stage::Done => false,
        };
        if !more {
            self.stage = self.stage.next();
            if self.stage == Stage::Words {
                marks::set_out(&mut self.connection)?;
                self.parts.extend(index::unmerged(&self.connection)?);
            }
        }
        self.bring_in()?;
        Ok(0)
    }

    /// Goes on to the next messages that must be erased. False if there are none.
    fn next_what(&mut self) -> bool {
        let Some(what) = self.then.pop() else { return false };
        (self.what, self.upto) = (what, i64::MIN);
        true
    }

    /// Deletes some messages; `None` if there are none left.
    fn delete_some(&mut self) -> rusqlite::Result<Option<usize>> {
        if self.next.is_empty() && !self.look()? {
            return Ok(None);
        }
        let watch = Stopwatch::start();
        let mut count = 0;
        let transaction = immediate(&mut self.connection)?;
        trim::keep_numbers(&transaction)?;
        marks::begin(&transaction, self.what.room.as_deref())?;
        while let Some(Old { id, place, text }) = self.next.pop_front() {
            // The server may have deleted it in the meantime.
            if trim::delete(&transaction, id, &place)? {
                count += 1;
                if let Some(text) = text
                    && let Some(number) = index::forget(&transaction, id, &place, &text)?
                {
                    self.parts.insert(number);
                }
            }
            if watch.seconds() > PURGE_SLICE_SECONDS {
                break;
            }
        }
        transaction.commit()?;
        Ok(Some(count))
    }

    /// Looks for messages to delete; false if there are none left. No server has to wait for this.
    fn look(&mut self) -> rusqlite::Result<bool> {
        let Some(first) = self.what.first_after(&self.connection, self.upto)? else {
            return Ok(false);
        };
        let mut last = first.saturating_add(PURGE_NUMBERS);
        let part = part_of(&self.connection, first)?;
        let mut is_whole = false;
        if let Some(part) = part {
            last = last.min(part.last);
            is_whole =
                self.what.is_all_of(&self.connection, part)? && close(&mut self.connection, part)?;
        }
        let (old, limit) = self.what.old(&self.connection, first, last, is_whole)?;
        self.upto = if old.len() < limit { last } else { old.back().map_or(last, |old| old.id) };
        self.next = old;
        Ok(true)
    }

    /// Gives free pages back to the disk.
    fn shrink(&mut self, seconds: f64) -> rusqlite::Result<bool> {
        if trim::is_incremental(&self.connection)? {
            return trim::shrink(&mut self.connection, 0, PURGE_VACUUM_PAGES, seconds);
        }
        // A file from before files could give pages back: it is rebuilt if no server uses it.
        match files::lock(&self.path) {
            Ok(_lock) => {
                self.connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
                self.connection.execute_batch("VACUUM")?;
            }
            Err(_) => {
                self.keeps_marks = true;
                log::warn!(
                    "the file keeps its size, for an older version made it: a purge while no \
                     server runs makes it anew"
                );
            }
        }
        Ok(false)
    }

    /// Cuts the log, which contains all deleted messages, and removes the marks. False if it need
    /// not be done again.
    fn end(&mut self) -> rusqlite::Result<bool> {
        let more = self.eraser.cut_log(&self.connection)?;
        if !self.keeps_marks && marks::end(&self.connection)? {
            // The log has nothing but that again, so readers need not be waited for.
            let cut = self.eraser.cut_log(&self.connection);
            cut.or_else(|error| if is_busy(&error) { Ok(false) } else { Err(error) })?;
        }
        Ok(more)
    }

    /// Merges the log into the file when it has become long, before the server does.
    fn bring_in(&mut self) -> rusqlite::Result<()> {
        let (pages, done) = log_pages(&self.connection, "NOOP")?;
        if pages - done >= PURGE_LOG_PAGES {
            log_pages(&self.connection, "PASSIVE")?;
        }
        Ok(())
    }
}

impl Stage {
    const fn next(self) -> Self {
        match self {
            Self::Messages => Self::People,
            Self::People => Self::Parts,
            Self::Parts => Self::Words,
            Self::Words => Self::Space,
            Self::Space => Self::Bytes,
            Self::Bytes => Self::Log,
            Self::Log | Self::Done => Self::Done,
        }
    }
}

/// Closes a part to new messages; false if something has been added to it.
fn close(connection: &mut Connection, Span { number, last, .. }: Span) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM part WHERE number = ? AND last = ? AND bytes >= ?";
    if connection.prepare_cached(sql)?.exists([number, last, INDEX_PART_BYTES])? {
        return Ok(true);
    }
    let transaction = immediate(connection)?;
    let sql = "UPDATE part SET bytes = max(bytes, ?) WHERE number = ? AND last = ?";
    let count = transaction.prepare_cached(sql)?.execute([INDEX_PART_BYTES, number, last])?;
    transaction.commit()?;
    Ok(count > 0)
}

/// Forgets some people who were last here before `before_ms`, and with whom nobody has a
/// conversation any more: all their messages are older too. True if there may be more.
fn forget_people(connection: &mut Connection, before_ms: i64) -> rusqlite::Result<bool> {
    let transaction = immediate(connection)?;
    let sql = "SELECT id FROM person WHERE here = 0 AND spoke IN (0, 1) AND seen < ?
               AND NOT EXISTS (SELECT 1 FROM conversation WHERE person = id) LIMIT ?";
    let gone: Vec<String> = transaction
        .prepare_cached(sql)?
        .query_map([before_ms, TRIM_SIDE_ROWS], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &gone {
        transaction.prepare_cached("DELETE FROM posted WHERE person = ?")?.execute([id])?;
        transaction.prepare_cached("DELETE FROM person WHERE id = ?")?.execute([id])?;
    }
    let sql =
        "DELETE FROM seat WHERE pid IN (SELECT pid FROM seat WHERE gone < ? ORDER BY gone LIMIT ?)";
    let seats = transaction.prepare_cached(sql)?.execute([before_ms, TRIM_SIDE_ROWS])?;
    transaction.commit()?;
    Ok(gone.len() + seats > 0)
}

pub(super) fn immediate(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}
