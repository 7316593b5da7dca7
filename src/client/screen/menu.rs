//! A menu over the messages: the message chosen is marked, and an open list lies over other rows,
//! so that nothing else moves.

use super::lines::{Pen, Spot};
use super::rows::{Row, Style, cut, width};
use crate::client::menu::{Menu, MenuItem};
use mio_wire::text::visible;

/// Rows of messages that a list leaves free if it is not beside one.
const FREE_ROWS: usize = 4;
/// Rows with which a list that is too long for its place stays beside the message.
const ROWS_MIN: usize = 5;

/// A row in reverse.
pub(super) fn marked(row: Row, columns: usize) -> Row {
    let text: String = row.spans.into_iter().map(|span| span.text).collect();
    let rest = columns.saturating_sub(width(&text));
    Row::of(Style::Bar, text + &" ".repeat(rest))
}

impl Pen<'_> {
    /// Lays the open list over the rows of messages: next to the message chosen, and not over it
    /// unless the screen is small. `spots` has the places of the rows that show something.
    pub(super) fn lay_list(&self, rows: &mut [Row], spots: &[Option<Spot>]) {
        let Some(menu) = self.menu.filter(|menu| menu.has_list()) else { return };
        let height = rows.len();
        let is_chosen =
            |spot: &Option<Spot>| spot.is_some_and(|spot| Some(spot.serial) == menu.serial());
        let above = spots.iter().position(is_chosen);
        let below = spots.iter().rposition(is_chosen).map(|last| height - last - 1);
        let items = menu.items(self.model);
        let wanted = items.len() + 1;
        let (first, room) = match (above, below) {
            (_, Some(below)) if wanted <= below => (height - below, below),
            // With a line below it, if there is room for one.
            (Some(above), _) if wanted <= above => (above.saturating_sub(wanted + 1), above),
            (Some(above), Some(below)) if above.max(below) >= ROWS_MIN => match below >= above {
                true => (height - below, below),
                false => (0, above),
            },
            _ => {
                let room = wanted.min(height.saturating_sub(FREE_ROWS).max(height.min(2)));
                (height - room, room)
            }
        };
        let has_end = first + wanted.min(room) < height && room != wanted;
        let list = self.list(menu, &items, if has_end { room - 1 } else { room });
        let end = has_end.then(|| self.rule(""));
        let places = rows.iter_mut().skip(first);
        places.zip(list.into_iter().chain(end)).for_each(|(row, line)| *row = line);
    }

    /// The heading and the lines of the open list in so much room; of too many, those around the
    /// cursor.
    fn list(&self, menu: &Menu, items: &[MenuItem], room: usize) -> Vec<Row> {
        let cursor = menu.cursor(items);
        let shown = items.len().min(room.saturating_sub(1).max(1));
        let first = (cursor + 1).saturating_sub(shown.div_ceil(2)).min(items.len() - shown);
        let title = visible(&menu.title(self.model)).into_owned();
        let title = match shown < items.len() {
            true => format!("{title} · {} of {}", cursor + 1, items.len()),
            false => title,
        };
        let mut rows = vec![self.rule(&cut(&title, self.columns.saturating_sub(4)))];
        let widest = items.iter().map(columns_of).max().unwrap_or_default();
        for (at, item) in items.iter().enumerate().skip(first).take(shown) {
            let mut row = Row::default();
            match item.letter {
                Some(letter) => {
                    row.push(Style::Bold, format!(" {letter}"));
                    row.push(Style::Plain, format!("  {}", visible(&item.text)));
                }
                None => row.push(Style::Plain, format!(" {}", visible(&item.text))),
            }
            let row = if at == cursor { marked(row, widest + 2) } else { row };
            rows.push(row.cut(self.columns));
        }
        // On the smallest screens the line under the cursor is worth more than the heading.
        rows.split_off(rows.len().saturating_sub(room))
    }
}

/// Columns of an item, without the space before and after it.
fn columns_of(item: &MenuItem) -> usize {
    width(&visible(&item.text)) + if item.letter.is_some() { 3 } else { 0 }
}
