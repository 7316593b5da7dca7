//! A small application with a bit of everything, and who visits it.

use mio_socketio::base::CloseReason;
use mio_socketio::limits::QUEUE_BYTES_MAX;
use mio_socketio::testing::{Client, ReceivedEvent, TestServer};
use mio_socketio::{Ack, Binary, Builder, Context, Event, Events, Message, NoAck, Refused};
use mio_socketio::{Server, WebResponse};
use serde_json::{Value, json};

/// How long people have to confirm.
pub const CONFIRM_MS: u64 = 5_000;

/// The application's notes.
#[derive(Default)]
pub struct Seen {
    pub log: Vec<String>,
    /// Answers that are given later.
    pub owed: Vec<Ack>,
    pub ticks: u64,
}

fn post(cx: &mut Context<'_, Seen>, event: Event<'_>) {
    let Ok((room, text)) = event.args.parse::<(String, String)>() else {
        return cx.ack(event.ack, json!({"ok": false}));
    };
    cx.to(&room).except(event.socket).emit("message", (text,));
    cx.ack(event.ack, json!({"ok": true, "ms": cx.now().unix_ms}));
}

/// Asks the author to confirm, and notes the outcome.
fn danger(cx: &mut Context<'_, Seen>, event: Event<'_>) {
    cx.emit_with_ack(event.socket, "sure?", (), CONFIRM_MS, |cx, answer| {
        let word = match answer {
            Ok(args) => args.json().to_owned(),
            Err(NoAck::Timeout) => "timeout".to_owned(),
            Err(other) => other.to_string(),
        };
        cx.state.log.push(word);
    });
}

fn rooms(events: Events<Seen>) -> Events<Seen> {
    events
        .on_connect(|cx, connect| {
            let auth: Value = connect.auth().unwrap_or_default();
            let Some(nick) = auth["nick"].as_str() else {
                let data = json!({"needs": ["nick"]});
                return Err(Refused::new("who are you?").with_data(&data));
            };
            let line = format!("{nick} {} {:?}", connect.address, connect.query);
            cx.state.log.push(line);
            cx.emit(connect.socket, "welcome", (nick,));
            Ok(())
        })
        .on("join", |cx, event| {
            let room: String = event.args.get(0).unwrap_or_default();
            cx.join(event.socket, &room);
        })
        .on("post", post)
        .on("danger", danger)
        .on("reverse", |cx, event| {
            let mut bytes = event.args.binary(0).unwrap_or_default().to_vec();
            bytes.reverse();
            cx.everyone().emit("reversed", ("here", Binary(&bytes)));
            cx.ack(event.ack, (Binary(&bytes), bytes.len()));
        })
        .on("later", |cx, event| {
            cx.state.owed.extend(event.ack);
            cx.after(1_000, |cx| {
                let ack = cx.state.owed.pop();
                cx.ack(ack, ("at last",));
            });
        })
        .on("kick", |cx, event| cx.disconnect(event.socket, CloseReason::Quit))
        .on("ban", |cx, event| cx.close(event.socket, CloseReason::Quit))
        .on("much", |cx, event| {
            let queues: usize = event.args.get(0).unwrap_or_default();
            cx.emit(event.socket, "much", "x".repeat(queues * QUEUE_BYTES_MAX));
        })
        .on("tick", |cx, _| tick(cx))
        .on("wrong", |cx, event| cx.emit(event.socket, "connect", ()))
        .on_disconnect(|cx, _, reason| cx.state.log.push(reason.to_string()))
}

fn tick(cx: &mut Context<'_, Seen>) {
    cx.state.ticks += 1;
    cx.after(0, tick);
}

pub fn builder() -> Builder<Seen> {
    let mut next = 0_u8;
    Server::builder()
        .entropy(move |bytes| {
            next = next.wrapping_add(1);
            bytes.fill(next);
        })
        .namespace("/", |events| {
            events.on_connect(|cx, connect| {
                let id = cx.id(connect.socket);
                cx.emit(connect.socket, "id", (id,));
                Ok(())
            })
        })
        .namespace("/rooms", rooms)
        .websocket("/echo", |echo| {
            echo.on_message(|cx, socket, message| match message {
                Message::Text("bye") => cx.close(socket, CloseReason::Quit),
                Message::Text(text) => cx.send_text(socket, text),
                Message::Binary(bytes) => cx.send_binary(socket, bytes),
            })
            .on_close(|cx, _, reason| cx.state.log.push(reason.to_string()))
        })
        .engine_io("/bare/", |bare| {
            bare.on_open(|cx, socket| cx.send_text(socket, "hello"))
                .on_message(|cx, socket, message| {
                    cx.send_text(socket, &message.len().to_string());
                    cx.send_binary(socket, b"ok");
                })
                .on_close(|cx, _, reason| cx.state.log.push(reason.to_string()))
        })
        .line_websocket("/lines")
        .route("/about", |cx, request| {
            let people = cx.clients();
            WebResponse::ok("text/plain", format!("{people} {}", request.head.query))
        })
        .on_connect(|cx, socket| {
            cx.join(socket, "lines");
            cx.send(socket, format_args!("hello"));
        })
        .on_line(|cx, socket, line| match line {
            "/quit" => cx.disconnect(socket, CloseReason::Quit),
            _ => cx.to("lines").except(socket).send(format_args!("> {line}")),
        })
        .on_disconnect(|cx, socket, reason| {
            cx.send(socket, format_args!("bye"));
            cx.state.log.push(reason.to_string());
        })
        .on_stopping(|cx| cx.of("/rooms").emit("end", ()))
        .on_shutdown(|cx| {
            let here = cx.clients();
            cx.state.log.push(format!("{here} are here at the end"));
        })
}

pub fn world() -> TestServer<Seen> {
    TestServer::new(builder().build(Seen::default()))
}

/// A client that has read the welcome.
pub fn arrive(world: &mut TestServer<Seen>, nick: &str) -> Client {
    let client = world.connect("/rooms", json!({"nick": nick})).expect("people have names");
    assert_eq!(world.expect(client, "welcome").args, [nick]);
    client
}

/// The application's notes since the last call.
pub fn last(world: &TestServer<Seen>) -> &str {
    world.state().log.last().map_or("", String::as_str)
}

pub fn names(events: &[ReceivedEvent]) -> Vec<&str> {
    events.iter().map(|event| &*event.name).collect()
}
