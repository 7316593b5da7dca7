//! The columns of a wide screen: the conversations at the left, the people of a room at the right,
//! and the messages between them.

use super::bars::marks;
use super::lines::{COLOURS, Pen};
use super::rows::{Row, Style, colour, width};
use crate::client::model::{Model, Target};
use mio_wire::text::visible;

/// Columns of a screen from which on there are these columns.
pub(super) const COLUMNS_FOR_SIDES: usize = 110;
/// Their widths, without the line beside each.
const LEFT_COLUMNS: usize = 22;
const RIGHT_COLUMNS: usize = 20;
pub(super) const LINE: &str = "│";

/// The widths of the columns. A column that is not there has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    left: Option<usize>,
    pub(super) middle: usize,
    right: Option<usize>,
}

impl Columns {
    /// The columns of a screen this wide.
    pub(super) fn of(model: &Model, columns: usize) -> Self {
        if columns < COLUMNS_FOR_SIDES {
            return Self { left: None, middle: columns, right: None };
        }
        let active = model.active();
        let has_people = matches!(active.target, Target::Room(_)) && !active.members.is_empty();
        let right = has_people.then_some(RIGHT_COLUMNS);
        let sides = LEFT_COLUMNS + 1 + right.map_or(0, |right| right + 1);
        Self { left: Some(LEFT_COLUMNS), middle: columns - sides, right }
    }

    /// Whether the conversations have a column of their own.
    pub(super) const fn has_left(&self) -> bool {
        self.left.is_some()
    }
}

impl Pen<'_> {
    /// Puts the side columns beside the rows of messages.
    pub(super) fn beside(&self, columns: Columns, said: Vec<Row>) -> Vec<Row> {
        let Columns { left, middle, right } = columns;
        let height = said.len();
        let mut lefts = left.map_or_else(Vec::new, |_| self.conversations(height)).into_iter();
        let mut rights = right.map_or_else(Vec::new, |_| self.people(height)).into_iter();
        let beside = |said: Row| {
            let mut row = Row::default();
            if let Some(columns) = left {
                row.spans.extend(lefts.next().unwrap_or_default().filled(columns).spans);
                row.push(Style::Faint, LINE);
            }
            match right {
                Some(columns) => {
                    row.spans.extend(said.filled(middle).spans);
                    row.push(Style::Faint, LINE);
                    row.spans.extend(rights.next().unwrap_or_default().cut(columns).spans);
                }
                None => row.spans.extend(said.spans),
            }
            row
        };
        said.into_iter().map(beside).collect()
    }

    /// The conversations, each with its number and with what is new there. If they are too many,
    /// those around the current one.
    fn conversations(&self, height: usize) -> Vec<Row> {
        let all = &self.model.conversations;
        let active = self.model.active_index();
        let first = active.saturating_sub(height / 2).min(all.len().saturating_sub(height));
        let rows = all.iter().enumerate().skip(first).take(height);
        let row = |(index, conversation): (usize, &crate::client::model::Conversation)| {
            let is_new = conversation.unread > 0 && index != active;
            let style = if index == active || is_new { Style::Bold } else { Style::Plain };
            let pointer = if index == active { ">" } else { " " };
            let marks = if is_new { marks(conversation) } else { String::new() };
            let columns = LEFT_COLUMNS.saturating_sub(width(&marks) + 1);
            let name = format!("{pointer}{} {}", index + 1, conversation.target);
            let mut row = Row::of(style, name).filled(columns);
            row.push(style, marks);
            row
        };
        rows.map(row).collect()
    }

    /// The number of people in the room, and their names.
    fn people(&self, height: usize) -> Vec<Row> {
        let conversation = self.model.active();
        let count = usize::try_from(conversation.count).unwrap_or(usize::MAX);
        let mut rows = vec![Row::of(Style::Faint, format!(" {count} here"))];
        let mut names: Vec<&String> = conversation.members.iter().collect();
        names.sort_by_cached_key(|name| name.to_lowercase());
        let room = height.saturating_sub(1);
        let is_whole = names.len() <= room && names.len() >= count;
        let shown = if is_whole { names.len() } else { room.saturating_sub(1).min(names.len()) };
        for name in names.iter().take(shown) {
            let mut row = Row::of(Style::Plain, " ");
            row.push(Style::Nick(colour(name, COLOURS)), visible(name));
            rows.push(row);
        }
        if !is_whole && room > 0 {
            rows.push(Row::of(Style::Faint, format!(" and {} more", count.saturating_sub(shown))));
        }
        rows
    }
}
