//! The messages that a client of namespace `/` has missed, as the events that it would have got.

use super::tell::written;
use crate::chat::history::{History, Message, UNKEPT};
use crate::chat::interfaces::json_size;
use crate::chat::{Chat, recovery};
use crate::limits::{MESSAGES_BYTES_MAX, MISSED_MESSAGES_MAX};
use mio_socketio::Missed;
use std::rc::Rc;

/// The messages after one in each room; `None` if there are too many, or one cannot be sent again.
pub(super) fn missed(
    chat: &mut Chat,
    mut rooms: Vec<(Rc<str>, i64)>,
    since: i64,
) -> Option<Vec<Missed>> {
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
    Some(messages.map(|it| recovery::event("message", it.id, written(it))).collect())
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
            self.budget = self.budget.checked_sub(json_size::bytes(&message.text) + payload)?;
            self.messages.push(message);
        }
        Some(())
    }
}
