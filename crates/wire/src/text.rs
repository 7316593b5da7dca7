//! Text made safe for a terminal: one line, with nothing that a terminal obeys.

#[cfg(test)]
mod standard;

use crate::limits::{
    BLANK_COLUMNS_MAX, COMBINING_MARKS_MAX, INDENT_COLUMNS_MAX, LOG_CHARS_MAX, TAB_SPACES,
};
use std::borrow::Cow;
use std::fmt::{self, Write};
use unicode_normalization::char::is_combining_mark;

/// Shows characters that a terminal would obey: C0 and DEL as `^[`, C1, line separators and
/// bidirectional controls (UAX 9) as `\u{202e}`, a line feed as `\n`, a tab as spaces. Only the
/// first few combining marks in a row are kept, and invisible characters are left out. A text
/// without any of these is returned unchanged.
///
/// The result holds no control character and is at most four times as long.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_printable_ascii(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut marks = Marks::default();
    let mut kept_from = 0;
    for (at, char) in text.char_indices() {
        if marks.are_few(char) && !is_obeyed(char) && !is_unseen(char) {
            continue;
        }
        shown.push_str(&text[kept_from..at]);
        kept_from = at + char.len_utf8();
        if is_obeyed(char) {
            // A string takes every write.
            let _ = show(char, &mut shown);
        }
    }
    if kept_from == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[kept_from..]);
    Cow::Owned(shown)
}

/// Whether all bytes are printable ASCII, as in most messages: spaces, letters, digits and signs.
/// Such a text is UTF-8, and shows what it is.
///
/// ```
/// assert!(mio_wire::text::is_printable_ascii(b"since nine, all three nodes"));
/// assert!(!mio_wire::text::is_printable_ascii("caf\u{e9}".as_bytes()));
/// ```
pub fn is_printable_ascii(bytes: &[u8]) -> bool {
    // Without a way out at the first byte that is not, the compiler looks at many bytes at once.
    bytes.iter().fold(true, |is, byte| is & (0x20..0x7f).contains(byte))
}

/// The text of a client's bytes, which should be UTF-8. If they are not, it is owned, and has
/// U+FFFD in place of each fault.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // Checking whole texts is several times as quick as looking for their faults.
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// The text without excess combining marks in a row, which would be drawn over other people's lines
/// above and below. Everything else is unchanged.
pub fn few_marks(text: &str) -> Cow<'_, str> {
    let mut marks = Marks::default();
    if text.is_ascii() || text.chars().all(|char| marks.are_few(char)) {
        return Cow::Borrowed(text);
    }
    let mut marks = Marks::default();
    Cow::Owned(text.chars().filter(|char| marks.are_few(*char)).collect())
}

/// Whether a text shows nothing, wherever it is displayed. (Characters that a terminal would obey
/// do show: the line door and the page display a symbol for them.)
pub fn is_blank(text: &str) -> bool {
    let is_space = |char: char| char.is_whitespace() || blank_columns(char).is_some();
    let is_annotation = |char| matches!(char, '\u{fff9}'..='\u{fffb}');
    let is_nothing = |char| is_joiner(char) || is_unseen(char) || is_annotation(char);
    text.chars().all(|char| is_space(char) || is_nothing(char))
}

/// Combining marks in a row.
#[derive(Default)]
struct Marks(usize);

impl Marks {
    /// Whether `char`, the next character, is not an excess mark. Invisible characters do not end a
    /// row of marks.
    fn are_few(&mut self, char: char) -> bool {
        if !is_unseen(char) {
            self.0 = if is_mark(char) { self.0 + 1 } else { 0 };
        }
        is_unseen(char) || self.0 <= COMBINING_MARKS_MAX
    }
}

/// Text from a client, for one line of the log: escaped, and cut to [`LOG_CHARS_MAX`] characters.
/// An ellipsis marks a cut.
pub fn logged(text: &str) -> String {
    let mut chars = text.escape_debug();
    let mut shown: String = chars.by_ref().take(LOG_CHARS_MAX).collect();
    if chars.next().is_some() {
        shown.pop();
        shown.push('\u{2026}');
    }
    shown
}

/// A message with no more blanks in a row than a line shows. With more, its author could fill a row
/// of a terminal to its end, so that the next row begins with a forged line of somebody else's.
/// More are allowed at the beginning, so that code stays readable.
///
/// A display that does not break text into a terminal's rows shows the text unchanged.
pub fn tight(text: &str) -> Cow<'_, str> {
    const { assert!(BLANK_COLUMNS_MAX > 0 && INDENT_COLUMNS_MAX > 0) };
    let bytes = text.as_bytes();
    if is_printable_ascii(bytes) && !has_two_spaces(bytes) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut kept_from = 0;
    let mut columns = 0;
    let mut from = 0;
    let ends = text.char_indices().map(|(at, char)| (at, Some(char)));
    for (at, char) in ends.chain([(text.len(), None)]) {
        if let Some(wide) = char.and_then(blank_columns) {
            columns += wide;
            continue;
        }
        // Characters without a place of their own do not interrupt a row of blanks.
        if columns > 0 && char.is_some_and(|char| is_mark(char) || is_unseen(char)) {
            continue;
        }
        let max = if from == 0 { INDENT_COLUMNS_MAX } else { BLANK_COLUMNS_MAX };
        if columns > max {
            shown.push_str(&text[kept_from..from]);
            shown.extend(std::iter::repeat_n(' ', max));
            kept_from = at;
        }
        (columns, from) = (0, at + char.map_or(0, char::len_utf8));
    }
    if kept_from == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[kept_from..]);
    Cow::Owned(shown)
}

/// Whether there are two spaces in a row.
fn has_two_spaces(bytes: &[u8]) -> bool {
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    pairs.fold(false, |has, (one, next)| has | (*one == b' ' && *next == b' '))
}

/// The columns of a character that shows nothing: a space of any kind, Braille without dots, the
/// empty place of a hieroglyph or a musical note.
fn blank_columns(char: char) -> Option<usize> {
    match char {
        '\t' => Some(TAB_SPACES),
        '\u{3000}' => Some(2),
        '\u{2800}' | '\u{13441}'..='\u{13442}' | '\u{1d159}' => Some(1),
        _ => (char.is_whitespace() && !is_obeyed(char)).then_some(1),
    }
}

/// Whether `char` changes the look of the character before it, and takes no place of its own.
fn is_mark(char: char) -> bool {
    !char.is_ascii() && (is_combining_mark(char) || is_joiner(char))
}

/// Whether `char` only joins or separates its neighbours, or selects a variant of one.
const fn is_joiner(char: char) -> bool {
    matches!(
        char,
        '\u{180b}'..='\u{180f}'
            | '\u{200c}'..='\u{200d}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether `char` shows nothing (Default_Ignorable_Code_Point), so that a text could hide another
/// in it. Terminals obey bidirectional overrides, so these are not included. Neither are joiners
/// and variation selectors, which emoji, Persian and Mongolian need.
const fn is_unseen(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}'
    )
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
    fn faults_of_utf8_alone_are_replaced() {
        let cases: [(&[u8], &str); 4] = [
            (b"", ""),
            ("na\u{ef}ve".as_bytes(), "na\u{ef}ve"),
            (b"na\xefve", "na\u{fffd}ve"),
            (b"\xff", "\u{fffd}"),
        ];
        for (bytes, expected) in cases {
            let text = lossy(bytes);
            assert_eq!(text, expected);
            assert_eq!(matches!(text, Cow::Owned(_)), expected.contains('\u{fffd}'));
        }
    }

    #[test]
    fn blanks_do_not_fill_a_row() {
        let most = " ".repeat(BLANK_COLUMNS_MAX);
        for blank in
            [" ", "\u{a0}", "\u{2003}", "\u{3000}", "\u{2800}", "\t", "\u{1680}", "\u{205f}"]
        {
            for between in ["", "\u{200b}", "\u{fe0f}", "\u{200d}", "\u{ad}", "\u{301}"] {
                let text = format!("hi{}<alice> yes", format!("{blank}{between}").repeat(200));
                assert_eq!(tight(&text), format!("hi{most}<alice> yes"), "{blank:?}{between:?}");
            }
        }
        let mixed = format!("hi {most}\u{a0}\t\u{2800}<alice> a{most}b {most}");
        assert_eq!(tight(&mixed), format!("hi{most}<alice> a{most}b{most}"));
        let indent = " ".repeat(INDENT_COLUMNS_MAX);
        for text in [
            &*format!("{indent}x"),
            "a    b",
            "\ta\tb",
            "",
            "x",
            " ",
            " a b ",
            "a \u{301}b",
            "e\u{301}  f",
        ] {
            assert_eq!(tight(text), text);
        }
        for deep in [" ".repeat(100), "\t".repeat(7), " \u{fe0f}".repeat(100)] {
            assert_eq!(tight(&format!("{deep}<alice> yes")), format!("{indent}<alice> yes"));
        }
    }

    #[test]
    fn combining_marks_do_not_pile_up() {
        let text = format!("a{}b\u{301}", "\u{301}".repeat(10_000));
        let expected = format!("a{}b\u{301}", "\u{301}".repeat(COMBINING_MARKS_MAX));
        assert_eq!(visible(&text), expected);
    }

    #[test]
    fn only_marks_are_dropped_and_only_those_that_are_too_many() {
        let most = "\u{301}".repeat(COMBINING_MARKS_MAX);
        let many = "\u{301}".repeat(1_900);
        assert_eq!(few_marks(&format!("a{many}b{many}")), format!("a{most}b{most}"));
        assert_eq!(
            few_marks(&format!("a{most}\u{200b}{many}\u{1b}")),
            format!("a{most}\u{200b}\u{1b}")
        );
        for text in [
            "plain\ttext\u{1b}",
            "👩\u{1f3fd}\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨\u{1f3ff}",
            "1\u{fe0f}\u{20e3} 🏳\u{fe0f}\u{200d}🌈 🇩🇪",
            // The flag of Scotland.
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "می\u{200c}خواهم بِسْمِ ٱللَّٰهِ क्\u{200d}ष ක්\u{200d}රී ᠬᠠᠨ\u{180e}ᠠ",
            "בְּרֵאשִׁ֖ית กี่ ខ្ញុំ မြွှေ့ རྒྱུ e\u{301}\u{323} 葛\u{e0100}",
        ] {
            assert!(matches!(few_marks(text), Cow::Borrowed(same) if same == text), "{text}");
            assert!(!is_blank(text));
        }
    }

    #[test]
    fn a_text_is_blank_if_nothing_is_seen_of_it() {
        for text in [
            "",
            " \t\u{a0}\u{3000}\u{2800}",
            "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}\u{34f}",
            "\u{fe0f}\u{e0101}\u{e0001}\u{3164}\u{ffa0}\u{115f}\u{1d159}\u{13441}",
            "\u{2028}\u{85}\r\n\u{180e}\u{180b}\u{fff9}",
        ] {
            assert!(is_blank(text), "{text:?}");
            assert!(!is_blank(&format!("{text}x")) && !is_blank(&format!("{text}\u{301}")));
        }
        for text in [
            "\u{7}",
            "\u{202e}",
            "\u{fffd}",
            "\u{378}",
            "\u{e000}",
            "🇩",
            "\u{1f3fd}",
            "\u{20e3}",
            ".",
        ] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn marks_are_counted_across_what_takes_no_place() {
        let most = "\u{301}".repeat(COMBINING_MARKS_MAX);
        for between in ["\u{200b}", "\u{ad}", "\u{34f}", "\u{feff}", "\u{e0061}"] {
            let text = format!("a{}", format!("{between}\u{301}").repeat(100));
            assert_eq!(visible(&text), format!("a{most}"), "{between:?}");
        }
        for between in ["\u{200c}", "\u{200d}", "\u{fe0f}"] {
            let text = format!("a{}", format!("{between}\u{301}").repeat(100));
            let expected = format!("{between}\u{301}").repeat(COMBINING_MARKS_MAX / 2);
            assert_eq!(visible(&text), format!("a{expected}"), "{between:?}");
        }
    }

    #[test]
    fn what_is_never_seen_is_left_out() {
        for unseen in ["\u{200e}", "\u{200f}", "\u{61c}", "\u{feff}", "\u{ad}", "\u{3164}"] {
            assert_eq!(visible(&format!("{unseen}pay{unseen}pal")), "paypal", "{unseen:?}");
        }
        assert_eq!(visible("hi\u{e0001}\u{e0068}\u{e0069}\u{e007f}"), "hi");
        // A heart, a family, a Persian verb, a variant of a Chinese sign, a Mongolian word.
        for seen in ["❤\u{fe0f}", "👩\u{200d}👧", "می\u{200c}خواهم", "葛\u{e0100}", "ᠬᠠᠨ\u{180e}ᠠ"]
        {
            assert_eq!(visible(seen), seen);
        }
    }

    #[test]
    fn every_character_is_bounded_and_no_control_is_left() {
        for char in '\0'..=char::MAX {
            let text = String::from(char);
            let shown = visible(&text);
            assert!(shown.len() <= 4 * text.len(), "{char:?}");
            assert!(!shown.contains(is_obeyed) && !shown.contains(is_unseen), "{char:?}");
        }
    }
}
