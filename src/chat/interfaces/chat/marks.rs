//! The changes that messages show: corrections, and marks such as reactions.

use crate::chat::history::{Amended, Reaction};
use crate::limits::{EMOJI_BYTES_MAX, REACTORS_NAMED_MAX};
use serde::Serialize;
use std::rc::Rc;

/// The changes of a message since it was said, as one person sees them.
#[derive(Debug, Default, Serialize)]
pub(super) struct ShownMarks {
    /// The time of its last correction.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactions: Option<Vec<ShownReaction>>,
}

/// A reaction to a message.
#[derive(Debug, Serialize)]
pub(super) struct ShownReaction {
    emoji: Rc<str>,
    /// The number of people who react with it.
    count: usize,
    /// The nicks of the first of them.
    nicks: Vec<Rc<str>>,
    /// The reader is one of them.
    #[serde(rename = "mine", skip_serializing_if = "std::ops::Not::not")]
    is_mine: bool,
}

impl ShownMarks {
    /// The changes of a message, as the person with the id `me` sees them.
    pub(super) fn of(amended: Option<&Amended>, me: &str) -> Self {
        let Some(Amended { edited_ms, reactions, .. }) = amended else { return Self::default() };
        let shown = reactions.iter().map(|reaction| ShownReaction::of(reaction, me)).collect();
        Self { edited: *edited_ms, reactions: Some(shown).filter(|_| !reactions.is_empty()) }
    }

    /// All changes, with an empty list of reactions if there are none: a client that has some
    /// forgets them. A mark that is not there has ended too.
    pub(super) fn all(mut self) -> Self {
        self.reactions.get_or_insert_default();
        self
    }

    /// Bytes that they take as JSON, about.
    pub(super) fn bytes(&self) -> usize {
        let reaction = |it: &ShownReaction| {
            it.nicks.iter().map(|nick| nick.len() + 3).sum::<usize>() + REACTION_BYTES
        };
        self.reactions.iter().flatten().map(reaction).sum()
    }
}

impl ShownReaction {
    fn of(reaction: &Reaction, me: &str) -> Self {
        let Reaction { emoji, by } = reaction;
        let nicks = by.iter().take(REACTORS_NAMED_MAX).map(|(_, nick)| nick.clone()).collect();
        let (count, is_mine) = (by.len(), reaction.is_of(me));
        Self { emoji: emoji.clone(), count, nicks, is_mine }
    }
}

/// Bytes of a reaction as JSON without the nicks.
const REACTION_BYTES: usize = 60 + EMOJI_BYTES_MAX;
