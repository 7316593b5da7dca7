//! Whether all who only listen hear all messages in one order.
//!
//! A chat promises that everybody in a room hears the same order, at every node. By some protocols
//! senders do not hear their own messages, so only the listeners' order is compared.

use std::collections::VecDeque;

/// A message: its sender and its number.
type Heard = (u32, u32);

/// Messages after which the part that everybody has heard is forgotten again.
const FORGET_AFTER: usize = 1 << 20;

/// The order in which messages were heard.
#[derive(Default)]
pub(crate) struct Sequence {
    /// The first of the clients that only listen.
    first: usize,
    /// The order heard by the client that is furthest ahead, without the forgotten beginning.
    heard: VecDeque<Heard>,
    /// The number of forgotten messages.
    forgotten: usize,
    /// The number of messages that each listener has heard.
    counts: Vec<usize>,
    /// When messages are forgotten next, by how many are remembered.
    forget_at: usize,
    /// Deliveries that differ from another client's at the same place.
    pub(crate) disordered: u64,
}

impl Sequence {
    /// Compares the clients from number `first` on, of `clients` in all.
    pub(crate) fn new(first: usize, clients: usize) -> Self {
        let counts = vec![0; clients.saturating_sub(first)];
        Self { first, counts, forget_at: FORGET_AFTER, ..Self::default() }
    }

    /// Notes a client's next delivery.
    pub(crate) fn note(&mut self, client: usize, message: Heard) {
        let Some(count) = client.checked_sub(self.first).and_then(|at| self.counts.get_mut(at))
        else {
            return;
        };
        let at = *count - self.forgotten;
        *count += 1;
        match self.heard.get(at) {
            Some(heard) => self.disordered += u64::from(*heard != message),
            None => self.heard.push_back(message),
        }
        if self.heard.len() >= self.forget_at {
            self.forget();
        }
    }

    /// Forgets the part that all have heard. A client that hears nothing more keeps all of it, so
    /// each look comes later than the last.
    fn forget(&mut self) {
        let least = self.counts.iter().min().copied().unwrap_or_default();
        self.heard.drain(..least - self.forgotten);
        self.forgotten = least;
        self.forget_at = 2 * self.heard.len().max(FORGET_AFTER / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order that several clients hear, of which the first two send.
    fn hear(all: &[(usize, &[Heard])]) -> Sequence {
        let mut order = Sequence::new(2, 5);
        for (client, messages) in all {
            for message in *messages {
                order.note(*client, *message);
            }
        }
        order
    }

    #[test]
    fn one_order_is_fine_however_far_each_is() {
        let all = [(0, 0), (1, 0), (0, 1)];
        let order = hear(&[(2, &all[..1]), (3, &all), (4, &all[..2]), (2, &all[1..])]);
        assert_eq!(order.disordered, 0);
    }

    #[test]
    fn another_order_is_noticed() {
        let order = hear(&[(2, &[(0, 0), (1, 0)]), (3, &[(1, 0), (0, 0)])]);
        assert_eq!(order.disordered, 2);
    }

    #[test]
    fn a_hole_is_another_order() {
        let order = hear(&[(2, &[(0, 0), (1, 0), (0, 1)]), (3, &[(0, 0), (0, 1)])]);
        assert_eq!(order.disordered, 1);
    }

    #[test]
    fn who_sends_is_not_compared() {
        let order = hear(&[(2, &[(0, 0), (1, 0)]), (0, &[(1, 0)]), (9, &[(1, 0)])]);
        assert_eq!(order.disordered, 0);
    }

    #[test]
    fn what_all_have_heard_is_forgotten() {
        let mut order = Sequence::new(0, 2);
        for number in 0..3 * FORGET_AFTER as u32 {
            order.note(0, (0, number));
            order.note(1, (0, number));
        }
        assert_eq!(order.disordered, 0);
        assert!(order.heard.len() < FORGET_AFTER);
        order.note(0, (0, 1));
        order.note(1, (0, 2));
        assert_eq!(order.disordered, 1);
    }
}
