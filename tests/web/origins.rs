//! Whose pages may ask, and what they may see (RELIABILITY.md 81–83, and 32).

use super::client::{Client, Door, Response, Server, Wire, Ws, handshake, post};
use super::engine::{Polling, joined, socket_io, sync};

const POLL: &str = "/socket.io/?EIO=4&transport=polling";

fn ask(server: &Server, target: &str, headers: &str) -> Response {
    Wire::connect(server).get_with(target, headers)
}

/// A response from which a page of another origin learns nothing.
fn expect_unseen(response: &Response) {
    assert_eq!(response.header("access-control-allow-origin"), None, "{response:?}");
    assert_eq!(response.header("access-control-allow-credentials"), None);
    assert_eq!(response.header("set-cookie"), None);
}

#[test]
fn pages_of_other_origins_are_refused_at_every_door() {
    let server = Server::start(&["--rate", "0"]);
    let host = server.http().to_string();
    let mut eve = joined(&server);
    let mut one = Polling::joined(&server);
    let upgrade = handshake();
    let websocket = POLL.replace("polling", "websocket");
    let evil = [
        "http://evil.example".to_owned(),
        "null".to_owned(),
        "file://".to_owned(),
        String::new(),
        format!("http://{host}.evil.example"),
        format!("http://evil.example/{host}"),
        format!("http://evil.example#{host}"),
        format!("http://{host}@evil.example"),
        format!("http://evil-{host}"),
        format!("http://{host}0"),
        "http://127.0.0.1".to_owned(),
        "http://127.0.0.1:1".to_owned(),
        "http://a`b$c".to_owned(),
        host.clone(),
        format!("http://{host}, http://evil.example"),
    ];
    for origin in &evil {
        let headers = format!("Origin: {origin}\r\n").replacen("a\r\n", "a\r\n", 1);
        let asks = |target: &str, more: &str| {
            let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{headers}{more}\r\n");
            Wire::connect(&server).ask(request)
        };
        let response = asks(POLL, "");
        response.expect_code(4);
        expect_unseen(&response);
        asks(&websocket, &upgrade).expect_code(4);
        let response = asks("/ws", &upgrade);
        assert_eq!(response.status, 403, "{origin}");
        // Not with somebody's session either, whoever told it.
        asks(&one.target, "").expect_code(4);
        let request = post(&one.target, &headers, b"42[\"message\",\"ghost\"]");
        Wire::connect(&server).ask(request).expect_code(4);
        let target = one.target.replace("polling", "websocket");
        asks(&target, &upgrade).expect_code(4);
        let preflight = format!(
            "OPTIONS {POLL} HTTP/1.1\r\nHost: {host}\r\n{headers}\
             Access-Control-Request-Method: POST\r\n\r\n"
        );
        expect_unseen(&Wire::connect(&server).ask(preflight));
    }
    one.expect_alive();
    assert!(sync(&mut eve).is_empty());
    // Ours, and programs that are no pages.
    for headers in [format!("Origin: http://{host}\r\n"), String::new()] {
        let request = format!("GET {POLL} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        let response = Wire::connect(&server).ask(request);
        assert_eq!(response.status, 200);
        expect_unseen(&response);
        let request = format!("GET /ws HTTP/1.1\r\nHost: {host}\r\n{headers}{upgrade}\r\n");
        let mut wire = Wire::connect(&server);
        wire.send(request);
        assert_eq!(wire.head().expect("a response").status, 101);
    }
}

#[test]
fn pages_that_are_let_in_are_told_so_and_no_others() {
    let server = Server::start(&["--origin", "https://chat.example"]);
    let allowed = "Origin: https://chat.example\r\n";
    for target in
        [POLL, "/socket.io/?EIO=4&transport=abc", "/socket.io/?EIO=4&transport=polling&sid=x"]
    {
        let response = ask(&server, target, allowed);
        let origin = response.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://chat.example"));
        assert_eq!(response.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(response.header("vary"), Some("Origin"));
    }
    let preflight = format!(
        "OPTIONS {POLL} HTTP/1.1\r\nHost: a\r\n{allowed}Access-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: x-own\r\n\r\n"
    );
    let response = Wire::connect(&server).ask(preflight);
    assert_eq!((response.status, response.body.len()), (204, 0));
    assert_eq!(response.header("access-control-allow-headers"), Some("x-own"));
    ask(&server, POLL, "Origin: http://chat.example\r\n").expect_code(4);
    ask(&server, POLL, "Origin: https://chat.example.evil\r\n").expect_code(4);
    ask(&server, POLL, "Origin: https://chat.example:444\r\n").expect_code(4);
    let everyone = Server::start(&["--origin", "*"]);
    let response = ask(&everyone, POLL, "Origin: http://any.example\r\n");
    assert_eq!(response.header("access-control-allow-origin"), Some("http://any.example"));
    ask(&everyone, POLL, "Origin: null\r\n").expect_code(4);
}

#[test]
fn a_script_of_another_page_reads_nothing() {
    let server = Server::start(&[]);
    let script = "/socket.io/?EIO=3&transport=polling&j=0";
    // A page's script is loaded without an origin, but browsers tell where the page is.
    for site in ["cross-site", "same-site"] {
        for mode in ["no-cors", "cors", "websocket"] {
            let headers = format!("Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\n");
            ask(&server, script, &headers).expect_code(4);
            ask(&server, POLL, &headers).expect_code(4);
        }
    }
    for site in ["same-origin", "none"] {
        let headers = format!("Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: no-cors\r\n");
        assert_eq!(ask(&server, script, &headers).status, 200);
    }
    let everyone = Server::start(&["--origin", "*"]);
    let headers = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n";
    assert_eq!(ask(&everyone, script, headers).status, 200);
    // Links to the page work from everywhere.
    assert_eq!(ask(&server, "/", "Sec-Fetch-Site: cross-site\r\n").status, 200);
}

#[test]
fn what_opens_a_session_is_told_to_nobody_else() {
    let server = Server::start(&["--log", "trace"]);
    let mut one = Polling::open(&server, "/socket.io/", 4);
    one.post_ok("40");
    let welcome = one.poll();
    assert!(!welcome.contains(&one.sid), "the public name is another");
    let mut bob = Client::named(&server, "bob");
    bob.send("/who\n");
    assert!(bob.sync().iter().all(|line| !line.contains(&one.sid)));
    assert!(!server.log().contains(&one.sid), "logs are no place for it");
    // The public name opens nothing.
    let public = super::engine::opened(&welcome, "sid");
    one.wire().get(&one.target.replace(&one.sid, &public)).expect_code(1);
    let mut ws: Ws = socket_io(&server);
    ws.send("40");
    assert!(!ws.text().contains(&one.sid));
}
