//! Putting a server together.

use super::callers::Callers;
use super::core::Core;
use super::handlers::{At, Endpoint, Events, Handlers, Route};
use super::namespaces::Namespaces;
use super::recording::Entropy;
use super::recovery::{Recovering, Recovery};
use super::web::{WebRequest, WebResponse};
use super::{Context, LineDoor, Server};
use crate::base::{CloseReason, Destination, SocketId};
use crate::session::engine::EngineDoor;
use crate::session::{Accounts, AddressLimits, Hosts, Origins, Proxies};

/// Puts a server together. What is not set does nothing.
pub struct Builder<S> {
    handlers: Handlers<S>,
    door: LineDoor,
    engine: EngineDoor,
    origins: Origins,
    addresses: AddressLimits,
    callers: Callers,
    namespaces: Namespaces,
    entropy: Entropy,
    recovery: Option<Box<dyn Recovery<S>>>,
}

impl<S> Default for Builder<S> {
    fn default() -> Self {
        Self {
            handlers: Handlers::new(),
            door: LineDoor::default(),
            engine: EngineDoor::default(),
            origins: Origins::default(),
            addresses: AddressLimits::default(),
            callers: Callers::default(),
            namespaces: Namespaces::default(),
            entropy: Box::new(system_entropy),
            recovery: None,
        }
    }
}

impl<S> Builder<S> {
    /// How the line door treats its clients.
    pub fn line_door(mut self, door: LineDoor) -> Self {
        self.door = door;
        self
    }

    /// How Engine.IO treats its clients.
    pub fn engine(mut self, engine: EngineDoor) -> Self {
        self.engine = engine;
        self
    }

    /// Which web pages of other hosts are let in.
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    /// What the clients of one address may do together. Those of this machine may do all they like.
    pub fn addresses(mut self, limits: AddressLimits) -> Self {
        self.addresses = limits;
        self
    }

    /// By which names the server may be called; a request for another host is answered with 421
    /// (RFC 9110, 15.5.20) before anybody looks at it. Without this, by all: a server whose name
    /// nobody knows is not called by others, but one on a developer's machine or in a company's
    /// network is to say who it is, or any web page can have a name of its own lead there and is
    /// then of the same host.
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.callers.hosts = hosts;
        self
    }

    /// Which proxies are believed about whom they speak for: in `X-Forwarded-For` or `Forwarded` of
    /// a request, in its `X-Forwarded-Host` and `X-Forwarded-Port`, and in a header of the PROXY
    /// protocol, version 1 or 2, at the beginning of a connection. Without this, none: whoever
    /// connects is the client.
    ///
    /// A proxy that is believed has to write `X-Forwarded-For` itself, or to take away what its
    /// clients have written there.
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.callers.proxies = proxies;
        self
    }

    /// Where ids come from instead of the system's random numbers: for tests that are to be the
    /// same each time, and only for those.
    pub fn entropy(mut self, entropy: impl FnMut(&mut [u8]) + 'static) -> Self {
        self.entropy = Box::new(entropy);
        self
    }

    /// Lets clients of Socket.IO 4 whose connection breaks come back: the "connection state
    /// recovery" of the protocol. In JavaScript such a client then has its id and its rooms again,
    /// `socket.recovered` is true, and it gets what it has missed, once and in order.
    ///
    /// It is for the clients that ask for it, with `auth: {recover: true}`: each event they get,
    /// but for volatile ones and those that want an answer, has one more argument, its offset,
    /// which clients in other languages would give to their handlers. For all others nothing
    /// changes. [`Connect::recovered`](super::Connect::recovered) tells the application of it; a
    /// socket that comes back has a new [`SocketId`], and its old one has been taken leave of with
    /// [`Events::on_disconnect`]; as [`CloseReason::Replaced`], right before, if the client has
    /// noticed the break first.
    ///
    /// Who leaves by itself, is sent away or breaks the protocol does not come back. With a store
    /// every broadcast in a namespace is kept, heard or not.
    pub fn recovery(mut self, store: impl Recovery<S> + 'static) -> Self {
        self.recovery = Some(Box::new(store));
        self
    }

    /// Which of the subprotocols that a client offers in its WebSocket handshake at a path is
    /// answered (RFC 6455, 1.9): one of them, or none. At every path: an endpoint's, a line door's,
    /// Engine.IO's. Without this it is the first, as at the reference server. Only what may stand
    /// in a header is offered; what was not offered is not answered. A browser closes a WebSocket
    /// for which it has offered some and is answered none.
    pub fn subprotocol(
        mut self,
        choose: impl for<'a> Fn(&str, &[&'a str]) -> Option<&'a str> + 'static,
    ) -> Self {
        self.handlers.subprotocol = Box::new(choose);
        self
    }

    /// What a client is told that sends an HTTP request to the line door.
    pub fn http_hint(mut self, hint: String) -> Self {
        self.handlers.http_hint = hint;
        self
    }

    /// A client has come in at the line door.
    pub fn on_connect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId) + 'static,
    ) -> Self {
        self.handlers.connect = Box::new(handler);
        self
    }

    /// A client of the line door has sent a line of text that is not blank.
    pub fn on_line(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, &str) + 'static,
    ) -> Self {
        self.handlers.line = Box::new(handler);
        self
    }

    /// A client has sent bytes, at a raw door: a line with its end, exactly as sent. (A last line
    /// without an end gets one, unless the door takes idle tails for lines.)
    pub fn on_raw(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, &[u8]) + 'static,
    ) -> Self {
        self.handlers.raw = Box::new(handler);
        self
    }

    /// A client of the line door is gone, or about to be: it is still in its rooms, and what it is
    /// sent now it may still get.
    pub fn on_disconnect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, CloseReason) + 'static,
    ) -> Self {
        self.handlers.disconnect = Box::new(handler);
        self
    }

    /// A turn's handlers have run, and nothing of what they sent has been written yet: what must be
    /// kept before anyone sees it is kept now.
    pub fn on_settle(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.settle = Box::new(handler);
        self
    }

    /// A turn of the loop has taken so many seconds, the writing included: for metrics.
    pub fn on_turn(mut self, handler: impl FnMut(&mut S, f64) + 'static) -> Self {
        self.handlers.turned = Box::new(handler);
        self
    }

    /// A handler has panicked: whether the application's state is whole all the same. If it is,
    /// only the client is closed for whom the handler ran, with [`CloseReason::InternalError`]; if
    /// not, or if this is not set, the panic goes on and ends the process. A panic where no client
    /// is to blame (in timers, [`Self::on_settle`], [`Self::on_stopping`], [`Self::on_shutdown`])
    /// does so in any case.
    ///
    /// A state is whole when its parts agree with each other and with the server: look through all
    /// of it, for panics are rare.
    pub fn on_panic(mut self, is_whole: impl Fn(&Context<'_, S>) -> bool + 'static) -> Self {
        self.handlers.is_whole = Box::new(is_whole);
        self
    }

    /// The server is about to end: the last chance to say something to everyone. Then all are sent
    /// away.
    pub fn on_stopping(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.stopping = Box::new(handler);
        self
    }

    /// The server ends, and nobody is here any more: the last [`Events::on_disconnect`] has been
    /// called. What comes after it is [`Self::on_settle`], and nothing else: no timer, no answer.
    pub fn on_shutdown(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.shutdown = Box::new(handler);
        self
    }

    /// A namespace for clients of Socket.IO, `"/"` for the one that they join by default.
    ///
    /// # Panics
    /// If its name does not begin with a slash, or is there already.
    pub fn namespace(mut self, name: &str, configure: impl FnOnce(Events<S>) -> Events<S>) -> Self {
        assert!(name.starts_with('/'), "a namespace's name begins with /: {name}");
        let namespace = self.namespaces.add_socket_io(name);
        self.handlers.namespaces.push(configure(Events::new(namespace)));
        self
    }

    /// A plain WebSocket at a path of the HTTP door, whose messages are the application's.
    pub fn websocket(
        mut self,
        path: &str,
        configure: impl FnOnce(Endpoint<S>) -> Endpoint<S>,
    ) -> Self {
        let target = Destination::Messages(self.namespaces.add_messages(path));
        self.handlers.endpoints.push(configure(Endpoint::new(target, path)));
        self
    }

    /// Engine.IO without Socket.IO below a path of the HTTP door, `"/engine.io/"` for example:
    /// messages by WebSocket or, where there is none, by polling.
    pub fn engine_io(
        mut self,
        path: &str,
        configure: impl FnOnce(Endpoint<S>) -> Endpoint<S>,
    ) -> Self {
        let target = Destination::Engine(self.namespaces.add_engine(path));
        self.handlers.endpoints.push(configure(Endpoint::new(target, path)));
        self
    }

    /// A plain WebSocket at a path of the HTTP door, each of whose messages is a line: another way
    /// in to the line door.
    pub fn line_websocket(mut self, path: &str) -> Self {
        self.handlers.line_paths.push(path.to_owned());
        self
    }

    /// Answers GET requests for a path.
    pub fn route(
        self,
        path: &str,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.answers(path, At::Http, handler)
    }

    /// The same for a path that a full server answers for, too, such as that of a supervisor's
    /// probe: a few places, [`SPARE_PLACES`](crate::limits::SPARE_PLACES), are kept for that.
    pub fn spare_route(
        self,
        path: &str,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.answers(path, At::Spare, handler)
    }

    /// Answers GET requests for a path at the operators' door
    /// ([`Listen::operators`](super::Listen::operators)), where there is nothing else.
    pub fn operator_route(
        self,
        path: &str,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.answers(path, At::Operators, handler)
    }

    /// The server, with its application's first state.
    pub fn build(self, state: S) -> Server<S> {
        let Self { handlers, door, engine, origins, callers, addresses, .. } = self;
        let Self { namespaces, entropy, recovery, .. } = self;
        let accounts = Accounts::new(addresses);
        let mut core = Core::new(door, engine, origins, namespaces, entropy, accounts);
        core.callers = callers;
        core.recovery = recovery.map(|store| Box::new(Recovering::new(store)));
        Server::new(state, handlers, core)
    }

    fn answers(
        mut self,
        path: &str,
        at: At,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.handlers.routes.push(Route { path: path.to_owned(), at, handler: Box::new(handler) });
        self
    }
}

/// The system's random numbers.
fn system_entropy(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has random numbers");
}
