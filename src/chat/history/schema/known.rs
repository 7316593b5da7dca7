//! The tables and indexes that a history file may have.

use super::steps;
use crate::chat::history::OpenError;
use rusqlite::Connection;

/// The tables of all versions, except those of the index.
const TABLES: [&str; 32] = [
    "ban",
    "changed",
    "conversation",
    "deed",
    "device",
    "file",
    "given",
    "history",
    "hook",
    "ignored",
    "indexed",
    "invitation",
    "invited",
    "journal",
    "mailbox",
    "message",
    "part",
    "person",
    "posted",
    "promise",
    "purge",
    "purge_order",
    "read_upto",
    "registered_name",
    "registration",
    "reset",
    "room_owner",
    "room_rule",
    "seat",
    "start",
    "told_ban",
    "topic",
];
/// Their indexes.
const INDEXES: [&str; 18] = [
    "changed_by_after",
    "changed_by_place",
    "conversation_by_end",
    "conversation_by_last",
    "conversation_by_place",
    "device_by_person",
    "file_by_id",
    "file_by_person",
    "ignored_by_person",
    "invitation_untold",
    "message_by_place",
    "person_by_next",
    "person_by_seen",
    "posted_by_id",
    "registered_name_by_person",
    "registration_by_quiet",
    "registration_by_roles",
    "seat_by_gone",
];

/// Refuses a file that does not have the format of its version, or contains something that would
/// run: triggers, views, tables of other modules.
pub(in crate::chat::history) fn check(connection: &Connection) -> Result<(), OpenError> {
    steps(connection)?;
    let mut select =
        connection.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name, sql): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let is_virtual = sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL");
        let is_ours = match &*kind {
            "table" if is_virtual => {
                part_of_index(&name) == Some("") && sql.contains(" USING fts5 (")
            }
            "table" => {
                TABLES.contains(&&*name)
                    || name.starts_with("sqlite_stat")
                    || part_of_index(&name).is_some_and(|rest| !rest.is_empty())
            }
            "index" => INDEXES.contains(&&*name) || name.starts_with("sqlite_autoindex_"),
            _ => false,
        };
        if !is_ours {
            let name: String = name.chars().filter(char::is_ascii_graphic).take(64).collect();
            return Err(OpenError::Planted(format!("{kind} called {name}")));
        }
    }
    Ok(())
}

/// The part of an index table's name after `word` and the number; `None` for other tables.
fn part_of_index(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("word")?;
    let number = rest.strip_prefix('_').unwrap_or_default();
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let rest = if digits > 0 { number.get(digits..)? } else { rest };
    matches!(rest, "" | "_config" | "_content" | "_data" | "_docsize" | "_idx").then_some(rest)
}
