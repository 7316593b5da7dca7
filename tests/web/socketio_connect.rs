//! Joining and leaving namespaces (`docs/protocols.md`, "Socket.IO: namespaces"; the public
//! protocol's suite).

use super::client::{Client, Conformance, NOISE, Server, mib, text_frame};
use super::engine::{Polling, engine_ws, joined, opened, socket_io, sync};
use std::time::Instant;

#[test]
fn namespaces_are_joined_and_left() {
    let door = Conformance::patient();
    let mut ws = socket_io(&door);
    ws.send("40");
    let welcome = ws.text();
    assert!(welcome.starts_with("40{\"sid\":\"") && welcome.ends_with("\"}"), "{welcome}");
    ws.expect("42[\"auth\",{}]");
    ws.send("40/custom,{\"token\":[1,\"ü\"]}");
    let custom = ws.text();
    assert!(custom.starts_with("40/custom,{\"sid\":\""), "{custom}");
    ws.expect("42/custom,[\"auth\",{\"token\":[1,\"ü\"]}]");
    assert_ne!(opened(&welcome, "sid"), opened(&custom, "sid"));
    ws.send("40/random");
    ws.expect("44/random,{\"message\":\"Invalid namespace\"}");
    ws.send("41/custom,");
    ws.send("42[\"message\",1]");
    ws.expect("42[\"message-back\",1]");
    ws.send("40/custom");
    assert!(ws.text().starts_with("40/custom,{\"sid\":\""));
    ws.expect("42/custom,[\"auth\",{}]");
    ws.send("41");
    ws.send("40{}");
    assert!(ws.text().starts_with("40{\"sid\":\""));
    ws.expect("42[\"auth\",{}]");
    ws.send("40");
    ws.expect_close(None);
}

#[test]
fn whoever_has_not_joined_cannot_speak() {
    let server = Server::start(&[]);
    let mut eve = joined(&server);
    let before = [
        "42[\"message\",\"ghost\"]",
        "42/chat,[\"message\",\"ghost\"]",
        "42/nowhere,[\"message\",\"ghost\"]",
        "421[\"message\",\"ghost\"]",
        "43[1]",
        "431[]",
        "451-[\"message\",{\"_placeholder\":true,\"num\":0}]",
        "450-[\"message\",\"ghost\"]",
        "41",
        "41/nowhere",
        "bAQID",
        "44{}",
        "4abc",
    ];
    for packet in before {
        let mut ws = socket_io(&server);
        ws.send(packet);
        ws.expect_close(None);
        let mut one = Polling::open(&server, "/socket.io/", 4);
        assert_eq!(one.post(packet).status, 400, "{packet}");
        one.expect_gone();
    }
    let mut ws = joined(&server);
    ws.send("41");
    ws.send("42[\"message\",\"ghost\"]");
    ws.expect_close(None);
    assert!(sync(&mut eve).is_empty());
}

#[test]
fn whoever_joins_nothing_is_sent_away() {
    let door = Conformance::patient();
    let start = Instant::now();
    let mut idle = socket_io(&door);
    let mut refused = socket_io(&door);
    let mut polling = Polling::open(&door, "/socket.io/", 4);
    polling.park();
    refused.send("40/nowhere");
    refused.expect("44/nowhere,{\"message\":\"Invalid namespace\"}");
    let mut old = engine_ws(&door, "/socket.io/", 3);
    let mut good = socket_io(&door);
    good.send("40/custom");
    good.text();
    idle.expect_close(None);
    refused.expect_close(None);
    assert_eq!(polling.parked(), "1");
    let taken = start.elapsed();
    assert!((900..2000).contains(&taken.as_millis()), "{taken:?}");
    good.send("42/custom,[\"message\"]");
    good.skip_to("42/custom,[\"message-back\"]");
    old.expect("40");
}

#[test]
fn how_long_a_client_may_take_to_join_is_a_flag() {
    let server = Server::start(&["--connect-timeout", "1500"]);
    let start = Instant::now();
    let mut idle = socket_io(&server);
    let mut slow = socket_io(&server);
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    slow.send("40");
    assert!(slow.text().starts_with("40{\"sid\""));
    idle.expect_close(None);
    let taken = start.elapsed();
    assert!((1400..4000).contains(&taken.as_millis()), "{taken:?}");
    assert!(sync(&mut slow).is_empty());
}

#[test]
fn odd_namespaces_are_none() {
    let server = Server::start(&["--rate", "0"]);
    let memory = server.peak_memory();
    let mut ws = joined(&server);
    let long = format!("/{}", "a".repeat(300_000));
    for name in ["/nowhere", "/__proto__", "/ü", "/?x=y", "/lines", "/ws", "/a b", "//", &long] {
        ws.send(&format!("40{name},"));
        ws.expect(&format!("44{name},{{\"message\":\"Invalid namespace\"}}"));
    }
    // Only the main namespace is its own.
    for name in ["__proto__", "lines", "[]", "null", "\"s\"", "1{}", "{", "{}x", "{\"a\":}"] {
        let mut ws = socket_io(&server);
        ws.send(&format!("40{name}"));
        ws.expect_close(None);
    }
    ws.send("42/lines,[\"message\",\"ghost\"]");
    ws.expect_close(None);
    assert!(server.peak_memory() - memory <= mib(2) + NOISE);
}

#[test]
fn five_hundred_connects_are_one() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let mut ws = socket_io(&server);
    let all: Vec<u8> = (0..500).flat_map(|at| text_frame(&format!("40/ns{at},"))).collect();
    ws.wire.send(&all);
    for at in 0..500 {
        ws.expect(&format!("44/ns{at},{{\"message\":\"Invalid namespace\"}}"));
    }
    // It may go in and out at will, and is in only once.
    for _ in 0..100 {
        ws.send("40");
        ws.send("41");
    }
    ws.send("40");
    (0..101).for_each(|_| assert!(ws.text().starts_with("40{\"sid\":\"")));
    bob.send("hello\n");
    ws.expect("42[\"message\",\"bob: hello\"]");
    ws.send("42[\"message\",\"hi\"]");
    ws.expect("42[\"message\",\"hi\"]");
    assert!(ws.text().starts_with("42[\"response\",{"));
    assert!(sync(&mut ws).is_empty());
    assert!(bob.said().ends_with("> hi"));
    ws.wire.send(text_frame("40").repeat(500));
    ws.expect_close(None);
}
