//! The context of a handler.

use super::acks::OnAck;
use super::core::{Core, Leaving, Wake};
use super::event::Ack;
use super::stats::bound;
use super::{Members, NoAck, Stats, To};
use crate::base::{CloseReason, Namespace, Now, Outboxes, PeerAddress, SocketId};
use crate::limits::{ACK_TIMEOUT_MS_MIN, TIMER_MS_MIN};
use crate::net::Turn;
use crate::session::dialect::{self, Sending};
use crate::session::{Session, SessionKind, Sid};
use mio_wire::eio::Version;
use mio_wire::sio::{self, Args, Arguments};
use std::fmt;
use std::rc::Rc;

/// The application's state, and everything a handler can do. Output goes into outboxes, which are
/// written when the turn's handlers have run.
pub struct Context<'a, S> {
    /// The application's state.
    pub state: &'a mut S,
    pub(super) core: &'a mut Core<S>,
    pub(super) out: &'a mut Outboxes,
    pub(super) namespace: Namespace,
    now: Now,
}

impl<'a, S> Context<'a, S> {
    pub(super) fn new(
        state: &'a mut S,
        core: &'a mut Core<S>,
        turn: &'a mut Turn<'_>,
        namespace: Namespace,
    ) -> Self {
        Self { state, core, out: turn.out, namespace, now: turn.now }
    }

    /// The time of this turn.
    pub const fn now(&self) -> Now {
        self.now
    }

    /// Sends one line to a client of the line door, after everything that its rooms have been sent
    /// before. The line is made visible: it stays one line, whatever it contains. A socket that has
    /// gone, or does not understand lines, gets nothing.
    pub fn send(&mut self, to: SocketId, line: fmt::Arguments<'_>) {
        let mut text = std::mem::take(&mut self.core.text);
        dialect::line(&mut text, line);
        self.core.send(self.out, to, Sending::Line(&text));
        self.core.text = text;
    }

    /// Sends a text message to a client of a plain WebSocket, or text to a client of a door of the
    /// application's own.
    pub fn send_text(&mut self, to: SocketId, text: &str) {
        self.core.send(self.out, to, Sending::Text(text.as_bytes()));
    }

    /// Sends a binary message to a client of a plain WebSocket, or bytes to a client of a door of
    /// the application's own.
    pub fn send_binary(&mut self, to: SocketId, bytes: &[u8]) {
        self.core.send(self.out, to, Sending::Binary(bytes));
    }

    /// Sends an event to one Socket.IO client, after everything that its rooms have been sent
    /// before. A socket that has gone gets nothing.
    ///
    /// Arguments cannot borrow from the state, which the context holds. [`Prepared`] writes them
    /// first, without a copy of the value:
    /// ```
    /// use mio_socketio::{Prepared, Server};
    ///
    /// struct Board {
    ///     strokes: Vec<[f32; 4]>,
    /// }
    ///
    /// let server = Server::new(Board { strokes: Vec::new() }, |server| {
    ///     server.namespace("/", |events| {
    ///         events.on_connect(|cx, connect| {
    ///             let all = Prepared::new((&cx.state.strokes,));
    ///             cx.emit(connect.socket, "all", all);
    ///             Ok(())
    ///         })
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    /// What does not serialise is refused by the compiler:
    /// ```compile_fail
    /// use mio_socketio::Server;
    ///
    /// struct Secret;
    /// Server::new((), |server| {
    ///     server.namespace("/", |events| {
    ///         events.on("ask", |cx, event| cx.emit(event.socket, "told", (Secret,)))
    ///     })
    /// });
    /// ```
    ///
    /// [`Prepared`]: super::Prepared
    pub fn emit(&mut self, to: SocketId, name: &str, args: impl Arguments) {
        if self.core.recovery.as_ref().is_some_and(|recovery| recovery.has(to)) {
            let (json, attachments) = written(&args);
            return self.emit_kept(to, name, &json, &attachments);
        }
        self.packet(
            to,
            Some(name),
            |text, namespace, args| {
                let (json, attachments) = args;
                sio::encode_event(text, namespace, None, name, json, attachments);
            },
            args,
        );
    }

    /// Sends an event to one client, which should answer within `timeout_ms`. `on_ack` is called
    /// once, with the arguments of the answer or with the reason for its absence. It is never
    /// called before this handler ends. If the client has gone already, or owes too many answers,
    /// it is called a moment later.
    pub fn emit_with_ack(
        &mut self,
        to: SocketId,
        name: &str,
        args: impl Arguments,
        timeout_ms: u64,
        on_ack: impl FnOnce(&mut Context<'_, S>, Result<Args<'_>, NoAck>) + 'static,
    ) {
        let Some(acks) = self.core.acks(to) else {
            return self.no_ack(Box::new(on_ack), NoAck::Disconnected);
        };
        let id = match acks.expect(Box::new(on_ack)) {
            Ok(id) => id,
            Err(on_ack) => return self.no_ack(on_ack, NoAck::TooMany),
        };
        let due_ms = self.now.ms.saturating_add(timeout_ms.max(ACK_TIMEOUT_MS_MIN));
        self.core.wakes.set(due_ms, Wake::Ack(to, id));
        self.packet(
            to,
            Some(name),
            |text, namespace, args| {
                let (json, attachments) = args;
                sio::encode_event(text, namespace, Some(id), name, json, attachments);
            },
            args,
        );
    }

    /// Tells a handler that there is no answer. Never in this turn, so that a handler which asks
    /// again leaves time for others.
    pub(super) fn no_ack(&mut self, on_ack: OnAck<S>, why: NoAck) {
        let due_ms = self.now.ms.saturating_add(TIMER_MS_MIN);
        self.core.namespaces.expect_call(self.namespace);
        self.core.wakes.set(due_ms, Wake::NoAck(self.namespace, on_ack, why));
    }

    /// Answers an event. `None` is an event that asked for no answer.
    pub fn ack(&mut self, ack: Option<Ack>, args: impl Arguments) {
        let Some(Ack { socket, id }) = ack else { return };
        if self.core.owed == Some((socket, id)) {
            self.core.owed = None;
        }
        self.packet(
            socket,
            None,
            |text, namespace, args| {
                let (json, attachments) = args;
                sio::encode_ack(text, namespace, id, json, attachments);
            },
            args,
        );
    }

    /// Addresses the members of the room `name`; nobody hears a room without members. A room may
    /// have members of all doors: [`To::emit`] tells those in this handler's namespace, and
    /// [`To::send`] those at the line door.
    ///
    /// The namespace of a timer is that of the handler that has set it. Handlers of no namespace,
    /// such as [`Builder::on_start`](super::Builder::on_start), those of routes and links, and
    /// functions of a [`Remote`](super::Remote), have `/`. From the handlers of the line door and
    /// of endpoints, whose clients hear no events, events go to `/` as well.
    pub fn to<'b>(&'b mut self, name: &'b str) -> To<'b, 'a, S> {
        let namespace = self.namespace;
        To::room(self, Some(namespace), name)
    }

    /// Addresses everyone in this handler's namespace, as [`Self::to`] has it. (Clients of the line
    /// door are in none: put them into a room.)
    pub fn everyone<'b>(&'b mut self) -> To<'b, 'a, S> {
        let namespace = self.namespace;
        To::everyone(self, Some(namespace))
    }

    /// Addresses everyone in the namespace `name`, `"/chat"` for example, or at the application's
    /// own door of this name. A namespace that the server does not have is empty.
    pub fn of<'b>(&'b mut self, name: &str) -> To<'b, 'a, S> {
        let namespace = self.core.namespaces.called(name);
        To::everyone(self, namespace)
    }

    /// Puts a socket into the room `name`; the first member creates the room. False if the socket
    /// has gone or is a member already. Sending to a socket costs more with each room that it is
    /// in: if clients choose their rooms, set a limit.
    pub fn join(&mut self, socket: SocketId, name: &str) -> bool {
        let (hub, mut courier) = self.core.split(self.out);
        let is_new = hub.join(socket, name, &mut courier);
        if is_new && self.core.recovery.as_ref().is_some_and(|recovery| recovery.has(socket)) {
            let since = self.newest_offset();
            if let Some(recovery) = &mut self.core.recovery {
                recovery.joined(socket, name, since);
            }
        }
        is_new
    }

    /// Takes a socket out of the room `name`; the room ends with its last member. False if the
    /// socket was not a member.
    pub fn leave(&mut self, socket: SocketId, name: &str) -> bool {
        let (hub, mut courier) = self.core.split(self.out);
        let was_in = hub.leave(socket, name, &mut courier);
        if let Some(recovery) = self.core.recovery.as_mut().filter(|_| was_in) {
            recovery.left(socket, name);
        }
        was_in
    }

    /// Keeps `data` for a client that may come back: it is then in
    /// [`Connect::recovered`](super::Connect::recovered). For other clients it does nothing.
    pub fn keep(&mut self, socket: SocketId, data: &str) {
        if let Some(recovery) = &mut self.core.recovery {
            recovery.set_data(socket, data);
        }
    }

    /// The members of the room `name`, of all doors and namespaces, in no order.
    pub fn members(&self, name: &str) -> Members<'_> {
        self.core.hub.members(name)
    }

    /// The names of the rooms that a socket is in.
    pub fn rooms(&self, socket: SocketId) -> impl Iterator<Item = &str> {
        self.core.hub.rooms_of(socket)
    }

    /// Whether a socket is in the room `name`.
    pub fn is_in(&self, socket: SocketId, name: &str) -> bool {
        self.rooms(socket).any(|room| room == name)
    }

    /// An id that cannot be guessed, 20 characters long.
    pub fn random_id(&mut self) -> String {
        self.core.sid().as_str().to_owned()
    }

    /// The public id of a socket, as its client knows it; `None` if it has gone, or its protocol
    /// has no such ids.
    pub fn id(&self, socket: SocketId) -> Option<String> {
        if let Some(id) = self.core.named.get(&socket)?.id {
            return Some(id.as_str().to_owned());
        }
        let session = self.core.session_of(socket)?;
        let SessionKind::Engine(engine) = &self.core.sessions.get(session)?.kind else {
            return None;
        };
        // Clients of Socket.IO 2 build this id from the session's.
        match &*self.namespace_of(socket) {
            "/" => Some(engine.sid.as_str().to_owned()),
            namespace => Some(format!("{namespace}#{}", engine.sid.as_str())),
        }
    }

    /// The connected socket with this public id, if there is one.
    pub fn find(&self, id: &str) -> Option<SocketId> {
        let (namespace, sid) = id.rsplit_once('#').unwrap_or(("/", id));
        if let Some(socket) = Sid::parse(sid).and_then(|sid| self.core.by_id.get(&sid)) {
            return Some(*socket);
        }
        let session = self.core.sessions.called(sid)?;
        let SessionKind::Engine(engine) = &self.core.sessions.get(session)?.kind else {
            return None;
        };
        if engine.version != Version::V3 {
            return None;
        }
        self.core.socket_in(session, self.core.namespaces.called(namespace)?)
    }

    /// The address of a socket's client; `None` if the socket has gone.
    pub fn address(&self, socket: SocketId) -> Option<PeerAddress> {
        Some(self.core.sessions.get(self.core.session_of(socket)?)?.address)
    }

    /// The name of a socket's session in the log, `session=12.3` for example, for an application's
    /// own log lines; `None` if the socket has gone.
    pub fn session_label(&self, socket: SocketId) -> Option<impl fmt::Display + use<'a, S>> {
        let id = self.core.session_of(socket)?;
        Some(fmt::from_fn(move |f| write!(f, "{id:?}")))
    }

    /// Ends a client's stay after this handler: `on_disconnect` is called first. A Socket.IO client
    /// leaves this namespace and is told so; any other client is closed when its output is written.
    pub fn disconnect(&mut self, socket: SocketId, reason: CloseReason) {
        self.core.leaving.push_back(Leaving { socket, reason, session: false });
    }

    /// Like [`Self::disconnect`], but a Socket.IO client leaves its other namespaces too and is
    /// closed. It gets its earlier output first, then a DISCONNECT for each namespace, so that its
    /// library does not reconnect by itself (`io server disconnect` in JavaScript).
    pub fn close(&mut self, socket: SocketId, reason: CloseReason) {
        self.core.leaving.push_back(Leaving { socket, reason, session: true });
    }

    /// The unread bytes that may wait for one client. A client for which more waits is closed.
    pub fn queue_bytes_max(&self) -> usize {
        self.core.listen.queue_bytes_max
    }

    /// Number of sessions, of all doors.
    pub fn clients(&self) -> usize {
        self.core.sessions.len()
    }

    /// The server's own counts. Looks at each session and connection.
    pub fn stats(&self) -> Stats {
        let own = self.core.own.iter().map(|door| door.name);
        let protocols = Session::PROTOCOLS.into_iter().chain(own);
        let mut protocols: Vec<_> = protocols.map(|protocol| (protocol, 0)).collect();
        for (_, session) in self.core.sessions.iter() {
            let protocol = session.protocol();
            if let Some((_, count)) = protocols.iter_mut().find(|(known, _)| *known == protocol) {
                *count += 1;
            }
        }
        let sessions = self.core.sessions.len() as u64;
        let queued_bytes = self.out.queued_bytes();
        let held_bytes = self.core.held_bytes() as u64;
        let core = &self.core;
        Stats {
            sessions,
            protocols,
            queued_bytes,
            held_bytes,
            handshakes: core.greetings.done,
            handshakes_failed: core.greetings.failed.clone(),
            certificate_ends_unix_s: core.greetings.certificate_ends_unix_s,
            clients_max: bound(core.listen.clients_max),
            address_connections_max: bound(core.admission.accounts().limits().connections_max),
            queue_bytes_max: bound(core.listen.queue_bytes_max),
            memory_max: bound(core.listen.memory_max),
            ..core.stats.clone()
        }
    }

    pub(super) fn namespace_of(&self, socket: SocketId) -> Rc<str> {
        let voice = self.core.hub.voice(socket);
        let name = voice.and_then(|voice| self.core.namespaces.name(voice.namespace));
        name.cloned().unwrap_or_else(|| Rc::from(""))
    }

    /// Sends a packet to a socket, which is the `event` of this name or an answer; `encode` writes
    /// it from the arguments' JSON and the number of their attachments.
    fn packet(
        &mut self,
        to: SocketId,
        event: Option<&str>,
        encode: impl FnOnce(&mut Vec<u8>, &str, (&str, usize)),
        args: impl Arguments,
    ) {
        let namespace = self.namespace_of(to);
        let (json, attachments) = written(&args);
        if let Some(name) = event {
            self.core.observe_one(to, name, &json, &attachments);
        }
        let mut text = std::mem::take(&mut self.core.text);
        text.clear();
        encode(&mut text, &namespace, (&json, attachments.len()));
        self.core.send(self.out, to, Sending::Packet(&text, &attachments));
        self.core.text = text;
    }
}

/// Arguments as JSON, and their attachments.
pub(super) fn written(args: &impl Arguments) -> (String, Vec<Vec<u8>>) {
    let (mut json, mut attachments) = (Vec::new(), Vec::new());
    args.write(&mut json, &mut attachments);
    (String::from_utf8(json).unwrap_or_default(), attachments)
}
