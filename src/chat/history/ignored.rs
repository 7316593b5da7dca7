//! The people whom registered people ignore.

use super::History;
use super::reads::read;
use super::registrations::RegistrationChange;
use super::store::Store;
use crate::limits::IGNORED_MAX;
use rusqlite::{Transaction, params};

/// An entry of a list: the mark of the person who is ignored, and all about them as JSON.
type Entry = (Box<str>, String);

impl History {
    /// The list of the registered person with this id: JSON, the oldest entry first.
    pub(crate) fn ignored(&mut self, id: &str) -> Vec<String> {
        let kept = read(self.store.as_ref().map(|store| store.ignored(id)));
        let mut list = kept.unwrap_or_default();
        for change in &self.registrations {
            if let RegistrationChange::Ignored { id: own, whom, entry } = change
                && **own == *id
            {
                list.retain(|(other, _)| other != whom);
                list.extend(entry.clone().map(|entry| (whom.clone(), entry)));
            }
        }
        list.into_iter().map(|(_, entry)| entry).collect()
    }
}

impl Store {
    fn ignored(&self, id: &str) -> rusqlite::Result<Vec<Entry>> {
        let sql = "SELECT whom, entry FROM ignored WHERE person = ? ORDER BY number";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select
            .query_map([id], |row| Ok((row.get::<_, String>(0)?.into_boxed_str(), row.get(1)?)))?;
        rows.collect()
    }
}

/// Writes an entry of a list, or its end. Guests have no list in the file.
pub(super) fn write(
    transaction: &Transaction<'_>,
    id: &str,
    whom: &str,
    entry: Option<&str>,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM ignored WHERE person = ? AND whom = ?";
    transaction.prepare_cached(sql)?.execute([id, whom])?;
    if let Some(entry) = entry {
        let sql = "INSERT INTO ignored (person, whom, entry) SELECT ?1, ?2, ?3
                   WHERE EXISTS (SELECT 1 FROM registration WHERE person = ?1)
                   AND (SELECT count(*) FROM ignored WHERE person = ?1) < ?4";
        let count_max = i64::try_from(IGNORED_MAX).unwrap_or(i64::MAX);
        transaction.prepare_cached(sql)?.execute(params![id, whom, entry, count_max])?;
    }
    Ok(())
}
