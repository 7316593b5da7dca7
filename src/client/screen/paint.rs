//! From one frame to the next: only rows that differ are drawn.

use super::rows::{Row, Span, Style, width};
use super::sides::LINE;
use crate::limits::CLIENT_SCROLL_ROWS_MAX;
use std::fmt::Write;
use std::ops::Range;

/// All rows of the screen, and the place of the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Frame {
    pub(in crate::client) rows: Vec<Row>,
    /// Column and row, from 0 on.
    pub(in crate::client) cursor: (usize, usize),
    /// The rows between the bars, which have the messages.
    pub(in crate::client) body: Range<usize>,
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
    if old == Some(new) {
        return String::new();
    }
    let rows = match old {
        Some(old) => shortest(old, new, colours),
        None => {
            let empty = vec![Row::default(); new.rows.len()];
            format!("\x1b[0m\x1b[2J{}", changes(&empty, &new.rows, colours))
        }
    };
    let (column, row) = new.cursor;
    let (row, column) = (row + 1, column + 1);
    // Drawn in one step by terminals that can, and without a jumping cursor.
    format!("\x1b[?2026h\x1b[?25l{rows}\x1b[{row};{column}H\x1b[?25h\x1b[?2026l")
}

/// The changes from frame to frame, with the messages scrolled up if that takes fewer bytes: then
/// only new ones are drawn.
fn shortest(old: &Frame, new: &Frame, colours: Colours) -> String {
    let as_is = changes(&old.rows, &new.rows, colours);
    let body = new.body.clone();
    let is_alike = old.body == new.body && old.rows.len() == new.rows.len();
    if !is_alike || old.rows.get(body.clone()) == new.rows.get(body.clone()) {
        return as_is;
    }
    let most = body.len().saturating_sub(1).min(CLIENT_SCROLL_ROWS_MAX);
    let scrolled = (1..=most).map(|up| {
        let mut rows = old.rows.clone();
        if let Some(moved) = rows.get_mut(body.clone()) {
            moved.rotate_left(up);
            moved.iter_mut().rev().take(up).for_each(|row| *row = Row::default());
        }
        // A region of the screen scrolls (DECSTBM, SU), and then it is whole again.
        let region = format!("\x1b[{};{}r\x1b[{up}S\x1b[r", body.start + 1, body.end);
        region + &changes(&rows, &new.rows, colours)
    });
    std::iter::once(as_is).chain(scrolled).min_by_key(String::len).unwrap_or_default()
}

/// Draws each row that differs.
fn changes(old: &[Row], new: &[Row], colours: Colours) -> String {
    let mut out = String::new();
    let blank = Row::default();
    for (at, row) in new.iter().enumerate() {
        change(&mut out, at, old.get(at).unwrap_or(&blank), row, colours);
    }
    out
}

/// Draws the columns of a row that differ: the lines between columns divide it.
fn change(out: &mut String, at: usize, old: &Row, new: &Row, colours: Colours) {
    let same = old.spans.iter().zip(&new.spans).take_while(|(old, new)| old == new).count();
    let is_line = |span: &Span| span.text == LINE;
    let same = match same == new.spans.len() && same == old.spans.len() {
        true => return,
        false => new.spans.iter().take(same).rposition(is_line).map_or(0, |line| line + 1),
    };
    let (before, after) = new.spans.split_at(same);
    let (_, gone) = old.spans.split_at(same);
    let columns = |spans: &[Span]| spans.iter().map(|span| width(&span.text)).sum::<usize>();
    let tail = gone.iter().rev().zip(after.iter().rev()).take_while(|(old, new)| old == new);
    let tail = if columns(gone) == columns(after) { tail.count() } else { 0 };
    // Back to the last line between columns, if there is one in the same end.
    let tail = after.iter().rev().take(tail).rposition(is_line).map_or(0, |line| line + 1);
    let drawn = after.get(..after.len() - tail).unwrap_or_default();
    // A string takes every write.
    let _ = write!(out, "\x1b[{};{}H", at + 1, columns(before) + 1);
    if tail == 0 && !gone.is_empty() {
        out.push_str("\x1b[K");
    }
    for span in drawn {
        let parameters = colours.parameters(span.style);
        let _ = if parameters.is_empty() {
            write!(out, "{}", span.text)
        } else {
            write!(out, "\x1b[{parameters}m{}\x1b[0m", span.text)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(rows: &[&str], cursor: (usize, usize)) -> Frame {
        let body = 1..rows.len().max(1);
        let rows = rows.iter().map(|row| Row::of(Style::Plain, *row)).collect();
        Frame { rows, cursor, body }
    }

    #[test]
    fn only_what_differs_is_drawn() {
        let old = frame(&["one", "two", "x"], (0, 0));
        let new = frame(&["one", "TWO", "x"], (3, 1));
        let drawn = paint(Some(&old), &new, Colours::None);
        assert!(drawn.contains("\x1b[2;1H\x1b[KTWO") && !drawn.contains("one"));
        assert!(drawn.contains("\x1b[2;4H"));
        assert_eq!(paint(Some(&new), &new, Colours::None), "");
        let all = paint(None, &new, Colours::None);
        assert!(all.contains("\x1b[2J") && all.contains("one") && all.contains("TWO"));
    }

    #[test]
    fn a_new_message_costs_the_bytes_of_its_line() {
        let said = |number: usize| format!("{number} is a message that is long enough to count");
        let rows = |first: usize| {
            let said: Vec<String> = (first..first + 20).map(said).collect();
            let said = said.iter().map(String::as_str);
            let rows: Vec<&str> = ["top"].into_iter().chain(said).collect();
            frame(&rows, (0, 0))
        };
        let (old, new) = (rows(10), rows(11));
        let drawn = paint(Some(&old), &new, Colours::None);
        assert!(
            drawn.contains("\x1b[2;21r\x1b[1S\x1b[r") && drawn.contains(&said(30)),
            "{drawn:?}"
        );
        assert!(drawn.len() < said(30).len() + 70, "{} bytes: {drawn:?}", drawn.len());
    }

    #[test]
    fn only_the_columns_of_a_row_that_differ_are_drawn() {
        let row = |texts: [&str; 5]| {
            let mut row = Row::default();
            texts.iter().for_each(|text| row.push(Style::Plain, *text));
            Frame { rows: vec![row], cursor: (0, 0), body: 0..0 }
        };
        let old = row(["left", LINE, "日本x", LINE, "right"]);
        let same_width =
            paint(Some(&old), &row(["left", LINE, "12345", LINE, "right"]), Colours::None);
        assert!(same_width.contains("\x1b[1;6H12345\x1b["), "{same_width:?}");
        let shorter = paint(Some(&old), &row(["left", LINE, "1234", LINE, "right"]), Colours::None);
        assert!(shorter.contains("\x1b[1;6H\x1b[K1234│right\x1b["), "{shorter:?}");
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
