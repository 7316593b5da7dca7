//! The other servers are told of everything that is done with an audience here.

use super::message::{Addressed, ClusterKind, Flags, broadcast, quoted};
use super::servers::local_sockets;
use super::waiting::{Fetched, Wanted};
use crate::base::Namespace;
use crate::server::{Context, Prepared, To};
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

    /// Sends a message about the audience to the other servers. `data` writes it.
    fn tell(
        &mut self,
        kind: ClusterKind,
        attachments: &[Vec<u8>],
        data: impl FnOnce(&Addressed<'_>) -> String,
    ) {
        let Some(addressed) = self.addressed() else { return };
        let data = data(&addressed);
        let cx = &mut *self.cx;
        let name = self.namespace.and_then(|namespace| cx.core.namespaces.name(namespace).cloned());
        if let Some(name) = name {
            cx.publish(None, &name, kind, (&data, attachments));
        }
    }

    /// Tells the other servers of an event.
    pub(in crate::server) fn tell_event(
        &mut self,
        name: &str,
        args: &str,
        attachments: &[Vec<u8>],
    ) {
        self.tell(ClusterKind::Event, attachments, |to| broadcast(to, name, args, None));
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
            let data = broadcast(&addressed, name, args.json(), Some(request));
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
