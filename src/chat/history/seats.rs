//! The sessions of Socket.IO clients that may come back by Socket.IO's own recovery.

use super::History;
use super::kept_person::Token;
use super::reads::read;
use super::store::Store;
use crate::limits::{PEOPLE_FORGOTTEN_AT_ONCE, PEOPLE_WAITING_MAX};
use mio_socketio::Now;
use mio_socketio::RECOVERY_MS;
use mio_socketio::{Saved, SavedRoom};
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::HashMap;

/// Unwritten changes to one client's session.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    saved: Option<Saved>,
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Here,
    /// When it left, in Unix milliseconds.
    Gone(i64),
    Forgotten,
}

/// A session to which a client can come back.
#[derive(Debug)]
pub(crate) struct Seated {
    pub(crate) saved: Saved,
    /// When it left, in Unix milliseconds.
    pub(crate) gone_ms: Option<i64>,
}

impl History {
    /// Keeps the session of a connected client.
    pub(crate) fn keep_seat(&mut self, saved: &Saved) {
        let state = State::Here;
        if let Some(seat) = self.unwritten_seat(&saved.pid) {
            *seat = Unwritten { saved: Some(saved.clone()), state };
        }
    }

    /// Notes that a client has gone: for now, or for good.
    pub(crate) fn leave_seat(&mut self, now: Now, pid: &str, for_good: bool) {
        if let Some(seat) = self.unwritten_seat(pid) {
            seat.state = match for_good {
                true => State::Forgotten,
                false => State::Gone(now.unix_ms.cast_signed()),
            };
        }
    }

    /// The changes that wait for a file that cannot be written are bounded.
    fn unwritten_seat(&mut self, pid: &str) -> Option<&mut Unwritten> {
        let pid = Token::of(pid);
        let is_full = self.seats.len() >= PEOPLE_WAITING_MAX && !self.seats.contains_key(&pid);
        let keeps = self.store.is_some() && !is_full;
        keeps.then(|| self.seats.entry(pid).or_default())
    }

    /// The session to which a client can come back.
    pub(crate) fn seat(&mut self, pid: &str) -> Option<Seated> {
        let waiting = self.seats.get(&Token::of(pid));
        let state = waiting.map(|seat| seat.state);
        let saved = match waiting.and_then(|seat| seat.saved.clone()) {
            Some(saved) => Some(Seated { saved, gone_ms: None }),
            None => read(self.store.as_mut().map(|store| store.seat(pid))).flatten(),
        };
        match (saved?, state) {
            (_, Some(State::Forgotten)) => None,
            (seated, Some(State::Gone(gone_ms))) => {
                Some(Seated { gone_ms: Some(gone_ms), ..seated })
            }
            (seated, Some(State::Here) | None) => Some(seated),
        }
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

/// A line of the column: an offset and a name, which may contain anything except a line end.
fn room(line: &str) -> Option<SavedRoom> {
    let (since, name) = line.split_once(' ')?;
    Some(SavedRoom { name: name.to_owned(), since: since.to_owned() })
}

/// Writes changes in a turn's transaction; sessions of clients that left too long ago are dropped.
pub(super) fn write(
    transaction: &Transaction<'_>,
    seats: &HashMap<Token, Unwritten>,
) -> rusqlite::Result<()> {
    for (pid, Unwritten { saved, state }) in seats {
        if let Some(Saved { sid, namespace, rooms, data, since, pid: _ }) = saved {
            let rooms: Vec<String> =
                rooms.iter().map(|room| format!("{} {}", room.since, room.name)).collect();
            let rooms = rooms.join("\n");
            let sql = "INSERT OR REPLACE INTO seat (pid, sid, namespace, rooms, data, since, gone)
                       VALUES (?, ?, ?, ?, ?, ?, NULL)";
            let mut insert = transaction.prepare_cached(sql)?;
            insert.execute(params![pid.0, sid, namespace, rooms, data, since])?;
        }
        match state {
            State::Here => (),
            State::Gone(unix_ms) => {
                let too_long_ago = unix_ms - RECOVERY_MS.cast_signed();
                let sql = "DELETE FROM seat WHERE pid IN
                           (SELECT pid FROM seat WHERE gone < ? LIMIT ?)";
                let bound = PEOPLE_FORGOTTEN_AT_ONCE;
                transaction.prepare_cached(sql)?.execute([too_long_ago, bound])?;
                let sql = "UPDATE seat SET gone = ? WHERE pid = ?";
                transaction.prepare_cached(sql)?.execute(params![unix_ms, pid.0])?;
            }
            State::Forgotten => {
                let sql = "DELETE FROM seat WHERE pid = ?";
                transaction.prepare_cached(sql)?.execute([pid.0])?;
            }
        }
    }
    Ok(())
}
