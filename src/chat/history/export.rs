//! Exporting messages, also while a server uses the file.

use super::columns::{columns_in, message};
use super::marks::known_room;
use super::reader::Reader;
use super::{Message, OpenError, schema};
use mio_socketio::visible;
use rusqlite::params;
use serde_json::json;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// The format of exported messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As at the line door.
    Text,
    /// One JSON object on each line.
    JsonLines,
}

/// Writes a room's messages to `out`, oldest first, or those of all rooms if none is named. Private
/// messages are not written.
///
/// # Errors
/// If the file cannot be read or has no such room ([`OpenError::NoRoom`]), or `out` cannot be
/// written.
pub fn export(
    path: &Path,
    room: Option<&str>,
    format: Format,
    out: &mut impl Write,
) -> Result<(), OpenError> {
    let reader = Reader::open(path)?;
    let connection = &reader.connection;
    if schema::steps(connection)? == 0 {
        return Ok(());
    }
    let room = room.map(|room| known_room(connection, room)).transpose()?;
    // A file that no newer program has opened lacks some.
    let columns = columns_in(connection)?;
    let sql = format!(
        "SELECT {columns} FROM message
         WHERE place = ?1 OR ?1 IS NULL AND place NOT LIKE '@%' ORDER BY id"
    );
    let mut select = connection.prepare(&sql)?;
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
    if let Some(amended) = &message.amended {
        amended.export(&mut object);
    }
    object
}

/// JSON in which no terminal or editor obeys people's text: characters that [`visible`] would
/// replace are escaped (RFC 8259, 7), which does not change the meaning.
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
                // A string takes every write.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}
