//! The other servers are told of everything that is done with an audience here.

use super::message::{Addressed, ClusterKind, Flags, Mark, broadcast, quoted};
use super::pending::Pending;
use super::servers::local_sockets;
use super::waiting::{Fetched, Wanted};
use crate::base::{Namespace, SocketId};
use crate::server::{Context, Prepared, To};
use crate::session::Sid;
use std::borrow::Cow;

impl<'b, S> To<'b, '_, S> {
    /// The audience as other servers know it; `None` if they have no part in it.
    pub(in crate::server) fn addressed(&self) -> Option<Addressed<'b>> {
        let namespaces = &self.cx.core.namespaces;
        let namespace = self.namespace.filter(|it| namespaces.is_socket_io(*it));
        if self.is_local || namespace.is_none() || !self.cx.is_in_cluster() {
            return None;
        }
        let rooms = self.rooms().into_iter().map(Cow::Borrowed).collect();
        let ids = self.except.iter().filter_map(|socket| self.cx.id(*socket)).map(Cow::Owned);
        let except = self.except_rooms.iter().map(|name| Cow::Borrowed(*name)).chain(ids).collect();
        let flags = Flags { volatile: self.volatile.then_some(true), timeout: None };
        Some(Addressed { rooms, except, flags })
    }

    /// Sets the offset of an event of another server.
    pub(super) const fn at_offset(mut self, offset: Option<&'b str>) -> Self {
        self.offset = offset;
        self
    }

    /// Sends a message about the audience to the other servers. `data` writes it.
    fn tell(
        &mut self,
        kind: ClusterKind,
        attachments: &[Vec<u8>],
        data: impl FnOnce(&Addressed<'_>) -> String,
    ) -> bool {
        let Some(addressed) = self.addressed() else { return false };
        let data = data(&addressed);
        let cx = &mut *self.cx;
        let name = self.namespace.and_then(|namespace| cx.core.namespaces.name(namespace).cloned());
        name.is_some_and(|name| cx.publish(None, &name, kind, (&data, attachments)))
    }

    /// Tells the other servers of an event, whose packet has the text `text`. True if clients come
    /// back by the adapter: those that take part here get the event when it comes back, and all
    /// others now.
    pub(in crate::server) fn tell_event(
        &mut self,
        (name, args): (&str, &str),
        text: &[u8],
        attachments: &[Vec<u8>],
    ) -> bool {
        let hearers = self.returners();
        let number = self.cx.core.cluster.pending.next_number();
        let mark = if hearers.is_some() { Mark::Number(number) } else { Mark::None };
        let is_told =
            self.tell(ClusterKind::Event, attachments, |to| broadcast(to, name, args, &mark));
        let Some(hearers) = hearers.filter(|_| is_told) else { return false };
        let addressed = self.addressed().map(Addressed::into_owned);
        let (Some(addressed), Some(namespace)) = (addressed, self.namespace) else { return false };
        let packet = (text.to_vec(), attachments.to_vec());
        self.cx.keep_pending(Pending::new(namespace, addressed, packet, hearers));
        true
    }

    /// The clients in the audience that get the event when it comes back by the adapter. There may
    /// be none now, and one may come back before the event does. `None` if it does not come back.
    fn returners(&self) -> Option<Vec<Sid>> {
        let core = &self.cx.core;
        let is_kept = !self.volatile && !self.is_local;
        let recovery = core.recovery.as_ref().filter(|it| is_kept && !it.has_store())?;
        if !recovery.has_clients() {
            return Some(Vec::new());
        }
        let sockets = self.sockets().into_iter().filter(|socket| recovery.has(*socket));
        Some(sockets.filter_map(|socket| core.named.get(&socket)?.id).collect())
    }

    /// Tells the other servers that the audience joins or leaves a room.
    pub(in crate::server) fn tell_moved(&mut self, kind: ClusterKind, room: &str) {
        self.tell(kind, &[], |to| deed(to, &format!(r#","rooms":[{}]"#, quoted(room))));
    }

    /// Tells the other servers that the audience is disconnected, or closed.
    pub(in crate::server) fn tell_gone(&mut self, close: bool) {
        self.tell(ClusterKind::Disconnect, &[], |to| deed(to, &format!(r#","close":{close}"#)));
    }

    /// Only the clients of this server. In a cluster
    /// ([`Builder::adapter`](crate::Builder::adapter)) an audience is otherwise that of all
    /// servers.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    ///
    /// let server = Server::new((), |server| {
    ///     server.namespace("/", |events| {
    ///         events.on("leave", |cx, _| cx.everyone().local().emit("restarting", ()))
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    pub const fn local(mut self) -> Self {
        self.is_local = true;
        self
    }

    /// Fetches the sockets of the audience, of all servers of the cluster. `on_fetched` is called
    /// once, with all of them, or with those of the servers that have answered within `timeout_ms`.
    /// It is never called before this handler ends. [`Self::sockets`] has those of this server at
    /// once.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    /// use mio_socketio::testing::TestServer;
    /// use serde_json::Value;
    ///
    /// let server = Server::new(Vec::new(), |server| {
    ///     server.namespace("/", |events| {
    ///         events.on("who", |cx, event| {
    ///             cx.join(event.socket, "lobby");
    ///             cx.everyone().fetch(1_000, |cx, fetched| {
    ///                 assert!(fetched.is_whole);
    ///                 *cx.state = fetched.sockets;
    ///             });
    ///         })
    ///     })
    /// });
    /// let mut world = TestServer::new(server);
    /// let alice = world.connect("/", Value::Null).expect("all are let in");
    /// world.emit(alice, "who", ());
    /// world.advance(10);
    /// assert_eq!(world.state()[0].rooms, ["lobby"]);
    /// ```
    pub fn fetch(
        self,
        timeout_ms: u64,
        on_fetched: impl FnOnce(&mut Context<'_, S>, Fetched) + 'static,
    ) {
        let sockets = self.sockets();
        let (addressed, namespace) = (self.addressed(), self.namespace);
        let cx = self.done();
        let namespace = namespace.unwrap_or(cx.namespace);
        let own = local_sockets(cx, &sockets);
        let wanted = Wanted::Sockets(own, Box::new(on_fetched));
        let Some(addressed) = addressed else {
            return cx.answer_alone(namespace, wanted);
        };
        cx.ask_cluster(namespace, ClusterKind::Fetch, timeout_ms, wanted, |request| {
            let more = format!(r#","requestId":{}"#, quoted(request));
            (deed(&addressed, &more), Vec::new())
        });
    }
}

impl<S> Context<'_, S> {
    /// Sends an event for one socket that takes part in recovery by way of the adapter. False if
    /// that is not possible.
    pub(in crate::server) fn tell_one(
        &mut self,
        socket: SocketId,
        (name, args): (&str, &str),
        text: &[u8],
        attachments: &[Vec<u8>],
    ) -> bool {
        let id = self.core.named.get(&socket).and_then(|named| named.id);
        let voice = self.core.hub.voice(socket);
        let (Some(id), Some(voice)) = (id, voice) else { return false };
        let rooms = vec![Cow::Owned(id.as_str().to_owned())];
        let addressed = Addressed { rooms, ..Addressed::default() };
        let number = self.core.cluster.pending.next_number();
        let data = broadcast(&addressed, name, args, &Mark::Number(number));
        let Some(namespace) = self.core.namespaces.name(voice.namespace).cloned() else {
            return false;
        };
        if !self.publish(None, &namespace, ClusterKind::Event, (&data, attachments)) {
            return false;
        }
        let packet = (text.to_vec(), attachments.to_vec());
        self.keep_pending(Pending::new(voice.namespace, addressed, packet, vec![id]));
        true
    }

    /// Asks the clients of other servers, for the gathering of this number.
    pub(in crate::server) fn ask_elsewhere(
        &mut self,
        mut addressed: Addressed<'_>,
        namespace: Namespace,
        gathering: u64,
        timeout_ms: u64,
        (name, args): (&str, &Prepared),
    ) {
        addressed.flags.timeout = Some(timeout_ms);
        let wanted = Wanted::Clients(gathering, Vec::new());
        let args = args.args();
        self.ask_cluster(namespace, ClusterKind::Question, timeout_ms, wanted, |request| {
            let data = broadcast(&addressed, name, args.json(), &Mark::Request(request));
            (data, args.attachments().to_vec())
        });
    }
}

/// The data of a deed: the audience, and more keys.
fn deed(addressed: &Addressed<'_>, more: &str) -> String {
    // Texts always become JSON.
    let opts = serde_json::to_string(addressed).unwrap_or_default();
    format!(r#"{{"opts":{opts}{more}}}"#)
}
