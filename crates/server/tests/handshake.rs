//! The application judges the request with which a client comes.

use mio_socketio::testing::{ConnectError, TestServer};
use mio_socketio::{
    Builder, Driver, EngineSettings, Events, Listen, Listening, Proxies, Server, WebResponse,
    Welcome,
};
use serde_json::Value;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Within this time everything here is over.
const PATIENCE: Duration = Duration::from_secs(60);

/// A visitor, by the cookie of their browser.
struct Visitor {
    name: String,
    _alive: Rc<()>,
}

#[derive(Default)]
struct State {
    /// One more for each visitor that is kept.
    alive: Rc<()>,
    seen: Vec<String>,
}

/// A server that lets in those with a cookie, from anywhere but 192.0.2.1.
fn builder() -> Builder<State> {
    Server::<State>::builder()
        .on_handshake(|cx, handshake| {
            let way = if handshake.is_websocket { "websocket" } else { "polling" };
            let (path, address) = (handshake.head.path, handshake.address);
            cx.state.seen.push(format!("{way} {path} {address}"));
            if address == IpAddr::from([192, 0, 2, 1]).into() {
                return Err(WebResponse::text(403, "not from there\n").header("X-Why", "address"));
            }
            let Some(name) = handshake.cookie("user") else {
                return Err(WebResponse::text(401, "who are you?\n"));
            };
            let visitor = Visitor { name: name.to_owned(), _alive: Rc::clone(&cx.state.alive) };
            Ok(Welcome::default().keep(visitor).header("Set-Cookie", "seen=1"))
        })
        .namespace("/", |events: Events<State>| {
            events
                .on_connect(|cx, connect| {
                    let name = connect.kept::<Visitor>().map_or("", |visitor| &visitor.name);
                    cx.emit(connect.socket, "welcome", (name,));
                    assert!(connect.kept::<String>().is_none(), "another type");
                    Ok(())
                })
                .on("who", |cx, event| {
                    let name = cx.kept::<Visitor>(event.socket).map(|it| it.name.clone());
                    cx.ack(event.ack, (name,));
                })
        })
        .websocket("/echo", |endpoint| {
            endpoint.on_open(|cx, socket| {
                let name = cx.kept::<Visitor>(socket).map_or(String::new(), |it| it.name.clone());
                cx.send_text(socket, &name);
            })
        })
}

fn kept(world: &TestServer<State>) -> usize {
    Rc::strong_count(&world.state().alive) - 1
}

#[test]
fn the_application_keeps_what_it_has_found_for_as_long_as_the_session_lasts() {
    let mut world = TestServer::new(builder().build(State::default()));
    let cookies = "other=1; user=alice; user=mallory";
    let alice = world.dial("/").header("Cookie", cookies).connect().expect("she is let in");
    assert_eq!(world.expect(alice, "welcome").args, ["alice"]);
    assert_eq!(world.call(alice, "who", ()).expect("an answer").args, ["alice"]);
    let bob = world.dial("/").header("Cookie", "user=\"bob\"").connect().expect("he is let in");
    assert_eq!(world.expect(bob, "welcome").args, ["bob"]);
    assert_eq!(kept(&world), 2);
    world.disconnect(alice);
    assert_eq!(kept(&world), 1);
    world.cut(bob);
    assert_eq!(kept(&world), 0);
}

#[test]
fn who_is_refused_gets_the_applications_answer_and_no_session() {
    let mut world = TestServer::new(builder().build(State::default()));
    let refused = world.connect("/", Value::Null).expect_err("there is no cookie");
    assert_eq!(refused, ConnectError::Status(401));
    let refused = world.connect_websocket("/echo").expect_err("there is no cookie");
    assert_eq!(refused, ConnectError::Status(401));
    let polled = world.get("/socket.io/?EIO=4&transport=polling");
    assert_eq!((polled.status, &*polled.body), (401, &b"who are you?\n"[..]));
    let seen = ["websocket /socket.io/", "websocket /echo", "polling /socket.io/"];
    assert_eq!(world.state().seen, seen.map(|it| format!("{it} 127.0.0.1")));
    assert_eq!(kept(&world), 0);
}

#[test]
fn the_address_is_the_clients_by_the_proxies_that_are_trusted() {
    let proxies = Proxies::new(["127.0.0.1/32".parse().expect("a network")]);
    let mut world = TestServer::new(builder().proxies(proxies).build(State::default()));
    let dial = world.dial("/").header("Cookie", "user=eve").header("X-Forwarded-For", "192.0.2.1");
    assert_eq!(dial.connect().expect_err("not from there"), ConnectError::Status(403));
    let dial = world.dial("/").header("Cookie", "user=eve").header("X-Forwarded-For", "192.0.2.2");
    let eve = dial.connect().expect("she is let in");
    assert_eq!(world.expect(eve, "welcome").args, ["eve"]);
}

/// Sends a request, and returns the head of the answer.
fn head(driver: &mut Driver<State>, address: SocketAddr, target: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nCookie: user=alice\r\n\
         Origin: http://localhost\r\n{more}\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    stream.set_nonblocking(true).expect("it is a socket");
    let (deadline, mut answer) = (Instant::now() + PATIENCE, Vec::new());
    loop {
        driver.turn().expect("a turn");
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            return head.to_owned();
        }
        assert!(Instant::now() < deadline, "no answer to {target}, but {text:?}");
    }
}

#[test]
fn headers_of_the_welcome_are_in_the_first_answer_only() {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listening = Listening::open(&Listen::default().http(vec![address.into()]));
    let listening = listening.expect("a port");
    let address = listening.http().first().and_then(|it| it.tcp()).expect("of TCP");
    let engine = EngineSettings::default().ping_interval_ms(50);
    let server = builder().engine(engine).build(State::default());
    let mut driver = listening.drive(server).expect("it is ready");
    let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for target in ["/echo", "/socket.io/?EIO=4&transport=websocket"] {
        let head = head(&mut driver, address, target, websocket);
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert_eq!(head.matches("Set-Cookie: seen=1").count(), 1, "{head}");
    }
    let polling = "/socket.io/?EIO=4&transport=polling";
    let first = head(&mut driver, address, polling, "");
    assert!(first.starts_with("HTTP/1.1 200 "), "{first}");
    assert_eq!(first.matches("Set-Cookie: seen=1").count(), 1, "{first}");
}

#[test]
fn the_application_hears_of_requests_that_the_server_refuses() {
    let builder = builder().on_connection_error(|cx, refused| {
        let (code, message, query) = (refused.code, refused.message, refused.head.query);
        cx.state.seen.push(format!("{code} {message} {query} {}", refused.address));
    });
    let mut world = TestServer::new(builder.build(State::default()));
    let cases = [
        ("EIO=4&transport=pigeon", "0 Transport unknown"),
        ("EIO=4&transport=polling&sid=nobody", "1 Session ID unknown"),
        ("EIO=4&transport=websocket", "3 Bad request"),
        ("EIO=9&transport=polling", "5 Unsupported protocol version"),
    ];
    for (query, _) in cases {
        assert_eq!(world.get(&format!("/socket.io/?{query}")).status, 400);
    }
    let dial = world.dial("/").header("Origin", "http://elsewhere.example");
    assert_eq!(dial.connect().expect_err("another page"), ConnectError::Status(403));
    let seen = world.state().seen.iter();
    let expected = cases.into_iter().map(|(query, why)| format!("{why} {query} 127.0.0.1"));
    let forbidden = "4 Forbidden EIO=4&transport=websocket 127.0.0.1".to_owned();
    assert!(
        seen.eq(expected.chain([forbidden]).collect::<Vec<_>>().iter()),
        "{:?}",
        world.state().seen
    );
}
