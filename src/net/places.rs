//! How many connections there may be, by the door that they come in at.

use crate::limits::OPERATORS_MAX;

/// Which doors have places apart, and how many of those are taken.
#[derive(Debug)]
pub(super) struct Places {
    /// Doors from this number on: those who run the server come in there.
    apart_from: usize,
    taken: usize,
}

impl Places {
    pub(super) const fn new(apart_from: usize) -> Self {
        Self { apart_from, taken: 0 }
    }

    /// Whether all places at a door are taken, where there are `all` connections: the `clients_max`
    /// that most doors share, or the [`OPERATORS_MAX`] apart.
    pub(super) const fn are_taken(&self, door: usize, all: usize, clients_max: usize) -> bool {
        match door >= self.apart_from {
            true => self.taken >= OPERATORS_MAX,
            false => all - self.taken >= clients_max,
        }
    }

    /// Takes a place at a door; whether it is one apart.
    pub(super) const fn take(&mut self, door: usize) -> bool {
        let is_apart = door >= self.apart_from;
        self.taken += is_apart as usize;
        is_apart
    }

    /// Gives a place back.
    pub(super) const fn give_back(&mut self, is_apart: bool) {
        self.taken -= is_apart as usize;
    }

    /// Panics unless so many places apart are taken.
    pub(super) fn check(&self, taken: usize) {
        assert_eq!(self.taken, taken, "who has a place apart is counted");
    }
}
