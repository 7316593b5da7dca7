//! The history file from outside: written out, or cut. Both work while a server uses it.

use super::files::open;
use super::store::message;
use super::trim::{self, Old, cut};
use super::{Message, OpenError, schema};
use crate::chat::names;
use crate::limits::PURGE_SLICE_SECONDS;
use crate::server::visible;
use rusqlite::{Connection, OpenFlags, params};
use serde_json::json;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

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
            Format::JsonLines => writeln!(out, "{}", escaped(&as_json(&message).to_string())),
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

/// JSON in which no terminal and no editor obeys what people have said: signs that [`visible`]
/// would show otherwise are escaped (RFC 8259, 7), and mean the same.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for char in json.chars() {
        if char.is_ascii_graphic()
            || char == ' '
            || *visible(&char.to_string()) == *char.to_string()
        {
            escaped.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Deletes old messages, some at a time, so that a server that uses the file need not wait long.
#[derive(Debug)]
pub struct Purge {
    connection: Connection,
    before_ms: i64,
    upto: i64,
    is_done: bool,
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
        Ok(Self { connection, before_ms, upto: i64::MIN, is_done: false })
    }

    /// Deletes some of them, their words, and what else belongs to them; how many. When all are
    /// deleted, the file shrinks, if it can. `None` when that is done too.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn step(&mut self) -> Result<Option<usize>, OpenError> {
        if self.is_done {
            return Ok(trim::shrink(&self.connection)?.then_some(0));
        }
        let which = (Old::Before(self.before_ms), self.upto, true);
        let cut = cut(&mut self.connection, which, PURGE_SLICE_SECONDS)?;
        (self.upto, self.is_done) = (cut.upto, !cut.more);
        Ok(Some(cut.count))
    }
}
