//! Clients of Socket.IO.

use super::carrier::{Speaks, upgrade};
use super::found::Found;
use super::session::{ClientSession, Joined};
use super::{HOME, TestServer};
use crate::server::context::written;
use mio_wire::client::SocketIo;
use mio_wire::sio::Arguments;
use serde_json::Value;
use std::fmt;
use std::net::IpAddr;

/// A Socket.IO client: one connection in one namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client {
    pub(super) link: usize,
    pub(super) at: usize,
}

impl Found for Client {
    fn link(&self) -> usize {
        self.link
    }

    fn client(&self) -> Option<Client> {
        Some(*self)
    }
}

/// An event that a client received.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceivedEvent {
    /// Its name.
    pub name: String,
    /// Its arguments; `{"_placeholder":true,"num":0}` stands for the first attachment.
    pub args: Vec<Value>,
    /// The bytes that came with it.
    pub attachments: Vec<Vec<u8>>,
    /// The answer that the server waits for, if it does: for [`TestServer::answer`].
    pub ack: Option<Owed>,
}

impl ReceivedEvent {
    /// The bytes of an argument; `None` if the argument is not bytes.
    pub fn binary(&self, at: usize) -> Option<&[u8]> {
        attachment(&self.args, &self.attachments, at)
    }
}

impl fmt::Display for ReceivedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, args, attachments, ack } = self;
        let args: Vec<String> = args.iter().map(Value::to_string).collect();
        write!(f, "{name}({})", args.join(", "))?;
        if !attachments.is_empty() {
            write!(f, " with {} attached", attachments.len())?;
        }
        f.write_str(if ack.is_some() { ", to be answered" } else { "" })
    }
}

/// An answer that a client received.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// Its arguments; `{"_placeholder":true,"num":0}` stands for the first attachment.
    pub args: Vec<Value>,
    /// The bytes that came with it.
    pub attachments: Vec<Vec<u8>>,
}

impl Answer {
    /// The bytes of an argument; `None` if the argument is not bytes.
    pub fn binary(&self, at: usize) -> Option<&[u8]> {
        attachment(&self.args, &self.attachments, at)
    }
}

fn attachment<'a>(args: &[Value], attachments: &'a [Vec<u8>], at: usize) -> Option<&'a [u8]> {
    let arg = args.get(at).filter(|arg| arg["_placeholder"] == true)?;
    let number = usize::try_from(arg["num"].as_u64()?).ok()?;
    attachments.get(number).map(Vec::as_slice)
}

/// An answer that a client owes the server. It can be given once.
#[derive(Debug)]
pub struct Owed {
    pub(super) client: Client,
    pub(super) id: u64,
}

/// An answer that a client waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    client: Client,
    id: u64,
}

/// Why a client could not connect.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The application refused it, or there is no such namespace.
    Refused {
        /// The reason.
        message: String,
        /// The application's data for programs.
        data: Option<Value>,
    },
    /// The request for a WebSocket was answered with this HTTP status.
    Status(u16),
    /// There was no answer: the connection was closed, or the client's pace makes the server read
    /// it later.
    Unanswered,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { message, data: None } => write!(f, "refused: {message}"),
            Self::Refused { message, data: Some(data) } => write!(f, "refused: {message} {data}"),
            Self::Status(status) => write!(f, "answered with status {status}"),
            Self::Unanswered => f.write_str("not answered"),
        }
    }
}

impl std::error::Error for ConnectError {}

/// A client that is about to connect.
#[must_use = "nobody connects before `connect`"]
pub struct Dial<'w, S> {
    world: &'w mut TestServer<S>,
    namespace: String,
    auth: Value,
    ip: IpAddr,
    query: String,
    headers: Vec<(String, String)>,
}

impl<S> Dial<'_, S> {
    /// Sets its authentication data, an object.
    pub fn auth(mut self, auth: Value) -> Self {
        self.auth = auth;
        self
    }

    /// Sets its address, instead of 127.0.0.1.
    pub const fn from(mut self, ip: IpAddr) -> Self {
        self.ip = ip;
        self
    }

    /// Sets the application's part of the URL's query, already encoded: `room=a&x=1`.
    pub fn query(mut self, query: &str) -> Self {
        self.query = format!("&{query}");
        self
    }

    /// Adds a header to its request, `Origin` for example. (The host is `localhost`.)
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// If it is refused.
    pub fn connect(self) -> Result<Client, ConnectError> {
        let Self { world, namespace, auth, ip, query, headers } = self;
        let path = &world.served.server.core.engine.path;
        let target = format!("{path}?EIO=4&transport=websocket{query}");
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let sockets = SocketIo::new(&upgrade(&target, &headers));
        let session = ClientSession::new(world.links.len());
        let at = world.ask_for_websocket(ip, Speaks::Events(Box::new(sockets), session))?;
        world.join(at, &namespace, &auth)
    }
}

impl<S> TestServer<S> {
    /// Connects a Socket.IO client to a namespace. `auth` is an object, or null for none.
    ///
    /// # Errors
    /// If it is refused.
    pub fn connect(&mut self, namespace: &str, auth: Value) -> Result<Client, ConnectError> {
        self.dial(namespace).auth(auth).connect()
    }

    /// Prepares a Socket.IO client for which address, query or headers matter.
    pub fn dial(&mut self, namespace: &str) -> Dial<'_, S> {
        Dial {
            world: self,
            namespace: namespace.to_owned(),
            auth: Value::Null,
            ip: HOME,
            query: String::new(),
            headers: Vec::new(),
        }
    }

    /// Lets a client join a further namespace over its connection.
    ///
    /// # Errors
    /// If it is refused.
    pub fn connect_also(
        &mut self,
        client: Client,
        namespace: &str,
        auth: Value,
    ) -> Result<Client, ConnectError> {
        self.join(client.link, namespace, &auth)
    }

    /// Sends an event from a client. A client that is not connected sends nothing.
    pub fn emit(&mut self, client: Client, name: &str, args: impl Arguments) {
        self.send_event(client, None, name, &args);
    }

    /// Sends an event that asks for an answer, and returns the answer; `None` if it does not come
    /// at once.
    pub fn call(&mut self, client: Client, name: &str, args: impl Arguments) -> Option<Answer> {
        let asked = self.ask(client, name, args);
        self.answered(asked)
    }

    /// Sends an event that asks for an answer, which may come later.
    pub fn ask(&mut self, client: Client, name: &str, args: impl Arguments) -> Asked {
        let asked = &mut self.joined(client).asked;
        let id = *asked;
        *asked += 1;
        self.send_event(client, Some(id), name, &args);
        Asked { client, id }
    }

    /// Takes the answer to an earlier [`Self::ask`], if it has come.
    pub fn answered(&mut self, asked: Asked) -> Option<Answer> {
        self.joined(asked.client).answers.remove(&asked.id)
    }

    /// Answers an event: `ack` is its [`ReceivedEvent::ack`].
    ///
    /// # Panics
    /// If the event asked for no answer.
    #[track_caller]
    pub fn answer(&mut self, ack: Option<Owed>, args: impl Arguments) {
        let Some(Owed { client, id }) = ack else { panic!("this event asks for no answer") };
        self.send(client, &args, |sockets, namespace, json, attachments| {
            sockets.ack(namespace, id, json, attachments);
        });
    }

    /// Takes the first event of this name that the client has received and no call has taken yet.
    /// Earlier events of other names stay.
    ///
    /// # Panics
    /// If there is none. The message lists the events that the client has received instead.
    #[track_caller]
    pub fn expect(&mut self, client: Client, name: &str) -> ReceivedEvent {
        let why = self.why(client);
        let unread = &mut self.joined(client).unread;
        if let Some(at) = unread.iter().position(|event| event.name == name) {
            return unread.remove(at);
        }
        let got: Vec<String> = unread.iter().map(|event| format!("\n  {event}")).collect();
        let got = if got.is_empty() { " nothing".to_owned() } else { got.concat() };
        let end = why.map_or_else(String::new, |why| format!("\nand is closed: {why}"));
        panic!("the client has got no {name:?}, but{got}{end}");
    }

    /// Takes all events that the client has received and no call has taken yet, in order.
    pub fn events(&mut self, client: Client) -> Vec<ReceivedEvent> {
        std::mem::take(&mut self.joined(client).unread)
    }

    fn joined(&mut self, client: Client) -> &mut Joined {
        let (_, session) = self.links[client.link].session();
        &mut session.joined[client.at]
    }

    fn join(&mut self, at: usize, namespace: &str, auth: &Value) -> Result<Client, ConnectError> {
        let (sockets, session) = self.links[at].session();
        let client = session.ask(namespace, auth, sockets);
        self.flush(at);
        self.run();
        let (sockets, session) = self.links[at].session();
        let outcome = session.outcome(client, sockets);
        self.flush(at);
        self.run();
        outcome
    }

    fn send_event(&mut self, client: Client, id: Option<u64>, name: &str, args: &impl Arguments) {
        self.send(client, args, |sockets, namespace, json, attachments| {
            sockets.emit(namespace, id, name, json, attachments);
        });
    }

    /// Sends a packet and its attachments, as `send` does.
    fn send(
        &mut self,
        client: Client,
        args: &impl Arguments,
        send: impl FnOnce(&mut SocketIo, &str, &str, &[Vec<u8>]),
    ) {
        if !self.is_open(client) {
            return;
        }
        let (json, attachments) = written(args);
        let (sockets, session) = self.links[client.link].session();
        send(sockets, &session.joined[client.at].namespace, &json, &attachments);
        self.flush(client.link);
        self.run();
    }
}
