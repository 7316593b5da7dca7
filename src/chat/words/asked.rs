//! Requests about earlier messages.

/// A request about an earlier message.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) struct AskedWords<'a> {
    pub(in crate::chat) which: Which<'a>,
    pub(in crate::chat) change: AskedChange<'a>,
}

/// The change that is wanted.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum AskedChange<'a> {
    /// To give it another text.
    Edit { text: &'a str },
    /// To delete it.
    Delete,
    /// To react to it, or to take a reaction back.
    React { emoji: &'a str, is_on: bool },
}

/// The earlier message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum Which<'a> {
    /// The message with this number.
    Number(i64),
    /// The last one that the asker has said.
    LastOwn,
    /// The last one of somebody else in the asker's one room.
    LastOfOthers,
    /// The last one of the person with this name in the asker's one room.
    LastOf(&'a str),
    /// The last one that the person with this name has corrected there.
    LastCorrectedOf(&'a str),
}

impl AskedWords<'_> {
    /// Whether the asker needs an id. If they have none, they get one.
    pub(in crate::chat) const fn needs_id(self) -> bool {
        matches!(self.change, AskedChange::React { .. })
    }
}

/// The reason why an earlier message need not be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum AlreadyWords {
    /// The message with this number has this text.
    Worded(i64),
    /// They react to the message with this number, or do not, as they want.
    Reacted(i64),
}
