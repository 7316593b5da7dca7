//! The history file from outside: written out, or cut. Both work while a server uses it.

use super::store::message;
use super::{Message, OpenError, index, schema};
use crate::chat::names;
use crate::limits::{EXPORT_BUSY_MS, PURGE_ROWS};
use crate::server::visible;
use rusqlite::{Connection, OpenFlags, params};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// How messages are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As at the line door.
    Text,
    /// One JSON object a line.
    JsonLines,
}

/// Writes a room's messages to `out`, oldest first; all rooms' if none is named. Private ones are
/// not written.
///
/// # Errors
/// If the file cannot be read, or `out` not written.
pub fn export(
    path: &Path,
    room: Option<&str>,
    format: Format,
    out: &mut impl Write,
) -> Result<(), OpenError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if schema::steps(&connection)? == 0 {
        return Ok(());
    }
    // No room has a name that rooms do not have.
    let room = room.map(|room| names::room_key(room).unwrap_or_default());
    let sql = "SELECT id, ts, place, author, action, text, NULL, NULL
               FROM message
               WHERE place = ?1 OR ?1 IS NULL AND place NOT LIKE '@%' ORDER BY id";
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query(params![room])?;
    while let Some(row) = rows.next()? {
        let message = message(row)?;
        let written = match format {
            Format::Text => {
                writeln!(out, "#{} {}", message.place, visible(&message.as_line()))
            }
            Format::JsonLines => writeln!(out, "{}", as_json(&message)),
        };
        written.map_err(OpenError::Io)?;
    }
    out.flush().map_err(OpenError::Io)
}

fn as_json(message: &Message) -> serde_json::Value {
    let Message { id, ts, place, author, is_action, text, .. } = message;
    let mut object = json!({"id": id, "room": &**place, "from": &**author, "text": text, "ts": ts});
    if *is_action {
        object["action"] = true.into();
    }
    object
}

/// Deletes old messages, some at a time, so that a server that uses the file need not wait long.
#[derive(Debug)]
pub struct Purge {
    connection: Connection,
    before_ms: i64,
}

impl Purge {
    /// Will delete the messages from before `before_ms` (Unix milliseconds) from the file.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path, before_ms: i64) -> Result<Self, OpenError> {
        let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // The index of an older form has other words.
        schema::migrate(&mut connection)?;
        Ok(Self { connection, before_ms })
    }

    /// Deletes the first of them, and their words if they are indexed; how many, 0 when it is done.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn step(&mut self) -> Result<usize, OpenError> {
        let transaction = self.connection.transaction()?;
        // The last one stays: its number must not be given again.
        let sql = "SELECT id, place, text FROM message
                   WHERE ts < ? AND id < (SELECT max(id) FROM message) ORDER BY id LIMIT ?";
        let old: Vec<(i64, String, String)> = transaction
            .prepare(sql)?
            .query_map([self.before_ms, PURGE_ROWS], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        for (id, place, text) in &old {
            index::forget(&transaction, *id, place, text)?;
            transaction.prepare_cached("DELETE FROM message WHERE id = ?")?.execute([id])?;
        }
        transaction.commit()?;
        Ok(old.len())
    }
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(EXPORT_BUSY_MS))?;
    Ok(connection)
}
