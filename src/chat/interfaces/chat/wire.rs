//! The objects of which answers and events are made.

use crate::chat::history::Message;
use crate::chat::people::pseudonym;
use crate::chat::questions::{self, Last, Source};
use crate::chat::{Cx, archive, rooms};
use crate::limits::{ENTRY_MESSAGES, MESSAGES_BYTES_MAX, QUEUE_TO_MESSAGES_MIN};
use mio_socketio::SocketId;
use serde::Serialize;
use std::rc::Rc;

/// Approximate bytes of a message's JSON without its text, but with its names.
const MESSAGE_BYTES: usize = 256;

/// A message, in a room or in private.
#[derive(Debug, Serialize)]
pub(in crate::chat) struct Shown {
    pub(in crate::chat) id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) room: Option<Rc<str>>,
    pub(in crate::chat) from: Rc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) to: Option<Rc<str>>,
    /// In a private message, the other party: see [`pseudonym`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) person: Option<Box<str>>,
    pub(in crate::chat) text: String,
    pub(in crate::chat) ts: i64,
    #[serde(rename = "action", skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::chat) is_action: bool,
}

/// A member of a room.
#[derive(Debug, Serialize)]
pub(in crate::chat) struct Member {
    pub(in crate::chat) nick: Rc<str>,
    /// The program that they use.
    pub(in crate::chat) door: &'static str,
}

/// A room, as a newcomer sees it.
#[derive(Debug, Serialize)]
pub(in crate::chat) struct Entry {
    pub(in crate::chat) room: Rc<str>,
    pub(in crate::chat) topic: Option<String>,
    pub(in crate::chat) members: Vec<Member>,
    /// All members, including those who are not named.
    pub(in crate::chat) count: usize,
    pub(in crate::chat) messages: Vec<Shown>,
}

impl From<rooms::Member> for Member {
    fn from(rooms::Member { nick, door }: rooms::Member) -> Self {
        Self { nick, door }
    }
}

impl Shown {
    /// A message in a room.
    pub(in crate::chat) fn in_room(message: Message) -> Self {
        let Message { id, ts, place, author, is_action, text, .. } = message;
        let (room, person) = (Some(place), None);
        Self { id, room, from: author, to: None, person, text, ts, is_action }
    }

    /// A private message between the person with the id `me` and the nick `nick`, and a person
    /// whose last nick was `other`.
    pub(in crate::chat) fn in_private(
        message: Message,
        me: &str,
        nick: &Rc<str>,
        other: &Rc<str>,
    ) -> Self {
        let is_mine = message.sender.as_deref() == Some(me);
        let (from, to) = if is_mine { (nick, other) } else { (other, nick) };
        let Message { id, ts, place, is_action, text, .. } = message;
        let (from, to) = (from.clone(), Some(to.clone()));
        let person = archive::other_of(&place, me).map(pseudonym);
        Self { id, room: None, from, to, person, text, ts, is_action }
    }
}

/// Bytes of messages that one answer may have: a reader's queue has room for several answers.
pub(in crate::chat) fn budget(cx: &Cx<'_>) -> usize {
    MESSAGES_BYTES_MAX.min(cx.queue_bytes_max() / QUEUE_TO_MESSAGES_MIN)
}

/// Approximate bytes of a message as JSON.
pub(in crate::chat) fn bytes(text: &str) -> usize {
    MESSAGE_BYTES + json_bytes(text)
}

/// Keeps as many of the last messages as a budget of bytes allows, and takes their bytes from it.
/// Returns the number of messages that were left out.
pub(in crate::chat) fn fit(messages: &mut Vec<Shown>, budget: &mut usize) -> usize {
    let fits = |message: &&Shown| {
        budget.checked_sub(bytes(&message.text)).map(|rest| *budget = rest).is_some()
    };
    let kept = messages.iter().rev().take_while(fits).count();
    let cut = messages.len() - kept;
    messages.drain(..cut);
    cut
}

/// Bytes of a text as a JSON string, without quotes (RFC 8259, 7).
fn json_bytes(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        0..=0x1f => "\\u0000".len(),
        b'"' | b'\\' => 2,
        _ => 1,
    });
    bytes.sum()
}

/// The last messages of a room, as many as are shown on entering.
pub(in crate::chat) fn last_messages(
    cx: &mut Cx<'_>,
    socket: SocketId,
    room: &str,
    budget: &mut usize,
) -> Vec<Shown> {
    let last = Last { of: Source::Room(Some(room)), before: None, count: ENTRY_MESSAGES };
    // People are admitted even if the history cannot be read.
    let messages = questions::last(cx, socket, last).map_or_else(|_| Vec::new(), |it| it.messages);
    let messages = messages.into_iter().map(|it| Shown::in_room(it.message));
    let mut messages: Vec<Shown> = messages.collect();
    fit(&mut messages, budget);
    messages
}

/// The members of a room, the first `max` of them.
pub(in crate::chat) fn members(cx: &Cx<'_>, key: &str, max: usize) -> Vec<Member> {
    rooms::members(cx, key, max).into_iter().map(Member::from).collect()
}

/// A person as a member of a room.
pub(in crate::chat) fn member(cx: &Cx<'_>, socket: SocketId) -> Option<Member> {
    let person = cx.state.people.get(socket)?;
    Some(Member { nick: person.nick.clone(), door: person.interface.hint() })
}

/// A room, with `messages` and up to `members_max` names of members; no names for a crowd.
pub(in crate::chat) fn entry(
    cx: &Cx<'_>,
    room: Rc<str>,
    members_max: usize,
    messages: Vec<Shown>,
) -> Entry {
    let topic = cx.state.rooms.topic(&room).map(str::to_owned);
    let members_max = if cx.state.rooms.is_crowd(&room) { 0 } else { members_max };
    let (members, count) = (members(cx, &room, members_max), cx.members(&room).len());
    Entry { room, topic, members, count, messages }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Shown {
        let message = Message {
            id: 1,
            ts: 2,
            place: Rc::from("lobby"),
            author: Rc::from("alice"),
            is_action: false,
            text: text.to_owned(),
            sender: None,
            payload: None,
        };
        Shown::in_room(message)
    }

    #[test]
    fn the_last_messages_that_fit_are_kept() {
        let mut messages = vec![shown("old"), shown(&"\u{1b}".repeat(100)), shown("new")];
        let mut budget = 2 * MESSAGE_BYTES + 603;
        assert_eq!(fit(&mut messages, &mut budget), 1);
        assert_eq!((messages.len(), budget), (2, 0));
        assert_eq!(messages[1].text, "new");
    }

    #[test]
    fn a_text_is_not_longer_than_it_is_counted() {
        for text in ["", "plain", "\"\\\u{1f}\n\u{7f}", "ünï😀\u{2028}"] {
            let json = serde_json::to_string(text).expect("a text has a JSON form");
            assert!(json.len() - 2 <= json_bytes(text), "{text:?}");
        }
        let json = serde_json::to_string(&shown("")).expect("a message has a JSON form");
        assert!(json.len() < MESSAGE_BYTES, "{json}");
    }
}
