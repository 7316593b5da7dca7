//! The connections which misbehave: they stall, trickle or flood. Their lines carry no marker.

use std::time::Duration;

use crate::clock::nanos;
use crate::connection::{Outcome, Role};
use crate::engine::Engine;

/// The line that a trickling connection sends over and over, byte by byte.
const DROP: &[u8] = b"a line from somebody who types slowly";

/// How often a trickling connection sends a byte.
const DROP_EVERY: u64 = nanos(Duration::from_millis(10));

/// The line that a flooding connection sends over and over.
const WAVE: &[u8] = b"a wave";

/// Lines a flooding connection sends in one call.
const WAVES: usize = 1024;

/// Calls of a flooding connection before the others have their turn.
const WRITES_PER_TURN: usize = 4;

/// Reads of such a connection at one event. The rest waits for the next event, because these
/// connections must not take time from the clients that are measured.
const READS_PER_EVENT: usize = 4;

/// Whether the misbehaviour is on.
#[derive(Default)]
pub(crate) struct Extras {
    drops: Vec<u8>,
    waves: Vec<u8>,
    drop_at: Option<u64>,
}

impl Extras {
    /// When the next trickling byte is due.
    pub(crate) fn next_drop(&self) -> u64 {
        self.drop_at.unwrap_or(u64::MAX)
    }
}

impl Engine {
    /// Starts to trickle and flood.
    pub(crate) fn start_extras(&mut self) {
        let has = |role| self.connections.iter().any(|one| one.role == role);
        self.extras.drop_at = has(Role::Trickle).then(|| self.clock.now());
        self.ledger.protocol.wrap(DROP, &mut self.extras.drops);
        (0..WAVES).for_each(|_| self.ledger.protocol.wrap(WAVE, &mut self.extras.waves));
        for index in 0..self.connections.len() {
            if self.connections[index].role == Role::Flood {
                self.queue(index);
            }
        }
    }

    /// Ends trickling and flooding; the connections stay.
    pub(crate) fn stop_extras(&mut self) {
        self.extras = Extras::default();
    }

    /// Sends a byte on each trickling connection if it is time.
    pub(crate) fn trickle(&mut self, now: u64) {
        if now < self.extras.next_drop() {
            return;
        }
        self.extras.drop_at = Some(now + DROP_EVERY);
        for index in 0..self.connections.len() {
            let connection = &mut self.connections[index];
            if connection.role != Role::Trickle {
                continue;
            }
            let at = connection.position % self.extras.drops.len();
            match connection.write(&self.extras.drops[at..=at]) {
                Outcome::Bytes(count) => connection.position += count,
                Outcome::Blocked => {}
                Outcome::Closed => self.close(index),
            }
        }
    }

    /// Sends waves until the socket takes no more, or until it is time for other connections.
    pub(crate) fn flood(&mut self, index: usize) {
        let waves = &self.extras.waves;
        let connection = &mut self.connections[index];
        if waves.is_empty() {
            return;
        }
        for _ in 0..WRITES_PER_TURN {
            match connection.write(&waves[connection.position..]) {
                Outcome::Bytes(count) => {
                    connection.position = (connection.position + count) % waves.len();
                }
                Outcome::Blocked => return,
                Outcome::Closed => return self.close(index),
            }
        }
        self.queue(index);
    }

    /// Reads and forgets.
    pub(crate) fn discard(&mut self, index: usize) {
        for _ in 0..READS_PER_EVENT {
            match self.connections[index].read(&mut self.buffer) {
                Outcome::Bytes(_) => {}
                Outcome::Blocked => return,
                Outcome::Closed => return self.close(index),
            }
        }
    }
}
