//! When each sender sends its next message, and which deliveries must follow from it.

use crate::payload::Stamp;
use crate::track::Tracker;

/// The last sequence number of a sender; the tracker uses the numbers beyond it.
const LAST: u32 = u32::MAX - 1;

/// When messages are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// As soon as fewer than `window` of the sender's messages are under way.
    Closed {
        /// Messages outstanding per sender.
        window: u32,
    },
    /// On a schedule, however slow the server is.
    Open {
        /// Messages per second over all senders, who take turns.
        rate: f64,
    },
}

/// One sender.
#[derive(Clone, Default)]
struct Sender {
    sent: u32,
    /// Closed loop: the first message which has not reached everyone.
    oldest: u32,
    ready: bool,
    gone: bool,
    /// Closed loop: the last observation of [`Flow::is_stuck`], and its time.
    watched: (u32, u32),
    since: u64,
}

/// All senders.
pub(crate) struct Flow {
    pace: Pace,
    senders: Vec<Sender>,
    /// Clients which are still connected.
    live: u64,
    /// Whether a sender receives its own messages.
    echo: bool,
    running: bool,
    start: u64,
    /// Open loop: how many messages the schedule has asked for.
    due: u64,
    /// Closed loop: receivers each outstanding message still lacks, `slots` for each sender.
    lacking: Vec<u32>,
    slots: usize,
    /// Senders which may have something to send.
    ready: Vec<usize>,
    /// Messages sent.
    pub(crate) sent: u64,
    /// Deliveries that must follow from them.
    pub(crate) expected: u64,
    /// Expected deliveries that cannot happen any more, because their receivers are gone.
    pub(crate) hopeless: u64,
}

impl Flow {
    /// A flow which has not begun, between `clients` of which the first `senders` send; `echo` if
    /// those receive their own messages.
    pub(crate) fn new(pace: Pace, senders: usize, clients: usize, echo: bool) -> Self {
        let slots = match pace {
            Pace::Closed { window } => window.next_power_of_two() as usize,
            Pace::Open { .. } => 0,
        };
        Self {
            pace,
            senders: vec![Sender::default(); senders],
            live: clients as u64,
            echo,
            running: false,
            start: 0,
            due: 0,
            lacking: vec![0; slots * senders],
            slots,
            ready: Vec::with_capacity(senders),
            sent: 0,
            expected: 0,
            hopeless: 0,
        }
    }

    /// Clients which are still connected.
    pub(crate) fn live(&self) -> u64 {
        self.live
    }

    /// Clients that must receive a message from one of them.
    pub(crate) fn receivers(&self) -> u64 {
        self.live.saturating_sub(u64::from(!self.echo))
    }

    /// Starts sending.
    pub(crate) fn begin(&mut self, now: u64) {
        self.running = true;
        self.start = now;
        if let Pace::Closed { .. } = self.pace {
            for sender in 0..self.senders.len() {
                self.senders[sender].since = now;
                self.make_ready(sender);
            }
        }
    }

    /// Stops asking for messages; those that the schedule asked for earlier may still be sent.
    pub(crate) fn end(&mut self, now: u64) {
        self.advance(now);
        self.running = false;
    }

    /// When message `number` of the schedule is due.
    fn due_at(&self, number: u64, rate: f64) -> u64 {
        self.start + (number as f64 * 1e9 / rate) as u64
    }

    /// Open loop: when the next message is due.
    pub(crate) fn next_due(&self) -> Option<u64> {
        match self.pace {
            Pace::Open { rate } if self.running => Some(self.due_at(self.due, rate)),
            _ => None,
        }
    }

    /// Open loop: lets the schedule ask for all that is due by now.
    pub(crate) fn advance(&mut self, now: u64) {
        let Pace::Open { rate } = self.pace else {
            return;
        };
        let from = self.due;
        while self.running && self.due_at(self.due, rate) <= now {
            self.due += 1;
        }
        let count = self.senders.len() as u64;
        for number in from..self.due.min(from + count) {
            self.make_ready((number % count) as usize);
        }
    }

    /// Open loop: messages the schedule asked for which have not been sent.
    pub(crate) fn unsent(&self) -> u64 {
        let count = self.senders.len() as u64;
        let senders = self.senders.iter().zip(0..);
        senders
            .filter(|(sender, _)| !sender.gone)
            .map(|(sender, index)| {
                let asked = (self.due + count - 1).saturating_sub(index) / count;
                asked.saturating_sub(u64::from(sender.sent))
            })
            .sum()
    }

    fn make_ready(&mut self, sender: usize) {
        if !self.senders[sender].ready {
            self.senders[sender].ready = true;
            self.ready.push(sender);
        }
    }

    /// A sender which may have something to send, once each time it becomes one.
    pub(crate) fn next_ready(&mut self) -> Option<usize> {
        let index = self.ready.pop()?;
        let sender = &mut self.senders[index];
        sender.ready = false;
        while sender.oldest < sender.sent
            && self.slots > 0
            && self.lacking[index * self.slots + sender.oldest as usize % self.slots] == 0
        {
            sender.oldest += 1;
        }
        Some(index)
    }

    /// The next message of a sender, if it is time for one.
    pub(crate) fn take(&mut self, index: usize, now: u64) -> Option<Stamp> {
        let receivers = self.receivers();
        let sender = &self.senders[index];
        let sequence = sender.sent;
        if receivers == 0 || sender.gone || sequence == LAST {
            return None;
        }
        let time = match self.pace {
            Pace::Closed { window } => {
                let free = self.running && sequence - sender.oldest < window;
                free.then_some(now)?
            }
            Pace::Open { rate } => {
                let number = u64::from(sequence) * self.senders.len() as u64 + index as u64;
                (number < self.due).then(|| self.due_at(number, rate))?
            }
        };
        if self.slots > 0 {
            let slot = index * self.slots + sequence as usize % self.slots;
            self.lacking[slot] = receivers as u32;
        }
        self.senders[index].sent += 1;
        self.sent += 1;
        self.expected += receivers;
        Some(Stamp { sender: index as u32, sequence, time })
    }

    /// Whether that message has been sent at all.
    #[inline]
    pub(crate) fn was_sent(&self, sender: usize, sequence: u32) -> bool {
        self.senders.get(sender).is_some_and(|sender| sequence < sender.sent)
    }

    /// Notes that one more receiver has a message, or will never have it.
    #[inline]
    pub(crate) fn arrived(&mut self, sender: usize, sequence: u32) {
        if self.slots == 0 {
            return;
        }
        // The number of slots is a power of two, so this is the remainder.
        let slot = sender * self.slots + (sequence as usize & (self.slots - 1));
        let lacking = &mut self.lacking[slot];
        *lacking = lacking.saturating_sub(1);
        if *lacking == 0 {
            self.make_ready(sender);
        }
    }

    /// Notes that a client is gone, having had that many deliveries.
    pub(crate) fn lose(&mut self, client: usize, had: u64, tracker: &Tracker) {
        let own = self.senders.get(client).filter(|_| !self.echo);
        let own = own.map_or(0, |own| u64::from(own.sent));
        self.hopeless += (self.sent - own).saturating_sub(had);
        self.live -= 1;
        if let Some(own) = self.senders.get_mut(client) {
            own.gone = true;
        }
        if self.slots == 0 {
            return;
        }
        for sender in (0..self.senders.len()).filter(|&sender| sender != client) {
            let outstanding = self.senders[sender].oldest..self.senders[sender].sent;
            for sequence in outstanding.filter(|&n| !tracker.has(client, sender, n)) {
                self.arrived(sender, sequence);
            }
        }
    }

    /// Closed loop: whether some message has made no progress for that long.
    pub(crate) fn is_stuck(&mut self, now: u64, patience: u64) -> bool {
        if self.slots == 0 {
            return false;
        }
        let mut stuck = false;
        for (index, sender) in self.senders.iter_mut().enumerate() {
            let slot = index * self.slots + sender.oldest as usize % self.slots;
            let state = (sender.oldest, self.lacking[slot]);
            let waits = sender.oldest < sender.sent && !sender.gone;
            if !waits || sender.watched != state {
                sender.watched = state;
                sender.since = now;
            }
            stuck |= now.saturating_sub(sender.since) >= patience;
        }
        stuck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(flow: &mut Flow, sender: usize, now: u64) -> Vec<Stamp> {
        std::iter::from_fn(|| flow.take(sender, now)).collect()
    }

    #[test]
    fn a_window_bounds_what_is_outstanding() {
        let mut flow = Flow::new(Pace::Closed { window: 3 }, 1, 3, false);
        assert_eq!(all(&mut flow, 0, 5), []);
        flow.begin(5);
        assert_eq!(flow.next_ready(), Some(0));
        assert_eq!(all(&mut flow, 0, 5).len(), 3);
        assert_eq!((flow.sent, flow.expected), (3, 6));
        flow.arrived(0, 0);
        assert_eq!(flow.next_ready(), None, "one of two receivers has it");
        flow.arrived(0, 0);
        assert_eq!(flow.next_ready(), Some(0));
        let next = all(&mut flow, 0, 9);
        assert_eq!(next.iter().map(|s| (s.sequence, s.time)).collect::<Vec<_>>(), [(3, 9)]);
        flow.end(10);
        flow.arrived(0, 1);
        flow.arrived(0, 1);
        assert_eq!(flow.next_ready(), Some(0));
        assert_eq!(all(&mut flow, 0, 10), []);
    }

    #[test]
    fn a_schedule_does_not_wait() {
        let mut flow = Flow::new(Pace::Open { rate: 1e9 }, 2, 4, false);
        flow.begin(100);
        assert_eq!(flow.next_due(), Some(100));
        flow.advance(104);
        assert_eq!(flow.next_due(), Some(105));
        let times = |stamps: Vec<Stamp>| stamps.iter().map(|s| s.time).collect::<Vec<_>>();
        assert_eq!(times(all(&mut flow, 0, 104)), [100, 102, 104]);
        assert_eq!(flow.unsent(), 2);
        flow.end(106);
        assert_eq!(flow.next_due(), None);
        assert_eq!(times(all(&mut flow, 1, 200)), [101, 103, 105]);
        assert_eq!((flow.sent, flow.expected, flow.unsent()), (6, 18, 1));
    }

    #[test]
    fn a_client_which_leaves_holds_nobody_up() {
        let mut flow = Flow::new(Pace::Closed { window: 2 }, 1, 3, false);
        let mut tracker = Tracker::new(3, 1, false);
        flow.begin(0);
        assert_eq!(flow.next_ready(), Some(0));
        assert_eq!(all(&mut flow, 0, 0).len(), 2);
        assert!(tracker.note(2, 0, 0));
        flow.arrived(0, 0);
        flow.lose(2, 1, &tracker);
        assert_eq!((flow.live(), flow.hopeless), (2, 1));
        flow.arrived(0, 0);
        assert_eq!(flow.next_ready(), Some(0));
        assert_eq!(all(&mut flow, 0, 1).len(), 1);
        assert_eq!(flow.expected, 5);
    }

    #[test]
    fn silence_is_noticed() {
        let mut flow = Flow::new(Pace::Closed { window: 2 }, 1, 3, false);
        flow.begin(0);
        assert!(!flow.is_stuck(20, 10), "nothing is outstanding");
        assert_eq!(all(&mut flow, 0, 20).len(), 2);
        assert!(!flow.is_stuck(25, 10));
        flow.arrived(0, 0);
        assert!(!flow.is_stuck(34, 10));
        assert!(!flow.is_stuck(43, 10));
        assert!(flow.is_stuck(44, 10));
    }

    #[test]
    fn an_echo_is_expected_too() {
        let mut flow = Flow::new(Pace::Closed { window: 1 }, 2, 3, true);
        let mut tracker = Tracker::new(3, 2, true);
        flow.begin(0);
        assert_eq!((all(&mut flow, 0, 0).len(), all(&mut flow, 1, 0).len()), (1, 1));
        assert_eq!((flow.receivers(), flow.expected), (3, 6));
        while flow.next_ready().is_some() {}
        for receiver in [0, 2] {
            assert!(tracker.note(receiver, 0, 0));
            flow.arrived(0, 0);
        }
        assert_eq!(flow.next_ready(), None, "one of three receivers lacks it");
        flow.lose(1, 0, &tracker);
        assert_eq!((flow.receivers(), flow.hopeless), (2, 2));
        assert_eq!(flow.next_ready(), Some(0));
        assert_eq!(all(&mut flow, 0, 1).len(), 1);
        assert_eq!(flow.expected, 8);
    }
}
