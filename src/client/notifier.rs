//! Notifications of the desktop, as terminals show them.

use super::model::{IncomingMessage, Target};
use crate::limits::CLIENT_NOTIFICATION_CHARS_MAX;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mio_wire::text::visible;

/// The escape sequence by which a terminal shows a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notifier {
    /// None: a terminal without an escape sequence for it could show the text.
    None,
    /// OSC 9, of iTerm2 and many after it.
    Text,
    /// OSC 777, of rxvt, foot and the terminals made with VTE, which know no OSC 9.
    TitleAndText,
}

impl Notifier {
    /// The escape sequence of a terminal according to `TERM` and `VTE_VERSION`.
    pub(super) fn of(term: &str, vte_version: &str) -> Self {
        let is_one_of = |names: &[&str]| names.iter().any(|name| term.starts_with(name));
        match () {
            () if term.is_empty() || is_one_of(&["dumb", "linux", "vt"]) => Self::None,
            () if !vte_version.is_empty() || is_one_of(&["rxvt", "foot"]) => Self::TitleAndText,
            () => Self::Text,
        }
    }

    /// The bytes that put a text into the clipboard (OSC 52). Terminals may refuse it.
    pub(super) fn clipboard(self, text: &str) -> String {
        match self {
            Self::None => String::new(),
            Self::Text | Self::TitleAndText => {
                format!("\x1b]52;c;{}\x1b\\", BASE64_STANDARD.encode(text))
            }
        }
    }

    /// The bytes that show a message. They have no control character of the message's own.
    pub(super) fn notification(self, message: &IncomingMessage) -> String {
        let from = visible(&message.from);
        let title = match &message.to {
            Target::Room(room) => format!("{from} in #{}", visible(room)),
            Target::With(_) => from.into_owned(),
        };
        // A semicolon would end the title, or make a number at its beginning another command.
        let title = title.replace(';', ",");
        let line = message.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text: String = visible(&line).chars().take(CLIENT_NOTIFICATION_CHARS_MAX).collect();
        match self {
            Self::None => String::new(),
            Self::Text => format!("\x1b]9;{title}: {text}\x1b\\"),
            Self::TitleAndText => format!("\x1b]777;notify;{title};{text}\x1b\\"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(body: &serde_json::Value) -> IncomingMessage {
        IncomingMessage::read_all(&json!({ "messages": [body] }), 0).remove(0)
    }

    #[test]
    fn terminals_get_the_sequence_that_they_know() {
        for (term, vte_version, expected) in [
            ("xterm-256color", "", Notifier::Text),
            ("xterm-256color", "7203", Notifier::TitleAndText),
            ("rxvt-unicode-256color", "", Notifier::TitleAndText),
            ("foot", "", Notifier::TitleAndText),
            ("linux", "", Notifier::None),
            ("", "", Notifier::None),
        ] {
            assert_eq!(Notifier::of(term, vte_version), expected, "{term}");
        }
    }

    #[test]
    fn a_message_cannot_end_the_sequence_or_add_to_it() {
        let said = message(&json!({"id": 1, "ts": 1, "room": "lobby", "from": "bob;x",
            "text": "one\ntwo\u{1b}\\\u{7}\u{9c}three"}));
        let texts = [Notifier::Text, Notifier::TitleAndText].map(|it| it.notification(&said));
        for text in texts {
            let inner = text.strip_prefix("\u{1b}]").and_then(|it| it.strip_suffix("\u{1b}\\"));
            let inner = inner.expect("a whole sequence");
            assert!(!inner.contains(char::is_control), "{inner:?}");
            assert!(inner.contains("bob,x in #lobby") && inner.contains("one two"), "{inner:?}");
        }
        assert!(Notifier::TitleAndText.notification(&said).contains(";notify;bob,x in #lobby;"));
        let command = message(&json!({"id": 1, "ts": 1, "to": "alice", "from": "9;6;x",
            "text": "y"}));
        assert!(Notifier::Text.notification(&command).starts_with("\u{1b}]9;9,6,x: y"));
        let private = message(&json!({"id": 1, "ts": 1, "to": "alice", "from": "bob",
            "text": "x".repeat(1_000)}));
        let text = Notifier::Text.notification(&private);
        assert!(text.starts_with("\u{1b}]9;bob: xxx") && text.len() < 300, "{text}");
        assert_eq!(Notifier::None.notification(&private), "");
    }

    #[test]
    fn a_text_for_the_clipboard_is_encoded() {
        assert_eq!(Notifier::Text.clipboard("a\x1b\\b"), "\x1b]52;c;YRtcYg==\x1b\\");
        assert_eq!(Notifier::None.clipboard("a"), "");
    }
}
