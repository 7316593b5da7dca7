//! Parts of messages: the key of a post, and the form for clients of namespace `/`.

use crate::chat::history::{UNKEPT, What};
use mio_socketio::Args;
use serde_json::json;
use std::borrow::Cow;

/// The key by which a repeated post is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) struct Key<'a> {
    pub(in crate::chat) key: &'a str,
    pub(in crate::chat) what: What,
}

/// A message in a form of its own for clients of namespace `/`.
#[derive(Debug)]
pub(in crate::chat) enum Relayed<'a> {
    /// Everyone gets the arguments as they were sent.
    Args(Args<'a>),
    /// A text with its author's name.
    Words {
        words: String,
        /// It is longer than what other interfaces show.
        is_long: bool,
        /// It is for everyone, and not for one room.
        is_for_all: bool,
    },
}

impl Relayed<'_> {
    /// The JSON that the history keeps of it, if it is more than the text and its author's name.
    pub(in crate::chat) fn kept(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Args(args) if args.attachments().is_empty() && !args.is_empty() => {
                Some(Cow::Borrowed(args.json()))
            }
            Self::Args(_) => Some(Cow::Borrowed(UNKEPT)),
            Self::Words { words, is_long: true, .. } => Some(Cow::Owned(json!(words).to_string())),
            Self::Words { .. } => None,
        }
    }
}
