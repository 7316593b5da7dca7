//! What a server counts of itself.

use crate::base::CloseReason;

/// Counts since the start, and how many there are now.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// Sessions now, of every kind.
    pub sessions: u64,
    /// Sessions now, by their way in, as logs name it.
    pub doors: Vec<(&'static str, u64)>,
    /// Bytes that wait for clients now, but for those of sessions that poll.
    pub queued_bytes: u64,
    /// Bytes of memory that clients hold now, of the `--max-memory` that they may.
    pub held_bytes: u64,
    /// Connections now.
    pub connections: u64,
    /// Connections ever.
    pub connections_total: u64,
    /// Messages received: lines, plain messages and Socket.IO packets.
    pub received: u64,
    /// Bytes received.
    pub received_bytes: u64,
    /// HTTP requests.
    pub requests: u64,
    /// Runs of bytes handed to a client's queue; one may hold many messages.
    pub sent: u64,
    /// Sessions ended, by reason.
    pub ended: Vec<(CloseReason, u64)>,
    /// Those who got no place, or not what they asked for, by why, as logs name it.
    pub refused: Vec<(&'static str, u64)>,
}

impl Stats {
    /// Counts somebody who gets no place, or not what they asked for.
    pub(super) fn refuse(&mut self, why: &'static str) {
        match self.refused.iter_mut().find(|(counted, _)| *counted == why) {
            Some((_, count)) => *count += 1,
            None => self.refused.push((why, 1)),
        }
    }

    /// Counts the end of a session.
    pub(super) fn end(&mut self, reason: CloseReason) {
        match self.ended.iter_mut().find(|(counted, _)| *counted == reason) {
            Some((_, count)) => *count += 1,
            None => self.ended.push((reason, 1)),
        }
    }
}
