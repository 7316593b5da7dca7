//! The size that a message has as JSON, about: lists of messages are bounded by bytes.

/// Approximate bytes of a message's JSON without its text, but with its names.
pub(in crate::chat) const MESSAGE_BYTES: usize = 256;

/// Approximate bytes of a message as JSON.
pub(in crate::chat) fn bytes(text: &str) -> usize {
    MESSAGE_BYTES + json_bytes(text)
}

/// Bytes of a text as a JSON string, without quotes (RFC 8259, 7).
fn json_bytes(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        0..=0x1f => "\\u0000".len(),
        b'"' | b'\\' => 2,
        _ => 1,
    });
    bytes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_not_longer_than_it_is_counted() {
        for text in ["", "plain", "\"\\\u{1f}\n\u{7f}", "ünï😀\u{2028}"] {
            let json = serde_json::to_string(text).expect("a text has a JSON form");
            assert!(json.len() - 2 <= json_bytes(text), "{text:?}");
        }
    }
}
