//! The limits on a request's length and duration (`docs/protocols.md`, "HTTP").

use super::client::{Client, DEADLINE, Door, NOISE, Server, Wire, handshake, mib, post};
use super::engine::{Polling, joined, opened, sync};
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

/// Expects that the server answers at each door.
fn expect_well(server: &Server) {
    let start = Instant::now();
    assert_eq!(Wire::connect(server).get("/healthz").status, 200);
    Client::guest(server).sync();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

/// A server after its first requests: code that it reads from the disk for these is not counted as
/// memory of an attack.
fn used() -> Server {
    let server = Server::start(&[]);
    expect_well(&server);
    assert_eq!(Wire::connect(&server).get("/nowhere").status, 404);
    server
}

#[test]
fn an_endless_head_is_refused_early() {
    let server = used();
    let (memory, cpu) = (server.peak_memory(), server.cpu());
    let mut wire = Wire::connect(&server);
    wire.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    let mut sent = 0;
    while sent < 1024 * 1024 && wire.try_send([b'x'; 256]).is_ok() {
        sent += 256;
        if sent >= 16 * 1024 {
            thread::sleep(Duration::from_millis(1));
        }
    }
    assert_eq!(wire.response().status, 431);
    wire.expect_end();
    assert!(server.peak_memory() - memory <= NOISE);
    assert!(server.cpu() - cpu <= Duration::from_millis(100));
    expect_well(&server);
}

#[test]
fn too_many_headers_are_refused_whatever_they_ask_for() {
    let server = Server::start(&[]);
    let upgrade = handshake();
    for count in [257, 300, 2400, 40_000] {
        for more in ["", &upgrade] {
            let mut wire = Wire::connect(&server);
            let fields = "X: y\r\n".repeat(count - 1);
            let _ = wire.try_send(format!("GET /ws HTTP/1.1\r\nHost: a\r\n{fields}{more}\r\n"));
            assert_eq!(wire.response().status, 431, "{count}");
            wire.expect_end();
        }
    }
    let mut wire = Wire::connect(&server);
    assert_eq!(wire.get_with("/healthz", &"X: y\r\n".repeat(255)).status, 200);
    // A target of 15000 bytes is accepted, one of 1 MiB is not.
    assert_eq!(wire.get(&format!("/healthz?{}", "x".repeat(15_000))).status, 200);
    let _ = wire.try_send(format!("GET /{} HTTP/1.1\r\n", "x".repeat(1024 * 1024)));
    assert_eq!(wire.response().status, 414);
    wire.expect_end();
}

#[test]
fn what_is_announced_costs_nothing() {
    let server = used();
    let memory = server.peak_memory();
    for length in ["1000001", "4294967296", "9223372036854775807", "18446744073709551615"] {
        for target in ["/", "/socket.io/?EIO=4&transport=polling&sid=x"] {
            let mut wire = Wire::connect(&server);
            let head = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n");
            wire.send(head + "\r\n");
            let response = wire.response();
            assert_eq!(response.status, 413, "{length}");
            assert!(response.closes());
            wire.expect_end();
        }
    }
    let many = "1".repeat(50);
    let mut wire = Wire::connect(&server);
    wire.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {many}\r\n\r\n"));
    assert_eq!(wire.response().status, 413);
    assert!(server.peak_memory() - memory <= NOISE);
}

#[test]
fn pipelining_without_reading_is_bounded() {
    let server = used();
    let memory = server.peak_memory();
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3000);
    let wires: Vec<Wire> = (0..4).map(|_| Wire::connect(&server)).collect();
    for wire in &wires {
        let timeout = Some(Duration::from_millis(200));
        wire.tcp().set_write_timeout(timeout).expect("a timeout can be set");
        let _ = wire.try_send(&request);
    }
    expect_well(&server);
    assert!(server.peak_memory() - memory <= mib(4) + NOISE);
    // A client that begins to read gets them all, in order.
    let mut wire = wires.into_iter().next().expect("there are four");
    wire.tcp().set_write_timeout(Some(DEADLINE)).expect("a timeout can be set");
    (0..3000).for_each(|at| assert_eq!(wire.response().status, 200, "{at}"));
}

#[test]
fn what_waits_behind_a_poll_is_bounded_and_goes_on() {
    let server = Server::start(&["--rate", "0"]);
    let mut eve = joined(&server);
    let memory = server.peak_memory();
    // Both requests come over one connection, so that the second waits for the first.
    let mut waiting: Vec<Polling> = (0..2).map(|_| Polling::joined(&server)).collect();
    // It is not passed on, because a client that does not poll is no longer read when much waits
    // for it.
    let large = format!("42[\"ignored\",\"{}\"]", "x".repeat(400_000));
    let writers: Vec<_> = waiting
        .iter()
        .map(|one| {
            one.park();
            let all = post(&one.target, "", large.as_bytes());
            let stream = one.get.tcp().try_clone().expect("a stream can be shared");
            thread::spawn(move || (&stream).write_all(&all).expect("it is read at last"))
        })
        .collect();
    thread::sleep(Duration::from_millis(300));
    assert!(server.peak_memory() - memory <= NOISE);
    assert!(sync(&mut eve).is_empty());
    eve.send("42[\"message\",\"go on\"]");
    eve.expect("42[\"message\",\"go on\"]");
    eve.text();
    waiting.iter_mut().for_each(|one| assert_eq!(one.parked(), "42[\"message\",\"go on\"]"));
    writers.into_iter().for_each(|writer| writer.join().expect("it is read"));
    waiting.iter_mut().for_each(|one| assert_eq!(one.get.response().text(), "ok"));
}

#[test]
fn a_client_of_http_1_0_can_poll() {
    let server = Server::start(&["--rate", "0"]);
    let ask = |method: &str, target: &str, body: &str| {
        let mut wire = Wire::connect(&server);
        let length = body.len();
        wire.send(format!("{method} {target} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}"));
        let response = wire.response();
        assert!(response.closes());
        wire.expect_end();
        response
    };
    let mut target = "/socket.io/?EIO=4&transport=polling".to_owned();
    let sid = opened(ask("GET", &target, "").text(), "sid");
    target = format!("{target}&sid={sid}");
    assert_eq!(ask("POST", &target, "40").text(), "ok");
    assert!(ask("GET", &target, "").text().starts_with("40{"));
    assert_eq!(ask("POST", &target, "42[\"message\",\"old\"]").text(), "ok");
    assert!(ask("GET", &target, "").text().starts_with("42[\"message\",\"old\"]\x1e42["));
    let mut wire = Wire::connect(&server);
    wire.send(format!("GET {target} HTTP/1.0\r\n\r\n"));
    assert_eq!(ask("POST", &target, "1").text(), "ok");
    assert_eq!(wire.response().text(), "6");
}

#[test]
fn requests_that_take_too_long_are_given_up() {
    let server = Server::start(&[]);
    let start = Instant::now();
    let mut silent = Wire::connect(&server);
    let mut trickling: Vec<Wire> = (0..100).map(|_| Wire::connect(&server)).collect();
    let mut posting = Wire::connect(&server);
    let whole = post("/", "", &[b'x'; 100]);
    posting.send(&whole[..whole.len() - 100]);
    // A session also posts a head without its body, while one of its polls waits.
    let mut session = Polling::joined(&server);
    let whole = post(&session.target, "", &[b'x'; 100]);
    session.send.send(&whole[..whole.len() - 100]);
    session.park();
    let mut kept = Wire::connect(&server);
    assert_eq!(kept.get("/healthz").status, 200);
    trickling.iter().for_each(|wire| wire.send("GET / HTTP/1.1\r\nHost: a\r\nX: "));
    let memory = server.peak_memory();
    // One byte at a time: the time is for the whole head.
    while start.elapsed() < Duration::from_secs(9) {
        thread::sleep(Duration::from_millis(400));
        trickling.iter().for_each(|wire| wire.send("x"));
        posting.send("x");
        session.send.send("x");
        expect_well(&server);
    }
    assert!(server.peak_memory() - memory <= 100 * 64 * 1024 + NOISE);
    // It may get an answer, and it is closed.
    silent.rest();
    for wire in &mut trickling {
        assert_eq!(wire.response().status, 408);
        wire.expect_end();
    }
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
    assert_eq!(posting.response().status, 408);
    posting.expect_end();
    assert_eq!(session.send.response().status, 408);
    assert_eq!(session.parked(), "1");
    session.expect_gone();
    let taken = start.elapsed();
    assert!((19..22).contains(&taken.as_secs()), "{taken:?}");
    // A connection that is idle between two requests is kept.
    assert_eq!(kept.get("/healthz").status, 200);
}

#[test]
fn resets_at_any_time_leave_nothing() {
    let server = Server::start(&["--origin", "*"]);
    expect_well(&server);
    let descriptors = server.descriptors().len();
    for round in 0..300 {
        let wire = Wire::connect(&server);
        match round % 6 {
            0 => (),
            1 => wire.send("GET / HT"),
            2 => wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50)),
            3 => wire.send(&post("/", "", &[b'x'; 100_000])[..50_000]),
            4 => wire.send_get("/socket.io/?EIO=4&transport=polling", ""),
            _ => wire.send_get("/socket.io/?EIO=4&transport=websocket", &handshake()),
        }
        wire.reset();
    }
    server.wait_descriptors(descriptors);
    expect_well(&server);
}

#[test]
fn one_client_too_many_is_told_so_and_the_others_stay() {
    let server = Server::start(&["--max-clients", "4"]);
    let mut wires: Vec<Wire> = (0..3).map(|_| Wire::connect(&server)).collect();
    let mut alice = Client::guest(&server);
    wires.iter_mut().for_each(|wire| assert_eq!(wire.get("/healthz").status, 200));
    for _ in 0..20 {
        let mut late = Wire::connect(&server);
        // Its request does not matter, nor whether it can send one at all.
        let _ = late.try_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let response = late.response();
        assert_eq!(response.status, 503);
        assert!(response.closes() && response.header("retry-after").is_some());
        late.expect_end();
    }
    wires.iter_mut().for_each(|wire| assert_eq!(wire.get("/healthz").status, 200));
    alice.sync();
    // A session does not need a connection all the time, and is counted too.
    let descriptors = server.descriptors().len();
    drop(wires);
    server.wait_descriptors(descriptors - 3);
    let mut opened = 0;
    for _ in 0..8 {
        let mut wire = Wire::to(server.http());
        let response =
            wire.get_with("/socket.io/?EIO=4&transport=polling", "Connection: close\r\n");
        match response.status {
            200 => opened += 1,
            status => assert_eq!(status, 503),
        }
        wire.expect_end();
    }
    assert!(opened <= 3, "{opened} sessions besides alice's");
}
