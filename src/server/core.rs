//! What a server is made of besides the application.

use super::Context;
use crate::base::{CloseReason, ConnectionId, Deadlines, Outboxes, SessionId};
use crate::hub::Hub;
use crate::limits::{BATCH_BYTES_PER_TURN_MAX, QUEUE_BYTES_READ_PAUSE};
use crate::net::Turn;
use crate::session::{Door, Sessions};
use std::borrow::Cow;
use std::collections::VecDeque;

/// A handler that is called at a time.
pub(super) type Timer<S> = Box<dyn FnOnce(&mut Context<'_, S>)>;

/// What a deadline is for.
pub(super) enum Wake<S> {
    /// The pace of a session, or its unterminated tail, at this time.
    Session(SessionId, u64),
    /// The application asked for it.
    Timer(Timer<S>),
}

/// Sessions, seats and deadlines, apart from the application's state so that a handler can have
/// both at once.
pub(super) struct Core<S> {
    pub(super) door: Door,
    pub(super) sessions: Sessions,
    pub(super) hub: Hub,
    pub(super) wakes: Deadlines<Wake<S>>,
    /// Sessions that handlers have asked to end.
    pub(super) leaving: VecDeque<(SessionId, CloseReason)>,
    /// Memory for rendering what goes to one socket.
    pub(super) scratch: Vec<u8>,
    pub(super) batch_bytes_max: usize,
}

impl<S> Core<S> {
    pub(super) fn new(door: Door) -> Self {
        Self {
            door,
            sessions: Sessions::default(),
            hub: Hub::default(),
            wakes: Deadlines::default(),
            leaving: VecDeque::new(),
            scratch: Vec::new(),
            batch_bytes_max: BATCH_BYTES_PER_TURN_MAX,
        }
    }

    /// Keeps the last `left` bytes of a session's input. One that its pace keeps waiting is not
    /// read until the wait is over.
    pub(super) fn keep(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        input: Cow<'_, [u8]>,
        left: usize,
    ) {
        let now_ms = turn.now.ms;
        let Some(session) = self.sessions.get_mut(id) else { return };
        let is_full = is_full(turn.out, session.connection);
        session.line.keep(&self.door, input, left, is_full, now_ms);
        let tail_due_ms = session.line.tail_due_ms();
        let blocked_until_ms = session.line.blocked_until(now_ms).filter(|_| left > 0);
        if blocked_until_ms.is_some() {
            turn.out.hold(session.connection);
        }
        if let Some(at_ms) = blocked_until_ms.or(tail_due_ms) {
            self.wake_session(id, at_ms);
        }
    }

    /// A session's deadline, set for `at_ms`, has come. Returns whether its tail is due if it may
    /// go on; `None` if it must wait longer, has ended, or was to be woken at another time.
    pub(super) fn woke(&mut self, turn: &mut Turn<'_>, id: SessionId, at_ms: u64) -> Option<bool> {
        let now_ms = turn.now.ms;
        let session = self.sessions.get_mut(id)?;
        if session.wakes_at_ms != Some(at_ms) {
            return None;
        }
        session.wakes_at_ms = None;
        if let Some(until_ms) = session.line.blocked_until(now_ms) {
            self.wake_session(id, until_ms);
            return None;
        }
        turn.out.release(session.connection);
        let tail_due_ms = session.line.tail_due_ms();
        if let Some(due_ms) = tail_due_ms.filter(|due_ms| *due_ms > now_ms) {
            self.wake_session(id, due_ms);
        }
        Some(tail_due_ms.is_some_and(|due_ms| due_ms <= now_ms))
    }

    /// Sets a session's deadline, unless an earlier one is set that will look again.
    fn wake_session(&mut self, id: SessionId, at_ms: u64) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.wakes_at_ms.is_none_or(|set_ms| set_ms > at_ms) {
            session.wakes_at_ms = Some(at_ms);
            self.wakes.set(at_ms, Wake::Session(id, at_ms));
        }
    }
}

/// Whether a connection has so much unsent that nothing more of its input is decoded. When that is
/// over, [`Service::drained`](crate::net::Service::drained) goes on.
pub(super) fn is_full(out: &Outboxes, connection: ConnectionId) -> bool {
    out.queued(connection.index()) > QUEUE_BYTES_READ_PAUSE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Now;
    use crate::net::Service;
    use crate::server::Server;

    #[test]
    fn a_session_has_one_deadline_whatever_was_set_before() {
        let door = Door { rate_per_s: 2, idle_flush_ms: 1000, ..Door::default() };
        let mut server = Server::builder().line_door(door).build(());
        let mut out = Outboxes::default();
        let id = out.open(0);
        let at = |ms| Now { ms, unix_ms: ms };
        server.opened(&mut Turn { now: at(0), out: &mut out }, id, 0, ([127, 0, 0, 1], 1).into());
        // A tail that is due at 1000 ms; then more lines than a burst, the rest due before that.
        server.received(&mut Turn { now: at(0), out: &mut out }, id, &mut b"tail".to_vec());
        let lines = "x\n".repeat(30);
        server.received(&mut Turn { now: at(10), out: &mut out }, id, &mut lines.into_bytes());
        let mut woken = 0;
        while let Some(ms) = server.next_deadline_ms() {
            let due: Vec<_> =
                std::iter::from_fn(|| server.core.wakes.pop_due(ms).map(|wake| (ms, wake)))
                    .collect();
            assert!(due.len() == 1 || ms <= 1010, "{} deadlines at {ms}", due.len());
            woken += due.len();
            due.into_iter().for_each(|(ms, wake)| server.core.wakes.set(ms, wake));
            server.woke(&mut Turn { now: at(ms), out: &mut out });
        }
        assert!((20..=23).contains(&woken), "woken {woken} times for 20 lines");
    }
}
