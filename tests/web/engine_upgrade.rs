//! From polling to a WebSocket (`docs/protocols.md`, "Engine.IO: the upgrade"; the public
//! protocol's suite).

use super::client::{Conformance, Door, Message, Server, Wire, frame, handshake, post};
use super::engine::{Polling, engine_ws, joined};
use std::time::{Duration, Instant};

const PATH: &str = "/engine.io/";
const SHORT: Duration = Duration::from_millis(60);
const TICK: Duration = Duration::from_millis(2);

#[test]
fn a_session_goes_on_by_websocket() {
    let door = Conformance::patient();
    for eio in [3, 4] {
        let mut one = Polling::open(&door, PATH, eio);
        one.park();
        let mut ws = one.websocket();
        one.get.expect_silence(SHORT);
        ws.send("2probe");
        ws.expect("3probe");
        let noop = if eio == 3 { "1:6" } else { "6" };
        assert_eq!(one.parked(), noop);
        // However often it is asked.
        assert_eq!(one.poll(), noop);
        assert_eq!(one.poll(), noop);
        // Output from before the change waits for it, or goes by a poll.
        one.post_ok(if eio == 3 { "7:4during" } else { "4during" });
        ws.send("5");
        ws.send("4hello");
        ws.expect("4during");
        ws.expect("4hello");
        one.wire().get(&one.target).expect_code(3);
        one.wire().post(&one.target, "4ghost").expect_code(3);
        ws.send("4still");
        ws.expect("4still");
        ws.send(if eio == 3 { "2" } else { "1" });
        if eio == 3 {
            ws.expect("3");
        } else {
            ws.expect_close(None);
        }
    }
}

#[test]
fn polls_end_at_a_measured_pace_while_a_websocket_takes_over() {
    let door = Conformance::patient();
    let mut one = Polling::open(&door, PATH, 4);
    one.park();
    let mut ws = one.websocket();
    one.get.expect_silence(SHORT);
    let start = Instant::now();
    ws.send("2probe");
    ws.expect("3probe");
    // The WebSocket may be slower than the polls; these must not spin until then.
    for polls in 1..=5 {
        assert_eq!(if polls == 1 { one.parked() } else { one.poll() }, "6");
        // The server's clock has whole milliseconds.
        assert!(start.elapsed() >= Duration::from_millis(100) * polls - TICK, "{polls}");
    }
    // Output does not wait for that, though a busy machine may be slow now and then.
    let is_quick = (0..10).any(|_| {
        one.park();
        let start = Instant::now();
        one.post_ok("4during");
        let first = one.parked();
        if first == "6" {
            assert_eq!(one.poll(), "4during");
            return false;
        }
        assert_eq!(first, "4during");
        start.elapsed() < Duration::from_millis(90)
    });
    assert!(is_quick);
    ws.send("5");
    ws.send("4hello");
    ws.expect("4hello");
}

#[test]
fn steps_that_are_left_out_are_forgiven() {
    let door = Conformance::patient();
    // Without a probe, with a waiting poll, and with junk after the type.
    for last in ["5", "52", "5probe"] {
        let mut one = Polling::open(&door, PATH, 4);
        one.park();
        one.get.expect_silence(Duration::from_millis(10));
        let mut ws = one.websocket();
        ws.send(last);
        ws.send("4hello");
        ws.expect("4hello");
        assert!(matches!(&*one.parked(), "6" | "1"));
    }
    // All of it at once, in the segment of the handshake.
    let one = Polling::open(&door, PATH, 4);
    let target = one.target.replace("=polling", "=websocket");
    let mut wire = one.wire();
    let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{}\r\n", handshake());
    let frames = ["2probe", "5", "4hello"].map(super::client::text_frame).concat();
    wire.send([head.as_bytes(), &frames].concat());
    assert_eq!(wire.head().expect("a response").status, 101);
    let mut ws = super::client::Ws { wire };
    ws.expect("3probe");
    ws.expect("4hello");
}

#[test]
fn an_upgrade_that_fails_changes_nothing() {
    let door = Conformance::patient();
    for how in 0..7 {
        let mut one = Polling::open(&door, PATH, 4);
        let mut ws = one.websocket();
        match how {
            0 => ws.wire.reset(),
            1 => {
                ws.send("2probe");
                ws.expect("3probe");
                ws.wire.reset();
            }
            2 => {
                ws.send("4hello");
                ws.expect_close(None);
            }
            3 => {
                ws.wire.send(frame(0x81, b"\xff"));
                ws.expect_close(Some(1007));
            }
            4 => {
                ws.wire.send(frame(0x88, b""));
                ws.expect_close(None);
            }
            5 => {
                ws.send("2pro");
                ws.expect_close(None);
            }
            _ => {
                ws.send("2probe");
                ws.expect("3probe");
                ws.wire.send(frame(0x82, b"bytes"));
                ws.expect_close(None);
            }
        }
        let answered = super::client::poll_until(super::client::DEADLINE, || {
            one.post_ok("4hello");
            one.poll().contains("4hello")
        });
        assert!(answered, "{how}");
        let mut ws = one.upgrade();
        ws.send("4again");
        while ws.text() != "4again" {}
    }
}

#[test]
fn a_session_is_taken_over_once() {
    let door = Conformance::patient();
    let one = Polling::open(&door, PATH, 4);
    let mut first = one.websocket();
    let mut second = one.websocket();
    second.expect_close(None);
    first.send("2probe");
    first.expect("3probe");
    first.send("5");
    let mut third = one.websocket();
    third.expect_close(None);
    first.send("4hello");
    first.expect("4hello");
    // A session that began on a WebSocket is not taken over either.
    let mut ws = engine_ws(&door, PATH, 4);
    ws.send("4hello");
    ws.expect("4hello");
    // When the session ends, so does the WebSocket that was about to take it over.
    let mut two = Polling::open(&door, PATH, 4);
    let mut probe = two.websocket();
    two.post_ok("1");
    probe.expect_close(None);
    let mut wire = Wire::to(door.http());
    wire.get_with(&two.target.replace("=polling", "=websocket"), &handshake()).expect_code(1);
    // To nowhere, and gone at once.
    for target in ["/engine.io", "/nowhere/", "/engine.io/?EIO=4&transport=odd"] {
        let wire = Wire::to(door.http());
        wire.send_get(target, &handshake());
        wire.reset();
    }
    assert!(matches!(Wire::to(door.http()).get_with("/engine.io", &handshake()).status, 400 | 404));
}

#[test]
fn a_request_under_way_is_finished() {
    let door = Conformance::patient();
    let mut one = Polling::open(&door, PATH, 4);
    let whole = post(&one.target, "", b"4posted");
    one.send.send(&whole[..whole.len() - 2]);
    one.get.expect_silence(SHORT);
    let mut ws = one.upgrade();
    ws.send("4first");
    ws.expect("4first");
    one.send.send(&whole[whole.len() - 2..]);
    assert_eq!(one.send.response().text(), "ok");
    ws.expect("4posted");
    // From then on polls are refused.
    one.wire().post(&one.target, "4ghost").expect_code(3);
    one.send.post(&one.target, "4ghost").expect_code(3);
    ws.send("4still");
    ws.expect("4still");
}

#[test]
fn the_chat_goes_on_across_an_upgrade() {
    let server = Server::start(&["--rate", "0"]);
    let mut one = Polling::joined(&server);
    let mut eve = joined(&server);
    let say = |from: usize, eve: &mut super::client::Ws| {
        (from..from + 10).for_each(|at| eve.send(&format!("42[\"message\",\"{at}\"]")));
        let last = format!("42[\"message\",\"{}\"]", from + 9);
        eve.skip_to(&last);
    };
    say(0, &mut eve);
    let mut heard = vec![one.poll()];
    say(10, &mut eve);
    let mut ws = one.websocket();
    ws.send("2probe");
    ws.expect("3probe");
    say(20, &mut eve);
    heard.push(one.poll());
    say(30, &mut eve);
    ws.send("5");
    say(40, &mut eve);
    let last = "42[\"message\",\"49\"]";
    loop {
        let text = ws.text();
        let done = text == last;
        heard.push(text);
        if done {
            break;
        }
    }
    let packets: Vec<&str> = heard.iter().flat_map(|payload| payload.split('\x1e')).collect();
    let all: Vec<String> = (0..50).map(|at| format!("42[\"message\",\"{at}\"]")).collect();
    assert_eq!(packets, all);
    ws.wire.send(frame(0x88, b""));
    while !matches!(ws.next(), Message::Close(None)) {}
    one.expect_gone();
}
