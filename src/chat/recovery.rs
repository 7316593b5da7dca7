//! Socket.IO clients that come back by Socket.IO's own recovery (`pid` and `offset`): their missed
//! events are made from the history. An offset is the number of the newest message, so that it is
//! valid after a restart too.
//!
//! Only messages are repeated. A client must ask who came and went in the meantime.

use super::Chat;
use super::history::{History, Message, Seated, UNKEPT};
use super::interfaces::chat::missed::{self, Back, missed};
use super::interfaces::chat::{tell::CHAT, wire};
use super::interfaces::root::tell as root;
use crate::limits::{MESSAGES_BYTES_MAX, MISSED_MESSAGES_MAX};
use mio_socketio::Now;
use mio_socketio::RECOVERY_MS;
use mio_socketio::{Kept, Missed, Recovery, Restored, Saved};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The history as a store.
#[derive(Debug, Clone, Copy)]
pub(super) struct FromHistory;

/// The chat's data about a client that may come back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Own {
    pub(super) nick: Rc<str>,
    /// Its id for private messages, and, in namespace `/chat`, for the history.
    pub(super) id: Option<Rc<str>>,
    /// It has been sent all messages after this one, if that is earlier than its coming.
    pub(super) since: Option<i64>,
    /// Whether it comes back and has missed more than it is sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) has_gaps: bool,
}

impl Own {
    /// Reads the kept data.
    pub(super) fn read(data: &str) -> Self {
        serde_json::from_str(data).unwrap_or_default()
    }

    /// The data to keep.
    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Recovery<Chat> for FromHistory {
    fn keep(&mut self, chat: &mut Chat, _: Now, _: &Kept<'_>) -> String {
        chat.told_upto.unwrap_or(chat.history.last_id()).to_string()
    }

    fn newest(&mut self, chat: &mut Chat, _: Now) -> String {
        chat.history.last_id().to_string()
    }

    fn save(&mut self, chat: &mut Chat, _: Now, session: &Saved) {
        chat.history.keep_seat(session);
    }

    fn gone(&mut self, chat: &mut Chat, now: Now, pid: &str, for_good: bool) {
        chat.history.leave_seat(now, pid, for_good);
    }

    fn restore(
        &mut self,
        chat: &mut Chat,
        now: Now,
        pid: &str,
        offset: Option<&str>,
    ) -> Option<Restored> {
        chat.begin(now);
        let Seated { mut saved, gone_ms } = chat.history.seat(pid)?;
        let is_late = gone_ms.is_some_and(|gone_ms| {
            now.unix_ms.cast_signed().saturating_sub(gone_ms) > RECOVERY_MS.cast_signed()
        });
        let came: i64 = saved.since.parse().ok()?;
        let mut own = Own::read(&saved.data);
        // A client may still have an offset from an earlier session.
        let from = own.since.map_or(came, |since| since.min(came));
        let since = offset.map_or(Some(from), |offset| offset.parse().ok())?;
        let since = since.max(from);
        if is_late || !chat.history.knows(since) {
            return None;
        }
        let mut rooms: Vec<(Rc<str>, i64)> = Vec::new();
        for room in &saved.rooms {
            let joined: i64 = room.since.parse().ok()?;
            let joined = if joined <= came { from } else { joined };
            rooms.push((Rc::from(&*room.name), since.max(joined)));
        }
        let missed = match &*saved.namespace {
            CHAT => in_chat(&mut chat.history, rooms, since, &mut own)?,
            _ => {
                // Everyone in this namespace gets the messages of the lobby.
                let lobby = chat.rooms.lobby();
                if !rooms.iter().any(|(room, _)| *room == lobby) {
                    rooms.push((lobby, since));
                }
                let mut heard = Heard::new(&mut chat.history);
                for (room, since) in rooms {
                    heard.add(&room, since)?;
                }
                heard.messages.sort_unstable_by_key(|message| message.id);
                let messages = heard.messages.iter();
                messages.map(|message| event(message.id, root::written(message))).collect()
            }
        };
        saved.data = own.write();
        Some(Restored { saved, missed })
    }
}

/// The messages from places where a client could have read them.
struct Heard<'a> {
    history: &'a mut History,
    messages: Vec<Message>,
    /// Bytes that may still be added.
    budget: usize,
}

impl<'a> Heard<'a> {
    const fn new(history: &'a mut History) -> Self {
        Self { history, messages: Vec::new(), budget: MESSAGES_BYTES_MAX }
    }

    /// Adds the messages of a place after `since`; `None` if there are too many, or one cannot be
    /// read, or is not kept as it was sent.
    fn add(&mut self, place: &str, since: i64) -> Option<()> {
        let count = self.history.count_since(place, since, MISSED_MESSAGES_MAX + 1)?;
        if count > MISSED_MESSAGES_MAX {
            return None;
        }
        let messages = self.history.last(place, None, count)?;
        if messages.len() < count {
            return None;
        }
        for message in messages {
            if message.payload.as_deref() == Some(UNKEPT) {
                return None;
            }
            let payload = message.payload.as_ref().map_or(0, |payload| payload.len());
            self.budget = self.budget.checked_sub(wire::bytes(&message.text) + payload)?;
            self.messages.push(message);
        }
        Some(())
    }
}

/// A message that a client has missed, in the form of the event that it would have got.
fn event(id: i64, args: String) -> Missed {
    let (name, attachments) = ("message".to_owned(), Vec::new());
    Missed { name, args, attachments, offset: id.to_string() }
}

/// The messages that a client of namespace `/chat` has missed in its rooms, and in private after
/// `since`: only those of others, because it was told its own at once.
fn in_chat(
    history: &mut History,
    rooms: Vec<(Rc<str>, i64)>,
    since: i64,
    own: &mut Own,
) -> Option<Vec<Missed>> {
    let (id, nick, bytes) = (own.id.as_deref()?, &own.nick, MESSAGES_BYTES_MAX);
    // The people whom they ignore are not known until they are admitted.
    let is_hidden = &|_: &Message| false;
    let back = Back { id, nick, rooms, since, knows_own: true, is_hidden, bytes };
    let missed::Missed { gaps, messages, .. } = missed(history, &back)?;
    own.has_gaps = !gaps.is_empty();
    let gaps = gaps.iter().map(|gap| {
        let args = serde_json::to_string(gap).unwrap_or_default();
        Missed { name: "gap".to_owned(), ..event(since, args) }
    });
    let messages = messages.iter().map(|message| {
        let args = serde_json::to_string(message).unwrap_or_default();
        event(message.id, args)
    });
    Some(gaps.chain(messages).collect())
}
