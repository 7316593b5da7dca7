//! An audience.

use super::cluster::ClusterKind;
use super::context::written;
use super::outgoing::{self, OutgoingEvent};
use super::recovery::{Audience, Kept};
use super::{Context, Gathered, NoAck, Prepared};
use crate::base::{CloseReason, Namespace, SocketId};
use crate::hub::Target;
use crate::session::Sid;
use crate::session::dialect::{self, Sending};
use mio_wire::sio::{self, Args, Arguments};
use std::{fmt, iter};

/// An audience: rooms or a namespace, with exceptions.
pub struct To<'b, 'a, S> {
    pub(super) cx: &'b mut Context<'a, S>,
    /// `None` is a namespace that the server does not have, with nobody in it.
    pub(super) namespace: Option<Namespace>,
    target: Target<'b>,
    more: Vec<&'b str>,
    /// Single sockets besides the members of the rooms.
    single: Vec<SocketId>,
    pub(super) except: Vec<SocketId>,
    pub(super) except_rooms: Vec<&'b str>,
    pub(super) volatile: bool,
    /// Other servers of the cluster are not told.
    pub(super) is_local: bool,
    /// The offset of the event, if another server has sent it and the adapter keeps it.
    pub(super) offset: Option<&'b str>,
}

impl<'b, 'a, S> To<'b, 'a, S> {
    pub(super) fn room(
        cx: &'b mut Context<'a, S>,
        namespace: Option<Namespace>,
        name: &'b str,
    ) -> Self {
        let target = Target::Room(name);
        let (more, single, except_rooms) = (Vec::new(), Vec::new(), Vec::new());
        let (volatile, is_local, offset) = (false, false, None);
        let except = std::mem::take(&mut cx.core.except);
        Self {
            cx,
            namespace,
            target,
            more,
            single,
            except,
            except_rooms,
            volatile,
            is_local,
            offset,
        }
    }

    pub(super) fn everyone(cx: &'b mut Context<'a, S>, namespace: Option<Namespace>) -> Self {
        let mut to = Self::room(cx, namespace, "");
        to.target = Target::Everyone;
        to
    }

    /// Adds the room `name`. The first room narrows the audience from everyone to its members; each
    /// further one adds its members.
    pub fn to(mut self, name: &'b str) -> Self {
        match self.target {
            Target::Everyone => self.target = Target::Room(name),
            Target::Room(_) => self.more.push(name),
        }
        self
    }

    /// Leaves out one socket, such as the author of a message.
    pub fn except(mut self, socket: SocketId) -> Self {
        self.except.push(socket);
        self
    }

    /// Leaves out several sockets, such as those that ignore the author. The others still share one
    /// encoding; each socket left out costs one lookup.
    pub fn except_all(mut self, sockets: &[SocketId]) -> Self {
        self.except.extend_from_slice(sockets);
        self
    }

    /// Leaves out the members of a room.
    pub fn except_room(mut self, name: &'b str) -> Self {
        self.except_rooms.push(name);
        self
    }

    /// Leaves out the members of a room, which costs nothing if there is no such room here.
    pub(super) fn except_room_if_any(self, name: &'b str) -> Self {
        match self.cx.core.hub.members(name).len() {
            0 => self,
            _ => self.except_room(name),
        }
    }

    /// Adds single sockets to the members of its rooms.
    pub(super) fn and_sockets(mut self, sockets: Vec<SocketId>) -> Self {
        self.single = sockets;
        self
    }

    /// Leaves out clients with unsent output from before this turn, so that an event that is soon
    /// out of date does not queue.
    pub const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Sends an event to the Socket.IO clients in the audience, encoded once for all.
    pub fn emit(mut self, name: &str, args: impl Arguments) {
        self.namespace = self.of_events();
        let (json, attachments) = written(&args);
        let mut text = std::mem::take(&mut self.cx.core.text);
        text.clear();
        let namespaces = &self.cx.core.namespaces;
        let name_of = |namespace| namespaces.name(namespace);
        let namespace = self.namespace.and_then(name_of).map_or("/", |name| name);
        sio::encode_event(&mut text, namespace, None, name, &json, attachments.len());
        let offset = self.keep(name, &json, &attachments);
        self.observe(name, &json, &attachments);
        let comes_back = self.tell_event((name, &json), &text, &attachments);
        let namespace = self.namespace;
        let sending = match &offset {
            _ if comes_back => Sending::AtOnce(&text, &attachments),
            Some(offset) => Sending::Kept(&text, offset, &attachments),
            None => Sending::Packet(&text, &attachments),
        };
        let cx = self.post(namespace, sending);
        cx.core.text = text;
    }

    /// Sends an event to the Socket.IO clients in the audience, who should answer within
    /// `timeout_ms`. `on_answers` is called once, when all have answered or cannot: with each
    /// socket of the audience and its answer, or the reason for its absence. It is never called
    /// before this handler ends, and not after the server has ended. Such an event is encoded for
    /// each socket by itself. The answers may have 16 MiB
    /// together. If there is nobody in the audience, the list is empty.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    /// use mio_socketio::testing::TestServer;
    /// use serde_json::Value;
    ///
    /// let server = Server::new(0, |server| {
    ///     server.namespace("/", |events| {
    ///         events.on("vote", |cx, _| {
    ///             cx.everyone().emit_with_ack("aye?", (), 1_000, |cx, answers| {
    ///                 let answers = answers.into_iter().filter_map(|(_, answer)| answer.ok());
    ///                 *cx.state = answers.filter(|it| it.args().get(0).unwrap_or(false)).count();
    ///             });
    ///         })
    ///     })
    /// });
    /// let mut world = TestServer::new(server);
    /// let [alice, bob] = [0, 1].map(|_| world.connect("/", Value::Null).expect("let in"));
    /// world.emit(alice, "vote", ());
    /// let asked = world.expect(alice, "aye?");
    /// world.answer(asked.ack, true);
    /// world.advance(1_000); // Bob does not answer.
    /// assert_eq!(*world.state(), 1);
    /// ```
    pub fn emit_with_ack(
        mut self,
        name: &str,
        args: impl Arguments,
        timeout_ms: u64,
        on_answers: impl FnOnce(&mut Context<'_, S>, Vec<Gathered>) + 'static,
    ) {
        self.namespace = self.of_events();
        let (sockets, args) = (self.sockets(), Prepared::new(args));
        let elsewhere = self.addressed().zip(self.namespace);
        let cx = self.done();
        let number = cx.core.gather_from(&sockets, elsewhere.is_some(), on_answers);
        if let Some((addressed, namespace)) = elsewhere {
            cx.ask_elsewhere(addressed, namespace, number, timeout_ms, (name, &args));
        } else if sockets.is_empty() {
            let finish = move |cx: &mut Context<'_, S>, _: Result<Args<'_>, NoAck>| {
                cx.finish_gathering(number);
            };
            cx.no_ack(Box::new(finish), NoAck::Disconnected);
        }
        for (at, socket) in sockets.into_iter().enumerate() {
            cx.emit_with_ack(socket, name, &args, timeout_ms, move |cx, answer| {
                cx.gather(number, at, answer);
            });
        }
    }

    /// Puts the sockets of the audience into a room. Returns how many of this server are new there.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{CloseReason, Server};
    ///
    /// let server = Server::new((), |server| {
    ///     server.namespace("/", |events| {
    ///         events
    ///             .on("begin", |cx, _| {
    ///                 let players = cx.to("lobby").join("game");
    ///                 cx.to("lobby").leave("lobby");
    ///                 cx.to("game").emit("begins", players);
    ///             })
    ///             .on("end", |cx, _| cx.to("game").disconnect(CloseReason::ServerDisconnect))
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    pub fn join(mut self, room: &str) -> usize {
        self.tell_moved(ClusterKind::Join, room);
        let sockets = self.sockets();
        let cx = self.done();
        sockets.into_iter().filter(|socket| cx.join(*socket, room)).count()
    }

    /// Takes the sockets of the audience out of a room. Returns how many of this server were
    /// members.
    pub fn leave(mut self, room: &str) -> usize {
        self.tell_moved(ClusterKind::Leave, room);
        let sockets = self.sockets();
        let cx = self.done();
        sockets.into_iter().filter(|socket| cx.leave(*socket, room)).count()
    }

    /// Ends the stay of the audience after this handler, as [`Context::disconnect`] does.
    pub fn disconnect(mut self, reason: CloseReason) {
        self.tell_gone(false);
        let sockets = self.sockets();
        let cx = self.done();
        sockets.into_iter().for_each(|socket| cx.disconnect(socket, reason));
    }

    /// Ends the connections of the audience after this handler, as [`Context::close`] does.
    pub fn close(mut self, reason: CloseReason) {
        self.tell_gone(true);
        let sockets = self.sockets();
        let cx = self.done();
        sockets.into_iter().for_each(|socket| cx.close(socket, reason));
    }

    /// Sends one line to the line door's clients in the audience, encoded once for all and made
    /// visible as by [`Context::send`].
    pub fn send(self, line: fmt::Arguments<'_>) {
        let mut text = std::mem::take(&mut self.cx.core.text);
        dialect::line(&mut text, line);
        let cx = self.post(Some(Namespace::LINES), Sending::Line(&text));
        cx.core.text = text;
    }

    /// Sends bytes to the line door's clients in the audience, unchanged.
    pub fn send_raw(self, raw: &[u8]) {
        self.post(Some(Namespace::LINES), Sending::Raw(raw));
    }

    /// Sends a text message to the plain WebSockets in the audience, or text to the clients of a
    /// door of the application's own.
    pub fn send_text(self, text: &str) {
        let namespace = self.namespace;
        self.post(namespace, Sending::Text(text.as_bytes()));
    }

    /// Sends a binary message to the plain WebSockets in the audience, or bytes to the clients of a
    /// door of the application's own.
    pub fn send_binary(self, bytes: &[u8]) {
        let namespace = self.namespace;
        self.post(namespace, Sending::Binary(bytes));
    }

    /// Whether the room named first, or the namespace, has any client that can hear an event.
    pub fn has_anyone(&self) -> bool {
        let is_there = |namespace| self.cx.core.hub.has_audience(namespace, self.target);
        self.of_events().is_some_and(is_there)
    }

    /// The namespace whose clients hear an event for this audience.
    fn of_events(&self) -> Option<Namespace> {
        Some(self.cx.core.namespaces.of_events(self.namespace?))
    }

    /// Whether the room named first has any client that can hear a line.
    pub fn has_lines(&self) -> bool {
        self.cx.core.hub.has_audience(Namespace::LINES, self.target)
    }

    /// The sockets in the audience, of this server.
    pub fn sockets(&self) -> Vec<SocketId> {
        let hub = &self.cx.core.hub;
        let Some(namespace) = self.namespace else { return Vec::new() };
        let mut sockets: Vec<SocketId> = hub.audience(namespace, self.target).collect();
        if !self.more.is_empty() || !self.single.is_empty() {
            sockets.extend_from_slice(&self.single);
            for name in &self.more {
                sockets.extend(hub.audience(namespace, Target::Room(name)));
            }
            sockets.sort_unstable_by_key(|socket| socket.index());
            sockets.dedup();
        }
        let is_out = |socket: &SocketId| {
            self.except.contains(socket)
                || hub.rooms_of(*socket).any(|room| self.except_rooms.contains(&room))
        };
        sockets.retain(|socket| !is_out(socket));
        sockets
    }

    /// Keeps an event for clients that may come back. Returns its offset as JSON if it is kept.
    fn keep(&mut self, name: &str, args: &str, attachments: &[Vec<u8>]) -> Option<Vec<u8>> {
        let rooms = self.rooms();
        let cx = &mut *self.cx;
        let now = cx.now();
        let recovery = cx.core.recovery.as_mut()?;
        if !recovery.has_store() {
            // All events up to there have been sent.
            let offset = self.offset.map_or_else(|| cx.newest(), str::to_owned);
            return serde_json::to_vec(&offset).ok();
        }
        if self.volatile {
            return None;
        }
        let namespaces = &cx.core.namespaces;
        let namespace = self.namespace.filter(|it| namespaces.is_socket_io(*it))?;
        let namespace = namespaces.name(namespace)?;
        let audience = match self.target {
            Target::Everyone => Audience::Everyone,
            Target::Room(_) => Audience::Rooms(&rooms),
        };
        let ids = self.except.iter().filter_map(|socket| cx.core.named.get(socket)?.id.as_ref());
        let except: Vec<&str> = ids.map(Sid::as_str).collect();
        let (except, except_rooms) = (&*except, &*self.except_rooms);
        let event = Kept { namespace, audience, except, except_rooms, name, args, attachments };
        Some(recovery.keep(cx.state, now, &event))
    }

    /// Tells the namespace's observer, if there is one.
    fn observe(&mut self, name: &str, json: &str, attachments: &[Vec<u8>]) {
        let Some(namespace) = self.namespace else { return };
        let (rooms, except) = (self.rooms(), &*self.except);
        if let Some((namespace, observer)) = self.cx.core.namespaces.observer(namespace) {
            let (args, rooms) = (outgoing::args(json, attachments), &*rooms);
            observer.tell(&OutgoingEvent { namespace, name, args, socket: None, rooms, except });
        }
    }

    /// The names of its rooms; none if it is everyone.
    pub(super) fn rooms(&self) -> Vec<&'b str> {
        match self.target {
            Target::Everyone => Vec::new(),
            Target::Room(name) => iter::once(name).chain(self.more.iter().copied()).collect(),
        }
    }

    /// Posts, and gives the context back.
    fn post(
        mut self,
        namespace: Option<Namespace>,
        sending: Sending<'_>,
    ) -> &'b mut Context<'a, S> {
        self.namespace = namespace;
        let is_one = self.more.is_empty() && self.single.is_empty();
        let simple = is_one && self.except_rooms.is_empty() && !self.volatile;
        if let Some(namespace) = namespace.filter(|_| simple) {
            let count = self.cx.core.hub.audience_max(namespace, self.target);
            self.cx.core.admission.note_sent(count as u64);
            let (hub, mut courier, deflater) = self.cx.core.split_with_deflater(self.cx.out);
            hub.post(namespace, self.target, &self.except, &mut courier, |voice, bytes| {
                sending.write_for(voice, deflater, bytes);
            });
        } else {
            self.post_one_by_one(sending);
        }
        self.done()
    }

    /// Gives the context back, and the memory for exceptions.
    pub(super) fn done(mut self) -> &'b mut Context<'a, S> {
        self.except.clear();
        self.cx.core.except = self.except;
        self.cx
    }

    /// Delivers to each socket by itself, still encoded once for each voice.
    fn post_one_by_one(&mut self, sending: Sending<'_>) {
        let mut sockets = self.sockets();
        self.cx.core.admission.note_sent(sockets.len() as u64);
        if self.volatile {
            let cx = &mut *self.cx;
            sockets.retain(|socket| cx.core.is_writable(cx.out, *socket));
        }
        self.cx.send_to_each(&sockets, sending);
    }
}
