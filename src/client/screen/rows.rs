//! Rows of styled text, cut and wrapped by visible width.

use mio_wire::text::visible;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The style of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::client) enum Style {
    #[default]
    Plain,
    /// Less prominent: times, notices.
    Faint,
    /// More prominent: messages to the reader.
    Bold,
    /// A bar.
    Bar,
    /// Prominent in a bar.
    BarBold,
    /// A person's name, with a colour of its own.
    Nick(u8),
    /// Something wrong.
    Alert,
}

/// A piece of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Span {
    pub(in crate::client) style: Style,
    pub(in crate::client) text: String,
}

/// One row of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::client) struct Row {
    pub(in crate::client) spans: Vec<Span>,
}

impl Row {
    pub(super) fn of(style: Style, text: impl Into<String>) -> Self {
        Self { spans: vec![Span { style, text: text.into() }] }
    }

    pub(super) fn push(&mut self, style: Style, text: impl Into<String>) {
        self.spans.push(Span { style, text: text.into() });
    }

    pub(super) fn width(&self) -> usize {
        self.spans.iter().map(|span| width(&span.text)).sum()
    }

    /// The row in a column this wide.
    pub(super) fn filled(self, columns: usize) -> Self {
        let mut row = self.cut(columns);
        let rest = columns.saturating_sub(row.width());
        if rest > 0 {
            row.push(Style::Plain, " ".repeat(rest));
        }
        row
    }

    /// Cuts the row off after `columns` columns.
    pub(super) fn cut(mut self, columns: usize) -> Self {
        let mut left = columns;
        for span in &mut self.spans {
            if width(&span.text) > left {
                span.text = cut(&span.text, left);
            }
            left -= width(&span.text);
        }
        self.spans.retain(|span| !span.text.is_empty());
        self
    }
}

/// The width of a text in columns.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.graphemes(true).map(UnicodeWidthStr::width).sum()
    }
}

/// As much of a text as fits into `columns` columns; an ellipsis marks a cut.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let fits = |grapheme: &&str| {
        let taken = width(grapheme);
        let fits = taken <= left;
        left -= if fits { taken } else { 0 };
        fits
    };
    let mut short: String = text.graphemes(true).take_while(fits).collect();
    if columns > 0 {
        short.push('…');
    }
    short
}

/// Other people's text as lines without anything that a terminal would obey.
pub(super) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.split('\n').map(|line| visible(line.trim_end_matches('\r')).into_owned())
}

/// One line in rows. The first row may have another width than the rest. It breaks between words,
/// unless that would leave a row half empty.
pub(super) fn wrap(line: &str, first: usize, rest: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut used = 0;
    let mut room = first.max(1);
    // The beginning of the row's last word, in bytes and in columns.
    let mut word = None;
    for grapheme in line.graphemes(true) {
        let taken = width(grapheme);
        if grapheme == " " && row.is_empty() && !rows.is_empty() {
            continue;
        }
        if used + taken > room && used > 0 {
            let tail = match word {
                Some((at, columns)) if columns * 2 >= room && grapheme != " " => row.split_off(at),
                _ => String::new(),
            };
            row.truncate(row.trim_end_matches(' ').len());
            rows.push(std::mem::replace(&mut row, tail));
            (used, room, word) = (width(&row), rest.max(1), None);
            if grapheme == " " {
                continue;
            }
        }
        row.push_str(grapheme);
        used += taken;
        if grapheme == " " {
            word = Some((row.len(), used));
        }
    }
    rows.push(row);
    rows
}

/// The colour of a name, always the same for one name.
pub(super) fn colour(nick: &str, colours: u8) -> u8 {
    // FNV-1a, which spreads short texts well.
    let hash = nick.to_lowercase().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash % u64::from(colours)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_that_of_what_is_seen() {
        for (text, columns) in [
            ("abc", 3),
            ("日本", 4),
            ("e\u{301}", 1),
            ("👩\u{200d}👩\u{200d}👧", 2),
            ("🇩🇪", 2),
            ("", 0),
        ] {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn text_is_cut_between_what_is_seen() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("日本語", 1), "…");
        assert_eq!(cut("abc", 0), "");
        let mut row = Row::of(Style::Bar, "abc");
        row.push(Style::Plain, "def");
        row.push(Style::Plain, "g");
        assert_eq!(row.clone().cut(5).width(), 5);
        assert_eq!(row.clone().cut(0), Row::default());
        assert_eq!(row.clone().cut(7), row);
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        assert_eq!(wrap("one two three", 8, 8), ["one two", "three"]);
        assert_eq!(wrap("one two three", 7, 5), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4, 3), ["abcd", "efg", "hij"]);
        // A word that would leave most of a row empty is broken.
        assert_eq!(wrap("a bcdefghij", 6, 6), ["a bcde", "fghij"]);
        assert_eq!(wrap("日本語", 3, 3), ["日", "本", "語"]);
        assert_eq!(wrap("日本", 1, 1), ["日", "本"]);
        assert_eq!(wrap("", 4, 4), [""]);
        assert_eq!(wrap("ab", 0, 0), ["a", "b"]);
        assert_eq!(wrap("ab  cd", 2, 2), ["ab", "cd"]);
    }

    #[test]
    fn no_row_is_wider_than_its_room() {
        let text = "The quick brown 狐 jumps over 👩\u{200d}👧 the lazy dog, e\u{301}te\u{301}.";
        for room in 2..60 {
            for (at, row) in wrap(text, room, room + 1).iter().enumerate() {
                assert!(width(row) <= room + usize::from(at > 0), "{room}: {row:?}");
            }
        }
    }

    #[test]
    fn colours_are_stable_and_spread() {
        assert_eq!(colour("Alice", 12), colour("alice", 12));
        let used: std::collections::HashSet<u8> =
            (0..100).map(|number| colour(&format!("guest-{number}"), 12)).collect();
        assert_eq!(used.len(), 12);
    }
}
