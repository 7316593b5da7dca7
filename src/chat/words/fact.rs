//! Facts about earlier messages.

use mio_socketio::SocketId;
use std::rc::Rc;

/// The earlier message of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) struct About {
    pub(in crate::chat) id: i64,
    /// Its time, in Unix milliseconds.
    pub(in crate::chat) ts: i64,
    /// The key of its room, or the pair of people in a private conversation.
    pub(in crate::chat) place: Rc<str>,
    /// Its author's name at that time.
    pub(in crate::chat) author: Rc<str>,
    /// Its author's id, if it is known.
    pub(in crate::chat) sender: Option<Rc<str>>,
    /// It describes an action of the author (`/me`).
    pub(in crate::chat) is_action: bool,
    /// The person of the fact is its author.
    pub(in crate::chat) is_own: bool,
}

/// A message has another text.
#[derive(Debug)]
pub(in crate::chat) struct Edited<'a> {
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) about: About,
    pub(in crate::chat) text: &'a str,
}

/// A message is deleted.
#[derive(Debug)]
pub(in crate::chat) struct Deleted {
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) about: About,
}

/// A person reacts to a message, or no longer does.
#[derive(Debug)]
pub(in crate::chat) struct Reacted {
    pub(in crate::chat) by: SocketId,
    /// Their id.
    pub(in crate::chat) person: Rc<str>,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) about: About,
    pub(in crate::chat) emoji: Rc<str>,
    pub(in crate::chat) is_on: bool,
}
