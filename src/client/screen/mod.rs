//! The look of the client: from the model, the input line and a size to rows. Pure.

mod bars;
mod input;
mod lines;
mod menu;
mod paint;
mod rows;
mod scroll;
mod sides;
#[cfg(test)]
mod tests;

pub(super) use paint::{Colours, Frame, paint};
pub(super) use scroll::View;

use super::editor::Editor;
use super::menu::{Menu, Purpose};
use super::model::Model;
use super::secret;
use super::zone::Zone;
use crate::limits::CLIENT_INPUT_ROWS_MAX;
use lines::Pen;
use sides::Columns;

/// Rows below which there is no upper bar, and no bar at all.
const ROWS_FOR_TOP: usize = 6;
const ROWS_FOR_STATUS: usize = 3;
/// Columns below which nothing is drawn: no letter with its prompt fits.
const COLUMNS_MIN: usize = 4;

/// A screen of a size.
#[derive(Clone, Copy)]
pub(super) struct Screen<'a> {
    pub(super) model: &'a Model,
    pub(super) editor: &'a Editor,
    pub(super) zone: &'a Zone,
    pub(super) menu: Option<&'a Menu>,
    /// The purpose of the line, if it has one of its own.
    pub(super) purpose: Option<&'a Purpose>,
    /// The reason why the server could not be reached the last time.
    pub(super) why: &'a str,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Screen<'_> {
    fn columns(&self) -> Columns {
        Columns::of(self.model, self.columns)
    }

    fn pen(&self) -> Pen<'_> {
        let Self { model, zone, menu, purpose, columns: screen_columns, .. } = *self;
        Pen { model, zone, menu, purpose, screen_columns, columns: self.columns().middle }
    }

    const fn has_top(&self) -> bool {
        self.rows >= ROWS_FOR_TOP
    }

    const fn has_status(&self) -> bool {
        self.rows >= ROWS_FOR_STATUS
    }

    fn input(&self) -> (Vec<rows::Row>, (usize, usize)) {
        let rows_max = CLIENT_INPUT_ROWS_MAX.min(self.rows / 3).max(1);
        let prompt = self.purpose.and_then(Purpose::prompt);
        let hidden = match self.purpose {
            Some(purpose) if purpose.is_secret() => Some(0),
            _ => secret::begins(self.editor.text()),
        };
        input::rows(prompt, hidden, self.editor, self.columns, rows_max)
    }

    /// Rows for messages.
    fn height(&self) -> usize {
        let bars = usize::from(self.has_top()) + usize::from(self.has_status());
        self.rows.saturating_sub(bars + self.input().0.len())
    }

    /// The whole screen.
    pub(super) fn frame(&self, view: View) -> Frame {
        if self.columns < COLUMNS_MIN || self.rows == 0 {
            let rows = vec![rows::Row::default(); self.rows];
            return Frame { rows, cursor: (0, 0), body: 0..0 };
        }
        let pen = self.pen();
        let height = self.height();
        let mut rows = Vec::with_capacity(self.rows);
        if self.has_top() {
            rows.push(pen.top());
        }
        let said = pen.window(view, height);
        let spare = height.saturating_sub(said.len());
        let mut middle = vec![rows::Row::default(); spare];
        let surplus = said.len().saturating_sub(height);
        let (spots, said): (Vec<_>, Vec<_>) = said.into_iter().skip(surplus).unzip();
        middle.extend(said);
        let nowhere = std::iter::repeat_n(None, spare);
        let spots: Vec<Option<lines::Spot>> = nowhere.chain(spots.into_iter().map(Some)).collect();
        pen.lay_list(&mut middle, &spots);
        let columns = self.columns();
        let body = rows.len()..rows.len() + middle.len();
        rows.extend(pen.beside(columns, middle));
        if self.has_status() {
            rows.push(pen.status(view, self.why, columns.has_left()));
        }
        let (input, (column, row)) = self.input();
        let cursor = (column, rows.len() + row);
        rows.extend(input);
        Frame { rows, cursor, body }
    }

    /// The view a page further up.
    pub(super) fn page_up(&self, view: View) -> View {
        let height = self.height();
        self.pen().up(view, height, height.saturating_sub(1).max(1))
    }

    /// The view a page further down.
    pub(super) fn page_down(&self, view: View) -> View {
        self.pen().down(view, self.height().saturating_sub(1).max(1))
    }

    /// The view in which the whole message chosen in the menu is seen, as near as possible.
    pub(super) fn with_choice(&self, view: View) -> View {
        let serial = self.menu.and_then(Menu::serial);
        serial.map_or(view, |serial| self.pen().reveal(view, self.height(), serial))
    }

    /// Whether a view shows the message chosen in the menu, if there is one.
    pub(super) fn shows_choice(&self, view: View) -> bool {
        let serial = self.menu.and_then(Menu::serial);
        serial.is_none_or(|serial| self.pen().shows(view, self.height(), serial))
    }

    /// A hole in view.
    pub(super) fn hole(&self, view: View) -> Option<u64> {
        self.pen().hole(view, self.height())
    }
}
