//! One room or private conversation: its messages, in order and without duplicates.

use super::message::{Id, IncomingMessage, Target, same};
use super::presence::PresenceSummary;
use crate::limits::{CLIENT_ENTRIES_FORGOTTEN, CLIENT_ENTRIES_MAX, CLIENT_NAMES_KEPT_MAX};
use std::collections::VecDeque;

/// A room or a private conversation.
#[derive(Debug)]
pub(in crate::client) struct Conversation {
    /// Stays the same when the target changes its name.
    pub(in crate::client) key: u64,
    pub(in crate::client) target: Target,
    /// In private: the person meant, and the last writer.
    pub(super) person: Option<String>,
    pub(super) heard: Option<String>,
    pub(in crate::client) topic: Option<String>,
    /// Names of the room's members, as far as they are known.
    pub(in crate::client) members: Vec<String>,
    /// Number of the room's members.
    pub(in crate::client) count: u64,
    pub(in crate::client) entries: VecDeque<Entry>,
    /// Messages that came while another conversation was shown.
    pub(in crate::client) unread: usize,
    /// The number of them that name the reader or are private.
    pub(in crate::client) mentions: usize,
    /// The last message that was read; a line is drawn before newer ones.
    pub(in crate::client) read: Option<Id>,
    /// The people who are typing, each with the time until which that is believed.
    pub(in crate::client) typing: Vec<(String, u64)>,
    next_serial: u64,
}

/// An item of a conversation. Its serial stays the same when it moves.
#[derive(Debug)]
pub(in crate::client) struct Entry {
    pub(in crate::client) serial: u64,
    pub(in crate::client) item: Item,
}

#[derive(Debug, PartialEq)]
pub(in crate::client) enum Item {
    Message(IncomingMessage),
    /// A notice of the client or the server, with its time.
    Notice {
        ts: u64,
        text: String,
    },
    Presence {
        ts: u64,
        presence: PresenceSummary,
    },
    /// A requested message; the original may stand elsewhere by its id.
    Quote {
        ts: u64,
        message: IncomingMessage,
    },
    /// Messages are missing here; their number, if it is known.
    Hole {
        missed: Option<u64>,
        is_loading: bool,
    },
    /// The conversation begins here.
    Start,
}

impl Conversation {
    pub(super) const fn new(key: u64, target: Target) -> Self {
        Self {
            key,
            target,
            person: None,
            heard: None,
            topic: None,
            members: Vec::new(),
            count: 0,
            entries: VecDeque::new(),
            unread: 0,
            mentions: 0,
            read: None,
            typing: Vec::new(),
            next_serial: 0,
        }
    }

    pub(in crate::client) fn messages(&self) -> impl DoubleEndedIterator<Item = &IncomingMessage> {
        self.entries.iter().filter_map(|entry| match &entry.item {
            Item::Message(message) => Some(message),
            _ => None,
        })
    }

    pub(in crate::client) fn position(&self, serial: u64) -> Option<usize> {
        self.entries.iter().position(|entry| entry.serial == serial)
    }

    fn put(&mut self, at: usize, item: Item) {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.entries.insert(at, Entry { serial, item });
    }

    /// Adds an item at the end.
    pub(super) fn push(&mut self, item: Item) {
        self.put(self.entries.len(), item);
        if self.entries.len() > CLIENT_ENTRIES_MAX {
            self.entries.drain(..CLIENT_ENTRIES_FORGOTTEN);
            self.put(0, Item::Hole { missed: None, is_loading: false });
        }
    }

    /// Adds a hole: there may be older messages here.
    pub(super) fn push_hole(&mut self) {
        self.push(Item::Hole { missed: None, is_loading: false });
    }

    /// Adds people who came and went; merges them with the last entry if that is of the same kind.
    pub(super) fn push_presence(&mut self, ts: u64, later: PresenceSummary) {
        if let Some(Entry { item: Item::Presence { presence, .. }, .. }) = self.entries.back_mut()
            && presence.count() < CLIENT_NAMES_KEPT_MAX
        {
            presence.add(later);
            if presence.is_empty() {
                self.entries.pop_back();
            }
        } else if !later.is_empty() {
            self.push(Item::Presence { ts, presence: later });
        }
    }

    /// Adds a message at the place of its id. False if it is there already.
    pub(super) fn insert(&mut self, message: IncomingMessage) -> bool {
        // After numbering began again, a known message may come under another id.
        let is_same = |other: &IncomingMessage| {
            other.id.number == message.id.number && other.ts == message.ts
        };
        if message.id.era > 0 && self.messages().any(is_same) {
            return false;
        }
        let mut after = None;
        for (at, entry) in self.entries.iter().enumerate().rev() {
            if let Item::Message(other) = &entry.item {
                if other.id == message.id {
                    return false;
                }
                if other.id < message.id {
                    after = Some(at);
                    break;
                }
            }
        }
        let is_last = match after {
            Some(at) => self.entries.iter().skip(at + 1).all(|entry| entry.id().is_none()),
            None => self.messages().next().is_none(),
        };
        match after {
            _ if is_last => self.push(Item::Message(message)),
            Some(at) => self.put(at + 1, Item::Message(message)),
            // After the hole or the start that comes first.
            None => {
                let first = self.entries.iter().position(|entry| entry.id().is_some());
                self.put(first.unwrap_or(0), Item::Message(message));
            }
        }
        true
    }

    /// Adds the latest messages of the target, and a hole if some may be missing before them.
    /// Returns how many of them are new.
    pub(super) fn merge(&mut self, messages: Vec<IncomingMessage>) -> usize {
        let last = self.messages().next_back().map(|message| message.id);
        match (last, messages.first()) {
            (None, _) if self.entries.iter().any(|entry| entry.item.is_edge()) => (),
            (None, Some(_)) => self.put(0, Item::Hole { missed: None, is_loading: false }),
            (None, None) => self.put(0, Item::Start),
            (Some(last), Some(first)) if last < first.id => self.push_hole(),
            _ => (),
        }
        messages.into_iter().map(|message| usize::from(self.insert(message))).sum()
    }

    /// Puts the answer for a hole into it, and closes the hole if nothing is missing any more.
    pub(super) fn fill(&mut self, serial: u64, messages: Vec<IncomingMessage>, has_more: bool) {
        let Some(hole) = self.position(serial) else { return };
        let before = self.entries.iter().take(hole).rev().find_map(Entry::id);
        let is_bridged = messages.iter().any(|message| Some(message.id) <= before);
        let known: Vec<Id> = self.messages().map(|message| message.id).collect();
        let filled = messages.len() as u64;
        // An answer without anything new would be requested again and again.
        let has_more = has_more && messages.iter().any(|message| !known.contains(&message.id));
        for message in messages.into_iter().rev().filter(|message| !known.contains(&message.id)) {
            self.put(hole + 1, Item::Message(message));
        }
        if is_bridged || !has_more {
            self.entries.remove(hole);
            if hole == 0 && !has_more {
                self.put(0, Item::Start);
            }
        } else if let Some(Entry { item: Item::Hole { missed, is_loading }, .. }) =
            self.entries.get_mut(hole)
        {
            *is_loading = false;
            *missed = missed.map(|missed| missed.saturating_sub(filled)).filter(|left| *left > 0);
        }
    }

    /// Notes that a hole is being filled. Returns the id before which, unless that was under way
    /// already.
    pub(super) fn begin_to_fill(&mut self, serial: u64) -> Option<Option<Id>> {
        let at = self.position(serial)?;
        let before = self.entries.iter().skip(at).find_map(Entry::id);
        match &mut self.entries.get_mut(at)?.item {
            Item::Hole { is_loading, .. } if !*is_loading => *is_loading = true,
            _ => return None,
        }
        Some(before)
    }

    /// Notes that no request is under way any more.
    pub(super) fn forget_asking(&mut self) {
        for entry in &mut self.entries {
            if let Item::Hole { is_loading, .. } = &mut entry.item {
                *is_loading = false;
            }
        }
    }

    /// Removes holes when numbering begins again, because nobody could tell which messages belong
    /// there.
    pub(super) fn forget_holes(&mut self) {
        self.entries.retain(|entry| !matches!(entry.item, Item::Hole { .. }));
    }

    /// Removes a hole for which there are no messages.
    pub(super) fn close_hole(&mut self, serial: u64) {
        if let Some(at) = self.position(serial) {
            self.entries.remove(at);
        }
    }

    /// Updates the names of the room's members.
    pub(super) fn change_members(&mut self, presence: &PresenceSummary) {
        self.members.retain(|member| !presence.left.iter().any(|nick| same(nick, member)));
        for (from, to) in &presence.renamed {
            if let Some(member) = self.members.iter_mut().find(|member| same(member, from)) {
                member.clone_from(to);
            }
        }
        for nick in &presence.joined {
            if !self.members.iter().any(|member| same(member, nick)) {
                self.members.push(nick.clone());
            }
        }
    }
}

impl Entry {
    /// The message's id, if it is a message.
    pub(in crate::client) const fn id(&self) -> Option<Id> {
        match &self.item {
            Item::Message(message) => Some(message.id),
            _ => None,
        }
    }
}

impl Item {
    /// Whether this stands before the oldest known message.
    pub(in crate::client) const fn is_edge(&self) -> bool {
        matches!(self, Self::Hole { .. } | Self::Start)
    }

    /// Its time, in milliseconds since 1970.
    pub(in crate::client) const fn ts(&self) -> Option<u64> {
        match self {
            Self::Message(message) => Some(message.ts),
            Self::Notice { ts, .. } | Self::Presence { ts, .. } | Self::Quote { ts, .. } => {
                Some(*ts)
            }
            Self::Hole { .. } | Self::Start => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> Id {
        Id { era: 0, number }
    }

    fn message(id: u64) -> IncomingMessage {
        let to = Target::Room("lobby".to_owned());
        IncomingMessage {
            id: self::id(id),
            ts: id,
            from: "bob".to_owned(),
            to,
            text: String::new(),
            action: false,
            later: Default::default(),
        }
    }

    fn messages(ids: std::ops::RangeInclusive<u64>) -> Vec<IncomingMessage> {
        ids.map(message).collect()
    }

    fn conversation() -> Conversation {
        Conversation::new(0, Target::Room("lobby".to_owned()))
    }

    /// Ids, and signs for the rest.
    fn shown(conversation: &Conversation) -> String {
        let parts = conversation.entries.iter().map(|entry| match &entry.item {
            Item::Message(message) => message.id.number.to_string(),
            Item::Notice { .. } | Item::Quote { .. } => "!".to_owned(),
            Item::Presence { presence, .. } => format!("({})", presence.words()),
            Item::Hole { missed: None, .. } => "?".to_owned(),
            Item::Hole { missed: Some(missed), .. } => format!("?{missed}"),
            Item::Start => "^".to_owned(),
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn messages_stand_in_order_and_once() {
        let mut conversation = conversation();
        assert_eq!(conversation.merge(vec![message(2), message(4)]), 2);
        conversation.push(Item::Notice { ts: 0, text: String::new() });
        for (id, is_new) in [(6, true), (5, true), (4, false), (6, false), (3, true), (1, true)] {
            assert_eq!(conversation.insert(message(id)), is_new, "{id}");
        }
        assert_eq!(shown(&conversation), "? 1 2 3 4 5 ! 6");
    }

    #[test]
    fn a_hole_is_left_where_messages_may_be_missing() {
        let mut conversation = conversation();
        assert_eq!(conversation.merge(messages(51..=100)), 50);
        assert!(shown(&conversation).starts_with("? 51 52"));
        // They overlap, so nothing is missing.
        assert_eq!(conversation.merge(messages(71..=120)), 20);
        assert_eq!(conversation.merge(messages(120..=122)), 2);
        assert_eq!(conversation.merge(messages(201..=250)), 50);
        assert!(shown(&conversation).contains("122 ? 201"));

        let hole = conversation.entries.iter().rfind(|entry| entry.item.is_edge());
        let hole = hole.expect("a hole").serial;
        assert_eq!(conversation.begin_to_fill(hole), Some(Some(id(201))));
        assert_eq!(conversation.begin_to_fill(hole), None);
        conversation.fill(hole, messages(151..=200), true);
        assert!(shown(&conversation).contains("122 ? 151"));
        assert_eq!(conversation.begin_to_fill(hole), Some(Some(id(151))));
        conversation.forget_asking();
        assert_eq!(conversation.begin_to_fill(hole), Some(Some(id(151))));
        conversation.fill(hole, messages(101..=150), true);
        assert!(shown(&conversation).contains("122 123") && shown(&conversation).ends_with("250"));

        let top = conversation.entries[0].serial;
        assert_eq!(conversation.begin_to_fill(top), Some(Some(id(51))));
        conversation.fill(top, messages(1..=50), false);
        assert!(shown(&conversation).starts_with("^ 1 2 3"));
        assert_eq!(conversation.messages().count(), 250);
    }

    #[test]
    fn a_gap_counts_down() {
        let mut conversation = conversation();
        conversation.merge(vec![message(1)]);
        conversation.push(Item::Hole { missed: Some(3), is_loading: false });
        conversation.insert(message(5));
        assert_eq!(shown(&conversation), "? 1 ?3 5");
        let hole = conversation.entries[2].serial;
        conversation.fill(hole, messages(3..=4), true);
        assert_eq!(shown(&conversation), "? 1 ?1 3 4 5");
        conversation.fill(hole, messages(1..=2), false);
        assert_eq!(shown(&conversation), "? 1 2 3 4 5");
        conversation.fill(hole, messages(1..=2), false);
        conversation.close_hole(hole);
        assert_eq!(shown(&conversation), "? 1 2 3 4 5");
    }

    #[test]
    fn old_lines_are_forgotten_and_can_be_had_again() {
        let mut conversation = conversation();
        conversation.merge(Vec::new());
        for id in 1..=CLIENT_ENTRIES_MAX as u64 {
            conversation.insert(message(id));
        }
        assert!(conversation.entries.len() <= CLIENT_ENTRIES_MAX);
        assert!(shown(&conversation).starts_with(&format!("? {CLIENT_ENTRIES_FORGOTTEN} ")));
    }
}
