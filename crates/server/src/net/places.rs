//! How many connections there may be, by the door that they come in at.

use super::SPARE_DOOR;
use crate::limits::OPERATORS_MAX;

/// Whose place a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A client's.
    Client,
    /// One of those who run the server, at their door.
    Operators,
    /// One of the spare ones.
    Spare,
    /// None of those: the connection is an outgoing one.
    Outgoing,
}

/// Which doors have places apart, and how many of those are taken.
#[derive(Debug)]
pub(super) struct Places {
    /// Doors from this number on: those who run the server come in there.
    apart_from: usize,
    operators: usize,
    spare: usize,
    outgoing: usize,
}

impl Places {
    pub(super) const fn new(apart_from: usize) -> Self {
        Self { apart_from, operators: 0, spare: 0, outgoing: 0 }
    }

    /// Whether all places at a door are taken, where there are `all` connections: the `clients_max`
    /// that most doors share, or the [`OPERATORS_MAX`] apart.
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

    /// Counts an outgoing connection, of which there may be any number.
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
