//! The door of each listener.

use super::Listen;
use crate::net::SPARE_LISTENER;
use crate::session::HttpDoor;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DoorKind {
    /// The line door.
    Lines,
    /// One that speaks HTTP.
    Http(HttpDoor),
}

/// The doors of a server, by the numbers of its listeners: first those of the line door, then those
/// of the HTTP door, then those of the operators' door.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doors {
    http_from: usize,
    operators_from: usize,
}

impl Default for Doors {
    /// Every listener is at the line door.
    fn default() -> Self {
        Self { http_from: usize::MAX, operators_from: usize::MAX }
    }
}

impl Doors {
    /// The doors that a server listens at.
    pub(super) const fn new(listen: &Listen) -> Self {
        let http_from = listen.addresses.len();
        Self { http_from, operators_from: http_from + listen.http.len() }
    }

    /// The door of listener `number`, or of [`SPARE_LISTENER`].
    pub(super) const fn kind(self, number: usize) -> DoorKind {
        match number {
            SPARE_LISTENER => DoorKind::Http(HttpDoor::Spare),
            number if number < self.http_from => DoorKind::Lines,
            number if number < self.operators_from => DoorKind::Http(HttpDoor::Clients),
            _ => DoorKind::Http(HttpDoor::Operators),
        }
    }

    /// The number of the operators' first listener: no client takes a place from there on.
    pub(super) const fn operators_from(self) -> usize {
        self.operators_from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::ListenAddress;

    #[test]
    fn listeners_are_numbered_door_by_door() {
        let some = |count: usize| vec![ListenAddress::Unix("/a".into()); count];
        let door = |lines, http, operators, number| {
            let listen = Listen::default().addresses(some(lines)).http(some(http));
            Doors::new(&listen.operators(some(operators))).kind(number)
        };
        let [http, operators] = [HttpDoor::Clients, HttpDoor::Operators].map(DoorKind::Http);
        let all: Vec<DoorKind> = (0..5).map(|number| door(2, 1, 2, number)).collect();
        assert_eq!(all, [DoorKind::Lines, DoorKind::Lines, http, operators, operators]);
        assert_eq!([door(0, 1, 1, 0), door(0, 1, 1, 1)], [http, operators]);
        assert_eq!(door(0, 0, 1, 0), operators);
        assert_eq!(door(2, 1, 2, SPARE_LISTENER), DoorKind::Http(HttpDoor::Spare));
        assert_eq!(Doors::default().kind(7), DoorKind::Lines);
    }
}
