//! People who can come back, in the file.

use super::kept_person::{Conversation, KeptPerson, Known, Posted, Token};
use super::numbers::Numbers;
use super::reads::read;
use super::store::{LeftHere, Store};
use super::{History, Keyed, Waiting};
use crate::limits::{
    CONVERSATIONS_MAX, NICK_HELD_MS, PEOPLE_FORGOTTEN_AT_ONCE, PEOPLE_REMEMBERED_MAX,
    PEOPLE_REMEMBERED_MS, PEOPLE_WAITING_MAX, ROOM_RULES_KEPT_MAX, STRANGERS_REMEMBERED_MAX,
    TOPICS_MAX,
};
use mio_socketio::Now;
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

impl History {
    /// Notes the start of the server. `None` if the file cannot be read and written now.
    pub(crate) fn begin(&mut self, now: Now) -> Option<Known> {
        self.numbers.begin(now.unix_ms);
        let Some(store) = self.store.as_mut() else { return Some(Known::default()) };
        let known = read(Some(store.begin(now.unix_ms.cast_signed(), &self.numbers)))?;
        self.numbers.written();
        Some(known)
    }

    /// The owner of a token. A registered person's tokens are those of their devices.
    pub(crate) fn person(&mut self, now: Now, token: &Token) -> Option<KeptPerson> {
        let found = self.person_with(token).filter(|record| !record.is_registered);
        found.or_else(|| self.person_of_device(now, token))
    }

    fn person_with(&mut self, token: &Token) -> Option<KeptPerson> {
        let is_next = |record: &&KeptPerson| record.next.is_some_and(|(next, _)| next == *token);
        let waiting = self.people.get(token).or_else(|| self.strangers.get(token));
        let waiting = waiting.or_else(|| self.people.values().find(is_next)).cloned();
        waiting.or_else(|| {
            let found = self.store.as_mut().map(|store| store.person_with(token));
            read(found).flatten()
        })
    }

    /// The person with this id.
    pub(crate) fn person_by_id(&mut self, id: &str) -> Option<KeptPerson> {
        let mut waiting = self.people.values().chain(self.strangers.values());
        let waiting = waiting.find(|record| *record.id == *id).cloned();
        waiting.or_else(|| read(self.store.as_mut().map(|store| store.person("id", &id))).flatten())
    }

    /// Keeps a person's record. Without a file it is kept in memory, up to a bound.
    pub(crate) fn keep_person(&mut self, record: KeptPerson) {
        if !record.is_known {
            return self.keep_stranger(record);
        }
        self.strangers.remove(&record.token);
        if self.people.len() >= PEOPLE_WAITING_MAX && !self.people.contains_key(&record.token) {
            let gone = self.people.values().filter(|record| !record.is_here);
            // A person without any message, if there is one.
            let Some(gone) = gone.min_by_key(|record| (record.spoke, record.token)) else { return };
            let token = gone.token;
            self.people.remove(&token);
        }
        self.people.insert(record.token, record);
    }

    /// Notes that a person has gone who did nothing but come. The last of these are remembered in
    /// memory, in case their connection broke at once.
    fn keep_stranger(&mut self, record: KeptPerson) {
        if record.is_here {
            return;
        }
        self.strangers_order.push_back(record.token);
        self.strangers.insert(record.token, record);
        if self.strangers_order.len() > STRANGERS_REMEMBERED_MAX
            && let Some(token) = self.strangers_order.pop_front()
        {
            self.strangers.remove(&token);
        }
    }

    /// Makes a token invalid.
    pub(crate) fn forget_token(&mut self, token: &Token) {
        self.people.remove(token);
        self.strangers.remove(token);
    }

    /// The private conversations of a person with messages after `since`, the latest first, at most
    /// `count`; only those with a person who was called `with`, if that is given.
    pub(crate) fn conversations(
        &mut self,
        person: &str,
        since: i64,
        with: Option<&str>,
        count: usize,
    ) -> Vec<Conversation> {
        let mut all: Vec<Conversation> = Vec::new();
        for Waiting { message, known_to, .. } in self.waiting.iter().rev() {
            let mut mine = known_to.iter().filter(|(known, _)| **known == *person);
            let Some((_, nick)) = mine.next().filter(|_| message.id > since) else { continue };
            let is_with = with.is_none_or(|with| with.eq_ignore_ascii_case(nick));
            if is_with && !all.iter().any(|known| known.place == message.place) {
                all.push(Conversation { place: message.place.clone(), nick: nick.clone() });
            }
        }
        let store = self.store.as_mut();
        let stored = read(store.map(|store| store.conversations(person, since, with, count)));
        for older in stored.into_iter().flatten() {
            if !all.iter().any(|known| known.place == older.place) {
                all.push(older);
            }
        }
        all.truncate(count);
        all
    }

    /// Keeps a room's topic; `None` removes it.
    pub(crate) fn keep_topic(&mut self, room: Rc<str>, topic: Option<String>) {
        if self.store.is_some() {
            self.topics.insert(room, topic);
        }
    }

    /// Keeps the rules of a room, as JSON; `None` if it has none any more.
    pub(crate) fn keep_rules(&mut self, room: Rc<str>, rules: Option<String>) {
        if self.store.is_some() {
            self.rules.insert(room, rules);
        }
    }

    /// Gives a person a new name in the conversations of others with them.
    pub(crate) fn rename(&mut self, person: Rc<str>, nick: Rc<str>) {
        if self.store.is_some() && self.renames.len() < PEOPLE_WAITING_MAX {
            self.renames.insert(person, nick);
        }
    }
}

/// The value of `spoke` of registered people, who are never forgotten.
const SPOKE_REGISTERED: i64 = 2;

impl LeftHere {
    /// Records in the file that they have gone, before anything about present people.
    pub(super) fn settle(self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if let Self::Gone(ms) = self {
            transaction.execute("UPDATE person SET here = 0, seen = ? WHERE here = 1", [ms])?;
            transaction.execute("UPDATE seat SET gone = ? WHERE gone IS NULL", [ms])?;
        }
        Ok(())
    }

    pub(super) const fn settled(self) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            Self::Gone(_) | Self::Settled => Self::Settled,
        }
    }
}

impl Store {
    pub(super) fn begin(&mut self, now_ms: i64, numbers: &Numbers) -> rusqlite::Result<Known> {
        if self.left_here == LeftHere::Unknown {
            self.left_here = LeftHere::Gone(now_ms);
        }
        let transaction = self.connection.transaction()?;
        self.left_here.settle(&transaction)?;
        numbers.write(&transaction)?;
        let sql = "SELECT id, nick, ? - seen FROM person
                   WHERE here = 0 AND spoke IN (0, 1, 2) AND seen > ? AND returns = 1";
        let since_ms = now_ms.saturating_sub_unsigned(NICK_HELD_MS);
        let away = transaction
            .prepare(sql)?
            .query_map([now_ms, since_ms], |row| {
                let (id, nick): (String, String) = (row.get(0)?, row.get(1)?);
                let gone_ms = u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default();
                Ok((id.into(), nick.into(), gone_ms))
            })?
            .collect::<Result<_, _>>()?;
        let topics = transaction
            .prepare("SELECT room, text FROM topic LIMIT ?")?
            .query_map([TOPICS_MAX as i64], |row| {
                Ok((row.get::<_, String>(0)?.into(), row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        let rules = transaction
            .prepare("SELECT room, rules FROM room_rule LIMIT ?")?
            .query_map([ROOM_RULES_KEPT_MAX as i64], |row| {
                Ok((row.get::<_, String>(0)?.into(), row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        transaction.commit()?;
        self.left_here = self.left_here.settled();
        Ok(Known { away, topics, rules })
    }

    /// Forgets some people who have not been here for long, or are too many. True if there may be
    /// more.
    pub(super) fn forget_people(&mut self, now_ms: i64) -> rusqlite::Result<bool> {
        let ids = |store: &Self, sql: &str, bound: i64, limit: i64| {
            let mut select = store.connection.prepare_cached(sql)?;
            select
                .query_map([bound, limit], |row| row.get::<_, String>(0))?
                .collect::<rusqlite::Result<Vec<String>>>()
        };
        let sql = "SELECT id FROM person WHERE here = 0 AND spoke IN (0, 1) AND seen < ? LIMIT ?";
        let long_ago = now_ms - PEOPLE_REMEMBERED_MS;
        let mut gone: Vec<String> = ids(self, sql, long_ago, PEOPLE_FORGOTTEN_AT_ONCE)?;
        if gone.is_empty() {
            let sql = "SELECT count(*) FROM person WHERE here IN (0, 1) AND spoke IN (0, 1)";
            let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
            let more = (count - PEOPLE_REMEMBERED_MAX).clamp(0, PEOPLE_FORGOTTEN_AT_ONCE);
            // People without messages go first, regardless of when they came.
            let sql = "SELECT id FROM person WHERE here = 0 AND spoke < ?
                       ORDER BY spoke, seen LIMIT ?";
            gone = ids(self, sql, SPOKE_REGISTERED, more)?;
        }
        let transaction = self.connection.transaction()?;
        for id in &gone {
            transaction.prepare_cached("DELETE FROM posted WHERE person = ?")?.execute([id])?;
            let sql = "DELETE FROM conversation WHERE person = ?1 AND place IN
                       (SELECT place FROM conversation WHERE person = ?1 LIMIT ?2)";
            let bound = PEOPLE_FORGOTTEN_AT_ONCE;
            let deleted = transaction.prepare_cached(sql)?.execute(params![id, bound])?;
            if i64::try_from(deleted).is_ok_and(|deleted| deleted < bound) {
                transaction.prepare_cached("DELETE FROM person WHERE id = ?")?.execute([id])?;
                transaction
                    .prepare_cached("DELETE FROM invited WHERE person = ?")?
                    .execute([id])?;
            }
        }
        transaction.commit()?;
        self.log.used();
        Ok(!gone.is_empty())
    }

    /// The owner of a token, or of one that will replace it.
    fn person_with(&mut self, token: &Token) -> rusqlite::Result<Option<KeptPerson>> {
        match self.person("token", &token.0)? {
            None => self.person("next", &token.0),
            found => Ok(found),
        }
    }

    fn person(&mut self, by: &str, key: &dyn ToSql) -> rusqlite::Result<Option<KeptPerson>> {
        let sql = format!(
            "SELECT id, token, nick, rooms, here, seen, returns, spoke, given, next, next_given
             FROM person WHERE {by} = ?"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let Some(mut found) = select.query_row([key], record).optional()? else { return Ok(None) };
        let sql = "SELECT key, id, ts, what FROM posted WHERE person = ? ORDER BY id";
        let mut select = self.connection.prepare_cached(sql)?;
        let posted = select.query_map([&*found.id], |row| {
            let (id, ts, what) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let key = row.get::<_, String>(0)?.into();
            Ok(Posted { key, id, ts, what, reader: None })
        })?;
        found.posted = posted.collect::<Result<_, _>>()?;
        Ok(Some(found))
    }

    fn conversations(
        &self,
        person: &str,
        since: i64,
        with: Option<&str>,
        count: usize,
    ) -> rusqlite::Result<Vec<Conversation>> {
        let sql = "SELECT place, nick FROM conversation WHERE person = ?1 AND last > ?2
                   AND (?3 IS NULL OR nick = ?3 COLLATE NOCASE) ORDER BY last DESC LIMIT ?4";
        let mut select = self.connection.prepare_cached(sql)?;
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let all = select.query_map(params![person, since, with, limit], |row| {
            let (place, nick): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(Conversation { place: place.into(), nick: nick.into() })
        })?;
        self.budget.look_up(|| all.collect())
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<KeptPerson> {
    let (id, nick): (String, String) = (row.get(0)?, row.get(2)?);
    let rooms: String = row.get(3)?;
    Ok(KeptPerson {
        id: id.into(),
        token: Token(row.get(1)?),
        given_ms: row.get(8)?,
        next: row.get::<_, Option<[u8; 20]>>(9)?.map(Token).zip(row.get(10)?),
        nick: nick.into(),
        rooms: rooms.split_whitespace().map(Rc::from).collect(),
        is_here: row.get(4)?,
        seen_ms: row.get(5)?,
        returns: row.get(6)?,
        is_known: true,
        spoke: row.get::<_, i64>(7)? != 0,
        is_registered: row.get::<_, i64>(7)? == SPOKE_REGISTERED,
        posted: VecDeque::new(),
    })
}

/// Writes people into a turn's transaction. An operator may have forgotten a registered person who
/// was still here.
pub(super) fn write<'r>(
    transaction: &Transaction<'_>,
    people: impl Iterator<Item = &'r KeptPerson>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO person (id, token, nick, rooms, here, seen, returns, spoke, given,
               next, next_given) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,
               iif(?8 = 2 AND NOT EXISTS (SELECT 1 FROM registration WHERE person = ?1), 1, ?8),
               ?9, ?10, ?11)
               ON CONFLICT (id) DO UPDATE SET token = excluded.token, nick = excluded.nick,
               rooms = excluded.rooms, here = excluded.here, seen = excluded.seen,
               returns = excluded.returns, given = excluded.given,
               spoke = iif(spoke = 2, 2, excluded.spoke),
               next = excluded.next, next_given = excluded.next_given";
    let mut insert = transaction.prepare_cached(sql)?;
    for record in people {
        let KeptPerson { id, token, nick, rooms, is_here, seen_ms, returns, .. } = record;
        let spoke = if record.is_registered { SPOKE_REGISTERED } else { i64::from(record.spoke) };
        let (id, nick, rooms, given) = (&**id, &**nick, rooms.join(" "), record.given_ms);
        let (next, next_given) = record.next.map_or((None, 0), |(next, ms)| (Some(next.0), ms));
        insert.execute(params![
            id, token.0, nick, rooms, is_here, seen_ms, returns, spoke, given, next, next_given
        ])?;
    }
    Ok(())
}

/// Writes topics into a turn's transaction.
pub(super) fn write_topics(
    transaction: &Transaction<'_>,
    topics: &HashMap<Rc<str>, Option<String>>,
) -> rusqlite::Result<()> {
    for (room, topic) in topics {
        let sql = match topic {
            Some(_) => "INSERT OR REPLACE INTO topic (room, text) VALUES (?1, ?2)",
            None => "DELETE FROM topic WHERE room = ?1 AND ?2 IS NULL",
        };
        transaction.prepare_cached(sql)?.execute(params![&**room, topic])?;
    }
    Ok(())
}

/// Writes the rules of rooms into a turn's transaction.
pub(super) fn write_rules(
    transaction: &Transaction<'_>,
    rules: &HashMap<Rc<str>, Option<String>>,
) -> rusqlite::Result<()> {
    for (room, rules) in rules {
        let sql = match rules {
            Some(_) => "INSERT OR REPLACE INTO room_rule (room, rules) VALUES (?1, ?2)",
            None => "DELETE FROM room_rule WHERE room = ?1 AND ?2 IS NULL",
        };
        transaction.prepare_cached(sql)?.execute(params![&**room, rules])?;
    }
    Ok(())
}

/// Gives people a new name in the conversations of those who talked with them.
pub(super) fn write_renames(
    transaction: &Transaction<'_>,
    renames: &HashMap<Rc<str>, Rc<str>>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE conversation SET nick = ?1 WHERE person <> ?2 AND place IN
               (SELECT place FROM conversation WHERE person = ?2 ORDER BY last DESC LIMIT ?3)";
    for (person, nick) in renames {
        let limit = CONVERSATIONS_MAX as i64;
        transaction.prepare_cached(sql)?.execute(params![&**nick, &**person, limit])?;
    }
    Ok(())
}

/// Records in a turn's transaction that there was a private message: `person` knows the other as
/// `nick`.
pub(super) fn write_conversation(
    transaction: &Transaction<'_>,
    person: &str,
    place: &str,
    nick: &str,
    id: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO conversation (person, place, nick, last)
               VALUES (?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![person, place, nick, id])?;
    Ok(())
}

/// Records the key of a post, and drops the key of one that is too old.
pub(super) fn write_posted(transaction: &Transaction<'_>, keyed: &Keyed) -> rusqlite::Result<()> {
    let Keyed { person, posted: Posted { key, id, ts, what, .. }, forgotten } = keyed;
    let sql = "INSERT OR REPLACE INTO posted (person, key, id, ts, what) VALUES (?, ?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![&**person, &**key, id, ts, what])?;
    if let Some(key) = forgotten {
        let sql = "DELETE FROM posted WHERE person = ? AND key = ?";
        transaction.prepare_cached(sql)?.execute([&**person, &**key])?;
    }
    Ok(())
}
