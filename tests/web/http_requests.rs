//! Requests and their answers (`docs/protocols.md`, "HTTP").

use super::client::{Door, Response, Server, Wire, post};

const HOST: &str = "Host: a\r\n";

/// The answer to a request that ends its connection; nothing may come after it.
fn refused(server: &Server, request: impl AsRef<[u8]>) -> u16 {
    let mut wire = Wire::connect(server);
    // The server may have ended the connection before it has read all.
    let _ = wire.try_send(&request);
    let response = wire.response();
    assert!(response.closes(), "{response:?}");
    wire.expect_end();
    response.status
}

fn all_refused(server: &Server, status: u16, head: &str, values: &[&str]) {
    for value in values {
        let request = head.replace("{}", value);
        assert_eq!(refused(server, &request), status, "{request:?}");
    }
}

#[test]
fn what_two_readers_could_disagree_about_is_refused() {
    let server = Server::start(&[]);
    let smuggled = "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let both = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
    ];
    all_refused(&server, 400, &format!("POST / HTTP/1.1\r\n{HOST}{{}}\r\n{smuggled}"), &both);
    let lengths = ["+5", "-1", "0x5", "5.0", "\"5\"", "1_0", "5,6", "", "5 5"];
    let head = format!("POST / HTTP/1.1\r\n{HOST}Content-Length: {{}}\r\n\r\nhello");
    all_refused(&server, 400, &head, &lengths);
    let codings = ["xchunked", "gzip", "identity", "x"];
    let head = format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: {{}}\r\n\r\n");
    all_refused(&server, 501, &head, &codings);
    all_refused(&server, 400, &head, &["chunked, gzip", "", "chunked,"]);
    all_refused(&server, 400, &head.replace("1.1", "1.0"), &["chunked"]);
    let head = format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{{}}\r\n");
    let sizes = ["FFFFFFFFFFFFFFFFF", "-1", "0x5", "5g", "+5", "", " 5"];
    all_refused(&server, 400, &head, &sizes);
    all_refused(&server, 413, &head, &["FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFF"]);
}

#[test]
fn a_request_without_a_clear_form_is_refused() {
    let server = Server::start(&[]);
    let fields = [
        "",
        "Host: a\r\nHost: a\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host:\r\n",
        "Host: a\r\nContent-Length : 0\r\n",
        "Host: a\r\nX\r\n",
        "Host: a\r\nX: a\0b\r\n",
        "Host: a\r\nX: a\x01b\r\n",
        "Host: a\r\nX\x01: b\r\n",
        "Host: a\r\n: b\r\n",
        "Host: a\r\nX: a\r\n folded\r\n",
        "Host: a\nX: a\r\n",
    ];
    all_refused(&server, 400, "GET / HTTP/1.1\r\n{}\r\n", &fields);
    let versions = ["HTTP/9.9", "HTTP/2.0"];
    all_refused(&server, 505, "GET / {}\r\nHost: a\r\n\r\n", &versions);
    let lines = [
        "GET / HTTP/x.y\r\nHost: a\r\n\r\n",
        "GET / HTTQ/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\n\r\n",
        "GET HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00",
        "hello, is this the chat?\r\n",
        "\u{7f}\u{80}\r\n\r\n",
    ];
    all_refused(&server, 400, "{}", &lines);
    assert_eq!(refused(&server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
}

#[test]
fn bodies_that_nobody_wants_are_not_requests() {
    let server = Server::start(&[]);
    let inner = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    for (method, status) in [("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("DELETE", 405)] {
        for target in ["/", "/socket.io/?EIO=4&transport=polling"] {
            let mut wire = Wire::connect(&server);
            let head = format!("{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
            let length = inner.len();
            wire.send(format!("{head}Content-Length: {length}\r\n\r\n{inner}"));
            let response = wire.head().expect("a response");
            let rest = wire.rest();
            if target == "/" {
                assert_eq!(response.status, status, "{method}");
            }
            assert!(!String::from_utf8_lossy(&rest).contains("HTTP/1.1 "), "{method} {target}");
        }
    }
    // A body in chunks is skipped too, and the next bytes are the next request.
    let mut wire = Wire::connect(&server);
    let chunked = "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
        5;x=y\r\nGET /\r\n0\r\nTrailer: x\r\n\r\n";
    assert_eq!(wire.ask(chunked).status, 200);
    assert_eq!(wire.get("/healthz").text(), "{\"status\":\"ok\"}\n");
}

#[test]
fn the_page_is_safe_and_so_are_all_answers() {
    let server = Server::start(&["--host", "*"]);
    let mut wire = Wire::connect(&server);
    let page = wire.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(!policy.contains('*'), "{policy}");
    assert!(page.header("set-cookie").is_none());
    // The requested host is in the page, and must stay a host there.
    for host in ["a\"<script>", "a<b", "a'b&c"] {
        let response =
            Wire::connect(&server).ask(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert!(!response.text().contains("<script>"), "{host}");
    }
    let head = head(&mut wire, "/");
    assert_eq!(head.status, 200);
    assert_eq!(head.headers, page.headers);
    // The connection is in step: the next answer is that of the next request.
    assert_eq!(wire.get("/healthz").text(), "{\"status\":\"ok\"}\n");
    assert_eq!(self::head(&mut wire, "/nowhere").status, 404);
    assert_eq!(self::head(&mut wire, "/socket.io/?EIO=4&transport=polling").status, 400);
    assert_eq!(wire.get("/nowhere").status, 404);
}

/// Bytes of the page and its files, as a browser that takes gzip gets them.
const PAGE_BYTES_MAX: usize = 80_000;

#[test]
fn the_page_is_sent_as_it_is_and_compressed_to_those_who_take_that() {
    let server = Server::start(&[]);
    let mut wire = Wire::connect(&server);
    let page = wire.get("/");
    let text = page.text();
    wire.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n");
    let zipped = wire.response();
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    let mut bytes = zipped.body.len();
    for path in text.split('"').filter(|path| path.starts_with("a/")) {
        let mut ask = |method: &str, headers: &str| {
            let request = format!("{method} /{path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
            wire.send(request);
            if method == "HEAD" { wire.head().expect("a response") } else { wire.response() }
        };
        let name = path.rsplit('/').next().expect("a name");
        let source = format!("{}/src/chat/page/{name}", env!("CARGO_MANIFEST_DIR"));
        let gzip = "Accept-Encoding: gzip, deflate, br\r\n";
        let (plain, zipped) = (ask("GET", ""), ask("GET", gzip));
        // Scripts and styles are put together from several.
        match std::fs::read(source) {
            Ok(source) => assert!(plain.body == source, "{path}"),
            Err(_) => assert!(["page.js", "page.css"].contains(&name), "{path}"),
        }
        let mut unzipped = Vec::new();
        let mut reader = flate2::read::GzDecoder::new(&zipped.body[..]);
        std::io::Read::read_to_end(&mut reader, &mut unzipped).expect("it is gzip");
        assert!(unzipped == plain.body, "{path}");
        assert_ne!(plain.header("etag"), zipped.header("etag"), "other bytes have another tag");
        // The clock may go on in between.
        let timeless = |response: &Response| {
            let headers = response.headers.iter().filter(|(name, _)| name != "date");
            headers.cloned().collect::<Vec<_>>()
        };
        assert_eq!(timeless(&ask("HEAD", "")), timeless(&plain));
        assert_eq!(timeless(&ask("HEAD", gzip)), timeless(&zipped));
        // A client with one form does not have the other.
        let tag = plain.header("etag").expect("a tag");
        assert_eq!(ask("GET", &format!("{gzip}If-None-Match: {tag}\r\n")).status, 200);
        let again = ask("GET", &format!("If-None-Match: {tag}\r\n"));
        assert_eq!((again.status, again.header("vary")), (304, Some("Accept-Encoding")));
        assert_eq!((again.header("etag"), again.header("content-encoding")), (Some(tag), None));
        bytes += zipped.body.len();
    }
    assert!(bytes <= PAGE_BYTES_MAX, "{bytes} bytes");
}

#[test]
fn the_page_and_its_files_are_kept_by_who_has_them() {
    let server = Server::start(&[]);
    let mut wire = Wire::connect(&server);
    let page = wire.get("/");
    let text = page.text();
    let files: Vec<&str> = text.split('"').filter(|path| path.starts_with("a/")).collect();
    assert!(files.len() >= 5, "{files:?}");
    let mut ask = |path: &str, headers: &str| {
        wire.ask(format!("GET /{path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n"))
    };
    for path in files {
        let plain = ask(path, "");
        assert_eq!(plain.status, 200, "{path}");
        let kept = plain.header("cache-control").expect("how long it is kept");
        assert_eq!(kept, "public, max-age=31536000, immutable");
        assert_eq!(plain.header("vary"), Some("Accept-Encoding"));
        assert_eq!(plain.header("content-encoding"), None);
        let zipped = ask(path, "Accept-Encoding: deflate, GZIP;q=0.5\r\n");
        assert_eq!(zipped.header("content-encoding"), Some("gzip"));
        assert!(zipped.body.starts_with(&[0x1f, 0x8b]), "{path}");
        for (response, coding) in [(plain, ""), (zipped, "Accept-Encoding: gzip\r\n")] {
            let tag = response.header("etag").expect("a tag");
            let again = ask(path, &format!("{coding}If-None-Match: \"x\", W/{tag}\r\n"));
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        }
        assert_eq!(ask(path, "If-None-Match: \"x\"\r\n").status, 200);
        assert_eq!(ask(path, "Accept-Encoding: gzip;q=0.000\r\n").header("content-encoding"), None);
    }
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let tag = page.header("etag").expect("a tag");
    assert_eq!(ask("", &format!("If-None-Match: {tag}\r\n")).status, 304);
    let zipped = ask("", "Accept-Encoding: gzip\r\n");
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert!(2 * zipped.body.len() < page.body.len() && zipped.header("etag") != Some(tag));
    let mut unzipped = String::new();
    let mut reader = flate2::read::GzDecoder::new(&zipped.body[..]);
    std::io::Read::read_to_string(&mut reader, &mut unzipped).expect("it is gzip");
    assert_eq!(unzipped, page.text());
    let again = ask("", "Accept-Encoding: gzip\r\n");
    assert!(again.body == zipped.body);
    assert_eq!(ask("a/00000000/page.js", "").status, 404);
    // By another name of this machine it is another page.
    let other = wire.ask("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n");
    assert!(other.body != zipped.body);
    let worker = wire.get("/sw.js");
    assert_eq!(worker.header("cache-control"), Some("no-cache"));
    let policy = worker.header("content-security-policy");
    assert_eq!(policy, Some("default-src 'none'; connect-src 'self'"));
}

fn head(wire: &mut Wire, target: &str) -> Response {
    wire.send(format!("HEAD {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
    wire.head().expect("a response")
}

#[test]
fn methods_that_are_not_for_here_are_refused_and_nothing_is_echoed() {
    let server = Server::start(&[]);
    let mut wire = Wire::connect(&server);
    for method in ["TRACE", "BREW", "get", "PROPFIND"] {
        for target in ["/", "/healthz", "/nowhere"] {
            let request = format!("{method} {target} HTTP/1.1\r\nHost: a\r\nX-Echo: zebra\r\n\r\n");
            let response = wire.ask(request);
            assert_eq!(response.status, 501, "{method} {target}");
            assert!(!response.text().contains("zebra"));
        }
    }
    let response = wire.ask("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n");
    assert_eq!(response.status, 501);
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let response = wire.ask(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(response.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
    for target in ["/", "/healthz"] {
        let response = wire.ask(format!("OPTIONS {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!((response.status, response.text()), (204, ""));
        assert_eq!(response.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
    assert_eq!(wire.post("/", "hello").status, 405);
    assert_eq!(wire.get("/healthz").status, 200);
}

#[test]
fn no_file_is_found_by_any_path() {
    let server = Server::start(&[]);
    let mut wire = Wire::connect(&server);
    let paths = [
        "/../Cargo.toml",
        "/./Cargo.toml",
        "/..%2fCargo.toml",
        "/%2e%2e/Cargo.toml",
        "/%2e%2e%2fCargo.toml",
        "/..%5cCargo.toml",
        "/..\\Cargo.toml",
        "//etc/passwd",
        "/a/../../etc/passwd",
        "/....//etc/passwd",
        "/%252e%252e/etc/passwd",
        "/%c0%ae%c0%ae/etc/passwd",
        "/etc/passwd%00",
        "/;/etc/passwd",
        "/a/",
        "/chat.db",
        "/mio-chat.db",
        "/Cargo.toml",
        "/.git/config",
        "/socket.io/../Cargo.toml",
        "/socket.io",
        "/SOCKET.IO/",
    ];
    for path in paths {
        let response = wire.get(path);
        assert!(matches!(response.status, 400 | 404), "{path}: {}", response.status);
        let text = String::from_utf8_lossy(&response.body).into_owned();
        assert!(!text.contains("[package]") && !text.contains("root:"), "{path}");
    }
    // A path with a host before it is a path.
    let request = "GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(wire.ask(request).status, 200);
    assert_eq!(refused(&server, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 421);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(&[]);
    let mut wire = Wire::connect(&server);
    let all: String = (0..20)
        .map(|at| {
            let target = if at % 2 == 0 { "/healthz" } else { "/" };
            format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
        })
        .collect();
    wire.send(&all);
    for at in 0..20 {
        let response = wire.response();
        assert_eq!(response.text().starts_with("{\"status\""), at % 2 == 0, "{at}");
    }
    // One byte at a time makes no difference; the last request closes, and nothing comes after it.
    let last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for byte in all[..2 * all.len() / 20].bytes().chain(last.bytes()) {
        wire.send([byte]);
    }
    wire.send(&all);
    for status in [200, 200, 200] {
        assert_eq!(wire.response().status, status);
    }
    wire.expect_end();
    // A client that ends its side gets its answers all the same.
    let mut wire = Wire::connect(&server);
    wire.send(&all);
    wire.half_close();
    (0..20).for_each(|_| assert_eq!(wire.response().status, 200));
    wire.expect_end();
    // A connection of HTTP/1.0 has one answer.
    let mut wire = Wire::connect(&server);
    wire.send("GET /healthz HTTP/1.0\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n");
    assert!(wire.response().closes());
    wire.expect_end();
}

#[test]
fn nothing_that_is_asked_becomes_a_header() {
    let server = Server::start(&["--origin", "*"]);
    let mut wire = Wire::connect(&server);
    let evil = "x%0d%0aSet-Cookie:%20a=b";
    let targets = [
        format!("/{evil}"),
        format!("//evil.example/{evil}"),
        format!("/socket.io/?EIO={evil}&transport={evil}&sid={evil}"),
        format!("/socket.io/?EIO=3&transport=polling&j={evil}"),
        format!("/?{evil}"),
    ];
    for target in targets {
        let response = wire.get(&target);
        assert!(response.header("set-cookie").is_none(), "{target}");
        assert!(response.header("location").is_none(), "{target}");
        assert!(!response.text().contains("\r\nSet-Cookie"), "{target}");
    }
    let request = "GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\rSet-Cookie: a=b\r\n\r\n";
    assert_eq!(refused(&server, request), 400);
}

#[test]
fn continue_is_said_before_a_body_and_not_after_a_refusal() {
    let server = Server::start(&[]);
    let mut wire = Wire::connect(&server);
    let expect = "Expect: 100-continue\r\n";
    let whole = post("/", expect, b"hello");
    wire.send(&whole[..whole.len() - 5]);
    assert_eq!(wire.head().expect("a response").status, 100);
    wire.send("hello");
    assert_eq!(wire.response().status, 405);
    let head = format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 1000001\r\n{expect}\r\n");
    assert_eq!(refused(&server, head), 413);
    let head = format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nExpect: more\r\n\r\n");
    assert_eq!(refused(&server, head), 417);
    assert!(Wire::to(server.http()).get("/healthz").status == 200);
}
