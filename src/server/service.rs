//! The server as the loop sees it.

use super::Server;
use super::core::Wake;
use crate::base::{CloseReason, ConnectionId, NEVER_MS, SessionId, SocketId};
use crate::net::{Service, Turn};
use crate::session::engine::Ending;
use crate::session::{Kind, Peer};
use std::net::SocketAddr;

/// What a connection speaks.
enum Speaks {
    /// Nothing that is known yet.
    Arriving,
    Lines(SessionId),
    Http,
    WebSocket,
}

impl<S> Server<S> {
    fn speaks(&self, id: ConnectionId) -> Option<Speaks> {
        Some(match self.core.sessions.peers.get(id)? {
            Peer::Arriving(_) => Speaks::Arriving,
            Peer::Line(session) => Speaks::Lines(*session),
            Peer::Http(_) => Speaks::Http,
            Peer::WebSocket(_) => Speaks::WebSocket,
        })
    }

    /// Lets connections go on whose request has been answered, after everything else that has
    /// happened has been dealt with.
    pub(super) fn resume(&mut self, turn: &mut Turn<'_>) {
        self.see_off(turn);
        while let Some(id) = self.core.answered.pop() {
            self.pump_http(turn, id, &[], true);
            self.see_off(turn);
        }
    }

    /// A session's deadline has come.
    fn wake_session(&mut self, turn: &mut Turn<'_>, id: SessionId, at_ms: u64) {
        let Some(session) = self.core.sessions.get_mut(id) else { return };
        if session.wakes_at_ms != at_ms {
            return;
        }
        session.wakes_at_ms = NEVER_MS;
        match &session.kind {
            Kind::Line(_) => self.wake_lines(turn, id),
            Kind::Plain(plain) => {
                let connection = plain.connection;
                turn.out.release(connection);
                self.pump_messages(turn, connection, &mut []);
            }
            Kind::Engine(_) => self.wake_engine(turn, id),
        }
    }

    /// A heartbeat's deadline has come.
    fn wake_beat(&mut self, turn: &mut Turn<'_>, id: SessionId, at_ms: u64) {
        let Some(engine) = self.core.sessions.engine(id) else { return };
        if engine.beats_at_ms == at_ms {
            engine.beats_at_ms = NEVER_MS;
            self.wake_engine(turn, id);
        }
    }

    /// An answer has not come in time.
    fn wake_ack(&mut self, turn: &mut Turn<'_>, socket: SocketId, id: u64) {
        let acks = self.core.acks(socket);
        let Some(on_ack) = acks.and_then(|acks| acks.take(id)) else { return };
        let Some(voice) = self.core.hub.voice(socket) else { return };
        self.call_in(turn, voice.namespace, |_, cx| on_ack(cx, Err(super::NoAck::Timeout)));
    }
}

impl<S> Service for Server<S> {
    fn opened(&mut self, turn: &mut Turn<'_>, id: ConnectionId, door: usize, peer: SocketAddr) {
        self.core.stats.connections += 1;
        self.core.stats.connections_total += 1;
        if door < self.core.http_from {
            self.arrive(turn, id, peer.ip());
        } else {
            self.open_http(turn, id, peer.ip(), door >= self.core.operators_from);
        }
        self.resume(turn);
    }

    fn received(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: &mut [u8]) {
        self.core.stats.received_bytes += bytes.len() as u64;
        match self.speaks(id) {
            Some(Speaks::Arriving) => self.pump_arrival(turn, id, bytes),
            Some(Speaks::Lines(session)) => self.pump_lines(turn, session, bytes, false),
            Some(Speaks::Http) => self.pump_http(turn, id, bytes, false),
            Some(Speaks::WebSocket) => self.pump_messages(turn, id, bytes),
            None => (),
        }
        self.resume(turn);
    }

    fn drained(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        match self.speaks(id) {
            Some(Speaks::Lines(session)) => self.pump_lines(turn, session, &mut [], false),
            Some(Speaks::Http) => self.pump_http(turn, id, &[], false),
            Some(Speaks::WebSocket) => self.pump_messages(turn, id, &mut []),
            Some(Speaks::Arriving) | None => (),
        }
        self.resume(turn);
    }

    fn ended(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        self.finish_arrival(turn, id);
        match self.speaks(id) {
            Some(Speaks::Lines(session)) => {
                self.pump_lines(turn, session, &mut [], true);
                self.leave(turn, session, CloseReason::Eof, Ending::ByClient);
            }
            Some(Speaks::Http) => self.end_http(turn, id, CloseReason::Eof),
            Some(Speaks::WebSocket) => self.end_messages(turn, id, CloseReason::Eof),
            Some(Speaks::Arriving) => {
                self.end_arrival(turn, id, CloseReason::Eof, Ending::ByClient)
            }
            None => (),
        }
        turn.out.close(id, CloseReason::Eof);
        self.resume(turn);
    }

    fn closed(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason) {
        self.core.stats.connections -= 1;
        match self.speaks(id) {
            Some(Speaks::Lines(session)) => self.leave(turn, session, reason, Ending::Fault),
            Some(Speaks::Http) => self.end_http(turn, id, reason),
            Some(Speaks::WebSocket) => self.end_messages(turn, id, reason),
            Some(Speaks::Arriving) => self.end_arrival(turn, id, reason, Ending::Fault),
            None => (),
        }
        self.core.sessions.peers.remove(id);
        self.resume(turn);
    }

    fn is_full(&self) -> bool {
        self.core.hub.gathered() >= self.core.batch_bytes_max
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        self.core.wakes.next_ms()
    }

    fn woke(&mut self, turn: &mut Turn<'_>) {
        while !turn.budget.is_over()
            && let Some(wake) = self.core.wakes.pop_due(turn.now.ms)
        {
            turn.budget.begin_share();
            match wake {
                Wake::Timer(namespace, run) => self.call_in(turn, namespace, |_, cx| run(cx)),
                Wake::Session(id, at_ms) => self.wake_session(turn, id, at_ms),
                Wake::Beat(id, at_ms) => self.wake_beat(turn, id, at_ms),
                Wake::Connection(id, at_ms) => {
                    self.wake_http(turn, id, at_ms);
                    self.wake_arrival(turn, id, at_ms);
                }
                Wake::Farewell(sid) => self.core.sessions.forget_farewell(sid),
                Wake::Ack(socket, id) => self.wake_ack(turn, socket, id),
            }
            self.resume(turn);
        }
    }

    fn settle(&mut self, turn: &mut Turn<'_>) {
        // A session that ends here may be the reason for more to be said.
        loop {
            self.save_sessions(turn);
            self.call(turn, |handlers, cx| (handlers.settle)(cx));
            for id in self.core.settle(turn) {
                self.leave(turn, id, CloseReason::SlowClient, Ending::Fault);
            }
            self.resume(turn);
            if self.core.is_settled() {
                // What the handler above has changed itself.
                return self.save_sessions(turn);
            }
        }
    }

    fn turned(&mut self, seconds: f64) {
        (self.handlers.turned)(&mut self.state, seconds);
    }

    fn stopping(&mut self, turn: &mut Turn<'_>) {
        self.call(turn, |handlers, cx| (handlers.shutdown)(cx));
        let all: Vec<SessionId> = self.core.sessions.iter().map(|(id, _)| id).collect();
        for id in all {
            self.leave(turn, id, CloseReason::ServerShutdown, Ending::Shutdown);
        }
        self.core.leaving.clear();
        self.core.answered.clear();
        self.close_requests(turn);
    }
}
