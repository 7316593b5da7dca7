//! A Socket.IO server on one thread and one poll loop, without an async runtime.
//!
//! Clients of Socket.IO 2, 3 and 4 connect to it over HTTP polling and WebSocket, and so do plain
//! WebSockets, bare Engine.IO clients and people with netcat. Handlers get the application's state
//! to change, one at a time: there is nothing to lock, to share or to await.
//!
//! # A server in a few lines
//!
//! ```no_run
//! use mio_socketio::{Listen, Listening, Server};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::<u64>::builder()
//!     .namespace("/", |events| {
//!         events
//!             .on_connect(|cx, connect| {
//!                 *cx.state += 1;
//!                 let visitors = *cx.state;
//!                 cx.emit(connect.socket, "welcome", ("you are visitor", visitors));
//!                 Ok(())
//!             })
//!             .on("say", |cx, event| {
//!                 cx.everyone().emit("said", event.args);
//!                 cx.ack(event.ack, ("delivered",));
//!             })
//!     })
//!     .build(0);
//! let listen = Listen::default().http(vec!["127.0.0.1:5000".parse()?]);
//! Listening::open(&listen)?.serve(server)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find what
//!
//! * [`Server::builder`] takes the handlers. [`Builder`] has those of the whole server and of its
//!   line door, [`Events`] those of one Socket.IO namespace, [`Endpoint`] those of a plain
//!   WebSocket or of a bare Engine.IO endpoint. [`Builder::route`] answers an ordinary request.
//! * A handler gets a [`Context`]: the state, and everything that it can do. [`Context::emit`] and
//!   [`Context::send`] write to one socket, [`Context::to`], [`Context::everyone`] and
//!   [`Context::of`] to many ([`To`]), [`Context::join`] and [`Context::leave`] manage rooms,
//!   [`Context::ack`] answers, [`Context::emit_with_ack`] asks, [`Context::after`] sets a timer.
//! * A [`SocketId`] names a client in one namespace. It goes stale when the client has gone, and
//!   then every call with it does nothing. [`PerSocket`] keeps what the application knows of each.
//! * [`Refused`] turns a client away, [`CloseReason`] says why one has gone.
//! * [`Recovery`] lets a client whose connection breaks come back to what it missed;
//!   [`MemoryRecovery`] is one that keeps it in memory.
//! * [`Listen`] says where to listen, [`Listening::serve`] runs the loop until SIGTERM or SIGINT.
//! * [`Record`] keeps a whole run in a file, and [`Replay`] runs the server again from it.
//! * [`testing`] connects clients in memory, with a clock that moves when a test says so.
//!
//! # On the open internet
//!
//! Each client's queue has a bound, and a client that reads too slowly loses its connection rather
//! than the server its memory. [`EngineDoor`] and [`LineDoor`] set how fast one client may speak,
//! [`AddressLimits`] what one address may use in all, [`Origins`] which pages may connect,
//! [`Hosts`] under which names the server answers, [`Proxies`] who is believed about a client's
//! address. With [`Builder::on_panic`] a handler that panics costs only the client that it was
//! called for; without it the process ends.
//!
//! # The turn of the loop
//!
//! `poll → accept → read and dispatch → deadlines → settle → flush → reap`. Handlers write into
//! queues and never call other handlers. What a room is told in one turn is encoded once for each
//! dialect and shared by its members, and each connection gets one write, however many events the
//! turn has brought. [`Builder::on_settle`] is called before anything of the turn is written, so
//! that an application that commits its database there tells nobody what a crash could undo.

#[doc(hidden)]
pub mod base;
#[doc(hidden)]
pub mod hub;
#[doc(hidden)]
pub mod limits;
#[doc(hidden)]
pub mod net;
mod record;
mod server;
#[doc(hidden)]
pub mod session;

pub use server::*;
