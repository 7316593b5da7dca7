//! The messages of each sender that each receiver has received, and their order.

use std::collections::HashMap;
use std::ops::Range;

/// The outcome of the deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Deliveries that were new to their receiver.
    pub(crate) delivered: u64,
    /// Deliveries that their receiver had already, and those that came back to their own sender by
    /// mistake.
    pub(crate) duplicated: u64,
    /// Deliveries, among the delivered, which came after a later message of the same sender.
    pub(crate) reordered: u64,
    /// Messages damaged on their way.
    pub(crate) corrupt: u64,
    /// Lines that are not messages of this run.
    pub(crate) other: u64,
}

/// Marks the pair of a sender and itself, which never expects a message.
const NEVER: u32 = u32::MAX;

/// The state of every pair of a receiver and a sender.
pub(crate) struct Tracker {
    senders: usize,
    /// The sequence number each receiver expects next of each sender, by receiver.
    next: Vec<u32>,
    /// Numbers below the next one which have not come (yet), by pair.
    holes: HashMap<usize, Vec<Range<u32>>>,
    /// The totals so far.
    pub(crate) counts: Counts,
}

impl Tracker {
    /// Tracks `clients` receivers, of which the first `senders` also send; `echo` if those receive
    /// their own messages.
    pub(crate) fn new(clients: usize, senders: usize, echo: bool) -> Self {
        let mut next = vec![0; clients * senders];
        for own in (0..senders).filter(|_| !echo).map(|index| index * senders + index) {
            next[own] = NEVER;
        }
        Self { senders, next, holes: HashMap::new(), counts: Counts::default() }
    }

    /// Notes a delivery. True if it is new to the receiver.
    #[inline]
    pub(crate) fn note(&mut self, receiver: usize, sender: usize, sequence: u32) -> bool {
        let pair = receiver * self.senders + sender;
        if self.next[pair] == sequence {
            self.next[pair] = sequence + 1;
            self.counts.delivered += 1;
            return true;
        }
        self.out_of_turn(pair, sequence)
    }

    /// Whether the receiver has that message.
    pub(crate) fn has(&self, receiver: usize, sender: usize, sequence: u32) -> bool {
        let pair = receiver * self.senders + sender;
        let missing = |holes: &Vec<Range<u32>>| holes.iter().any(|hole| hole.contains(&sequence));
        sequence < self.next[pair] && !self.holes.get(&pair).is_some_and(missing)
    }

    /// Notes a delivery that is out of order.
    #[cold]
    fn out_of_turn(&mut self, pair: usize, sequence: u32) -> bool {
        let next = self.next[pair];
        if next == NEVER {
            self.counts.duplicated += 1;
            return false;
        }
        if sequence > next {
            self.holes.entry(pair).or_default().push(next..sequence);
            self.next[pair] = sequence + 1;
            self.counts.delivered += 1;
            return true;
        }
        if self.fill_hole(pair, sequence) {
            self.counts.delivered += 1;
            self.counts.reordered += 1;
            return true;
        }
        self.counts.duplicated += 1;
        false
    }

    /// Removes a number from the missing ones. True if it was one of them.
    fn fill_hole(&mut self, pair: usize, sequence: u32) -> bool {
        let Some(holes) = self.holes.get_mut(&pair) else {
            return false;
        };
        let Some(at) = holes.iter().position(|hole| hole.contains(&sequence)) else {
            return false;
        };
        let hole = holes.swap_remove(at);
        let parts = [hole.start..sequence, sequence + 1..hole.end];
        holes.extend(parts.into_iter().filter(|part| !part.is_empty()));
        if holes.is_empty() {
            self.holes.remove(&pair);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers numbers of sender 1 to receiver 2 and returns the totals.
    fn deliver(sequence: &[u32]) -> (Tracker, Counts) {
        let mut tracker = Tracker::new(3, 2, false);
        for &number in sequence {
            tracker.note(2, 1, number);
        }
        let counts = tracker.counts;
        (tracker, counts)
    }

    #[test]
    fn order_is_fine() {
        let (tracker, counts) = deliver(&[0, 1, 2]);
        assert_eq!(counts.delivered, 3);
        assert_eq!((counts.duplicated, counts.reordered), (0, 0));
        assert!(tracker.has(2, 1, 2) && !tracker.has(2, 1, 3) && !tracker.has(2, 0, 0));
    }

    #[test]
    fn a_gap_stays_missing() {
        let (tracker, counts) = deliver(&[0, 3, 4]);
        assert_eq!(counts.delivered, 3);
        assert_eq!((counts.duplicated, counts.reordered), (0, 0));
        assert!(!tracker.has(2, 1, 1) && !tracker.has(2, 1, 2) && tracker.has(2, 1, 3));
    }

    #[test]
    fn late_ones_are_reordered_once() {
        let (tracker, counts) = deliver(&[0, 4, 2, 1, 3, 2]);
        assert_eq!(counts.delivered, 5);
        assert_eq!((counts.duplicated, counts.reordered), (1, 3));
        assert!(tracker.holes.is_empty());
    }

    #[test]
    fn repeats_are_duplicates() {
        let (_, counts) = deliver(&[0, 0, 1, 0, 1]);
        assert_eq!(counts.delivered, 2);
        assert_eq!((counts.duplicated, counts.reordered), (3, 0));
    }

    #[test]
    fn an_echo_is_a_duplicate_unless_expected() {
        let mut tracker = Tracker::new(2, 2, false);
        assert!(!tracker.note(1, 1, 0) && tracker.note(0, 1, 0));
        assert_eq!((tracker.counts.duplicated, tracker.counts.delivered), (1, 1));
        let mut tracker = Tracker::new(2, 2, true);
        assert!(tracker.note(1, 1, 0) && tracker.note(0, 1, 0) && !tracker.note(1, 1, 0));
        assert_eq!((tracker.counts.duplicated, tracker.counts.delivered), (1, 2));
    }
}
