//! An application's own tests with `mio_socketio::testing`: each thing that a handler can do, seen
//! by clients in memory.

#![allow(unreachable_pub, reason = "modules of a test")]

#[path = "testing/application.rs"]
mod application;

use application::{CONFIRM_MS, Seen, arrive, builder, last, names, world};
use mio_socketio::base::CloseReason;
use mio_socketio::limits::{ENGINE_PING_INTERVAL_MS, ENGINE_PING_TIMEOUT_MS};
use mio_socketio::testing::{ConnectError, ReceivedMessage, TestServer};
use mio_socketio::{Binary, EngineSettings, Origins};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};

#[test]
fn what_is_posted_in_a_room_is_heard_by_the_others_there() {
    let mut world = world();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|nick| arrive(&mut world, nick));
    world.emit(alice, "join", "lobby");
    world.emit(bob, "join", "lobby");
    let answer = world.call(alice, "post", ("lobby", "hi")).expect("posts are answered");
    assert_eq!(answer.args, [json!({"ok": true, "ms": world.now().unix_ms})]);
    assert_eq!(world.expect(bob, "message").args, ["hi"]);
    for client in [alice, bob, carol] {
        assert!(world.events(client).is_empty());
    }
    world.emit(alice, "post", ("lobby", "1"));
    world.emit(alice, "danger", ());
    world.emit(bob, "post", ("lobby", "2"));
    world.emit(bob, "post", ("lobby", "3"));
    // The expected event is taken out of its place, and the rest stays in order.
    assert_eq!(world.expect(alice, "message").args, ["2"]);
    assert_eq!(names(&world.events(alice)), ["sure?", "message"]);
    assert_eq!(world.call(alice, "post", 7_i32.to_string()).map(|it| it.args), {
        Some(vec![json!({"ok": false})])
    });
}

#[test]
fn who_is_refused_learns_why_and_hangs_up() {
    let mut world = world();
    let refused = world.connect("/rooms", json!({})).expect_err("people have names");
    let (message, data) = ("who are you?".to_owned(), Some(json!({"needs": ["nick"]})));
    assert_eq!(refused, ConnectError::Refused { message, data });
    let refused = world.connect("/nowhere", Value::Null).expect_err("there is no such namespace");
    assert_eq!(refused.to_string(), "refused: Invalid namespace");
    assert_eq!(world.get("/about?x=1").body, b"0 x=1", "nobody is left");
    assert_eq!(world.get("/elsewhere").status, 404);
}

#[test]
fn address_query_and_origin_are_what_a_test_says() {
    let origins = Origins::new(["https://good.example".to_owned()]);
    let mut world = TestServer::new(builder().origins(origins).build(Seen::default()));
    let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    let auth = json!({"nick": "alice"});
    let dial = world.dial("/rooms").auth(auth.clone()).from(ip).query("room=a%20b");
    dial.header("Origin", "https://good.example").connect().expect("a good origin");
    assert_eq!(last(&world), r#"alice 192.0.2.7 "room=a%20b""#);
    let dial = world.dial("/rooms").auth(auth).header("Origin", "https://bad.example");
    assert_eq!(dial.connect(), Err(ConnectError::Status(403)));
}

#[test]
fn answers_may_come_later() {
    let mut world = world();
    let alice = arrive(&mut world, "alice");
    let asked = world.ask(alice, "later", ());
    assert_eq!(world.answered(asked), None);
    world.advance(999);
    assert_eq!(world.answered(asked), None);
    world.advance(1);
    assert_eq!(world.answered(asked).expect("it is time").args, ["at last"]);
    assert_eq!(world.answered(asked), None, "it is taken");
    assert_eq!(world.call(alice, "nothing", ()), None);
}

#[test]
fn the_server_asks_and_is_answered_or_not() {
    let mut world = world();
    let alice = arrive(&mut world, "alice");
    world.emit(alice, "danger", ());
    let sure = world.expect(alice, "sure?");
    world.answer(sure.ack, (true, json!({"why": null})));
    assert_eq!(last(&world), r#"true,{"why":null}"#);
    world.emit(alice, "danger", ());
    world.advance(CONFIRM_MS - 1);
    assert_ne!(last(&world), "timeout");
    world.advance(1);
    assert_eq!(last(&world), "timeout");
    let late = world.expect(alice, "sure?");
    world.answer(late.ack, (true,));
    assert_eq!(last(&world), "timeout", "an answer that comes too late is nothing");
    world.emit(alice, "danger", ());
    world.cut(alice);
    assert_eq!(last(&world), "the client has gone");
}

#[test]
fn bytes_go_both_ways() {
    let mut world = world();
    let [alice, bob] = ["alice", "bob"].map(|nick| arrive(&mut world, nick));
    let long: Vec<u8> = (0..100_000_u32).map(|at| at as u8).collect();
    let reversed: Vec<u8> = long.iter().rev().copied().collect();
    let answer = world.call(alice, "reverse", (Binary(&long),)).expect("it is answered");
    assert_eq!(answer.binary(0), Some(&reversed[..]));
    assert_eq!((answer.binary(1), &answer.args[1]), (None, &json!(long.len())));
    for client in [alice, bob] {
        let event = world.expect(client, "reversed");
        assert_eq!((event.binary(0), event.binary(2)), (None, None));
        assert_eq!(event.binary(1), Some(&reversed[..]));
    }
    world.emit(bob, "danger", ());
    let sure = world.expect(bob, "sure?");
    world.answer(sure.ack, (Binary(b"yes"),));
    assert_eq!(last(&world), r#"{"_placeholder":true,"num":0}"#);
}

#[test]
fn every_end_has_its_reason_on_both_sides() {
    let mut world = world();
    let [alice, bob, carol, dave] =
        ["alice", "bob", "carol", "dave"].map(|nick| arrive(&mut world, nick));
    world.disconnect(alice);
    assert_eq!(last(&world), "client-disconnect");
    assert_eq!(world.why(alice), Some(CloseReason::ClientDisconnect));
    world.cut(bob);
    assert_eq!((last(&world), world.why(bob)), ("reset", Some(CloseReason::Reset)));
    world.emit(carol, "kick", ());
    assert_eq!(last(&world), "quit");
    assert_eq!(world.why(carol), Some(CloseReason::ServerDisconnect));
    world.emit(dave, "ban", ());
    assert_eq!(last(&world), "quit");
    assert_eq!(world.why(dave), Some(CloseReason::ServerDisconnect));
    for client in [alice, bob, carol, dave] {
        assert!(!world.is_open(client));
        world.emit(client, "join", "lobby");
        world.disconnect(client);
        world.cut(client);
    }
    assert_eq!(world.state().log.len(), 8, "each has come once and gone once");
    assert_eq!(world.get("/about").body, b"0 ");
}

#[test]
fn who_sleeps_is_missed_and_who_does_not_stays() {
    let mut world = world();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|nick| arrive(&mut world, nick));
    world.advance(24 * 3_600_000);
    assert!([alice, bob, carol].into_iter().all(|client| world.is_open(client)));
    [alice, bob, carol].into_iter().for_each(|client| world.emit(client, "join", "lobby"));
    world.pause(alice);
    world.pause(bob);
    world.emit(carol, "post", ("lobby", "wake up"));
    assert!(world.events(bob).is_empty());
    world.advance(ENGINE_PING_INTERVAL_MS);
    world.resume(bob);
    assert_eq!(world.expect(bob, "message").args, ["wake up"]);
    world.advance(ENGINE_PING_TIMEOUT_MS);
    assert_eq!(last(&world), "ping-timeout");
    assert_eq!(world.why(alice), Some(CloseReason::PingTimeout));
    world.resume(alice);
    assert_eq!(names(&world.events(alice)), ["message"], "that was under way");
    assert_eq!(world.why(alice), Some(CloseReason::PingTimeout));
    assert!(world.is_open(bob));
}

#[test]
fn who_does_not_read_is_closed_when_its_queue_is_full() {
    let mut world = world();
    let [alice, bob] = ["alice", "bob"].map(|nick| arrive(&mut world, nick));
    world.pause(alice);
    // A client that has read everything so far may be sent twice its queue's bound, and no more.
    world.emit(bob, "much", (1,));
    world.emit(alice, "much", (2,));
    assert!(!world.is_open(alice));
    assert_eq!(world.why(alice), Some(CloseReason::SlowClient));
    assert!(world.is_open(bob));
}

#[test]
fn who_sends_too_much_is_read_as_time_passes() {
    let engine = EngineSettings::default().rate_per_s(2);
    let mut world = TestServer::new(builder().engine(engine).build(Seen::default()));
    let [alice, bob] = ["alice", "bob"].map(|nick| arrive(&mut world, nick));
    world.emit(bob, "join", "lobby");
    for number in 0..30 {
        world.emit(alice, "post", ("lobby", number.to_string()));
    }
    // The burst is 5 seconds' worth, and connecting was the first event.
    assert_eq!(world.events(bob).len(), 9);
    world.advance(1_000);
    assert_eq!(world.events(bob).len(), 2);
    world.advance(60_000);
    assert_eq!(world.events(bob).last().map(|event| event.args.clone()), Some(vec![json!("29")]));
}

#[test]
fn one_connection_has_seats_in_several_namespaces() {
    let mut world = world();
    let main = world.connect("/", Value::Null).expect("everyone is let in");
    let rooms = world.connect_also(main, "/rooms", json!({"nick": "alice"})).expect("so is alice");
    assert!(world.connect_also(main, "/rooms2", Value::Null).is_err());
    assert_eq!(names(&world.events(main)), ["id"]);
    assert_eq!(names(&world.events(rooms)), ["welcome"]);
    world.disconnect(main);
    assert!(!world.is_open(main) && world.is_open(rooms));
    let again = world.connect_also(rooms, "/", Value::Null).expect("one may come back");
    assert_eq!(names(&world.events(again)), ["id"]);
    world.emit(rooms, "kick", ());
    assert!(world.is_open(again) && !world.is_open(rooms));
    world.cut(rooms);
    assert_eq!(world.why(again), Some(CloseReason::Reset));
    assert_eq!(world.why(rooms), Some(CloseReason::ServerDisconnect));
}

#[test]
fn ids_are_the_same_each_time() {
    let ids = || {
        let mut world = world();
        let client = world.connect("/", Value::Null).expect("everyone is let in");
        world.expect(client, "id").args
    };
    assert_eq!(ids()[0].as_str().map(str::len), Some(20));
    assert_eq!(ids(), ids());
}

#[test]
fn lines_come_and_go() {
    let mut world = world();
    let [alice, bob] = [world.connect_line(), world.connect_line()];
    let carol = world.connect_websocket("/lines").expect("everyone is let in");
    assert_eq!(world.lines(alice), ["hello"]);
    world.say(alice, "hi");
    world.say(bob, "hi\nthere");
    assert_eq!(world.lines(alice), ["> hi", "> there"]);
    assert_eq!(world.lines(bob), ["hello", "> hi"]);
    let told = ["hello", "> hi", "> hi", "> there"];
    assert_eq!(world.messages(carol), told.map(|line| ReceivedMessage::Text(line.to_owned())));
    world.say(alice, "/quit");
    assert_eq!((last(&world), world.why(alice)), ("quit", Some(CloseReason::Quit)));
    world.disconnect(bob);
    assert_eq!((last(&world), world.why(bob)), ("eof", Some(CloseReason::Eof)));
    // The last word still reaches a client that has only ended its side.
    assert_eq!(
        (world.lines(alice), world.lines(bob)),
        (vec!["bye".to_owned()], vec!["bye".to_owned()])
    );
    world.cut(carol);
    assert_eq!(world.why(carol), Some(CloseReason::Reset));
}

#[test]
fn messages_are_echoed() {
    let mut world = world();
    let alice = world.connect_websocket("/echo").expect("everyone is let in");
    let bob = world.connect_websocket("/echo").expect("everyone is let in");
    world.send_text(alice, "hi");
    world.send_binary(alice, &[0, 255]);
    let echoed = [ReceivedMessage::Text("hi".to_owned()), ReceivedMessage::Binary(vec![0, 255])];
    assert_eq!(world.messages(alice), echoed);
    assert!(world.messages(bob).is_empty());
    world.send_text(alice, "bye");
    assert_eq!((last(&world), world.why(alice)), ("quit", Some(CloseReason::Quit)));
    world.disconnect(bob);
    assert!(!world.is_open(bob));
    assert_eq!(world.connect_websocket("/nowhere"), Err(ConnectError::Status(404)));
}

#[test]
fn bare_engine_io_has_a_client_too() {
    let mut world = world();
    let alice = world.connect_engine("/bare/").expect("everyone is let in");
    assert_eq!(world.messages(alice), [ReceivedMessage::Text("hello".to_owned())]);
    let answer = |length: &str| {
        [ReceivedMessage::Text(length.to_owned()), ReceivedMessage::Binary(b"ok".into())]
    };
    world.send_text(alice, "hello");
    assert_eq!(world.messages(alice), answer("5"));
    world.advance(10 * ENGINE_PING_INTERVAL_MS);
    world.send_binary(alice, &[4, 0, 1]);
    assert_eq!(world.messages(alice), answer("3"));
    world.disconnect(alice);
    assert!(!world.is_open(alice));
    assert_eq!(Some(last(&world)), world.why(alice).map(CloseReason::as_str));
}

#[test]
fn the_end_is_told_to_everyone() {
    let mut world = world();
    let alice = arrive(&mut world, "alice");
    let bob = world.connect_line();
    world.stop();
    world.expect(alice, "end");
    assert_eq!(world.lines(bob), ["hello", "bye"]);
    assert_eq!(world.why(alice), Some(CloseReason::ServerShutdown));
    assert_eq!(world.why(bob), Some(CloseReason::ServerShutdown));
    assert_eq!(last(&world), "0 are here at the end");
}

#[test]
#[should_panic(expected = r#"no "message", but
  sure?(), to be answered
  reversed("here", {"_placeholder":true,"num":0}) with 1 attached
and is closed: server-disconnect"#)]
fn an_expectation_that_fails_tells_what_came_instead() {
    let mut world = world();
    let alice = arrive(&mut world, "alice");
    world.emit(alice, "danger", ());
    world.emit(alice, "reverse", (Binary(b"x"),));
    world.emit(alice, "kick", ());
    world.expect(alice, "message");
}

#[test]
#[should_panic(expected = "no client understands: 2/rooms,[\"connect\"]")]
fn what_no_client_understands_fails_the_test() {
    let mut world = world();
    let alice = arrive(&mut world, "alice");
    world.emit(alice, "wrong", ());
}

#[test]
fn a_timer_that_sets_itself_again_leaves_time_for_others() {
    let mut world = world();
    let alice = arrive(&mut world, "alice");
    world.emit(alice, "tick", ());
    assert_eq!(world.state().ticks, 1);
    world.advance(100);
    assert_eq!(world.state().ticks, 101);
    assert!(world.call(alice, "post", ("lobby", "hi")).is_some());
}

#[test]
#[should_panic(expected = "asks for no answer")]
fn what_asks_for_no_answer_cannot_be_answered() {
    let mut world = world();
    let alice = world.connect("/", Value::Null).expect("everyone is let in");
    let id = world.expect(alice, "id");
    world.answer(id.ack, ());
}
