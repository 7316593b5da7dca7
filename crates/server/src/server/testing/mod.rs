//! Tests for an application: its [`Server`] with clients in memory, no socket, no thread and no
//! sleep.
//!
//! A [`TestServer`] runs the turns of the real loop over connections in memory. Its clock stands
//! still until [`TestServer::advance`]. The effects of a client's action are complete when the call
//! returns: the next line can look at what other clients have received.
//!
//! ```
//! use mio_socketio::testing::TestServer;
//! use mio_socketio::{Refused, Server};
//! use serde_json::json;
//!
//! let server = Server::<u32>::builder()
//!     .namespace("/chat", |events| {
//!         events
//!             .on_connect(|cx, connect| {
//!                 if connect.auth.contains("mallory") {
//!                     return Err(Refused::new("not you"));
//!                 }
//!                 cx.join(connect.socket, "lobby");
//!                 Ok(())
//!             })
//!             .on("post", |cx, event| {
//!                 *cx.state += 1;
//!                 let author = event.socket;
//!                 cx.to("lobby").except(author).emit("message", event.args);
//!                 cx.ack(event.ack, ("delivered",));
//!                 cx.after(60_000, |cx| cx.to("lobby").emit("quiet", ()));
//!             })
//!     })
//!     .build(0);
//!
//! let mut world = TestServer::new(server);
//! let alice = world.connect("/chat", json!({"nick": "alice"})).expect("alice is let in");
//! let bob = world.connect("/chat", json!({"nick": "bob"})).expect("bob is let in");
//! let refused = world.connect("/chat", json!({"nick": "mallory"})).expect_err("not mallory");
//! assert_eq!(refused.to_string(), "refused: not you");
//!
//! let answer = world.call(alice, "post", ("hi", json!({"mood": "good"})));
//! assert_eq!(answer.expect("posts are answered").args, ["delivered"]);
//! assert_eq!(world.expect(bob, "message").args, [json!("hi"), json!({"mood": "good"})]);
//! assert!(world.events(alice).is_empty());
//! assert_eq!(*world.state(), 1);
//!
//! world.advance(60_000);
//! world.expect(bob, "quiet");
//! world.disconnect(alice);
//! assert!(!world.is_open(alice));
//! ```
//!
//! The Socket.IO clients speak versions 3 and 4 over a WebSocket. There are also clients of the
//! line door ([`TestServer::connect_line`]), of an application's own doors
//! ([`TestServer::connect_door`]), of plain WebSockets ([`TestServer::connect_websocket`]) and of
//! bare Engine.IO ([`TestServer::connect_engine`]), and requests ([`TestServer::get`]).
//!
//! * Only ids are random. With [`Builder::entropy`](super::Builder::entropy) a test that looks at
//!   ids is the same each time too.
//! * Clients answer heartbeats by themselves. To imitate a client that sleeps or has lost its
//!   network, [pause](TestServer::pause) it.
//! * A pace counts, if the server has one
//!   ([`EngineSettings::rate_per_s`](super::EngineSettings::rate_per_s)). A client that sends more
//!   at a time than its burst, 5 seconds' worth, is read later, as time passes.
//! * A [`Remote`](super::Remote) works from any thread. What it has sent is run when the test does
//!   something next, if only [`TestServer::advance`] by 0.
//! * Nothing between the server and a client buffers bytes: output for a paused client counts
//!   against its queue from the first byte on.
//!
//! Methods panic where a test should fail.

mod carrier;
mod events;
mod http;
mod pipe;
mod plain;
mod remote;
mod served;
mod session;

pub use self::events::{Answer, Asked, Client, ConnectError, Dial, Owed, ReceivedEvent};
pub use self::plain::{ByteClient, LineClient, MessageClient, ReceivedMessage};
pub use self::remote::RemoteEnd;

use self::carrier::{Carrier, Speaks};
use self::pipe::{Pipe, Stream};
use self::remote::Remotes;
use self::served::Served;
use super::{Listen, Server};
use crate::base::{CloseReason, Now};
use crate::limits::{TEST_START_MS, TEST_START_UNIX_MS, TEST_TURNS_MAX};
use crate::net::{Connections, Meter, Service};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

/// A server with clients in memory and a clock that a test moves; [the module](self) shows how.
///
/// Handles name its clients. A handle means something only to the server that gave it out.
pub struct TestServer<S> {
    served: Served<S>,
    connections: Connections<Stream>,
    now: Now,
    /// Every connection so far.
    links: Vec<Carrier>,
    remotes: Remotes,
    has_begun: bool,
    is_stopped: bool,
}

/// The doors.
#[derive(Clone, Copy)]
enum At {
    Lines,
    /// One of the application's own, by its number.
    Own(usize),
    Http,
}

/// A client of any door.
pub trait Handle: found::Found + Copy {}

impl<T: found::Found + Copy> Handle for T {}

mod found {
    /// The place of a client among the connections.
    pub trait Found {
        /// Its connection.
        fn link(&self) -> usize;

        /// Its client of Socket.IO, if the connection carries one.
        fn client(&self) -> Option<super::Client> {
            None
        }
    }
}

impl<S> TestServer<S> {
    /// Runs `server` with a queue of 1 MiB for each client. Its clock begins at 2026-01-01 00:00
    /// (UTC).
    pub fn new(mut server: Server<S>) -> Self {
        let address = vec![SocketAddr::from((HOME, 0)).into()];
        let listen = Listen::default().addresses(address.clone()).http(address.clone());
        let doors = server.core.own.iter();
        let listen = doors.fold(listen, |listen, door| listen.door(door.name, address.clone()));
        server.set_listen(listen);
        Self {
            served: Served { server, reasons: HashMap::new() },
            connections: Connections::new(Meter::counted(0)),
            now: Now { ms: TEST_START_MS, unix_ms: TEST_START_UNIX_MS },
            links: Vec::new(),
            remotes: Remotes::default(),
            has_begun: false,
            is_stopped: false,
        }
    }

    /// Replaces the random numbers of the server from here on, as
    /// [`Builder::entropy`](super::Builder::entropy) does: for a server that somebody else has
    /// built.
    pub fn entropy(mut self, entropy: impl FnMut(&mut [u8]) + 'static) -> Self {
        self.served.server.core.entropy = Box::new(entropy);
        self
    }

    /// The application's state.
    pub const fn state(&self) -> &S {
        self.served.server.state()
    }

    /// The time of the clock.
    pub const fn now(&self) -> Now {
        self.now
    }

    /// Lets `ms` milliseconds pass. Every timer, heartbeat and timeout that falls due meanwhile
    /// happens at its time.
    pub fn advance(&mut self, ms: u64) {
        // A server that nothing has happened to yet starts now, and not at the end of that time.
        self.run();
        let until_ms = self.now.ms.saturating_add(ms);
        while let Some(at_ms) = self.next_deadline_ms().filter(|at_ms| *at_ms <= until_ms) {
            self.set_ms(at_ms.max(self.now.ms));
            self.run();
        }
        self.set_ms(until_ms);
        self.run();
    }

    /// Makes the clock jump by `ms` milliseconds, as after a machine slept or a process was
    /// stopped: timers that fall due meanwhile run late, and all at once.
    pub fn jump(&mut self, ms: u64) {
        self.set_ms(self.now.ms.saturating_add(ms));
        self.run();
    }

    /// Whether a client is connected, as the server and the client itself see it. A paused client
    /// does not read that it was put out of its namespace, but the end of its connection counts at
    /// once.
    pub fn is_open(&self, client: impl Handle) -> bool {
        self.why(client).is_none()
    }

    /// The server's reason for a client's end; `None` while it is connected.
    ///
    /// If the application closes a Socket.IO client or puts it out of its namespace, the client
    /// does not learn the application's reason: the result is [`CloseReason::ServerDisconnect`].
    pub fn why(&self, client: impl Handle) -> Option<CloseReason> {
        let link = &self.links[client.link()];
        let left = client.client().and_then(|client| link.left(client));
        left.or_else(|| self.served.reasons.get(&link.id).copied())
            .or_else(|| self.connections.closing(link.id))
    }

    /// Makes a client leave in the orderly way of its kind. A Socket.IO client leaves its
    /// namespace, and hangs up if that was its only one.
    pub fn disconnect(&mut self, client: impl Handle) {
        let at = client.link();
        if !self.links[at].leave(client.client()) {
            self.end(at);
        }
        self.flush(at);
        self.run();
    }

    /// Breaks a client's connection, and so ends all its sockets. No farewell is sent, and data
    /// under way is lost.
    pub fn cut(&mut self, client: impl Handle) {
        let at = client.link();
        self.links[at].pipe.cut();
        self.edge(at, true);
        self.run();
    }

    /// Stops a client from reading and answering, as if its network or its machine slept. Data that
    /// it sends still arrives.
    pub fn pause(&mut self, client: impl Handle) {
        self.links[client.link()].pipe.pause(true);
    }

    /// Lets a paused client read everything that waits for it, and go on.
    pub fn resume(&mut self, client: impl Handle) {
        let at = client.link();
        self.links[at].pipe.pause(false);
        self.edge(at, false);
        self.run();
    }

    /// Calls [`Builder::on_hangup`](super::Builder::on_hangup) as SIGHUP does.
    pub fn hang_up(&mut self) {
        self.connections.hang_up(&mut self.served, self.now);
        self.run();
    }

    /// Stops the server as SIGTERM does: everybody is told, and nobody can connect any more.
    pub fn stop(&mut self) {
        self.is_stopped = true;
        self.connections.stop(&mut self.served, self.now);
        self.run();
    }

    /// A new connection.
    fn open(&mut self, door: At, ip: IpAddr, speaks: Speaks) -> usize {
        assert!(!self.is_stopped, "the server has stopped: nobody can connect");
        let pipe = Rc::new(Pipe::default());
        let stream = Stream(Rc::clone(&pipe));
        let listener = self.listener(door);
        let served = &mut self.served;
        let id = self.connections.open(served, self.now, stream, listener, ip.into());
        self.links.push(Carrier::new(id, pipe, speaks));
        self.links.len() - 1
    }

    /// The number of a door's listener.
    const fn listener(&self, door: At) -> usize {
        match door {
            At::Lines => 0,
            At::Own(number) => 1 + number,
            At::Http => 1 + self.served.server.core.own.len(),
        }
    }

    /// Sends bytes of a client. False if they cannot arrive.
    fn write(&mut self, at: usize, bytes: &[u8]) -> bool {
        let is_sent = !bytes.is_empty() && self.links[at].pipe.send(bytes);
        if is_sent {
            self.edge(at, false);
        }
        is_sent
    }

    /// Sends the waiting output of a client. True if there is some that can arrive.
    fn flush(&mut self, at: usize) -> bool {
        let bytes = self.links[at].take();
        self.write(at, &bytes)
    }

    /// Ends a client's side of its connection.
    fn end(&mut self, at: usize) {
        self.links[at].pipe.end();
        self.edge(at, true);
    }

    /// Tells the loop that a connection may go on.
    fn edge(&mut self, at: usize, ended: bool) {
        let id = self.links[at].id;
        if !self.served.reasons.contains_key(&id) {
            self.connections.ready(id.index(), true, true, ended);
        }
    }

    /// Runs turns until there is nothing left to do at this time.
    fn run(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.connections.start(&mut self.served, self.now);
        }
        self.connections.call(&mut self.served, self.now);
        for _ in 0..TEST_TURNS_MAX {
            self.connections.turn(&mut self.served, self.now);
            if self.served.wants_to_stop() && !std::mem::replace(&mut self.is_stopped, true) {
                self.connections.stop(&mut self.served, self.now);
            }
            self.connect_remotes();
            let has_news = self.listen();
            let is_due = self.next_deadline_ms().is_some_and(|at_ms| at_ms <= self.now.ms);
            if !has_news && !is_due && !self.connections.is_unfinished() {
                return;
            }
        }
        panic!("after {TEST_TURNS_MAX} turns there is still something to do at this time");
    }

    /// Lets every client read. True if one of them has sent something in reply.
    fn listen(&mut self) -> bool {
        let mut has_news = false;
        for at in 0..self.links.len() {
            self.links[at].read();
            has_news |= self.flush(at);
            if self.links[at].pipe.is_to_end() {
                self.end(at);
                has_news = true;
            }
        }
        has_news
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        let connections = self.connections.next_deadline_ms();
        connections.into_iter().chain(self.served.next_deadline_ms()).min()
    }

    fn set_ms(&mut self, ms: u64) {
        let unix_ms = self.now.unix_ms.saturating_add(ms - self.now.ms);
        self.now = Now { ms, unix_ms };
    }
}

/// The address of clients that give none.
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
