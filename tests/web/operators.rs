//! Requests of operators: metrics, health, readiness; and clients that may not send them.

use super::client::{Client, DEADLINE, Response, Server, Wire, poll_until};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

fn ask(server: &Server, line: &str, headers: &str) -> Response {
    Wire::connect(server).ask(format!("{line}\r\n{headers}\r\n"))
}

/// The address of a server's separate door for metrics.
fn metrics_of(server: &Server) -> SocketAddr {
    let log = server.log();
    let told = log.lines().find_map(|line| line.strip_prefix("  metrics  http://"));
    let address = told.and_then(|line| line.strip_suffix("/metrics"));
    address.expect("the banner tells the address").parse().expect("an address")
}

const GET: &str = "GET /metrics HTTP/1.1";

#[test]
fn metrics_are_for_this_machine_and_for_nobody_behind_a_proxy_on_it() {
    let server = Server::start(&[]);
    for host in ["localhost", "127.0.0.1:5000", "[::1]", "app.localhost"] {
        assert_eq!(ask(&server, GET, &format!("Host: {host}\r\n")).status, 200, "{host}");
    }
    for headers in [
        "X-Forwarded-For: 203.0.113.9",
        "X-Forwarded-For: 127.0.0.1",
        "x-forwarded-proto: https",
        "X-Forwarded-Host: localhost",
        "X-Forwarded-Anything: 1",
        "Forwarded: for=127.0.0.1",
        "Via: 1.1 proxy",
        "X-Real-IP: 127.0.0.1",
    ] {
        let response = ask(&server, GET, &format!("Host: localhost\r\n{headers}\r\n"));
        assert_eq!(response.status, 404, "{headers}");
    }
    // As nginx sends them with nothing but proxy_pass.
    let nginx = "Host: 127.0.0.1:5000\r\nConnection: close\r\n";
    assert_eq!(ask(&server, "GET /metrics HTTP/1.0", nginx).status, 404);
    assert_eq!(ask(&server, "GET /metrics HTTP/1.0", "").status, 404);
    // The server's own name, used from elsewhere; an address of another network.
    assert_eq!(ask(&server, GET, "Host: a\r\n").status, 404);
    assert_eq!(ask(&server, GET, "Host: 192.0.2.1\r\n").status, 404);
    // A proxy that says so before the request.
    for client in ["203.0.113.9", "127.0.0.1"] {
        let proxied = format!("PROXY TCP4 {client} 127.0.0.1 1 2\r\n{GET}");
        assert_eq!(ask(&server, &proxied, "Host: localhost\r\n").status, 404);
    }
    let open = Server::start(&["--open-metrics"]);
    assert_eq!(ask(&open, GET, "Host: a\r\nX-Forwarded-For: 203.0.113.9\r\n").status, 200);
}

#[test]
fn metrics_with_a_door_of_their_own_are_there_and_nowhere_else() {
    let server = Server::start(&["--metrics", "127.0.0.1:0", "--open-metrics"]);
    let at = metrics_of(&server);
    assert_eq!(Wire::connect(&server).metrics().status, 404);
    let mut wire = Wire::to(at);
    let metrics = wire.get_with("/metrics", "X-Forwarded-For: 203.0.113.9\r\n");
    assert!(metrics.text().contains("\nmio_chat_sessions 0\n"), "{metrics:?}");
    assert_eq!(wire.get("/healthz").text(), "{\"status\":\"ok\"}\n");
    assert_eq!(wire.get("/readyz").text(), "{\"status\":\"ready\"}\n");
    for target in ["/", "/ws", "/socket.io/?EIO=4&transport=polling", "/metrics/"] {
        assert_eq!(wire.get(target).status, 404, "{target}");
    }
    assert_eq!(Wire::to(at).post("/metrics", "x").status, 405);
    // A foreign name that points here opens nothing here either.
    let rebound = "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert_eq!(Wire::to(at).ask(rebound).status, 421);
    assert_eq!(Wire::connect(&server).get("/readyz").text(), "{\"status\":\"ready\"}\n");
    let closed = Server::start(&["--metrics", "none"]);
    assert_eq!(Wire::connect(&closed).metrics().status, 404);
}

#[test]
fn whoever_runs_a_full_server_can_see_that_it_is() {
    let server = Server::start(&["--metrics", "127.0.0.1:0", "--max-clients", "2"]);
    let at = metrics_of(&server);
    // These come first, and take no client's place.
    let mut waiting: Vec<Wire> = (0..3).map(|_| Wire::to(at)).collect();
    assert_eq!(waiting.iter_mut().map(|wire| wire.get("/healthz").status).max(), Some(200));
    let mut clients = [Client::guest(&server), Client::guest(&server)];
    let mut late = Client::connect(&server);
    assert_eq!(late.line(), "* server is full, please come back later");
    for _ in 0..3 {
        let metrics = Wire::to(at).get("/metrics");
        assert!(metrics.text().contains("\nmio_chat_sessions 2\n"), "{metrics:?}");
    }
    // There is a limit here, too, and it takes no client's place either.
    waiting.extend((0..20).map(|_| Wire::to(at)));
    let statuses = waiting.iter_mut().filter_map(|wire| {
        let _ = wire.try_send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        wire.try_response().map(|response| response.status)
    });
    let statuses: Vec<u16> = statuses.collect();
    assert!(statuses.contains(&200) && statuses.contains(&503), "{statuses:?}");
    clients[0].send("hello\n");
    clients[1].expect_said(&format!("<{}> hello", clients[0].nick()));
    // Their places are free again after they have gone.
    drop(waiting);
    assert!(poll_until(DEADLINE, || {
        let mut wire = Wire::to(at);
        let _ = wire.try_send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        wire.try_response().is_some_and(|response| response.status == 200)
    }));
}

#[test]
fn a_full_server_answers_those_who_probe_it() {
    let server = Server::start(&["--max-clients", "2"]);
    let mut clients = [Client::guest(&server), Client::guest(&server)];
    for _ in 0..20 {
        let mut wire = Wire::connect(&server);
        let health = wire.get("/healthz");
        assert_eq!((health.status, health.text()), (200, "{\"status\":\"ok\"}\n"));
        assert!(health.closes());
        let metrics = Wire::connect(&server).metrics();
        assert!(metrics.text().contains("\nmio_chat_sessions 2\n"), "{metrics:?}");
    }
    // Nothing else is served in this way, nor a WebSocket.
    for target in ["/", "/ws", "/nowhere", "/socket.io/?EIO=4&transport=polling"] {
        let refused = Wire::connect(&server).get(target);
        assert_eq!((refused.status, refused.text()), (503, "server is full\n"), "{target}");
        assert!(refused.header("retry-after").is_some());
    }
    let mut late = Client::connect(&server);
    assert_eq!(late.line(), "* server is full, please come back later");
    // Clients that come and send nothing take these places for a moment, and no client's place.
    let silent: Vec<Wire> = (0..20).map(|_| Wire::connect(&server)).collect();
    clients[0].send("hello\n");
    clients[1].expect_said(&format!("<{}> hello", clients[0].nick()));
    clients[0].send("/quit\n");
    assert!(poll_until(DEADLINE, || {
        let mut next = Client::connect(&server);
        next.line() != "* server is full, please come back later"
    }));
    drop(silent);
    assert!(server.log().contains("reason=server-full"));
}

#[test]
fn nobody_holds_the_places_for_those_who_probe_a_full_server() {
    let server = Server::start(&["--max-clients", "2"]);
    let _clients = [Client::guest(&server), Client::guest(&server)];
    // A body is not waited for, in any framing.
    for framing in ["Content-Length: 999999", "Transfer-Encoding: chunked"] {
        for _ in 0..8 {
            let mut wire = Wire::connect(&server);
            wire.send(format!("POST /healthz HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\nx"));
            let refused = wire.response();
            assert!(refused.status == 413 && refused.closes(), "{refused:?}");
        }
    }
    // Nor is the rest of a head, even if a little of it keeps coming.
    let mut slow: Vec<Wire> = (0..8).map(|_| Wire::connect(&server)).collect();
    slow.iter_mut().for_each(|wire| wire.send("GET /healthz HTTP/1.1\r\nHost: a\r\nX: "));
    let start = Instant::now();
    while !slow.is_empty() {
        assert!(start.elapsed() < Duration::from_secs(6), "{} are still here", slow.len());
        std::thread::sleep(Duration::from_millis(100));
        slow.retain_mut(|wire| wire.try_send("x").is_ok());
    }
    assert_eq!(Wire::connect(&server).get("/healthz").status, 200);
}

/// The families in a text in Prometheus' plain format, each with the names of its samples,
/// according to the format's rules: each has a help and a type before its samples, which stand
/// together.
fn families(text: &str) -> Vec<(String, Vec<String>)> {
    let mut families: Vec<(String, String, Vec<String>)> = Vec::new();
    let mut helped = String::new();
    for line in text.lines() {
        assert!(!line.is_empty() && !line.contains("EOF") && !line.starts_with("# UNIT"), "{line}");
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split_once(' ').expect("a help has words").0.to_owned();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type");
            assert_eq!(helped, name, "a help comes before its type");
            assert!(families.iter().all(|(other, ..)| other != name), "{name} is there once");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name} {kind}");
            families.push((name.to_owned(), kind.to_owned(), Vec::new()));
        } else {
            let (name, value) = line.rsplit_once(' ').expect("a sample");
            value.parse::<f64>().expect("a number");
            let bare = name.split('{').next().expect("a name");
            let (family, kind, samples) = families.last_mut().expect("a type before its samples");
            let ending = bare.strip_prefix(family.as_str()).expect("a sample of its family");
            let is_histogram = kind == "histogram";
            assert_eq!(is_histogram, ["_bucket", "_sum", "_count"].contains(&ending), "{name}");
            assert!(is_histogram || ending.is_empty(), "{name} in {family}");
            samples.push(name.to_owned());
        }
    }
    families.into_iter().map(|(name, _, samples)| (name, samples)).collect()
}

#[test]
fn all_metrics_are_there_from_the_start_in_the_format_that_is_asked_for() {
    let server = Server::start(&[]);
    let metrics = Wire::connect(&server).metrics();
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let families = families(metrics.text());
    let samples: Vec<&String> = families.iter().flat_map(|(_, samples)| samples).collect();
    for name in [
        concat!("mio_chat_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}"),
        "mio_chat_disconnects_total{reason=\"slow-client\"}",
        "mio_chat_refused_total{reason=\"server-full\"}",
        "mio_chat_refused_total{reason=\"origin\"}",
        "mio_chat_refused_total{reason=\"connections\"}",
        "mio_chat_clients{door=\"eio3-polling\"}",
        "mio_chat_clients_max",
        "mio_chat_held_bytes_max",
        "process_cpu_seconds_total",
        "process_start_time_seconds",
        "process_max_fds",
    ] {
        assert!(samples.iter().any(|sample| *sample == name), "{name} in {samples:?}");
    }
    assert!(families.iter().all(|(_, samples)| !samples.is_empty()), "{families:?}");
    let wants = "Host: localhost\r\nAccept: application/openmetrics-text; version=1.0.0\r\n";
    let open = ask(&server, GET, wants);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(open.header("content-type"), Some(kind));
    assert!(open.text().ends_with("# EOF\n"));
    assert!(open.text().contains("\n# TYPE process_cpu_seconds counter\n"));
}

#[test]
fn what_is_refused_is_joined_to_its_connection() {
    let server = Server::start(&["--log", "debug"]);
    let mut wire = Wire::connect(&server);
    assert_eq!(wire.ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status, 400);
    assert!(poll_until(DEADLINE, || server.log().contains(" refused ip=")));
    let log = server.log();
    let of = |what: &str| {
        let line = log.lines().find(|line| line.contains(what)).expect("a line");
        let (_, id) = line.split_once(" connection=").expect("it names the connection");
        id.split(' ').next().expect("an id").to_owned()
    };
    assert_eq!(of(" refused ip="), of(" connect ip="));
}
