//! Those who can come back: what a token stands for, and with whom they talked in private.

use super::store::Store;
use super::{History, Keyed};
use crate::base::Now;
use crate::limits::{
    PEOPLE_REMEMBERED_MAX, PEOPLE_REMEMBERED_MS, PEOPLE_WAITING_MAX, POSTS_REMEMBERED_MAX,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use sha1::{Digest, Sha1};
use std::collections::VecDeque;
use std::rc::Rc;

/// The hash of a token. A token is a random number too long to be guessed, so that the plain hash
/// gives nothing away (FIPS 180-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token(pub(super) [u8; 20]);

impl Token {
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha1::digest(secret).into())
    }
}

/// One who can come back.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// What stays when names change.
    pub(crate) id: Rc<str>,
    pub(crate) token: Token,
    pub(crate) nick: Rc<str>,
    /// The keys of the rooms.
    pub(crate) rooms: Vec<Rc<str>>,
    pub(crate) is_here: bool,
    /// Their client knows the token: their nick is kept for them when they go.
    pub(crate) returns: bool,
    /// When they came or went last, in Unix milliseconds.
    pub(crate) seen_ms: i64,
    /// Their last posts, oldest first.
    pub(crate) posted: VecDeque<Posted>,
}

/// A post that its author may send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) key: Box<str>,
    pub(crate) id: i64,
    pub(crate) ts: i64,
}

/// A change besides messages and people.
#[derive(Debug)]
pub(super) enum Change {
    Topic { room: Rc<str>, topic: Option<String> },
    Renamed { person: Rc<str>, nick: Rc<str> },
}

/// What a server that begins knows of before.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The ids and nicks of those who were here when it ended, if it ended without a word, and who
    /// may return.
    pub(crate) present: Vec<(Rc<str>, Rc<str>)>,
    /// Rooms and their topics.
    pub(crate) topics: Vec<(Rc<str>, String)>,
}

/// Two who talk in private, as the one knows the other.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) place: Rc<str>,
    /// What the other was called last.
    pub(crate) nick: Rc<str>,
}

impl History {
    /// The server begins: forgets those who have not been here for long.
    pub(crate) fn begin(&mut self, now: Now) -> Known {
        let begun = self.store.as_mut().map(|store| store.begin(now.unix_ms.cast_signed()));
        read(begun).unwrap_or_default()
    }

    /// Whom a token stands for.
    pub(crate) fn person(&mut self, token: &Token) -> Option<Record> {
        let waiting = self.people.get(token).cloned();
        waiting.or_else(|| read(self.store.as_mut().map(|store| store.person(token))).flatten())
    }

    /// Keeps what a token stands for. What has no file to go to is remembered here, up to a bound.
    pub(crate) fn keep_person(&mut self, record: Record) {
        if self.people.len() >= PEOPLE_WAITING_MAX && !self.people.contains_key(&record.token) {
            let gone = self.people.values().find(|record| !record.is_here);
            let Some(token) = gone.map(|record| record.token) else { return };
            self.people.remove(&token);
        }
        self.people.insert(record.token, record);
    }

    /// The private conversations of a person in which something was said after `since`.
    pub(crate) fn conversations(&mut self, person: &str, since: i64) -> Vec<Conversation> {
        let store = self.store.as_mut();
        read(store.map(|store| store.conversations(person, since))).unwrap_or_default()
    }

    /// Keeps a room's topic; none takes it away.
    pub(crate) fn keep_topic(&mut self, room: Rc<str>, topic: Option<String>) {
        self.keep(Change::Topic { room, topic });
    }

    /// Has those who talk with somebody in private know them by another name.
    pub(crate) fn rename(&mut self, person: Rc<str>, nick: Rc<str>) {
        self.keep(Change::Renamed { person, nick });
    }

    fn keep(&mut self, change: Change) {
        // There is a bound to what waits for a file that cannot be written.
        if self.store.is_some() && self.changes.len() < PEOPLE_WAITING_MAX {
            self.changes.push(change);
        }
    }
}

/// What the file has told. An error of the file is not the client's: it is logged.
pub(super) fn read<T>(from_file: Option<rusqlite::Result<T>>) -> Option<T> {
    match from_file? {
        Ok(read) => Some(read),
        Err(error) => {
            log::error!("history cannot be read error=\"{error}\"");
            None
        }
    }
}

impl Store {
    fn begin(&mut self, now_ms: i64) -> rusqlite::Result<Known> {
        let transaction = self.connection.transaction()?;
        let long_ago = now_ms - PEOPLE_REMEMBERED_MS;
        transaction.execute("DELETE FROM person WHERE here = 0 AND seen < ?", [long_ago])?;
        let sql = "DELETE FROM person WHERE id IN
                   (SELECT id FROM person WHERE here = 0 ORDER BY seen DESC LIMIT -1 OFFSET ?)";
        transaction.execute(sql, [PEOPLE_REMEMBERED_MAX])?;
        for table in ["conversation", "posted"] {
            let sql = format!("DELETE FROM {table} WHERE person NOT IN (SELECT id FROM person)");
            transaction.execute(&sql, [])?;
        }
        let pairs = |sql: &str| -> rusqlite::Result<Vec<(String, String)>> {
            let mut select = transaction.prepare(sql)?;
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let here = pairs("SELECT id, nick FROM person WHERE here = 1 AND returns = 1")?.into_iter();
        let topics = pairs("SELECT room, text FROM topic")?.into_iter();
        transaction.execute("UPDATE person SET here = 0, seen = ? WHERE here = 1", [now_ms])?;
        transaction.execute("UPDATE seat SET gone = ? WHERE gone IS NULL", [now_ms])?;
        transaction.commit()?;
        Ok(Known {
            present: here.map(|(id, nick)| (id.into(), nick.into())).collect(),
            topics: topics.map(|(room, text)| (room.into(), text)).collect(),
        })
    }

    fn person(&mut self, token: &Token) -> rusqlite::Result<Option<Record>> {
        let sql = "SELECT id, nick, rooms, here, seen, returns FROM person WHERE token = ?";
        let mut select = self.connection.prepare_cached(sql)?;
        let found = select.query_row([&token.0], |row| record(row, *token)).optional()?;
        let Some(mut found) = found else { return Ok(None) };
        let sql = "SELECT key, id, ts FROM posted WHERE person = ? ORDER BY id";
        let mut select = self.connection.prepare_cached(sql)?;
        let posted = select.query_map([&*found.id], |row| {
            Ok(Posted { key: row.get::<_, String>(0)?.into(), id: row.get(1)?, ts: row.get(2)? })
        })?;
        found.posted = posted.collect::<Result<_, _>>()?;
        Ok(Some(found))
    }

    fn conversations(&mut self, person: &str, since: i64) -> rusqlite::Result<Vec<Conversation>> {
        let sql = "SELECT place, nick FROM conversation WHERE person = ? AND last > ?
                   ORDER BY last DESC LIMIT ?";
        let mut select = self.connection.prepare_cached(sql)?;
        let limit = i64::from(crate::limits::CONVERSATIONS_MAX);
        let all = select.query_map(params![person, since, limit], |row| {
            let (place, nick): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(Conversation { place: place.into(), nick: nick.into() })
        })?;
        all.collect()
    }
}

fn record(row: &Row<'_>, token: Token) -> rusqlite::Result<Record> {
    let (id, nick): (String, String) = (row.get(0)?, row.get(1)?);
    let rooms: String = row.get(2)?;
    Ok(Record {
        id: id.into(),
        token,
        nick: nick.into(),
        rooms: rooms.split_whitespace().map(Rc::from).collect(),
        is_here: row.get(3)?,
        seen_ms: row.get(4)?,
        returns: row.get(5)?,
        posted: VecDeque::new(),
    })
}

/// Writes people into a turn's transaction.
pub(super) fn write<'r>(
    transaction: &Transaction<'_>,
    people: impl Iterator<Item = &'r Record>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO person (id, token, nick, rooms, here, seen, returns)
               VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET nick = excluded.nick, rooms = excluded.rooms,
               here = excluded.here, seen = excluded.seen, returns = excluded.returns";
    let mut insert = transaction.prepare_cached(sql)?;
    for Record { id, token, nick, rooms, is_here, seen_ms, returns, posted: _ } in people {
        let (id, nick, rooms) = (&**id, &**nick, rooms.join(" "));
        insert.execute(params![id, token.0, nick, rooms, is_here, seen_ms, returns])?;
    }
    Ok(())
}

/// Writes a change into a turn's transaction.
pub(super) fn write_change(transaction: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Topic { room, topic: Some(topic) } => {
            let sql = "INSERT OR REPLACE INTO topic (room, text) VALUES (?, ?)";
            transaction.prepare_cached(sql)?.execute(params![&**room, topic])
        }
        Change::Topic { room, topic: None } => {
            let sql = "DELETE FROM topic WHERE room = ?";
            transaction.prepare_cached(sql)?.execute([&**room])
        }
        Change::Renamed { person, nick } => {
            let sql = "UPDATE conversation SET nick = ? WHERE person <> ? AND place IN
                       (SELECT place FROM conversation WHERE person = ?)";
            transaction.prepare_cached(sql)?.execute([&**nick, &**person, &**person])
        }
    }?;
    Ok(())
}

/// Notes in a turn's transaction that something was said in private: `person` knows the other by
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

/// Notes the key of a post, and forgets that of the one which is too long ago.
pub(super) fn write_posted(transaction: &Transaction<'_>, keyed: &Keyed) -> rusqlite::Result<()> {
    let Keyed { person, posted: Posted { key, id, ts }, forgotten } = keyed;
    let sql = "INSERT OR REPLACE INTO posted (person, key, id, ts) VALUES (?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![&**person, &**key, id, ts])?;
    if let Some(key) = forgotten {
        let sql = "DELETE FROM posted WHERE person = ? AND key = ?";
        transaction.prepare_cached(sql)?.execute([&**person, &**key])?;
    }
    Ok(())
}

impl Record {
    /// The post with this key, if it is one of the last.
    pub(crate) fn posted(&self, key: &str) -> Option<&Posted> {
        self.posted.iter().rev().find(|posted| *posted.key == *key)
    }

    /// Remembers a post; returns the key of the one that is forgotten for it.
    pub(crate) fn remember(&mut self, posted: Posted) -> Option<Box<str>> {
        self.posted.push_back(posted);
        let is_full = self.posted.len() > POSTS_REMEMBERED_MAX;
        is_full.then(|| self.posted.pop_front()).flatten().map(|posted| posted.key)
    }
}
