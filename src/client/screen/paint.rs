//! From one frame to the next: only rows that differ are drawn.

use super::rows::{Row, Style};
use std::fmt::Write;

/// All rows of the screen, and the place of the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Frame {
    pub(in crate::client) rows: Vec<Row>,
    /// Column and row, from 0 on.
    pub(in crate::client) cursor: (usize, usize),
}

/// The colours that a terminal has, and may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Colours {
    None,
    /// The six of every terminal that has colours.
    Few,
    /// Of 256.
    Many,
}

/// Colours of names, among 256: their contrast to black and to white is at least 3.3.
const MANY: [u8; 12] = [167, 166, 136, 64, 28, 30, 32, 63, 98, 134, 163, 168];

impl Colours {
    /// The colours according to `NO_COLOR`, `TERM` and `COLORTERM`.
    pub(in crate::client) fn of(no_color: &str, term: &str, colorterm: &str) -> Self {
        match (no_color, term) {
            ("", "" | "dumb") => Self::None,
            ("", term) if term.contains("256") || !colorterm.is_empty() => Self::Many,
            ("", _) => Self::Few,
            _ => Self::None,
        }
    }

    /// The parameters of a style's escape sequence.
    fn parameters(self, style: Style) -> String {
        match style {
            Style::Plain => String::new(),
            Style::Faint => "2".to_owned(),
            Style::Bold => "1".to_owned(),
            Style::Bar => "7".to_owned(),
            Style::BarBold => "1;7".to_owned(),
            Style::Alert => match self {
                Self::None => "1;7".to_owned(),
                Self::Few | Self::Many => "1;7;33".to_owned(),
            },
            Style::Nick(colour) => match self {
                Self::None => "1".to_owned(),
                Self::Few => (31 + colour % 6).to_string(),
                Self::Many => {
                    let colour = MANY.get(usize::from(colour) % MANY.len()).unwrap_or(&32);
                    format!("38;5;{colour}")
                }
            },
        }
    }
}

/// The bytes that make a terminal that shows `old`, or anything, show `new`.
pub(in crate::client) fn paint(old: Option<&Frame>, new: &Frame, colours: Colours) -> String {
    let mut out = String::new();
    if old == Some(new) {
        return out;
    }
    // Drawn in one step by terminals that can, and without a jumping cursor.
    out.push_str("\x1b[?2026h\x1b[?25l");
    if old.is_none() {
        out.push_str("\x1b[0m\x1b[2J");
    }
    for (at, row) in new.rows.iter().enumerate() {
        let is_shown = old.and_then(|old| old.rows.get(at)) == Some(row);
        if is_shown || (old.is_none() && row.spans.is_empty()) {
            continue;
        }
        // A string takes every write.
        let _ = write!(out, "\x1b[{};1H\x1b[2K", at + 1);
        for span in &row.spans {
            let parameters = colours.parameters(span.style);
            let _ = if parameters.is_empty() {
                write!(out, "{}", span.text)
            } else {
                write!(out, "\x1b[{parameters}m{}\x1b[0m", span.text)
            };
        }
    }
    let (column, row) = new.cursor;
    let _ = write!(out, "\x1b[{};{}H\x1b[?25h\x1b[?2026l", row + 1, column + 1);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(rows: &[&str], cursor: (usize, usize)) -> Frame {
        Frame { rows: rows.iter().map(|row| Row::of(Style::Plain, *row)).collect(), cursor }
    }

    #[test]
    fn only_what_differs_is_drawn() {
        let old = frame(&["one", "two", "x"], (0, 0));
        let new = frame(&["one", "TWO", "x"], (3, 1));
        let drawn = paint(Some(&old), &new, Colours::None);
        assert!(drawn.contains("\x1b[2;1H\x1b[2KTWO") && !drawn.contains("one"));
        assert!(drawn.contains("\x1b[2;4H"));
        assert_eq!(paint(Some(&new), &new, Colours::None), "");
        let all = paint(None, &new, Colours::None);
        assert!(all.contains("\x1b[2J") && all.contains("one") && all.contains("TWO"));
    }

    #[test]
    fn colours_are_as_the_reader_wants_them() {
        assert_eq!(Colours::of("", "xterm-256color", ""), Colours::Many);
        assert_eq!(Colours::of("", "xterm", "truecolor"), Colours::Many);
        assert_eq!(Colours::of("", "linux", ""), Colours::Few);
        assert_eq!(Colours::of("1", "xterm-256color", "truecolor"), Colours::None);
        assert_eq!(Colours::of("", "dumb", "truecolor"), Colours::None);
        for nick in 0..=u8::MAX {
            assert!(!Colours::None.parameters(Style::Nick(nick)).contains('3'));
            assert!(Colours::Few.parameters(Style::Nick(nick)).starts_with('3'));
            assert!(Colours::Many.parameters(Style::Nick(nick)).starts_with("38;5;"));
        }
    }
}
