//! What an application hangs into a server.

use super::Context;
use super::event::{Connect, Event, Message, Refused};
use super::web::{WebRequest, WebResponse};
use crate::base::{CloseReason, Destination, Namespace, SocketId};
use std::collections::HashMap;

pub(super) type Callback<S> = Box<dyn FnMut(&mut Context<'_, S>)>;
pub(super) type OnTurn<S> = Box<dyn FnMut(&mut S, f64)>;
pub(super) type IsWhole<S> = Box<dyn Fn(&Context<'_, S>) -> bool>;
pub(super) type OnSocket<S> = Box<dyn FnMut(&mut Context<'_, S>, SocketId)>;
pub(super) type OnDisconnect<S> = Box<dyn FnMut(&mut Context<'_, S>, SocketId, CloseReason)>;
pub(super) type OnBytes<S, A> = Box<dyn FnMut(&mut Context<'_, S>, SocketId, &A)>;
pub(super) type OnMessage<S> = Box<dyn FnMut(&mut Context<'_, S>, SocketId, Message<'_>)>;
pub(super) type OnConnect<S> =
    Box<dyn FnMut(&mut Context<'_, S>, Connect<'_>) -> Result<(), Refused>>;
pub(super) type OnEvent<S> = Box<dyn FnMut(&mut Context<'_, S>, Event<'_>)>;
/// Chooses among the subprotocols that are offered at a path.
pub(super) type Choose = Box<dyn for<'a> Fn(&str, &[&'a str]) -> Option<&'a str>>;
pub(super) type OnRequest<S> = Box<dyn FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse>;

/// One handler per thing that can happen. They are called one at a time, with the state to change.
pub(super) struct Handlers<S> {
    pub(super) connect: OnSocket<S>,
    pub(super) line: OnBytes<S, str>,
    pub(super) raw: OnBytes<S, [u8]>,
    pub(super) disconnect: OnDisconnect<S>,
    pub(super) settle: Callback<S>,
    pub(super) stopping: Callback<S>,
    pub(super) shutdown: Callback<S>,
    pub(super) turned: OnTurn<S>,
    pub(super) is_whole: IsWhole<S>,
    pub(super) http_hint: String,
    pub(super) subprotocol: Choose,
    pub(super) namespaces: Vec<Events<S>>,
    /// Those of bare Engine.IO and those of plain WebSockets.
    pub(super) endpoints: Vec<Endpoint<S>>,
    /// Where WebSockets speak lines.
    pub(super) line_paths: Vec<String>,
    pub(super) routes: Vec<Route<S>>,
}

/// What answers GET requests for a path.
pub(super) struct Route<S> {
    pub(super) path: String,
    pub(super) at: At,
    pub(super) handler: OnRequest<S>,
}

/// Where a route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// At the HTTP door.
    Http,
    /// The same, also when the server is full.
    Spare,
    /// At the operators' door.
    Operators,
}

/// The handlers of a Socket.IO namespace.
pub struct Events<S> {
    pub(super) namespace: Namespace,
    pub(super) connect: OnConnect<S>,
    pub(super) by_name: HashMap<Box<str>, OnEvent<S>>,
    pub(super) any: OnEvent<S>,
    pub(super) disconnect: OnDisconnect<S>,
}

/// The handlers of an endpoint whose messages are the application's.
pub struct Endpoint<S> {
    pub(super) target: Destination,
    pub(super) path: String,
    pub(super) open: OnSocket<S>,
    pub(super) message: OnMessage<S>,
    pub(super) close: OnDisconnect<S>,
    pub(super) message_bytes_max: Option<usize>,
    pub(super) fragments_max: Option<u32>,
}

impl<S> Handlers<S> {
    pub(super) fn new() -> Self {
        Self {
            connect: Box::new(|_, _| ()),
            line: Box::new(|_, _, _| ()),
            raw: Box::new(|_, _, _| ()),
            disconnect: Box::new(|_, _, _| ()),
            settle: Box::new(|_| ()),
            stopping: Box::new(|_| ()),
            shutdown: Box::new(|_| ()),
            turned: Box::new(|_, _| ()),
            is_whole: Box::new(|_| false),
            http_hint: "this is not a web server".to_owned(),
            subprotocol: Box::new(|_, offered| offered.first().copied()),
            namespaces: Vec::new(),
            endpoints: Vec::new(),
            line_paths: Vec::new(),
            routes: Vec::new(),
        }
    }

    /// What answers for a path at the HTTP door, or at the operators' door.
    pub(super) fn route(&mut self, path: &str, is_operators: bool) -> Option<&mut Route<S>> {
        let is_there = |at: At| (at == At::Operators) == is_operators;
        self.routes.iter_mut().find(|route| is_there(route.at) && route.path == path)
    }

    /// Whether a full server answers for a path, too.
    pub(super) fn is_spare(&self, path: &str) -> bool {
        let mut routes = self.routes.iter().filter(|route| route.at != At::Operators);
        routes.find(|route| route.path == path).is_some_and(|route| route.at == At::Spare)
    }

    /// The handlers of a namespace.
    pub(super) fn events(&mut self, namespace: Namespace) -> Option<&mut Events<S>> {
        self.namespaces.iter_mut().find(|events| events.namespace == namespace)
    }

    /// The handlers of an endpoint.
    pub(super) fn endpoint(&mut self, namespace: Namespace) -> Option<&mut Endpoint<S>> {
        self.endpoints.iter_mut().find(|endpoint| endpoint.target.endpoint() == Some(namespace))
    }

    /// The plain WebSocket that a path leads to; `None` if it leads to none.
    pub(super) fn messages_at(&self, path: &str) -> Option<Destination> {
        let mut endpoints = self.endpoints.iter().filter(|endpoint| endpoint.path == path);
        let found = endpoints.find(|endpoint| matches!(endpoint.target, Destination::Messages(_)));
        let lines =
            || self.line_paths.iter().any(|other| other == path).then_some(Destination::Lines);
        found.map(|endpoint| endpoint.target).or_else(lines)
    }

    /// The endpoint of bare Engine.IO that a path leads to; `None` if it leads to none.
    pub(super) fn engine_at(&self, path: &str) -> Option<Destination> {
        let mut endpoints = self.endpoints.iter().filter(|it| path.starts_with(&it.path));
        let found = endpoints.find(|endpoint| matches!(endpoint.target, Destination::Engine(_)));
        found.map(|endpoint| endpoint.target)
    }
}

impl<S> Events<S> {
    pub(super) fn new(namespace: Namespace) -> Self {
        Self {
            namespace,
            connect: Box::new(|_, _| Ok(())),
            by_name: HashMap::new(),
            any: Box::new(|_, _| ()),
            disconnect: Box::new(|_, _, _| ()),
        }
    }

    /// A client wants to join the namespace. What it is sent here reaches it once it is let in; if
    /// it is refused it is told why.
    pub fn on_connect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, Connect<'_>) -> Result<(), Refused> + 'static,
    ) -> Self {
        self.connect = Box::new(handler);
        self
    }

    /// A client has sent the event `name`.
    pub fn on(
        mut self,
        name: &str,
        handler: impl FnMut(&mut Context<'_, S>, Event<'_>) + 'static,
    ) -> Self {
        self.by_name.insert(Box::from(name), Box::new(handler));
        self
    }

    /// A client has sent an event that no other handler is for.
    pub fn on_any(mut self, handler: impl FnMut(&mut Context<'_, S>, Event<'_>) + 'static) -> Self {
        self.any = Box::new(handler);
        self
    }

    /// A client has left the namespace, or is about to: it is still in its rooms, and what it is
    /// sent now it may still get.
    pub fn on_disconnect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, CloseReason) + 'static,
    ) -> Self {
        self.disconnect = Box::new(handler);
        self
    }
}

impl<S> Endpoint<S> {
    pub(super) fn new(target: Destination, path: &str) -> Self {
        Self {
            target,
            path: path.to_owned(),
            open: Box::new(|_, _| ()),
            message: Box::new(|_, _, _| ()),
            close: Box::new(|_, _, _| ()),
            message_bytes_max: None,
            fragments_max: None,
        }
    }

    /// A client has come.
    pub fn on_open(mut self, handler: impl FnMut(&mut Context<'_, S>, SocketId) + 'static) -> Self {
        self.open = Box::new(handler);
        self
    }

    /// A client has sent a message.
    pub fn on_message(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, Message<'_>) + 'static,
    ) -> Self {
        self.message = Box::new(handler);
        self
    }

    /// A client is gone, or about to be.
    pub fn on_close(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, CloseReason) + 'static,
    ) -> Self {
        self.close = Box::new(handler);
        self
    }

    /// Takes messages of up to so many bytes, in up to so many fragments, at a plain WebSocket,
    /// instead of what the server takes elsewhere.
    pub const fn message_limits(mut self, bytes_max: usize, fragments_max: u32) -> Self {
        self.message_bytes_max = Some(bytes_max);
        self.fragments_max = Some(fragments_max);
        self
    }
}
