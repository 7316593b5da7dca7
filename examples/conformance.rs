//! Echoes everything: for the public protocol suites and for our own tests.
//!
//! Socket.IO at `/socket.io/` in the namespaces `/` and `/custom`, Engine.IO without Socket.IO at
//! `/engine.io/`, a plain WebSocket at `/echo`. For our own tests there are more namespaces:
//! `/room-7` and its like are made when somebody asks for them, `/refuse` admits nobody, `/extra`
//! sends bursts, disconnects and closes, `/rooms` has rooms. With `--recovery` clients whose
//! connection breaks may come back. With `--cluster` the server is one of several, with the namespace
//! `/cluster`, and clients come back to any of them.
//!
//! ```text
//! cargo run --release --example conformance -- --port 3000 --ping-interval 300 --ping-timeout 200
//! ```

#![allow(clippy::print_stderr, reason = "a program for the terminal")]

#[path = "conformance/cluster.rs"]
mod cluster;

use clap::Parser;
use mio_socketio::base::CloseReason;
use mio_socketio::redis::Redis;
use mio_socketio::{
    Connect, Context, DeflateSettings, EngineSettings, Event, Events, Listen, Listening,
    MemoryRecovery, Message, Origins, RedisStreams, Refused, Server,
};
use serde_json::json;
use serde_json::value::RawValue;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

type Cx<'a> = Context<'a, ()>;

/// The suites ask for heartbeats that fail fast.
const PING_INTERVAL_MS: u64 = 300;
const PING_TIMEOUT_MS: u64 = 200;
const CONNECT_MS: u64 = 1000;
/// The WebSocket suite sends messages of 16 MiB, in as many as 65,536 fragments.
const ECHO_BYTES_MAX: usize = 16 * 1024 * 1024;
const ECHO_FRAGMENTS_MAX: u32 = 1 << 17;
const ACK_MS: u64 = 10_000;
const BURST_MAX: u32 = 1000;
const BURST_BYTES_MAX: usize = 100_000;

/// Its flags, as the suites want them by default.
#[derive(Debug, Parser)]
struct Flags {
    /// Port at this machine; 0 is any.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Milliseconds between heartbeats.
    #[arg(long, default_value_t = PING_INTERVAL_MS)]
    ping_interval: u64,
    /// Milliseconds for an answer.
    #[arg(long, default_value_t = PING_TIMEOUT_MS)]
    ping_timeout: u64,
    /// Lets clients come back, within this many milliseconds: by default two minutes.
    #[arg(long, value_name = "MS", num_args = 0..=1, require_equals = true,
        default_missing_value = "120000")]
    recovery: Option<u64>,
    /// Unsent bytes that one client may have.
    #[arg(long, default_value_t = 4 * ECHO_BYTES_MAX)]
    max_queue: usize,
    /// Messages per second that one client may send, after a burst; 0 is no limit.
    #[arg(long, default_value_t = 0)]
    rate: u32,
    /// Compresses messages of at least this many bytes, for clients that can read them.
    #[arg(long, value_name = "BYTES", num_args = 0..=1, require_equals = true,
        default_missing_value = "1024")]
    deflate: Option<usize>,
    /// Speaks MessagePack with clients.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = false,
        default_missing_value = "true", action = clap::ArgAction::Set)]
    message_pack: bool,
    /// Is one of the servers that have this Redis.
    #[arg(long, value_name = "URL")]
    cluster: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let flags = Flags::parse();
    let engine = EngineSettings::default()
        .ping_interval_ms(flags.ping_interval)
        .ping_timeout_ms(flags.ping_timeout)
        .connect_ms(CONNECT_MS)
        .message_pack(flags.message_pack)
        .rate_per_s(flags.rate);
    let mut builder = Server::builder();
    if let Some(window_ms) = flags.recovery.filter(|_| flags.cluster.is_none()) {
        builder = builder.recovery(MemoryRecovery::new().window_ms(window_ms));
    }
    if let Some(bytes_min) = flags.deflate {
        builder = builder.deflate(DeflateSettings::default().bytes_min(bytes_min));
    }
    if let Some(redis) = flags.cluster {
        let mut streams = RedisStreams::new(Redis::at(&redis)?);
        if let Some(window_ms) = flags.recovery {
            streams = streams.recovery_ms(window_ms);
        }
        builder = builder.adapter(streams).namespace("/cluster", cluster::events);
    }
    let server = builder
        .engine(engine)
        .origins(Origins::new(["*".to_owned()]))
        .engine_io("/engine.io/", |endpoint| endpoint.on_message(echo))
        .namespace("/", say_back)
        .namespace("/custom", say_back)
        .dynamic_namespaces(is_numbered, say_back)
        .namespace("/refuse", |events| events.on_connect(|_, _| Err(refusal())))
        .namespace("/extra", extra)
        .namespace("/rooms", rooms)
        .websocket("/echo", |endpoint| {
            endpoint.message_limits(ECHO_BYTES_MAX, ECHO_FRAGMENTS_MAX).on_message(echo)
        })
        .build(());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, flags.port));
    let listen = Listen::default().http(vec![address.into()]).queue_bytes_max(flags.max_queue);
    let listening = Listening::open(&listen)?;
    eprintln!("http://{}", listening.http()[0]);
    listening.serve_until_signal(server)?;
    Ok(())
}

fn say_back(events: Events<()>) -> Events<()> {
    events
        .on_connect(connect)
        .on("message", |cx, event| cx.emit(event.socket, "message-back", event.args))
        .on("message-with-ack", |cx, event| cx.ack(event.ack, event.args))
        .on("emit-with-ack", emit_with_ack)
}

/// Whether it is one of the namespaces that are made when somebody asks for them.
fn is_numbered(_: &mut Cx<'_>, name: &str) -> bool {
    name.strip_prefix("/room-").is_some_and(|number| number.parse::<u32>().is_ok())
}

fn refusal() -> Refused {
    Refused::new("not today").with_data(&json!({"code": 7, "why": ["full", "late"]}))
}

fn extra(events: Events<()>) -> Events<()> {
    events
        .on("burst", |cx, event| burst(cx, &event))
        .on("burst-and-close", |cx, event| {
            burst(cx, &event);
            cx.close(event.socket, CloseReason::ServerDisconnect);
        })
        .on("send-away", |cx, event| cx.disconnect(event.socket, CloseReason::Quit))
}

/// Sends the requested number of events, with as many bytes of text in each.
fn burst(cx: &mut Cx<'_>, event: &Event<'_>) {
    let count = event.args.get::<u32>(0).unwrap_or(0).min(BURST_MAX);
    let length = event.args.get::<usize>(1).map(|bytes| bytes.min(BURST_BYTES_MAX));
    for number in 0..count {
        match length {
            Ok(length) => cx.emit(event.socket, "burst", (number, "x".repeat(length))),
            Err(_) => cx.emit(event.socket, "burst", (number,)),
        }
    }
}

fn rooms(events: Events<()>) -> Events<()> {
    let text = |event: &Event<'_>| event.args.get::<String>(0).unwrap_or_default();
    events
        .on_connect(come_in)
        .on("join", move |cx, event| {
            cx.join(event.socket, &text(&event));
            cx.ack(event.ack, ());
        })
        .on("leave", move |cx, event| {
            cx.leave(event.socket, &text(&event));
            cx.ack(event.ack, ());
        })
        .on("keep", move |cx, event| {
            cx.keep(event.socket, &text(&event));
            cx.ack(event.ack, ());
        })
        .on("say", move |cx, event| cx.to(&text(&event)).emit("said", event.args))
        .on("tell", |cx, event| cx.everyone().except(event.socket).emit("told", event.args))
        .on("whisper", |cx, event| cx.emit(event.socket, "whispered", event.args))
        .on("flicker", |cx, event| cx.everyone().volatile().emit("flickered", event.args))
        .on("ask", |cx, event| {
            cx.emit_with_ack(event.socket, "asked", event.args, ACK_MS, |_, _| ());
        })
        .on("send-away", |cx, event| cx.disconnect(event.socket, CloseReason::Quit))
}

/// Tells a returning client what it has come back to.
fn come_in(cx: &mut Cx<'_>, connect: Connect<'_>) -> Result<(), Refused> {
    let auth: serde_json::Value = connect.auth().unwrap_or_default();
    if auth["refuse"] == true {
        return Err(refusal());
    }
    if let Some(kept) = connect.recovered {
        let mut rooms: Vec<String> = cx.rooms(connect.socket).map(str::to_owned).collect();
        rooms.sort();
        cx.emit(connect.socket, "recovered", (kept, rooms));
    }
    Ok(())
}

fn connect(cx: &mut Cx<'_>, connect: Connect<'_>) -> Result<(), Refused> {
    let auth: &RawValue = connect.auth().map_err(|error| Refused::new(error.to_string()))?;
    cx.emit(connect.socket, "auth", (auth,));
    Ok(())
}

fn emit_with_ack(cx: &mut Cx<'_>, event: Event<'_>) {
    let socket = event.socket;
    cx.emit_with_ack(socket, "emit-with-ack", event.args, ACK_MS, move |cx, answer| {
        if let Ok(args) = answer {
            cx.emit(socket, "emit-with-ack", args);
        }
    });
}

fn echo(cx: &mut Cx<'_>, socket: mio_socketio::base::SocketId, message: Message<'_>) {
    match message {
        Message::Text(text) => cx.send_text(socket, text),
        Message::Binary(bytes) => cx.send_binary(socket, bytes),
    }
}
