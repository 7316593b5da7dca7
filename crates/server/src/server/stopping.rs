//! The end of the server, which waits for clients that have still to fetch a farewell.

use super::Server;
use super::core::Wake;
use crate::base::{CloseReason, SessionId};
use crate::limits::FAREWELL_STOP_MS;
use crate::net::Turn;
use crate::session::engine::Ending;

impl<S> Server<S> {
    /// Ends all sessions, because the server stops. A client that polls comes once more, or a few
    /// times, for its farewell.
    pub(super) fn stop(&mut self, turn: &mut Turn<'_>) {
        self.run_last_calls(turn);
        self.call(turn, |handlers, cx| (handlers.stopping)(cx));
        self.core.calls.end();
        self.core.is_stopping = true;
        let due_ms = turn.now.ms + FAREWELL_STOP_MS;
        for sid in self.core.sessions.farewells.hurry(due_ms) {
            self.core.wakes.set(due_ms, Wake::Farewell(sid));
        }
        let all: Vec<SessionId> = self.core.sessions.iter().map(|(id, _)| id).collect();
        for id in all {
            self.leave(turn, id, CloseReason::ServerShutdown, Ending::Shutdown);
        }
        self.core.leaving.clear();
        self.core.answered.clear();
        self.core.returns.clear();
        self.core.whose = None;
        self.end_waiting(turn);
        self.call(turn, |handlers, cx| (handlers.shutdown)(cx));
        self.stop_links(turn);
    }

    /// Tells handlers that wait for an answer that none will come, and drops timers, once all
    /// sessions have ended.
    fn end_waiting(&mut self, turn: &mut Turn<'_>) {
        let calls_a_handler = |wake: &Wake<S>| matches!(wake, Wake::Timer(..) | Wake::NoAck(..));
        for wake in self.core.wakes.take_where(calls_a_handler) {
            if let Wake::NoAck(namespace, on_ack, why) = wake {
                self.call_in(turn, namespace, |_, cx| on_ack(cx, Err(why)));
            }
        }
    }

    /// Closes the remaining connections of a server that stops, once no farewell is left. That is a
    /// turn later, when the doors are closed, so that a client that has seen the end cannot come in
    /// again.
    pub(super) fn finish_stop(&mut self, turn: &mut Turn<'_>) {
        if !self.core.is_stopping || !self.core.sessions.farewells.is_empty() {
            return;
        }
        if std::mem::replace(&mut self.core.is_owing_nothing, true) {
            return self.close_requests(turn);
        }
        self.core.wakes.set(turn.now.ms, Wake::Turn);
    }

    /// Closes the connections whose requests are still under way.
    fn close_requests(&mut self, turn: &mut Turn<'_>) {
        let greeting = self.core.greetings.ids();
        for id in self.core.sessions.peers.ids().into_iter().chain(greeting) {
            turn.out.close(id, CloseReason::ServerShutdown);
        }
    }
}
