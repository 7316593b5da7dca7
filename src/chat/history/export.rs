//! The history file from outside: written out, or cut. Both work while a server uses it.

use super::store::message;
use super::{Message, OpenError};
use crate::limits::EXPORT_BUSY_MS;
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
    let sql = "SELECT id, ts, place, author, action, text FROM message
               WHERE place = ?1 OR ?1 IS NULL AND place NOT LIKE '@%' ORDER BY id";
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query(params![room])?;
    while let Some(row) = rows.next()? {
        let message = message(row)?;
        let written = match format {
            Format::Text => writeln!(out, "#{} {}", message.place, message.as_line()),
            Format::JsonLines => writeln!(out, "{}", as_json(&message)),
        };
        written.map_err(OpenError::Io)?;
    }
    out.flush().map_err(OpenError::Io)
}

fn as_json(message: &Message) -> serde_json::Value {
    let Message { id, ts, place, author, is_action, text } = message;
    let mut object = json!({"id": id, "room": &**place, "from": &**author, "text": text, "ts": ts});
    if *is_action {
        object["action"] = true.into();
    }
    object
}

/// Deletes the messages from before `before_ms` (Unix milliseconds); how many there were.
///
/// # Errors
/// If the file cannot be written.
pub fn purge(path: &Path, before_ms: i64) -> Result<usize, OpenError> {
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let transaction = connection.transaction()?;
    let sql = "INSERT INTO word (word, rowid, text) SELECT 'delete', id, text FROM message
               WHERE ts < ? AND id <= (SELECT upto FROM indexed)";
    transaction.execute(sql, [before_ms])?;
    // The last one stays: its number must not be given again.
    let sql = "DELETE FROM message WHERE ts < ? AND id < (SELECT max(id) FROM message)";
    let count = transaction.execute(sql, [before_ms])?;
    transaction.commit()?;
    Ok(count)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(EXPORT_BUSY_MS))?;
    Ok(connection)
}
