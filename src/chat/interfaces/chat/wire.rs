//! The objects of which answers and events are made.

use super::marks::ShownMarks;
use super::presence;
use super::rules::ShownRules;
use crate::chat::history::Message;
use crate::chat::interfaces::json_size;
use crate::chat::people::pseudonym;
use crate::chat::questions::{self, Last, Source};
use crate::chat::{Cx, archive, rooms};
use crate::limits::{ENTRY_MESSAGES, MESSAGES_BYTES_MAX, QUEUE_TO_MESSAGES_MIN};
use mio_socketio::SocketId;
use serde::Serialize;
use std::rc::Rc;

/// A message, in a room or in private.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<Rc<str>>,
    pub(super) from: Rc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<Rc<str>>,
    /// In a private message, the other party: see [`pseudonym`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) person: Option<Box<str>>,
    pub(super) text: String,
    pub(super) ts: i64,
    #[serde(rename = "action", skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_action: bool,
    /// Its corrections and its marks, which a message has none of when it is said.
    #[serde(flatten)]
    pub(super) marks: ShownMarks,
}

/// A member of a room.
#[derive(Debug, Serialize)]
pub(super) struct Member {
    pub(super) nick: Rc<str>,
    /// The program that they use, or the first of several.
    pub(super) door: &'static str,
    /// All of them, if they are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) doors: Vec<&'static str>,
}

/// A room, as a newcomer sees it.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub(super) room: Rc<str>,
    pub(super) topic: Option<String>,
    /// Its rules, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rules: Option<ShownRules>,
    pub(super) members: Vec<Member>,
    /// All members, including those who are not named.
    pub(super) count: usize,
    pub(super) messages: Vec<Shown>,
}

impl From<rooms::Member> for Member {
    fn from(rooms::Member { nick, mut doors }: rooms::Member) -> Self {
        let door = doors.first().copied().unwrap_or_default();
        if doors.len() < 2 {
            doors.clear();
        }
        Self { nick, door, doors }
    }
}

impl Shown {
    /// A message in a room, as the person with the id `me` sees it.
    pub(super) fn in_room(message: Message, me: &str) -> Self {
        let Message { id, ts, place, author, is_action, text, amended, .. } = message;
        let marks = ShownMarks::of(amended.as_deref(), me);
        let (room, from, to, person) = (Some(place), author, None, None);
        Self { id, room, from, to, person, text, ts, is_action, marks }
    }

    /// A private message between the person with the id `me` and the nick `nick`, and a person
    /// whose last nick was `other`.
    pub(super) fn in_private(message: Message, me: &str, nick: &Rc<str>, other: &Rc<str>) -> Self {
        let is_mine = message.sender.as_deref() == Some(me);
        let (from, to) = if is_mine { (nick, other) } else { (other, nick) };
        let Message { id, ts, place, is_action, text, amended, .. } = message;
        let marks = ShownMarks::of(amended.as_deref(), me);
        let (from, to) = (from.clone(), Some(to.clone()));
        let person = archive::other_of(&place, me).map(pseudonym);
        Self { id, room: None, from, to, person, text, ts, is_action, marks }
    }

    /// Bytes that it takes as JSON, about.
    fn bytes(&self) -> usize {
        json_size::bytes(&self.text) + self.marks.bytes()
    }
}

/// Bytes of messages that one answer may have: a reader's queue has room for several answers.
pub(super) fn budget(cx: &Cx<'_>) -> usize {
    MESSAGES_BYTES_MAX.min(cx.queue_bytes_max() / QUEUE_TO_MESSAGES_MIN)
}

/// Keeps as many of the last messages as a budget of bytes allows, and takes their bytes from it.
/// Returns the number of messages that were left out.
pub(super) fn fit(messages: &mut Vec<Shown>, budget: &mut usize) -> usize {
    let fits =
        |message: &&Shown| budget.checked_sub(message.bytes()).map(|rest| *budget = rest).is_some();
    let kept = messages.iter().rev().take_while(fits).count();
    let cut = messages.len() - kept;
    messages.drain(..cut);
    cut
}

/// The last messages of a room, as many as are shown on entering.
pub(super) fn last_messages(
    cx: &mut Cx<'_>,
    socket: SocketId,
    room: &str,
    budget: &mut usize,
) -> Vec<Shown> {
    let last = Last { of: Source::Room(Some(room)), before: None, count: ENTRY_MESSAGES };
    // People are admitted even if the history cannot be read.
    let messages = questions::last(cx, socket, last).map_or_else(|_| Vec::new(), |it| it.messages);
    let me = cx.state.people.get(socket).and_then(|person| person.id.clone()).unwrap_or_default();
    let messages = messages.into_iter().map(|it| Shown::in_room(it.message, &me));
    let mut messages: Vec<Shown> = messages.collect();
    fit(&mut messages, budget);
    messages
}

/// The members of a room, the first `max` of them.
pub(super) fn members(cx: &Cx<'_>, key: &str, max: usize) -> Vec<Member> {
    rooms::members(cx, key, max).into_iter().map(Member::from).collect()
}

/// A person as a member of a room.
pub(super) fn member(cx: &Cx<'_>, key: &str, socket: SocketId) -> Option<Member> {
    rooms::member(cx, key, socket).map(Member::from)
}

/// A room, with `messages` and up to `members_max` names of members; no names for a crowd.
pub(super) fn entry(cx: &Cx<'_>, room: Rc<str>, members_max: usize, messages: Vec<Shown>) -> Entry {
    let topic = cx.state.rooms.topic(&room).map(str::to_owned);
    let members_max = if presence::is_crowd(cx, &room) { 0 } else { members_max };
    let (members, count) = (members(cx, &room, members_max), rooms::count(cx, &room));
    let rules = cx.state.rooms.rules(&room).map(ShownRules::from);
    Entry { room, topic, rules, members, count, messages }
}

#[cfg(test)]
mod tests {
    use super::*;
    use json_size::MESSAGE_BYTES;

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
            amended: None,
        };
        Shown::in_room(message, "")
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
    fn a_message_without_text_is_not_longer_than_it_is_counted() {
        let json = serde_json::to_string(&shown("")).expect("a message has a JSON form");
        assert!(json.len() < MESSAGE_BYTES, "{json}");
    }
}
