//! The server as the loop sees it.

use super::core::Wake;
use super::doors::DoorKind;
use super::handing::Speaks;
use super::{Listen, Server};
use crate::base::{AccountId, CloseReason, ConnectionId, Now, PeerAddress};
use crate::net::{Bounds, Phase, Service, Turn};
use crate::session::HttpDoor;
use crate::session::engine::Ending;
use std::io;
use std::net::IpAddr;

/// Microseconds of a second.
const US_PER_S: f64 = 1e6;

impl<S> Server<S> {
    /// Does work that the application itself has caused.
    pub(super) fn act_for_all(
        &mut self,
        turn: &mut Turn<'_>,
        what: &'static str,
        act: impl FnOnce(&mut Self, &mut Turn<'_>),
    ) {
        let exempt = self.core.admission.accounts().exempt();
        self.act(turn, exempt, what, |server, turn| {
            act(server, turn);
            server.resume(turn);
        });
    }

    /// Does work that `account` has caused, and counts the time.
    fn act(
        &mut self,
        turn: &mut Turn<'_>,
        account: AccountId,
        what: &'static str,
        act: impl FnOnce(&mut Self, &mut Turn<'_>),
    ) {
        self.core.admission.act_as(account);
        self.core.whose = None;
        self.core.unix_ms = turn.now.unix_ms;
        act(self, turn);
        (self.core.connection, self.core.whose) = (None, None);
        self.core.admission.acted(turn, what);
        self.core.weigh_touched();
    }

    /// Does work that a connection has caused.
    fn act_for(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        what: &'static str,
        act: impl FnOnce(&mut Self, &mut Turn<'_>),
    ) {
        let account = self.core.admission.accounts().of_connection(id);
        self.core.connection = Some(id);
        self.act(turn, account, what, act);
    }

    /// The connection that a deadline is for.
    fn connection_of_wake(&self, wake: &Wake<S>) -> Option<ConnectionId> {
        match wake {
            Wake::Session(id, _) | Wake::Beat(id, _) => self.core.sessions.get(*id)?.connection(),
            Wake::Connection(id, _) | Wake::Resume(id) | Wake::Partial(id) => Some(*id),
            Wake::Ack(..)
            | Wake::Farewell(_)
            | Wake::Bulk(_)
            | Wake::Turn
            | Wake::Calls
            | Wake::NoAck(..)
            | Wake::Timer(..) => None,
        }
    }

    /// The account that has caused a deadline.
    fn account_of_wake(&self, wake: &Wake<S>) -> AccountId {
        let session = match wake {
            Wake::Session(id, _) | Wake::Beat(id, _) => Some(*id),
            Wake::Ack(socket, _) => self.core.session_of(*socket),
            other => match self.connection_of_wake(other) {
                Some(id) => return self.core.admission.accounts().of_connection(id),
                None => None,
            },
        };
        let session = session.and_then(|id| self.core.sessions.get(id));
        session.map_or(self.core.admission.accounts().exempt(), |session| session.account)
    }
}

impl<S> Service for Server<S> {
    fn bounds(&self) -> Bounds {
        let Listen { clients_max, queue_bytes_max, .. } = self.core.listen;
        let operators_from = self.core.doors.operators_from();
        Bounds { clients_max, operators_from, queue_bytes_max }
    }

    fn admits(
        &mut self,
        turn: &mut Turn<'_>,
        listener: usize,
        address: PeerAddress,
        is_full: bool,
    ) -> Result<usize, Vec<u8>> {
        self.core.admits_at(turn, listener, address, is_full)
    }

    fn opened(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        listener: usize,
        address: PeerAddress,
    ) {
        self.core.stats.connections += 1;
        self.core.stats.connections_total += 1;
        let door = self.core.doors.kind(listener);
        let account = self.core.open_connection(id, address, door, turn.now.ms);
        self.core.connection = Some(id);
        if self.core.doors.is_secure(listener) {
            return self.begin_greeting(id, address, listener);
        }
        self.act(turn, account, "an arrival", |server, turn| {
            server.come_in(turn, id, address, listener);
            server.resume(turn);
        });
    }

    fn connecting(&mut self, turn: &mut Turn<'_>, remote: usize, begun: io::Result<ConnectionId>) {
        self.begin_link(turn, remote, begun);
    }

    fn connected(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        if self.core.links.has(id) {
            return self.greet_link(turn, id);
        }
        self.act_for(turn, id, "an arrival", |server, turn| {
            server.finish_greeting(turn, id);
            server.resume(turn);
        });
    }

    fn unopened(&mut self, turn: &mut Turn<'_>, id: ConnectionId, why: &io::Error) {
        match self.core.links.has(id) {
            true => self.log_unopened_link(id, why),
            false => self.fail_greeting(turn, id, why),
        }
    }

    fn named(&mut self, turn: &mut Turn<'_>, id: ConnectionId, source: IpAddr) {
        self.act_for(turn, id, "a proxy's header", |server, turn| {
            server.name_greeting(turn, id, source);
        });
    }

    fn worked(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        self.act_for(turn, id, "records of TLS", |_, _| ());
        self.core.slow_down(turn, id);
    }

    fn certified(&mut self, ends_unix_s: i64) {
        self.core.greetings.certificate_ends_unix_s = Some(ends_unix_s);
    }

    fn received(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: &mut [u8]) {
        if self.core.links.has(id) {
            return self.act_for(turn, id, "a link", |server, turn| {
                server.hear_link(turn, id, bytes);
                server.resume(turn);
            });
        }
        self.core.stats.received_bytes += bytes.len() as u64;
        self.act_for(turn, id, "input", |server, turn| {
            server.hand(turn, id, bytes);
            server.resume(turn);
        });
        // The connection closes: the rest of the input is thrown away.
        if turn.out.closing(id.index()).is_some() {
            self.core.admission.threw_away(turn.now.ms, id, bytes.len());
        }
        self.core.slow_down(turn, id);
    }

    fn discards(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: usize) -> bool {
        if self.core.links.has(id) {
            return true;
        }
        self.act_for(turn, id, "input for nobody", |_, _| ());
        self.core.admission.threw_away(turn.now.ms, id, bytes);
        self.core.admission.waits_until_ms(id, turn.now.ms).is_none()
    }

    fn drained(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        self.act_for(turn, id, "kept input", |server, turn| {
            // The first bytes of a connection are kept until more come.
            if !matches!(server.speaks(id), Some(Speaks::Arriving | Speaks::Silent(_))) {
                server.hand(turn, id, &mut []);
            }
            server.resume(turn);
        });
    }

    fn ended(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        if self.core.links.has(id) {
            return self.act_for(turn, id, "a link", |server, turn| {
                server.end_link(turn, id, CloseReason::Eof);
                turn.out.close(id, CloseReason::Eof);
                server.resume(turn);
            });
        }
        self.act_for(turn, id, "an end", |server, turn| {
            let input = server.finish_arrival(turn, id);
            server.hand_on(turn, id, input);
            match server.speaks(id) {
                Some(Speaks::Silent(session) | Speaks::Lines(session)) => {
                    server.pump_lines(turn, session, &mut [], true);
                    server.end_lines(turn, session);
                    return server.resume(turn);
                }
                Some(Speaks::Http) if server.finishes_answer(id) => return server.resume(turn),
                Some(Speaks::Http) => server.end_http(turn, id, CloseReason::Eof),
                Some(Speaks::WebSocket) => server.end_messages(turn, id, CloseReason::Eof),
                Some(Speaks::Arriving) => {
                    server.end_arrival(turn, id, CloseReason::Eof, Ending::ByClient);
                }
                None => (),
            }
            turn.out.close(id, CloseReason::Eof);
            server.resume(turn);
        });
    }

    fn closed(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason) {
        if self.core.links.has(id) {
            return self.act_for(turn, id, "a link", |server, turn| {
                server.end_link(turn, id, reason);
                server.core.links.forget(id);
                server.resume(turn);
            });
        }
        self.core.stats.connections -= 1;
        self.end_greeting(id, reason);
        self.act_for(turn, id, "a departure", |server, turn| {
            match server.speaks(id) {
                Some(Speaks::Silent(session) | Speaks::Lines(session)) => {
                    server.leave(turn, session, reason, Ending::Fault);
                }
                Some(Speaks::Http) => server.end_http(turn, id, reason),
                Some(Speaks::WebSocket) => server.end_messages(turn, id, reason),
                Some(Speaks::Arriving) => server.end_arrival(turn, id, reason, Ending::Fault),
                None => (),
            }
            server.core.sessions.peers.remove(id);
            server.core.secret.remove(&id);
            server.resume(turn);
        });
        self.core.admission.close_connection(id, turn.now.ms);
    }

    fn is_greedy(&self, now: Now, id: ConnectionId) -> bool {
        self.core.admission.is_greedy(id, now.ms)
    }

    fn lingers(&self, now: Now, id: ConnectionId) -> bool {
        if self.core.links.has(id) {
            // The last commands must arrive; a link that was given up sends nothing more.
            return self.core.is_stopping;
        }
        self.core.admission.lingers(id, now.ms)
    }

    fn is_full(&self) -> bool {
        self.core.hub.has_gathered(self.core.listen.batch_bytes_max())
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        let unlogged = self.core.admission.accounts().unlogged_due_ms();
        let links = self.core.links.next_ms();
        [self.core.wakes.next_ms(), unlogged, links].into_iter().flatten().min()
    }

    fn woke(&mut self, turn: &mut Turn<'_>) {
        if self.wake_links(turn) {
            self.resume(turn);
        }
        while !turn.budget.is_over()
            && let Some(wake) = self.core.wakes.pop_due(turn.now.ms)
        {
            let account = self.account_of_wake(&wake);
            let accounts = self.core.admission.accounts();
            turn.budget.begin_share(accounts.is_greedy(account, turn.now.ms));
            // An account that waits causes no work now, so this does not lengthen its wait.
            let waits = accounts.wait_until_ms(account, turn.now.ms).is_some();
            let account = if waits { accounts.exempt() } else { account };
            self.core.connection = self.connection_of_wake(&wake);
            self.act(turn, account, "a deadline", |server, turn| {
                match wake {
                    // The application has been told of the end: no handler runs any more.
                    Wake::Timer(..) | Wake::NoAck(..) if server.core.is_stopping => (),
                    Wake::Timer(namespace, run) => server.call_back(turn, namespace, run),
                    Wake::NoAck(namespace, on_ack, why) => {
                        server.call_back(turn, namespace, |cx| on_ack(cx, Err(why)));
                    }
                    Wake::Session(id, at_ms) => server.wake_session(turn, id, at_ms),
                    Wake::Beat(id, at_ms) => server.wake_beat(turn, id, at_ms),
                    Wake::Connection(id, at_ms) => {
                        server.wake_http(turn, id, at_ms);
                        let input = server.wake_arrival(turn, id, at_ms);
                        server.hand_on(turn, id, input);
                    }
                    Wake::Resume(id) => {
                        let input = server.resume_http(turn, id);
                        server.hand_on(turn, id, input);
                    }
                    Wake::Partial(id) => server.wake_partial(turn, id),
                    Wake::Farewell(sid) => server.wake_farewell(turn, sid),
                    Wake::Bulk(at_ms) => server.wake_bulk(turn, at_ms),
                    Wake::Turn => (),
                    Wake::Calls => server.run_calls(turn),
                    Wake::Ack(socket, id) => server.wake_ack(turn, socket, id),
                }
                server.resume(turn);
            });
        }
    }

    fn settle(&mut self, turn: &mut Turn<'_>) {
        self.core.unix_ms = turn.now.unix_ms;
        // A session that ends here may make handlers send more.
        self.keep_within_memory(turn);
        self.finish_stop(turn);
        loop {
            self.save_sessions(turn);
            self.call(turn, |handlers, cx| (handlers.settle)(cx));
            for id in self.core.settle(turn) {
                self.leave(turn, id, CloseReason::SlowClient, Ending::Fault);
            }
            self.resume(turn);
            self.core.weigh_touched();
            if self.core.is_settled() {
                self.sweep_namespaces();
                // The handler above may have changed sessions too.
                return self.save_sessions(turn);
            }
        }
    }

    fn weighed(&mut self, id: ConnectionId, outbox_bytes: usize) {
        self.core.admission.hold_outbox(id, outbox_bytes);
    }

    fn turned(&mut self, turn: &Turn<'_>) {
        let taken = |phases: &[Phase]| -> u64 {
            let all = turn.budget.taken().filter(|(phase, _)| phases.contains(phase));
            all.map(|(_, us)| us).sum()
        };
        self.core.log_unlogged(turn.now.ms);
        self.core.note_loud_rooms(turn);
        self.core.admission.spent_on_writing(turn.now.ms, taken(&[Phase::Settle, Phase::Flush]));
        (self.handlers.turned)(&mut self.state, taken(&Phase::ALL) as f64 / US_PER_S);
    }

    fn starting(&mut self, turn: &mut Turn<'_>) {
        self.act_for_all(turn, "the start", |server, turn| {
            server.call(turn, |handlers, cx| (handlers.start)(cx));
        });
    }

    fn called(&mut self, turn: &mut Turn<'_>) {
        self.core.answer_bell(turn.now.ms);
    }

    fn wants_to_stop(&self) -> bool {
        self.core.is_asked_to_stop
    }

    fn hung_up(&mut self, turn: &mut Turn<'_>) {
        // The application has been told of the end: no handler runs any more.
        if self.core.is_stopping {
            return;
        }
        self.act_for_all(turn, "a signal", |server, turn| server.hang_up(turn));
    }

    fn stopping(&mut self, turn: &mut Turn<'_>) {
        self.core.unix_ms = turn.now.unix_ms;
        self.stop(turn);
    }

    fn awaits(&self, listener: usize) -> bool {
        // A client that polls may open a connection for each request.
        self.core.doors.kind(listener) == DoorKind::Http(HttpDoor::Clients)
            && self.core.is_stopping
            && !self.core.sessions.farewells.is_empty()
    }
}
