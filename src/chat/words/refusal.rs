//! Refusals about earlier messages.

use super::Which;
use crate::chat::refusal::Refusal;
use crate::limits::{EDITS_PER_MESSAGE_MAX, REACTION_KINDS_MAX, REACTIONS_PER_PERSON_MAX};
use std::fmt;

/// The reason why an earlier message is not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum WordsRefusal {
    /// There is no such message that they can see. It may be in a place that they are not in.
    NoMessage,
    /// They have said nothing that they could change.
    NothingSaid,
    /// Nobody else has said anything to which they could react.
    NothingHeard,
    /// The person with this name has said nothing here of late.
    NothingOfThem,
    /// The person with this name has corrected nothing here of late.
    NothingCorrected,
    /// Somebody else has said it.
    NotYours,
    /// It was said too long ago.
    TooLate,
    /// It was corrected too often.
    TooManyEdits,
    /// It is no sign.
    BadEmoji,
    /// They have reacted to the message too often.
    TooManyReactions,
    /// The message has too many reactions.
    ReactionsFull,
}

impl From<WordsRefusal> for Refusal {
    fn from(why: WordsRefusal) -> Self {
        Self::Words(why)
    }
}

impl WordsRefusal {
    /// The refusal if there is no such message.
    pub(in crate::chat) const fn not_found(which: Which<'_>) -> Self {
        match which {
            Which::Number(_) => Self::NoMessage,
            Which::LastOwn => Self::NothingSaid,
            Which::LastOfOthers => Self::NothingHeard,
            Which::LastOf(_) => Self::NothingOfThem,
            Which::LastCorrectedOf(_) => Self::NothingCorrected,
        }
    }

    /// The word for programs.
    pub(in crate::chat) const fn code(&self) -> &'static str {
        match self {
            Self::NoMessage
            | Self::NothingSaid
            | Self::NothingHeard
            | Self::NothingOfThem
            | Self::NothingCorrected => "no-such-message",
            Self::NotYours => "not-yours",
            Self::TooLate => "too-late",
            Self::BadEmoji => "bad-emoji",
            Self::TooManyEdits | Self::TooManyReactions | Self::ReactionsFull => "too-many",
        }
    }
}

/// The sentence for people.
impl fmt::Display for WordsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMessage => f.write_str("there is no such message here"),
            Self::NothingSaid => f.write_str("you have said nothing that could be changed"),
            Self::NothingHeard => f.write_str("nobody else has said anything here lately"),
            Self::NothingOfThem => f.write_str("nobody of this name has said anything here lately"),
            Self::NothingCorrected => {
                f.write_str("nobody of this name has corrected anything here lately")
            }
            Self::NotYours => f.write_str("only the person who said it can change it"),
            Self::TooLate => f.write_str("a message can be changed for a day, and this is older"),
            Self::TooManyEdits => {
                write!(f, "a message can be corrected {EDITS_PER_MESSAGE_MAX} times")
            }
            Self::BadEmoji => f.write_str("a reaction is one emoji"),
            Self::TooManyReactions => {
                write!(f, "nobody has more than {REACTIONS_PER_PERSON_MAX} reactions to a message")
            }
            Self::ReactionsFull => write!(
                f,
                "this message has too many reactions, or {REACTION_KINDS_MAX} different ones"
            ),
        }
    }
}
