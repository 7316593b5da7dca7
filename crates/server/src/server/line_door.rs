//! Lines, from a connection of the line door to the handler for lines; and frames, from a door with
//! a protocol of the application's own, to the handlers of that door.

use super::core::{Core, Wake, is_full};
use super::panics::Whose;
use super::{Context, LineSettings, Message, Server};
use crate::base::{
    CloseReason, ConnectionId, Dialect, Namespace, Route, SessionId, SocketId, Voice,
};
use crate::limits::ENDED_WAIT_MS;
use crate::net::Turn;
use crate::session::engine::Ending;
use crate::session::{Caller, Foreign, LineInput, LineSession, Lines, Peer, Session, SessionKind};
use log::Level;
use std::borrow::Cow;

const VOICE: Voice = Voice::plain(Namespace::LINES, Dialect::Line);

impl<S> Server<S> {
    /// Begins the session of a client at the line door, or at the application's own door of this
    /// number.
    pub(super) fn open_lines(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        caller: Caller,
        own_door: Option<usize>,
    ) {
        let address = caller.address;
        let account = self.core.account_of(&caller, turn.now.ms);
        if let Err(no_place) = self.core.admit_as(turn, id, account) {
            return self.core.refuse_arrival(turn, id, &caller, no_place, own_door.is_none());
        }
        let own = own_door.and_then(|at| Some((at, self.core.own.get(at)?)));
        let (voice, line) = match own {
            None => (VOICE, LineSession::new(&self.core.lines)),
            Some((at, own)) => own.begin(at),
        };
        let socket = self.core.hub.sit(Route::Connection(id), voice);
        if own_door.is_some() {
            let (hub, mut courier) = self.core.split(turn.out);
            hub.enroll(socket, &mut courier);
        }
        let door = line.protocol();
        let kind = SessionKind::Line(Box::new(Lines { connection: id, socket, line }));
        let session = self.core.begin_session(Session::new(address, account, turn.now.ms, kind));
        self.core.note_secrecy(id, &caller);
        self.core.sessions.peers.insert(id, Peer::Silent(session));
        log::info!("connect ip={address} session={session:?} door={door} connection={id:?}");
        self.core.whose = Some(Whose::Session(session));
        self.call_in(turn, voice.namespace, |handlers, cx| {
            match handlers.endpoint(voice.namespace) {
                Some(endpoint) => (endpoint.open)(cx, socket),
                None => (handlers.connect)(cx, socket),
            }
        });
        self.see_off(turn);
    }

    /// Takes events off a session's input, one at a time, until more input is needed, the pace says
    /// wait, unread output fills its outbox, or the session ends. `finish` takes an unterminated
    /// tail too.
    pub(super) fn pump_lines(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        fresh: &mut [u8],
        finish: bool,
    ) {
        let now_ms = turn.now.ms;
        self.core.admission.touch_session(id);
        self.core.whose = Some(Whose::Session(id));
        let Some((settings, lines)) = self.core.lines(id) else { return };
        let (connection, socket) = (lines.connection, lines.socket);
        let mut replies = Vec::new();
        let input = lines.line.input(settings, fresh, &mut replies);
        turn.out.append(connection, &replies);
        let mut rest: &[u8] = &input;
        let mut finish = finish;
        loop {
            let done = rest.is_empty() && !finish;
            let waits = self.core.waits_until(now_ms, id).is_some();
            if done || waits || is_full(turn.out, connection) {
                break;
            }
            // The rest of an ended session's input is dropped.
            let Some((settings, Lines { line, .. })) = self.core.lines(id) else { return };
            // A tail is the last of its client.
            if !finish && turn.budget.is_share_over() {
                turn.out.again(connection);
                break;
            }
            let event = match line.next(settings, &mut rest, now_ms) {
                Ok(None) if std::mem::take(&mut finish) => line.finish(settings, &mut rest, now_ms),
                event => event,
            };
            match event {
                Ok(Some(event)) => self.line_event(turn, id, socket, event),
                Ok(None) => break,
                Err(reason) => return self.refuse_lines(turn, id, socket, reason),
            }
        }
        let left = rest.len();
        self.core.keep_lines(turn, id, input, left);
    }

    /// A deadline of a session at the line door has come.
    pub(super) fn wake_lines(&mut self, turn: &mut Turn<'_>, id: SessionId) {
        let is_ended = self.core.sessions.get(id).is_some_and(|session| session.is_ended);
        if let Some(tail_is_due) = self.core.woke_lines(turn, id) {
            self.pump_lines(turn, id, &mut [], tail_is_due || is_ended);
        }
        if is_ended {
            self.end_lines(turn, id);
        }
    }

    /// The input of a session has ended, and was handled as far as it can be now. A client that the
    /// application has paused still gets the answer to its last line: `printf '/who\n' | nc -N`
    /// ends its input and waits for it.
    pub(super) fn end_lines(&mut self, turn: &mut Turn<'_>, id: SessionId) {
        let Some((_, Lines { connection, socket, line })) = self.core.lines(id) else { return };
        let (connection, socket, has_input) = (*connection, *socket, line.held_bytes() > 0);
        let Some(session) = self.core.sessions.get_mut(id) else { return };
        let was_ended = std::mem::replace(&mut session.is_ended, true);
        // Input that had to wait for the answer is handled after it.
        if session.is_paused || was_ended && has_input {
            if !was_ended {
                let close = move |cx: &mut Context<'_, S>| cx.close(socket, CloseReason::Eof);
                let at_ms = turn.now.ms + ENDED_WAIT_MS;
                self.core.wakes.set(at_ms, Wake::Timer(Namespace::LINES, Box::new(close)));
            }
            return;
        }
        self.leave(turn, id, CloseReason::Eof, Ending::ByClient);
        turn.out.close(connection, CloseReason::Eof);
    }

    fn line_event(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        socket: SocketId,
        event: LineInput<'_>,
    ) {
        self.core.stats.received += 1;
        self.core.posted(turn.now.ms, id, event.bytes());
        match event {
            LineInput::Text(text) => self.call_for_lines(turn, |handlers, cx| {
                if text.first_bad_utf8 {
                    cx.send(
                        socket,
                        format_args!("* that was not all UTF-8; the rest is shown as \u{fffd}"),
                    );
                }
                (handlers.line)(cx, socket, &text.text);
            }),
            LineInput::Raw(bytes) => {
                self.call_for_lines(turn, |handlers, cx| (handlers.raw)(cx, socket, &bytes))
            }
            LineInput::Frame(frame) => self.frame(turn, socket, frame),
            LineInput::TooLong => self.tell_too_long(turn, socket),
            LineInput::Interrupt => {
                self.call_for_lines(turn, |_, cx| cx.send(socket, format_args!("* bye")));
                self.leave(turn, id, CloseReason::Quit, Ending::ByClient);
            }
            LineInput::Foreign(foreign) => self.foreign(turn, id, socket, foreign),
        }
        self.see_off(turn);
    }

    /// Hands a frame to its door's handlers.
    fn frame(&mut self, turn: &mut Turn<'_>, socket: SocketId, frame: &[u8]) {
        let Some(Voice { namespace, .. }) = self.core.hub.voice(socket) else { return };
        self.call_in(turn, namespace, |handlers, cx| {
            if let Some(endpoint) = handlers.endpoint(namespace) {
                (endpoint.message)(cx, socket, Message::Binary(frame));
            }
        });
    }

    /// Tells a client that its line was too long.
    pub(super) fn tell_too_long(&mut self, turn: &mut Turn<'_>, socket: SocketId) {
        let bytes_max = self.core.lines.line_bytes_max;
        self.call_for_lines(turn, |_, cx| {
            cx.send(
                socket,
                format_args!("* line too long, not sent; the limit is {bytes_max} bytes"),
            );
        });
    }

    fn foreign(&mut self, turn: &mut Turn<'_>, id: SessionId, socket: SocketId, foreign: Foreign) {
        match foreign {
            Foreign::Http => self.call_for_lines(turn, |handlers, cx| {
                cx.send(socket, format_args!("* {}", handlers.http_hint));
            }),
            Foreign::Tls => {
                let Some((_, lines)) = self.core.lines(id) else { return };
                let connection = lines.connection;
                let Some(address) = self.core.sessions.get(id).map(|session| session.address)
                else {
                    return;
                };
                let hint = "TLS at a door that speaks plain text";
                self.core.log_misfit(Level::Info, turn.now.ms, connection, address, hint);
            }
        }
        self.leave(turn, id, CloseReason::ProtocolError, Ending::ByServer);
    }

    /// Ends a session because of its input, and tells the client why.
    fn refuse_lines(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        socket: SocketId,
        reason: CloseReason,
    ) {
        self.call_for_lines(turn, |_, cx| cx.send(socket, format_args!("* closed: {reason}")));
        self.leave(turn, id, reason, Ending::ByServer);
        self.see_off(turn);
    }
}

impl<S> Core<S> {
    /// A session at the line door, or at one of the application's own, with the settings of that
    /// door.
    fn lines(&mut self, id: SessionId) -> Option<(&LineSettings, &mut Lines)> {
        let Self { lines: settings, own, sessions, .. } = self;
        match &mut sessions.get_mut(id)?.kind {
            SessionKind::Line(lines) => {
                let own = lines.line.own_door().and_then(|at| own.get(at));
                Some((own.map_or(&*settings, |own| &own.settings), lines))
            }
            SessionKind::Plain(_) | SessionKind::Engine(_) => None,
        }
    }

    /// Keeps the last `left` bytes of a session's input. A session over its pace is not read until
    /// its wait is over.
    fn keep_lines(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        input: Cow<'_, [u8]>,
        left: usize,
    ) {
        let now_ms = turn.now.ms;
        let blocked_until_ms = self.waits_until(now_ms, id).filter(|_| left > 0);
        let Some((settings, Lines { connection, line, .. })) = self.lines(id) else { return };
        let is_stopped = is_full(turn.out, *connection) || turn.out.is_again(connection.index());
        line.keep(settings, input, left, is_stopped || blocked_until_ms.is_some(), now_ms);
        let tail_due_ms = line.tail_due_ms();
        if blocked_until_ms.is_some() {
            turn.out.hold(*connection);
        }
        if let Some(at_ms) = blocked_until_ms.or(tail_due_ms) {
            self.wake_session(id, at_ms);
        }
    }

    /// A session's deadline has come. If the session may go on, returns whether its tail is due;
    /// `None` if it must wait longer or has ended.
    fn woke_lines(&mut self, turn: &mut Turn<'_>, id: SessionId) -> Option<bool> {
        let now_ms = turn.now.ms;
        if let Some(until_ms) = self.waits_until(now_ms, id) {
            self.wake_session(id, until_ms);
            return None;
        }
        let (_, Lines { connection, line, .. }) = self.lines(id)?;
        turn.out.release(*connection);
        let tail_due_ms = line.tail_due_ms();
        if let Some(due_ms) = tail_due_ms.filter(|due_ms| *due_ms > now_ms) {
            self.wake_session(id, due_ms);
        }
        Some(tail_due_ms.is_some_and(|due_ms| due_ms <= now_ms))
    }
}
