//! The acts of an operator upon registered people at the file: another password, or the end of a
//! registration. A server that uses the file has to end their devices, and tells other nodes.

use super::History;
use super::reads::read;
use super::registrations::RegistrationChange;
use super::store::Store;
use crate::limits::RESETS_TOLD_AT_ONCE;
use rusqlite::{Connection, params};
use std::rc::Rc;

/// The registered person with this id has another password, of which this is the hash, or `None` if
/// they are forgotten.
pub(crate) type Untold = (Rc<str>, Option<String>);

impl History {
    /// The acts that no server has done, some at once.
    pub(crate) fn untold_resets(&mut self) -> Vec<Untold> {
        let mut found = read(self.store.as_ref().map(Store::untold_resets)).unwrap_or_default();
        let waits = |id: &str| {
            let is_it = |change: &RegistrationChange| match change {
                RegistrationChange::Reset { id: own, .. } => **own == *id,
                _ => false,
            };
            self.registrations.iter().any(is_it)
        };
        found.retain(|(id, _)| !waits(id));
        found
    }
}

impl Store {
    fn untold_resets(&self) -> rusqlite::Result<Vec<Untold>> {
        let mut select =
            self.connection.prepare_cached("SELECT person, hash FROM reset LIMIT ?")?;
        let rows = select.query_map([RESETS_TOLD_AT_ONCE], |row| {
            Ok((row.get::<_, String>(0)?.into(), row.get(1)?))
        })?;
        rows.collect()
    }
}

/// Notes an act of an operator's, and does it in the file.
pub(super) fn begin(connection: &Connection, id: &str, hash: Option<&str>) -> rusqlite::Result<()> {
    make(connection, id, hash)?;
    let sql = "INSERT OR REPLACE INTO reset (person, hash) VALUES (?, ?)";
    connection.execute(sql, params![id, hash]).map(|_| ())
}

/// Writes an act that all servers know of.
pub(super) fn write(connection: &Connection, id: &str, hash: Option<&str>) -> rusqlite::Result<()> {
    make(connection, id, hash)?;
    let sql = "DELETE FROM reset WHERE person = ? AND hash IS ?";
    connection.execute(sql, params![id, hash]).map(|_| ())
}

/// The tables that have a row of each registered person.
const FORGOTTEN: [&str; 7] =
    ["registration", "registered_name", "device", "room_owner", "ignored", "mailbox", "read_upto"];

fn make(connection: &Connection, id: &str, hash: Option<&str>) -> rusqlite::Result<()> {
    if let Some(hash) = hash {
        let sql = "UPDATE registration SET hash = ? WHERE person = ?";
        connection.execute(sql, [hash, id])?;
        return connection.execute("DELETE FROM device WHERE person = ?", [id]).map(|_| ());
    }
    for table in FORGOTTEN {
        connection.execute(&format!("DELETE FROM {table} WHERE person = ?"), [id])?;
    }
    // Like anybody else, they are forgotten after a while.
    let sql = "UPDATE person SET spoke = 1, token = randomblob(20), next = NULL WHERE id = ?";
    connection.execute(sql, [id]).map(|_| ())
}
