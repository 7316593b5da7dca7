//! Odd but common behaviour of proxies and clients, and the answers to it: the rows of
//! docs/http.md.

use super::client::{Conformance, Response, Server, Wire, handshake};

/// A Socket.IO client's first request, by polling and by WebSocket.
const POLL: &str = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// The answer to a handshake with additional `headers`.
fn shake(door: &impl super::client::Door, target: &str, headers: &str) -> Response {
    let mut wire = Wire::connect(door);
    wire.send_get(target, &[&handshake(), headers].concat());
    wire.head().expect("a response")
}

/// The id of a new polling session.
fn polling(door: &impl super::client::Door) -> String {
    super::engine::opened(Wire::connect(door).get(POLL).text(), "sid")
}

#[test]
fn a_handshake_may_tell_of_a_content_without_a_byte() {
    let (server, echo) = (Server::start(&[]), Conformance::patient());
    let none = "Content-Length: 0\r\n";
    for target in ["/ws", WEBSOCKET, "/socket.io/?EIO=3&transport=websocket"] {
        assert_eq!(shake(&server, target, none).status, 101, "{target}");
    }
    let upgrade = format!("{WEBSOCKET}&sid={}", polling(&server));
    assert_eq!(shake(&server, &upgrade, none).status, 101);
    assert_eq!(shake(&echo, "/echo", none).status, 101);
    for content in ["Content-Length: 1\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n0\r\n"] {
        assert_eq!(shake(&server, "/ws", content).status, 400, "{content}");
    }
}

#[test]
fn the_first_subprotocol_that_is_offered_is_answered() {
    let (server, echo) = (Server::start(&[]), Conformance::patient());
    let upgrade = format!("{WEBSOCKET}&sid={}", polling(&server));
    for target in ["/ws", WEBSOCKET, &upgrade] {
        let answered = shake(&server, target, "Sec-WebSocket-Protocol: my-app , other\r\n");
        assert_eq!(answered.status, 101);
        assert_eq!(answered.header("sec-websocket-protocol"), Some("my-app"), "{target}");
    }
    for (headers, expected) in [
        ("Sec-WebSocket-Protocol: b,a\r\n", Some("b")),
        ("Sec-WebSocket-Protocol: c\r\nSec-WebSocket-Protocol: d\r\n", Some("c")),
        ("Sec-WebSocket-Protocol: two words, e\r\n", Some("e")),
        ("Sec-WebSocket-Protocol: ,\r\n", None),
        ("", None),
    ] {
        let answered = shake(&echo, "/echo", headers);
        assert_eq!(answered.status, 101);
        assert_eq!(answered.header("sec-websocket-protocol"), expected, "{headers}");
    }
}

fn ask(server: &Server, line: &str, headers: &str) -> Response {
    Wire::connect(server).ask(format!("{line}\r\n{headers}\r\n"))
}

#[test]
fn every_response_says_when_it_was_made() {
    let server = Server::start(&[]);
    for (target, status) in [
        ("/", 200),
        ("/healthz", 200),
        ("/nowhere", 404),
        (POLL, 200),
        ("/socket.io/", 400),
        ("/ws", 426),
        ("/ HTTP/9", 400),
    ] {
        let response = ask(&server, &format!("GET {target} HTTP/1.1"), "Host: a\r\n");
        assert_eq!(response.status, status, "{target}");
        let date = response.header("date").expect("a date");
        assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    }
    let head = shake(&server, "/ws", "");
    assert!(head.header("date").is_some());
}

#[test]
fn a_later_minor_version_is_spoken_as_the_one_that_is_known() {
    let server = Server::start(&[]);
    for version in ["HTTP/1.2", "HTTP/1.9"] {
        let response = ask(&server, &format!("GET /healthz {version}"), "Host: a\r\n");
        assert_eq!((response.status, response.closes()), (200, false), "{version}");
    }
    for version in ["HTTP/2.0", "HTTP/0.9"] {
        assert_eq!(ask(&server, &format!("GET / {version}"), "Host: a\r\n").status, 505);
    }
}

#[test]
fn the_host_in_the_target_is_the_one_that_counts() {
    let server = Server::start(&[]);
    let absolute = |target: &str, headers: &str| {
        ask(&server, &format!("GET http://{target} HTTP/1.1"), headers).status
    };
    assert_eq!(absolute("localhost/healthz", "Host: b\r\n"), 200);
    assert_eq!(absolute("evil.example/healthz", "Host: localhost\r\n"), 421);
    // The origin is compared with it too.
    let page = "Host: b\r\nOrigin: http://localhost:5000\r\n";
    let poll = format!("localhost:5000{POLL}");
    assert_eq!(absolute(&poll, page), 200);
    let page = "Host: localhost:5000\r\nOrigin: http://localhost:5000\r\n";
    assert_eq!(absolute(&format!("localhost:1{POLL}"), page), 403);
    // Two of them, or none, are wrong here too.
    assert_eq!(absolute("localhost/", "Host: a\r\nHost: a\r\n"), 400);
    assert_eq!(absolute("localhost/", "Host: a b\r\n"), 400);
    assert_eq!(absolute("localhost/", ""), 400);
}

#[test]
fn how_things_are_now_is_kept_by_no_cache() {
    let server = Server::start(&[]);
    for target in ["/healthz", "/readyz", "/metrics"] {
        let response = ask(&server, &format!("GET {target} HTTP/1.1"), "Host: localhost\r\n");
        assert_eq!(response.status, 200);
        assert_eq!(response.header("cache-control"), Some("no-store"), "{target}");
    }
}

#[test]
fn whoever_loads_the_client_from_here_is_told_where_it_is() {
    let server = Server::start(&[]);
    for file in ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js?v=1"] {
        let response = Wire::connect(&server).get(&format!("/socket.io/{file}"));
        assert_eq!(response.status, 404, "{file}");
        assert!(response.text().contains("https://cdn.socket.io/"), "{}", response.text());
    }
    Wire::connect(&server).get("/socket.io/").expect_code(0);
}

#[test]
fn many_fields_and_long_targets_are_read() {
    let server = Server::start(&[]);
    let fields: String = (0..250).map(|at| format!("X-{at}: y\r\n")).collect();
    assert_eq!(Wire::connect(&server).get_with("/healthz", &fields).status, 200);
    let target = format!("{POLL}&token={}", "x".repeat(12_000));
    assert_eq!(Wire::connect(&server).get(&target).status, 200);
    let fields: String = (0..300).map(|at| format!("X-{at}: y\r\n")).collect();
    assert_eq!(Wire::connect(&server).get_with("/healthz", &fields).status, 431);
    let target = format!("{POLL}&token={}", "x".repeat(16_000));
    assert_eq!(Wire::connect(&server).get(&target).status, 414);
}

#[test]
fn blanks_before_a_packets_json_mean_nothing() {
    let server = Server::start(&[]);
    let mut ws = super::engine::joined(&server);
    for (packet, heard) in [
        ("42 [\"message\",\"one\"]", "42[\"message\",\"one\"]"),
        ("42 7 [\"message\",\"two\"]", "42[\"message\",\"two\"]"),
    ] {
        ws.send(packet);
        ws.skip_to(heard);
    }
}

#[test]
fn what_asks_for_a_websocket_may_be_written_in_many_ways() {
    let server = Server::start(&[]);
    for (connection, upgrade) in [
        ("keep-alive, Upgrade", "websocket"),
        ("upgrade", "WebSocket"),
        ("keep-alive\r\nConnection: Upgrade", "h2c, websocket"),
    ] {
        let headers = handshake().replace("Connection: Upgrade", &format!("X: {connection}"));
        let headers = headers.replace("X: ", "Connection: ");
        let headers = headers.replace("Upgrade: websocket", &format!("Upgrade: {upgrade}"));
        let mut wire = Wire::connect(&server);
        wire.send_get("/ws", &headers);
        assert_eq!(wire.head().expect("a response").status, 101, "{headers}");
    }
}

/// The answer to a page from `origin` that asks for `host`, with additional `headers`.
fn page(server: &Server, host: &str, origin: &str, headers: &str) -> u16 {
    let headers = format!("Host: {host}\r\nOrigin: {origin}\r\n{headers}");
    ask(server, &format!("GET {POLL} HTTP/1.1"), &headers).status
}

#[test]
fn a_proxy_may_change_the_scheme_and_the_port_of_a_page() {
    let (believing, others) = (Server::start(&[]), Server::start(&["--trust-proxy", "none"]));
    for (host, origin, headers, believed, ignored) in [
        ("localhost", "https://localhost", "", 200, 200),
        ("localhost", "https://localhost:8443", "X-Forwarded-Proto: https\r\n", 200, 403),
        ("localhost", "http://localhost:8080", "Via: 1.1 proxy\r\n", 200, 403),
        ("localhost", "http://localhost", "X-Forwarded-Proto: https\r\n", 403, 200),
        // Nothing shows that there is a proxy.
        ("localhost", "http://localhost:8080", "", 403, 403),
        ("localhost", "http://localhost", "", 200, 200),
        ("localhost", "http://localhost:80", "X-Forwarded-Port: 80\r\n", 200, 200),
        ("localhost", "http://localhost:8080", "X-Forwarded-Port: 8080\r\n", 200, 403),
        ("localhost", "http://localhost:8080", "X-Forwarded-Port: 8081\r\n", 403, 403),
        ("localhost:5000", "http://localhost:8080", "", 403, 403),
    ] {
        assert_eq!(page(&believing, host, origin, headers), believed, "{origin} {headers}");
        assert_eq!(page(&others, host, origin, headers), ignored, "{origin} {headers}");
    }
}

#[test]
fn the_host_in_forwarded_counts_as_the_other_does() {
    let known = "--host=chat.example";
    let (believing, others) =
        (Server::start(&[known]), Server::start(&[known, "--trust-proxy=none"]));
    for (headers, believed, ignored) in [
        ("Forwarded: for=192.0.2.1;host=chat.example;proto=https\r\n", 200, 403),
        ("Forwarded: for=192.0.2.1;host=\"chat.example\", for=192.0.2.2\r\n", 200, 403),
        ("Forwarded: host=evil.example\r\n", 421, 403),
        ("X-Forwarded-Host: chat.example\r\n", 200, 403),
    ] {
        let (host, origin) = ("127.0.0.1:5000", "https://chat.example");
        assert_eq!(page(&believing, host, origin, headers), believed, "{headers}");
        assert_eq!(page(&others, host, origin, headers), ignored, "{headers}");
    }
}

#[test]
fn every_row_of_the_table_has_its_test() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = include_str!("../../docs/http.md");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let name = row.rsplit('`').nth(1).expect("a test");
        let (file, name) = name.split_once("::").expect("a file and a name");
        let path = root.join("tests/web").join(format!("{file}.rs"));
        let text = std::fs::read_to_string(&path).expect("a file of tests");
        assert!(text.contains(&format!("#[test]\nfn {name}()")), "{file}::{name}");
    }
}
