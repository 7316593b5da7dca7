//! The messages, kept in a file (SQLite) that survives the server.
//!
//! The messages of a turn are written in one transaction before anybody gets them. If the file
//! cannot be written, the chat goes on, a bounded number of messages waits, and writing is tried
//! again.

mod amend;
mod amended;
mod backup;
mod bans;
mod budget;
mod changes;
mod check;
mod clock;
mod columns;
mod deeds;
mod erase;
mod error;
mod export;
mod files;
mod hooks;
mod ignored;
mod index;
mod invitations;
mod kept_person;
mod lasting;
mod mailbox;
mod marks;
mod message;
mod name;
mod numbers;
mod orders;
mod place;
mod promises;
mod purge;
mod read_upto;
mod reader;
mod reads;
mod registered;
mod registrations;
mod remembered;
mod resets;
mod roles;
mod schema;
mod search;
mod seats;
mod sent_files;
mod settle;
mod sizes;
mod store;
mod trim;
mod wal;
mod words;

pub(super) use amend::{Amending, Amendment};
pub(super) use amended::Marking;
pub use amended::{Amended, Reaction};
pub use backup::backup;
pub use bans::{Ban, Banned, Bans};
pub use deeds::LoggedDeed;
pub use error::OpenError;
pub use export::{Format, export};
pub(super) use hooks::Hook;
pub use hooks::{ListedHook, NoHook};
pub(super) use invitations::Invitation;
pub(super) use kept_person::{Conversation, KeptPerson, Known, Posted, Token, UNKEPT, What};
pub use message::Message;
pub(super) use message::Post;
use message::{Keyed, Waiting};
pub use orders::PurgeOrder;
pub(super) use orders::{Order, PurgeStep, ToldAt};
pub use purge::Purge;
pub use registered::{RegisteredPerson, Registrations};
pub(super) use registrations::{Claim, Device, Registration, RegistrationChange, RoomOwner};
pub use roles::ChatRole;
pub(super) use search::{Found, Sought};
pub(super) use seats::Seated;
pub(super) use sent_files::{FileSum, FileTold, KeptFile, file_id, is_file_id};
pub(super) use settle::Change;
use settle::Health;
pub use sizes::Sizes;
pub use trim::{Keep, Status, Trimming};
pub(super) use words::has_word;

use crate::limits::{
    HISTORY_QUIET_LOOK_MS, HISTORY_QUIET_MS, HISTORY_RETRY_MS, HISTORY_SLICE_SECONDS,
    HISTORY_SLICE_SECONDS_IDLE, HISTORY_TIDY_IDLE_MS, HISTORY_TIDY_MS,
};
use files::Patience;
use mio_socketio::{Bucket, Now};
use numbers::Numbers;
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::rc::Rc;
use store::Store;

/// The history of a chat.
#[derive(Debug, Default)]
pub struct History {
    /// `None` keeps no history.
    store: Option<Store>,
    /// Its name; empty if it has none yet.
    name: Rc<str>,
    numbers: Numbers,
    /// The last entry of the chat's stream that is in the file, or that will be in it with the next
    /// write.
    place: Option<String>,
    new_place: Option<String>,
    /// The last of each node's signed entries that were read: in the file, and not in it yet.
    senders: String,
    new_senders: Option<String>,
    /// The last message at the last tidying, and the time since there was a new one.
    tidied_at: i64,
    heard_ms: u64,
    /// Messages that are not in the file yet.
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Changes of earlier messages that are not in the file yet, and their bytes.
    amendments: VecDeque<Amendment>,
    amendments_bytes: usize,
    /// People who are not in the file yet, in their present state.
    people: HashMap<Token, KeptPerson>,
    /// People who came and went without a message, and the order in which they went.
    strangers: HashMap<Token, KeptPerson>,
    strangers_order: VecDeque<Token>,
    /// Topics that are not in the file yet, by room.
    topics: HashMap<Rc<str>, Option<String>>,
    /// Rules of rooms that are not in the file yet, by room.
    rules: HashMap<Rc<str>, Option<String>>,
    /// The last messages that people have read and the file does not know of: JSON, by their ids.
    reads: HashMap<Rc<str>, String>,
    /// New names that are not in the file yet, by the ids of people.
    renames: HashMap<Rc<str>, Rc<str>>,
    /// Operators' orders for all nodes that are not in the file yet.
    orders: orders::NotWritten,
    /// Acts of people who keep order that are not in the log yet.
    deeds: VecDeque<LoggedDeed>,
    /// Facts that are in the file before their changes.
    promises: promises::Promises,
    /// Changes of registered people that are not in the file yet.
    registrations: VecDeque<RegistrationChange>,
    /// Sessions of Socket.IO clients that may come back, as far as they are not in the file yet.
    seats: HashMap<Token, seats::Unwritten>,
    /// Files that people have sent, as far as they are not in the file yet.
    sent_files: sent_files::SentFiles,
    /// The time by which old messages are erased.
    sure_clock: clock::SureClock,
    /// Whether the number of people is known to be within its limit.
    is_swept: bool,
    /// People added since that was checked.
    kept_since: usize,
    health: Health,
    /// The loop's time that searches have taken, in microseconds.
    searched_us: Bucket,
}

impl History {
    /// Opens the file, which is created if it does not exist. With `durable`, each turn survives a
    /// power cut.
    ///
    /// # Errors
    /// The reason why it cannot be used.
    pub fn open(path: &Path, durable: bool) -> Result<Self, OpenError> {
        let store = Store::open(path, durable, Patience::STARTING)?;
        let (name, numbers) = (store.name()?, Numbers::read(&store.connection, store.last_id)?);
        let (place, senders) = store.journal_place()?.unzip();
        let senders = senders.unwrap_or_default();
        Ok(Self { store: Some(store), name, numbers, place, senders, ..Self::default() })
    }

    /// Stops the clock of searches in this history: a search finds everything, however busy the
    /// machine. For tests; a server's searches are cut after some milliseconds.
    #[must_use]
    pub fn timeless(self) -> Self {
        if let Some(store) = &self.store {
            store.budget.stand_still();
        }
        self
    }

    /// Makes it one of many nodes' histories of one chat: the nodes give numbers together.
    #[must_use]
    pub(super) const fn shared(mut self) -> Self {
        self.numbers.share();
        self
    }

    /// Notes that the chat has given this number to a message, at any node.
    pub(super) fn pass(&mut self, number: i64) {
        self.numbers.pass(number);
    }

    /// A number made of the clock, higher than any that this history knows.
    pub(super) fn number_of_clock(&self, unix_ms: u64) -> i64 {
        self.numbers.of_clock(unix_ms)
    }

    /// The last entry of the chat's stream whose fact is in this history.
    pub(super) fn place(&self) -> Option<&str> {
        self.new_place.as_deref().or(self.place.as_deref())
    }

    /// Notes that everything up to this entry is in this history once the turn is written.
    pub(super) fn keep_place(&mut self, place: String) {
        self.new_place = Some(place);
    }

    /// The last of each node's signed entries that were read when the file was opened.
    pub(super) fn senders(&self) -> &str {
        &self.senders
    }

    /// Keeps the last of each node's signed entries that were read.
    pub(super) fn keep_senders(&mut self, senders: String) {
        self.new_senders = Some(senders);
    }

    /// The number of the next message.
    pub(super) const fn number(&mut self) -> i64 {
        self.numbers.next()
    }

    /// Adds a message.
    pub(super) fn append(&mut self, post: Post<'_>) {
        if self.store.is_none() {
            return;
        }
        let Post { id, ts, place, author, is_action, text, payload, sender, known_to } = post;
        self.note_links(id, text, sender.as_deref());
        let (place, author, text) = (place.clone(), author.clone(), text.to_owned());
        let payload = payload.map(|payload| kept_person::payload(payload, &text));
        let amended = None;
        let message = Message { id, ts, place, author, is_action, text, sender, payload, amended };
        self.waiting_bytes += message.bytes();
        self.waiting.push_back(Waiting { message, known_to, posted: None });
        self.bound_waiting();
    }

    /// Keeps the key of the last added message, with which its author may send it again.
    pub(super) fn posted(&mut self, person: Rc<str>, posted: Posted, forgotten: Option<Box<str>>) {
        if let Some(last) = self.waiting.back_mut() {
            last.posted = Some(Box::new(Keyed { person, posted, forgotten }));
        }
    }

    /// Whether something waits to be written or indexed.
    pub(super) fn has_work(&self) -> bool {
        let waits = self.has_unwritten();
        self.store.as_ref().is_some_and(|store| waits || !self.is_swept || store.has_work())
    }

    /// Whether nothing waits, and the log is cut.
    pub(super) fn is_tidy(&self) -> bool {
        !self.has_work() && !self.store.as_ref().is_some_and(|store| store.log.is_used())
    }

    /// Uses an idle moment: indexes some words, merges the log into the file, forgets people.
    /// Returns the milliseconds until the next call: fewer while nobody talks, and the calls do
    /// more then.
    pub(super) fn tidy_up(&mut self, now: Now) -> u64 {
        let is_idle = self.tidied_at == self.numbers.last();
        if !is_idle {
            (self.tidied_at, self.heard_ms) = (self.numbers.last(), now.ms);
        }
        let is_quiet = now.ms >= self.heard_ms + HISTORY_QUIET_MS;
        let (seconds, pause_ms) = match is_idle {
            true => (HISTORY_SLICE_SECONDS_IDLE, HISTORY_TIDY_IDLE_MS),
            false => (HISTORY_SLICE_SECONDS, HISTORY_TIDY_MS),
        };
        let sure_ms = self.erases_ms(now);
        let Some(store) = self.store.as_mut() else { return pause_ms };
        if self.health.is_away {
            return HISTORY_RETRY_MS;
        }
        let done = match store.has_work() {
            false if !self.is_swept => {
                let more = store.forget_people(sure_ms);
                more.map(|more| self.is_swept = !more)
            }
            _ => store.tidy_up(sure_ms, seconds, is_quiet),
        };
        match done {
            Err(error) => {
                log::debug!("history is not tidied up error=\"{error}\"");
                HISTORY_RETRY_MS
            }
            Ok(()) if self.has_work() => pause_ms,
            Ok(()) => HISTORY_QUIET_LOOK_MS,
        }
    }

    /// Whether a person can have seen everything up to this number, in this history and in this
    /// file.
    pub(super) fn knows(&self, number: i64) -> bool {
        self.numbers.knows(number)
    }

    /// Whether nothing was ever kept here.
    pub(super) fn is_new(&self) -> bool {
        self.last_id() == 0 && self.place().is_none()
    }

    /// Whether a history is kept at all.
    pub const fn is_kept(&self) -> bool {
        self.store.is_some()
    }
}

#[cfg(test)]
mod tests;
