//! The menu on a message and on a person. First a message is chosen, or a person in a list; then
//! a list offers the deeds that are allowed, and harmful ones ask once more. Keys go in, a choice
//! comes out. Pure.

mod choices;
mod line;
#[cfg(test)]
mod tests;

pub(super) use choices::Choice;
pub(super) use line::{Purpose, Waiting, quote};

use super::model::{Entry, Id, IncomingMessage, Item, MenuDeed, Model, Target, same};
use crate::limits::CLIENT_MENU_PAGE;

/// A key as the menu understands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Enter,
    /// One level back.
    Back,
    /// To the list of people, and back.
    People,
    Char(char),
}

/// The effect of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Stays,
    Closes,
    /// This must be done; the menu stays open until it is.
    Chosen(Choice),
}

/// A menu over the conversation shown.
#[derive(Debug)]
pub(super) struct Menu {
    /// The conversation, by its key.
    conversation: u64,
    /// The message chosen: the serial of its entry, and its id.
    message: Option<(u64, Id)>,
    /// The open lists; the last one has the keys.
    levels: Vec<Level>,
    /// A sentence about the last key.
    pub(super) note: Option<String>,
}

/// An open list, and the choice under the cursor.
#[derive(Debug)]
struct Level {
    kind: Kind,
    cursor: Option<Choice>,
}

/// The subject of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// People who are here, or who have spoken.
    People,
    /// The message chosen.
    Message,
    Person(String),
    /// The rooms to which somebody can be invited.
    Rooms(String),
    /// Signs with which to react to the message.
    Emoji,
    /// Whether the message is to go.
    Deletion,
    /// Whether, and for how long, this is done to somebody.
    Order(&'static MenuDeed, String),
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MenuItem {
    /// The letter that chooses it.
    pub(super) letter: Option<char>,
    pub(super) text: String,
    pub(super) choice: Choice,
}

/// The message of an entry, if it has one.
fn said(entry: &Entry) -> Option<&IncomingMessage> {
    match &entry.item {
        Item::Message(message) | Item::Quote { message, .. } => Some(message),
        _ => None,
    }
}

/// The messages of the conversation shown, as a menu knows them.
fn messages(model: &Model) -> Vec<(u64, Id)> {
    let entries = model.active().entries.iter();
    entries.filter_map(|entry| Some((entry.serial, said(entry)?.id))).collect()
}

impl Menu {
    /// A menu with the newest message chosen or, if there is none, with the list of people.
    ///
    /// # Errors
    /// A sentence, if there is neither a message nor a person.
    pub(super) fn open(model: &Model) -> Result<Self, String> {
        let message = messages(model).pop();
        let conversation = model.active().key;
        let mut menu = Self { conversation, message, levels: Vec::new(), note: None };
        if message.is_none() {
            menu.push(Kind::People, model);
            if menu.items(model).is_empty() {
                return Err("there is no message here yet, and nobody else".to_owned());
            }
        }
        Ok(menu)
    }

    /// The serial of the entry chosen, unless the keys are for a list of people.
    pub(super) fn serial(&self) -> Option<u64> {
        let is_people = self.levels.first().is_some_and(|level| level.kind == Kind::People);
        self.message.filter(|_| !is_people).map(|(serial, _)| serial)
    }

    /// The message chosen.
    pub(super) fn message<'m>(&self, model: &'m Model) -> Option<&'m IncomingMessage> {
        let conversation = model.active();
        let at = conversation.position(self.message?.0)?;
        said(conversation.entries.get(at)?)
    }

    /// The person whom the open lists are about, unless it is the reader.
    pub(super) fn about(&self, model: &Model) -> Option<String> {
        let about = |level: &Level| match &level.kind {
            Kind::Person(nick) | Kind::Rooms(nick) | Kind::Order(_, nick) => Some(nick.clone()),
            Kind::Message => self.message(model).map(|message| message.from.clone()),
            Kind::People | Kind::Emoji | Kind::Deletion => None,
        };
        let nick = self.levels.iter().rev().find_map(about)?;
        (!same(&nick, &model.nick)).then_some(nick)
    }

    /// Whether a list is open.
    pub(super) const fn has_list(&self) -> bool {
        !self.levels.is_empty()
    }

    /// The model may have changed. If the message has gone, its neighbour is chosen, and the lists
    /// about it are closed. False if the menu must close.
    pub(super) fn settle(&mut self, model: &Model) -> bool {
        if model.active().key != self.conversation {
            return false;
        }
        let Some((serial, id)) = self.message else { return true };
        if model.active().position(serial).is_some() {
            return true;
        }
        let all = messages(model);
        let later = all.iter().filter(|(_, other)| *other > id).min_by_key(|(_, other)| *other);
        let earlier = all.iter().max_by_key(|(_, other)| *other);
        self.message = later.or(earlier).copied();
        if let Some(at) = self.levels.iter().position(|level| level.kind == Kind::Message) {
            self.levels.truncate(at);
            self.note = Some("that message is gone".to_owned());
        }
        self.message.is_some() || self.has_list()
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: Key, model: &Model) -> Outcome {
        self.note = None;
        let Some(level) = self.levels.last() else { return self.key_at_messages(key, model) };
        let (is_people, jumps) = (level.kind == Kind::People, level.kind.is_of_names());
        let items = self.items(model);
        let (at, last) = (self.cursor(&items), items.len().saturating_sub(1));
        let to = match key {
            Key::Up => at.checked_sub(1).unwrap_or(last),
            Key::Down => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            Key::PageUp => at.saturating_sub(CLIENT_MENU_PAGE),
            Key::PageDown => (at + CLIENT_MENU_PAGE).min(last),
            Key::First => 0,
            Key::Last => last,
            Key::Back => return self.back(),
            Key::People if is_people => return self.back(),
            Key::People => return Outcome::Stays,
            Key::Enter => return self.take(items.get(at), model),
            Key::Char(char) if jumps => next_with(&items, at, char).unwrap_or(at),
            Key::Char(char) => {
                let is_it = |item: &&MenuItem| item.letter == char.to_lowercase().next();
                return self.take(items.iter().find(is_it), model);
            }
        };
        if let (Some(level), Some(item)) = (self.levels.last_mut(), items.get(to)) {
            level.cursor = Some(item.choice.clone());
        }
        Outcome::Stays
    }

    /// A key while no list is open: it moves over the messages.
    fn key_at_messages(&mut self, key: Key, model: &Model) -> Outcome {
        let all = messages(model);
        let is_it = |(serial, _): &(u64, Id)| Some(*serial) == self.serial();
        let at = all.iter().position(is_it).unwrap_or_default();
        let last = all.len().saturating_sub(1);
        let to = match key {
            Key::Up | Key::Char('k') => at.saturating_sub(1),
            Key::Down | Key::Char('j') => (at + 1).min(last),
            Key::PageUp => at.saturating_sub(CLIENT_MENU_PAGE),
            Key::PageDown => (at + CLIENT_MENU_PAGE).min(last),
            Key::First => 0,
            Key::Last => last,
            Key::Back => return Outcome::Closes,
            Key::Enter => {
                self.push(Kind::Message, model);
                at
            }
            Key::People => {
                self.push(Kind::People, model);
                if self.items(model).is_empty() {
                    self.levels.clear();
                    self.note = Some("nobody else is here".to_owned());
                }
                at
            }
            Key::Char(_) => {
                self.note = Some("Esc goes back to your line".to_owned());
                at
            }
        };
        self.message = all.get(to).copied();
        Outcome::Stays
    }

    /// Does what only leads to another list; leaves everything else to the caller.
    fn take(&mut self, item: Option<&MenuItem>, model: &Model) -> Outcome {
        let Some(MenuItem { choice, .. }) = item else { return Outcome::Stays };
        if let Some(level) = self.levels.last_mut() {
            level.cursor = Some(choice.clone());
        }
        match choice {
            Choice::More(nick) => self.push(Kind::Person(nick.clone()), model),
            Choice::React => self.push(Kind::Emoji, model),
            Choice::Delete => self.push(Kind::Deletion, model),
            Choice::Ask(deed, nick) => self.push(Kind::Order(deed, nick.clone()), model),
            Choice::Invite(nick) => self.push(Kind::Rooms(nick.clone()), model),
            Choice::No => return self.back(),
            choice => return Outcome::Chosen(choice.clone()),
        }
        Outcome::Stays
    }

    fn push(&mut self, kind: Kind, model: &Model) {
        self.levels.push(Level { kind, cursor: None });
        let first = self.items(model).into_iter().next();
        if let Some(level) = self.levels.last_mut() {
            level.cursor = first.map(|item| item.choice);
        }
    }

    fn back(&mut self) -> Outcome {
        self.levels.pop();
        match self.message {
            None if self.levels.is_empty() => Outcome::Closes,
            _ => Outcome::Stays,
        }
    }

    /// The lines of the open list.
    pub(super) fn items(&self, model: &Model) -> Vec<MenuItem> {
        let Some(level) = self.levels.last() else { return Vec::new() };
        choices::of(&level.kind, self.message(model), model)
    }

    /// The heading of the open list.
    pub(super) fn title(&self, model: &Model) -> String {
        let from = self.message(model).map_or("", |message| &message.from);
        let whose = match same(from, &model.nick) {
            true => "your message".to_owned(),
            false => format!("{from}'s message"),
        };
        let place = match &model.active().target {
            Target::Room(room) => format!("#{room}"),
            Target::With(_) => "the chat".to_owned(),
        };
        match self.levels.last().map(|level| &level.kind) {
            None => String::new(),
            Some(Kind::People) => "people".to_owned(),
            Some(Kind::Message) => whose,
            Some(Kind::Person(nick)) => nick.clone(),
            Some(Kind::Rooms(nick)) => format!("invite {nick} to"),
            Some(Kind::Emoji) => format!("react to {whose}"),
            Some(Kind::Deletion) => format!("delete {whose}?"),
            Some(Kind::Order(deed, nick)) => {
                let question = deed.question.as_ref();
                question.map_or_else(String::new, |it| it.title(nick, &place))
            }
        }
    }

    /// The position of the cursor in the open list.
    pub(super) fn cursor(&self, items: &[MenuItem]) -> usize {
        let cursor = self.levels.last().and_then(|level| level.cursor.as_ref());
        let is_it = |item: &MenuItem| Some(&item.choice) == cursor;
        items.iter().position(is_it).unwrap_or_default()
    }

    /// The keys in words, and in fewer words.
    pub(super) fn hints(&self) -> Vec<String> {
        let hints: &[&str] = match self.levels.last().map(|level| &level.kind) {
            None => &[
                "↑ ↓ another message, Enter what to do, Tab people, Esc back",
                "↑ ↓ Enter what to do, Tab people, Esc back",
                "Enter menu, Tab people, Esc back",
                "Enter menu, Esc back",
            ],
            Some(kind) if kind.is_of_names() => {
                &["↑ ↓ or a first letter, Enter chooses, Esc back", "Enter chooses, Esc back"]
            }
            Some(_) => &["↑ ↓ and Enter, or a letter; Esc back", "a letter, or Enter; Esc back"],
        };
        hints.iter().map(|hint| (*hint).to_owned()).collect()
    }
}

impl Kind {
    /// Whether it is a list of names, in which a letter moves the cursor to the next one.
    const fn is_of_names(&self) -> bool {
        matches!(self, Self::People | Self::Rooms(_))
    }
}

/// The next item after `at` whose name begins with this letter.
fn next_with(items: &[MenuItem], at: usize, letter: char) -> Option<usize> {
    let begins = |index: &usize| {
        let name = items[*index].text.trim_start_matches('#').to_lowercase();
        name.starts_with(&letter.to_lowercase().to_string())
    };
    (at + 1..items.len()).chain(0..at.min(items.len())).find(begins)
}
