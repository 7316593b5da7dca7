//! The messages that a person who comes back to namespace `/chat` has missed.

use super::wire::{self, Shown};
use super::words::{self, ChangeEvent};
use crate::chat::history::{Conversation, History, Message};
use crate::limits::{
    CHANGES_TOLD_MAX, CONVERSATIONS_COUNTED_MAX, CONVERSATIONS_MAX, ENTRY_MESSAGES,
    MISSED_COUNTED_MAX, MISSED_MESSAGES_MAX,
};
use serde::Serialize;
use std::rc::Rc;

/// A person who comes back, and the rooms they come back to.
pub(super) struct Back<'a> {
    pub(super) id: &'a str,
    pub(super) nick: &'a Rc<str>,
    /// Their rooms.
    pub(super) rooms: Vec<BackIn>,
    /// The number of the last private message that they have seen.
    pub(super) since: i64,
    /// Their own messages are not missed.
    pub(super) knows_own: bool,
    /// Whether a message is of a person whom they ignore.
    pub(super) is_hidden: &'a dyn Fn(&Message) -> bool,
    /// Bytes of messages that may be sent.
    pub(super) bytes: usize,
}

/// A room to which a person comes back.
pub(super) struct BackIn {
    pub(super) room: Rc<str>,
    /// The number of the last message that they have seen there.
    pub(super) since: i64,
    /// The number of the last message that they do not see, because they were invited later.
    pub(super) hidden_upto: i64,
}

/// A room or a conversation in which more was missed than is sent.
#[derive(Debug, Serialize)]
pub(super) struct Gap {
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<Rc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<Rc<str>>,
    missed: usize,
}

/// The messages that somebody has missed.
#[derive(Debug)]
pub(super) struct Missed {
    pub(super) gaps: Vec<Gap>,
    pub(super) messages: Vec<Shown>,
    /// Changes of messages that they have seen.
    pub(super) changes: Vec<ChangeEvent>,
    /// Not all of these changes are known, or they are too many.
    pub(super) lacks_changes: bool,
    /// Bytes of messages that may still be sent; `None` after one did not fit.
    bytes: Option<usize>,
    /// Messages that may still be counted.
    counted: usize,
    /// Changes that may still be told.
    changes_left: usize,
}

/// All messages that somebody could have heard. If they are too many, the newest of them, and the
/// number of the others. `None` if the history cannot be read: the client begins anew.
pub(super) fn missed(history: &mut History, back: &Back<'_>) -> Option<Missed> {
    let mut all = Missed::new(back.bytes);
    let is_missed = |message: &Message| {
        let is_own = message.sender.as_deref() == Some(back.id);
        !(back.knows_own && is_own || (back.is_hidden)(message))
    };
    for BackIn { room, since, hidden_upto } in &back.rooms {
        let (messages, cut) = all.newer(history, room, *since.max(hidden_upto), true)?;
        let messages = messages.into_iter().filter(is_missed);
        let shown = messages.map(|it| Shown::in_room(it, back.id)).collect();
        all.add_changes(history, back, room, (*hidden_upto, *since));
        all.add(shown, Gap { room: Some(room.clone()), with: None, missed: cut });
    }
    let conversations = history.conversations(back.id, back.since, None, CONVERSATIONS_COUNTED_MAX);
    for (at, Conversation { place, nick: other }) in conversations.into_iter().enumerate() {
        let is_sent = at < CONVERSATIONS_MAX;
        let (messages, cut) = all.newer(history, &place, back.since, is_sent)?;
        let messages = messages.into_iter().filter(is_missed);
        let shown = messages.map(|it| Shown::in_private(it, back.id, back.nick, &other)).collect();
        all.add(shown, Gap { room: None, with: Some(other), missed: cut });
    }
    for Conversation { place, .. } in history.conversations(back.id, 0, None, CONVERSATIONS_MAX) {
        all.add_changes(history, back, &place, (0, back.since));
    }
    all.messages.sort_unstable_by_key(|message| message.id);
    Some(all)
}

impl Missed {
    const fn new(bytes: usize) -> Self {
        Self {
            gaps: Vec::new(),
            messages: Vec::new(),
            changes: Vec::new(),
            lacks_changes: false,
            bytes: Some(bytes),
            counted: MISSED_COUNTED_MAX,
            changes_left: CHANGES_TOLD_MAX,
        }
    }

    /// Adds the changes of messages of a place, after the first of these numbers and up to the
    /// second, that were made after the second. After one that cannot be told, none is looked up.
    fn add_changes(
        &mut self,
        history: &mut History,
        back: &Back<'_>,
        place: &Rc<str>,
        (hidden_upto, since): (i64, i64),
    ) {
        if self.lacks_changes {
            return;
        }
        let max = if self.bytes.is_some() { self.changes_left } else { 0 };
        let Some(changed) = history.changed_since(place, since, max) else {
            self.lacks_changes = true;
            return;
        };
        self.changes_left -= changed.len();
        for id in changed.into_iter().filter(|id| *id > hidden_upto) {
            let message = history.message(id);
            if message.as_ref().is_some_and(|message| (back.is_hidden)(message)) {
                continue;
            }
            let Some(event) = words::while_away(id, place, back.id, message) else { continue };
            let rest = self.bytes.and_then(|bytes| bytes.checked_sub(event.json.get().len()));
            if rest.is_none() {
                self.lacks_changes = true;
                return;
            }
            self.bytes = rest;
            self.changes.push(event);
        }
    }

    /// The messages of a place after `since`, or the last of them if they are too many, and the
    /// number of the others.
    fn newer(
        &mut self,
        history: &mut History,
        place: &str,
        since: i64,
        is_sent: bool,
    ) -> Option<(Vec<Message>, usize)> {
        let counted_max = self.counted.max(MISSED_MESSAGES_MAX + 1);
        let count = history.count_since(place, since, counted_max)?;
        self.counted = self.counted.saturating_sub(count);
        let shown = match is_sent && self.bytes.is_some() {
            false => 0,
            true if count > MISSED_MESSAGES_MAX => ENTRY_MESSAGES,
            true => count,
        };
        let messages = history.last(place, None, shown)?;
        (messages.len() == shown).then(|| (messages, count - shown))
    }

    /// Adds a gap in a room where nothing is known to be missing, for a client whose missed
    /// messages are unknown.
    pub(super) fn with_gap_in(mut self, room: Rc<str>) -> Self {
        if self.gaps.is_empty() {
            self.gaps.push(Gap { room: Some(room), with: None, missed: 0 });
        }
        self
    }

    fn add(&mut self, mut messages: Vec<Shown>, mut gap: Gap) {
        let mut bytes = self.bytes.unwrap_or_default();
        let cut = wire::fit(&mut messages, &mut bytes);
        self.bytes = Some(bytes).filter(|_| cut == 0);
        gap.missed += cut;
        self.messages.append(&mut messages);
        if gap.missed > 0 {
            self.gaps.push(gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::history::{Amending, Amendment, Post};

    const ROOMS: usize = 4;

    /// A person comes back to some rooms, in each of which so many messages were changed.
    fn changes(count: usize) -> (usize, bool) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("chat.db");
        let mut history = History::open(&file, false).expect("a history").timeless();
        let rooms: Vec<Rc<str>> = (0..ROOMS).map(|room| Rc::from(format!("r{room}"))).collect();
        let author = Rc::from("alice");
        let mut since = 0;
        let all: Vec<&Rc<str>> = rooms.iter().flat_map(|room| [room].repeat(count)).collect();
        let ids: Vec<i64> = all
            .iter()
            .map(|place| {
                since = history.number();
                let (is_action, payload, sender, known_to) = (false, None, None, Vec::new());
                let (id, ts, author, text) = (since, 1, &author, "hi");
                history.append(Post {
                    id,
                    ts,
                    place,
                    author,
                    is_action,
                    text,
                    payload,
                    sender,
                    known_to,
                });
                id
            })
            .collect();
        history.settle(0);
        for (id, place) in ids.into_iter().zip(all) {
            let change = Amending::Text { text: "hello".to_owned(), ts: 2 };
            history.amend(Amendment { id, place: place.clone(), after: since, change });
        }
        history.settle(0);
        let back_in = |room: &Rc<str>| BackIn { room: room.clone(), since, hidden_upto: 0 };
        let (rooms, is_hidden) = (rooms.iter().map(back_in).collect(), &|_: &Message| false);
        let (id, nick, bytes) = ("id-of-bob", &Rc::from("bob"), usize::MAX);
        let back = Back { id, nick, rooms, since, knows_own: true, is_hidden, bytes };
        let missed = missed(&mut history, &back).expect("it is read");
        (missed.changes.len(), missed.lacks_changes)
    }

    #[test]
    fn the_changes_of_all_places_have_one_bound() {
        let each = CHANGES_TOLD_MAX / ROOMS;
        assert_eq!(changes(each), (CHANGES_TOLD_MAX, false));
        assert_eq!(changes(each + 1), (ROOMS.saturating_sub(1) * (each + 1), true));
    }
}
