//! The last messages that registered people have read.

use super::History;
use super::reads::read;
use super::store::Store;
use rusqlite::{OptionalExtension, Transaction};
use std::collections::HashMap;
use std::rc::Rc;

impl History {
    /// Keeps the positions of the person with this id: JSON.
    pub(crate) fn keep_reads(&mut self, id: Rc<str>, json: String) {
        if self.store.is_some() {
            self.reads.insert(id, json);
        }
    }

    /// The positions of the person with this id.
    pub(crate) fn reads(&mut self, id: &str) -> Option<String> {
        let waiting = self.reads.get(id).cloned();
        waiting.or_else(|| read(self.store.as_ref().map(|store| store.reads(id))).flatten())
    }
}

impl Store {
    fn reads(&self, id: &str) -> rusqlite::Result<Option<String>> {
        let sql = "SELECT places FROM read_upto WHERE person = ?";
        self.connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()
    }
}

/// Writes positions. Only registered people have a row.
pub(super) fn write(
    transaction: &Transaction<'_>,
    all: &HashMap<Rc<str>, String>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO read_upto (person, places) SELECT ?1, ?2
               WHERE EXISTS (SELECT 1 FROM registration WHERE person = ?1)
               ON CONFLICT (person) DO UPDATE SET places = excluded.places";
    for (id, json) in all {
        transaction.prepare_cached(sql)?.execute([&**id, json])?;
    }
    Ok(())
}
