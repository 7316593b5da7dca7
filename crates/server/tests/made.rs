//! Namespaces that are made when a client asks for them.

use mio_socketio::limits::{MADE_NAMESPACE_BYTES_MAX, SOCKETS_PER_SESSION_MAX};
use mio_socketio::testing::{Client, TestServer};
use mio_socketio::{Events, Refused, Server};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// Milliseconds of a timer that a client can set.
const TIMER_MS: u64 = 5_000;

/// The names that the application was asked about, and what it was told there.
#[derive(Default)]
struct State {
    asked: Vec<String>,
    gone: Vec<String>,
    timers: Vec<String>,
}

fn events(events: Events<State>) -> Events<State> {
    events
        .on_connect(|_, connect| match connect.auth::<Value>()?["refuse"] {
            Value::Bool(true) => Err(Refused::new("not today")),
            _ => Ok(()),
        })
        .on("join", |cx, event| {
            cx.join(event.socket, "lobby");
        })
        .on("say", |cx, event| cx.everyone().emit("said", event.args))
        .on("lobby", |cx, event| cx.to("lobby").emit("said", event.args))
        .on("where", |cx, event| {
            let name = cx.namespace().to_owned();
            cx.ack(event.ack, name);
        })
        .on("later", |cx, _| {
            cx.after(TIMER_MS, |cx| {
                let name = cx.namespace().to_owned();
                cx.everyone().emit("later", &*name);
                cx.state.timers.push(name);
            });
        })
        .on_disconnect(|cx, _, _| {
            let name = cx.namespace().to_owned();
            cx.state.gone.push(name);
        })
}

fn world() -> TestServer<State> {
    TestServer::new(Server::new(State::default(), |server| {
        server
            .namespace("/", |events| events)
            .dynamic_namespaces(
                |cx, name| {
                    cx.state.asked.push(name.to_owned());
                    name.starts_with("/game-")
                },
                events,
            )
            .dynamic_namespaces(|_, name| name == "/other", |events| events)
    }))
}

fn join(world: &mut TestServer<State>, name: &str) -> Client {
    world.connect(name, Value::Null).expect("there is such a namespace")
}

#[test]
fn each_has_its_own_audience_and_they_share_handlers() {
    let mut world = world();
    let [one, also_one] = ["/game-1"; 2].map(|name| join(&mut world, name));
    let two = join(&mut world, "/game-2");
    assert_eq!(world.state().asked, ["/game-1", "/game-2"], "it is asked once for each");
    assert_eq!(world.call(two, "where", ()).expect("an answer").args, ["/game-2"]);
    world.emit(one, "say", "hi");
    assert_eq!(world.expect(also_one, "said").args, ["hi"]);
    assert_eq!(world.expect(one, "said").args, ["hi"]);
    // A room of one name has members from both, and an event reaches those of its namespace.
    [one, two].into_iter().for_each(|client| world.emit(client, "join", ()));
    world.emit(one, "lobby", "here");
    assert_eq!(world.expect(one, "said").args, ["here"]);
    assert!(world.events(two).is_empty() && world.events(also_one).is_empty());
    join(&mut world, "/other");
    assert!(world.connect("/nothing", Value::Null).is_err());
}

#[test]
fn one_goes_with_its_last_client_and_may_come_again() {
    let mut world = world();
    for round in 0..3 {
        let name = format!("/game-{round}");
        let [first, second] = [(); 2].map(|()| join(&mut world, &name));
        world.emit(first, "join", ());
        world.disconnect(first);
        let third = join(&mut world, &name);
        assert_eq!(world.state().asked.len(), round + 1, "it is still there");
        [second, third].into_iter().for_each(|client| world.cut(client));
        assert_eq!(world.state().gone.len(), 3 * (round + 1));
        assert!(world.state().gone.ends_with(&[name]));
    }
    // Its number is used again, and nothing is left of those before.
    let last = join(&mut world, "/game-9");
    world.emit(last, "lobby", "nobody");
    assert!(world.events(last).is_empty());
    world.emit(last, "say", "me");
    assert_eq!(world.expect(last, "said").args, ["me"]);
}

#[test]
fn one_stays_while_a_timer_is_set_and_a_client_that_is_refused_makes_none() {
    let mut world = world();
    let first = join(&mut world, "/game-1");
    world.emit(first, "later", ());
    world.disconnect(first);
    let refused = world.dial("/game-2").auth(serde_json::json!({"refuse": true})).connect();
    assert!(refused.is_err());
    let other = join(&mut world, "/game-3");
    world.advance(TIMER_MS);
    assert_eq!(world.state().timers, ["/game-1"]);
    assert!(world.events(other).is_empty(), "the timer was of another one");
    // Both have gone: the application is asked again.
    for name in ["/game-1", "/game-2"] {
        join(&mut world, name);
    }
    let asked = ["/game-1", "/game-2", "/game-3", "/game-1", "/game-2"];
    assert_eq!(world.state().asked, asked);
}

#[test]
fn names_and_numbers_have_bounds() {
    let mut world = world();
    let fits = format!("/game-{}", "x".repeat(MADE_NAMESPACE_BYTES_MAX - "/game-".len()));
    join(&mut world, &fits);
    assert!(world.connect(&format!("{fits}x"), Value::Null).is_err());
    let client = join(&mut world, "/game-0");
    for number in 1..SOCKETS_PER_SESSION_MAX {
        let name = format!("/game-{number}");
        world.connect_also(client, &name, Value::Null).expect("one more");
    }
    assert!(world.connect_also(client, "/game-more", Value::Null).is_err());
    world.connect_also(client, "/", Value::Null).expect("this one is always there");
    world.cut(client);
    join(&mut world, "/game-more");
}

#[test]
fn outgoing_events_are_told_to_an_observer_once_each() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let lines = Rc::clone(&log);
    let server = Server::new(State::default(), |server| {
        server.dynamic_namespaces(
            |_, _| true,
            move |all| {
                events(all)
                    .on("one", |cx, event| cx.emit(event.socket, "told", (1, "x")))
                    .on("but", |cx, event| {
                        let (socket, args) = (event.socket, event.args);
                        cx.to("a").to("b").except(socket).emit("but", args);
                    })
                    .on_any_outgoing(move |event| {
                        let (one, out) = (event.socket.is_some(), event.except.len());
                        let (of, name, args) = (event.namespace, event.name, event.args.json());
                        let line = format!("{of} {name}({args}) {one} {:?} {out}", event.rooms);
                        lines.borrow_mut().push(line);
                    })
            },
        )
    });
    let mut world = TestServer::new(server);
    let [first, _second] = [(); 2].map(|()| join(&mut world, "/game-1"));
    world.emit(first, "say", "hi");
    world.emit(first, "one", ());
    world.emit(first, "but", (1, 2));
    world.call(first, "where", ());
    let expected = [
        "/game-1 said(\"hi\") false [] 0",
        "/game-1 told(1,\"x\") true [] 0",
        "/game-1 but(1,2) false [\"a\", \"b\"] 1",
    ];
    assert_eq!(*log.borrow(), expected);
}
