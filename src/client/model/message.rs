//! One message, read from the wire and shown to people.

use super::events::nicks;
use crate::limits::{CLIENT_LINE_BYTES_MAX, REACTION_KINDS_MAX, REACTIONS_PER_MESSAGE_MAX};
use mio_wire::text::visible;
use serde_json::Value;
use std::fmt;

/// News for people, in line mode.
#[derive(Debug, PartialEq)]
pub(in crate::client) enum News {
    /// A new message.
    Message {
        message: IncomingMessage,
        is_own: bool,
    },
    /// An old message that was requested.
    Quote(IncomingMessage),
    /// An old message of a room on entering it.
    Replay(IncomingMessage),
    Notice(String),
    /// Something could not be done.
    Failed(String),
    /// A message of which the reader wants to be told.
    Alert(IncomingMessage),
}

/// The place of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) enum Target {
    /// A room by its key, without `#`.
    Room(String),
    /// A private conversation with a person.
    With(String),
}

impl Target {
    /// Whether this is the same target; case does not matter in names.
    pub(in crate::client) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Room(one), Self::Room(other)) | (Self::With(one), Self::With(other)) => {
                same(one, other)
            }
            _ => false,
        }
    }

    /// The field of a request that names it: the room, or else the person by the name of `field`.
    pub(super) fn field<'a>(&'a self, person: &'static str) -> (&'static str, &'a str) {
        match self {
            Self::Room(room) => ("room", room),
            Self::With(nick) => (person, nick),
        }
    }
}

/// As people see it: `#lobby` or `@bob`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(room) => write!(f, "#{}", visible(room)),
            Self::With(nick) => write!(f, "@{}", visible(nick)),
        }
    }
}

/// Whether two names are equal, apart from case.
pub(in crate::client) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// A message's position among all of a server's. Numbers of another history mean other messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::client) struct Id {
    /// Counts the changes of history during this run.
    pub(in crate::client) era: u32,
    /// The server's number for it.
    pub(in crate::client) number: u64,
}

/// A text cut to a readable length; no mio-chat server sends longer ones.
pub(super) fn cut(text: &str) -> &str {
    let mut end = text.len().min(CLIENT_LINE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct IncomingMessage {
    pub(in crate::client) id: Id,
    /// Milliseconds since 1970.
    pub(in crate::client) ts: u64,
    pub(in crate::client) from: String,
    /// The room or the person it was sent to.
    pub(in crate::client) to: Target,
    pub(in crate::client) text: String,
    /// Whether it is an action (`/me`).
    pub(in crate::client) action: bool,
    pub(in crate::client) later: Later,
}

/// The changes of a message since it was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::client) struct Later {
    pub(in crate::client) is_edited: bool,
    reactions: Vec<Reaction>,
}

/// An emoji with which people react to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reaction {
    emoji: String,
    /// Their number.
    count: u64,
    /// Their names, as far as the server tells them.
    nicks: Vec<String>,
}

impl Later {
    /// Reads them from a message.
    pub(super) fn read(value: &Value) -> Self {
        let mut later = Self { is_edited: value.get("edited").is_some(), ..Self::default() };
        let reactions =
            value.get("reactions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for reaction in reactions {
            let emoji = reaction.get("emoji").and_then(Value::as_str).unwrap_or_default();
            let count = reaction.get("count").and_then(Value::as_u64).unwrap_or_default();
            later.count(cut(emoji), count);
            for nick in nicks(reaction, "nicks") {
                later.by(cut(emoji), &nick, true);
            }
        }
        later
    }

    /// Notes how many people react with this sign; there is a bound, whatever the server sends.
    pub(super) fn count(&mut self, emoji: &str, count: u64) {
        let known = self.reactions.iter().position(|known| known.emoji == emoji);
        match (known, count) {
            (Some(at), 0) => drop(self.reactions.remove(at)),
            (Some(at), _) => self.reactions[at].count = count,
            (None, 0) => (),
            (None, _) if self.reactions.len() >= REACTION_KINDS_MAX => (),
            (None, _) => {
                self.reactions.push(Reaction { emoji: emoji.to_owned(), count, nicks: Vec::new() });
            }
        }
    }

    /// Notes that somebody reacts with a sign that is counted, or no longer does.
    pub(super) fn by(&mut self, emoji: &str, nick: &str, is_on: bool) {
        let known = self.reactions.iter_mut().find(|known| known.emoji == emoji);
        let Some(Reaction { nicks, .. }) = known else { return };
        nicks.retain(|other| !same(other, nick));
        if is_on && nicks.len() < REACTIONS_PER_MESSAGE_MAX {
            nicks.push(nick.to_owned());
        }
    }

    /// Whether somebody is known to react with this sign.
    pub(super) fn is_by(&self, emoji: &str, nick: &str) -> bool {
        let known = self.reactions.iter().find(|known| known.emoji == emoji);
        known.is_some_and(|known| known.nicks.iter().any(|other| same(other, nick)))
    }

    /// They in words, to stand after the text; empty if there are none.
    pub(in crate::client) fn words(&self) -> String {
        let mut words = if self.is_edited { " (edited)".to_owned() } else { String::new() };
        for Reaction { emoji, count, .. } in &self.reactions {
            words.push_str(&format!(" {emoji} {count}"));
        }
        words
    }
}

impl IncomingMessage {
    /// Reads one message; `None` if the value is not one.
    pub(super) fn read(value: &Value, era: u32) -> Option<Self> {
        let text = |name: &str| Some(cut(value.get(name)?.as_str()?).to_owned());
        let number = |name: &str| value.get(name).and_then(Value::as_u64);
        let to = match text("to") {
            Some(nick) => Target::With(nick),
            None => Target::Room(text("room")?),
        };
        let action = value.get("action").and_then(Value::as_bool).unwrap_or(false);
        let id = Id { era, number: number("id")? };
        let ts = number("ts")?;
        let later = Later::read(value);
        Some(Self { id, ts, from: text("from")?, to, text: text("text")?, action, later })
    }

    /// Reads a list of messages, and skips values that are not messages.
    pub(in crate::client) fn read_all(value: &Value, era: u32) -> Vec<Self> {
        let values = value.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        values.iter().filter_map(|value| Self::read(value, era)).collect()
    }

    /// Its conversation, for the person called `me`.
    pub(in crate::client) fn target(&self, me: &str) -> Target {
        match &self.to {
            Target::With(to) if same(to, me) => Target::With(self.from.clone()),
            target => target.clone(),
        }
    }

    /// Whether it is private, or names `me` as a word of its own.
    pub(in crate::client) fn is_for(&self, me: &str) -> bool {
        if matches!(self.to, Target::With(_)) {
            return true;
        }
        let text = self.text.to_lowercase();
        let me = me.to_lowercase();
        let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-');
        !me.is_empty()
            && text.match_indices(&me).any(|(at, found)| {
                let before = text[..at].chars().next_back();
                let after = text[at + found.len()..].chars().next();
                !before.is_some_and(is_part) && !after.is_some_and(is_part)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(text: &str) -> IncomingMessage {
        let value = json!({"id": 1, "ts": 2, "room": "lobby", "from": "bob", "text": text});
        IncomingMessage::read(&value, 0).expect("a message")
    }

    #[test]
    fn messages_are_read_or_left_out() {
        let message = said("hi");
        assert_eq!((message.id.number, message.ts, message.action), (1, 2, false));
        assert_eq!(message.target("alice"), Target::Room("lobby".to_owned()));
        let good =
            json!({"id": 1, "ts": 2, "to": "Alice", "from": "bob", "text": "", "action": true});
        let bad = [json!({"id": 1}), json!(7), json!({"id": -1, "ts": 2, "room": "", "from": ""})];
        let all = json!({"messages": [bad[0], good, bad[1], bad[2]]});
        let all = IncomingMessage::read_all(&all, 0);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].target("alice"), Target::With("bob".to_owned()));
        assert_eq!(all[0].target("bob"), Target::With("Alice".to_owned()));
        assert!(IncomingMessage::read_all(&json!(null), 0).is_empty());
        let long = "é".repeat(CLIENT_LINE_BYTES_MAX);
        let most = CLIENT_LINE_BYTES_MAX;
        assert_eq!(
            (said(&long).text.len(), said(&format!("x{long}")).text.len()),
            (most, most - 1)
        );
    }

    #[test]
    fn a_name_is_a_word_of_its_own() {
        for text in ["al", "hi al!", "@AL, look", "(al)", "to al: hi", "almost, al"] {
            assert!(said(text).is_for("Al"), "{text}");
        }
        for text in ["", "also", "pal", "al-ice", "al_1", "so"] {
            assert!(!said(text).is_for("al"), "{text}");
        }
        assert!(!said("anything").is_for(""));
    }
}
