//! Promises to applications: when handlers run, which clients wait, and which output is left out.

use mio_socketio::base::{CloseReason, SocketId};
use mio_socketio::testing::{Client, TestServer};
use mio_socketio::{Builder, Context, EngineSettings, Events, NoAck, Server};
use serde_json::Value;

/// More than a pace allows any client at once.
const MANY: usize = 2_000;
/// More than a client that does not read can take without falling behind.
const LARGE: usize = 100_000;
/// Events of a pointer that moves, and the milliseconds between two.
const MOVES: usize = 7_500;
const MOVE_MS: u64 = 16;

#[derive(Default)]
struct State {
    log: Vec<String>,
    gone: Option<SocketId>,
    is_asking: bool,
    /// The server has just ended.
    ends: bool,
}

type Cx<'a> = Context<'a, State>;

/// Asks a client that has gone, and asks again a few times.
fn ask(cx: &mut Cx<'_>, gone: SocketId, left: u32) {
    cx.state.is_asking = true;
    cx.emit_with_ack(gone, "there?", (), 1_000, move |cx, answer| {
        let is_asking = cx.state.is_asking;
        assert!(!is_asking, "no handler is called inside another");
        assert_eq!(answer.map(|_| ()), Err(NoAck::Disconnected));
        cx.state.log.push(format!("no answer, {left} left"));
        if left > 0 {
            ask(cx, gone, left - 1);
        }
    });
    cx.state.is_asking = false;
}

fn builder() -> Builder<State> {
    Server::builder()
        .namespace("/", |events: Events<State>| {
            events
                .on("cursor", |cx, event| cx.everyone().except(event.socket).emit("cursor", ()))
                .on("flicker", |cx, _| {
                    cx.everyone().emit("first", ());
                    for number in 0..20 {
                        cx.everyone().volatile().emit("flicker", (number,));
                    }
                })
                .on("large", |cx, _| cx.everyone().emit("large", "x".repeat(LARGE)))
                .on("tide", |cx, _| {
                    for _ in 0..100 {
                        cx.everyone().volatile().emit("tide", "x".repeat(LARGE));
                    }
                })
                .on("later", |cx, _| cx.after(1, |cx| cx.state.log.push("too late".to_owned())))
                .on("ask", |cx, _| {
                    let gone = cx.state.gone.expect("somebody has gone");
                    ask(cx, gone, 3);
                })
                .on_disconnect(|cx, socket, _| {
                    cx.state.gone = Some(socket);
                    cx.state.log.push("one has gone".to_owned());
                    if cx.clients() == 1 {
                        ask(cx, socket, 0);
                    }
                })
        })
        .on_stopping(|cx| cx.of("/").emit("bye", ()))
        .on_shutdown(|cx| {
            let here = cx.clients();
            cx.state.log.push(format!("the end, {here} here"));
            cx.after(0, |cx| cx.state.log.push("too late".to_owned()));
            cx.state.ends = true;
        })
        .on_settle(|cx| {
            if let Some(gone) = cx.state.gone.filter(|_| std::mem::take(&mut cx.state.ends)) {
                cx.state.log.push("settled".to_owned());
                cx.after(1, |cx| cx.state.log.push("too late".to_owned()));
                ask(cx, gone, 0);
            }
        })
}

fn world() -> TestServer<State> {
    TestServer::new(builder().build(State::default()))
}

fn arrive(world: &mut TestServer<State>) -> Client {
    world.connect("/", Value::Null).expect("all are let in")
}

fn count(world: &mut TestServer<State>, client: Client, name: &str) -> usize {
    world.events(client).iter().filter(|event| event.name == name).count()
}

#[test]
fn nobody_waits_for_a_pace_that_was_not_asked_for() {
    let mut world = world();
    let [alice, bob] = [arrive(&mut world), arrive(&mut world)];
    for _ in 0..MANY {
        world.emit(alice, "cursor", ());
    }
    assert_eq!(count(&mut world, bob, "cursor"), MANY);
}

#[test]
fn a_client_far_over_its_pace_lags_and_keeps_its_connection() {
    let engine = EngineSettings::default().rate_per_s(20);
    let mut world = TestServer::new(builder().engine(engine).build(State::default()));
    let [alice, bob] = [arrive(&mut world), arrive(&mut world)];
    let mut heard = 0;
    // Two minutes: the answers to several heartbeats wait among the events.
    for _ in 0..MOVES {
        world.emit(alice, "cursor", ());
        world.advance(MOVE_MS);
        heard += count(&mut world, bob, "cursor");
    }
    assert!(heard < MOVES / 2, "the pace delays, {heard}");
    assert!(world.is_open(alice), "{:?}", world.why(alice));
    world.advance(1_000 * MOVES as u64 / 20);
    assert_eq!(heard + count(&mut world, bob, "cursor"), MOVES);
    assert!(world.is_open(alice), "{:?}", world.why(alice));
}

#[test]
fn what_is_volatile_is_left_out_only_for_what_was_left_before() {
    let mut world = world();
    let [alice, bob] = [arrive(&mut world), arrive(&mut world)];
    world.emit(alice, "flicker", ());
    let heard = world.events(bob);
    assert_eq!(heard.iter().filter(|event| event.name == "flicker").count(), 20);
    assert_eq!(heard.first().map(|event| &*event.name), Some("first"));
    // A client with unread output gets no volatile event.
    world.pause(bob);
    world.emit(alice, "large", ());
    world.emit(alice, "flicker", ());
    world.resume(bob);
    assert_eq!(count(&mut world, bob, "flicker"), 0);
    world.emit(alice, "flicker", ());
    assert_eq!(count(&mut world, bob, "flicker"), 20);
    // And no client is closed because of volatile events.
    world.emit(alice, "tide", ());
    assert!(world.is_open(bob));
    assert!((1..10).contains(&count(&mut world, bob, "tide")));
}

#[test]
fn the_shutdown_is_the_last_handler_and_comes_when_all_have_gone() {
    let mut world = world();
    let [alice, bob] = [arrive(&mut world), arrive(&mut world)];
    world.emit(alice, "later", ());
    world.stop();
    world.expect(bob, "bye");
    world.advance(10_000);
    let expected =
        ["one has gone", "one has gone", "no answer, 0 left", "the end, 0 here", "settled"];
    assert_eq!(world.state().log, expected);
    assert_eq!(world.why(alice), Some(CloseReason::ServerShutdown));
}

#[test]
fn that_there_is_no_answer_is_told_after_the_handler_that_asked() {
    let mut world = world();
    let [alice, bob] = [arrive(&mut world), arrive(&mut world)];
    arrive(&mut world);
    world.disconnect(bob);
    world.emit(alice, "ask", ());
    assert_eq!(world.state().log, ["one has gone"]);
    // A handler that asks again and again leaves time for others.
    for left in (0..=3).rev() {
        world.advance(1);
        assert_eq!(world.state().log.last(), Some(&format!("no answer, {left} left")));
    }
    world.advance(60_000);
    assert_eq!(world.state().log.len(), 5);
}
