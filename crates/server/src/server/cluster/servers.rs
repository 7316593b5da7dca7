//! Events for the servers themselves, and what a server tells of its sockets.

use super::message::{ClusterKind, event_json, quoted};
use super::waiting::{FetchedSocket, ServerAnswers, Wanted};
use crate::base::{Namespace, SocketId};
use crate::limits::CLUSTER_EVENTS_MAX;
use crate::net::Turn;
use crate::server::context::written;
use crate::server::{Args, Arguments, Context, Events, Handled, Prepared, Refused, Server};
use crate::session::SessionKind;
use serde_json::{Map, Value, json};

/// Another server has sent an event to the servers of the cluster.
#[derive(Debug)]
#[non_exhaustive]
pub struct ServerEvent<'e> {
    /// Its name.
    pub name: &'e str,
    /// Its arguments.
    pub args: Args<'e>,
    /// The answer that the server waits for, if it does.
    pub ack: Option<ServerAck>,
}

/// An answer owed to another server; see [`Context::answer_server`].
#[derive(Debug)]
pub struct ServerAck {
    namespace: Namespace,
    /// The id of the server.
    to: String,
    request: String,
}

pub(in crate::server) type OnServerEvent<S> =
    Box<dyn FnMut(&mut Context<'_, S>, ServerEvent<'_>) -> Result<(), Refused>>;

/// An event for this server that its handler is still to be called for.
#[derive(Debug)]
pub(in crate::server) struct HeardEvent {
    pub(super) namespace: Namespace,
    pub(super) name: String,
    pub(super) args: Prepared,
    /// The server that waits for an answer, and its request.
    pub(super) asker: Option<(String, String)>,
}

impl<S> Events<S> {
    /// Another server of the cluster has sent the event `name` to all others
    /// ([`Context::emit_to_servers`], or `io.serverSideEmit` in JavaScript). If the handler fails,
    /// the log has why, and a server that waits for an answer gets none.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    ///
    /// let server = Server::new(0_u64, |server| {
    ///     server.namespace("/", |events| {
    ///         events.on_server_event("load?", |cx, event| {
    ///             let clients = cx.clients();
    ///             cx.answer_server(event.ack, clients);
    ///         })
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    ///
    /// # Panics
    /// If the event has a handler already.
    pub fn on_server_event<R: Handled>(
        mut self,
        name: &str,
        mut handler: impl FnMut(&mut Context<'_, S>, ServerEvent<'_>) -> R + 'static,
    ) -> Self {
        let handler =
            move |cx: &mut Context<'_, S>, event: ServerEvent<'_>| handler(cx, event).handled();
        let before = self.of_servers.insert(Box::from(name), Box::new(handler));
        assert!(before.is_none(), "the event {name:?} of servers has two handlers");
        self
    }
}

impl<S> Context<'_, S> {
    /// Sends an event to all other servers of the cluster, in this handler's namespace
    /// ([`Events::on_server_event`]). Alone, a server tells nobody.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    ///
    /// let server = Server::new((), |server| {
    ///     server.namespace("/", |events| {
    ///         events
    ///             .on("reload all", |cx, _| cx.emit_to_servers("reload", ("config", 7)))
    ///             .on_server_event("reload", |_, event| assert_eq!(event.args.len(), 2))
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    pub fn emit_to_servers(&mut self, name: &str, args: impl Arguments) {
        let (json, attachments) = written(&args);
        let data = format!(r#"{{"packet":{}}}"#, event_json(name, &json));
        let namespace = self.namespace().to_owned();
        self.publish(None, &namespace, ClusterKind::ServerEvent, (&data, &attachments));
    }

    /// Sends an event to all other servers of the cluster, each of which should answer within
    /// `timeout_ms`. `on_answers` is called once, when all have answered or the time is over, and
    /// never before this handler ends.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    ///
    /// let server = Server::new(0_u64, |server| {
    ///     server.namespace("/", |events| {
    ///         events.on("count", |cx, _| {
    ///             cx.ask_servers("load?", (), 1_000, |cx, told| {
    ///                 let answers = told.answers.iter();
    ///                 *cx.state = answers.filter_map(|it| it.args().get::<u64>(0).ok()).sum();
    ///             });
    ///         })
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    pub fn ask_servers(
        &mut self,
        name: &str,
        args: impl Arguments,
        timeout_ms: u64,
        on_answers: impl FnOnce(&mut Context<'_, S>, ServerAnswers) + 'static,
    ) {
        let (json, attachments) = written(&args);
        let wanted = Wanted::Servers(Vec::new(), Box::new(on_answers));
        let namespace = self.namespace;
        self.ask_cluster(namespace, ClusterKind::ServerEvent, timeout_ms, wanted, |request| {
            let packet = event_json(name, &json);
            (format!(r#"{{"requestId":{},"packet":{packet}}}"#, quoted(request)), attachments)
        });
    }

    /// Answers an event of another server with one value: the first argument. `None` is an event
    /// that asked for no answer.
    pub fn answer_server(&mut self, ack: Option<ServerAck>, answer: impl Arguments) {
        let Some(ServerAck { namespace, to, request }) = ack else { return };
        self.respond(namespace, &to, &request, ClusterKind::ServerAnswer, answer);
    }

    /// Sends the first argument to a server, as the answer to its request.
    pub(super) fn respond(
        &mut self,
        namespace: Namespace,
        to: &str,
        request: &str,
        kind: ClusterKind,
        answer: impl Arguments,
    ) {
        let answer = Prepared::new(answer);
        let value = answer.args().raw(0).unwrap_or("null");
        let data = format!(r#"{{"requestId":{},"packet":{value}}}"#, quoted(request));
        let attachments = answer.args().attachments();
        let Some(name) = self.core.namespaces.name(namespace).cloned() else { return };
        self.publish(Some(to), &name, kind, (&data, attachments));
    }

    /// Keeps an event of another server until its handler can be called.
    pub(super) fn keep_heard(&mut self, event: HeardEvent) {
        let heard = &mut self.core.cluster.heard;
        match heard.len() < CLUSTER_EVENTS_MAX {
            true => heard.push_back(event),
            false => log::warn!("dropped an event of a server name={:?}", event.name),
        }
    }
}

/// Sockets of this server as others know them.
pub(super) fn local_sockets<S>(cx: &Context<'_, S>, sockets: &[SocketId]) -> Vec<FetchedSocket> {
    let fetched = |socket: &SocketId| {
        let session = cx.core.session_of(*socket)?;
        let SessionKind::Engine(engine) = &cx.core.sessions.get(session)?.kind else { return None };
        let query = engine.query.as_deref().unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes());
        let query: Map<String, Value> =
            query.map(|(key, value)| (key.into_owned(), value.into_owned().into())).collect();
        let address = cx.address(*socket).map(|address| address.to_string());
        Some(FetchedSocket {
            id: cx.id(*socket)?,
            rooms: cx.rooms(*socket).map(str::to_owned).collect(),
            data: json!({}),
            handshake: json!({"headers": {}, "address": address, "query": query, "auth": {}}),
        })
    };
    sockets.iter().filter_map(fetched).collect()
}

/// The sockets of a server in JSON. As in JavaScript, each is in a room with its own id.
pub(super) fn sockets_json(sockets: &[FetchedSocket]) -> Value {
    let socket = |socket: &FetchedSocket| {
        let FetchedSocket { id, rooms, data, handshake } = socket;
        let rooms: Vec<&String> = std::iter::once(id).chain(rooms).collect();
        json!({"id": id, "rooms": rooms, "data": data, "handshake": handshake})
    };
    sockets.iter().map(socket).collect()
}

impl<S> Server<S> {
    /// Calls the handlers of events that other servers have sent.
    pub(in crate::server) fn hand_heard(&mut self, turn: &mut Turn<'_>) {
        while let Some(HeardEvent { namespace, name, args, asker }) =
            self.core.cluster.heard.pop_front()
        {
            let handled = self.call_in(turn, namespace, |handlers, cx| {
                let events = handlers.events(namespace);
                let Some(handler) = events.and_then(|it| it.of_servers.get_mut(&*name)) else {
                    return Ok(());
                };
                let ack = asker.map(|(to, request)| ServerAck { namespace, to, request });
                handler(cx, ServerEvent { name: &name, args: args.args(), ack })
            });
            if let Some(Err(refused)) = handled
                && let Some(why) = refused.failure()
            {
                log::warn!("failed at an event of a server name={name:?} error=\"{why}\"");
            }
        }
    }
}
