//! What is left for those who are away: only so much, so that nobody buries what others leave.

use super::refusal::Refusal;
use crate::limits::{MAILBOX_ADDRESS_MAX, MAILBOX_MAX};
use mio_socketio::Address;
use std::collections::HashMap;
use std::rc::Rc;

/// How many messages wait, for each who is away, by their ids. It ends when their name is kept no
/// longer, as nothing can be left then, and when they are back.
#[derive(Debug, Default)]
pub(super) struct Mailboxes(HashMap<Rc<str>, Mailbox>);

#[derive(Debug, Default)]
struct Mailbox {
    all: u32,
    by_address: HashMap<Address, u32>,
}

impl Mailboxes {
    /// Counts one more message for the one with this id, who is called `nick`: from all together,
    /// and from an address unless it is exempt.
    pub(super) fn leave(
        &mut self,
        id: &Rc<str>,
        nick: &Rc<str>,
        from: Option<Address>,
    ) -> Result<(), Refusal> {
        let mailbox = self.0.entry(id.clone()).or_default();
        let own = from.and_then(|from| mailbox.by_address.get(&from)).copied().unwrap_or_default();
        if mailbox.all >= MAILBOX_MAX || own >= MAILBOX_ADDRESS_MAX {
            return Err(Refusal::MailboxFull(nick.clone()));
        }
        mailbox.all += 1;
        if let Some(from) = from {
            mailbox.by_address.insert(from, own + 1);
        }
        Ok(())
    }

    /// Nothing can be left for them any more, or need be.
    pub(super) fn end(&mut self, id: &str) {
        self.0.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_fills_its_part_and_all_together_the_rest() {
        let mut mailboxes = Mailboxes::default();
        let (id, nick): (Rc<str>, Rc<str>) = (Rc::from("id"), Rc::from("alice"));
        let from = |number: u32| Some(Address::of(std::net::IpAddr::from(number.to_be_bytes())));
        let full = Err(Refusal::MailboxFull(nick.clone()));
        for number in 1..=9 {
            for _ in 0..MAILBOX_ADDRESS_MAX {
                assert_eq!(mailboxes.leave(&id, &nick, from(number)), Ok(()));
            }
            assert_eq!(mailboxes.leave(&id, &nick, from(number)), full);
        }
        for _ in 0..MAILBOX_MAX - 9 * MAILBOX_ADDRESS_MAX {
            assert_eq!(mailboxes.leave(&id, &nick, None), Ok(()));
        }
        assert_eq!(mailboxes.leave(&id, &nick, None), full);
        assert_eq!(mailboxes.leave(&id, &nick, from(77)), full);
        mailboxes.end("id");
        assert_eq!(mailboxes.leave(&id, &nick, from(1)), Ok(()));
    }
}
