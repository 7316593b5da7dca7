//! A message of this node's own while it is on its way. When its entry comes back as it was sent,
//! the node need not read it.

use super::reports::Fields;
use super::{ThisNode, Waiting};
use crate::chat::fact::{Fact, Key, Relayed, Said};
use crate::chat::history::What;
use mio_socketio::SocketId;
use std::rc::Rc;

/// The parts of a message to a room.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) ts: i64,
    sender: Option<Rc<str>>,
    nick: Rc<str>,
    room: Rc<str>,
    is_action: bool,
    text: Box<str>,
    key: Option<(Box<str>, What)>,
    relayed: Option<Words>,
}

/// The form for clients of namespace `/`.
#[derive(Debug)]
struct Words {
    words: Box<str>,
    is_long: bool,
    is_for_all: bool,
}

impl Spoken {
    /// The parts of a fact of this time; `None` if it is no message to a room, or one with
    /// arguments of a client's own.
    pub(super) fn of(fact: &Fact<'_>, ts: i64) -> Option<Box<Self>> {
        let Fact::Said(Said { sender, nick, room, is_action, text, key, relayed, .. }) = fact
        else {
            return None;
        };
        let relayed = match relayed {
            None => None,
            Some(Relayed::Words { words, is_long, is_for_all }) => {
                let (words, is_long, is_for_all) = (words.as_str().into(), *is_long, *is_for_all);
                Some(Words { words, is_long, is_for_all })
            }
            Some(Relayed::Args(_)) => return None,
        };
        let (sender, nick, room) = (sender.clone(), nick.clone(), room.clone());
        let (text, key) = ((*text).into(), key.map(|Key { key, what }| (key.into(), what)));
        Some(Box::new(Self { ts, sender, nick, room, is_action: *is_action, text, key, relayed }))
    }

    /// The fact.
    pub(super) fn fact(&self, by: SocketId) -> Fact<'_> {
        let Self { sender, nick, room, is_action, text, key, relayed, .. } = self;
        let relayed = relayed.as_ref().map(|Words { words, is_long, is_for_all }| {
            let (words, is_long, is_for_all) = (words.to_string(), *is_long, *is_for_all);
            Relayed::Words { words, is_long, is_for_all }
        });
        let (sender, nick, room) = (sender.clone(), nick.clone(), room.clone());
        let key = key.as_ref().map(|(key, what)| Key { key, what: *what });
        Fact::Said(Said { by, sender, nick, room, is_action: *is_action, text, key, relayed })
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        let words = self.relayed.as_ref().map_or(0, |it| it.words.len());
        let key = self.key.as_ref().map_or(0, |(key, _)| key.len());
        size_of::<Self>() + self.text.len() + words + key
    }
}

impl ThisNode {
    /// Takes a message off those that wait, if this is its entry, as it was sent.
    pub(super) fn take_spoken(&mut self, fields: &Fields<'_>) -> Option<(Waiting, Box<Spoken>)> {
        if fields.node != self.name.as_bytes() || !fields.attachments.is_empty() {
            return None;
        }
        let at = self.waiting.binary_search_by_key(&fields.sequence, |it| it.sequence).ok()?;
        let waiting = self.waiting.get(at)?;
        // The text names the run of the node too: no other run has sent it.
        if waiting.spoken.is_none() || waiting.text.as_bytes() != fields.text {
            return None;
        }
        let mut waiting = self.take(fields.sequence)?;
        // Its bytes are counted no more.
        let spoken = waiting.spoken.take()?;
        Some((waiting, spoken))
    }
}
