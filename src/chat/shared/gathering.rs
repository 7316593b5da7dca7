//! When facts go on their way: at the end of their turn, or with those of the next one.
//!
//! Where many people talk to many, a write to each client costs more than everything else, and one
//! with twice as many lines costs little more. A person writes the next line after hearing the last
//! one, and a node tells some lines while others are at the broker. So all lines fall into two
//! halves, which would be told by turns, each with a write to each client. Here the second half
//! waits until the first one has been told, and from then on both go together.

use crate::limits::{ENTRIES_GATHER_MIN, GATHER_MS, RECEIVERS_GATHER_MIN};

/// The latest of this node's facts, and of the entries that it has read.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// Entries that were read in this turn.
    read: usize,
    /// Facts have waited for the end of the last turn, in which many were told.
    has_waited: bool,
    /// The time, by the loop's clock, at which the last ones were sent.
    sent_ms: u64,
}

/// How long facts wait for those before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    No,
    /// Until those that are on their way have come back: they bring the next turn.
    UntilRead,
    /// Until the end of this turn, in which they have.
    UntilTold,
}

impl Gathering {
    /// An entry was read.
    pub(super) const fn read(&mut self) {
        self.read += 1;
    }

    /// Facts were sent.
    pub(super) const fn sent(&mut self, now_ms: u64) {
        self.sent_ms = now_ms;
    }

    /// A turn ends, at a server with this many clients, of whose facts this many are on their way.
    pub(super) fn end_turn(&mut self, clients: usize, on_way: usize, now_ms: u64) -> Wait {
        let (read, has_waited) = (self.read, self.has_waited);
        (self.read, self.has_waited) = (0, false);
        if clients < RECEIVERS_GATHER_MIN {
            return Wait::No;
        }
        if on_way >= ENTRIES_GATHER_MIN && now_ms < self.sent_ms + GATHER_MS {
            return Wait::UntilRead;
        }
        // Other nodes' entries may come in each turn.
        if read < ENTRIES_GATHER_MIN || has_waited {
            return Wait::No;
        }
        self.has_waited = true;
        Wait::UntilTold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = ENTRIES_GATHER_MIN;
    const CLIENTS: usize = RECEIVERS_GATHER_MIN;

    fn read(gathering: &mut Gathering, entries: usize) {
        (0..entries).for_each(|_| gathering.read());
    }

    #[test]
    fn facts_wait_for_many_before_them_and_for_one_turn_after_these_were_told() {
        let mut gathering = Gathering::default();
        gathering.sent(1_000);
        assert_eq!(gathering.end_turn(CLIENTS, MANY, 1_001), Wait::UntilRead);
        read(&mut gathering, MANY);
        assert_eq!(gathering.end_turn(CLIENTS, 0, 1_002), Wait::UntilTold);
        assert_eq!(gathering.end_turn(CLIENTS, 0, 1_003), Wait::No);
        // Entries of other nodes do not keep them waiting.
        for turn in 0..10 {
            read(&mut gathering, MANY);
            let wait = if turn % 2 == 0 { Wait::UntilTold } else { Wait::No };
            assert_eq!(gathering.end_turn(CLIENTS, 0, 1_004 + turn), wait);
        }
    }

    #[test]
    fn nobody_waits_where_people_are_few_or_say_little() {
        let mut gathering = Gathering::default();
        for (clients, entries) in [(CLIENTS - 1, MANY), (CLIENTS, MANY - 1)] {
            gathering.sent(1_000);
            assert_eq!(gathering.end_turn(clients, entries, 1_001), Wait::No);
            read(&mut gathering, entries);
            assert_eq!(gathering.end_turn(clients, 0, 1_002), Wait::No);
        }
    }

    #[test]
    fn nobody_waits_for_long_for_what_does_not_come_back() {
        let mut gathering = Gathering::default();
        gathering.sent(1_000);
        assert_eq!(gathering.end_turn(CLIENTS, MANY, 999 + GATHER_MS), Wait::UntilRead);
        assert_eq!(gathering.end_turn(CLIENTS, MANY, 1_000 + GATHER_MS), Wait::No);
    }
}
