//! A Socket.IO server on one thread and one poll loop, without an async runtime.
//!
//! It serves clients of Socket.IO 2, 3 and 4 over HTTP polling and WebSocket, plain WebSockets,
//! bare Engine.IO clients and people with netcat. Handlers are called one at a time and may change
//! the application's state: there is nothing to lock, to share or to await.
//!
//! # A server in a few lines
//!
//! ```no_run
//! use mio_socketio::{Listen, Listening, Server};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::new(0_u64, |server| {
//!     server.namespace("/", |events| {
//!         events
//!             .on_connect(|cx, connect| {
//!                 *cx.state += 1;
//!                 let visitors = *cx.state;
//!                 cx.emit(connect.socket, "welcome", ("you are visitor", visitors));
//!                 Ok(())
//!             })
//!             .on_args("say", |cx, event, text: String| {
//!                 cx.everyone().emit("said", text);
//!                 cx.ack(event.ack, "delivered");
//!             })
//!     })
//! });
//! let listen = Listen::default().http(vec!["127.0.0.1:5000".parse()?]);
//! Listening::open(&listen)?.serve_until_signal(server)?;
//! # Ok(())
//! # }
//! ```
//!
//! [The guide](guide) begins with [first steps](guide::first_steps).
//!
//! # Where to find things
//!
//! * [`Server::builder`] takes the handlers. [`Builder`] has those of the whole server and of its
//!   line door, [`Events`] those of one Socket.IO namespace, [`Endpoint`] those of a plain
//!   WebSocket or of a bare Engine.IO endpoint. [`Builder::door`] adds a door for a protocol of the
//!   application's own. [`Builder::route`] answers an ordinary request.
//! * A handler gets a [`Context`]: the state, and everything that a handler can do.
//!   [`Context::emit`] and [`Context::send`] write to one socket. [`Context::to`],
//!   [`Context::everyone`] and [`Context::of`] write to many ([`To`]). [`Context::join`] and
//!   [`Context::leave`] manage rooms. [`Context::ack`] answers, [`Context::emit_with_ack`] asks,
//!   [`Context::after`] and [`Context::every`] set timers.
//! * A [`SocketId`] names a client in one namespace. After the client has gone the id is stale, and
//!   every call with it does nothing. [`PerSocket`] keeps the application's data about each socket.
//! * [`Builder::on_handshake`] judges the request with which a client comes, before its session.
//! * [`Refused`] turns a client away. [`CloseReason`] says why a client has gone.
//! * [`Recovery`] lets a client whose connection breaks come back and get the events that it
//!   missed. [`MemoryRecovery`] keeps them in memory.
//! * [`Listen`] says where to listen. [`Listening::serve`] runs the loop until it is told to end,
//!   and [`Listening::serve_until_signal`] until SIGTERM or SIGINT.
//! * [`Driver`] runs the server in [a loop of the application's](guide::own_loop).
//! * [`Remote`] is the way in from other threads, for [work that takes long](guide::slow_work).
//! * [`Record`] keeps a whole run in a file, and [`Replay`] runs the server again from it.
//! * [`Builder::adapter`] makes several servers one ([`RedisStreams`]), also with servers in
//!   JavaScript: see [the page about clusters](guide::cluster).
//! * [`redis`] keeps links to Redis, with commands and their replies.
//! * [`testing`] connects clients in memory, with a clock that a test moves.
//!
//! # On the open internet
//!
//! With the feature `tls`, [`Listen::https`] and [`Listen::tls`] are addresses over TLS, and
//! [`Listen::certificate`] names the files of the certificate.
//!
//! Each client's queue has a bound: a client that reads too slowly loses its connection, and the
//! server does not lose its memory. [`EngineSettings`] and [`LineSettings`] set how fast one client
//! may send, and [`AddressLimits`] what all clients of one address may use. [`Origins`] says which
//! pages may connect, [`Hosts`] to which names the server answers, and [`Proxies`] which proxies
//! are believed about a client's address. With [`Builder::on_panic`] a handler's panic closes only
//! the client for which it ran; without it the process ends.
//!
//! # The turn of the loop
//!
//! `poll → accept → read and dispatch → deadlines → settle → flush → reap`. Handlers write into
//! queues and never call other handlers. All events of one turn for a room are encoded once for
//! each dialect and shared by its members. Each connection gets one write, however many events the
//! turn has brought. [`Builder::on_settle`] is called before any output of the turn is written. An
//! application that commits its database there never shows a client something that a crash could
//! undo.

#[doc(hidden)]
pub mod base;
#[doc(hidden)]
pub mod hub;
#[doc(hidden)]
pub mod limits;
#[doc(hidden)]
pub mod link;
#[doc(hidden)]
pub mod net;
mod record;
mod server;
#[doc(hidden)]
pub mod session;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// The guide, a page for each subject.
pub mod guide {
    #[doc = include_str!("../docs/first-steps.md")]
    pub mod first_steps {}

    #[doc = include_str!("../docs/slow-work.md")]
    pub mod slow_work {}

    #[doc = include_str!("../docs/two-doors.md")]
    pub mod two_doors {}

    #[doc = include_str!("../docs/own-loop.md")]
    pub mod own_loop {}

    #[doc = include_str!("../docs/cluster.md")]
    pub mod cluster {}

    #[doc = include_str!("../docs/from-node.md")]
    pub mod from_node {}

    #[doc = include_str!("../docs/from-socketioxide.md")]
    pub mod from_socketioxide {}
}

pub use server::*;
