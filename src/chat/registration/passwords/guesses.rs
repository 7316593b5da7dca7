//! Wrong passwords for each registered name. A stranger who guesses may have many addresses, so the
//! limit of each address is not enough: after some wrong passwords the next ones are checked later
//! and later. Nothing is locked, so that nobody can keep a person out by guessing. The right
//! password counts whenever it is checked; from an address from which it has come before, it is
//! checked at once.

use crate::limits::{
    GUESS_DELAY_MS, GUESS_DELAY_MS_MAX, GUESS_FORGOTTEN_MS, GUESSED_NAMES_MAX, GUESSES_FREE,
    GUESSES_KNOWN_ADDRESSES_MAX,
};
use mio_socketio::Address;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// The wrong passwords of late, by the ids of registered people.
#[derive(Debug, Default)]
pub(super) struct Guesses(HashMap<Rc<str>, Guessed>);

/// The wrong passwords for one person.
#[derive(Debug, Default)]
struct Guessed {
    /// Their number, of which one is forgotten now and then.
    wrong: u64,
    /// The time up to which they were forgotten.
    since_ms: u64,
    /// Addresses from which the right password has come, the last one at the end.
    known: VecDeque<Address>,
}

impl Guesses {
    /// Milliseconds for which a password for this person has to wait.
    pub(super) fn wait_ms(&mut self, now_ms: u64, id: &str, from: Option<Address>) -> u64 {
        let Some(guessed) = self.0.get_mut(id) else { return 0 };
        guessed.forget(now_ms);
        let is_known = from.is_some_and(|from| guessed.known.contains(&from));
        let Some(over) = guessed.wrong.checked_sub(GUESSES_FREE).filter(|_| !is_known) else {
            return 0;
        };
        let doublings = u32::try_from(over).unwrap_or(u32::MAX);
        let doubled = 2u64.saturating_pow(doublings).saturating_mul(GUESS_DELAY_MS);
        doubled.min(GUESS_DELAY_MS_MAX)
    }

    /// A wrong password has come.
    pub(super) fn wrong(&mut self, now_ms: u64, id: &Rc<str>) {
        let guessed = self.of(now_ms, id);
        guessed.forget(now_ms);
        guessed.wrong += 1;
    }

    /// The right password has come, from this address.
    pub(super) fn right(&mut self, now_ms: u64, id: &Rc<str>, from: Option<Address>) {
        let Some(from) = from else { return };
        let known = &mut self.of(now_ms, id).known;
        known.retain(|known| *known != from);
        known.push_back(from);
        if known.len() > GUESSES_KNOWN_ADDRESSES_MAX {
            known.pop_front();
        }
    }

    /// The notes about a person. If there are too many, those about the person with the fewest
    /// wrong passwords go.
    fn of(&mut self, now_ms: u64, id: &Rc<str>) -> &mut Guessed {
        if self.0.len() >= GUESSED_NAMES_MAX && !self.0.contains_key(id) {
            let notes = self.0.iter();
            let fewest = notes.min_by_key(|(id, guessed)| (guessed.wrong, guessed.since_ms, *id));
            if let Some(id) = fewest.map(|(id, _)| id.clone()) {
                self.0.remove(&id);
            }
        }
        let new = || Guessed { since_ms: now_ms, ..Guessed::default() };
        self.0.entry(id.clone()).or_insert_with(new)
    }
}

impl Guessed {
    /// Forgets wrong passwords as time goes by.
    fn forget(&mut self, now_ms: u64) {
        let forgotten = now_ms.saturating_sub(self.since_ms) / GUESS_FORGOTTEN_MS;
        self.wrong = self.wrong.saturating_sub(forgotten);
        self.since_ms = match self.wrong {
            0 => now_ms,
            _ => self.since_ms + forgotten * GUESS_FORGOTTEN_MS,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn address(ip: &str) -> Option<Address> {
        Some(Address::of(ip.parse::<IpAddr>().expect("an address")))
    }

    #[test]
    fn guesses_wait_longer_and_longer_and_the_person_does_not() {
        let (mut guesses, alice) = (Guesses::default(), Rc::from("id-of-alice"));
        let (hers, foes) = (address("192.0.2.1"), address("192.0.2.2"));
        guesses.right(0, &alice, hers);
        for _ in 0..GUESSES_FREE {
            assert_eq!(guesses.wait_ms(0, &alice, foes), 0);
            guesses.wrong(0, &alice);
        }
        let mut delays = Vec::new();
        for _ in 0..6 {
            delays.push(guesses.wait_ms(0, &alice, foes));
            guesses.wrong(0, &alice);
        }
        assert_eq!(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 20_000]);
        assert_eq!(guesses.wait_ms(0, "id-of-bob", foes), 0);
        assert_eq!(guesses.wait_ms(0, &alice, hers), 0);
        // All but the free ones are forgotten after a while.
        let later_ms = 7 * GUESS_FORGOTTEN_MS;
        assert_eq!(guesses.wait_ms(later_ms, &alice, foes), 0);
    }

    #[test]
    fn a_bounded_number_of_people_is_noted_and_those_guessed_most_stay() {
        let (mut guesses, alice) = (Guesses::default(), Rc::from("alice"));
        for _ in 0..=GUESSES_FREE {
            guesses.wrong(0, &alice);
        }
        for number in 0..2 * GUESSED_NAMES_MAX {
            guesses.wrong(0, &format!("id-{number}").into());
        }
        assert_eq!(guesses.0.len(), GUESSED_NAMES_MAX);
        assert_eq!(guesses.wait_ms(0, &alice, None), 2 * GUESS_DELAY_MS);
    }
}
