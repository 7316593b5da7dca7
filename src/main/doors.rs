//! The doors of the program, one row for each: its flag, its names, and its addresses among the
//! settings of the library. Everything that deals with doors goes over this list.

use super::addresses::Bind;
use super::options::Serve;
use mio_socketio::{Listen, ListenAddress};

/// A door.
pub(crate) struct Door {
    /// The flag that names its addresses, without its dashes.
    pub(crate) flag: &'static str,
    /// Its name in `FileDescriptorName=` of a socket unit.
    pub(crate) unit: &'static str,
    /// Whether people come in by it: a server without such a door serves nobody.
    pub(crate) takes_people: bool,
    /// If everybody on the way can read it, the concern about that at addresses which other
    /// machines reach.
    pub(crate) clear: Option<InTheClear>,
    /// How the banner shows it.
    pub(crate) shown: Shown,
    /// The values of its flag.
    pub(crate) binds: fn(&Serve) -> &[Bind],
    /// The addresses at which it listens.
    pub(crate) addresses: fn(&Listen) -> Vec<ListenAddress>,
    /// `listen` with these addresses for it.
    pub(crate) at: fn(Listen, Vec<ListenAddress>) -> Listen,
}

/// A door whose bytes everybody on the way can read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InTheClear {
    /// The bytes, in a sentence.
    pub(crate) bytes: &'static str,
    /// The flag of the same door over TLS, without its dashes.
    pub(crate) secure: &'static str,
}

/// A door in the banner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// Its purpose.
    pub(crate) name: &'static str,
    /// The text before and after its address. If the first ends with a space, it is a command that
    /// takes a host and a port.
    pub(crate) around: (&'static str, &'static str),
    /// Its purpose and that text at a relay, which has no page, if they differ.
    pub(crate) at_relay: Option<(&'static str, (&'static str, &'static str))>,
    /// Whether the banner suggests opening it to others.
    pub(crate) is_for_others: bool,
}

/// All doors, in the order in which they are shown.
pub(crate) const DOORS: &[Door] = &[
    Door {
        flag: "bind",
        unit: "lines",
        takes_people: true,
        clear: Some(InTheClear { bytes: "Lines", secure: "bind-tls" }),
        shown: Shown::chat(("nc ", "")),
        binds: |options| &options.bind,
        addresses: |listen| listen.addresses.clone(),
        at: Listen::addresses,
    },
    Door {
        flag: "bind-tls",
        unit: "lines-tls",
        takes_people: true,
        clear: None,
        shown: Shown::chat(("ncat --ssl ", "")),
        binds: |options| &options.bind_tls,
        addresses: |listen| listen.tls.clone(),
        at: Listen::tls,
    },
    Door {
        flag: "http",
        unit: "http",
        takes_people: true,
        clear: Some(InTheClear { bytes: "The page and its messages", secure: "https" }),
        shown: Shown::web(("http://", "/"), ("ws://", "/ws")),
        binds: |options| &options.http,
        addresses: |listen| listen.http.clone(),
        at: Listen::http,
    },
    Door {
        flag: "https",
        unit: "https",
        takes_people: true,
        clear: None,
        shown: Shown::web(("https://", "/"), ("wss://", "/ws")),
        binds: |options| &options.https,
        addresses: |listen| listen.https.clone(),
        at: Listen::https,
    },
    Door {
        flag: "metrics",
        unit: "metrics",
        takes_people: false,
        // Nobody should reach it but the scraper, which is a concern of its own.
        clear: None,
        shown: Shown {
            name: "metrics",
            around: ("http://", "/metrics"),
            at_relay: None,
            is_for_others: false,
        },
        binds: |options| &options.metrics,
        addresses: |listen| listen.operators.clone(),
        at: Listen::operators,
    },
];

impl Shown {
    /// A door of the chat's own.
    const fn chat(around: (&'static str, &'static str)) -> Self {
        Self { name: "chat", around, at_relay: None, is_for_others: true }
    }

    /// A door with the page.
    const fn web(
        around: (&'static str, &'static str),
        at_relay: (&'static str, &'static str),
    ) -> Self {
        Self { name: "web", around, at_relay: Some(("chat", at_relay)), is_for_others: true }
    }
}

/// The addresses in the flags of a server.
pub(crate) fn listen(options: &Serve) -> Listen {
    DOORS.iter().fold(Listen::default(), |listen, door| {
        let binds = (door.binds)(options);
        (door.at)(listen, binds.iter().flat_map(Bind::addresses).collect())
    })
}

/// The names in the addresses of the doors.
pub(crate) fn names(options: &Serve) -> Vec<String> {
    let bound = DOORS.iter().flat_map(|door| (door.binds)(options));
    let named = bound.filter_map(|bind| match bind {
        Bind::Named(name, _) => Some(name.clone()),
        Bind::None | Bind::Addresses(_) | Bind::Unix(_) => None,
    });
    named.collect()
}

/// The door that listens at this address.
pub(crate) fn at(listen: &Listen, address: &ListenAddress) -> Option<&'static Door> {
    DOORS.iter().find(|door| (door.addresses)(listen).contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_door_has_its_own_flag_name_and_addresses() {
        let flags: HashSet<&str> = DOORS.iter().map(|door| door.flag).collect();
        let units: HashSet<&str> = DOORS.iter().map(|door| door.unit).collect();
        assert_eq!((flags.len(), units.len()), (DOORS.len(), DOORS.len()));
        let address = |number: usize| ListenAddress::Unix(format!("/{number}").into());
        let listen = DOORS.iter().enumerate().fold(Listen::default(), |listen, (number, door)| {
            (door.at)(listen, vec![address(number)])
        });
        for (number, door) in DOORS.iter().enumerate() {
            assert_eq!((door.addresses)(&listen), [address(number)], "{}", door.flag);
            assert_eq!(at(&listen, &address(number)).map(|found| found.flag), Some(door.flag));
        }
        assert!(at(&listen, &address(DOORS.len())).is_none());
    }

    #[test]
    fn each_door_in_the_clear_names_the_same_door_over_tls() {
        let is_secure = |flag: &str| DOORS.iter().any(|it| it.flag == flag && it.clear.is_none());
        for door in DOORS {
            let secure = door.clear.map(|clear| clear.secure);
            assert!(secure.is_none_or(is_secure), "{}: {secure:?}", door.flag);
        }
    }
}
