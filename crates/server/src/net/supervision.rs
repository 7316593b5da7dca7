//! News about the loop for a supervisor.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fmt;

/// News for a supervisor: the program that has started the process and looks after it, such as
/// systemd (sd_notify(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Supervised {
    /// The loop takes clients: it has begun, or has dealt with SIGHUP.
    Serves,
    /// The loop has completed another turn, so it is not stuck.
    Turns,
    /// SIGHUP has come. [`Self::Serves`] follows when the loop has dealt with it.
    Reloads,
    /// The loop was told to end, by a signal or otherwise.
    Stops,
}

/// Tells a supervisor about the loop.
pub struct Supervision {
    /// Milliseconds from one [`Supervised::Turns`] to the next; `None` tells none.
    every_ms: Option<u64>,
    next_ms: u64,
    /// The supervisor believes that the loop serves.
    serves: bool,
    stops: bool,
    tell: Box<dyn FnMut(Supervised)>,
}

impl fmt::Debug for Supervision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { every_ms, serves, stops, .. } = self;
        write!(f, "Supervision {{ every_ms: {every_ms:?}, serves: {serves}, stops: {stops} }}")
    }
}

impl Supervision {
    /// Calls `tell` when something changes, and every `every_ms` milliseconds if the loop turns.
    pub fn new(every_ms: Option<u64>, tell: impl FnMut(Supervised) + 'static) -> Self {
        Self { every_ms, next_ms: 0, serves: false, stops: false, tell: Box::new(tell) }
    }

    /// The loop is about to wait: a turn is over, or it begins. Returns when it should turn again
    /// at the latest.
    pub(super) fn turns(&mut self, now_ms: u64) -> Option<u64> {
        if !self.serves && !self.stops {
            self.serves = true;
            (self.tell)(Supervised::Serves);
        }
        let every_ms = self.every_ms?;
        if now_ms >= self.next_ms {
            self.next_ms = now_ms + every_ms;
            (self.tell)(Supervised::Turns);
        }
        Some(self.next_ms)
    }

    /// When the loop should turn at the latest.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.every_ms.map(|_| self.next_ms)
    }

    /// The loop was told to end.
    pub(super) fn ends(&mut self) {
        if !std::mem::replace(&mut self.stops, true) {
            (self.tell)(Supervised::Stops);
        }
    }

    /// Signals have come.
    pub(super) fn signalled(&mut self, signals: &[i32]) {
        if signals.iter().any(|signal| [SIGINT, SIGTERM].contains(signal)) {
            self.ends();
        } else if signals.contains(&SIGHUP) && !self.stops {
            self.serves = false;
            (self.tell)(Supervised::Reloads);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn a_supervisor_hears_of_turns_only_when_there_are_some() {
        let told = Rc::new(RefCell::new(Vec::new()));
        let tells = Rc::clone(&told);
        let mut loops = Supervision::new(Some(100), move |it| tells.borrow_mut().push(it));
        use Supervised::{Reloads, Serves, Stops, Turns};
        assert_eq!(loops.turns(0), Some(100));
        assert_eq!(loops.turns(60), Some(100));
        assert_eq!(told.take(), [Serves, Turns]);
        // The turn took long: it counts from its end.
        assert_eq!(loops.turns(450), Some(550));
        assert_eq!(told.take(), [Turns]);
        loops.signalled(&[SIGHUP]);
        assert_eq!(told.take(), [Reloads]);
        assert_eq!(loops.turns(460), Some(550));
        assert_eq!(told.take(), [Serves]);
        loops.signalled(&[SIGHUP, SIGTERM]);
        loops.signalled(&[SIGTERM, SIGHUP]);
        assert_eq!(loops.turns(560), Some(660));
        assert_eq!(told.take(), [Stops, Turns]);
    }

    #[test]
    fn without_a_pace_the_loop_need_not_turn() {
        let told = Rc::new(RefCell::new(Vec::new()));
        let tells = Rc::clone(&told);
        let mut loops = Supervision::new(None, move |it| tells.borrow_mut().push(it));
        assert_eq!((loops.turns(0), loops.turns(9)), (None, None));
        assert_eq!(told.take(), [Supervised::Serves]);
    }
}
