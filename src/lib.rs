//! mio-chat: a chat server on one thread and one poll loop, and the library it is made of.
//!
//! This page is the map of the house: its words, its floors, the way of one line, and what always
//! holds.
//!
//! # A server in a few lines
//!
//! ```no_run
//! use mio_chat::server::{Listen, Listening, Server};
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
//!     .on_connect(|cx, socket| cx.send(socket, format_args!("* hello")))
//!     .build(0);
//! let listen = Listen { http: vec!["127.0.0.1:5000".parse()?], ..Listen::default() };
//! Listening::open(&listen)?.serve(server)?;
//! # Ok(())
//! # }
//! ```
//!
//! [`server::Builder`] says what else can be hung in, [`server::Context`] what a handler can do;
//! [`server::testing`] has clients in memory for an application's own tests; `examples/` runs.
//!
//! # Words
//!
//! * A **connection** is one TCP stream; [`net`] has it, a [`base::ConnectionId`] names it.
//! * A **session** is one client's conversation, whichever connections carry it: requests that
//!   poll, a WebSocket, the one after the other; in [`session`].
//! * A **socket** is a session's seat in the [`hub`]: what an application knows a client by. A
//!   client of Socket.IO has one in each **namespace** that it has joined.
//! * A **room** is who hears the same. A **door** is a way in, with a **dialect** in which it
//!   renders what an application sends; a namespace and a dialect are a **voice**.
//! * A **turn** is one round of the loop. A **batch** is what those of one voice in one room are to
//!   hear in one turn. An **outbox** is what one connection has still to be sent.
//!
//! # Floors
//!
//! A room of the house imports rooms below it and itself; `tests/tidy.rs` holds the table.
//!
//! ```text
//!  4   main   chat   client       the program (and loadgen); the application; its terminal client
//!  3   server                    the library's face: Server, Context, handlers; it meets net
//!  2   session   hub             pure state: conversations  |  who hears what
//!  1   proto  |  net             pure codecs  |  the only room with mio, sockets and the clock
//!  0   base   limits             ids, shared bytes, outboxes, deadlines  |  every number
//! ```
//!
//! `proto`, `session` and `hub` take bytes and the time as arguments and return bytes and events,
//! so a test runs the whole server with simulated sockets and a counted clock: ours in
//! `tests/harness`, where every byte and edge can be had, an application's in [`server::testing`].
//!
//! # The way of one line
//!
//! `alice` types `hi` at netcat; `bob` is in the same room with a client of Socket.IO.
//!
//! 1. The poll reports an edge. [`net::Reactor`] notes it with `Connections::ready`, and
//!    [`net::Connections::turn`] reads into the one shared buffer.
//! 2. `Service::received` hands the bytes to [`server::Server`], which has the session take
//!    telnet's commands out and [`proto::line::Decoder`] cut off one line. The pace may say: later.
//! 3. The handler for lines is called with a [`server::Context`]: [`chat`] looks up the nick, has
//!    the history give the message its number, and says
//!    `cx.to("lobby").except(alice).send("<alice> hi")` for those at the line door,
//!    `cx.of("/").emit("message", "alice: hi")` for those of namespace `/`, and the like with id,
//!    room and time for those of `/chat`.
//! 4. [`session::dialect`] renders each once, a line made visible and a packet as a WebSocket
//!    frame, into the batch of those who speak so; the [`hub`] notes which run of bytes is alice's.
//!    Then the next line is decoded, and not before.
//! 5. When everything that was ready has been read, `Service::settle`: the history commits, so that
//!    nobody sees what a killed server would forget; then each batch becomes one
//!    [`base::Chunk`], and each member's outbox gets a reference to it; alice's get the slices
//!    around her own runs. A session that polls keeps its own, and a waiting poll is answered.
//! 6. The flush makes one write per connection, however many lines the turn brought. What a socket
//!    does not take waits in the outbox for the next edge, and counts against its cap.
//!
//! # The way of one request
//!
//! `session::HttpPeer` cuts a connection's bytes into requests, one answered before the next is
//! read. Whose request it is, [`session::Proxies`] knows, and whether it is for this server at all,
//! [`session::Hosts`], before anybody looks further. A request for Engine.IO begins a session,
//! polls, posts, or makes the connection speak WebSocket; [`session::engine`] is the state machine
//! of all four. What is queued for a session is WebSocket frames whatever carries it: an upgrade
//! hands them over as they are, and only the answer to a poll is written anew.
//!
//! # The way back
//!
//! A client of Socket.IO whose connection breaks may come back, if the application gives the server
//! a [`server::Recovery`] and the client asks for it. Such clients have a dialect of their own, in
//! which events tell their offsets. The store keeps each event as it is sent, and before the turn
//! is flushed what each such client could come back to. When one names its secret id, an older
//! connection of its own is ended, its socket sits down under its old public id in its old rooms,
//! and what it has missed goes out before it is let in; what is new comes behind.
//!
//! The chat's store is its history: the offset is the number of the newest message, and what was
//! missed is written anew from the messages. Clients of namespace `/chat` can do the same without
//! that protocol, with a token and the number of the last message they have seen.
//!
//! # What always holds
//!
//! * Handlers write into outboxes and never call handlers. Nothing is freed in the middle of a
//!   turn: closing marks, the reap at the end of the turn releases, and a stale id resolves to
//!   nothing.
//! * What is sent to one socket comes behind what its rooms were told before: before a direct line,
//!   a join or a leave, the socket catches up with its rooms' batches by a copy. Of the rooms that
//!   share members one speaks at a time, so that each socket hears all of them in order.
//! * A client that breaks its protocol loses its session, with the reference server's answer, and
//!   nobody else anything.
//! * Registered once, edge-triggered: readiness is two flags that only an empty or full socket
//!   clears. Whoever can go on without a new edge is on a list, and while it is not empty the loop
//!   does not sleep.
//! * An idle connection owns no buffer: input is kept only while a line is incomplete or its pace
//!   makes it wait, output only while the socket does not take it.
//! * Every queue has a cap, every end a [`base::CloseReason`], every number a name in [`limits`].
//! * No input panics: `expect` states what this code itself guarantees.

pub mod base;
pub mod chat;
pub mod client;
pub mod hub;
pub mod limits;
pub mod net;
pub mod proto;
pub mod server;
pub mod session;
