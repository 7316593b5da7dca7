//! Text made safe for a terminal: one line, nothing that a terminal obeys.

use crate::limits::{COMBINING_MARKS_MAX, TAB_SPACES};
use std::borrow::Cow;
use std::fmt::{self, Write};
use unicode_normalization::char::is_combining_mark;

/// Shows what a terminal would obey: C0 and DEL as `^[`, C1, line separators and bidirectional
/// controls (UAX 9) as `\u{202e}`, a line feed as `\n`, a tab as spaces. Of combining marks in a
/// row only the first few are kept. Without any of these the text is returned as it is.
///
/// The result holds no control character and is at most four times as long.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut marks = 0;
    let mut kept_from = 0;
    for (at, char) in text.char_indices() {
        marks = if !char.is_ascii() && is_combining_mark(char) { marks + 1 } else { 0 };
        if !is_obeyed(char) && marks <= COMBINING_MARKS_MAX {
            continue;
        }
        shown.push_str(&text[kept_from..at]);
        kept_from = at + char.len_utf8();
        if is_obeyed(char) {
            // Writing to a string does not fail.
            let _ = show(char, &mut shown);
        }
    }
    if kept_from == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[kept_from..]);
    Cow::Owned(shown)
}

fn is_obeyed(char: char) -> bool {
    let line_end = matches!(char, '\u{2028}' | '\u{2029}');
    let bidi = matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || line_end || bidi
}

fn show(char: char, shown: &mut String) -> fmt::Result {
    match char {
        '\n' => shown.write_str("\\n"),
        '\t' => write!(shown, "{:TAB_SPACES$}", ""),
        '\0'..'\x20' | '\x7f' => write!(shown, "^{}", (char as u8 ^ 0x40) as char),
        _ => write!(shown, "\\u{{{:x}}}", char as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown() {
        let cases = [
            ("plain ASCII ~", "plain ASCII ~"),
            ("grüße, Ελλάδα, 👩‍👩‍👧", "grüße, Ελλάδα, 👩‍👩‍👧"),
            ("\x1b[31mred\x07", "^[[31mred^G"),
            ("a\tb\0c\x7f", "a    b^@c^?"),
            ("one\ntwo\rthree", "one\\ntwo^Mthree"),
            ("\u{9b}31m\u{85}", "\\u{9b}31m\\u{85}"),
            ("evil\u{202e}txt\u{2066}\u{2028}", "evil\\u{202e}txt\\u{2066}\\u{2028}"),
        ];
        for (text, expected) in cases {
            assert_eq!(visible(text), expected);
            assert_eq!(visible(&visible(text)), visible(text));
        }
    }

    #[test]
    fn combining_marks_do_not_pile_up() {
        let text = format!("a{}b\u{301}", "\u{301}".repeat(10_000));
        let expected = format!("a{}b\u{301}", "\u{301}".repeat(COMBINING_MARKS_MAX));
        assert_eq!(visible(&text), expected);
    }

    #[test]
    fn every_character_is_bounded_and_no_control_is_left() {
        for char in '\0'..=char::MAX {
            let text = String::from(char);
            let shown = visible(&text);
            assert!(shown.len() <= 4 * text.len(), "{char:?}");
            assert!(!shown.contains(is_obeyed), "{char:?}");
        }
    }
}
