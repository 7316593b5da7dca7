//! Putting a server together.

use super::admission::Admission;
use super::callers::Callers;
use super::cluster::{Adapter, Streams};
use super::core::Core;
use super::deflating::{DeflateSettings, Deflating};
use super::handlers::{Endpoint, Events, Handlers};
use super::links::Links;
use super::namespaces::Namespaces;
use super::own_doors::OwnDoor;
use super::recording::Entropy;
use super::recovery::{Recovering, Recovery};
use super::redis::{Redis, RedisHandlers};
use super::routes::Methods;
use super::web::{WebRequest, WebResponse};
use super::{Context, LineSettings, Server};
use crate::base::Destination;
use crate::session::engine::EngineSettings;
use crate::session::{AddressLimits, DoorSettings, Framer, Hosts, HttpDoor, Origins, Proxies};

/// Puts a server together. Every setting is optional.
pub struct Builder<S> {
    pub(super) handlers: Handlers<S>,
    lines: LineSettings,
    own: Vec<OwnDoor>,
    engine: EngineSettings,
    deflate: Option<DeflateSettings>,
    origins: Origins,
    addresses: AddressLimits,
    callers: Callers,
    pub(super) namespaces: Namespaces,
    links: Links,
    pub(super) cluster: Option<Box<dyn Adapter<S>>>,
    pub(super) streams: Option<Streams>,
    entropy: Entropy,
    recovery: Option<Box<dyn Recovery<S>>>,
}

impl<S> Default for Builder<S> {
    fn default() -> Self {
        Self {
            handlers: Handlers::new(),
            lines: LineSettings::default(),
            own: Vec::new(),
            engine: EngineSettings::default(),
            deflate: None,
            origins: Origins::default(),
            addresses: AddressLimits::default(),
            callers: Callers::default(),
            namespaces: Namespaces::default(),
            links: Links::default(),
            cluster: None,
            streams: None,
            entropy: Box::new(system_entropy),
            recovery: None,
        }
    }
}

impl<S> Builder<S> {
    /// Sets how the line door treats its clients.
    pub fn line_door(mut self, lines: LineSettings) -> Self {
        self.lines = lines;
        self
    }

    /// Sets how Engine.IO treats its clients.
    pub fn engine(mut self, engine: EngineSettings) -> Self {
        self.engine = engine;
        self
    }

    /// Lets messages on WebSockets be compressed, in both directions, for clients that offer it:
    /// permessage-deflate (RFC 7692). Browsers and Node's clients do. By default nothing is
    /// compressed.
    ///
    /// The limit on a message holds for its length before compression. Do not send a secret and
    /// another person's text in one message over TLS: the length of the compressed message tells
    /// whether they have something in common.
    ///
    /// ```
    /// use mio_socketio::{DeflateSettings, Server};
    ///
    /// let server = Server::builder().deflate(DeflateSettings::default().bytes_min(512)).build(());
    /// # let _ = server;
    /// ```
    pub fn deflate(mut self, deflate: impl Into<Option<DeflateSettings>>) -> Self {
        self.deflate = deflate.into();
        self
    }

    /// Sets which web pages of other hosts may connect.
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    /// Sets what the clients of one address may use together. Clients on this machine have no such
    /// limits.
    pub fn addresses(mut self, limits: AddressLimits) -> Self {
        self.addresses = limits;
        self
    }

    /// Sets the names by which clients may call the server. A request for another host is answered
    /// with 421 (RFC 9110, 15.5.20) before anything else looks at it. By default the server answers
    /// to all names. That is fine for a server on the internet. A server on a developer's machine
    /// or in a company's network should set its names: otherwise any web page can point a name of
    /// its own at the server (DNS rebinding) and is then of the same host.
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.callers.hosts = hosts;
        self
    }

    /// Sets which proxies are believed about their clients: in `X-Forwarded-For` or `Forwarded` of
    /// a request, in its `X-Forwarded-Host` and `X-Forwarded-Port`, and in a header of the PROXY
    /// protocol, version 1 or 2, at the beginning of a connection. By default no proxy is believed,
    /// and the peer of the connection is the client.
    ///
    /// A trusted proxy must write `X-Forwarded-For` itself, or remove the values that its clients
    /// have sent.
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.callers.proxies = proxies;
        self
    }

    /// Replaces the system's random numbers, from which ids are made. Only for tests that must be
    /// the same each time.
    pub fn entropy(mut self, entropy: impl FnMut(&mut [u8]) + 'static) -> Self {
        self.entropy = Box::new(entropy);
        self
    }

    /// Lets clients of Socket.IO 4 whose connection breaks come back: the protocol's "connection
    /// state recovery". Such a client gets its id and its rooms again, and the events that it
    /// missed, once and in order. In JavaScript `socket.recovered` is then true.
    ///
    /// Clients ask for it with `auth: {recover: true}`. Each event that they get has one more
    /// argument, its offset, except for volatile events and those that want an answer. (Clients in
    /// other languages would pass it to their handlers.) For all other clients nothing changes.
    /// [`Connect::recovered`](super::Connect::recovered) tells the application that a client has
    /// come back. A socket that comes back has a new [`SocketId`](super::SocketId);
    /// [`Events::on_disconnect`](super::Events::on_disconnect) has been called for its old one. If
    /// the client noticed the break first, that call comes right before, with
    /// [`CloseReason::Replaced`](super::CloseReason::Replaced).
    ///
    /// A client that leaves by itself, is sent away or breaks the protocol does not come back. With
    /// a store, every broadcast in a namespace is kept, even if nobody hears it.
    pub fn recovery(mut self, store: impl Recovery<S> + 'static) -> Self {
        self.recovery = Some(Box::new(store));
        self
    }

    /// Chooses the subprotocol that is answered to a WebSocket handshake at a path (RFC 6455, 1.9):
    /// one of those that the client offers, or none. It applies to every path: of an endpoint, of a
    /// line door, of Engine.IO. By default it is the first one offered, as at the reference server.
    /// Only names that may stand in a header are passed to `choose`; a name that was not offered is
    /// not answered. A browser closes a WebSocket for which it has offered some and is answered
    /// none.
    pub fn subprotocol(
        mut self,
        choose: impl for<'a> Fn(&str, &[&'a str]) -> Option<&'a str> + 'static,
    ) -> Self {
        self.handlers.subprotocol = Box::new(choose);
        self
    }

    /// Sets the answer to an HTTP request at the line door.
    pub fn http_hint(mut self, hint: String) -> Self {
        self.handlers.http_hint = hint;
        self
    }

    /// Adds a door for a protocol of the application's own. `framer` makes the [`Framer`] of each
    /// new connection, which cuts its bytes into frames; each frame is a binary message for
    /// [`Endpoint::on_message`]. Everything else is as at the line door: addresses
    /// ([`Listen::door`](super::Listen::door), and over TLS
    /// [`Listen::secure_door`](super::Listen::secure_door)), proxies' headers, bounds, rooms. The
    /// door's clients are sent bytes by [`Context::send_text`] and [`Context::send_binary`],
    /// exactly as given, and those in a room by [`Context::of`] with the door's name, which logs
    /// and metrics show.
    ///
    /// ```
    /// use mio_socketio::{DoorSettings, Framed, Framer, Listen, Message, Server};
    ///
    /// /// A byte of length, and so many bytes.
    /// #[derive(Debug)]
    /// struct Counted;
    ///
    /// impl Framer for Counted {
    ///     fn next<'b>(&mut self, input: &'b [u8]) -> Framed<'b> {
    ///         let Some((length, rest)) = input.split_first() else { return Framed::Part };
    ///         match rest.get(..usize::from(*length)) {
    ///             Some(frame) => Framed::Whole { frame, taken: 1 + frame.len() },
    ///             None => Framed::Part,
    ///         }
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::<()>::builder()
    ///     .door("counted", DoorSettings::default(), || Counted, |door| {
    ///         door.on_open(|cx, socket| {
    ///             cx.join(socket, "everyone");
    ///         })
    ///         .on_message(|cx, socket, message| {
    ///             let Message::Binary(frame) = message else { return };
    ///             let bytes = [&[frame.len() as u8], frame].concat();
    ///             cx.of("counted").to("everyone").except(socket).send_binary(&bytes);
    ///         })
    ///     })
    ///     .build(());
    /// let listen = Listen::default().door("counted", vec!["127.0.0.1:7000".parse()?]);
    /// # let _ = (server, listen);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If there is a door or a protocol (`ws`) of that name, or it has spaces or is not all ASCII.
    pub fn door<F: Framer + 'static>(
        mut self,
        name: &'static str,
        settings: DoorSettings,
        framer: impl Fn() -> F + 'static,
        configure: impl FnOnce(Endpoint<S>) -> Endpoint<S>,
    ) -> Self {
        let namespace = self.namespaces.add_own(name);
        self.own.push(OwnDoor::new(name, namespace, settings, framer));
        let target = Destination::Own(namespace);
        self.handlers.endpoints.push(configure(Endpoint::new(target, name)));
        self
    }

    /// Adds a namespace for Socket.IO clients; `"/"` is the one that they join by default.
    ///
    /// # Panics
    /// If its name does not begin with a slash, or the namespace exists already.
    pub fn namespace(mut self, name: &str, configure: impl FnOnce(Events<S>) -> Events<S>) -> Self {
        assert!(name.starts_with('/'), "a namespace's name begins with /: {name}");
        let namespace = self.namespaces.add_socket_io(name);
        let mut events = configure(Events::new(namespace));
        let observer = events.outgoing.take().map(|it| self.namespaces.add_observer(it));
        self.namespaces.observe(namespace, observer);
        self.handlers.namespaces.push(events);
        self
    }

    /// Adds a plain WebSocket at a path of the HTTP door. Its messages go to the application.
    pub fn websocket(
        mut self,
        path: &str,
        configure: impl FnOnce(Endpoint<S>) -> Endpoint<S>,
    ) -> Self {
        let target = Destination::Messages(self.namespaces.add_messages(path));
        self.handlers.endpoints.push(configure(Endpoint::new(target, path)));
        self
    }

    /// Adds Engine.IO without Socket.IO below a path of the HTTP door, `"/engine.io/"` for example.
    /// Messages come by WebSocket, or by polling where WebSocket does not work.
    pub fn engine_io(
        mut self,
        path: &str,
        configure: impl FnOnce(Endpoint<S>) -> Endpoint<S>,
    ) -> Self {
        let target = Destination::Engine(self.namespaces.add_engine(path));
        self.handlers.endpoints.push(configure(Endpoint::new(target, path)));
        self
    }

    /// Adds a plain WebSocket at a path of the HTTP door in which each message is a line: another
    /// way in to the line door.
    pub fn line_websocket(mut self, path: &str) -> Self {
        self.handlers.line_paths.push(path.to_owned());
        self
    }

    /// Answers GET requests for a path, and HEAD requests for it, without the body.
    ///
    /// A path that ends in `/*` stands for all paths below it, and `"/*"` for all that nothing else
    /// answers for. The most exact route counts. Paths are compared as they are sent, with their
    /// percent signs. Below the path of Socket.IO there are only the client's scripts:
    /// `"/socket.io/*"` answers for `/socket.io/socket.io.js` and its like.
    ///
    /// ```
    /// use mio_socketio::{Server, WebResponse};
    ///
    /// let server = Server::builder()
    ///     .route("/", |_, _| WebResponse::ok("text/html; charset=utf-8", "<h1>Hello</h1>"))
    ///     .route("/greet/*", |_, request| {
    ///         let name = request.head.path.trim_start_matches("/greet/");
    ///         WebResponse::ok("text/plain; charset=utf-8", format!("Hello {name}\n"))
    ///     })
    ///     .build(());
    /// # drop(server);
    /// ```
    ///
    /// # Panics
    /// If the path does not begin with a slash, has a star elsewhere, or has such a route already.
    pub fn route(
        self,
        path: &str,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.answers(path, Methods::Get, HttpDoor::Clients, handler)
    }

    /// Answers POST requests for a path, or for all below it, like [`Self::route`]. A body has at
    /// most as many bytes as a payload ([`Self::engine`]). Pages of other origins can send such
    /// requests too: their `Origin` header names the origin.
    ///
    /// # Panics
    /// As [`Self::route`].
    pub fn post_route(
        self,
        path: &str,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.answers(path, Methods::Post, HttpDoor::Clients, handler)
    }

    /// Like [`Self::route`], for a path that a full server answers too, such as that of a
    /// supervisor's probe. 8 places are kept for such requests.
    ///
    /// # Panics
    /// As [`Self::route`].
    pub fn spare_route(
        self,
        path: &str,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.answers(path, Methods::Get, HttpDoor::Spare, handler)
    }

    /// Answers GET requests for a path at the operators' door
    /// ([`Listen::operators`](super::Listen::operators)), which serves nothing else.
    ///
    /// # Panics
    /// As [`Self::route`].
    pub fn operator_route(
        self,
        path: &str,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.answers(path, Methods::Get, HttpDoor::Operators, handler)
    }

    /// Keeps a link to Redis. [`Context::redis`] sends commands on it by its name, `link`; see
    /// [the module](super::redis). It connects when the server begins to serve.
    ///
    /// # Panics
    /// If there is a link of that name already.
    pub fn redis(
        mut self,
        link: &str,
        redis: Redis,
        configure: impl FnOnce(RedisHandlers<S>) -> RedisHandlers<S>,
    ) -> Self {
        self.links.add(link, redis);
        self.handlers.links.push(configure(RedisHandlers::new()));
        self
    }

    /// Builds the server. `state` is the application's first state.
    ///
    /// # Panics
    /// If there is a store for recovery ([`Self::recovery`]) besides an adapter by which clients
    /// come back.
    pub fn build(self, state: S) -> Server<S> {
        let Self { handlers, lines, own, engine, origins, callers, addresses, .. } = self;
        let Self { namespaces, links, cluster, streams, entropy, recovery, deflate, .. } = self;
        let mut core =
            Core::new(lines, engine, origins, namespaces, entropy, Admission::new(addresses));
        core.callers = callers;
        core.deflating = deflate.as_ref().map_or_else(Deflating::default, Deflating::new);
        core.add_own(own);
        core.links = links;
        core.cluster.set(cluster, streams);
        core.recovery = Recovering::by(recovery, core.cluster.recovers()).map(Box::new);
        Server::assemble(state, handlers, core)
    }

    pub(super) fn answers(
        mut self,
        path: &str,
        methods: Methods,
        door: HttpDoor,
        handler: impl FnMut(&mut Context<'_, S>, &WebRequest<'_>) -> WebResponse + 'static,
    ) -> Self {
        self.handlers.routes.add(path, methods, door, Box::new(handler));
        self
    }
}

/// The system's random numbers.
fn system_entropy(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has random numbers");
}
