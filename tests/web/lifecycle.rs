//! The end of the server, for clients of every kind (`docs/protocols.md`, "Engine.IO: the end"),
//! and other protocols at the wrong doors.

use super::client::{Client, Door, Message, Server, Wire, Ws, poll_until, post};
use super::engine::{Polling, engine_ws, joined};
use rustix::process::Signal;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

#[test]
fn everyone_is_told_of_the_end() {
    let mut server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let mut plain = Ws::open(&server, "/ws");
    let mut eve = joined(&server);
    let mut old = engine_ws(&server, "/socket.io/", 3);
    let mut polling = Polling::joined(&server);
    polling.park();
    let mut v3 = Polling::open(&server, "/socket.io/", 3);
    v3.poll();
    v3.park();
    let mut posting = Polling::joined(&server);
    let whole = post(&posting.target, "", b"42[\"message\",\"half\"]");
    posting.send.send(&whole[..whole.len() - 4]);
    let mut upgrading = Polling::joined(&server);
    let mut probe = upgrading.websocket();
    probe.send("2probe");
    probe.expect("3probe");
    let mut idle = Wire::connect(&server);
    assert_eq!(idle.get("/healthz").status, 200);
    let mut fresh = Wire::connect(&server);
    let mut half = Wire::connect(&server);
    half.send("GET / HTT");
    posting.get.expect_silence(Duration::from_millis(50));
    eve.send("42[\"message\",\"last words\"]");
    eve.skip_to("42[\"message\",\"last words\"]");
    let (line, http) = (server.address(), server.http());
    let start = Instant::now();
    server.signal(Signal::TERM);
    assert!(polling.parked().contains("last words"));
    assert!(v3.parked().contains("last words"));
    for wire in [&mut idle, &mut fresh, &mut half, &mut posting.send, &mut upgrading.get] {
        wire.rest();
    }
    for (ws, code) in [(&mut plain, 1001), (&mut eve, 1001), (&mut old, 1001)] {
        let last = loop {
            match ws.next() {
                Message::Text(_) => (),
                other => break other,
            }
        };
        assert_eq!(last, Message::Close(Some(code)));
    }
    probe.expect_close(None);
    assert!(bob.rest().iter().any(|line| line.ends_with("> last words")));
    // The door stays open as long as a polling client may use it.
    let is_closed = || TcpStream::connect(http).is_err();
    assert!(poll_until(Duration::from_secs(2), is_closed), "nobody is let in any more");
    assert_eq!(server.exit_code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    for address in [line, http] {
        TcpListener::bind(address).expect("the address is free again");
    }
}

#[test]
fn a_waiting_poll_ends_without_the_packet_that_some_take_for_good() {
    let mut server = Server::start(&[]);
    let mut all = [3, 4].map(|eio| Polling::open(&server, "/socket.io/", eio));
    assert_eq!(all[0].poll(), "2:40");
    all.iter().for_each(Polling::park);
    all[1].get.expect_silence(Duration::from_millis(50));
    server.signal(Signal::TERM);
    assert_eq!(all[0].parked(), "1:6");
    assert_eq!(all[1].parked(), "6");
    all.iter_mut().for_each(|one| one.get.expect_end());
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn whoever_polls_fetches_what_was_said_before_the_end() {
    let mut server = Server::start(&["--rate", "0"]);
    let mut polling = Polling::open(&server, "/socket.io/", 4);
    polling.post_ok("40/chat,");
    while !polling.poll().contains("42/chat,[\"welcome\"") {}
    let mut gone = Polling::open(&server, "/socket.io/", 4);
    gone.post_ok("40/chat,");
    let mut bob = Client::named(&server, "bob");
    (0..40).for_each(|number| bob.send(format!("line {number}\n")));
    bob.sync();
    server.signal(Signal::TERM);
    let mut heard = Vec::new();
    while !heard.last().is_some_and(|packet: &String| packet.contains("[\"bye\",")) {
        // Over a new connection each time, as many clients do.
        let response = polling.wire().get(&polling.target);
        assert_eq!((response.status, response.closes()), (200, true));
        heard.extend(response.text().split('\x1e').map(str::to_owned));
    }
    let lines = heard.iter().filter(|packet| packet.contains("\"line ")).count();
    assert_eq!(lines, 40, "{heard:?}");
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn readers_who_do_not_read_do_not_hold_the_end_up() {
    let mut server = Server::start(&["--rate", "0"]);
    let stalled = joined(&server);
    let mut ws = joined(&server);
    let large = format!("42[\"message\",\"{}\"]", "x".repeat(500_000));
    for _ in 0..12 {
        ws.send(&large);
        ws.skip_to(&large);
    }
    let start = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    drop(stalled);
}

#[test]
fn a_session_leaves_when_its_connection_does() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let eve = joined(&server);
    bob.skip_to("* guest-2 joined");
    eve.wire.reset();
    bob.skip_to("* guest-2 left");
    let polling = Polling::joined(&server);
    bob.skip_to("* guest-3 joined");
    polling.park();
    // It ends on another connection while a poll waits.
    let mut polling = polling;
    polling.post_ok("41");
    bob.skip_to("* guest-3 left");
    polling.post_ok("1");
    assert_eq!(polling.parked(), "6");
    polling.expect_gone();
    // A line door is not a web server, and the other way round.
    let mut wire = Wire::to(server.address());
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let rest = wire.rest();
    assert!(rest.is_ascii() && !rest.is_empty(), "{rest:?}");
    let mut wire = Wire::connect(&server);
    wire.send("hello, is anybody here?\r\n");
    assert!(wire.response().closes());
    assert_eq!(Wire::connect(&server).get("/healthz").status, 200);
}

#[test]
fn the_log_names_the_connection_that_a_line_is_about() {
    let server = Server::start(&[]);
    let mut one = Polling::joined(&server);
    // Input after the poll is read when another connection has caused the answer to the poll.
    one.park();
    one.get.send("GET / HTTP/7.0\r\nHost: a\r\n\r\n");
    one.get.expect_silence(Duration::from_millis(50));
    one.post_ok("4277[\"sync\"]");
    assert!(one.parked().starts_with("4377["));
    assert_eq!(one.get.response().status, 505);
    server.wait_logged("status=505", 1);
    let log = server.log();
    let connection_of = |what: &str| {
        let line = log.lines().find(|line| line.contains(what)).expect("such a line");
        let rest = line.split_once("connection=").expect("a connection").1;
        rest.split(' ').next().expect("its number").to_owned()
    };
    assert_eq!(connection_of("status=505"), connection_of("door=eio4-polling"));
}
