//! Passwords that wait before they are checked, because many wrong ones have come for the same
//! name. Each address may have few of them. Where places are short, an address that has the most
//! gives one up, so that a few addresses cannot keep everybody else from being checked.

use crate::limits::{
    GUESSES_HELD_MAX, GUESSES_HELD_PER_ADDRESS_MAX, PASSWORDS_HELD_MAX,
    PASSWORDS_HELD_PER_ADDRESS_MAX,
};
use mio_socketio::Address;
use std::collections::HashMap;
use std::rc::Rc;

/// Passwords that wait, in the order in which they came.
#[derive(Debug)]
pub(super) struct Delays<T>(Vec<Delay<T>>);

#[derive(Debug)]
struct Delay<T> {
    due_ms: u64,
    /// The id of the person whose password it may be.
    id: Rc<str>,
    from: Option<Address>,
    who: T,
}

impl<T> Default for Delays<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Delays<T> {
    /// Has somebody wait until a time with a password for this person. Returns the one who gives up
    /// their place for it, if places are short.
    ///
    /// # Errors
    /// Gives the newcomer back if their address has too many places already.
    pub(super) fn take(
        &mut self,
        due_ms: u64,
        (id, from): (&Rc<str>, Option<Address>),
        who: T,
    ) -> Result<Option<T>, T> {
        let own = || self.0.iter().filter(|it| it.from == from);
        let is_full = own().count() >= PASSWORDS_HELD_PER_ADDRESS_MAX
            || own().filter(|it| it.id == *id).count() >= GUESSES_HELD_PER_ADDRESS_MAX;
        if is_full {
            return Err(who);
        }
        self.0.push(Delay { due_ms, id: id.clone(), from, who });
        let of_name = self.0.iter().filter(|it| it.id == *id).count();
        Ok(if of_name > GUESSES_HELD_MAX {
            self.give_up(|it| it.id == *id)
        } else if self.0.len() > PASSWORDS_HELD_MAX {
            self.give_up(|_| true)
        } else {
            None
        })
    }

    /// Takes one of these out: the first of an address that has the most of them.
    fn give_up(&mut self, is_one: impl Fn(&Delay<T>) -> bool) -> Option<T> {
        let mut counts: HashMap<Option<Address>, usize> = HashMap::new();
        for place in self.0.iter().filter(|place| is_one(place)) {
            *counts.entry(place.from).or_default() += 1;
        }
        let most = counts.values().max().copied()?;
        let at = self.0.iter().position(|it| is_one(it) && counts.get(&it.from) == Some(&most))?;
        Some(self.0.remove(at).who)
    }

    /// Takes those out whose time has come.
    pub(super) fn due(&mut self, now_ms: u64) -> Vec<T> {
        self.0.extract_if(.., |it| it.due_ms <= now_ms).map(|it| it.who).collect()
    }

    /// Frees the places of all others.
    pub(super) fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        self.0.retain(|it| stays(&it.who));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    /// An address of its own for each number.
    fn address(number: usize) -> Option<Address> {
        let number = u32::try_from(number).expect("a small number");
        Some(Address::of(IpAddr::V4(Ipv4Addr::from(0xC612_0000 + number))))
    }

    #[test]
    fn an_address_has_few_places_for_a_name_and_few_in_all() {
        let (mut delays, names) = (Delays::default(), ["a", "b", "c", "d"].map(Rc::from));
        for _ in 0..GUESSES_HELD_PER_ADDRESS_MAX {
            assert_eq!(delays.take(1, (&names[0], address(1)), "foe"), Ok(None));
        }
        assert_eq!(delays.take(1, (&names[0], address(1)), "third"), Err("third"));
        assert_eq!(delays.take(1, (&names[0], address(2)), "other"), Ok(None));
        let more = names[1..].iter().cycle();
        for name in more.take(PASSWORDS_HELD_PER_ADDRESS_MAX - GUESSES_HELD_PER_ADDRESS_MAX) {
            assert_eq!(delays.take(1, (name, address(1)), "foe"), Ok(None));
        }
        assert_eq!(delays.take(1, (&names[3], address(1)), "late"), Err("late"));
        // A client that has gone has no place, and neither has one whose time has come.
        delays.retain(|who| *who != "foe");
        assert_eq!(delays.take(2, (&names[0], address(1)), "again"), Ok(None));
        assert_eq!(delays.due(1), ["other"]);
        assert_eq!(delays.due(2), ["again"]);
        assert_eq!(delays.0.len(), 0);
    }

    #[test]
    fn a_few_addresses_cannot_take_all_places_for_a_name() {
        let (mut delays, alice) = (Delays::default(), Rc::from("alice"));
        let foes = GUESSES_HELD_MAX / GUESSES_HELD_PER_ADDRESS_MAX;
        for number in 0..GUESSES_HELD_MAX {
            assert_eq!(delays.take(1, (&alice, address(number % foes)), "foe"), Ok(None));
        }
        assert_eq!(delays.take(1, (&alice, address(500)), "owner"), Ok(Some("foe")));
        // Foes who come again and again push out foes.
        for number in 0..GUESSES_HELD_MAX {
            let out = delays.take(1, (&alice, address(number % foes)), "foe");
            assert!(matches!(out, Ok(None | Some("foe")) | Err("foe")), "{out:?}");
        }
        assert_eq!(delays.0.len(), GUESSES_HELD_MAX);
        assert!(delays.due(1).contains(&"owner"));
    }

    #[test]
    fn a_few_addresses_cannot_take_the_places_for_all_names() {
        let mut delays = Delays::default();
        let names: Vec<Rc<str>> = (0..PASSWORDS_HELD_MAX).map(|it| it.to_string().into()).collect();
        for (number, name) in names.iter().enumerate() {
            let from = address(number / PASSWORDS_HELD_PER_ADDRESS_MAX);
            assert_eq!(delays.take(1, (name, from), "foe"), Ok(None));
        }
        let alice = Rc::from("alice");
        assert_eq!(delays.take(1, (&alice, address(500)), "owner"), Ok(Some("foe")));
        assert_eq!(delays.0.len(), PASSWORDS_HELD_MAX);
        assert!(delays.due(1).contains(&"owner"));
    }
}
