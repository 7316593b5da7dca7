//! Silent plain WebSockets: the server pings them, which also keeps proxies from ending them.

use super::client::{Conformance, Door, Message, Server, Ws, frame, text_frame};
use std::time::{Duration, Instant};

fn server() -> Server {
    Server::start(&["--ping-interval=200", "--ping-timeout=400", "--rate=0"])
}

/// Joins at `/ws` and reads the greeting.
fn guest(door: &impl Door) -> Ws {
    let mut ws = Ws::open(door, "/ws");
    ws.text();
    ws.text();
    ws
}

#[test]
fn one_that_answers_is_asked_again_and_again_and_stays() {
    let (server, echo) = (server(), Conformance::start(200, 400));
    for at_echo in [false, true] {
        let mut ws = if at_echo { Ws::open(&echo, "/echo") } else { guest(&server) };
        for round in 0..6 {
            let start = Instant::now();
            assert_eq!(ws.next(), Message::Ping);
            let most = Duration::from_millis(500);
            assert!(start.elapsed() < most, "{:?} in round {round}", start.elapsed());
            ws.wire.send(frame(0x8a, b""));
        }
    }
    assert_eq!(server.logged("ping-timeout"), 0);
}

#[test]
fn whatever_comes_shows_that_somebody_is_there() {
    let server = server();
    let mut ws = guest(&server);
    for answer in [
        frame(0x8a, b"another"),
        frame(0x89, b""),
        text_frame("/help"),
        // The beginning of a message, and its rest: a client that sends something long answers
        // late.
        text_frame("hello")[..3].to_vec(),
        text_frame("hello")[3..].to_vec(),
    ] {
        while ws.next() != Message::Ping {}
        ws.wire.send(answer);
    }
    while ws.next() != Message::Ping {}
    assert_eq!(server.logged("ping-timeout"), 0);
}

#[test]
fn one_that_is_gone_is_closed_with_a_reason() {
    let server = server();
    // Its time begins with the handshake.
    let start = Instant::now();
    let mut ws = guest(&server);
    while ws.next() == Message::Ping {}
    let (least, most) = (Duration::from_millis(550), Duration::from_secs(2));
    assert!(start.elapsed() > least && start.elapsed() < most, "{:?}", start.elapsed());
    server.wait_logged("reason=ping-timeout", 1);
}

#[test]
fn one_that_is_read_later_is_not_late() {
    let flags = ["--ping-interval=200", "--ping-timeout=300", "--rate=2"];
    let server = Server::start(&flags);
    let mut ws = guest(&server);
    // A burst of ten, and then two a second: the answers come after the waiting lines.
    let lines: Vec<u8> = (0..14).flat_map(|at| text_frame(&format!("/join room{at}"))).collect();
    ws.wire.send(lines);
    let start = Instant::now();
    let mut joined = 0;
    while joined < 14 {
        match ws.next() {
            Message::Text(text) => joined += usize::from(text.contains("you are in #room")),
            Message::Ping => ws.wire.send(frame(0x8a, b"")),
            other => panic!("{other:?} after {joined} and {:?}", start.elapsed()),
        }
    }
    assert!(start.elapsed() > Duration::from_secs(1), "{:?}", start.elapsed());
}
