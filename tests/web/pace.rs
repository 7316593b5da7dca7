//! `--rate`: a client that sends too much is read later, and loses nothing.

use super::client::{Client, Conformance, Message, Server, Wire, Ws, frame, post, text_frame};
use super::engine::{Polling, engine_ws, joined};
use std::time::{Duration, Instant};

/// A burst of 50 and then ten a second, and a heartbeat that soon times out.
const FLAGS: [&str; 6] = ["--rate", "10", "--ping-interval", "500", "--ping-timeout", "1000"];
const MESSAGES: usize = 75;

/// Reads `eve`'s input up to the last message; returns the time that it took.
fn hear(eve: &mut Ws, start: Instant) -> Duration {
    let mut number = 0;
    while number < MESSAGES {
        match &*eve.text() {
            "2" => eve.send("3"),
            text => {
                assert_eq!(text, format!("42[\"message\",\"{number}\"]"));
                number += 1;
            }
        }
    }
    start.elapsed()
}

fn packet(number: usize) -> String {
    format!("42[\"message\",\"{number}\"]")
}

fn expect_paced(taken: Duration) {
    let seconds = (MESSAGES - 50) as f64 / 10.0;
    let taken = taken.as_secs_f64();
    assert!(taken > seconds - 0.5 && taken < seconds + 3.0, "{taken} s for {MESSAGES} messages");
}

#[test]
fn a_websocket_is_read_at_its_pace() {
    let server = Server::start(&FLAGS);
    let mut eve = joined(&server);
    let mut ws = joined(&server);
    let start = Instant::now();
    let all: Vec<u8> = (0..MESSAGES).flat_map(|number| text_frame(&packet(number))).collect();
    ws.wire.send(&all);
    expect_paced(hear(&mut eve, start));
    // It was not given up, though its answers were read late.
    let mut heard = 0;
    while heard < 2 * MESSAGES {
        match &*ws.text() {
            "2" => ws.send("3"),
            _ => heard += 1,
        }
    }
    assert_eq!(server.logged("ping-timeout"), 0);
}

#[test]
fn requests_are_read_at_their_pace() {
    let server = Server::start(&FLAGS);
    let mut eve = joined(&server);
    let mut one = Polling::joined(&server);
    let start = Instant::now();
    let bodies: [String; 3] = std::array::from_fn(|at| {
        (at * 25..(at + 1) * 25).map(packet).collect::<Vec<_>>().join("\x1e")
    });
    let posts: Vec<u8> =
        bodies.iter().flat_map(|body| post(&one.target, "", body.as_bytes())).collect();
    one.send.send(posts);
    expect_paced(hear(&mut eve, start));
    (0..3).for_each(|_| assert_eq!(one.send.response().text(), "ok"));
    one.expect_alive();
    assert_eq!(server.logged("ping-timeout"), 0);
    // A session that is given up while its packets are handled ends after those that have been
    // handled.
    let body: Vec<String> = (0..60).map(packet).collect();
    let mut two = Polling::joined(&server);
    two.send.send(post(&two.target, "", body.join("\x1e").as_bytes()));
    loop {
        match &*eve.text() {
            "2" => eve.send("3"),
            "42[\"message\",\"49\"]" => break,
            _ => (),
        }
    }
    let gone = std::mem::replace(&mut two.send, Wire::connect(&server));
    gone.reset();
    server.wait_logged("reason=reset", 1);
    two.expect_gone();
}

/// One message of 8 MB, for which the pace makes its client wait some seconds.
const LONG: usize = 8_000_000;
const LONG_FLAGS: [&str; 8] = [
    "--max-payload",
    "10000000",
    "--rate",
    "1000",
    "--ping-interval",
    "400",
    "--ping-timeout",
    "400",
];

/// Reads on to `last`, and answers each heartbeat.
fn skip_to(ws: &mut Ws, last: &str) {
    loop {
        match &*ws.text() {
            "2" => ws.send("3"),
            text if text == last => return,
            _ => (),
        }
    }
}

#[test]
fn answers_that_nobody_awaits_are_messages() {
    let server = Server::start(&LONG_FLAGS);
    let mut ws = joined(&server);
    let start = Instant::now();
    ws.send(&format!("4307[\"{}\"]", "x".repeat(LONG)));
    ws.send("42[\"message\",\"next\"]");
    skip_to(&mut ws, "42[\"message\",\"next\"]");
    assert!(start.elapsed() > Duration::from_millis(1_500), "its bytes count");
    let server = Server::start(&FLAGS);
    let mut ws = joined(&server);
    let start = Instant::now();
    let answers: Vec<u8> = (0..MESSAGES).flat_map(|_| text_frame("437[]")).collect();
    ws.wire.send([answers, text_frame(&packet(0))].concat());
    skip_to(&mut ws, &packet(0));
    expect_paced(start.elapsed());
    assert_eq!(server.logged("ping-timeout"), 0);
}

#[test]
fn what_is_binary_is_no_heartbeat_whatever_it_begins_with() {
    let server = Conformance::paced(10);
    let mut ws = engine_ws(&server, "/engine.io/", 4);
    let start = Instant::now();
    let all: Vec<u8> = (0..MESSAGES).flat_map(|_| frame(0x82, b"2x")).collect();
    ws.wire.send(all);
    (0..MESSAGES).for_each(|_| assert_eq!(ws.next(), Message::Binary(b"2x".to_vec())));
    expect_paced(start.elapsed());
}

#[test]
fn a_queue_that_holds_no_message_is_told_at_the_start() {
    let server = Server::start(&["--max-payload", "10000000", "--max-queue", "1048576"]);
    server.wait_logged("raise --max-queue to 5000000", 1);
    let server = Server::start(&["--max-payload", "10000000"]);
    assert_eq!(server.logged("--max-queue"), 0);
}

#[test]
fn an_upgrade_comes_through_behind_a_burst() {
    let server = Server::start(&["--rate", "10"]);
    let mut eve = joined(&server);
    let mut one = Polling::joined(&server);
    let start = Instant::now();
    let body: Vec<String> = (0..60).map(packet).collect();
    one.send.send(post(&one.target, "", body.join("\x1e").as_bytes()));
    eve.skip_to(&packet(49));
    let mut ws = one.websocket();
    ws.send("2probe");
    ws.expect("3probe");
    assert_eq!(one.send.response().text(), "ok");
    ws.send("5");
    ws.send(&packet(60));
    eve.skip_to(&packet(60));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[test]
fn old_clients_and_plain_websockets_have_a_pace_too() {
    let server = Server::start(&FLAGS);
    let mut bob = Client::named(&server, "bob");
    let old = engine_ws(&server, "/socket.io/", 3);
    let plain = Ws::open(&server, "/ws");
    let start = Instant::now();
    let old_all: Vec<u8> = (0..MESSAGES).flat_map(|number| text_frame(&packet(number))).collect();
    old.wire.send([old_all, text_frame("2")].concat());
    let lines: Vec<u8> =
        (0..MESSAGES).flat_map(|number| text_frame(&format!("line {number}"))).collect();
    plain.wire.send(lines);
    let (mut olds, mut plains) = (0, 0);
    while olds + plains < 2 * MESSAGES {
        let said = bob.said();
        if said.ends_with(&format!("> {olds}")) {
            olds += 1;
        } else {
            assert!(said.ends_with(&format!("> line {plains}")), "{said}");
            plains += 1;
        }
    }
    expect_paced(start.elapsed());
}
