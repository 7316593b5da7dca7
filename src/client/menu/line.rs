//! A line with a purpose of its own in the input: a correction, an emoji, a command to complete, or
//! a password. The line that was there before comes back after it.

use crate::client::model::{Form, Id, IncomingMessage};
use crate::limits::{CLIENT_QUOTE_CHARS_MAX, CLIENT_QUOTE_LINES_MAX};

/// The purpose of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) enum Purpose {
    /// The new text of a message.
    Edit(Id),
    /// An emoji for a message.
    React(Id),
    /// A command like any other, which needs a reason.
    Command,
    /// The name of a registered person.
    Name,
    /// The password of the person with this name.
    Password(String),
    /// A password to register with, which is typed twice: the second time with the first one here.
    NewPassword(Option<String>),
}

/// The purpose of the line, and the line that waits until it is done.
#[derive(Debug)]
pub(in crate::client) struct Waiting {
    pub(in crate::client) purpose: Purpose,
    pub(in crate::client) draft: String,
}

impl Purpose {
    /// The purpose of the first line of a form.
    pub(in crate::client) fn of(form: Form) -> Self {
        match form {
            Form::Login(None) => Self::Name,
            Form::Login(Some(nick)) => Self::Password(nick),
            Form::Register => Self::NewPassword(None),
        }
    }

    /// The text before the line, if it is not the usual one.
    pub(in crate::client) const fn prompt(&self) -> Option<&'static str> {
        match self {
            Self::Edit(_) => Some("edit> "),
            Self::React(_) => Some("react> "),
            Self::Command => None,
            Self::Name => Some("name> "),
            Self::Password(_) | Self::NewPassword(None) => Some("password> "),
            Self::NewPassword(Some(_)) => Some("once more> "),
        }
    }

    /// Whether nobody may see the line.
    pub(in crate::client) const fn is_secret(&self) -> bool {
        matches!(self, Self::Password(_) | Self::NewPassword(_))
    }

    /// Whether the line is one of a form, which belongs to no conversation.
    pub(in crate::client) const fn is_form(&self) -> bool {
        self.is_secret() || matches!(self, Self::Name)
    }

    /// The words of the line. Blanks around them are none of a name, an emoji or a command, but
    /// they are characters of a password, as on the page.
    pub(in crate::client) fn words<'l>(&self, line: &'l str) -> &'l str {
        if self.is_secret() { line } else { line.trim() }
    }

    /// The keys in words, and in fewer words.
    pub(in crate::client) fn hints(&self) -> Vec<String> {
        let hints = match self {
            Self::Edit(_) => ["Enter corrects the message, Esc leaves it", "Enter corrects, Esc"],
            Self::React(_) => ["an emoji and Enter, Esc leaves it", "an emoji and Enter, Esc"],
            Self::Command => {
                ["write the reason, then Enter; Esc leaves it", "a reason, Enter, Esc"]
            }
            Self::Name => {
                ["your registered name and Enter, Esc leaves it", "your name, Enter, Esc"]
            }
            Self::Password(nick) => {
                let fewer = "its password, Enter, Esc".to_owned();
                return vec![format!("{nick}'s password and Enter, Esc leaves it"), fewer];
            }
            Self::NewPassword(None) => {
                ["a password for your name, then Enter; Esc leaves it", "a password, Enter, Esc"]
            }
            Self::NewPassword(Some(_)) => {
                ["the password once more, then Enter; Esc leaves it", "once more, Enter, Esc"]
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
