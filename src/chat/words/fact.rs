//! Facts about earlier messages.

use crate::chat::fact::FactRow;
use crate::chat::fact::row::Depends;
use crate::chat::names;
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// An earlier message has changed.
#[derive(Debug)]
pub(in crate::chat) enum WordsFact<'a> {
    Edited(Edited<'a>),
    Deleted(Deleted),
    Reacted(Reacted),
}

/// The earlier message of a fact, which has the same form in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(rename = "action")]
    pub(in crate::chat) is_action: bool,
    /// The person of the fact is its author.
    #[serde(rename = "own")]
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

impl WordsFact<'_> {
    /// The device of the person whose fact it is.
    pub(in crate::chat) const fn by(&self) -> SocketId {
        match self {
            Self::Edited(Edited { by, .. })
            | Self::Deleted(Deleted { by, .. })
            | Self::Reacted(Reacted { by, .. }) => *by,
        }
    }

    pub(in crate::chat) const fn about(&self) -> &About {
        match self {
            Self::Edited(Edited { about, .. })
            | Self::Deleted(Deleted { about, .. })
            | Self::Reacted(Reacted { about, .. }) => about,
        }
    }

    /// The text that the asker has written, for which they pay.
    pub(in crate::chat) const fn written(&self) -> Option<&str> {
        match self {
            Self::Edited(Edited { text, .. }) => Some(text),
            Self::Deleted(_) | Self::Reacted(_) => None,
        }
    }

    /// The row in the table of facts. Nobody relies on words: the history tells all people when it
    /// is not kept.
    pub(in crate::chat) fn row(&self) -> FactRow<'_> {
        let place = &*self.about().place;
        let depends = match names::is_room_key(place) {
            true => Depends::Room(place),
            false => Depends::Author,
        };
        FactRow { depends, ..FactRow::PLAIN }
    }
}
