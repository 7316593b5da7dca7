//! Handlers of events: typed arguments, failures, and what they send from the state.

use log::{Level, LevelFilter, Log, Metadata, Record};
use mio_socketio::testing::{Client, TestServer};
use mio_socketio::{Context, Events, Prepared, Refused, Server};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;

thread_local! {
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps each thread's own lines of the log: each test has a thread.
struct Kept;

impl Log for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Debug
    }

    fn log(&self, record: &Record<'_>) {
        LOGGED.with_borrow_mut(|lines| lines.push(record.args().to_string()));
    }

    fn flush(&self) {}
}

#[derive(Default)]
struct State {
    board: Vec<[i32; 2]>,
    log: Vec<String>,
}

/// One argument with fields.
#[derive(Deserialize)]
struct Say {
    text: String,
    room: String,
    times: Option<u8>,
}

/// A handler that is a function, and fails where it likes.
fn add(cx: &mut Context<'_, State>, text: &str) -> Result<usize, Refused> {
    if text.is_empty() {
        return Err(Refused::new("no text").with_data(&json!({"least": 1})));
    }
    // JSON of the server's own, of a file for example.
    let number: i32 =
        if text.starts_with('"') { serde_json::from_str(text)? } else { text.parse()? };
    cx.state.board.push([number, 0]);
    Ok(cx.state.board.len())
}

/// The members of a room whose name does not live as long as they are looked at.
fn count(cx: &Context<'_, State>) -> usize {
    let members = {
        let name = ["lob", "by"].concat();
        cx.members(&name)
    };
    members.len()
}

fn events(events: Events<State>) -> Events<State> {
    events
        .on_connect(|cx, connect| {
            let room: Option<String> = connect.auth::<Value>()?["room"].as_str().map(Into::into);
            cx.join(connect.socket, &room.ok_or(Refused::new("which room?"))?);
            let all = Prepared::new((&cx.state.board, "all"));
            cx.emit(connect.socket, "board", &all);
            cx.everyone().except(connect.socket).emit("board", all);
            Ok(())
        })
        .on("add", |cx, event| {
            let count = add(cx, &event.args.text(0).unwrap_or_default())?;
            cx.ack(event.ack, count);
            Ok(())
        })
        .on("both", |cx, event| {
            cx.ack(event.ack, "first");
            Err(Refused::new("second"))
        })
        .on_args("pair", |cx, event, (text, number): (String, u8)| {
            cx.state.log.push(format!("{text} {number}"));
            cx.ack(event.ack, ());
        })
        .on_args("say", |cx, event, say: Say| {
            for _ in 0..say.times.unwrap_or(1) {
                cx.to(&say.room).except(event.socket).emit("said", &say.text);
            }
        })
        .on_args("count", |cx, event, ()| cx.ack(event.ack, (count(cx), cx.members("lobby").len())))
        .on_any(|cx, event| {
            cx.state.log.push(event.name.to_owned());
            Err(Refused::new("unknown"))
        })
}

fn world() -> TestServer<State> {
    TestServer::new(Server::new(State::default(), |server| server.namespace("/", events)))
}

fn arrive(world: &mut TestServer<State>) -> Client {
    world.connect("/", json!({"room": "lobby"})).expect("it has a room")
}

fn refusal(code: &str, error: &str) -> Value {
    json!({"ok": false, "code": code, "error": error})
}

#[test]
fn a_client_learns_why_its_event_has_failed_and_stays() {
    let mut world = world();
    let alice = arrive(&mut world);
    let mut ask = |name: &str, args: &str| {
        let answer = world.call(alice, name, args).expect("it is answered");
        assert!(world.is_open(alice));
        Value::Array(answer.args)
    };
    assert_eq!(ask("add", "7"), json!([1]));
    let mut no_text = refusal("refused", "no text");
    no_text["data"] = json!({"least": 1});
    assert_eq!(ask("add", ""), json!([no_text]));
    // The text of an error is the server's own business.
    let failed = refusal("failed", "the server has failed at this");
    for text in ["seven", "\"a secret of the server's\""] {
        assert_eq!(ask("add", text), json!([failed]));
    }
    assert_eq!(ask("both", "x"), json!(["first"]));
    assert_eq!(ask("elsewhere", "x"), json!([refusal("refused", "unknown")]));
    // Nobody waits for an answer: nothing is sent.
    world.events(alice);
    world.emit(alice, "add", "");
    world.emit(alice, "pair", 1);
    assert!(world.events(alice).is_empty() && world.is_open(alice));
    assert_eq!(world.state().board, [[7, 0]]);
}

#[test]
fn arguments_of_another_type_are_named_and_no_handler_sees_them() {
    let mut world = world();
    let [alice, bob] = [arrive(&mut world), arrive(&mut world)];
    let wrong = |error: &str| json!([refusal("bad-arguments", error)]);
    let cases: [(Value, &str); 4] = [
        (json!([1, 2]), "argument 1: invalid type: integer `1`, expected a string"),
        (json!(["a", -1]), "argument 2: invalid value: integer `-1`, expected u8"),
        (json!(["a"]), "argument 2: invalid type: null, expected u8"),
        (json!([]), "argument 1: invalid type: null, expected a string"),
    ];
    for (args, error) in cases {
        let answer = match args.as_array().expect("a list").as_slice() {
            [] => world.call(alice, "pair", ()),
            [one] => world.call(alice, "pair", (one,)),
            [one, two, ..] => world.call(alice, "pair", (one, two)),
        };
        assert_eq!(Value::Array(answer.expect("an answer").args), wrong(error), "{args}");
    }
    assert!(world.state().log.is_empty());
    // More than the handler takes is dropped, as JavaScript does.
    assert!(world.call(alice, "pair", ("a", 1, 2)).expect("an answer").args.is_empty());
    assert_eq!(world.state().log, ["a 1"]);
    world.events(bob);
    world.emit(alice, "say", (json!({"text": "hi", "room": "lobby"}),));
    world.emit(alice, "say", (json!({"text": "ho", "room": "lobby", "times": 2}), "surplus"));
    let answer = world.call(alice, "say", (json!({"text": "no room"}),)).expect("an answer");
    assert_eq!(Value::Array(answer.args), wrong("argument 1: missing field `room`"));
    let said: Vec<Value> = world.events(bob).into_iter().flat_map(|event| event.args).collect();
    assert_eq!(said, ["hi", "ho", "ho"]);
    assert_eq!(world.call(alice, "count", ()).expect("an answer").args, [2, 2]);
}

#[test]
fn what_is_in_the_state_is_sent_as_it_is() {
    let mut world = world();
    let alice = arrive(&mut world);
    assert_eq!(world.expect(alice, "board").args, [json!([]), json!("all")]);
    world.call(alice, "add", "3");
    let bob = arrive(&mut world);
    for client in [alice, bob] {
        assert_eq!(world.expect(client, "board").args, [json!([[3, 0]]), json!("all")]);
    }
}

#[test]
fn an_error_where_a_client_joins_turns_it_away() {
    let mut world = world();
    let refused = world.connect("/", json!({})).expect_err("it names no room");
    assert_eq!(refused.to_string(), "refused: which room?");
}

#[test]
#[should_panic(expected = "the event \"add\" has two handlers")]
fn a_second_handler_for_an_event_is_a_mistake() {
    let _ = Server::new((), |server| {
        server.namespace("/", |events| events.on("add", |_, _| ()).on_args("add", |_, _, ()| ()))
    });
}

#[test]
#[should_panic(expected = "two handlers for the events that have none")]
fn a_second_handler_for_all_other_events_is_a_mistake() {
    let _ = Server::new((), |server| {
        server.namespace("/", |events| events.on_any(|_, _| ()).on_any(|_, _| ()))
    });
}

#[test]
fn the_log_has_each_event_that_no_handler_took() {
    log::set_logger(&Kept).expect("it is the only one");
    log::set_max_level(LevelFilter::Debug);
    let server = Server::new((), |server| {
        server.namespace("/", |events| {
            events
                .on_args("count", |_, _, _: u32| ())
                .on("never", |_, _| Err::<(), _>(Refused::new("not \"today\"")))
        })
    });
    let mut world = TestServer::new(server);
    let alice = world.connect("/", Value::Null).expect("all are let in");
    world.emit(alice, "count", "seven");
    world.emit(alice, "never", ());
    world.emit(alice, &"\n".repeat(1_000), ());
    world.emit(alice, "count", 7);
    let lines = LOGGED.with_borrow(Vec::clone);
    let lines: Vec<&str> = lines.iter().filter_map(|it| Some(it.split_once("event=")?.1)).collect();
    assert_eq!(
        lines,
        [
            r#""count" error="argument 1: invalid type: string \"seven\", expected u32""#,
            r#""never" error="not \"today\"""#,
            &format!("\"{}\" reason=no-handler", r"\n".repeat(64)),
        ]
    );
}
