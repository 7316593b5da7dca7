//! Writing the messages of a turn, and keeping them while that is impossible.

use super::error::is_busy;
use super::registrations::RegistrationChange;
use super::store::write_journal_place;
use super::{
    History, Waiting, amend, deeds, orders, read_upto, registrations, remembered, seats, sent_files,
};
use crate::limits::{
    HISTORY_BUSY_RETRY_MS, HISTORY_GRACE_MS, HISTORY_RETRY_MS, HISTORY_WAITING_BYTES_MAX,
    PEOPLE_KEPT_SWEEP,
};

/// A change of the file's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It can no longer be written.
    Failing,
    /// It can be written again.
    Recovered,
    /// Another file has taken its place, and is written now.
    Renewed,
}

/// Whether the file can be written.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Whether people have been told that it cannot be written.
    pub(super) is_failing: bool,
    /// When writing is tried again, while it fails.
    pub(super) retry_ms: Option<u64>,
    /// The end of the wait for another program that holds the file, before people are told.
    grace_ms: Option<u64>,
    /// Whether the file is not in its place: nothing is written until it, or another, is.
    pub(super) is_away: bool,
    /// Messages that were dropped while it could not be written, because too many waited.
    pub(super) lost: u64,
}

impl History {
    /// Whether something waits to be written.
    pub(super) fn has_unwritten(&self) -> bool {
        !self.waiting.is_empty() || self.changes() > 0
    }

    /// Number of waiting changes, besides messages.
    fn changes(&self) -> usize {
        usize::from(self.new_place.is_some())
            + usize::from(self.promises.are_any())
            + self.amendments.len()
            + self.people.len()
            + self.topics.len()
            + self.rules.len()
            + self.renames.len()
            + self.reads.len()
            + self.seats.len()
            + self.orders.len()
            + self.registrations.len()
            + self.deeds.len()
            + self.sent_files.len()
    }

    /// Messages that are not in the file, and may never be.
    pub(crate) fn unsaved(&self) -> u64 {
        let waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        waiting.saturating_add(self.health.lost)
    }

    /// Limits the waiting messages while nothing can be written: the oldest are lost.
    pub(super) fn bound_waiting(&mut self) {
        while self.waiting_bytes > HISTORY_WAITING_BYTES_MAX && self.health.retry_ms.is_some() {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.waiting_bytes -= oldest.message.bytes();
            self.health.lost += 1;
        }
    }

    /// Whether something must be written now.
    pub(crate) fn is_due(&self, now_ms: u64) -> bool {
        let is_early = self.health.retry_ms.is_some_and(|retry_ms| now_ms < retry_ms);
        self.store.is_some() && self.has_unwritten() && !is_early && !self.health.is_away
    }

    /// The milliseconds until writing is tried again.
    pub(crate) fn retry_in_ms(&self, now_ms: u64) -> Option<u64> {
        self.health.retry_ms.map(|retry_ms| retry_ms.saturating_sub(now_ms))
    }

    /// The server is ending: writing is tried once more, at once.
    pub(crate) fn hurry(&mut self) {
        self.health.retry_ms = self.health.retry_ms.map(|_| 0);
    }

    /// Writes the waiting messages, before anybody gets them. Returns whether the file's health has
    /// changed.
    pub(crate) fn settle(&mut self, now_ms: u64) -> Option<Change> {
        if self.is_due(now_ms) { self.write_waiting(now_ms) } else { None }
    }

    fn write_waiting(&mut self, now_ms: u64) -> Option<Change> {
        let store = self.store.as_mut()?;
        let messages = self.waiting.iter().map(|waiting| &waiting.message);
        let mut traces = amend::Traces::default();
        let written = store.write(messages, |transaction| {
            self.numbers.write(transaction)?;
            for Waiting { message, known_to, posted } in &self.waiting {
                for (person, nick) in known_to {
                    let (place, id) = (&message.place, message.id);
                    remembered::write_conversation(transaction, person, place, nick, id)?;
                }
                if let Some(keyed) = posted.as_deref() {
                    remembered::write_posted(transaction, keyed)?;
                }
            }
            traces = amend::write(transaction, &self.amendments)?;
            remembered::write(transaction, self.people.values())?;
            remembered::write_topics(transaction, &self.topics)?;
            remembered::write_rules(transaction, &self.rules)?;
            remembered::write_renames(transaction, &self.renames)?;
            seats::write(transaction, &self.seats)?;
            sent_files::write(transaction, &self.sent_files)?;
            registrations::write(transaction, &self.registrations)?;
            // A node that begins may read of a person and of their role in one turn.
            orders::write(transaction, &self.orders)?;
            read_upto::write(transaction, &self.reads)?;
            deeds::write(transaction, &self.deeds)?;
            self.promises.write_done(transaction)?;
            match &self.new_place {
                Some(place) => write_journal_place(transaction, place, self.new_senders.as_deref()),
                None => Ok(()),
            }
        });
        match written {
            Ok(()) => {
                store.has_changed(traces);
                self.written()
            }
            Err(error) => self.not_written(now_ms, &error),
        }
    }

    fn written(&mut self) -> Option<Change> {
        self.kept_since += self.people.len();
        if self.kept_since >= PEOPLE_KEPT_SWEEP {
            (self.is_swept, self.kept_since) = (false, 0);
        }
        self.numbers.written();
        self.waiting.clear();
        self.amendments.clear();
        self.people.clear();
        self.topics.clear();
        self.rules.clear();
        self.renames.clear();
        self.reads.clear();
        self.seats.clear();
        self.sent_files.forget_written();
        let has_resets = |change: &_| matches!(change, RegistrationChange::Reset { .. });
        if self.registrations.drain(..).any(|change| has_resets(&change))
            && let Some(store) = &mut self.store
        {
            // Somebody may have had a role.
            store.orders_written();
        }
        self.deeds.clear();
        self.promises.done();
        if std::mem::take(&mut self.orders).len() > 0
            && let Some(store) = &mut self.store
        {
            store.orders_written();
        }
        self.place = self.new_place.take().or_else(|| self.place.take());
        self.new_senders = None;
        (self.waiting_bytes, self.amendments_bytes) = (0, 0);
        self.recovered()
    }

    /// Notes that nothing waits any more; returns the change, if it is one.
    pub(super) fn recovered(&mut self) -> Option<Change> {
        (self.health.retry_ms, self.health.grace_ms) = (None, None);
        let lost = std::mem::take(&mut self.health.lost);
        let was_failing = std::mem::take(&mut self.health.is_failing);
        if was_failing || lost > 0 {
            log::warn!("history is kept again lost={lost}");
        }
        was_failing.then_some(Change::Recovered)
    }

    fn not_written(&mut self, now_ms: u64, error: &rusqlite::Error) -> Option<Change> {
        let health = &mut self.health;
        if is_busy(error) && !health.is_failing {
            let is_first = health.grace_ms.is_none();
            let until_ms = *health.grace_ms.get_or_insert(now_ms + HISTORY_GRACE_MS);
            if is_first {
                log::warn!("history waits: another program holds its file error=\"{error}\"");
            }
            if now_ms < until_ms {
                health.retry_ms = Some(now_ms + HISTORY_BUSY_RETRY_MS);
                return None;
            }
        }
        health.retry_ms = Some(now_ms + HISTORY_RETRY_MS);
        self.fails(error)
    }

    /// Notes that writing fails, and why; returns the change, if it is one.
    pub(super) fn fails(&mut self, why: impl std::fmt::Display) -> Option<Change> {
        if std::mem::replace(&mut self.health.is_failing, true) {
            return None;
        }
        log::error!("history is not being kept error=\"{why}\"");
        Some(Change::Failing)
    }
}
