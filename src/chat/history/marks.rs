//! Marks of purges that have begun: what they have deleted may still be told by the index, by free
//! pages and by unused bytes. One that was stopped leaves its mark, by which the next one knows
//! that there is work, though the room has no message any more.

use super::OpenError;
use crate::chat::names;
use rusqlite::{Connection, Transaction};

/// What stands for all rooms: no room is called so.
const ALL: &str = "";

/// Marks that messages of a room, or of all, are deleted: with the first of them, in one
/// transaction.
pub(super) fn begin(transaction: &Transaction<'_>, room: Option<&str>) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO purge (room) VALUES (?)";
    transaction.prepare_cached(sql)?.execute([room.unwrap_or(ALL)])?;
    Ok(())
}

/// Whether a purge of this room, or of all, has begun and not come to its end.
fn has_begun(connection: &Connection, room: &str) -> rusqlite::Result<bool> {
    connection.prepare("SELECT 1 FROM purge WHERE room IN (?, ?)")?.exists([room, ALL])
}

/// All that was marked is erased: what a purge does last is done to all of the file. Whether there
/// was a mark.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<bool> {
    // Where there is none, nothing is written.
    if !connection.prepare("SELECT 1 FROM purge LIMIT 1")?.exists([])? {
        return Ok(false);
    }
    Ok(connection.execute("DELETE FROM purge", [])? > 0)
}

/// The key of a room, if there is something of it in the file.
pub(super) fn known_room(connection: &Connection, room: &str) -> Result<String, OpenError> {
    let sql = "SELECT 1 FROM message WHERE place = ?1 UNION SELECT 1 FROM topic WHERE room = ?1";
    let key = names::room_key(room);
    match key {
        Ok(key) if connection.prepare(sql)?.exists([&*key])? => Ok(key),
        _ => Err(OpenError::NoRoom(room.to_owned())),
    }
}

/// The key of a room of which something is in the file, or may be left of what was deleted.
pub(super) fn begun_room(connection: &Connection, room: &str) -> Result<String, OpenError> {
    match (known_room(connection, room), names::room_key(room)) {
        (Err(OpenError::NoRoom(_)), Ok(key)) if has_begun(connection, &key)? => Ok(key),
        (known, _) => known,
    }
}
