//! Engine.IO 4 by polling: handshakes, heartbeats, ends, and errors (`docs/protocols.md`,
//! "Engine.IO: polling"; the public protocol's suite).

use super::client::{
    Conformance, DEADLINE, Door, NOISE, Server, Wire, handshake, poll_until, post,
};
use super::engine::{Polling, engine_ws, opened};
use std::thread;
use std::time::{Duration, Instant};

const PATH: &str = "/engine.io/";

#[test]
fn a_session_opens_as_the_protocol_says() {
    let door = Conformance::start(300, 200);
    let mut wire = Wire::connect(&door);
    let response = wire.get("/engine.io/?EIO=4&transport=polling&t=abc&x=y");
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert!(response.header("set-cookie").is_none());
    let packet = response.text();
    assert!(packet.starts_with("0{\"sid\":\"") && !packet.contains('\u{1e}'), "{packet}");
    assert_eq!(opened(packet, "upgrades"), "[\"websocket\"]");
    assert_eq!(opened(packet, "pingInterval"), "300");
    assert_eq!(opened(packet, "pingTimeout"), "200");
    assert_eq!(opened(packet, "maxPayload"), "1000000");
    assert_eq!(opened(packet, "sid").len(), 20);
}

#[test]
fn handshakes_that_are_wrong_get_the_codes_of_the_protocol() {
    for (door, path) in [
        (&Conformance::patient() as &dyn AnyDoor, PATH),
        (&Server::start(&[]) as &dyn AnyDoor, "/socket.io/"),
    ] {
        let mut wire = Wire::to(door.address());
        let mut code = |method: &str, query: &str, headers: &str, code: u8| {
            let request = format!("{method} {path}?{query} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
            wire.ask(request).expect_code(code);
        };
        for transport in ["", "&transport", "&transport=", "&transport=abc", "&transport=Polling"] {
            code("GET", &format!("EIO=4{transport}"), "", 0);
            code("POST", &format!("EIO=4{transport}"), "", 0);
        }
        for odd in ["__proto__", "constructor", "%00", "toString", &"a".repeat(5000)] {
            code("GET", &format!("EIO=4&transport={odd}"), "", 0);
            code("GET", &format!("EIO=4&transport=polling&sid={odd}"), "", 1);
            code("POST", &format!("EIO=4&transport=polling&sid={odd}"), "", 1);
            code("GET", &format!("EIO={odd}&transport=polling"), "", 5);
        }
        code("GET", "EIO=4&transport=polling&sid=", "", 1);
        code("GET", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA", "", 1);
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            code(method, "EIO=4&transport=polling", "", 2);
        }
        code("POST", "transport=polling", "", 2);
        for eio in ["", "EIO=&", "EIO=abc&", "EIO=2&", "EIO=5&", "EIO=04&", "EIO=4.0&"] {
            code("GET", &format!("{eio}transport=polling"), "", 5);
            code("GET", &format!("{eio}transport=websocket"), &handshake(), 5);
        }
        code("GET", "EIO=4&transport=websocket", "", 3);
        code("GET", "EIO=4&transport=polling", &handshake(), 3);
        code("GET", "EIO=4&transport=websocket&sid=abc", &handshake(), 1);
    }
}

/// A door of any kind.
trait AnyDoor {
    fn address(&self) -> std::net::SocketAddr;
}

impl<T: Door> AnyDoor for T {
    fn address(&self) -> std::net::SocketAddr {
        self.http()
    }
}

#[test]
fn messages_come_back() {
    let door = Conformance::patient();
    let mut one = Polling::open(&door, PATH, 4);
    one.post_ok("4hello");
    assert_eq!(one.poll(), "4hello");
    one.park();
    one.post_ok("4été 🦀\x1ebAQIDBA==\x1e4\x1e6");
    assert_eq!(one.parked(), "4été 🦀\x1ebAQIDBA==\x1e4");
    // In chunks, and over one connection for both.
    let target = one.target.clone();
    let chunked = format!(
        "POST {target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\n4ch\r\n4\r\nunks\r\n0\r\n\r\n"
    );
    assert_eq!(one.get.ask(chunked).text(), "ok");
    assert_eq!(one.poll(), "4chunks");
    // One long answer after the other, at most 16 packets in each.
    for at in 0..40 {
        one.post_ok(format!("4{at}"));
    }
    let mut came = Vec::new();
    while came.len() < 40 {
        let payload = one.poll();
        let packets: Vec<String> = payload.split('\x1e').map(str::to_owned).collect();
        assert!(packets.len() <= 16, "{payload}");
        came.extend(packets);
    }
    assert_eq!(came, (0..40).map(|at| format!("4{at}")).collect::<Vec<_>>());
    // A poll that closes its connection waits like any other.
    let mut wire = one.wire();
    wire.send_get(&one.target, "Connection: close\r\n");
    one.post_ok("4bye");
    let response = wire.response();
    assert_eq!((response.text(), response.closes()), ("4bye", true));
    wire.expect_end();
    one.expect_alive();
}

#[test]
fn heartbeats_keep_a_session_and_silence_ends_it() {
    let door = Conformance::start(300, 200);
    let mut alive = Polling::open(&door, PATH, 4);
    let start = Instant::now();
    for _ in 0..3 {
        assert_eq!(alive.poll(), "2");
        alive.post_ok("3");
    }
    let taken = start.elapsed().as_millis();
    assert!((850..1500).contains(&taken), "{taken} ms for three heartbeats");
    let silent = Polling::open(&door, PATH, 4);
    let mut polling = Polling::open(&door, PATH, 4);
    assert_eq!(polling.poll(), "2");
    let start = Instant::now();
    assert_eq!(polling.poll(), "1");
    let taken = start.elapsed().as_millis();
    assert!((150..700).contains(&taken), "{taken} ms to the end");
    polling.expect_gone();
    silent.expect_gone();
    let mut ws = engine_ws(&door, PATH, 4);
    ws.expect("2");
    ws.send("3");
    ws.expect("2");
    ws.expect_close(None);
}

#[test]
fn heartbeats_keep_their_interval_however_long_the_timeout_is() {
    let door = Conformance::start(200, 5000);
    let mut ws = engine_ws(&door, PATH, 4);
    let start = Instant::now();
    for _ in 0..4 {
        ws.expect("2");
        ws.send("3");
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    // Pongs that nobody asked for change nothing.
    (0..100).for_each(|_| ws.wire.send(super::client::text_frame("3").repeat(1000)));
    ws.expect("2");
    let start = Instant::now();
    ws.send("3");
    ws.expect("2");
    assert!(start.elapsed() > Duration::from_millis(150), "{:?}", start.elapsed());
    // A client of this version does not ask.
    ws.send("2");
    ws.expect_close(None);
}

#[test]
fn either_side_can_say_goodbye() {
    let door = Conformance::patient();
    let mut one = Polling::open(&door, PATH, 4);
    one.park();
    one.post_ok("4last\x1e1\x1e4ghost");
    assert!(matches!(&*one.parked(), "4last\x1e6" | "4last"));
    one.expect_gone();
    let mut two = Polling::open(&door, PATH, 4);
    two.park();
    thread::sleep(Duration::from_millis(20));
    two.post_ok("1");
    assert_eq!(two.parked(), "6");
    two.expect_gone();
    let mut ws = engine_ws(&door, PATH, 4);
    ws.send("1");
    ws.expect_close(None);
}

#[test]
fn two_requests_of_a_kind_at_a_time_end_the_session() {
    let door = Conformance::patient();
    let mut one = Polling::open(&door, PATH, 4);
    one.park();
    one.get.expect_silence(Duration::from_millis(50));
    assert_eq!(one.wire().get(&one.target).status, 400);
    assert_eq!(one.parked(), "1");
    one.expect_gone();
    // The second POST is refused after its head.
    let mut two = Polling::open(&door, PATH, 4);
    two.park();
    let whole = post(&two.target, "", b"4hello");
    two.send.send(&whole[..whole.len() - 2]);
    two.get.expect_silence(Duration::from_millis(50));
    let mut second = two.wire();
    second.send(&whole[..whole.len() - 6]);
    let response = second.response();
    assert_eq!((response.status, response.closes()), (400, true));
    second.expect_end();
    assert_eq!(two.parked(), "1");
    two.send.send(&whole[whole.len() - 2..]);
    assert_eq!(two.send.response().status, 400);
    two.expect_gone();
    // Bytes after a POST refused like this are not a request.
    let mut three = Polling::open(&door, PATH, 4);
    let whole = post(&three.target, "", b"4hello");
    three.send.send(&whole[..whole.len() - 2]);
    three.get.expect_silence(Duration::from_millis(50));
    let mut second = three.wire();
    let mut other = Polling::open(&door, PATH, 4);
    second.send([&whole[..], &post(&other.target, "", b"4ghost")].concat());
    assert_eq!(second.response().status, 400);
    second.expect_end();
    other.post_ok("4hello");
    assert_eq!(other.poll(), "4hello");
}

#[test]
fn a_request_that_is_given_up_ends_the_session() {
    let door = Conformance::patient();
    for how in 0..4 {
        let mut one = Polling::open(&door, PATH, 4);
        let wire = one.wire();
        match how {
            0 | 1 => wire.send_get(&one.target, ""),
            _ => {
                let whole = post(&one.target, "", b"4hello");
                wire.send(&whole[..whole.len() - 2]);
            }
        }
        thread::sleep(Duration::from_millis(20));
        if how >= 2 {
            one.park();
            one.get.expect_silence(Duration::from_millis(20));
        }
        if how % 2 == 0 {
            wire.reset()
        } else {
            drop(wire)
        }
        if how >= 2 {
            assert_eq!(one.parked(), "1");
        }
        assert!(poll_until(DEADLINE, || one.wire().post(&one.target, "6").status == 400));
        one.expect_gone();
    }
}

#[test]
fn payloads_that_are_none_end_the_session() {
    let door = Conformance::patient();
    let many = "4x\x1e".repeat(600) + "4x";
    let bodies =
        ["", "abc", "4hello\x1e", "\x1e4hello", "4a\x1e\x1e4b", "7", "-1", "2", "b!", "4a\x1eabc"];
    for body in bodies {
        let mut one = Polling::open(&door, PATH, 4);
        one.park();
        assert_eq!(one.post(body).status, 400, "{body:?}");
        one.expect_last();
        one.expect_gone();
    }
    let mut one = Polling::open(&door, PATH, 4);
    assert_eq!(one.post(b"4\xff").status, 400);
    one.expect_gone();
    // Any number of packets is valid.
    let mut one = Polling::open(&door, PATH, 4);
    one.post_ok(&many);
    // The binary form is of version 3.
    let cpu = Instant::now();
    for _ in 0..60 {
        let mut one = Polling::open(&door, PATH, 4);
        let request = post(&one.target, "Content-Type: application/octet-stream\r\n", b"4hello");
        assert_eq!(one.send.ask(request).status, 400);
        one.expect_gone();
    }
    assert!(cpu.elapsed() < Duration::from_secs(6));
}

#[test]
fn a_request_that_does_not_fit_its_session_changes_nothing() {
    let door = Conformance::patient();
    let mut one = Polling::open(&door, PATH, 4);
    let other = |from: &str, to: &str| one.target.replace(from, to);
    let wrong = [
        (other("EIO=4", "EIO=3"), 3),
        (other("=polling", "=websocket"), 3),
        (other("=polling", "=abc"), 0),
        (other("/engine.io/", "/socket.io/"), 1),
    ];
    for (target, code) in wrong {
        // Its connection stays, and the session does not wait for it.
        let mut wire = one.wire();
        wire.post(&target, "4hello").expect_code(code);
        wire.get(&target).expect_code(code);
        one.post_ok("4hello");
        assert_eq!(one.poll(), "4hello", "{target}");
    }
    for method in ["PUT", "DELETE", "HEAD"] {
        let mut wire = one.wire();
        wire.send(format!("{method} {} HTTP/1.1\r\nHost: a\r\n\r\n", one.target));
        assert_eq!(wire.head().expect("a response").status, 400, "{method}");
    }
    one.expect_alive();
    // Too much in one POST is refused; the session goes on.
    let large = post(&one.target, "", &vec![b'x'; 1_000_000 + 8192]);
    let mut wire = one.wire();
    let _ = wire.try_send(large);
    let response = wire.response();
    assert_eq!((response.status, response.closes()), (413, true));
    one.expect_alive();
    let mut wire = one.wire();
    let head =
        format!("POST {} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", one.target);
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let _ = wire.try_send(head + &chunk.repeat(16));
    assert_eq!(wire.response().status, 413);
}

#[test]
fn sessions_that_nobody_uses_are_small_and_go() {
    const SESSIONS: usize = 2500;
    let server =
        Server::start(&["--ping-interval", "3000", "--ping-timeout", "1000", "--log", "error"]);
    let mut wire = Wire::connect(&server);
    let memory = server.peak_memory();
    let mut sids = Vec::new();
    for _ in 0..SESSIONS {
        let response = wire.get("/socket.io/?EIO=4&transport=polling");
        match response.status {
            200 => sids.push(opened(response.text(), "sid")),
            status => assert_eq!(status, 503),
        }
    }
    let grown = server.peak_memory() - memory;
    assert!(grown <= 4096 * SESSIONS as u64 + NOISE, "{grown} bytes");
    // They cannot be guessed, and have no order.
    let mut sorted = sids.clone();
    sorted.sort_unstable();
    assert_ne!(sorted, sids);
    sorted.dedup();
    assert_eq!(sorted.len(), sids.len());
    assert!(sids.iter().all(|sid| sid.len() == 20));
    let ended = format!("reason=\"ping-timeout\"}} {}\n", sids.len());
    assert!(poll_until(DEADLINE, || {
        let metrics = wire.metrics();
        metrics.text().contains("\nmio_chat_sessions 0\n") && metrics.text().contains(&ended)
    }));
}
