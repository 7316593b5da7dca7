//! Layer 3: the library's public types, and the only place where the loop meets sessions and hub.
//!
//! A [`Server`] is an application's state, its handlers and the machinery; handlers act through a
//! [`Context`]. Handlers write into outboxes and never call handlers.

mod acks;
mod admission;
mod admitting;
mod arrivals;
mod builder;
mod bulk;
mod callers;
mod cluster;
mod context;
mod core;
mod courier;
mod deflating;
mod doors;
mod driver;
mod engine_door;
mod event;
mod farewells;
mod gathering;
mod greetings;
mod handing;
mod handlers;
mod handshake;
mod handshakes;
mod hearing;
mod heartbeats;
mod http_door;
mod joining;
mod keeping;
mod leaving;
mod limiting;
mod line_door;
mod links;
mod listen;
mod listening;
mod loud_rooms;
mod made;
mod memory_recovery;
mod message_door;
mod namespaces;
mod opening;
mod outgoing;
mod own_doors;
mod packets;
mod panics;
mod per_socket;
mod polling_door;
mod recording;
mod recovery;
pub mod redis;
mod refusals;
mod remote;
mod requests;
mod rereading;
mod returning;
mod routes;
mod secrecy;
mod sending;
mod service;
mod stand_ins;
mod stats;
mod stopping;
pub mod testing;
mod timers;
mod to;
mod waking;
mod web;

pub use self::acks::NoAck;
pub use self::builder::Builder;
pub use self::cluster::{
    Adapter, ClusterKind, ClusterMessage, Fetched, FetchedSocket, RedisStreams, ServerAck,
    ServerAnswers, ServerEvent,
};
pub use self::context::Context;
pub use self::deflating::DeflateSettings;
pub use self::driver::Driver;
pub use self::event::{Ack, Connect, Event, Message, Refused};
pub use self::gathering::Gathered;
pub use self::handlers::{Endpoint, Events, Handled};
pub use self::handshake::{Handshake, NoSession, Welcome};
pub use self::listen::{DoorAddress, Listen, ListenError};
pub use self::listening::Listening;
pub use self::memory_recovery::MemoryRecovery;
pub use self::outgoing::OutgoingEvent;
pub use self::per_socket::PerSocket;
pub use self::recovery::{Audience, Kept, Missed, Recovery, Restored, Saved, SavedRoom};
pub use self::remote::{NotRun, Remote};
pub use self::stats::Stats;
pub use self::to::To;
pub use self::web::{WebRequest, WebResponse};
pub use crate::base::{Address, CloseReason, Network, NoNetwork, Now, PeerAddress, SocketId, User};
pub use crate::hub::Members;
pub use crate::limits::RECOVERY_MS;
pub use crate::net::{
    CertificateFiles, InheritedListener, ListenAddress, Stopwatch, Supervised, UserOf,
};
pub use crate::record::{Difference, Record, Replay, ReplayError, Replayed};
pub use crate::session::engine::EngineSettings;
pub use crate::session::{
    AddressLimits, Bucket, DoorSettings, Framed, Framer, Hosts, LineSettings, Origins, OwnLimit,
    Proxies, Rate,
};
pub use mio_wire::http::{Head, Method};
pub use mio_wire::sio::{Args, Argument, Arguments, BadArgument, Binary, Blob, Prepared};
pub use mio_wire::text::{few_marks, is_blank, tight, visible};

use self::core::Core;
use self::doors::Doors;
use self::handlers::Handlers;
use crate::base::{Destination, Namespace};
use crate::limits::QUEUE_TO_TURN_MAX;
use crate::net::Turn;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An application: its state, its handlers, and the sessions and rooms it serves.
pub struct Server<S> {
    state: S,
    handlers: Handlers<S>,
    core: Core<S>,
}

impl<S> Server<S> {
    /// A server with its first state. As the state comes first, the compiler knows the type in all
    /// handlers.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    ///
    /// #[derive(Default)]
    /// struct Poll {
    ///     votes: u32,
    /// }
    ///
    /// let server = Server::new(Poll::default(), |server| {
    ///     server.namespace("/", |events| {
    ///         events.on("vote", |cx, event| {
    ///             cx.state.votes += 1;
    ///             let votes = cx.state.votes;
    ///             cx.everyone().except(event.socket).emit("votes", votes);
    ///         })
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    pub fn new(state: S, configure: impl FnOnce(Builder<S>) -> Builder<S>) -> Self {
        configure(Self::builder()).build(state)
    }

    /// Begins a server whose state comes last, in [`Builder::build`].
    pub fn builder() -> Builder<S> {
        Builder::default()
    }

    fn assemble(state: S, handlers: Handlers<S>, core: Core<S>) -> Self {
        Self { state, handlers, core }
    }

    /// The application's state.
    pub const fn state(&self) -> &S {
        &self.state
    }

    /// How the server listens, and for how many.
    pub const fn listen(&self) -> &Listen {
        &self.core.listen
    }

    /// Sets how the server listens, for code that drives the loop itself. The listeners have the
    /// numbers of their addresses: those of the line door first, then the line door over TLS, the
    /// doors for protocols of the application's own, these over TLS, the HTTP door, the HTTP door
    /// over TLS, and the operators' door.
    pub fn set_listen(&mut self, listen: Listen) {
        self.core.doors = Doors::new(&listen);
        self.core.listen = listen;
    }

    /// Warns if a message may be too long to be sent to anyone.
    fn warn_of_long_messages(&self) {
        let Core { engine, listen, .. } = &self.core;
        let payload = engine.payload_bytes_max;
        let sendable = listen.queue_bytes_max * QUEUE_TO_TURN_MAX;
        if payload > sendable {
            log::warn!(
                "messages may have {payload} bytes (--max-payload), but a client that is sent more \
                 than {sendable} at once is closed: raise --max-queue to {}",
                payload.div_ceil(QUEUE_TO_TURN_MAX)
            );
        }
    }

    /// Panics unless the tables agree with each other.
    pub fn check_invariants(&self) {
        self.core.sessions.check_invariants();
        self.core.check_admission();
        self.core.hub.check_invariants();
        if let Some(recovery) = &self.core.recovery {
            recovery.check_invariants(&self.core.hub);
        }
    }

    /// Panics unless all traces of earlier clients are gone. (A session whose client vanished ends
    /// with its heartbeat, so this holds some time after the last connection.)
    pub fn check_empty(&self) {
        let Core {
            sessions,
            admission,
            hub,
            named,
            by_id,
            left,
            kept,
            gatherings,
            cluster,
            recovery,
            returns,
            leaving,
            answered,
            wakes,
            greetings,
            ..
        } = &self.core;
        sessions.check_empty();
        admission.accounts().check_empty();
        hub.check_empty();
        assert!(greetings.is_empty(), "no handshake is left");
        assert!(named.is_empty() && by_id.is_empty(), "no name is left");
        assert!(left.is_empty(), "nobody is remembered who has gone");
        assert!(gatherings.is_empty(), "no audience owes an answer");
        assert!(cluster.is_idle(), "no server owes an answer or is owed one");
        assert!(kept.is_empty(), "nothing is kept for sessions that have ended");
        let is_left = recovery.as_ref().is_some_and(|recovery| !recovery.is_empty());
        assert!(!is_left, "nobody is left who could come back later");
        assert!(returns.is_empty(), "nobody waits for the adapter");
        assert!(leaving.is_empty() && answered.is_empty(), "nothing is left to do");
        assert_eq!(wakes.next_ms(), None, "no deadline is left");
    }

    /// Runs `handler` with the application's state and a context of `namespace`: the only place
    /// that calls handlers. `None` if it panicked and only its client must go for that.
    fn call_in<T>(
        &mut self,
        turn: &mut Turn<'_>,
        namespace: Namespace,
        handler: impl FnOnce(&mut Handlers<S>, &mut Context<'_, S>) -> T,
    ) -> Option<T> {
        let Self { state, handlers, core } = self;
        let mut cx = Context::new(state, core, turn, namespace);
        match catch_unwind(AssertUnwindSafe(|| handler(handlers, &mut cx))) {
            Ok(done) => Some(done),
            Err(panic) => {
                self.panicked(turn, panic);
                None
            }
        }
    }

    /// Runs a handler of the line door's.
    fn call_for_lines(
        &mut self,
        turn: &mut Turn<'_>,
        handler: impl FnOnce(&mut Handlers<S>, &mut Context<'_, S>),
    ) {
        self.call_in(turn, Namespace::LINES, handler);
    }

    /// Runs a handler that belongs to no door. Its namespace is `/`, as that of a server in
    /// JavaScript is, or that of lines if there is no `/`. `None` if it has panicked.
    fn call<R>(
        &mut self,
        turn: &mut Turn<'_>,
        handler: impl FnOnce(&mut Handlers<S>, &mut Context<'_, S>) -> R,
    ) -> Option<R> {
        let namespace = self.core.namespaces.of_events(Namespace::LINES);
        self.call_in(turn, namespace, handler)
    }

    /// The target of a path of Engine.IO: Socket.IO, or an endpoint; `None` for other paths.
    pub(super) fn engine_at(&self, path: &str) -> Option<Destination> {
        match path.starts_with(&self.core.engine.path) {
            true => Some(Destination::SocketIo),
            false => self.handlers.engine_at(path),
        }
    }
}
