//! Searches.

use super::budget::{Running, is_cut};
use super::columns::{COLUMNS, COLUMNS_OF_M, message};
use super::index::{Part, parts};
use super::reads::read;
use super::store::Store;
use super::words::{Phrases, plain};
use super::{History, Message, Waiting};
use crate::limits::{
    SEARCH_LOOKS_MIN, SEARCH_LOOKS_MIN_WHEN_BUSY, SEARCH_SECONDS_MAX, SEARCH_SECONDS_WHEN_BUSY,
    SEARCH_UNINDEXED, SEARCH_US_BURST, SEARCH_US_PER_S,
};
use mio_socketio::Now;
use mio_socketio::Rate;
use rusqlite::params;

/// The result of a search.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The last messages, oldest first.
    pub(crate) messages: Vec<Message>,
    /// Whether there was no time to look at everything.
    pub(crate) is_cut: bool,
    /// Whether the file could not be read, or not completely.
    pub(crate) is_unread: bool,
}

/// The loop's time that all searches together may take, in microseconds.
const SEARCHING: Rate = Rate::per_second(SEARCH_US_PER_S, SEARCH_US_BURST);

/// The messages that are looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sought<'a> {
    /// They have all these words, or words that begin like them.
    pub(crate) words: &'a str,
    /// They are by somebody of this name.
    pub(crate) author: Option<&'a str>,
    /// They are not from before this time, in Unix milliseconds.
    pub(crate) from_ms: Option<i64>,
    /// They are from before this time.
    pub(crate) until_ms: Option<i64>,
}

/// The limits of one search.
#[derive(Debug, Clone, Copy)]
struct Reach {
    seconds: f64,
    looks_min: u64,
}

impl Reach {
    const FAR: Self = Self { seconds: SEARCH_SECONDS_MAX, looks_min: SEARCH_LOOKS_MIN };
    const NEAR: Self =
        Self { seconds: SEARCH_SECONDS_WHEN_BUSY, looks_min: SEARCH_LOOKS_MIN_WHEN_BUSY };
}

/// A search.
struct Query<'a> {
    places: &'a [&'a str],
    /// The places whose messages up to these ids nobody may find who asks.
    hidden: &'a [(&'a str, i64)],
    sought: &'a Sought<'a>,
    /// Its phrases in the form of the index.
    phrases: Phrases,
    /// Its phrases in the form of a plain text.
    plain: Phrases,
    /// Number of messages wanted.
    count: usize,
}

impl History {
    /// The newest messages in these places that contain all the words.
    #[cfg(test)]
    pub(super) fn search(&mut self, now: Now, places: &[&str], words: &str, count: usize) -> Found {
        self.search_for(now, places, &[], &Sought::words(words), count)
    }

    /// The newest of the messages in these places that are looked for. Those of a place up to its
    /// id in `hidden` are as if they were not there: they are not among the `count` either.
    pub(crate) fn search_for(
        &mut self,
        now: Now,
        places: &[&str],
        hidden: &[(&str, i64)],
        sought: &Sought<'_>,
        count: usize,
    ) -> Found {
        let is_busy = self.searched_us.wait_until_ms(&SEARCHING, now.ms).is_some();
        let reach = if is_busy { Reach::NEAR } else { Reach::FAR };
        let (found, seconds) = self.search_within(reach, (places, hidden), sought, count);
        self.searched_us.spend(&SEARCHING, now.ms, (seconds * 1e6) as u64);
        found
    }

    /// The newest messages that a search finds within `reach`, and the seconds that it has taken.
    fn search_within(
        &self,
        reach: Reach,
        (places, hidden): (&[&str], &[(&str, i64)]),
        sought: &Sought<'_>,
        count: usize,
    ) -> (Found, f64) {
        let mut found = Found::default();
        let Some(store) = &self.store else { return (found, 0.0) };
        let (phrases, plain) = (Phrases::of(sought.words), Phrases::of(&plain(sought.words)));
        if places.is_empty() || phrases.is_empty() || plain.is_empty() {
            return (found, 0.0);
        }
        let query = Query { places, hidden, sought, phrases, plain, count };
        let json = serde_json::json!(places).to_string();
        let time = store.budget.start(reach.seconds * SEARCH_UNINDEXED, reach.looks_min);
        for Waiting { message, .. } in self.waiting.iter().rev() {
            if found.messages.len() >= count || found.is_over(&time) {
                break;
            }
            if places.contains(&&*message.place)
                && let Some(message) = self.amended(message.clone())
                && query.is_for(&message)
            {
                found.messages.push(message);
            }
        }
        let done = store.search_unindexed(&query, &json, &time, &mut found);
        found.note(done);
        let before = time.seconds();
        drop(time);
        let time = store.budget.start(reach.seconds - before, reach.looks_min);
        let done = store.search_indexed(&query, &json, &time, &mut found);
        found.note(done);
        if !self.amendments.is_empty() {
            let messages = found.messages.into_iter().filter_map(|it| self.amended(it));
            let has_words = |it: &Message| query.plain.are_in(&it.text);
            found.messages = messages.filter(has_words).collect();
        }
        found.messages.reverse();
        (found, before + time.seconds())
    }
}

impl<'a> Sought<'a> {
    /// Messages with these words.
    pub(crate) const fn words(words: &'a str) -> Self {
        Self { words, author: None, from_ms: None, until_ms: None }
    }
}

impl Query<'_> {
    /// Whether a message of one of the places is looked for.
    fn is_for(&self, message: &Message) -> bool {
        let Sought { author, from_ms, until_ms, .. } = self.sought;
        let is_hidden =
            |(place, upto): &(&str, i64)| *message.place == **place && message.id <= *upto;
        !self.hidden.iter().any(is_hidden)
            && author.is_none_or(|author| message.author.eq_ignore_ascii_case(author))
            && from_ms.is_none_or(|from_ms| message.ts >= from_ms)
            && until_ms.is_none_or(|until_ms| message.ts < until_ms)
            && self.plain.are_in(&message.text)
    }
}

impl Found {
    /// Notes how a part of the search has ended.
    fn note(&mut self, done: rusqlite::Result<()>) {
        match done {
            Err(error) if is_cut(&error) => self.is_cut = true,
            done => self.is_unread |= read(Some(done)).is_none(),
        }
    }

    /// Whether the time is used up; then something is left out.
    fn is_over(&mut self, time: &Running) -> bool {
        let is_over = time.is_over();
        self.is_cut |= is_over;
        is_over
    }
}

impl Store {
    /// Adds matching messages that are indexed, newest first, while there is time.
    fn search_indexed(
        &self,
        query: &Query<'_>,
        places: &str,
        time: &Running,
        found: &mut Found,
    ) -> rusqlite::Result<()> {
        let words = query.phrases.query(query.places);
        // A snapshot of the index: during the search a purge may drop a part of it.
        let _now = self.connection.unchecked_transaction()?;
        for part in parts(&self.connection)? {
            if found.messages.len() >= query.count || found.is_over(time) {
                break;
            }
            self.search_part(&part, query, &words, places, found)?;
        }
        Ok(())
    }

    fn search_part(
        &self,
        part: &Part,
        query: &Query<'_>,
        words: &str,
        places: &str,
        found: &mut Found,
    ) -> rusqlite::Result<()> {
        let word = format!("word_{}", part.number);
        let sql = format!(
            "SELECT {COLUMNS_OF_M}
             FROM {word} JOIN message AS m ON m.id = {word}.rowid
             WHERE {word} MATCH ?1 AND m.place IN (SELECT value FROM json_each(?2))
             AND (?3 IS NULL OR m.author = ?3 COLLATE NOCASE) AND m.ts >= ?4 AND m.ts < ?5
             AND NOT EXISTS (SELECT 1 FROM json_each(?7) AS hidden
                             WHERE m.place = hidden.value ->> 0 AND m.id <= hidden.value ->> 1)
             ORDER BY {word}.rowid DESC LIMIT ?6"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let count = i64::try_from(query.count - found.messages.len()).unwrap_or(i64::MAX);
        let Sought { author, from_ms, until_ms, .. } = query.sought;
        let (from_ms, until_ms) = (from_ms.unwrap_or(0), until_ms.unwrap_or(i64::MAX));
        let hidden = serde_json::json!(query.hidden).to_string();
        let params = params![words, places, author, from_ms, until_ms, count, hidden];
        let mut rows = select.query(params)?;
        while let Some(row) = rows.next()? {
            found.messages.push(message(row)?);
        }
        Ok(())
    }

    /// Searches messages that are not indexed yet.
    fn search_unindexed(
        &self,
        query: &Query<'_>,
        places: &str,
        time: &Running,
        found: &mut Found,
    ) -> rusqlite::Result<()> {
        if self.unindexed() == 0 {
            return Ok(());
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM message WHERE id > ?
             AND +place IN (SELECT value FROM json_each(?)) ORDER BY id DESC"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query(params![self.indexed, places])?;
        while found.messages.len() < query.count
            && !found.is_over(time)
            && let Some(row) = rows.next()?
        {
            let message = message(row)?;
            if query.is_for(&message) {
                found.messages.push(message);
            }
        }
        Ok(())
    }
}
