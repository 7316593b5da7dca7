//! The messages that a purge erases.

use super::super::index::Span;
use super::super::{OpenError, PurgeOrder, marks};
use crate::limits::{PURGE_ROWS, PURGE_ROWS_WITH_WORDS};
use rusqlite::{Connection, Row, params};
use std::collections::VecDeque;

/// The messages to be erased.
#[derive(Debug)]
pub(super) struct What {
    /// Messages before this time, in Unix milliseconds.
    pub(super) before_ms: i64,
    /// Messages up to the one with this number.
    upto_id: i64,
    /// Only in this room.
    pub(super) room: Option<String>,
}

/// A message to be deleted.
#[derive(Debug)]
pub(super) struct Old {
    pub(super) id: i64,
    pub(super) place: String,
    /// `None` if all of its part of the index is dropped.
    pub(super) text: Option<String>,
}

/// The messages of these orders: the first ones, and the others.
pub(super) fn whats(
    connection: &Connection,
    orders: Vec<PurgeOrder>,
) -> Result<(What, Vec<What>), OpenError> {
    let (mut whats, mut missing) = (Vec::new(), String::new());
    for PurgeOrder { before_ms, upto_id, room } in orders {
        match room.map(|room| marks::begun_room(connection, &room)).transpose() {
            Ok(room) => whats.push(What { before_ms, upto_id, room }),
            Err(OpenError::NoRoom(room)) => missing = room,
            Err(error) => return Err(error),
        }
    }
    let what = whats.pop().ok_or(OpenError::NoRoom(missing))?;
    Ok((what, whats))
}

impl What {
    /// The first message after `upto` that may have to be deleted.
    pub(super) fn first_after(
        &self,
        connection: &Connection,
        upto: i64,
    ) -> rusqlite::Result<Option<i64>> {
        match &self.room {
            Some(room) => {
                let sql = "SELECT min(id) FROM message WHERE place = ? AND id > ? AND id <= ?";
                let params = params![room, upto, self.upto_id];
                connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))
            }
            None => {
                let sql = "SELECT min(id) FROM message WHERE id > ?";
                connection.prepare_cached(sql)?.query_row([upto], |row| row.get(0))
            }
        }
    }

    /// Whether all messages of a part must be deleted.
    pub(super) fn is_all_of(&self, connection: &Connection, part: Span) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 FROM message WHERE id BETWEEN ? AND ?
                   AND (ts >= ? OR place <> coalesce(?, place) OR id > ?) LIMIT 1";
        let mut select = connection.prepare_cached(sql)?;
        let Self { before_ms, upto_id, room } = self;
        let others = select.exists(params![part.first, part.last, before_ms, room, upto_id])?;
        Ok(!others)
    }

    /// The messages in a range that must be deleted, a limited number at once: with their texts,
    /// unless all of the part is dropped.
    pub(super) fn old(
        &self,
        connection: &Connection,
        first: i64,
        last: i64,
        is_whole: bool,
    ) -> rusqlite::Result<(VecDeque<Old>, usize)> {
        let text = if is_whole { "NULL" } else { "text" };
        let limit = if is_whole { PURGE_ROWS } else { PURGE_ROWS_WITH_WORDS };
        let of_room = if self.room.is_some() { "place = ?4" } else { "?4 IS NULL" };
        let sql = format!(
            "SELECT id, place, {text} FROM message
             WHERE {of_room} AND id BETWEEN ?1 AND ?2 AND ts < ?3 ORDER BY id LIMIT ?5"
        );
        let mut select = connection.prepare_cached(&sql)?;
        let last = last.min(self.upto_id);
        let params = params![first, last, self.before_ms, self.room, limit];
        let old = select.query_map(params, Old::read)?.collect::<Result<_, _>>()?;
        Ok((old, usize::try_from(limit).unwrap_or_default()))
    }
}

impl Old {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, place: row.get(1)?, text: row.get(2)? })
    }
}
