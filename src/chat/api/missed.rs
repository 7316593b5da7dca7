//! What somebody has missed who comes back with the number of the last message that they have seen.

use super::people;
use crate::base::SocketId;
use crate::chat::history::{Conversation, Message};
use crate::chat::told::wire::{self, Shown};
use crate::chat::{Cx, archive};
use crate::limits::{CONVERSATIONS_MAX, ENTRY_MESSAGES, MISSED_COUNTED_MAX, MISSED_MESSAGES_MAX};
use serde::Serialize;
use std::rc::Rc;

/// More was missed in a place than is sent.
#[derive(Debug, Serialize)]
pub(super) struct Gap {
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<Rc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<Rc<str>>,
    missed: usize,
}

/// What somebody has missed.
#[derive(Debug)]
pub(super) struct Missed {
    pub(super) gaps: Vec<Gap>,
    pub(super) messages: Vec<Shown>,
    /// Bytes of messages that may still be sent.
    bytes: usize,
    /// Messages that may still be counted.
    counted: usize,
}

/// All that was said after `since` where somebody could have heard it. `None` if they talk with too
/// many, or if the history cannot be read: they begin anew.
pub(super) fn missed(cx: &mut Cx<'_>, socket: SocketId, since: i64) -> Option<Missed> {
    let (gaps, messages) = (Vec::new(), Vec::new());
    let (bytes, counted) = (wire::budget(cx), MISSED_COUNTED_MAX);
    let mut all = Missed { gaps, messages, bytes, counted };
    for key in people::rooms_of(cx, socket) {
        let (mut messages, cut) = all.newer(cx, &key, since)?;
        archive::hide(cx, socket, &mut messages);
        let shown = messages.into_iter().map(Shown::in_room).collect();
        all.add(shown, Gap { room: Some(key), with: None, missed: cut });
    }
    let me = cx.state.people.get(socket)?;
    let (id, nick) = (me.id.clone()?, me.nick.clone());
    let conversations = cx.state.history.conversations(&id, since, None);
    if conversations.len() > CONVERSATIONS_MAX {
        return None;
    }
    for Conversation { place, nick: other } in conversations {
        let (mut messages, cut) = all.newer(cx, &place, since)?;
        archive::hide(cx, socket, &mut messages);
        let messages = messages.into_iter();
        let shown = messages.map(|message| Shown::in_private(message, &id, &nick, &other));
        let shown = shown.collect();
        all.add(shown, Gap { room: None, with: Some(other), missed: cut });
    }
    all.messages.sort_unstable_by_key(|message| message.id);
    Some(all)
}

impl Missed {
    /// The messages of a place after `since`; of too many the last, and how many they are not.
    fn newer(&mut self, cx: &mut Cx<'_>, place: &str, since: i64) -> Option<(Vec<Message>, usize)> {
        let counted_max = self.counted.max(MISSED_MESSAGES_MAX + 1);
        let count = cx.state.history.count_since(place, since, counted_max)?;
        self.counted = self.counted.saturating_sub(count);
        let shown = if count > MISSED_MESSAGES_MAX { ENTRY_MESSAGES } else { count };
        Some((cx.state.history.last(place, None, shown), count - shown))
    }

    fn add(&mut self, mut messages: Vec<Shown>, mut gap: Gap) {
        gap.missed += wire::fit(&mut messages, &mut self.bytes);
        self.messages.append(&mut messages);
        if gap.missed > 0 {
            self.gaps.push(gap);
        }
    }
}
