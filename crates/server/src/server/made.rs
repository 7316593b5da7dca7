//! Namespaces that are made when a client asks for them, and go with their last client.

use super::core::Core;
use super::handlers::Events;
use super::{Builder, Context, Server};
use crate::base::{Namespace, SessionId, SocketId};
use crate::hub::Target;
use crate::limits::{MADE_NAMESPACE_BYTES_MAX, SOCKETS_PER_SESSION_MAX};
use crate::net::Turn;

/// Decides whether there is a namespace of this name.
type Admits<S> = Box<dyn FnMut(&mut Context<'_, S>, &str) -> bool>;

/// Namespaces with the same handlers.
pub(super) struct Family<S> {
    admits: Admits<S>,
    pub(super) events: Events<S>,
    /// The place of their observer.
    observer: Option<usize>,
}

impl<S> Builder<S> {
    /// Adds namespaces whose names are not known beforehand, `/game-7` for example, with the same
    /// handlers for all. When a client asks for a namespace that the server does not have, `admits`
    /// is told its name, which begins with a slash, and says whether there is such a namespace.
    /// Then it is made. It has rooms and an audience of its own, like any other, and goes when the
    /// last client has left it and no timer of its handlers is set. [`Context::namespace`] has its
    /// name.
    ///
    /// A name has at most 256 bytes, there are at most 4,096 such namespaces at a time, and a
    /// client is in at most 16 namespaces. Beyond that it is told `Invalid namespace`.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    /// use mio_socketio::testing::TestServer;
    /// use serde_json::Value;
    ///
    /// struct Games {
    ///     open: Vec<u32>,
    /// }
    ///
    /// let server = Server::new(Games { open: vec![7] }, |server| {
    ///     server.dynamic_namespaces(
    ///         |cx, name| {
    ///             let number = name.strip_prefix("/game-").and_then(|number| number.parse().ok());
    ///             number.is_some_and(|number| cx.state.open.contains(&number))
    ///         },
    ///         |events| {
    ///             events.on_any(|cx, event| {
    ///                 let name = cx.namespace().to_owned();
    ///                 cx.ack(event.ack, name);
    ///             })
    ///         },
    ///     )
    /// });
    /// let mut world = TestServer::new(server);
    /// let alice = world.connect("/game-7", Value::Null).expect("it is open");
    /// assert_eq!(world.call(alice, "where", ()).expect("an answer").args, ["/game-7"]);
    /// assert!(world.connect("/game-8", Value::Null).is_err());
    /// ```
    pub fn dynamic_namespaces(
        mut self,
        admits: impl FnMut(&mut Context<'_, S>, &str) -> bool + 'static,
        configure: impl FnOnce(Events<S>) -> Events<S>,
    ) -> Self {
        let mut events = configure(Events::new(Namespace::LINES));
        let observer = events.outgoing.take().map(|it| self.namespaces.add_observer(it));
        let family = Family { admits: Box::new(admits), events, observer };
        self.handlers.families.push(family);
        self
    }
}

impl<S> Context<'_, S> {
    /// The names of the namespaces of Socket.IO that are there now.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    ///
    /// let server = Server::new(Vec::new(), |server| {
    ///     server
    ///         .namespace("/", |events| events)
    ///         .namespace("/chat", |events| events)
    ///         .on_start(|cx| *cx.state = cx.namespaces().map(str::to_owned).collect())
    /// });
    /// # let _: mio_socketio::Server<Vec<String>> = server;
    /// ```
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.core.namespaces.socket_io_names()
    }

    /// The name of this handler's namespace, or of its endpoint; `lines` for a handler of the line
    /// door.
    pub fn namespace(&self) -> &str {
        self.core.namespaces.name(self.namespace).map_or("", |name| name)
    }
}

impl<S> Core<S> {
    /// Notes that a socket is about to leave its namespace.
    pub(super) fn note_leaving(&mut self, socket: SocketId) {
        if let Some(voice) = self.hub.voice(socket) {
            self.namespaces.leave(voice.namespace);
        }
    }
}

impl<S> Server<S> {
    /// Calls a handler that has been set for later in a namespace.
    pub(super) fn call_back(
        &mut self,
        turn: &mut Turn<'_>,
        namespace: Namespace,
        run: impl FnOnce(&mut Context<'_, S>),
    ) {
        self.call_in(turn, namespace, |_, cx| run(cx));
        self.core.namespaces.called_back(namespace);
    }

    /// Makes the namespace that a client asks for, if the application has such a one.
    pub(super) fn make_namespace(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        name: &str,
    ) -> Option<Namespace> {
        let is_fit = name.starts_with('/') && name.len() <= MADE_NAMESPACE_BYTES_MAX;
        let sockets = self.core.sessions.engine(id)?.sockets.len();
        if !is_fit || sockets >= SOCKETS_PER_SESSION_MAX {
            return None;
        }
        let mut families = 0..self.handlers.families.len();
        let family = families.find(|at| {
            let admitted = self.call_in(turn, Namespace::LINES, |handlers, cx| {
                (handlers.families[*at].admits)(cx, name)
            });
            admitted == Some(true)
        })?;
        let observer = self.handlers.families[family].observer;
        let namespace = self.core.namespaces.make(name, observer)?;
        self.handlers.made.insert(namespace, family);
        // Its first client may be refused.
        self.core.namespaces.leave(namespace);
        Some(namespace)
    }

    /// Removes the namespaces that have nobody in them any more.
    pub(super) fn sweep_namespaces(&mut self) {
        while let Some(namespace) = self.core.namespaces.pop_left() {
            if !self.core.hub.has_audience(namespace, Target::Everyone) {
                self.core.namespaces.remove(namespace);
                self.handlers.made.remove(&namespace);
            }
        }
    }
}
