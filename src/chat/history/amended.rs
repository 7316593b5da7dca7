//! The changes that a message shows: its corrections, and its marks, such as reactions. All about a
//! mark in the history is here, beside the column that a migration adds for it.

use super::columns::Columns;
use crate::limits::{REACTION_KINDS_MAX, REACTIONS_PER_MESSAGE_MAX};
use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::rc::Rc;

/// The changes of a message since it was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amended {
    /// The time of the last correction, in Unix milliseconds.
    pub edited_ms: Option<i64>,
    /// The number of corrections.
    pub edits: u32,
    /// The reactions to it, in the order in which each came first.
    pub reactions: Vec<Reaction>,
}

/// A reaction to a message, with the people from whom it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(Rc<str>, Vec<(Rc<str>, Rc<str>)>)", from = "(Rc<str>, Vec<(Rc<str>, Rc<str>)>)")]
pub struct Reaction {
    /// The sign.
    pub emoji: Rc<str>,
    /// Their ids and nicks, as they were then; those who reacted first come first.
    pub by: Vec<(Rc<str>, Rc<str>)>,
}

impl From<Reaction> for (Rc<str>, Vec<(Rc<str>, Rc<str>)>) {
    fn from(Reaction { emoji, by }: Reaction) -> Self {
        (emoji, by)
    }
}

impl From<(Rc<str>, Vec<(Rc<str>, Rc<str>)>)> for Reaction {
    fn from((emoji, by): (Rc<str>, Vec<(Rc<str>, Rc<str>)>)) -> Self {
        Self { emoji, by }
    }
}

impl Reaction {
    /// Whether it is also from the person with this id.
    pub(crate) fn is_of(&self, person: &str) -> bool {
        self.by.iter().any(|(id, _)| **id == *person)
    }
}

/// A new mark on a message, or the end of one.
#[derive(Debug, Clone)]
pub(crate) enum Marking {
    /// A person reacts to it, or no longer does.
    Reaction { person: Rc<str>, nick: Rc<str>, emoji: Rc<str>, is_on: bool },
}

impl Amended {
    /// The columns of the table `message` that hold them, in the order in which [`Self::read`]
    /// reads them.
    pub(super) const COLUMNS: [&str; 3] = ["edited", "edits", "reactions"];

    /// Reads them; `None` if there are none, as in most messages.
    pub(super) fn read(columns: &mut Columns<'_, '_>) -> rusqlite::Result<Option<Box<Self>>> {
        let edited_ms = columns.next()?;
        let edits = columns.next::<Option<u32>>()?.unwrap_or_default();
        let reactions: Option<String> = columns.next()?;
        let reactions = reactions.and_then(|json| serde_json::from_str(&json).ok());
        let amended = Self { edited_ms, edits, reactions: reactions.unwrap_or_default() };
        Ok((amended != Self::default()).then(|| Box::new(amended)))
    }

    /// Puts a mark on the message, or takes it away.
    pub(super) fn mark(&mut self, mark: &Marking) {
        match mark {
            Marking::Reaction { person, nick, emoji, is_on } => {
                react(&mut self.reactions, (person, nick), emoji, *is_on);
            }
        }
    }

    /// Writes all marks of the message with this number.
    pub(super) fn write_marks(
        &self,
        transaction: &Transaction<'_>,
        id: i64,
    ) -> rusqlite::Result<()> {
        let reactions =
            (!self.reactions.is_empty()).then(|| serde_json::to_string(&self.reactions));
        let reactions = reactions.and_then(Result::ok);
        let sql = "UPDATE message SET reactions = ? WHERE id = ?";
        transaction.prepare_cached(sql)?.execute(params![reactions, id])?;
        Ok(())
    }

    /// Adds them to a message that is exported.
    pub(super) fn export(&self, object: &mut Value) {
        if let Some(edited_ms) = self.edited_ms {
            object["edited"] = edited_ms.into();
        }
        if !self.reactions.is_empty() {
            let reactions = self.reactions.iter().map(|reaction| {
                let by: Vec<&str> = reaction.by.iter().map(|(_, nick)| &**nick).collect();
                json!({"emoji": &*reaction.emoji, "by": by})
            });
            object["reactions"] = reactions.collect();
        }
    }
}

/// Adds a person's reaction, or takes it away. There are bounds, whatever another node has allowed.
fn react(
    reactions: &mut Vec<Reaction>,
    (person, nick): (&Rc<str>, &Rc<str>),
    emoji: &Rc<str>,
    is_on: bool,
) {
    let count: usize = reactions.iter().map(|reaction| reaction.by.len()).sum();
    let has_place = is_on && count < REACTIONS_PER_MESSAGE_MAX;
    let kinds = reactions.len();
    match reactions.iter_mut().find(|reaction| reaction.emoji == *emoji) {
        Some(reaction) => {
            reaction.by.retain(|(id, _)| id != person);
            if has_place {
                reaction.by.push((person.clone(), nick.clone()));
            }
        }
        None if has_place && kinds < REACTION_KINDS_MAX => {
            let by = vec![(person.clone(), nick.clone())];
            reactions.push(Reaction { emoji: emoji.clone(), by });
        }
        None => (),
    }
    reactions.retain(|reaction| !reaction.by.is_empty());
}
