//! Socket.IO clients that come back by Socket.IO's own recovery (`pid` and `offset`): their missed
//! events are made from the history. An offset is the number of the newest message, so that it is
//! valid after a restart too.
//!
//! Only messages are repeated. A client must ask who came and went in the meantime.

use super::history::{Seated, Token};
use super::{Chat, interfaces};
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
    /// The token by which it came in. That of a registered person is the device's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<Token>,
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
        if is_late || !chat.history.knows(since) || !may_come_back(chat, now, &own) {
            return None;
        }
        let mut rooms: Vec<(Rc<str>, i64)> = Vec::new();
        for room in &saved.rooms {
            // It was deleted, has become private, or they are not invited any more.
            if !chat.may_come_back_to(&room.name, own.id.as_deref()) {
                return None;
            }
            let joined: i64 = room.since.parse().ok()?;
            let joined = if joined <= came { from } else { joined };
            rooms.push((Rc::from(&*room.name), since.max(joined)));
        }
        let interface = interfaces::of_namespace(&saved.namespace)?;
        let missed = interface.missed(chat, rooms, since, &mut own)?;
        saved.data = own.write();
        Some(Restored { saved, missed })
    }
}

/// Whether a client may still be told what its person is told. They may have been banned while it
/// was away, or its device ended.
fn may_come_back(chat: &mut Chat, now: Now, own: &Own) -> bool {
    let Some(id) = own.id.as_deref() else { return true };
    if chat.ban_of(id).is_some() {
        return false;
    }
    let is_registered = chat.history.registration(id).is_some();
    let device = own.token.filter(|_| is_registered);
    let known = device.and_then(|token| chat.history.person(now, &token));
    !is_registered || known.is_some_and(|record| *record.id == *id)
}

/// An event that a client has missed.
pub(super) fn event(name: &str, id: i64, args: String) -> Missed {
    Missed { name: name.to_owned(), args, attachments: Vec::new(), offset: id.to_string() }
}
