//! Whole conversations at the HTTP door, over simulated sockets.
//!
//! The input is steps with 0xff between them. A step is a letter, a digit for one of the
//! connections, and bytes. `c` connects. `s` sends the bytes, in which `@` and a digit stand for
//! the id of one of the sessions. `e` ends and `r` resets a connection, `t` lets 4 ^ digit
//! milliseconds pass, `q` stops the server. At the end all remaining connections go away.

#[path = "../harness/mod.rs"]
mod harness;

use super::cost::bounded_once;
use harness::{At, World};
use mio_chat::limits::QUEUE_BYTES_MAX_LOWEST;
use mio_socketio::limits::{CONNECT_MS, HTTP_KEEP_ALIVE_MS, LINGER_MS};
use mio_socketio::session::Sid;
use mio_socketio::{EngineSettings, Server, WebResponse};

/// Steps that are run.
const STEPS_MAX: usize = 64;
/// Bytes that a client's end holds.
const WINDOW: usize = 20_000;
const PING_MS: u64 = 5_000;

/// Nothing panics, the invariants hold after each step, and at the end nothing is left.
pub(crate) fn engine_session(data: &[u8]) {
    let mut world = World::new(server(), QUEUE_BYTES_MAX_LOWEST);
    for step in data.split(|byte| *byte == 0xff).take(STEPS_MAX) {
        let [what, which, bytes @ ..] = step else { continue };
        let digit = usize::from(which.wrapping_sub(b'0') % 10);
        match (what, world.clients.get(digit)) {
            (b'c', _) => drop(world.connect_at(At::Http, WINDOW)),
            (b's', Some(client)) => client.send(&with_ids(bytes)),
            (b'e', Some(client)) => client.end(),
            (b'r', Some(client)) => client.reset(),
            (b't', _) => world.advance(1 << (2 * digit as u32).min(15)),
            (b'q', _) => world.stop(),
            _ => continue,
        }
        bounded_once(|| world.settle());
        for client in &world.clients {
            client.take(usize::MAX);
        }
    }
    world.clients.iter().for_each(harness::stream::End::end);
    world.advance(2 * PING_MS + CONNECT_MS + HTTP_KEEP_ALIVE_MS + 2 * LINGER_MS);
    assert!(world.connections.is_empty(), "a connection is left");
    world.server.check_empty();
}

fn server() -> Server<u64> {
    let mut ids = 0;
    let engine = EngineSettings::default()
        .ping_interval_ms(PING_MS)
        .ping_timeout_ms(PING_MS)
        .payload_bytes_max(5000)
        .rate_per_s(20);
    let builder = Server::<u64>::builder().engine(engine).entropy(move |bytes| {
        bytes.fill(ids);
        ids = ids.wrapping_add(1);
    });
    builder
        .on_connect(|cx, socket| {
            cx.join(socket, "all");
        })
        .on_line(|cx, _, line| cx.to("all").send(format_args!("{line}")))
        .line_websocket("/ws")
        .websocket("/echo", |echo| {
            echo.on_message(|cx, socket, message| match message {
                mio_socketio::Message::Text(text) => cx.send_text(socket, text),
                mio_socketio::Message::Binary(bytes) => cx.send_binary(socket, bytes),
            })
        })
        .engine_io("/engine.io/", |echo| {
            echo.on_message(|cx, socket, message| match message {
                mio_socketio::Message::Text(text) => cx.send_text(socket, text),
                mio_socketio::Message::Binary(bytes) => cx.send_binary(socket, bytes),
            })
        })
        .route("/", |cx, _| {
            *cx.state += 1;
            WebResponse::ok("text/plain", cx.state.to_string())
        })
        .namespace("/", |events| {
            events
                .on_connect(|cx, connect| {
                    cx.join(connect.socket, "all");
                    cx.emit(connect.socket, "auth", (connect.auth,));
                    Ok(())
                })
                .on("bye", |cx, event| {
                    cx.close(event.socket, mio_socketio::base::CloseReason::ServerDisconnect);
                })
                .on("kick", |cx, event| {
                    cx.disconnect(event.socket, mio_socketio::base::CloseReason::ServerDisconnect);
                })
                .on("ask", |cx, event| {
                    cx.emit_with_ack(event.socket, "ask", ("?",), 1000, |cx, _| *cx.state += 1);
                })
                .on_any(|cx, event| {
                    cx.everyone().emit(event.name, event.args);
                    cx.to("all").send(format_args!("{}", event.name));
                    cx.ack(event.ack, event.args);
                })
        })
        .namespace("/custom", |events| events)
        .build(0)
}

/// The bytes with the ids of sessions filled in.
fn with_ids(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match (byte, rest.as_slice().first()) {
            (b'@', Some(digit @ b'0'..=b'9')) => {
                rest.next();
                let sid = Sid::new([digit - b'0'; Sid::RANDOM_BYTES]);
                out.extend_from_slice(sid.as_str().as_bytes());
            }
            _ => out.push(*byte),
        }
    }
    out
}
