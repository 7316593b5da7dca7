//! The clients of requests behind proxies, in logs, and with forged headers.

use super::client::{Client, Server, Wire, Ws, handshake};

const POLL: &str = "/socket.io/?EIO=4&transport=polling";
const HEADER: &str = "PROXY TCP4 203.0.113.9 127.0.0.1 56324 5000\r\n";
const HINT: &str = "hint=\"--trust-proxy 127.0.0.1\"";

/// Version 2 of the same header.
fn binary() -> Vec<u8> {
    let rest = [0x21, 0x11, 0, 12, 203, 0, 113, 9, 127, 0, 0, 1, 0xdc, 4, 0x13, 0x88];
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &rest].concat()
}

fn request(headers: &str) -> String {
    format!("GET {POLL} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")
}

#[test]
fn a_proxy_on_this_machine_tells_who_asks() {
    let server = Server::start(&[]);
    let mut wire = Wire::connect(&server);
    // A proxy sends the requests of many clients over one connection.
    for (headers, ip) in [
        ("X-Forwarded-For: 203.0.113.1\r\n", "203.0.113.1"),
        ("X-Forwarded-For: 203.0.113.2, 127.0.0.1\r\n", "203.0.113.2"),
        ("Forwarded: for=\"[2001:db8::3]:1234\";proto=https\r\n", "2001:db8::3"),
        // An entry that the client wrote itself.
        ("X-Forwarded-For: 127.0.0.1, 203.0.113.4\r\n", "203.0.113.4"),
        ("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.5\r\n", "203.0.113.5"),
        ("X-Forwarded-For: \"\u{e9}, 203.0.113.6\r\n", "203.0.113.6"),
        ("", "127.0.0.1"),
    ] {
        assert_eq!(wire.ask(request(headers)).status, 200, "{headers}");
        server.wait_logged(&format!("connect ip={ip} … door=eio4-polling"), 1);
    }
    let mut ws = Wire::connect(&server);
    ws.send(format!(
        "GET /ws HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n{}\r\n",
        handshake()
    ));
    assert_eq!(ws.head().expect("a response").status, 101);
    drop(ws);
    server.wait_logged("connect ip=203.0.113.7 … door=ws", 1);
    server.wait_logged("disconnect ip=203.0.113.7 … door=ws", 1);
    // In a refusal, too.
    let evil = "X-Forwarded-For: 203.0.113.8\r\nOrigin: http://evil.example\r\n";
    assert_eq!(Wire::connect(&server).ask(request(evil)).status, 403);
    server.wait_logged("refused ip=203.0.113.8 reason=origin", 1);
}

#[test]
fn who_is_not_believed_is_told_so_once() {
    for flags in [&["--trust-proxy", "none"][..], &["--trust-proxy", "192.0.2.0/24"]] {
        let server = Server::start(flags);
        for _ in 0..3 {
            let headers = "X-Forwarded-For: 203.0.113.9\r\n";
            assert_eq!(Wire::connect(&server).ask(request(headers)).status, 200);
        }
        server.wait_logged("connect ip=127.0.0.1 … door=eio4-polling", 3);
        server.wait_logged(HINT, 1);
        assert_eq!(server.logged(HINT), 1);
        assert_eq!(server.logged("203.0.113.9"), 0);
    }
}

#[test]
fn a_header_before_the_first_request_tells_who_asks_at_every_cut() {
    // This many sessions that join nothing are more than one address may have by default.
    let server = Server::start(&["--per-address", "1000"]);
    let mut count = 0;
    for header in [HEADER.as_bytes(), &binary()] {
        let whole = [header, request("").as_bytes()].concat();
        for at in 0..=header.len() {
            let mut wire = Wire::connect(&server);
            let (first, second) = whole.split_at(at);
            wire.send(first);
            wire.send(second);
            assert_eq!(wire.response().status, 200, "{at}");
            count += 1;
        }
    }
    server.wait_logged("connect ip=203.0.113.9 … door=eio4-polling", count);
    // The next request on the same connection, and one through a second proxy.
    let mut wire = Wire::connect(&server);
    wire.send(HEADER);
    wire.get("/healthz");
    assert_eq!(wire.ask(request("")).status, 200);
    server.wait_logged("connect ip=203.0.113.9 … door=eio4-polling", count + 1);
    // The client itself is not trusted, at any address.
    let spoofed = request("X-Forwarded-For: 198.51.100.1\r\n");
    assert_eq!(wire.ask(spoofed).status, 200);
    server.wait_logged("connect ip=203.0.113.9 … door=eio4-polling", count + 2);
    // The proxy's own connection.
    let mut wire = Wire::connect(&server);
    wire.send(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
    assert_eq!(wire.ask(request("")).status, 200);
    server.wait_logged("connect ip=127.0.0.1 … door=eio4-polling", 1);
    // A WebSocket through a proxy.
    let wire = Wire::connect(&server);
    wire.send(HEADER);
    let mut ws = Ws::over(wire, "/ws");
    assert!(ws.text().starts_with("* Welcome"));
    server.wait_logged("connect ip=203.0.113.9 … door=ws", 1);
    let mut bob = Client::named(&server, "bob");
    assert!(bob.sync().is_empty());
}

#[test]
fn a_header_that_is_wrong_or_not_believed_ends_the_connection() {
    let server = Server::start(&[]);
    let doubting = Server::start(&["--trust-proxy", "none"]);
    let get = request("");
    for header in [
        &b"PROXY TCP4 203.0.113.9 127.0.0.1 x 5000\r\n"[..],
        b"PROXY TCP4 203.0.113.9 127.0.0.1 56324 5000\n",
        b"PROXY servers are fun\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0",
    ] {
        let mut wire = Wire::connect(&server);
        let response = wire.ask([header, get.as_bytes()].concat());
        assert_eq!(response.status, 400);
        assert!(response.closes());
        wire.expect_end();
    }
    for header in [HEADER.as_bytes(), &binary()] {
        let response = Wire::connect(&doubting).ask([header, get.as_bytes()].concat());
        assert_eq!(response.status, 400);
    }
    doubting.wait_logged(HINT, 1);
    assert_eq!(doubting.logged(HINT), 1);
    // Only before the first request.
    let mut wire = Wire::connect(&server);
    assert_eq!(wire.ask(request("")).status, 200);
    assert_eq!(wire.ask([HEADER, &get].concat()).status, 400);
    assert_eq!(server.logged("203.0.113.9"), 0);
}
