//! Guests who have gone of late. A guest who says something bad and leaves can still be banned: by
//! their id, with which they may come back, and by the address that they had. Only their own server
//! knows that.

use crate::chat::fact::{Departed, Fact};
use crate::chat::{Cx, journal, names};
use crate::limits::{GONE_GUEST_MS, GONE_GUESTS_MAX, GONE_GUESTS_OF_ADDRESS_MAX};
use mio_socketio::PeerAddress;
use std::collections::VecDeque;
use std::rc::Rc;

/// The guests who have gone of late, the last one at the end.
#[derive(Debug, Default)]
pub(in crate::chat) struct GoneGuests(VecDeque<GoneGuest>);

#[derive(Debug)]
struct GoneGuest {
    id: Rc<str>,
    nick: Rc<str>,
    /// The keys by which names are compared.
    keys: Box<[Box<str>]>,
    address: Option<PeerAddress>,
    gone_ms: u64,
}

impl GoneGuest {
    const fn is_known(&self, now_ms: u64) -> bool {
        now_ms < self.gone_ms + GONE_GUEST_MS
    }
}

impl GoneGuests {
    /// Notes a guest who goes, or what their name was in the end. If there are too many, in all or
    /// of one address, the first is forgotten.
    fn note(&mut self, mut guest: GoneGuest) {
        while self.0.pop_front_if(|first| !first.is_known(guest.gone_ms)).is_some() {}
        let before = self.0.iter().rposition(|other| other.id == guest.id);
        if let Some(before) = before.and_then(|before| self.0.remove(before)) {
            guest.address = before.address.or(guest.address);
        }
        let is_of_address = |other: &&GoneGuest| other.address == guest.address;
        let of_address = self.0.iter().filter(is_of_address).count();
        if guest.address.is_some() && of_address >= GONE_GUESTS_OF_ADDRESS_MAX {
            let first = self.0.iter().position(|other| is_of_address(&other));
            first.and_then(|first| self.0.remove(first));
        }
        if self.0.len() >= GONE_GUESTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(guest);
    }

    /// The id and the nick of the last guest to go who had this name, or one that looks like it.
    pub(in crate::chat) fn find(&self, now_ms: u64, name: &str) -> Option<(Rc<str>, Rc<str>)> {
        let keys: Vec<Box<str>> = names::nick_keys(name).collect();
        let mut known = self.0.iter().rev().filter(|guest| guest.is_known(now_ms));
        let found = known.find(|guest| guest.keys.iter().any(|key| keys.contains(key)))?;
        Some((found.id.clone(), found.nick.clone()))
    }

    /// The addresses from which a guest has gone.
    pub(super) fn addresses(&self, id: &str) -> impl Iterator<Item = PeerAddress> {
        let theirs = self.0.iter().filter(move |guest| *guest.id == *id);
        theirs.filter_map(|guest| guest.address)
    }
}

/// Notes a guest who goes with the last of their devices. One of many nodes does so twice: while it
/// still knows the address, and when they have gone for all, under a name that was on its way.
pub(in crate::chat) fn note_gone(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    let Fact::Departed(Departed { by, .. }) = fact else { return };
    let Some(person) = cx.state.people.get(*by).filter(|it| !it.is_registered) else { return };
    if cx.state.stopping || cx.state.people.devices(*by).count() > 1 {
        return;
    }
    let (nick, id) = (person.nick.clone(), person.id.clone());
    let id = id.or_else(|| journal::id_of(cx.state, *by));
    let id = id.unwrap_or_else(|| cx.random_id().into());
    let (address, gone_ms) = (cx.address(*by), cx.now().ms);
    let keys = names::nick_keys(&nick).collect();
    cx.state.gone.note(GoneGuest { id, nick, keys, address, gone_ms });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn guest(name: &str, ip: [u8; 4], gone_ms: u64) -> GoneGuest {
        let (id, nick) = (Rc::from(format!("id of {name}")), Rc::from(name));
        let (keys, address) = (names::nick_keys(name).collect(), Some(IpAddr::from(ip).into()));
        GoneGuest { id, nick, keys, address, gone_ms }
    }

    fn found(gone: &GoneGuests, now_ms: u64, name: &str) -> Option<String> {
        gone.find(now_ms, name).map(|(_, nick)| nick.to_string())
    }

    #[test]
    fn a_guest_is_known_for_a_while_by_any_look_of_their_name() {
        let mut gone = GoneGuests::default();
        gone.note(guest("Mallory", [192, 0, 2, 1], 5));
        assert_eq!(found(&gone, 6, "mallory").as_deref(), Some("Mallory"));
        let addresses: Vec<PeerAddress> = gone.addresses("id of Mallory").collect();
        assert_eq!(addresses, [IpAddr::from([192, 0, 2, 1]).into()]);
        assert_eq!(found(&gone, 6, "eve"), None);
        assert_eq!(found(&gone, 5 + GONE_GUEST_MS, "mallory"), None);
        gone.note(guest("eve", [192, 0, 2, 2], 5 + GONE_GUEST_MS));
        assert_eq!(gone.0.len(), 1);
    }

    #[test]
    fn a_name_that_was_on_its_way_is_the_one_that_counts() {
        let mut gone = GoneGuests::default();
        gone.note(guest("guest-1", [192, 0, 2, 1], 1));
        let renamed = GoneGuest { id: "id of guest-1".into(), ..guest("eve", [0; 4], 2) };
        gone.note(GoneGuest { address: None, ..renamed });
        assert_eq!(
            (found(&gone, 3, "guest-1"), found(&gone, 3, "eve")),
            (None, Some("eve".into()))
        );
        assert_eq!(gone.addresses("id of guest-1").count(), 1);
    }

    #[test]
    fn guests_of_one_address_do_not_push_out_all_others() {
        let mut gone = GoneGuests::default();
        gone.note(guest("mallory", [192, 0, 2, 1], 1));
        for number in 0..GONE_GUESTS_MAX {
            gone.note(guest(&format!("eve{number}"), [192, 0, 2, 2], 2));
        }
        assert_eq!(gone.0.len(), 1 + GONE_GUESTS_OF_ADDRESS_MAX);
        assert!(found(&gone, 3, "mallory").is_some() && found(&gone, 3, "eve0").is_none());
        for number in 0..GONE_GUESTS_MAX {
            let [high, low] = u16::try_from(number).expect("a small number").to_be_bytes();
            gone.note(guest(&format!("bob{number}"), [198, 51, high, low], 2));
        }
        assert_eq!(gone.0.len(), GONE_GUESTS_MAX);
        assert!(found(&gone, 3, "mallory").is_none());
    }
}
