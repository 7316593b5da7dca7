//! The commands that a node sends to Redis.

use crate::chat::Cx;
use crate::chat::shared::broker::Draft;
use crate::chat::shared::changes::Change;
use mio_socketio::redis::NotSent;
use std::fmt::Display;
use std::io::Write as _;

/// The call that a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Call {
    Begin,
    Part,
    Last,
    Topics,
    Renew,
    Commit,
    Load,
    Leave,
    Read,
    Sweep,
    Publish,
    Subscribe,
}

impl Call {
    pub(super) const fn number(self) -> u64 {
        self as u64
    }

    pub(super) fn of(number: u64) -> Option<Self> {
        let all = [
            Self::Begin,
            Self::Part,
            Self::Last,
            Self::Topics,
            Self::Renew,
            Self::Commit,
            Self::Load,
            Self::Leave,
            Self::Read,
            Self::Sweep,
            Self::Publish,
            Self::Subscribe,
        ];
        all.into_iter().find(|token| token.number() == number)
    }
}

/// A command of Redis: its words in one piece of memory.
#[derive(Default)]
pub(super) struct Command {
    text: Vec<u8>,
    /// The end of each word.
    ends: Vec<usize>,
    /// Facts in it, and their changes.
    pub(super) facts: usize,
    pub(super) changes: usize,
}

impl Command {
    /// A call of a script that is sent with it.
    pub(super) fn eval(script: &str, keys: &[&str]) -> Self {
        Self::call("EVAL", script, keys)
    }

    pub(super) fn call(how: &str, script: &str, keys: &[&str]) -> Self {
        let mut command = Self::default();
        command.word(how).word(script).word(keys.len());
        for key in keys {
            command.word(key);
        }
        command
    }

    pub(super) fn word(&mut self, word: impl Display) -> &mut Self {
        // Writing to memory does not fail.
        let _ = write!(self.text, "{word}");
        self.ends.push(self.text.len());
        self
    }

    /// Adds a word as it is.
    fn add(&mut self, word: &[u8]) -> &mut Self {
        self.text.extend_from_slice(word);
        self.ends.push(self.text.len());
        self
    }

    /// Bytes of its words.
    pub(super) const fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Adds a fact as the script reads it.
    pub(super) fn fact(&mut self, draft: &Draft<'_>, signature: &str) {
        self.facts += 1;
        self.changes += draft.changes.len();
        self.word(draft.sequence).word(draft.of).word(u8::from(draft.may_be_away));
        self.word(u8::from(draft.is_message)).add(draft.text.as_bytes());
        self.add(signature.as_bytes());
        self.word(draft.attachments.len());
        for attachment in draft.attachments {
            self.add(attachment);
        }
        self.word(draft.changes.len());
        for word in draft.changes.iter().flat_map(Change::words) {
            self.add(word.as_bytes());
        }
    }

    pub(super) fn send(&self, cx: &mut Cx<'_>, link: &str, token: Call) -> Result<(), NotSent> {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        let words = begins.zip(&self.ends).map(|(begin, end)| &self.text[begin..*end]);
        cx.redis(link, &words.collect::<Vec<_>>(), token.number())
    }
}
