//! Texts and payloads from people, as the chat takes them in.

use crate::limits::SHOWN_CHARS_MAX;
use mio_socketio::{Args, few_marks, is_blank};
use serde_json::Value;
use std::borrow::Cow;

/// A person's text as every interface accepts it: empty if nothing of it would be visible, and with
/// a limited number of marks on a letter, so that they do not cover other lines.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if is_blank(text) { Cow::Borrowed("") } else { few_marks(text) }
}

/// A payload as text: a string unchanged, an object by its `message`, anything else as JSON, bytes
/// by their number. Several arguments stand side by side.
pub(super) fn payload(args: &Args<'_>) -> String {
    let one = |arg: Args<'_>| match (arg.binary(0), arg.get::<Value>(0)) {
        (Some(bytes), _) => format!("[binary, {} bytes]", bytes.len()),
        (None, Ok(json)) => value(&json),
        (None, Err(_)) => arg.text(0).map_or_else(|| arg.json().to_owned(), Cow::into_owned),
    };
    let all: Vec<String> = args.iter().map(one).collect();
    shown(&all.join(" "))
}

/// One value as text, in the same way.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(object) => match object.get("message") {
            Some(Value::String(text)) => text.clone(),
            _ => value.to_string(),
        },
        _ => value.to_string(),
    }
}

/// The part of an accepted text that one line shows.
pub(super) fn shown(text: &str) -> String {
    let text = self::text(text);
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_shown_as_people_would_say_them() {
        assert_eq!(value(&json!("hi")), "hi");
        assert_eq!(value(&json!({"message": "hi", "x": 1})), "hi");
        assert_eq!(value(&json!({"message": 1})), r#"{"message":1}"#);
        assert_eq!(value(&json!([1, null])), "[1,null]");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shown(&"ä".repeat(SHOWN_CHARS_MAX)), "ä".repeat(SHOWN_CHARS_MAX));
        let cut = shown(&"ä".repeat(SHOWN_CHARS_MAX + 1));
        assert_eq!(cut.chars().count(), SHOWN_CHARS_MAX + 1);
        assert!(cut.ends_with('…'));
    }
}
