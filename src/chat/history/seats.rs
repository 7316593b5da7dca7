//! What clients of Socket.IO come back to by its own means.

use super::History;
use super::people::{Token, read};
use super::store::Store;
use crate::base::Now;
use crate::limits::{PEOPLE_WAITING_MAX, RECOVERY_MS};
use crate::server::{Saved, SavedRoom};
use rusqlite::{OptionalExtension, Transaction, params};

/// What changes.
#[derive(Debug)]
pub(super) enum Change {
    Saved(Saved),
    Gone { pid: Token, unix_ms: i64 },
    Forgotten { pid: Token },
}

/// What a client can come back to.
#[derive(Debug)]
pub(crate) struct Seated {
    pub(crate) saved: Saved,
    /// Since when it is gone, in Unix milliseconds.
    pub(crate) gone_ms: Option<i64>,
}

impl History {
    /// Keeps what a client can come back to, who is here.
    pub(crate) fn keep_seat(&mut self, saved: &Saved) {
        self.keep_seat_change(Change::Saved(saved.clone()));
    }

    /// A client is gone: for now, or for good.
    pub(crate) fn leave_seat(&mut self, now: Now, pid: &str, for_good: bool) {
        let (pid, unix_ms) = (Token::of(pid), now.unix_ms.cast_signed());
        self.keep_seat_change(match for_good {
            true => Change::Forgotten { pid },
            false => Change::Gone { pid, unix_ms },
        });
    }

    fn keep_seat_change(&mut self, change: Change) {
        // There is a bound to what waits for a file that cannot be written.
        if self.store.is_some() && self.seats.len() < PEOPLE_WAITING_MAX {
            self.seats.push(change);
        }
    }

    /// What a client can come back to, as far as it is written.
    pub(crate) fn seat(&mut self, pid: &str) -> Option<Seated> {
        read(self.store.as_mut().map(|store| store.seat(pid))).flatten()
    }
}

impl Store {
    fn seat(&mut self, pid: &str) -> rusqlite::Result<Option<Seated>> {
        let sql = "SELECT sid, namespace, rooms, data, since, gone FROM seat WHERE pid = ?";
        let mut select = self.connection.prepare_cached(sql)?;
        let found = select.query_row([Token::of(pid).0], |row| {
            let rooms: String = row.get(2)?;
            let saved = Saved {
                pid: pid.to_owned(),
                sid: row.get(0)?,
                namespace: row.get(1)?,
                rooms: rooms.lines().filter_map(room).collect(),
                data: row.get(3)?,
                since: row.get(4)?,
            };
            Ok(Seated { saved, gone_ms: row.get(5)? })
        });
        found.optional()
    }
}

/// A line of the column: an offset and a name, in which there may be anything but the line's end.
fn room(line: &str) -> Option<SavedRoom> {
    let (since, name) = line.split_once(' ')?;
    Some(SavedRoom { name: name.to_owned(), since: since.to_owned() })
}

/// Writes a change into a turn's transaction; who has been gone for too long is forgotten.
pub(super) fn write(transaction: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Saved(Saved { pid, sid, namespace, rooms, data, since }) => {
            let rooms: Vec<String> =
                rooms.iter().map(|room| format!("{} {}", room.since, room.name)).collect();
            let (pid, rooms) = (Token::of(pid).0, rooms.join("\n"));
            let sql = "INSERT OR REPLACE INTO seat (pid, sid, namespace, rooms, data, since, gone)
                       VALUES (?, ?, ?, ?, ?, ?, NULL)";
            let mut insert = transaction.prepare_cached(sql)?;
            insert.execute(params![pid, sid, namespace, rooms, data, since])
        }
        Change::Gone { pid, unix_ms } => {
            let sql = "DELETE FROM seat WHERE gone < ?";
            let too_long_ago = unix_ms - RECOVERY_MS.cast_signed();
            transaction.prepare_cached(sql)?.execute([too_long_ago])?;
            let sql = "UPDATE seat SET gone = ? WHERE pid = ?";
            transaction.prepare_cached(sql)?.execute(params![unix_ms, pid.0])
        }
        Change::Forgotten { pid } => {
            let sql = "DELETE FROM seat WHERE pid = ?";
            transaction.prepare_cached(sql)?.execute([pid.0])
        }
    }?;
    Ok(())
}
