//! A handler's panic ends its client if the application says that its state is whole, and otherwise
//! the process.

use mio_socketio::base::CloseReason;
use mio_socketio::testing::TestServer;
use mio_socketio::{Context, Event, Server, WebResponse};
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An application that may be broken.
#[derive(Default)]
struct State {
    is_broken: bool,
    said: u32,
    gone: Vec<CloseReason>,
}

fn boom(cx: &mut Context<'_, State>, text: &str) {
    match text {
        "boom" => panic!("boom"),
        "break" => {
            cx.state.is_broken = true;
            panic!("half done");
        }
        _ => cx.state.said += 1,
    }
}

fn event(cx: &mut Context<'_, State>, event: Event<'_>) {
    // Half-done work of the client goes with it.
    cx.join(event.socket, "room");
    cx.emit(event.socket, "last words", ());
    boom(cx, &event.args.get::<String>(0).unwrap_or_default());
    cx.ack(event.ack, ("heard",));
}

/// The application; without a judge it cannot say whether it is whole.
fn serve(has_judge: bool) -> TestServer<State> {
    let mut builder = Server::builder()
        .on_connect(|cx, socket| {
            cx.join(socket, "lines");
        })
        .on_line(|cx, socket, text| {
            boom(cx, text);
            cx.to("lines").except(socket).send(format_args!("{text}"));
        })
        .on_disconnect(|cx, _, reason| cx.state.gone.push(reason))
        .route("/boom", |_, _| panic!("boom"))
        .route("/", |_, _| WebResponse::ok("text/plain", "whole"))
        .namespace("/", |events| {
            events
                .on("say", event)
                .on("later", |cx, _| cx.after(10, |cx| boom(cx, "boom")))
                .on("ask", |cx, event| {
                    cx.emit_with_ack(event.socket, "asked", (), 1_000, |cx, _| boom(cx, "boom"));
                })
                .on_disconnect(|cx, _, reason| cx.state.gone.push(reason))
        });
    if has_judge {
        builder = builder.on_panic(|cx| !cx.state.is_broken);
    }
    TestServer::new(builder.build(State::default()))
}

/// Whether the action ends the process.
fn ends(world: &mut TestServer<State>, act: impl FnOnce(&mut TestServer<State>)) -> bool {
    catch_unwind(AssertUnwindSafe(|| act(world))).is_err()
}

#[test]
fn a_panic_ends_only_its_client_where_all_is_whole() {
    let mut world = serve(true);
    let (alice, bob) = (world.connect_line(), world.connect_line());
    let carol = world.connect("/", json!({})).expect("carol is let in");
    let dan = world.connect("/", json!({})).expect("dan is let in");
    world.say(alice, "hello");
    world.say(alice, "boom");
    assert_eq!(world.why(alice), Some(CloseReason::InternalError));
    // The rest of its input is dropped.
    assert!(world.is_open(bob));
    assert_eq!(world.lines(bob), ["hello"]);
    assert!(world.call(carol, "say", ("boom",)).is_none());
    assert_eq!(world.why(carol), Some(CloseReason::InternalError));
    assert_eq!(world.call(dan, "say", ("hello",)).expect("an answer").args, ["heard"]);
    let eve = world.connect("/", json!({})).expect("eve is let in");
    world.emit(eve, "ask", ());
    world.advance(2_000);
    assert_eq!(world.why(eve), Some(CloseReason::InternalError), "for the answer it owed");
    assert_eq!(world.state().gone, [CloseReason::InternalError; 3]);
    assert!(world.is_open(dan) && world.is_open(bob));
    world.say(bob, "hello");
    assert_eq!(world.state().said, 3);
    assert_eq!(world.get("/").body, b"whole");
}

#[test]
fn a_panic_goes_on_where_something_is_broken_or_nobody_knows() {
    for (has_judge, text) in [(true, "break"), (false, "boom"), (false, "break")] {
        let mut world = serve(has_judge);
        let line = world.connect_line();
        assert!(ends(&mut world, |world| world.say(line, text)), "{has_judge} {text}");
        let mut world = serve(has_judge);
        let client = world.connect("/", json!({})).expect("they are let in");
        assert!(ends(&mut world, |world| world.emit(client, "say", (text,))));
    }
    // No client is to blame for a timer.
    let mut world = serve(true);
    let client = world.connect("/", json!({})).expect("they are let in");
    world.emit(client, "later", ());
    assert!(ends(&mut world, |world| world.advance(20)));
}

#[test]
fn a_panic_for_a_request_ends_its_connection() {
    let mut world = serve(true);
    let bob = world.connect_line();
    assert_eq!(world.get("/boom").status, 500);
    assert_eq!(world.get("/").body, b"whole");
    assert!(world.is_open(bob));
}
