//! The names by which clients may call the server. A foreign name that points here (DNS rebinding)
//! opens nothing, for any request.

use super::client::{Response, Server, Wire, handshake};

const POLL: &str = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

fn ask(server: &Server, host: &str, line: &str, headers: &str) -> Response {
    Wire::connect(server).ask(format!("{line} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"))
}

#[test]
fn a_name_that_others_have_lead_here_opens_nothing() {
    let server = Server::start(&[]);
    let upgrade = handshake();
    let strangers = ["evil.example", "evil.example:5000", "127.0.0.1.evil.example", "zz"];
    for host in strangers {
        let page = format!("Origin: http://{host}\r\n");
        let upgraded = format!("{page}{upgrade}");
        for (line, headers) in [
            ("GET /".to_owned(), &page),
            (format!("GET {POLL}"), &page),
            (format!("GET {WEBSOCKET}"), &upgraded),
            ("GET /ws".to_owned(), &upgraded),
            ("GET /metrics".to_owned(), &page),
            ("GET /healthz".to_owned(), &page),
            ("GET /nowhere".to_owned(), &page),
            (format!("OPTIONS {POLL}"), &page),
            // The announced body does not come, and is not waited for.
            (format!("POST {POLL}"), &format!("{page}Content-Length: 100000\r\n")),
            // Fields that a page can add do not help.
            ("GET /ws".to_owned(), &format!("{upgraded}X-Forwarded-Host: localhost\r\n")),
        ] {
            let response = ask(&server, host, &line, headers);
            assert_eq!(response.status, 421, "{host} {line}");
            assert!(response.closes() && response.text().lines().count() == 1);
            assert_eq!(response.header("access-control-allow-origin"), None);
            assert!(!response.text().contains(host), "nothing of what was sent is shown");
        }
    }
    server.wait_logged("reason=host hint=\"--host evil.example\"", 20);
    server.wait_logged(
        "reason=host hint=\"proxy_set_header Host $http_host in nginx, or --host zz\"",
        10,
    );
    assert_eq!(server.logged("connect "), 0, "nobody has come in");
}

#[test]
fn the_names_that_it_has_open_what_they_did() {
    let server = Server::start(&[
        "--host=chat.example",
        "--host=.org.example",
        "--origin=https://page.example:8443",
    ]);
    for host in [
        "chat.example",
        "CHAT.example.:5000",
        "org.example",
        "a.b.org.example:1",
        "page.example",
        "localhost",
        "app.localhost:5000",
        "127.0.0.1:5000",
        "192.0.2.1",
        "[::1]",
        "[2001:db8::1]:5000",
    ] {
        let page = format!("Origin: http://{host}\r\n");
        assert_eq!(ask(&server, host, &format!("GET {POLL}"), &page).status, 200, "{host}");
        let head = format!("GET /ws HTTP/1.1\r\nHost: {host}\r\n{page}{}\r\n", handshake());
        let mut wire = Wire::connect(&server);
        wire.send(head);
        assert_eq!(wire.head().expect("a response").status, 101, "{host}");
    }
    assert_eq!(ask(&server, "a", "GET /healthz", "").status, 421);
    // HTTP/1.0 has no need of a host.
    let mut wire = Wire::connect(&server);
    assert_eq!(wire.ask("GET /healthz HTTP/1.0\r\n\r\n").status, 200);
    let everyone = Server::start(&["--host", "*"]);
    assert_eq!(ask(&everyone, "evil.example", "GET /healthz", "").status, 200);
}

#[test]
fn another_host_counts_if_a_proxy_that_is_believed_tells_it() {
    let flags = ["--host=chat.example"];
    let believing = Server::start(&flags);
    let others = Server::start(&[flags[0], "--trust-proxy=none"]);
    let forwarded = |host: &str| format!("X-Forwarded-Host: {host}\r\n");
    let poll = format!("GET {POLL}");
    let poll = &*poll;
    for (host, forwarded_host, believed, ignored) in [
        ("127.0.0.1:5000", "chat.example", 200, 403),
        ("chat.example", "chat.example", 200, 200),
        ("127.0.0.1:5000", "evil.example", 421, 403),
        // Not instead of the host.
        ("evil.example", "chat.example", 421, 421),
    ] {
        let page = format!("{}Origin: https://{forwarded_host}\r\n", forwarded(forwarded_host));
        assert_eq!(ask(&believing, host, poll, &page).status, believed, "{host}");
        assert_eq!(ask(&others, host, poll, &page).status, ignored, "{host}");
    }
}

#[test]
fn what_is_long_or_odd_is_cut_in_the_log() {
    let server = Server::start(&[]);
    let long = "x".repeat(7000);
    assert_eq!(ask(&server, &long, "GET /", "").status, 421);
    server.wait_logged("reason=host hint=\"--host xxx", 1);
    let origin = format!("Origin: http://{long}\r\n");
    assert_eq!(ask(&server, "a", &format!("GET {POLL}"), &origin).status, 403);
    assert_eq!(ask(&server, "a", "GET /ws", &format!("{origin}{}", handshake())).status, 403);
    assert_eq!(ask(&server, "a", "GET /ws", "Origin: \"\u{202e}\u{9b}\r\n").status, 403);
    server.wait_logged("reason=origin hint=\"--origin http://xxx", 2);
    server.wait_logged("reason=origin hint=\"only --origin * lets it in\"", 1);
    let log = server.log();
    let longest = log.lines().map(|line| line.chars().count()).max();
    assert!(longest.is_some_and(|count| count < 250), "{longest:?}");
}
