//! Floor 3: the library's face, and the only place where the loop meets sessions and hub.
//!
//! A [`Server`] is an application's state, its handlers and the machinery; [`Context`] is what a
//! handler gets to act with. Handlers write into outboxes and never call handlers.

mod context;
mod core;
mod handlers;
mod listen;

pub use self::context::{Context, To};
pub use self::handlers::Builder;
pub use self::listen::{Listen, ListenError, Listening};
pub use crate::session::Door;

use self::core::{Core, Wake, is_full};
use self::handlers::Handlers;
use crate::base::{CloseReason, ConnectionId, SessionId, SocketId};
use crate::net::{Service, Turn};
use crate::session::{Event, Foreign, LineSession, Session};
use std::net::SocketAddr;

/// An application: its state, its handlers, and the sessions and rooms it serves.
pub struct Server<S> {
    state: S,
    handlers: Handlers<S>,
    core: Core<S>,
}

impl<S> Server<S> {
    /// Begins a server.
    pub fn builder() -> Builder<S> {
        Builder::default()
    }

    fn new(state: S, handlers: Handlers<S>, door: Door) -> Self {
        Self { state, handlers, core: Core::new(door) }
    }

    /// The application's state.
    pub const fn state(&self) -> &S {
        &self.state
    }

    /// Panics unless the tables agree with each other.
    pub fn check_invariants(&self) {
        self.core.sessions.check_invariants();
        self.core.hub.check_invariants();
    }

    /// Runs `handler` with the application's state and a context.
    fn call(
        &mut self,
        turn: &mut Turn<'_>,
        handler: impl FnOnce(&mut Handlers<S>, &mut Context<'_, S>),
    ) {
        let Self { state, handlers, core } = self;
        handler(handlers, &mut Context::new(state, core, turn));
    }

    /// Takes events off a session's input, one at a time, until more is needed, the pace says wait,
    /// what it has not read fills its outbox, or the session ends. `finish` takes an unterminated
    /// tail too.
    fn pump(&mut self, turn: &mut Turn<'_>, id: SessionId, fresh: &mut [u8], finish: bool) {
        let now_ms = turn.now.ms;
        let Core { door, sessions, .. } = &mut self.core;
        let Some(session) = sessions.get_mut(id) else { return };
        let (connection, socket) = (session.connection, session.socket);
        let mut replies = Vec::new();
        let input = session.line.input(door, fresh, &mut replies);
        turn.out.append(connection, &replies);
        let mut rest: &[u8] = &input;
        let mut finish = finish;
        loop {
            let Core { door, sessions, .. } = &mut self.core;
            // What a session that has ended sent is for nobody.
            let Some(session) = sessions.get_mut(id) else { return };
            let line = &mut session.line;
            let done = rest.is_empty() && !finish;
            let waits = line.blocked_until(now_ms).is_some() || is_full(turn.out, connection);
            if done || waits {
                break;
            }
            let event = match line.next(door, &mut rest, now_ms) {
                Ok(None) if std::mem::take(&mut finish) => line.finish(door, &mut rest, now_ms),
                event => event,
            };
            match event {
                Ok(Some(event)) => self.event(turn, id, socket, event),
                Ok(None) => break,
                Err(reason) => return self.refuse(turn, id, socket, reason),
            }
        }
        let left = rest.len();
        self.core.keep(turn, id, input, left);
    }

    fn event(&mut self, turn: &mut Turn<'_>, id: SessionId, socket: SocketId, event: Event<'_>) {
        match event {
            Event::Text(text) => self.call(turn, |handlers, cx| {
                if text.first_bad_utf8 {
                    cx.send(
                        socket,
                        format_args!("* that was not all UTF-8; the rest is shown as \u{fffd}"),
                    );
                }
                (handlers.line)(cx, socket, &text.text);
            }),
            Event::Raw(bytes) => self.call(turn, |handlers, cx| (handlers.raw)(cx, socket, &bytes)),
            Event::TooLong => {
                let bytes_max = self.core.door.line_bytes_max;
                self.call(turn, |_, cx| {
                    cx.send(
                        socket,
                        format_args!("* line too long, not sent; the limit is {bytes_max} bytes"),
                    );
                });
            }
            Event::Interrupt => {
                self.call(turn, |_, cx| cx.send(socket, format_args!("* bye")));
                self.leave(turn, id, CloseReason::Quit);
            }
            Event::Foreign(foreign) => self.foreign(turn, id, socket, foreign),
        }
        self.see_off(turn);
    }

    fn foreign(&mut self, turn: &mut Turn<'_>, id: SessionId, socket: SocketId, foreign: Foreign) {
        match foreign {
            Foreign::Http => self.call(turn, |handlers, cx| {
                cx.send(socket, format_args!("* {}", handlers.http_hint));
            }),
            Foreign::Tls => {
                let ip = self.core.sessions.get(id).map(|session| session.ip);
                let ip = ip.map_or_else(String::new, |ip| ip.to_string());
                log::info!("refused ip={ip} hint=\"TLS at a door that speaks plain text\"");
            }
        }
        self.leave(turn, id, CloseReason::ProtocolError);
    }

    /// Ends a session for what it sent, and says so to it.
    fn refuse(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        socket: SocketId,
        reason: CloseReason,
    ) {
        self.call(turn, |_, cx| cx.send(socket, format_args!("* closed: {reason}")));
        self.leave(turn, id, reason);
        self.see_off(turn);
    }

    /// Ends the sessions that handlers have asked to end.
    fn see_off(&mut self, turn: &mut Turn<'_>) {
        while let Some((id, reason)) = self.core.leaving.pop_front() {
            self.leave(turn, id, reason);
        }
    }

    /// Ends a session: the application hears of it while the socket is still in its rooms.
    fn leave(&mut self, turn: &mut Turn<'_>, id: SessionId, reason: CloseReason) {
        let Some(socket) = self.core.sessions.get(id).map(|session| session.socket) else { return };
        self.call(turn, |handlers, cx| (handlers.disconnect)(cx, socket, reason));
        let Some(session) = self.core.sessions.remove(id) else { return };
        let out = &mut *turn.out;
        self.core.hub.rise(socket, |route, bytes| out.append(route, bytes));
        out.close(session.connection, reason);
        log::info!(
            "disconnect ip={} door=line reason={reason} lines={} ms={}",
            session.ip,
            session.line.lines(),
            turn.now.ms.saturating_sub(session.since_ms),
        );
    }
}

impl<S> Service for Server<S> {
    fn opened(&mut self, turn: &mut Turn<'_>, id: ConnectionId, _door: usize, peer: SocketAddr) {
        let socket = self.core.hub.sit(id);
        self.core.sessions.insert(Session {
            connection: id,
            socket,
            ip: peer.ip(),
            since_ms: turn.now.ms,
            wakes_at_ms: None,
            line: LineSession::new(&self.core.door),
        });
        log::info!("connect ip={} door=line", peer.ip());
        self.call(turn, |handlers, cx| (handlers.connect)(cx, socket));
        self.see_off(turn);
    }

    fn received(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: &mut [u8]) {
        if let Some(session) = self.core.sessions.carried_by(id) {
            self.pump(turn, session, bytes, false);
        }
    }

    fn drained(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        if let Some(session) = self.core.sessions.carried_by(id) {
            self.pump(turn, session, &mut [], false);
        }
    }

    fn ended(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        if let Some(session) = self.core.sessions.carried_by(id) {
            self.pump(turn, session, &mut [], true);
            self.leave(turn, session, CloseReason::Eof);
            self.see_off(turn);
        }
    }

    fn closed(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason) {
        if let Some(session) = self.core.sessions.carried_by(id) {
            self.leave(turn, session, reason);
            self.see_off(turn);
        }
    }

    fn is_full(&self) -> bool {
        self.core.hub.gathered() >= self.core.batch_bytes_max
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        self.core.wakes.next_ms()
    }

    fn woke(&mut self, turn: &mut Turn<'_>) {
        while let Some(wake) = self.core.wakes.pop_due(turn.now.ms) {
            match wake {
                Wake::Timer(run) => {
                    self.call(turn, |_, cx| run(cx));
                    self.see_off(turn);
                }
                Wake::Session(id, at_ms) => {
                    if let Some(tail_is_due) = self.core.woke(turn, id, at_ms) {
                        self.pump(turn, id, &mut [], tail_is_due);
                    }
                }
            }
        }
    }

    fn settle(&mut self, turn: &mut Turn<'_>) {
        let out = &mut *turn.out;
        self.core.hub.settle(|route, chunk| out.push(route, chunk));
    }

    fn stopping(&mut self, turn: &mut Turn<'_>) {
        self.call(turn, |handlers, cx| (handlers.shutdown)(cx));
        let all: Vec<SessionId> = self.core.sessions.iter().map(|(id, _)| id).collect();
        for id in all {
            self.leave(turn, id, CloseReason::ServerShutdown);
        }
        self.core.leaving.clear();
    }
}
