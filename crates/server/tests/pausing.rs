//! A client that the application has paused: its input waits, and nothing else does.

use mio_socketio::testing::TestServer;
use mio_socketio::{Events, Server};
use serde_json::Value;

/// Milliseconds for which a client is paused: longer than a server waits for a heartbeat.
const PAUSE_MS: u64 = 120_000;

/// A server that pauses a client at `/wait` or `wait`, and notes all other input.
fn world() -> TestServer<Vec<String>> {
    let server = Server::<Vec<String>>::builder()
        .on_line(|cx, socket, text| {
            cx.state.push(text.to_owned());
            if text == "/wait" {
                cx.pause(socket);
                cx.after(PAUSE_MS, move |cx| cx.resume(socket));
            }
        })
        .line_websocket("/ws")
        .namespace("/", |events: Events<Vec<String>>| {
            events
                .on("wait", |cx, event| {
                    let socket = event.socket;
                    cx.state.push("wait".to_owned());
                    cx.pause(socket);
                    cx.pause(socket);
                    cx.after(PAUSE_MS, move |cx| cx.resume(socket));
                })
                .on("say", |cx, event| {
                    let text: String = event.args.get(0).unwrap_or_default();
                    cx.state.push(text);
                    cx.everyone().emit("said", ());
                })
                .on_disconnect(|cx, _, reason| cx.state.push(format!("gone: {reason}")))
        });
    TestServer::new(server.build(Vec::new()))
}

#[test]
fn what_a_paused_client_sends_is_handled_later_and_in_order() {
    let mut world = world();
    let alice = world.connect("/", Value::Null).expect("all are let in");
    let bob = world.connect("/", Value::Null).expect("all are let in");
    world.emit(alice, "wait", ());
    world.emit(alice, "say", "one");
    world.emit(alice, "say", "two");
    world.emit(bob, "say", "hi");
    assert_eq!(*world.state(), ["wait", "hi"]);
    world.expect(alice, "said");
    // Its answers to heartbeats are in the input that waits, so they do not count as late.
    world.advance(PAUSE_MS - 1);
    assert_eq!(*world.state(), ["wait", "hi"]);
    assert!(world.is_open(alice) && world.is_open(bob));
    world.advance(1);
    assert_eq!(*world.state(), ["wait", "hi", "one", "two"]);
    world.emit(alice, "say", "three");
    assert_eq!(world.state().last().map(String::as_str), Some("three"));
    world.advance(PAUSE_MS);
    assert!(world.is_open(alice));
}

#[test]
fn lines_wait_too_at_both_doors_for_them() {
    let mut world = world();
    let netcat = world.connect_line();
    world.say(netcat, "/wait\none\ntwo");
    let browser = world.connect_websocket("/ws").expect("all are let in");
    world.send_text(browser, "/wait");
    world.send_text(browser, "three");
    assert_eq!(*world.state(), ["/wait", "/wait"]);
    world.advance(PAUSE_MS);
    let mut said = world.state().clone();
    said.sort_unstable();
    assert_eq!(said, ["/wait", "/wait", "one", "three", "two"]);
    assert!(world.is_open(netcat) && world.is_open(browser));
}

#[test]
fn one_that_breaks_off_while_it_is_paused_is_gone_at_once() {
    let mut world = world();
    let alice = world.connect("/", Value::Null).expect("all are let in");
    world.emit(alice, "wait", ());
    world.cut(alice);
    world.advance(1);
    assert_eq!(*world.state(), ["wait", "gone: reset"]);
    // The client has gone before it can go on.
    world.advance(PAUSE_MS);
    assert_eq!(world.state().len(), 2);
}
