//! The handlers that an application registers.

use super::Context;
use super::cluster::OnServerEvent;
use super::event::{Connect, Event, Message, Refused};
use super::handshake::{Handshake, NoSession, Welcome};
use super::made::Family;
use super::outgoing::Observer;
use super::redis::RedisHandlers;
use super::routes::Routes;
use super::web::{WebRequest, WebResponse};
use crate::base::{CloseReason, Destination, Namespace, SocketId};
use serde::de::DeserializeOwned;
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
pub(super) type OnEvent<S> = Box<dyn FnMut(&mut Context<'_, S>, Event<'_>) -> Result<(), Refused>>;
pub(super) type OnHandshake<S> =
    Box<dyn FnMut(&mut Context<'_, S>, &Handshake<'_>) -> Result<Welcome, WebResponse>>;
pub(super) type OnNoSession<S> = Box<dyn FnMut(&mut Context<'_, S>, &NoSession<'_>)>;
pub(super) type BeforeEvent<S> =
    Box<dyn FnMut(&mut Context<'_, S>, &Event<'_>) -> Result<(), Refused>>;
/// Chooses among the subprotocols that a client offers at a path.
pub(super) type Choose = Box<dyn for<'a> Fn(&str, &[&'a str]) -> Option<&'a str>>;
pub(super) type OnRequest<S> = Box<dyn FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse>;

/// One handler for each kind of event. They are called one at a time, with the state to change.
pub(super) struct Handlers<S> {
    pub(super) connect: OnSocket<S>,
    pub(super) line: OnBytes<S, str>,
    pub(super) raw: OnBytes<S, [u8]>,
    pub(super) disconnect: OnDisconnect<S>,
    pub(super) start: Callback<S>,
    pub(super) settle: Callback<S>,
    pub(super) hangup: Option<Callback<S>>,
    pub(super) stopping: Callback<S>,
    pub(super) shutdown: Callback<S>,
    pub(super) turned: OnTurn<S>,
    pub(super) is_whole: IsWhole<S>,
    pub(super) http_hint: String,
    pub(super) handshake: Option<OnHandshake<S>>,
    pub(super) no_session: Option<OnNoSession<S>>,
    pub(super) subprotocol: Choose,
    pub(super) namespaces: Vec<Events<S>>,
    /// Handlers of namespaces that are made when clients ask for them.
    pub(super) families: Vec<Family<S>>,
    /// Their numbers, with the places of their handlers among these.
    pub(super) made: HashMap<Namespace, usize>,
    /// The endpoints of bare Engine.IO, and those of plain WebSockets.
    pub(super) endpoints: Vec<Endpoint<S>>,
    /// Paths of WebSockets that speak lines.
    pub(super) line_paths: Vec<String>,
    pub(super) routes: Routes<S>,
    pub(super) links: Vec<RedisHandlers<S>>,
}

/// The handlers of a Socket.IO namespace.
pub struct Events<S> {
    pub(super) namespace: Namespace,
    pub(super) connect: OnConnect<S>,
    pub(super) by_name: HashMap<Box<str>, OnEvent<S>>,
    pub(super) any: Option<OnEvent<S>>,
    pub(super) before: Option<BeforeEvent<S>>,
    pub(super) disconnect: OnDisconnect<S>,
    pub(super) outgoing: Option<Observer>,
    pub(super) of_servers: HashMap<Box<str>, OnServerEvent<S>>,
}

/// The result of a handler for events: nothing, or `Result<(), Refused>`.
#[diagnostic::on_unimplemented(
    message = "a handler of an event returns nothing or `Result<(), Refused>`, and not `{Self}`",
    label = "this handler's result is of another type",
    note = "end its last expression with a semicolon; if it uses `?`, end it with `Ok(())`"
)]
pub trait Handled: sealed::Sealed {
    /// Whether the event has been handled.
    #[doc(hidden)]
    fn handled(self) -> Result<(), Refused>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for Result<(), super::Refused> {}
}

impl Handled for () {
    fn handled(self) -> Result<(), Refused> {
        Ok(())
    }
}

impl Handled for Result<(), Refused> {
    fn handled(self) -> Self {
        self
    }
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
            start: Box::new(|_| ()),
            settle: Box::new(|_| ()),
            hangup: None,
            stopping: Box::new(|_| ()),
            shutdown: Box::new(|_| ()),
            turned: Box::new(|_, _| ()),
            is_whole: Box::new(|_| false),
            http_hint: "this is not a web server".to_owned(),
            handshake: None,
            no_session: None,
            subprotocol: Box::new(|_, offered| offered.first().copied()),
            namespaces: Vec::new(),
            families: Vec::new(),
            made: HashMap::new(),
            endpoints: Vec::new(),
            line_paths: Vec::new(),
            routes: Routes::new(),
            links: Vec::new(),
        }
    }

    /// The handlers of a namespace.
    pub(super) fn events(&mut self, namespace: Namespace) -> Option<&mut Events<S>> {
        let found = self.namespaces.iter_mut().find(|events| events.namespace == namespace);
        found.or_else(|| {
            let family = self.families.get_mut(*self.made.get(&namespace)?)?;
            Some(&mut family.events)
        })
    }

    /// The handlers of an endpoint.
    pub(super) fn endpoint(&mut self, namespace: Namespace) -> Option<&mut Endpoint<S>> {
        self.endpoints.iter_mut().find(|endpoint| endpoint.target.endpoint() == Some(namespace))
    }

    /// The plain WebSocket at a path, if there is one.
    pub(super) fn messages_at(&self, path: &str) -> Option<Destination> {
        let mut endpoints = self.endpoints.iter().filter(|endpoint| endpoint.path == path);
        let found = endpoints.find(|endpoint| matches!(endpoint.target, Destination::Messages(_)));
        let lines =
            || self.line_paths.iter().any(|other| other == path).then_some(Destination::Lines);
        found.map(|endpoint| endpoint.target).or_else(lines)
    }

    /// The bare Engine.IO endpoint at a path, if there is one.
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
            any: None,
            before: None,
            disconnect: Box::new(|_, _, _| ()),
            outgoing: None,
            of_servers: HashMap::new(),
        }
    }

    /// A client wants to join the namespace. Events sent to it here reach it once it is admitted.
    /// If it is refused it is told why.
    pub fn on_connect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, Connect<'_>) -> Result<(), Refused> + 'static,
    ) -> Self {
        self.connect = Box::new(handler);
        self
    }

    /// A client has sent the event `name`. The handler returns nothing, or `Result<(), Refused>`:
    /// then it can use `?`. If it fails, a client that waits for an answer gets a refusal, see
    /// [`Refused`].
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::testing::TestServer;
    /// use mio_socketio::{Refused, Server};
    /// use serde_json::{Value, json};
    ///
    /// let server = Server::new(Vec::new(), |server| {
    ///     server.namespace("/", |events| {
    ///         events.on("add", |cx, event| {
    ///             let text = event.args.text(0).ok_or(Refused::new("a text, please"))?;
    ///             let number: u32 = text.parse()?;
    ///             cx.state.push(number);
    ///             cx.ack(event.ack, cx.state.len());
    ///             Ok(())
    ///         })
    ///     })
    /// });
    /// let mut world = TestServer::new(server);
    /// let alice = world.connect("/", Value::Null).expect("all are let in");
    /// assert_eq!(world.call(alice, "add", "7").expect("an answer").args, [1]);
    /// let refused = world.call(alice, "add", 7).expect("an answer");
    /// let expected = json!({"ok": false, "code": "refused", "error": "a text, please"});
    /// assert_eq!(refused.args, [expected]);
    /// ```
    ///
    /// # Panics
    /// If the event has a handler already.
    pub fn on<R: Handled>(
        mut self,
        name: &str,
        mut handler: impl FnMut(&mut Context<'_, S>, Event<'_>) -> R + 'static,
    ) -> Self {
        let handler = move |cx: &mut Context<'_, S>, event: Event<'_>| handler(cx, event).handled();
        let before = self.by_name.insert(Box::from(name), Box::new(handler));
        assert!(before.is_none(), "the event {name:?} has two handlers");
        self
    }

    /// Like [`Self::on`], for an event whose arguments have types: a tuple has a part for each
    /// argument, and any other type, such as a struct, is that of the first one. Missing arguments
    /// are null, and surplus ones are dropped. If they are of another type, the handler is not
    /// called. A client that waits for an answer is told which argument is wrong, and why.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    /// use mio_socketio::testing::TestServer;
    /// use serde_json::{Value, json};
    ///
    /// let server = Server::new((), |server| {
    ///     server.namespace("/", |events| {
    ///         events.on_args("say", |cx, event, (text, room): (String, String)| {
    ///             cx.to(&room).except(event.socket).emit("said", text);
    ///             cx.ack(event.ack, true);
    ///         })
    ///     })
    /// });
    /// let mut world = TestServer::new(server);
    /// let alice = world.connect("/", Value::Null).expect("all are let in");
    /// assert_eq!(world.call(alice, "say", ("hi", "lobby")).expect("an answer").args, [true]);
    /// let refused = world.call(alice, "say", ("hi", 1)).expect("an answer");
    /// let error = "argument 2: invalid type: integer `1`, expected a string";
    /// let expected = json!({"ok": false, "code": "bad-arguments", "error": error});
    /// assert_eq!(refused.args, [expected]);
    /// ```
    ///
    /// # Panics
    /// If the event has a handler already.
    pub fn on_args<A: DeserializeOwned, R: Handled>(
        self,
        name: &str,
        mut handler: impl FnMut(&mut Context<'_, S>, Event<'_>, A) -> R + 'static,
    ) -> Self {
        self.on(name, move |cx, event| -> Result<(), Refused> {
            let args = event.args.read()?;
            handler(cx, event, args).handled()
        })
    }

    /// A client has sent an event for which there is no other handler. It returns the same as that
    /// of [`Self::on`].
    ///
    /// # Panics
    /// If there is such a handler already.
    pub fn on_any<R: Handled>(
        mut self,
        mut handler: impl FnMut(&mut Context<'_, S>, Event<'_>) -> R + 'static,
    ) -> Self {
        assert!(self.any.is_none(), "two handlers for the events that have none");
        self.any = Some(Box::new(move |cx, event| handler(cx, event).handled()));
        self
    }

    /// Called before the handler of each event, whether there is one or not: to count, to log, or
    /// to refuse what a client may not do. If it fails, the event's handler is not called, and a
    /// client that waits for an answer is told why. Socket.IO's own server has `socket.use` for it.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{PerSocket, Refused, Server};
    ///
    /// struct Admin;
    ///
    /// let server = Server::new(PerSocket::<Admin>::default(), |server| {
    ///     server.namespace("/", |events| {
    ///         events
    ///             .before_each(|cx, event| {
    ///                 let is_admin = cx.state.get(event.socket).is_some();
    ///                 match event.name.starts_with("admin:") && !is_admin {
    ///                     true => Err(Refused::new("only for admins")),
    ///                     false => Ok(()),
    ///                 }
    ///             })
    ///             .on("admin:stop", |cx, _| cx.stop())
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    ///
    /// # Panics
    /// If there is one already.
    pub fn before_each<R: Handled>(
        mut self,
        mut handler: impl FnMut(&mut Context<'_, S>, &Event<'_>) -> R + 'static,
    ) -> Self {
        assert!(self.before.is_none(), "two handlers before each event");
        self.before = Some(Box::new(move |cx, event| handler(cx, event).handled()));
        self
    }

    /// A client has left the namespace, or is about to. It is still in its rooms, and may still get
    /// events sent to it now.
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

    /// A client has connected.
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

    /// A client has gone, or is about to go.
    pub fn on_close(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, CloseReason) + 'static,
    ) -> Self {
        self.close = Box::new(handler);
        self
    }

    /// Sets the longest message in bytes, and its most fragments, at a plain WebSocket, instead of
    /// the server's own limits.
    pub const fn message_limits(mut self, bytes_max: usize, fragments_max: u32) -> Self {
        self.message_bytes_max = Some(bytes_max);
        self.fragments_max = Some(fragments_max);
        self
    }
}
