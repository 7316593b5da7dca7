//! The door of each listener.

use super::Listen;
use crate::net::{SECURE_REFUSED_LISTENER, SECURE_SPARE_LISTENER, SPARE_LISTENER};
use crate::session::HttpDoor;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DoorKind {
    /// The line door.
    Lines,
    /// One whose protocol is the application's own: this one of [`Listen::own_doors`].
    Own(usize),
    /// One that speaks HTTP.
    Http(HttpDoor),
}

/// The doors of a server, by the numbers of its listeners: first those of the line door, then those
/// for protocols of the application's own, then those of the HTTP door, then those of the
/// operators' door. At all but the last, the listeners that speak TLS come last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doors {
    tls_from: usize,
    own_from: usize,
    own_tls_from: usize,
    http_from: usize,
    https_from: usize,
    operators_from: usize,
}

impl Default for Doors {
    /// Every listener is at the line door.
    fn default() -> Self {
        let none = usize::MAX;
        Self {
            tls_from: none,
            own_from: none,
            own_tls_from: none,
            http_from: none,
            https_from: none,
            operators_from: none,
        }
    }
}

impl Doors {
    /// The doors that a server listens at.
    pub(super) fn new(listen: &Listen) -> Self {
        let tls_from = listen.addresses.len();
        let own_from = tls_from + listen.tls.len();
        let plain = listen.doors.iter().filter(|door| !door.is_secure).count();
        let own_tls_from = own_from + plain;
        let http_from = own_from + listen.doors.len();
        let https_from = http_from + listen.http.len();
        let operators_from = https_from + listen.https.len();
        Self { tls_from, own_from, own_tls_from, http_from, https_from, operators_from }
    }

    /// Whether listener `number` speaks TLS.
    pub(super) const fn is_secure(self, number: usize) -> bool {
        let is_lines = number >= self.tls_from && number < self.own_from;
        let is_own = number >= self.own_tls_from && number < self.http_from;
        let is_http = number >= self.https_from && number < self.operators_from;
        let is_spare = matches!(number, SECURE_SPARE_LISTENER | SECURE_REFUSED_LISTENER);
        is_lines || is_own || is_http || is_spare
    }

    /// The door of listener `number`, or of one of the spare ones.
    pub(super) const fn kind(self, number: usize) -> DoorKind {
        match number {
            SPARE_LISTENER | SECURE_SPARE_LISTENER => DoorKind::Http(HttpDoor::Spare),
            // Nothing is read from such a connection, so that it needs no requests.
            SECURE_REFUSED_LISTENER => DoorKind::Lines,
            number if number < self.own_from => DoorKind::Lines,
            number if number < self.http_from => DoorKind::Own(number - self.own_from),
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
    fn doors_of_the_application_come_after_the_line_door() {
        let address = || ListenAddress::Unix("/a".into());
        let listen = Listen::default().addresses(vec![address()]).http(vec![address()]);
        let listen = listen.secure_door("b", vec![address()]).door("a", vec![address()]);
        let names: Vec<&str> = listen.own_doors().map(|door| &*door.name).collect();
        assert_eq!(names, ["a", "b"], "those over TLS come last");
        let doors = Doors::new(&listen);
        let kinds = [0, 1, 2, 3].map(|number| doors.kind(number));
        let http = DoorKind::Http(HttpDoor::Clients);
        assert_eq!(kinds, [DoorKind::Lines, DoorKind::Own(0), DoorKind::Own(1), http]);
        assert_eq!([0, 1, 2, 3].map(|number| doors.is_secure(number)), [false, false, true, false]);
    }

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
        let listen = Listen::default().addresses(some(1)).tls(some(2)).http(some(1));
        let doors = Doors::new(&listen.https(some(1)).operators(some(1)));
        let secure: Vec<usize> = (0..6).filter(|number| doors.is_secure(*number)).collect();
        assert_eq!(secure, [1, 2, 4]);
        let kinds = [DoorKind::Lines, DoorKind::Lines, DoorKind::Lines, http, http, operators];
        assert_eq!([0, 1, 2, 3, 4, 5].map(|number| doors.kind(number)), kinds);
        assert!(doors.is_secure(SECURE_SPARE_LISTENER) && !doors.is_secure(SPARE_LISTENER));
        assert_eq!(door(2, 1, 2, SPARE_LISTENER), DoorKind::Http(HttpDoor::Spare));
        assert_eq!(Doors::default().kind(7), DoorKind::Lines);
    }
}
