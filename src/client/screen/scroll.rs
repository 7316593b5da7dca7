//! Selects the rows of a conversation that are shown.

use super::lines::{Pen, Spot};
use super::rows::Row;
use crate::client::model::Item;

/// The reader's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::client) enum View {
    /// At the end, where new messages appear.
    #[default]
    Bottom,
    /// The lowest row shown, which stays in place. Entries from `mark` on came later.
    At { spot: Spot, mark: u64 },
}

impl Pen<'_> {
    /// The position after the last entry shown, and how many of its rows are shown.
    fn end(&self, view: View) -> (usize, usize) {
        match view {
            View::At { spot, .. } => match self.position(spot.serial) {
                Some(at) => (at + 1, spot.row + 1),
                None => (self.count(), usize::MAX),
            },
            View::Bottom => (self.count(), usize::MAX),
        }
    }

    /// The last rows up to the reader's position, at least `height` of them if there are.
    pub(super) fn window(&self, view: View, height: usize) -> Vec<(Spot, Row)> {
        let (end, mut shown) = self.end(view);
        let mut pieces = Vec::new();
        let mut total = 0;
        for at in (0..end).rev() {
            if total >= height {
                break;
            }
            let mut rows = self.rows(at);
            rows.truncate(std::mem::replace(&mut shown, usize::MAX));
            total += rows.len();
            pieces.push(rows);
        }
        pieces.into_iter().rev().flatten().collect()
    }

    /// The view `rows` rows further up, at most to the first row.
    pub(super) fn up(&self, view: View, height: usize, rows: usize) -> View {
        let window = self.window(view, height + rows);
        let spots: Vec<Spot> = window.iter().map(|(spot, _)| *spot).collect();
        let lowest = spots.len().saturating_sub(rows + 1).max(height.saturating_sub(1));
        let mark = match view {
            View::At { mark, .. } => mark,
            View::Bottom => self.model.active().next_serial(),
        };
        match spots.get(lowest) {
            Some(spot) if lowest + 1 < spots.len() => View::At { spot: *spot, mark },
            // Everything is shown already.
            _ => view,
        }
    }

    /// The view `rows` rows further down.
    pub(super) fn down(&self, view: View, rows: usize) -> View {
        let View::At { spot, mark } = view else { return view };
        let Some(at) = self.position(spot.serial) else { return View::Bottom };
        let mut left = rows.max(1);
        let mut above = spot.row + 1;
        for at in at..self.count() {
            for (spot, _) in self.rows(at).into_iter().skip(std::mem::take(&mut above)) {
                left -= 1;
                if left == 0 {
                    let is_last = self.window(View::Bottom, 1).last().map(|(last, _)| *last);
                    let is_waiting = self.position(spot.serial).is_none();
                    return if is_last == Some(spot) || is_waiting {
                        View::Bottom
                    } else {
                        View::At { spot, mark }
                    };
                }
            }
        }
        View::Bottom
    }

    /// Number of messages below the view that came after the reader scrolled there.
    pub(super) fn below(&self, view: View) -> usize {
        let View::At { spot, mark } = view else { return 0 };
        let entries = &self.model.active().entries;
        let at = self.position(spot.serial).unwrap_or(entries.len());
        let later = entries.iter().skip(at + 1);
        later.filter(|entry| entry.serial >= mark && entry.id().is_some()).count()
    }

    /// A hole in view.
    pub(super) fn hole(&self, view: View, height: usize) -> Option<u64> {
        let window = self.window(view, height);
        let first = window.len().saturating_sub(height);
        let entries = &self.model.active().entries;
        window.iter().skip(first).find_map(|(spot, _)| {
            let entry = entries.get(self.position(spot.serial)?)?;
            matches!(entry.item, Item::Hole { .. }).then_some(spot.serial)
        })
    }
}
