//! The number of connections that there may be, by door.

use super::SPARE_DOOR;
use crate::limits::OPERATORS_MAX;

/// The kind of place that a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A client's.
    Client,
    /// An operator's, at the operators' door.
    Operators,
    /// One of the spare ones.
    Spare,
    /// None: the connection is an outgoing one.
    Outgoing,
}

/// The doors with places of their own, and how many of those are taken.
#[derive(Debug)]
pub(super) struct Places {
    /// Doors from this number on are for operators.
    apart_from: usize,
    operators: usize,
    spare: usize,
    outgoing: usize,
}

impl Places {
    pub(super) const fn new(apart_from: usize) -> Self {
        Self { apart_from, operators: 0, spare: 0, outgoing: 0 }
    }

    /// Whether all places at a door are taken when there are `all` connections: the `clients_max`
    /// that most doors share, or the [`OPERATORS_MAX`] of the operators.
    pub(super) const fn are_taken(&self, door: usize, all: usize, clients_max: usize) -> bool {
        match door >= self.apart_from {
            true => self.operators >= OPERATORS_MAX,
            false => all - self.operators - self.spare - self.outgoing >= clients_max,
        }
    }

    /// Takes a place at a door.
    pub(super) const fn take(&mut self, door: usize) -> Place {
        let place = match door {
            SPARE_DOOR => Place::Spare,
            door if door >= self.apart_from => Place::Operators,
            _ => Place::Client,
        };
        match place {
            Place::Client | Place::Outgoing => (),
            Place::Operators => self.operators += 1,
            Place::Spare => self.spare += 1,
        }
        place
    }

    /// Counts an outgoing connection; their number is not bounded here.
    pub(super) const fn go_out(&mut self) -> Place {
        self.outgoing += 1;
        Place::Outgoing
    }

    /// Gives a place back.
    pub(super) const fn give_back(&mut self, place: Place) {
        match place {
            Place::Client => (),
            Place::Operators => self.operators -= 1,
            Place::Spare => self.spare -= 1,
            Place::Outgoing => self.outgoing -= 1,
        }
    }

    /// Panics unless these are the places taken.
    pub(super) fn check(&self, taken: impl Iterator<Item = Place>) {
        let (mut operators, mut spare, mut outgoing) = (0, 0, 0);
        for place in taken {
            operators += usize::from(place == Place::Operators);
            spare += usize::from(place == Place::Spare);
            outgoing += usize::from(place == Place::Outgoing);
        }
        let counted = (self.operators, self.spare, self.outgoing);
        assert_eq!(counted, (operators, spare, outgoing), "places are counted");
    }
}
