//! Private messages that wait for registered people who are away. The messages themselves are in
//! their conversations; here are the numbers of those that nobody has been told of yet.

use super::History;
use super::reads::read;
use super::registrations::RegistrationChange;
use super::store::Store;
use crate::limits::MAILBOX_MAX;
use rusqlite::{Connection, params};

impl History {
    /// The numbers of the messages that wait for the person with this id, the oldest first, and no
    /// more than can wait. Some may be gone by now.
    pub(crate) fn waiting_for(&mut self, id: &str) -> Vec<i64> {
        let stored = read(self.store.as_ref().map(|store| store.waiting_for(id)));
        let mut numbers = stored.unwrap_or_default();
        for change in &self.registrations {
            match change {
                RegistrationChange::Waits { id: of, message } if **of == *id => {
                    numbers.push(*message);
                }
                RegistrationChange::Given { id: of } if **of == *id => numbers.clear(),
                _ => (),
            }
        }
        numbers
    }
}

impl Store {
    fn waiting_for(&self, id: &str) -> rusqlite::Result<Vec<i64>> {
        let sql = "SELECT message FROM mailbox WHERE person = ? ORDER BY message LIMIT ?";
        let mut select = self.connection.prepare_cached(sql)?;
        select.query_map(params![id, MAILBOX_MAX], |row| row.get(0))?.collect()
    }
}

/// Notes in a turn's transaction that a message waits for a person, if they are still registered.
pub(super) fn wait(connection: &Connection, id: &str, message: i64) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO mailbox (person, message)
               SELECT person, ?2 FROM registration WHERE person = ?1";
    connection.prepare_cached(sql)?.execute(params![id, message])?;
    Ok(())
}

/// Notes in a turn's transaction that nothing waits for a person.
pub(super) fn clear(connection: &Connection, id: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM mailbox WHERE person = ?")?.execute([id])?;
    Ok(())
}
