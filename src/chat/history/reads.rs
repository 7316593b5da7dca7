//! The messages of a room or conversation, in the file or waiting for it.

use super::{History, Message};
use std::rc::Rc;

impl History {
    /// The highest number that was given or skipped.
    pub(crate) const fn last_id(&self) -> i64 {
        self.numbers.last()
    }

    /// The last `count` messages of a place, oldest first, and before `before` if it is given;
    /// `None` if the file cannot be read.
    pub(crate) fn last(
        &mut self,
        place: &str,
        before: Option<i64>,
        count: usize,
    ) -> Option<Vec<Message>> {
        let before = before.unwrap_or(i64::MAX);
        // Some may be deleted before they are shown.
        let (wanted, count) = (count, count + self.deleted_after(place, 0));
        let waiting = self.waiting.iter().rev().map(|waiting| &waiting.message);
        let mut messages: Vec<Message> = waiting
            .filter(|message| *message.place == *place && message.id < before)
            .take(count)
            .cloned()
            .collect();
        let rest = count - messages.len();
        if let Some(store) = self.store.as_mut() {
            messages.extend(read(Some(store.last(place, before, rest)))?);
        }
        if !self.amendments.is_empty() {
            messages =
                messages.into_iter().filter_map(|it| self.amended(it)).take(wanted).collect();
        }
        messages.reverse();
        Some(messages)
    }

    /// The place of a message; `None` if there is no such message, or the file cannot be read.
    pub(crate) fn place_of(&mut self, id: i64) -> Option<Rc<str>> {
        let mut waiting = self.waiting.iter().map(|waiting| &waiting.message);
        if let Some(message) = waiting.find(|message| message.id == id) {
            return Some(message.place.clone());
        }
        read(self.store.as_mut().map(|store| store.place_of(id)))?
    }

    /// Number of messages of a place that are newer than `since`, counted up to `count_max`; `None`
    /// if the file cannot be read.
    pub(crate) fn count_since(
        &mut self,
        place: &str,
        since: i64,
        count_max: usize,
    ) -> Option<usize> {
        let waiting = self.waiting.iter().map(|waiting| &waiting.message);
        let waiting = waiting.filter(|message| *message.place == *place && message.id > since);
        let waiting = waiting.count();
        let deleted = self.deleted_after(place, since);
        let stored = match self.store.as_mut() {
            Some(store) => {
                let count_max = count_max + deleted;
                read(Some(store.count_since(place, since, count_max)))?
            }
            None => 0,
        };
        Some((waiting + stored).saturating_sub(deleted).min(count_max))
    }
}

/// The value read from the file; `None` if there is no file, or it cannot be read. Such an error
/// does not concern the client: it is logged.
pub(super) fn read<T>(from_file: Option<rusqlite::Result<T>>) -> Option<T> {
    match from_file? {
        Ok(read) => Some(read),
        Err(error) => {
            log::error!("history cannot be read error=\"{error}\"");
            None
        }
    }
}
