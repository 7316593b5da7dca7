//! The rooms in which something was said.

use super::History;
use super::reads::read;
use super::store::Store;
use crate::limits::ROOMS_LASTING_RECENT;
use rusqlite::{OptionalExtension, params};
use std::cmp::Reverse;
use std::rc::Rc;

/// The ranges of the keys of rooms: names of private conversations begin with `@`.
const ROOMS: [(&str, &str); 2] = [("", "@"), ("A", "\u{10ffff}")];

impl History {
    /// The keys of rooms in which something was said that is kept, the last one to be spoken in
    /// first. Those of the last messages come in any case; of the others only the first `count_max`
    /// rooms by name are looked at.
    pub(crate) fn lasting_rooms(&self, count_max: usize) -> Vec<Rc<str>> {
        let recent = read(self.store.as_ref().map(Store::recent_rooms));
        let mut rooms = recent.unwrap_or_default();
        for range in ROOMS {
            let found = read(self.store.as_ref().map(|it| it.lasting_rooms(range, count_max)));
            rooms.extend(found.unwrap_or_default());
        }
        rooms.sort_by_key(|(_, last)| Reverse(*last));
        // A room's last message is one message, so a room that was found twice stands together.
        rooms.dedup();
        rooms.truncate(count_max);
        rooms.into_iter().map(|(room, _)| Rc::from(room)).collect()
    }

    /// The number of the first message of a room that is in the file, and its time, in Unix
    /// milliseconds.
    pub(crate) fn first_in(&self, room: &str) -> Option<(i64, i64)> {
        read(self.store.as_ref().map(|store| store.first_in(room))).flatten()
    }
}

impl Store {
    fn first_in(&self, room: &str) -> rusqlite::Result<Option<(i64, i64)>> {
        let sql = "SELECT id, ts FROM message WHERE place = ? ORDER BY id LIMIT 1";
        let mut select = self.connection.prepare_cached(sql)?;
        let mut first = || select.query_row([room], |row| Ok((row.get(0)?, row.get(1)?)));
        self.budget.look_up(|| first().optional())
    }

    /// The rooms of the last messages, with the number of the last message of each.
    fn recent_rooms(&self) -> rusqlite::Result<Vec<(String, i64)>> {
        let sql = "SELECT place, max(id) FROM
                   (SELECT place, id FROM message ORDER BY id DESC LIMIT ?)
                   WHERE place NOT LIKE '@%' GROUP BY place";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows =
            select.query_map([ROOMS_LASTING_RECENT], |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.budget.look_up(|| rows.collect())
    }

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
