//! The way from one server to the others of its cluster.

use super::message::{ClusterKind, ClusterMessage};
use super::servers::HeardEvent;
use super::streams::Streams;
use super::waiting::Waiting;
use crate::server::core::Core;
use crate::server::{Builder, Context};
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
}

impl<S> Default for Cluster<S> {
    fn default() -> Self {
        let (waiting, heard) = (HashMap::new(), VecDeque::new());
        Self { adapter: None, id: String::new(), waiting, heard, streams: None }
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
        let Some(mut adapter) = self.core.cluster.adapter.take() else { return false };
        let message = ClusterMessage::new(&from, namespace, kind, data, attachments);
        let is_sent = adapter.publish(self, to, &message);
        self.core.cluster.adapter = Some(adapter);
        is_sent
    }
}
