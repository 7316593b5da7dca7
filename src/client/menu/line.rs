//! A line that a menu has put into the input: a correction, an emoji, or a command to complete. The
//! line that was there before comes back after it.

use crate::client::model::{Id, IncomingMessage};
use crate::limits::{CLIENT_QUOTE_CHARS_MAX, CLIENT_QUOTE_LINES_MAX};

/// The purpose of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Purpose {
    /// The new text of a message.
    Edit(Id),
    /// An emoji for a message.
    React(Id),
    /// A command like any other.
    Command,
}

/// The purpose of the line, and the line that waits until it is done.
#[derive(Debug)]
pub(in crate::client) struct Waiting {
    pub(in crate::client) purpose: Purpose,
    pub(in crate::client) draft: String,
}

impl Purpose {
    /// The text before the line, if it is not the usual one.
    pub(in crate::client) const fn prompt(self) -> Option<&'static str> {
        match self {
            Self::Edit(_) => Some("edit> "),
            Self::React(_) => Some("react> "),
            Self::Command => None,
        }
    }

    /// The keys in words, and in fewer words.
    pub(in crate::client) fn hints(self) -> Vec<String> {
        let hints = match self {
            Self::Edit(_) => ["Enter corrects the message, Esc leaves it", "Enter corrects, Esc"],
            Self::React(_) => ["an emoji and Enter, Esc leaves it", "an emoji and Enter, Esc"],
            Self::Command => {
                ["write the reason, then Enter; Esc leaves it", "a reason, Enter, Esc"]
            }
        };
        hints.map(str::to_owned).to_vec()
    }
}

/// The first lines of a message as a quote with its author, to begin an answer. A quote in it is
/// left out, unless there is nothing else.
pub(in crate::client) fn quote(message: &IncomingMessage) -> String {
    let lines = message.text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<&str> = lines.collect();
    let own: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with('>')).collect();
    let shown = if own.is_empty() { lines } else { own };
    let cut = |line: &&str| {
        let mut short: String = line.chars().take(CLIENT_QUOTE_CHARS_MAX).collect();
        if short.len() < line.len() {
            short.push('…');
        }
        short
    };
    let shown: Vec<String> = shown.iter().take(CLIENT_QUOTE_LINES_MAX).map(cut).collect();
    format!("> {}: {}\n", message.from, shown.join("\n> "))
}
