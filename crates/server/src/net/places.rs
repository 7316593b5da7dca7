//! The number of connections that there may be, by the kind of listener.

use super::{Bounds, SECURE_REFUSED_LISTENER, SECURE_SPARE_LISTENER, SPARE_LISTENER};
use crate::limits::OPERATORS_MAX;

/// The kind of place that a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A client's.
    Client,
    /// An operator's, at the operators' listener.
    Operators,
    /// One of the spare ones.
    Spare,
    /// None: the connection is an outgoing one.
    Outgoing,
}

/// The numbers of connections with other places than clients' ones.
#[derive(Debug, Default)]
pub(super) struct Places {
    operators: usize,
    spare: usize,
    outgoing: usize,
}

impl Places {
    /// Whether all places at a listener are taken when there are `all` connections: those that the
    /// clients share, or the [`OPERATORS_MAX`] of the operators.
    pub(super) const fn are_taken(&self, bounds: Bounds, listener: usize, all: usize) -> bool {
        match listener >= bounds.operators_from {
            true => self.operators >= OPERATORS_MAX,
            false => all - self.operators - self.spare - self.outgoing >= bounds.clients_max,
        }
    }

    /// Takes a place at a listener.
    pub(super) const fn take(&mut self, bounds: Bounds, listener: usize) -> Place {
        let place = match listener {
            SPARE_LISTENER | SECURE_SPARE_LISTENER | SECURE_REFUSED_LISTENER => Place::Spare,
            listener if listener >= bounds.operators_from => Place::Operators,
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
