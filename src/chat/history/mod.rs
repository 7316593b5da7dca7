//! What was said, kept in a file (SQLite) that survives the server.
//!
//! What a turn brings is written in one transaction before anybody is sent it. If the file cannot
//! be written, the chat goes on, a bounded number of messages waits, and writing is tried again.

mod export;
mod schema;
mod search;
mod store;

pub use export::{Format, Purge, export};

use crate::base::Now;
use crate::limits::{
    HISTORY_INDEX_ROWS, HISTORY_INDEX_ROWS_IDLE, HISTORY_RETRY_MS, HISTORY_TIDY_IDLE_MS,
    HISTORY_TIDY_MS, HISTORY_WAITING_BYTES_MAX,
};
use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use store::Store;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number, higher than that of any before; of the whole server, and for good.
    pub id: i64,
    /// When it was said, in Unix milliseconds.
    pub ts: i64,
    /// The key of the room, or the pair of those who talk in private.
    pub place: Rc<str>,
    /// Who said it.
    pub author: Rc<str>,
    /// Whether it says what the author does (`/me`).
    pub is_action: bool,
    /// What was said.
    pub text: String,
}

impl Message {
    /// The message as the line door shows it: `[2026-11-20 09:12] <alice> hi`, in UTC.
    pub fn as_line(&self) -> String {
        let Self { ts, author, is_action, text, .. } = self;
        let when = time::OffsetDateTime::from_unix_timestamp(ts / 1000);
        let when = when.unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = (when.year(), u8::from(when.month()), when.day());
        let (hour, minute) = (when.hour(), when.minute());
        let who = if *is_action { format!("* {author}") } else { format!("<{author}>") };
        format!("[{year}-{month:02}-{day:02} {hour:02}:{minute:02}] {who} {text}")
    }
}

/// Why a history file cannot be used.
#[derive(Debug)]
pub enum OpenError {
    /// Another server uses it.
    InUse,
    /// A newer program wrote it, in this form.
    Newer(i64),
    /// It is something else than a history of a chat.
    Foreign,
    /// SQLite cannot read or write it.
    Sqlite(rusqlite::Error),
    /// The system cannot.
    Io(std::io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str("another server is using it"),
            Self::Newer(version) => {
                write!(f, "it was written by a newer mio-chat (its form is {version})")
            }
            Self::Foreign => f.write_str("it is another program's database"),
            Self::Sqlite(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

/// What happened to the file's health when a turn was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It cannot be written any more.
    Failing,
    /// It can be written again.
    Recovered,
}

/// The history of a chat.
#[derive(Debug, Default)]
pub struct History {
    /// None keeps no history.
    store: Option<Store>,
    last_id: i64,
    /// The last message when it was tidied up last.
    tidied_at: i64,
    /// Messages that are not in the file yet.
    waiting: VecDeque<Message>,
    waiting_bytes: usize,
    /// Messages that there was no place for while the file could not be written.
    lost: u64,
    /// When writing is tried again, while it fails.
    retry_ms: Option<u64>,
}

impl History {
    /// Opens the file, which appears if it is not there. `durable` has each turn survive a power
    /// cut.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn open(path: &Path, durable: bool) -> Result<Self, OpenError> {
        let store = Store::open(path, durable)?;
        let last_id = store.last_id()?;
        Ok(Self { store: Some(store), last_id, ..Self::default() })
    }

    /// Adds a message; its number.
    pub(super) fn append(
        &mut self,
        now: Now,
        place: &Rc<str>,
        author: &Rc<str>,
        is_action: bool,
        text: &str,
    ) -> i64 {
        self.last_id += 1;
        if self.store.is_none() {
            return self.last_id;
        }
        let ts = i64::try_from(now.unix_ms).unwrap_or(i64::MAX);
        let (place, author, text) = (place.clone(), author.clone(), text.to_owned());
        self.waiting_bytes += text.len();
        self.waiting.push_back(Message { id: self.last_id, ts, place, author, is_action, text });
        while self.waiting_bytes > HISTORY_WAITING_BYTES_MAX && self.retry_ms.is_some() {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.waiting_bytes -= oldest.text.len();
            self.lost += 1;
        }
        self.last_id
    }

    /// Writes what waits, before anybody is sent it. Returns whether the file's health has changed.
    pub(super) fn settle(&mut self, now_ms: u64) -> Option<Change> {
        if self.waiting.is_empty() || self.retry_ms.is_some_and(|retry_ms| now_ms < retry_ms) {
            return None;
        }
        let store = self.store.as_mut()?;
        let was_failing = self.retry_ms.is_some();
        match store.write(self.waiting.iter()) {
            Ok(()) => {
                self.waiting.clear();
                self.waiting_bytes = 0;
                self.retry_ms = None;
                let lost = std::mem::take(&mut self.lost);
                if was_failing {
                    log::warn!("history is kept again lost={lost}");
                }
                was_failing.then_some(Change::Recovered)
            }
            Err(error) => {
                self.retry_ms = Some(now_ms + HISTORY_RETRY_MS);
                if !was_failing {
                    log::error!("history is not being kept error=\"{error}\"");
                }
                (!was_failing).then_some(Change::Failing)
            }
        }
    }

    /// Whether something waits to be written, or to be indexed.
    pub(super) fn has_work(&self) -> bool {
        !self.waiting.is_empty() || self.store.as_ref().is_some_and(Store::has_work)
    }

    /// Uses a moment: indexes some words, or brings the log into the file. Returns after how many
    /// milliseconds the next one may be used: sooner, and for more, while nobody says anything.
    pub(super) fn tidy_up(&mut self) -> u64 {
        let is_idle = self.tidied_at == self.last_id;
        self.tidied_at = self.last_id;
        let (rows, pause_ms) = match is_idle {
            true => (HISTORY_INDEX_ROWS_IDLE, HISTORY_TIDY_IDLE_MS),
            false => (HISTORY_INDEX_ROWS, HISTORY_TIDY_MS),
        };
        match self.store.as_mut().map(|store| store.tidy_up(rows)) {
            Some(Err(error)) => {
                log::debug!("history is not tidied up error=\"{error}\"");
                HISTORY_RETRY_MS
            }
            Some(Ok(())) | None => pause_ms,
        }
    }

    /// The last `count` messages of a place, oldest first, those before `before` if it is given.
    pub(super) fn last(&mut self, place: &str, before: Option<i64>, count: usize) -> Vec<Message> {
        let before = before.unwrap_or(i64::MAX);
        let waiting = self.waiting.iter().rev();
        let mut messages: Vec<Message> = waiting
            .filter(|message| *message.place == *place && message.id < before)
            .take(count)
            .cloned()
            .collect();
        let rest = count - messages.len();
        let from_file = self.store.as_mut().map(|store| store.last(place, before, rest));
        match from_file {
            Some(Ok(older)) => messages.extend(older),
            Some(Err(error)) => log::error!("history cannot be read error=\"{error}\""),
            None => (),
        }
        messages.reverse();
        messages
    }

    /// The last messages of a place with all of these words, oldest first.
    pub(super) fn search(&mut self, place: &str, words: &str, count: usize) -> Vec<Message> {
        match self.store.as_mut().map(|store| store.search(place, words, count)) {
            Some(Ok(mut messages)) => {
                messages.reverse();
                messages
            }
            Some(Err(error)) => {
                log::error!("history cannot be searched error=\"{error}\"");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Whether a history is kept at all.
    pub const fn is_kept(&self) -> bool {
        self.store.is_some()
    }
}

#[cfg(test)]
mod tests;
