//! Whole audiences: their answers, rooms and ends. Also handlers before each event, and transports.

use mio_socketio::limits::GATHERED_BYTES_MAX;
use mio_socketio::testing::{Client, ConnectError, TestServer};
use mio_socketio::{CloseReason, EngineSettings, Events, NoAck, Refused, Server, WebResponse};
use serde_json::{Value, json};

/// Milliseconds for which the server waits for answers.
const PATIENCE_MS: u64 = 1_000;

/// The answers to each question, in the order of the sockets.
type State = Vec<Vec<Result<Value, NoAck>>>;

fn events(events: Events<State>) -> Events<State> {
    events
        .on_args("ask", |cx, _, (room,): (String,)| {
            let room = &*room;
            cx.to(room).emit_with_ack("well?", (room,), PATIENCE_MS, |cx, answers| {
                let read = |answer: mio_socketio::Prepared| answer.args().get(0).expect("JSON");
                let answers = answers.into_iter().map(|(_, answer)| answer.map(read));
                cx.state.push(answers.collect());
            });
        })
        .on_args("join", |cx, event, (room,): (String,)| {
            cx.join(event.socket, &room);
        })
        .on("gather", |cx, event| {
            let joined = cx.everyone().except(event.socket).join("hall");
            let left = cx.to("lobby").leave("lobby");
            let [hall, lobby] = ["hall", "lobby"].map(|room| cx.members(room).len());
            cx.ack(event.ack, (joined, left, hall, lobby));
        })
        .on("out", |cx, event| {
            cx.to("lobby").except(event.socket).disconnect(CloseReason::ServerDisconnect);
        })
        .on("close", |cx, _| cx.everyone().close(CloseReason::ServerDisconnect))
}

fn world() -> TestServer<State> {
    TestServer::new(Server::new(State::new(), |server| server.namespace("/", events)))
}

/// Three clients in one room.
fn three(world: &mut TestServer<State>) -> [Client; 3] {
    [(); 3].map(|()| {
        let client = world.connect("/", Value::Null).expect("all are let in");
        world.emit(client, "join", "lobby");
        client
    })
}

#[test]
fn an_audience_answers_once_all_have_answered() {
    let mut world = world();
    let all = three(&mut world);
    let other = world.connect("/", Value::Null).expect("all are let in");
    world.emit(all[0], "ask", "lobby");
    for (client, answer) in all.into_iter().zip(1..) {
        assert!(world.state().is_empty(), "one answer is left");
        let asked = world.expect(client, "well?");
        assert_eq!(asked.args, ["lobby"]);
        world.answer(asked.ack, answer);
    }
    assert_eq!(*world.state(), [[Ok(json!(1)), Ok(json!(2)), Ok(json!(3))]]);
    assert!(world.events(other).is_empty(), "it is not in the room");
    world.advance(2 * PATIENCE_MS);
    assert_eq!(world.state().len(), 1, "they answer once");
}

#[test]
fn who_goes_or_is_silent_is_not_waited_for() {
    let mut world = world();
    let all = three(&mut world);
    world.emit(all[0], "ask", "lobby");
    let asked = world.expect(all[0], "well?");
    world.answer(asked.ack, "yes");
    world.cut(all[1]);
    world.advance(PATIENCE_MS - 1);
    assert!(world.state().is_empty());
    world.advance(1);
    let expected = [Ok(json!("yes")), Err(NoAck::Disconnected), Err(NoAck::Timeout)];
    assert_eq!(*world.state(), [expected]);
    // An answer that comes too late changes nothing.
    let late = world.expect(all[2], "well?");
    world.answer(late.ack, "late");
    assert_eq!(world.state().len(), 1);
    // Nobody is there: that is an answer too, after the handler.
    world.emit(all[0], "ask", "empty");
    world.advance(10);
    assert_eq!(world.state().last(), Some(&Vec::new()));
}

#[test]
fn an_audience_that_is_asked_at_the_end_answers_even_if_it_is_empty() {
    let server = Server::new(Vec::new(), |server| {
        server.namespace("/", |events| events).on_stopping(|cx| {
            for room in ["lobby", "empty"] {
                cx.of("/").to(room).emit_with_ack("bye?", (), PATIENCE_MS, move |cx, answers| {
                    cx.state.push((room, answers.len()));
                });
            }
        })
    });
    let mut world: TestServer<Vec<(&str, usize)>> = TestServer::new(server);
    world.stop();
    assert_eq!(*world.state(), [("lobby", 0), ("empty", 0)]);
}

#[test]
fn answers_that_are_too_large_together_are_left_out() {
    let engine = EngineSettings::default().payload_bytes_max(GATHERED_BYTES_MAX);
    let server = Server::new(State::new(), |server| server.engine(engine).namespace("/", events));
    let mut world = TestServer::new(server);
    let all = three(&mut world);
    world.emit(all[0], "ask", "lobby");
    let half = "x".repeat(GATHERED_BYTES_MAX / 2 - 2);
    for client in all {
        let asked = world.expect(client, "well?");
        world.answer(asked.ack, &*half);
    }
    let answers = &world.state()[0];
    assert!(answers[0].is_ok() && answers[1].is_ok());
    assert_eq!(answers[2], Err(NoAck::TooLarge));
}

#[test]
fn an_audience_is_moved_and_sent_away() {
    let mut world = world();
    let all = three(&mut world);
    let other = world.connect("/", Value::Null).expect("all are let in");
    let answer = world.call(other, "gather", ()).expect("an answer");
    assert_eq!(answer.args, [3, 3, 3, 0]);
    all.into_iter().for_each(|client| world.emit(client, "join", "lobby"));
    world.emit(all[0], "out", ());
    assert!(world.is_open(all[0]) && world.is_open(other));
    assert!(!world.is_open(all[1]) && !world.is_open(all[2]));
    world.emit(other, "close", ());
    assert!(!world.is_open(all[0]) && !world.is_open(other));
}

#[test]
fn what_comes_before_each_event_may_refuse_it() {
    let server = Server::new(Vec::<String>::new(), |server| {
        server.namespace("/", |events| {
            events
                .before_each(|cx, event| {
                    cx.state.push(event.name.to_owned());
                    match event.name.strip_prefix("admin:") {
                        Some(_) => Err(Refused::new("only for admins")),
                        None => Ok(()),
                    }
                })
                .on("admin:stop", |cx, _| cx.stop())
                .on("say", |cx, event| cx.ack(event.ack, "said"))
        })
    });
    let mut world = TestServer::new(server);
    let alice = world.connect("/", Value::Null).expect("all are let in");
    let refused = json!({"ok": false, "code": "refused", "error": "only for admins"});
    assert_eq!(world.call(alice, "admin:stop", ()).expect("an answer").args, [refused]);
    assert_eq!(world.call(alice, "say", ()).expect("an answer").args, ["said"]);
    // There is no handler, and no answer.
    assert_eq!(world.call(alice, "other", ()), None);
    assert_eq!(*world.state(), ["admin:stop", "say", "other"]);
    assert!(world.is_open(alice));
}

/// The status and body of a request for a session by polling.
fn poll(engine: EngineSettings, version: u8) -> (u16, String) {
    let mut world = TestServer::new(Server::new((), |server| server.engine(engine)));
    let answer = world.get(&format!("/socket.io/?EIO={version}&transport=polling"));
    (answer.status, String::from_utf8(answer.body).expect("it is text"))
}

#[test]
fn transports_and_the_old_version_can_be_switched_off() {
    let settings = EngineSettings::default;
    let (status, open) = poll(settings(), 4);
    assert!(status == 200 && open.contains(r#""upgrades":["websocket"]"#), "{open}");
    let (status, open) = poll(settings().websocket(false), 4);
    assert!(status == 200 && open.contains(r#""upgrades":[]"#), "{open}");
    let unknown = (400, r#"{"code":0,"message":"Transport unknown"}"#.to_owned());
    assert_eq!(poll(settings().polling(false), 4), unknown);
    assert_eq!(poll(settings(), 3).0, 200);
    let unsupported = (400, r#"{"code":5,"message":"Unsupported protocol version"}"#.to_owned());
    assert_eq!(poll(settings().version_3(false), 3), unsupported);
    let server = Server::new((), |server| server.engine(settings().websocket(false)));
    let refused = TestServer::new(server).connect("/", Value::Null).expect_err("no WebSocket");
    assert_eq!(refused, ConnectError::Status(400));
}

#[test]
fn handlers_of_no_namespace_tell_namespace_slash() {
    let mut server = Server::new((), |server| {
        server
            .on_start(|cx| {
                cx.after(100, |cx| {
                    let namespace = cx.namespace().to_owned();
                    cx.everyone().emit("told", ("start", namespace));
                });
            })
            .on_line(|cx, socket, line| {
                assert!(cx.to("hall").has_anyone());
                cx.to("hall").emit("told", line);
                let namespace = cx.namespace().to_owned();
                cx.send(socket, format_args!("in {namespace}"));
            })
            .route("/tell", |cx, _| {
                cx.to("hall").emit("told", "route");
                WebResponse::text(200, "told")
            })
            .namespace("/", |events| {
                events.on_connect(|cx, connect| {
                    cx.join(connect.socket, "hall");
                    Ok(())
                })
            })
            .namespace("/other", |events| {
                events.on_connect(|cx, connect| {
                    cx.join(connect.socket, "hall");
                    Ok(())
                })
            })
    });
    let remote = server.remote();
    let mut world = TestServer::new(server);
    let alice = world.connect("/", Value::Null).expect("all are let in");
    let other = world.connect("/other", Value::Null).expect("all are let in");
    world.advance(100);
    assert_eq!(world.expect(alice, "told").args, ["start", "/"]);
    let line = world.connect_line();
    world.say(line, "hi");
    assert_eq!(world.lines(line), ["in lines"]);
    assert_eq!(world.expect(alice, "told").args, ["hi"]);
    world.get("/tell");
    assert_eq!(world.expect(alice, "told").args, ["route"]);
    remote.run(|cx| cx.to("hall").emit("told", "remote")).expect("there is room for it");
    world.advance(1);
    assert_eq!(world.expect(alice, "told").args, ["remote"]);
    assert!(world.events(other).is_empty(), "it is in another namespace");
}

#[test]
fn ticks_keep_their_rhythm_over_a_pause() {
    let server = Server::<Vec<u64>>::builder().on_start(|cx| {
        let start_ms = cx.now().ms;
        cx.every(50, move |cx| {
            let now_ms = cx.now().ms;
            cx.state.push(now_ms - start_ms);
            cx.state.len() < 5
        });
    });
    let mut world = TestServer::new(server.build(Vec::new()));
    world.advance(100);
    world.jump(120); // The machine sleeps: ticks at 150 and 200 are one, which is late.
    world.advance(1_000);
    assert_eq!(*world.state(), [50, 100, 220, 250, 300]);
}
