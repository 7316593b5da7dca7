//! Marks of purges that have begun: the index, free pages and unused bytes may still contain
//! deleted messages. An interrupted purge leaves its mark, so that the next one knows that there is
//! work, even if the room has no message any more.

use super::OpenError;
use super::purge::immediate;
use crate::chat::names;
use rusqlite::{Connection, Transaction};

/// The mark for all rooms: no room has this name.
const ALL: &str = "";
/// Before the room of a mark: a purge erases its traces now. No room begins so.
const UNDERWAY: &str = " ";

/// Marks that messages of a room, or of all rooms, are deleted, in the same transaction as the
/// first deletion.
pub(super) fn begin(transaction: &Transaction<'_>, room: Option<&str>) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO purge (room) VALUES (?)";
    transaction.prepare_cached(sql)?.execute([room.unwrap_or(ALL)])?;
    Ok(())
}

/// Whether a purge of this room, or of all rooms, has begun and not ended.
fn has_begun(connection: &Connection, room: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM purge WHERE room IN (?1, ?2, ?3 || ?1, ?3 || ?2)";
    connection.prepare(sql)?.exists([room, ALL, UNDERWAY])
}

/// Whether a purge has begun, or a text was deleted, and not all traces are erased.
pub(super) fn are_there(connection: &Connection) -> rusqlite::Result<bool> {
    connection.prepare("SELECT 1 FROM purge LIMIT 1")?.exists([])
}

/// The traces of everything that was deleted until now are erased in the next steps. A text that
/// is deleted meanwhile makes a new mark, which outlasts them.
pub(super) fn set_out(connection: &mut Connection) -> rusqlite::Result<()> {
    // Without a mark, nothing is written.
    if !are_there(connection)? {
        return Ok(());
    }
    let transaction = immediate(connection)?;
    let sql = "INSERT OR IGNORE INTO purge SELECT ?1 || room FROM purge
               WHERE substr(room, 1, 1) <> ?1";
    transaction.execute(sql, [UNDERWAY])?;
    transaction.execute("DELETE FROM purge WHERE substr(room, 1, 1) <> ?", [UNDERWAY])?;
    transaction.commit()
}

/// Removes the marks of everything whose traces are erased. True if there was one.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<bool> {
    if !are_there(connection)? {
        return Ok(false);
    }
    let sql = "DELETE FROM purge WHERE substr(room, 1, 1) = ?";
    Ok(connection.execute(sql, [UNDERWAY])? > 0)
}

/// The key of a room that is in the file.
pub(super) fn known_room(connection: &Connection, room: &str) -> Result<String, OpenError> {
    let sql = "SELECT 1 FROM message WHERE place = ?1 UNION SELECT 1 FROM topic WHERE room = ?1";
    let key = names::room_key(room);
    match key {
        Ok(key) if connection.prepare(sql)?.exists([&*key])? => Ok(key),
        _ => Err(OpenError::NoRoom(room.to_owned())),
    }
}

/// The key of a room that is in the file, or of which deleted messages may have left traces.
pub(super) fn begun_room(connection: &Connection, room: &str) -> Result<String, OpenError> {
    match (known_room(connection, room), names::room_key(room)) {
        (Err(OpenError::NoRoom(_)), Ok(key)) if has_begun(connection, &key)? => Ok(key),
        (known, _) => known,
    }
}
