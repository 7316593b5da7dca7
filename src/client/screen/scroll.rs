//! Selects the rows of a conversation that are shown.

use super::lines::{Pen, Spot};
use super::rows::Row;
use crate::client::model::{Entry, Id, Item};

/// The reader's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::client) enum View {
    /// At the end, where new messages appear.
    #[default]
    Bottom,
    /// The lowest row shown, which stays in place. Messages after `mark` came later.
    At { spot: Spot, mark: Option<Id> },
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

    /// The newest message of all.
    fn newest(&self) -> Option<Id> {
        self.model.active().messages().map(|message| message.id).max()
    }

    /// The view `rows` rows further up, at most to the first row.
    pub(super) fn up(&self, view: View, height: usize, rows: usize) -> View {
        let window = self.window(view, height + rows);
        let spots: Vec<Spot> = window.iter().map(|(spot, _)| *spot).collect();
        let lowest = spots.len().saturating_sub(rows + 1).max(height.saturating_sub(1));
        let mark = match view {
            View::At { mark, .. } => mark,
            View::Bottom => self.newest(),
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
        later.filter_map(Entry::id).filter(|id| Some(*id) > mark).count()
    }

    /// The nearest view that shows the entry with this serial, from its beginning if it has more
    /// rows than the screen. It stays in place when messages come.
    pub(super) fn reveal(&self, view: View, height: usize, serial: u64) -> View {
        let height = height.max(1);
        let (Some(at), window) = (self.position(serial), self.window(view, height)) else {
            return view;
        };
        let mark = match view {
            View::At { mark, .. } => mark,
            View::Bottom => self.newest(),
        };
        let first = window.len().saturating_sub(height);
        let shown = window.get(first..).unwrap_or_default();
        let to = |spot: Option<Spot>| spot.map_or(view, |spot| View::At { spot, mark });
        // Missing messages come once their place is seen.
        let before = at.checked_sub(1).filter(|before| {
            let entry = self.model.active().entries.get(*before);
            entry.is_some_and(|entry| entry.item.is_edge())
        });
        let from = before.unwrap_or(at);
        let rows = (from..=at).flat_map(|at| self.rows(at));
        let rows: Vec<Spot> = rows.map(|(spot, _)| spot).collect();
        let is_shown = |spot: Option<&Spot>| {
            spot.is_some_and(|spot| shown.iter().any(|(other, _)| other == spot))
        };
        let is_begun = is_shown(rows.first());
        if is_begun && (is_shown(rows.last()) || rows.len() >= height) {
            return to(shown.last().map(|(spot, _)| *spot));
        }
        let place = |spot: &Spot| self.position(spot.serial).unwrap_or(usize::MAX);
        let is_above = shown.first().is_some_and(|(spot, _)| from <= place(spot)) && !is_begun;
        if is_above || rows.len() >= height {
            let below = (from..self.count()).flat_map(|at| self.rows(at));
            return to(below.take(height).last().map(|(spot, _)| spot));
        }
        to(rows.last().copied())
    }

    /// Whether a row of the entry with this serial is in view.
    pub(super) fn shows(&self, view: View, height: usize, serial: u64) -> bool {
        let window = self.window(view, height);
        let first = window.len().saturating_sub(height);
        window.iter().skip(first).any(|(spot, _)| spot.serial == serial)
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
