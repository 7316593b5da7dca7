//! Changes of messages that were said before: corrections, deletions and marks. Like messages, they
//! are written at the end of the turn, before anybody is told. Until then they are applied to all
//! that is read.

use super::amended::Marking;
use super::columns::{COLUMNS, message};
use super::reads::read;
use super::store::Store;
use super::{History, Message, index, marks, trim};
use crate::limits::{
    CHANGES_KEPT_MAX, CHANGES_WAITING_BYTES_MAX, EDITS_PER_MESSAGE_MAX, FORMER_BYTES_MAX,
};
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeSet;
use std::rc::Rc;

/// A change of an earlier message.
#[derive(Debug, Clone)]
pub(crate) struct Amendment {
    /// The number of the message.
    pub(crate) id: i64,
    /// Its place.
    pub(crate) place: Rc<str>,
    /// The highest number that was given to a message by then.
    pub(crate) after: i64,
    pub(crate) change: Amending,
}

/// The change itself.
#[derive(Debug, Clone)]
pub(crate) enum Amending {
    /// It has this text, since this time in Unix milliseconds.
    Text { text: String, ts: i64 },
    /// It is deleted.
    Gone,
    /// It has another mark, or one less.
    Mark(Marking),
}

impl Amendment {
    /// Bytes that it takes while it waits, about.
    fn bytes(&self) -> usize {
        let text = match &self.change {
            Amending::Text { text, .. } => text.len(),
            Amending::Gone | Amending::Mark(_) => 0,
        };
        size_of::<Self>() + text
    }

    /// Whether it deletes a message of this place after this number.
    fn deletes_after(&self, place: &str, since: i64) -> bool {
        matches!(self.change, Amending::Gone) && *self.place == *place && self.id > since
    }

    /// Makes the change; `None` if the message is deleted.
    fn apply(&self, mut message: Message) -> Option<Message> {
        match &self.change {
            Amending::Gone => return None,
            Amending::Text { text, ts } => {
                (message.text, message.payload) = (text.clone(), None);
                let amended = message.amended.get_or_insert_default();
                (amended.edited_ms, amended.edits) = (Some(*ts), amended.edits + 1);
            }
            Amending::Mark(mark) => message.amended.get_or_insert_default().mark(mark),
        }
        Some(message)
    }
}

impl History {
    /// Changes an earlier message, if it is there.
    pub(crate) fn amend(&mut self, amendment: Amendment) {
        if self.store.is_none() {
            return;
        }
        let Some(Message { sender, .. }) = self.message(amendment.id) else { return };
        if let Amending::Text { text, .. } = &amendment.change {
            self.note_links(amendment.id, text, sender.as_deref());
        }
        self.amendments_bytes += amendment.bytes();
        self.amendments.push_back(amendment);
        // While nothing can be written, the oldest changes are lost.
        while self.amendments_bytes > CHANGES_WAITING_BYTES_MAX && self.health.retry_ms.is_some() {
            let Some(oldest) = self.amendments.pop_front() else { break };
            self.amendments_bytes -= oldest.bytes();
            self.health.lost += 1;
        }
    }

    /// Whether deleted texts may have left traces in the file.
    pub(crate) fn has_traces(&self) -> bool {
        self.store.as_ref().is_some_and(|store| store.has_traces && !self.health.is_away)
    }

    /// Notes that the traces are being erased.
    pub(crate) const fn erases_traces(&mut self) {
        if let Some(store) = &mut self.store {
            store.has_traces = false;
        }
    }

    /// Notes that there are traces, in the file too: a later server has to erase them.
    pub(crate) fn mark_traces(&mut self) {
        let Some(store) = &mut self.store else { return };
        store.has_traces = true;
        read(Some(store.mark_traces()));
        store.log.used();
    }

    /// A message with the changes that are not in the file yet; `None` if it is deleted.
    pub(super) fn amended(&self, message: Message) -> Option<Message> {
        let id = message.id;
        let mut changes = self.amendments.iter().filter(|change| change.id == id);
        changes.try_fold(message, |message, change| change.apply(message))
    }

    /// Messages of a place after `since` that are in the file and will be deleted.
    pub(super) fn deleted_after(&self, place: &str, since: i64) -> usize {
        self.amendments.iter().filter(|change| change.deletes_after(place, since)).count()
    }

    /// The message with this number; `None` if there is none, or the file cannot be read.
    pub(crate) fn message(&mut self, id: i64) -> Option<Message> {
        let found = self.as_written(id)?;
        self.amended(found)
    }

    /// The message with this number, without the changes that are not in the file yet.
    fn as_written(&mut self, id: i64) -> Option<Message> {
        let mut waiting = self.waiting.iter().map(|waiting| &waiting.message);
        match waiting.find(|message| message.id == id) {
            Some(message) => Some(message.clone()),
            None => read(self.store.as_ref().map(|store| store.message(id)))?,
        }
    }

    /// The texts that a message had before it was corrected, each with the time at which that was
    /// done, the earliest first; `None` if it is not there, or the file cannot be read.
    pub(crate) fn former(&mut self, id: i64) -> Option<Vec<(i64, String)>> {
        let mut text = self.as_written(id)?.text;
        let mut former = read(self.store.as_ref().map(|store| store.former(id)))?;
        for change in self.amendments.iter().filter(|change| change.id == id) {
            if let Amending::Text { text: new, ts } = &change.change {
                former.push((*ts, std::mem::replace(&mut text, new.clone())));
            }
        }
        Some(former)
    }

    /// The numbers of messages of a place up to `since` that were changed after the message with
    /// that number was given, the earliest change first: those that still exist, and those that do
    /// not. `None` if there are more than `max`, or the file cannot be read.
    pub(crate) fn changed_since(&self, place: &str, since: i64, max: usize) -> Option<Vec<i64>> {
        let Some(store) = &self.store else { return Some(Vec::new()) };
        let mut changed = read(Some(store.changed_since(place, since, max)))?;
        let waiting = self.amendments.iter().filter(|change| {
            *change.place == *place && change.id <= since && change.after >= since
        });
        for Amendment { id, .. } in waiting {
            changed.retain(|known| known != id);
            changed.push(*id);
        }
        (changed.len() <= max).then_some(changed)
    }
}

impl Store {
    fn mark_traces(&mut self) -> rusqlite::Result<()> {
        let transaction = super::purge::immediate(&mut self.connection)?;
        marks::begin(&transaction, None)?;
        transaction.commit()
    }

    fn message(&self, id: i64) -> rusqlite::Result<Option<Message>> {
        let sql = format!("SELECT {COLUMNS} FROM message WHERE id = ?");
        let mut select = self.connection.prepare_cached(&sql)?;
        self.budget.look_up(|| select.query_row([id], message).optional())
    }

    fn former(&self, id: i64) -> rusqlite::Result<Vec<(i64, String)>> {
        let sql = "SELECT former FROM message WHERE id = ?";
        let mut select = self.connection.prepare_cached(sql)?;
        let json = self.budget.look_up(|| select.query_row([id], |row| row.get(0)).optional())?;
        let json: Option<String> = json.flatten();
        Ok(former_texts(json.as_deref()))
    }

    /// One change more than `max`, if there are more.
    fn changed_since(&self, place: &str, since: i64, max: usize) -> rusqlite::Result<Vec<i64>> {
        let sql = "SELECT message FROM changed WHERE place = ?1 AND after >= ?2 AND message <= ?2
                   ORDER BY after LIMIT ?3";
        let mut select = self.connection.prepare_cached(sql)?;
        let count_max = i64::try_from(max.saturating_add(1)).unwrap_or(i64::MAX);
        let rows = select.query_map(params![place, since, count_max], |row| row.get(0))?;
        self.budget.look_up(|| rows.collect())
    }
}

fn former_texts(json: Option<&str>) -> Vec<(i64, String)> {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// The results of writing changes.
#[derive(Debug, Default)]
pub(super) struct Traces {
    /// Parts of the index that contain removed words until they are merged.
    pub(super) parts: BTreeSet<i64>,
    /// Texts were deleted that must not remain in the file.
    pub(super) are_left: bool,
}

/// Writes changes of messages, in their order.
pub(super) fn write<'a>(
    transaction: &Transaction<'_>,
    amendments: impl IntoIterator<Item = &'a Amendment>,
) -> rusqlite::Result<Traces> {
    let (mut traces, mut is_any) = (Traces::default(), false);
    for amendment in amendments {
        is_any = true;
        let Amendment { id, change, .. } = amendment;
        let is_there = match change {
            Amending::Text { text, ts } => write_text(transaction, *id, text, *ts, &mut traces)?,
            Amending::Gone => delete(transaction, *id, &mut traces)?,
            Amending::Mark(_) => write_mark(transaction, amendment)?,
        };
        if is_there {
            let Amendment { id, place, after, .. } = amendment;
            let sql = "INSERT INTO changed (message, place, after) VALUES (?, ?, ?)
                       ON CONFLICT (message) DO UPDATE SET after = excluded.after";
            transaction.prepare_cached(sql)?.execute(params![id, &**place, after])?;
        }
    }
    if traces.are_left {
        marks::begin(transaction, None)?;
    }
    if is_any {
        let sql = "DELETE FROM changed WHERE message IN
                   (SELECT message FROM changed ORDER BY after DESC LIMIT -1 OFFSET ?)";
        transaction.prepare_cached(sql)?.execute([CHANGES_KEPT_MAX])?;
    }
    Ok(traces)
}

/// Gives a message another text. False if it is not there. The former texts of a private message
/// are not kept: nobody may read them.
fn write_text(
    transaction: &Transaction<'_>,
    id: i64,
    text: &str,
    ts: i64,
    traces: &mut Traces,
) -> rusqlite::Result<bool> {
    let sql = "SELECT place, text, former, edits FROM message WHERE id = ?";
    let mut select = transaction.prepare_cached(sql)?;
    let found = select.query_row([id], |row| {
        let (place, old): (String, String) = (row.get(0)?, row.get(1)?);
        Ok((place, old, row.get::<_, Option<String>>(2)?, row.get::<_, u32>(3)?))
    });
    let Some((place, old, former, edits)) = found.optional()? else { return Ok(false) };
    if edits >= EDITS_PER_MESSAGE_MAX {
        return Ok(false);
    }
    let former = match place.starts_with('@') {
        true => None,
        false => Some(with_former(former.as_deref(), ts, &old)),
    };
    traces.are_left |= former.is_none();
    if let Some(part) = index::forget(transaction, id, &place, &old)? {
        index::add(transaction, part, id, &place, text)?;
        traces.parts.insert(part);
    }
    let sql = "UPDATE message SET text = ?, payload = NULL, edited = ?, edits = edits + 1,
               former = ? WHERE id = ?";
    transaction.prepare_cached(sql)?.execute(params![text, ts, former, id])?;
    Ok(true)
}

/// The former texts with one more, within their bound.
fn with_former(json: Option<&str>, ts: i64, old: &str) -> String {
    let mut former = former_texts(json);
    former.push((ts, old.to_owned()));
    let mut bytes: usize = former.iter().map(|(_, text)| text.len()).sum();
    while bytes > FORMER_BYTES_MAX && former.len() > 1 {
        bytes -= former.remove(0).1.len();
    }
    serde_json::to_string(&former).unwrap_or_default()
}

/// Deletes a message. False if it is not there. The key under which it was said stays, so that a
/// program which repeats it does not say it again; the hash of its text goes.
fn delete(transaction: &Transaction<'_>, id: i64, traces: &mut Traces) -> rusqlite::Result<bool> {
    let mut select = transaction.prepare_cached("SELECT place, text FROM message WHERE id = ?")?;
    let found = select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((place, text)): Option<(String, String)> = found else { return Ok(false) };
    trim::keep_numbers(transaction)?;
    traces.parts.extend(index::forget(transaction, id, &place, &text)?);
    traces.are_left = true;
    transaction.prepare_cached("DELETE FROM message WHERE id = ?")?.execute([id])?;
    transaction.prepare_cached("UPDATE posted SET what = NULL WHERE id = ?")?.execute([id])?;
    if place.starts_with('@') {
        trim::end_conversation(transaction, &place)?;
    }
    Ok(true)
}

/// Writes a mark. False if the message is not there.
fn write_mark(transaction: &Transaction<'_>, amendment: &Amendment) -> rusqlite::Result<bool> {
    let sql = format!("SELECT {COLUMNS} FROM message WHERE id = ?");
    let found = transaction.prepare_cached(&sql)?.query_row([amendment.id], message).optional()?;
    let Some(found) = found.and_then(|found| amendment.apply(found)) else { return Ok(false) };
    found.amended.unwrap_or_default().write_marks(transaction, amendment.id)?;
    Ok(true)
}
