//! Private messages for people who are away: a bounded number of them, so that nobody buries the
//! messages of others.

use crate::limits::{MAILBOX_ADDRESS_MAX, MAILBOX_MAX, MAILBOXES_MAX};
use mio_socketio::Address;
use std::collections::HashMap;
use std::rc::Rc;

/// The number of messages that wait for each person who is away, by their ids. A count ends when
/// the person is back; that of a guest also when their name is no longer held, because nobody can
/// write to them then.
#[derive(Debug, Default)]
pub(in crate::chat) struct Mailboxes(HashMap<Rc<str>, Mailbox>);

#[derive(Debug, Default)]
struct Mailbox {
    all: u32,
    /// They are registered: anybody can write to them at any time.
    is_lasting: bool,
    by_address: HashMap<Address, u32>,
}

impl Mailboxes {
    /// Whether the mailbox of the person with this id is full: for everyone, or for the address
    /// `from`, unless that is exempt and so not given.
    pub(in crate::chat) fn is_full(&self, id: &str, from: Option<Address>) -> bool {
        let Some(mailbox) = self.0.get(id) else { return false };
        let own = from.and_then(|from| mailbox.by_address.get(&from)).copied().unwrap_or_default();
        mailbox.all >= MAILBOX_MAX || own >= MAILBOX_ADDRESS_MAX
    }

    /// Whether the messages of the registered person with this id are counted.
    pub(in crate::chat) fn counts(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(|mailbox| mailbox.is_lasting)
    }

    /// Begins the count of a registered person, for whom `waiting` messages wait already.
    pub(in crate::chat) fn begin(&mut self, id: &Rc<str>, waiting: u32) {
        self.make_place(id);
        let mailbox = self.0.entry(id.clone()).or_default();
        (mailbox.all, mailbox.is_lasting) = (mailbox.all.max(waiting), true);
    }

    fn make_place(&mut self, id: &Rc<str>) {
        if self.0.len() < MAILBOXES_MAX || self.0.contains_key(id) {
            return;
        }
        let smallest = self.0.iter().min_by_key(|(id, mailbox)| (mailbox.all, (*id).clone()));
        if let Some(smallest) = smallest.map(|(id, _)| id.clone()) {
            self.0.remove(&smallest);
        }
    }

    /// Counts one more message for the person with this id.
    pub(in crate::chat) fn leave(&mut self, id: &Rc<str>, from: Option<Address>) {
        self.make_place(id);
        let mailbox = self.0.entry(id.clone()).or_default();
        mailbox.all += 1;
        if let Some(from) = from {
            *mailbox.by_address.entry(from).or_default() += 1;
        }
    }

    /// Ends the count of a guest whose name is no longer held.
    pub(in crate::chat) fn end_hold(&mut self, id: &str) {
        if !self.counts(id) {
            self.end(id);
        }
    }

    /// Ends the count of a person who is back.
    pub(in crate::chat) fn end(&mut self, id: &str) {
        self.0.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_fills_its_part_and_all_together_the_rest() {
        let mut mailboxes = Mailboxes::default();
        let id: Rc<str> = Rc::from("id");
        let from = |number: u32| Some(Address::of(std::net::IpAddr::from(number.to_be_bytes())));
        for number in 1..=9 {
            for _ in 0..MAILBOX_ADDRESS_MAX {
                assert!(!mailboxes.is_full(&id, from(number)));
                mailboxes.leave(&id, from(number));
            }
            assert!(mailboxes.is_full(&id, from(number)));
        }
        for _ in 0..MAILBOX_MAX - 9 * MAILBOX_ADDRESS_MAX {
            assert!(!mailboxes.is_full(&id, None));
            mailboxes.leave(&id, None);
        }
        assert!(mailboxes.is_full(&id, None) && mailboxes.is_full(&id, from(77)));
        mailboxes.end("id");
        assert!(!mailboxes.is_full(&id, from(1)));
    }
}
