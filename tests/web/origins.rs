//! The pages that may send requests, and the answers that they may see (`docs/reliability.md`,
//! "Pages and names").

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
        // Not even with the id of a session, however the page got it.
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
    // Our own pages, and programs.
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
    for origin in ["null", "file://", "app://x", "nonsense", ""] {
        let response = ask(&everyone, POLL, &format!("Origin: {origin}\r\n"));
        assert_eq!(response.header("access-control-allow-origin"), Some(origin));
    }
    let files = Server::start(&["--origin", "file://"]);
    let response = ask(&files, POLL, "Origin: file://\r\n");
    assert_eq!(response.header("access-control-allow-origin"), Some("file://"));
    ask(&files, POLL, "Origin: null\r\n").expect_code(4);
}

/// The answer to a page from `origin` that asks for `host`, and the log's hint.
fn asked(flags: &[&str], host: &str, origin: &str) -> (u16, Option<String>) {
    let server = Server::start(flags);
    let origin = if origin.is_empty() { String::new() } else { format!("Origin: {origin}\r\n") };
    let request = format!("GET {POLL} HTTP/1.1\r\nHost: {host}\r\n{origin}\r\n");
    let status = Wire::connect(&server).ask(request).status;
    if status == 200 {
        return (status, None);
    }
    server.wait_logged("hint=", 1);
    let log = server.log();
    let hint = log.split("hint=\"").nth(1).and_then(|rest| rest.split('"').next());
    (status, hint.map(str::to_owned))
}

/// The flags in a part of a hint, as a shell would pass them.
fn flags(part: &str) -> Vec<&str> {
    let from = part.find("--").unwrap_or(part.len());
    part[from..].split(' ').take(2).collect()
}

#[test]
fn what_the_log_advises_about_an_origin_or_a_host_works() {
    let long = &*format!("http://{}.example", "a".repeat(60));
    for (host, origin, status, parts) in [
        // Another page, and origins without a host.
        ("localhost:5000", "http://localhost:3000", 403, 1),
        ("localhost:5000", "file://", 403, 1),
        ("localhost:5000", "null", 403, 1),
        ("localhost", "chrome-extension://abcdef", 403, 1),
        ("localhost", "chat.example", 403, 1),
        ("localhost", "http://a b", 403, 1),
        // Our own page, behind nginx with its defaults; and an unknown name.
        ("127.0.0.1:5000", "http://chat.example", 403, 2),
        ("chat_server", "http://chat.example", 421, 2),
        // One way is enough if the names are long.
        ("127.0.0.1:5000", long, 403, 1),
        ("chat.example", "http://chat.example", 421, 1),
        ("chat.example", "", 421, 1),
    ] {
        let case = format!("{host} {origin}");
        let (refused, hint) = asked(&[], host, origin);
        assert_eq!(refused, status, "{case}");
        let hint = hint.expect("a hint");
        let all: Vec<&str> = hint.split(", or ").collect();
        assert_eq!(all.len(), parts, "{case}: {hint}");
        let last = all.last().expect("a part");
        let allowed = asked(&flags(last), host, origin);
        let is_host = last.starts_with("--host chat_server");
        assert_eq!(allowed.0, if is_host { 403 } else { 200 }, "{case}: {hint}");
        if parts == 2 {
            // The host that browsers ask for, instead of nginx's name for us.
            assert!(hint.starts_with("proxy_set_header Host $http_host in nginx"), "{hint}");
            let mut first = flags(all[0]);
            if is_host {
                let (_, hint) = asked(&[], "chat.example", origin);
                assert_eq!(hint.as_deref(), Some("--host chat.example"));
                first = vec!["--host", "chat.example"];
            }
            assert_eq!(asked(&first, "chat.example", origin).0, 200, "{case}: {hint}");
        }
    }
}

#[test]
fn an_origin_that_is_none_is_refused_at_the_start() {
    for (origin, why) in
        [("chat.example", "begins with its scheme"), ("https://chat.example/page", "no path")]
    {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mio-chat"))
            .args(["--origin", origin])
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_script_of_another_page_reads_nothing() {
    let server = Server::start(&[]);
    let script = "/socket.io/?EIO=3&transport=polling&j=0";
    // A page's script is loaded without an origin, but browsers tell the site of the page.
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
    // The public name is not enough.
    let public = super::engine::opened(&welcome, "sid");
    one.wire().get(&one.target.replace(&one.sid, &public)).expect_code(1);
    let mut ws: Ws = socket_io(&server);
    ws.send("40");
    assert!(!ws.text().contains(&one.sid));
}
