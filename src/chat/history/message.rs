//! A message: as it is kept, as it comes to be kept, and as it waits.

use super::{Amended, Posted};
use crate::chat::minute::Minute;
use crate::limits::HISTORY_WRITTEN_TO_SAID;
use mio_socketio::tight;
use std::rc::Rc;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number, higher than that of any earlier message of the server, and permanent.
    pub id: i64,
    /// Its time, in Unix milliseconds.
    pub ts: i64,
    /// The key of the room, or the pair of people in a private conversation.
    pub place: Rc<str>,
    /// Its author's name.
    pub author: Rc<str>,
    /// Whether it describes an action of the author (`/me`).
    pub is_action: bool,
    /// Its text.
    pub text: String,
    /// The author's id, which does not change with names; for private messages, and those of
    /// namespace `/chat`.
    pub sender: Option<Rc<str>>,
    /// The payload for clients of namespace `/`, if it was not the text with its author's name:
    /// JSON, empty if it was the text alone, or `-` if it is not kept.
    pub payload: Option<Box<str>>,
    /// Its changes since it was said, if there are any.
    pub amended: Option<Box<Amended>>,
}

/// A message to be kept.
#[derive(Debug)]
pub(in crate::chat) struct Post<'a> {
    /// Its number: see [`super::History::number`].
    pub(in crate::chat) id: i64,
    /// Its time, in Unix milliseconds.
    pub(in crate::chat) ts: i64,
    /// The key of the room, or the pair of people in a private conversation.
    pub(in crate::chat) place: &'a Rc<str>,
    pub(in crate::chat) author: &'a Rc<str>,
    pub(in crate::chat) is_action: bool,
    pub(in crate::chat) text: &'a str,
    /// The payload for clients of namespace `/`, unless it is a line of words: JSON.
    pub(in crate::chat) payload: Option<&'a str>,
    /// The author's id, if it is known.
    pub(in crate::chat) sender: Option<Rc<str>>,
    /// Of the two people in private, those who can come back, each with the other's name.
    pub(in crate::chat) known_to: Vec<(Rc<str>, Rc<str>)>,
}

impl Post<'_> {
    /// Approximate bytes of the file for one message: it is written to the log and then to the
    /// file, and its words are indexed.
    pub(in crate::chat) fn bytes(text: &str, payload: Option<&str>) -> usize {
        let said = text.len() + payload.map_or(0, str::len);
        HISTORY_WRITTEN_TO_SAID * (said + size_of::<Message>())
    }
}

/// A message that is not in the file yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) message: Message,
    pub(super) known_to: Vec<(Rc<str>, Rc<str>)>,
    pub(super) posted: Option<Box<Keyed>>,
}

/// A post with a key.
#[derive(Debug)]
pub(super) struct Keyed {
    /// The author's id.
    pub(super) person: Rc<str>,
    pub(super) posted: Posted,
    /// The earlier key that it replaces.
    pub(super) forgotten: Option<Box<str>>,
}

impl Message {
    /// Bytes that it takes while it waits, about.
    pub(super) fn bytes(&self) -> usize {
        let payload = self.payload.as_ref().map_or(0, |payload| payload.len());
        size_of::<Waiting>() + self.text.len() + payload
    }

    /// The message as the line door shows it: `[2026-11-20 09:12] <alice> hi`, in UTC.
    pub fn as_line(&self) -> String {
        let Self { ts, author, is_action, text, .. } = self;
        let text = tight(text);
        let said = match is_action {
            true => format!("*{author} {text}*"),
            false => format!("<{author}> {text}"),
        };
        format!("[{}] {said}", Minute(*ts))
    }
}
