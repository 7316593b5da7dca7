//! The rooms in which something was said.

use super::History;
use super::reads::read;
use super::store::Store;
use rusqlite::params;
use std::cmp::Reverse;
use std::rc::Rc;

/// The ranges of the keys of rooms: names of private conversations begin with `@`.
const ROOMS: [(&str, &str); 2] = [("", "@"), ("A", "\u{10ffff}")];

impl History {
    /// The keys of rooms in which something was said that is kept, the last one to be spoken in
    /// first. Only the first `count_max` rooms by name are looked at.
    pub(crate) fn lasting_rooms(&self, count_max: usize) -> Vec<Rc<str>> {
        let mut rooms = Vec::new();
        for range in ROOMS {
            let left = count_max.saturating_sub(rooms.len());
            let found = read(self.store.as_ref().map(|it| it.lasting_rooms(range, left)));
            rooms.extend(found.unwrap_or_default());
        }
        rooms.sort_by_key(|(_, last)| Reverse(*last));
        rooms.into_iter().map(|(room, _)| Rc::from(room)).collect()
    }
}

impl Store {
    /// The rooms of a range of keys, with the number of the last message of each. It takes two
    /// steps of the index for each room, however much was said.
    fn lasting_rooms(
        &self,
        (from, to): (&str, &str),
        count_max: usize,
    ) -> rusqlite::Result<Vec<(String, i64)>> {
        let sql = "WITH RECURSIVE room (key) AS (
                       SELECT min(place) FROM message WHERE place > ?1 AND place < ?2
                       UNION ALL
                       SELECT (SELECT min(place) FROM message WHERE place > key AND place < ?2)
                       FROM room WHERE key IS NOT NULL
                   )
                   SELECT key, (SELECT max(id) FROM message WHERE place = key)
                   FROM room WHERE key IS NOT NULL LIMIT ?3";
        let mut select = self.connection.prepare_cached(sql)?;
        let count_max = i64::try_from(count_max).unwrap_or(i64::MAX);
        let rows = select.query_map(params![from, to, count_max], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })?;
        self.budget.look_up(|| rows.collect())
    }
}
