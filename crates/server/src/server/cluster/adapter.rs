//! The way from one server to the others of its cluster.

use super::message::{ClusterKind, ClusterMessage};
use super::pending::Pendings;
use super::servers::HeardEvent;
use super::streams::Streams;
use super::waiting::Waiting;
use crate::server::core::Core;
use crate::server::{Builder, Context, Saved};
use std::collections::{HashMap, VecDeque};

/// The bytes of an id of a server or of a request, before they are written in hexadecimal digits.
const ID_BYTES: usize = 8;

/// A way to other servers with the same namespaces, so that all are one to their clients; see
/// [`Builder::adapter`]. `S` is the application's state. [`RedisStreams`](super::RedisStreams) is
/// one.
///
/// An adapter carries messages and does not look into them. It gives each message of another server
/// to [`Context::hear_cluster`], and may lose messages when it must.
pub trait Adapter<S> {
    /// Adds what it needs to the server, such as links.
    fn equip(&mut self, builder: Builder<S>) -> Builder<S>;

    /// Sends a message to all other servers, or to the one with the id `to`. Afterwards, never from
    /// here, it says how many others a [`ClusterKind::Question`], a [`ClusterKind::Fetch`] or a
    /// [`ClusterKind::ServerEvent`] has reached, by [`Context::cluster_reached`]. False if the
    /// message is not sent.
    fn publish(
        &mut self,
        cx: &mut Context<'_, S>,
        to: Option<&str>,
        message: &ClusterMessage<'_>,
    ) -> bool;

    /// Whether clients can come back by it to any server of the cluster. Then it keeps each
    /// [`ClusterKind::Event`], in one order for all servers, and gives it to
    /// [`Context::hear_cluster`] with its offset, also to the server that has sent it. The
    /// following functions are called only then. By default it cannot.
    fn recovers(&self) -> bool {
        false
    }

    /// The offset of the last message that was given to [`Context::hear_cluster`]; empty if it is
    /// not known yet.
    fn newest(&mut self, cx: &mut Context<'_, S>) -> String {
        let _ = cx;
        String::new()
    }

    /// Saves the session of a client that has gone, for a limited time.
    fn save(&mut self, cx: &mut Context<'_, S>, session: &Saved) {
        let _ = (cx, session);
    }

    /// A client of the namespace wants to come back to the session `pid`, and has seen the event at
    /// `offset`, or none. Takes the session out of the place where it was saved, with the events
    /// that the client has missed up to [`Self::newest`], and gives them to
    /// [`Context::cluster_restored`] with the token: afterwards, never from here, and at the moment
    /// for which they are true. False if it cannot.
    fn restore(
        &mut self,
        cx: &mut Context<'_, S>,
        token: u64,
        namespace: &str,
        pid: &str,
        offset: Option<&str>,
    ) -> bool {
        let _ = (cx, token, namespace, pid, offset);
        false
    }

    /// Nobody waits any more for the session that was asked for with this token.
    fn forget(&mut self, cx: &mut Context<'_, S>, token: u64) {
        let _ = (cx, token);
    }
}

/// The cluster as one server of it knows it.
pub(in crate::server) struct Cluster<S> {
    /// `None` if the server is alone, and while the adapter runs.
    adapter: Option<Box<dyn Adapter<S>>>,
    /// The id of this server, once it is needed.
    id: String,
    /// Requests of this server to the others, by their ids.
    pub(super) waiting: HashMap<String, Waiting<S>>,
    /// Events of other servers whose handlers are still to be called.
    pub(super) heard: VecDeque<HeardEvent>,
    /// The state of [`RedisStreams`](super::RedisStreams), except while it is used.
    pub(super) streams: Option<Streams>,
    /// Events of this server that are to come back to it.
    pub(in crate::server) pending: Pendings,
}

impl<S> Default for Cluster<S> {
    fn default() -> Self {
        let (waiting, heard) = (HashMap::new(), VecDeque::new());
        let (id, pending) = (String::new(), Pendings::default());
        Self { adapter: None, id, waiting, heard, streams: None, pending }
    }
}

impl<S> Cluster<S> {
    pub(in crate::server) fn set(
        &mut self,
        adapter: Option<Box<dyn Adapter<S>>>,
        streams: Option<Streams>,
    ) {
        (self.adapter, self.streams) = (adapter, streams);
    }

    /// Whether clients come back by the adapter.
    pub(in crate::server) fn recovers(&self) -> bool {
        self.adapter.as_ref().is_some_and(|adapter| adapter.recovers())
    }

    /// Whether no server owes an answer or is owed one.
    pub(in crate::server) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.heard.is_empty()
    }
}

impl<S> Builder<S> {
    /// Makes the server one of a cluster: events for rooms and namespaces, and whatever else is
    /// done by [`To`](crate::To), reach the clients of all its servers. An event for one socket of
    /// this server stays here. Lines, plain WebSockets and the application's own doors have no part
    /// in it.
    ///
    /// The name of a room may be the id of a socket of another server
    /// ([`FetchedSocket::id`](crate::FetchedSocket::id)), as in JavaScript.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::redis::{Redis, RedisUrlError};
    /// use mio_socketio::{RedisStreams, Server};
    ///
    /// # fn main() -> Result<(), RedisUrlError> {
    /// let server = Server::builder()
    ///     .adapter(RedisStreams::new(Redis::at("redis://127.0.0.1/0")?))
    ///     .namespace("/", |events| {
    ///         events.on_args("say", |cx, event, text: String| {
    ///             cx.everyone().except(event.socket).emit("said", text);
    ///         })
    ///     })
    ///     .build(());
    /// # let _ = server;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If there is an adapter already.
    pub fn adapter(self, mut adapter: impl Adapter<S> + 'static) -> Self {
        let mut builder = adapter.equip(self);
        assert!(builder.cluster.is_none(), "a server has one adapter");
        builder.cluster = Some(Box::new(adapter));
        builder
    }
}

impl<S> Core<S> {
    /// An id that cannot be guessed, as other servers write theirs.
    pub(super) fn cluster_id(&mut self) -> String {
        let mut random = [0; ID_BYTES];
        (self.entropy)(&mut random);
        format!("{:0width$x}", u64::from_le_bytes(random), width = 2 * ID_BYTES)
    }
}

impl<S> Context<'_, S> {
    /// The id of this server in its cluster; empty if it is in none.
    pub fn server_id(&mut self) -> String {
        if self.core.cluster.id.is_empty() && self.is_in_cluster() {
            self.core.cluster.id = self.core.cluster_id();
        }
        self.core.cluster.id.clone()
    }

    /// Whether there are other servers to be told.
    pub(in crate::server) const fn is_in_cluster(&self) -> bool {
        self.core.cluster.adapter.is_some()
    }

    /// Sends a message to all other servers, or to one. False if it is not sent.
    pub(super) fn publish(
        &mut self,
        to: Option<&str>,
        namespace: &str,
        kind: ClusterKind,
        (data, attachments): (&str, &[Vec<u8>]),
    ) -> bool {
        let from = self.server_id();
        let message = ClusterMessage::new(&from, namespace, kind, data, attachments);
        self.with_adapter(|adapter, cx| adapter.publish(cx, to, &message)) == Some(true)
    }

    fn with_adapter<T>(
        &mut self,
        act: impl FnOnce(&mut dyn Adapter<S>, &mut Self) -> T,
    ) -> Option<T> {
        let mut adapter = self.core.cluster.adapter.take()?;
        let done = act(&mut *adapter, self);
        self.core.cluster.adapter = Some(adapter);
        Some(done)
    }

    /// The offset of the newest event that this server has heard.
    pub(in crate::server) fn newest(&mut self) -> String {
        self.with_adapter(|adapter, cx| adapter.newest(cx)).unwrap_or_default()
    }

    /// Saves a session for all servers.
    pub(in crate::server) fn save_in_cluster(&mut self, saved: &Saved) {
        self.with_adapter(|adapter, cx| adapter.save(cx, saved));
    }

    /// Asks for a session. False if that is not possible.
    pub(in crate::server) fn restore_from_cluster(
        &mut self,
        token: u64,
        pid: &str,
        offset: Option<&str>,
    ) -> bool {
        let name = self.namespace().to_owned();
        let restore = |adapter: &mut dyn Adapter<S>, cx: &mut Self| {
            adapter.restore(cx, token, &name, pid, offset)
        };
        self.with_adapter(restore) == Some(true)
    }

    /// Forgets that a session was asked for.
    pub(in crate::server) fn forget_restoring(&mut self, token: u64) {
        self.with_adapter(|adapter, cx| adapter.forget(cx, token));
    }
}
