//! The input line, in rows, and the place of its cursor.

use super::rows::{Row, Style, width};
use crate::client::editor::Editor;
use mio_wire::text::visible;
use unicode_segmentation::UnicodeSegmentation;

/// The text before the line.
const PROMPT: &str = "> ";
/// The sign for each character of a password.
const HIDDEN: &str = "•";
/// The sign for a line end in the input.
const END_OF_LINE: &str = "⏎";

/// At most `rows_max` rows of `columns` with the cursor among them, and its column and row. A
/// prompt of its own is shown if there is room for it; from `hidden` on the line is not shown.
pub(super) fn rows(
    prompt: Option<&str>,
    hidden: Option<usize>,
    editor: &Editor,
    columns: usize,
    rows_max: usize,
) -> (Vec<Row>, (usize, usize)) {
    let (text, cursor) = (editor.text(), editor.cursor());
    let (prompt, style) = match prompt.filter(|prompt| columns >= prompt.len() * 2) {
        Some(prompt) => (prompt, Style::Bold),
        None => (PROMPT, Style::Faint),
    };
    let columns = columns.max(prompt.len() + 2);
    let mut rows = vec![Row::of(style, prompt)];
    let mut used = prompt.len();
    let mut target = (used, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        let (style, shown) = match grapheme {
            "\n" | "\r\n" => (Style::Faint, END_OF_LINE.to_owned()),
            _ if hidden.is_some_and(|hidden| at >= hidden) => (Style::Plain, HIDDEN.to_owned()),
            _ => (Style::Plain, visible(grapheme).into_owned()),
        };
        let taken = width(&shown);
        // One column is left for the cursor.
        if used + taken >= columns {
            rows.push(Row::of(Style::Faint, " ".repeat(prompt.len())));
            used = prompt.len();
        }
        if at == cursor {
            target = (used, rows.len() - 1);
        }
        if let Some(row) = rows.last_mut() {
            row.push(style, shown);
        }
        used += taken;
    }
    if cursor >= text.len() {
        target = (used.min(columns - 1), rows.len() - 1);
    }
    let (column, row) = target;
    let first = (row + 1).saturating_sub(rows_max.max(1));
    let shown: Vec<Row> = rows.into_iter().skip(first).take(rows_max.max(1)).collect();
    (shown, (column, row - first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::editor::Edit;

    fn shown(text: &str, cursor: usize, columns: usize, rows_max: usize) -> (String, usize, usize) {
        let mut editor = Editor::default();
        editor.set(text.to_owned());
        while editor.cursor() > cursor {
            editor.edit(Edit::Left);
        }
        let (rows, (column, row)) = rows(None, None, &editor, columns, rows_max);
        let text = |row: Row| row.spans.into_iter().map(|span| span.text).collect::<String>();
        (rows.into_iter().map(text).collect::<Vec<_>>().join("|"), column, row)
    }

    #[test]
    fn the_cursor_stands_where_it_is_seen() {
        assert_eq!(shown("", 0, 20, 3), ("> ".to_owned(), 2, 0));
        assert_eq!(shown("abc", 3, 20, 3), ("> abc".to_owned(), 5, 0));
        assert_eq!(shown("日本", 3, 20, 3), ("> 日本".to_owned(), 4, 0));
        assert_eq!(shown("a\nb", 3, 20, 3), ("> a⏎b".to_owned(), 5, 0));
        assert_eq!(shown("\u{1b}[m", 1, 20, 3), ("> ^[[m".to_owned(), 4, 0));
    }

    #[test]
    fn a_password_is_not_shown() {
        let mut editor = Editor::default();
        editor.set("/login al pässword".to_owned());
        let (shown, cursor) = rows(None, Some(10), &editor, 40, 1);
        let text: String = shown[0].spans.iter().map(|span| &*span.text).collect();
        assert_eq!((&*text, cursor), ("> /login al ••••••••", (20, 0)));
    }

    #[test]
    fn long_lines_take_rows_and_then_scroll() {
        assert_eq!(shown("abcdefgh", 8, 6, 9), ("> abc|  def|  gh".to_owned(), 4, 2));
        assert_eq!(shown("abcdefgh", 8, 6, 2), ("  def|  gh".to_owned(), 4, 1));
        assert_eq!(shown("abcdefgh", 0, 6, 2), ("> abc|  def".to_owned(), 2, 0));
        assert_eq!(shown("abcdefgh", 3, 6, 9), ("> abc|  def|  gh".to_owned(), 2, 1));
        assert_eq!(shown("日本", 6, 1, 0), ("  本".to_owned(), 3, 0));
    }
}
