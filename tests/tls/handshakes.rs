//! Handshakes that are slow, broken or none.

use super::harness::{Client, DEADLINE, poll_until};
use super::secure::{NAME, Secure, SecureServer};
use fastrand::Rng;
use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it accepts");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline can be set");
    stream
}

/// The first bytes of a client.
fn hello(server: &SecureServer) -> Vec<u8> {
    let mut tls = server.trusts(&[]).connect(NAME).expect("a name");
    let mut hello = Vec::new();
    tls.receive(&mut [], &mut [], &mut hello).expect("nothing has come");
    hello
}

/// All bytes up to any end.
fn rest(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

fn failures(server: &SecureServer, reason: &str) -> u64 {
    server.metric(&format!("mio_chat_tls_handshake_failures_total{{reason=\"{reason}\"}}"))
}

#[test]
fn a_client_without_tls_is_told_what_the_door_speaks() {
    let server = SecureServer::start(&[]);
    let mut browser = connect(server.https());
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n";
    browser.write_all(request.as_bytes()).expect("it reads");
    let answer = String::from_utf8(rest(&browser)).expect("text");
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("speaks TLS"), "{answer}");
    let mut netcat = connect(server.tls());
    netcat.write_all(b"hello\n").expect("it reads");
    let answer = String::from_utf8(rest(&netcat)).expect("text");
    assert!(answer.starts_with("* this door speaks TLS"), "{answer}");
    assert_eq!(failures(&server, "plain"), 2);
}

#[test]
fn stalled_handshakes_are_cut_off_and_hinder_nobody() {
    let server = SecureServer::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let hello = hello(&server);
    let stalled: Vec<TcpStream> = (0..16)
        .map(|number| {
            let mut stream = connect(if number % 2 == 0 { server.tls() } else { server.https() });
            stream.write_all(&hello[..hello.len() * number / 20]).expect("it reads");
            stream
        })
        .collect();
    let began = Instant::now();
    let mut bob = server.guest();
    bob.send("in time\n");
    let told = alice.said();
    assert!(told.ends_with("in time"), "{told}");
    let told: Vec<Vec<u8>> = stalled.iter().map(rest).collect();
    assert!(told[0].starts_with(b"* this door speaks TLS"), "a person with netcat says nothing");
    assert!(told[1..].iter().all(Vec::is_empty), "nobody is greeted before the handshake");
    assert!(began.elapsed() >= Duration::from_secs(4), "they had their time");
    assert!(poll_until(DEADLINE, || failures(&server, "timeout") == 16));
    let came = alice.sync();
    assert!(came.is_empty(), "nobody else has come or gone: {came:?}");
}

#[test]
fn a_handshake_in_single_bytes_is_one() {
    let server = SecureServer::start(&[]);
    let mut stream = connect(server.tls());
    stream.set_nodelay(true).expect("small segments can be sent");
    for byte in hello(&server) {
        stream.write_all(&[byte]).expect("it reads");
    }
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer[0], 22, "a record of the handshake");
}

#[test]
fn what_is_broken_is_answered_with_an_alert_and_counted() {
    let server = SecureServer::start(&[]);
    let hello = hello(&server);
    let huge = [&[22, 3, 1, 0xff, 0xff][..], &[1; 70_000]].concat();
    let mut torn = hello.clone();
    torn[9..20].fill(0xff);
    let old =
        [&[22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1][..], &[7; 32], &[0, 0, 2, 0, 47, 1, 0]].concat();
    // Two hellos are one too many.
    let twice = [&hello[..], &hello[..]].concat();
    // An empty record of a handshake, again and again.
    let empty = [22, 3, 1, 0, 0].repeat(2_000);
    for (bytes, what) in
        [(huge, "huge"), (torn, "torn"), (old, "old"), (twice, "twice"), (empty, "empty")]
    {
        let mut stream = connect(server.tls());
        // It may hang up before it has read all of it.
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(Shutdown::Write);
        rest(&stream);
        assert!(server.guest().tls.is_open(), "{what}");
    }
    assert!(failures(&server, "malformed") >= 2, "malformed");
    assert_eq!(failures(&server, "incompatible"), 1, "without extensions it is of TLS 1.1");
    let mut left = connect(server.tls());
    left.write_all(&hello).expect("it reads");
    drop(left);
    assert!(poll_until(DEADLINE, || failures(&server, "left") >= 1));
}

#[test]
fn random_bytes_after_a_good_beginning_harm_nobody() {
    let server = SecureServer::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut random = Rng::with_seed(15);
    let hello = hello(&server);
    for _ in 0..60 {
        let mut stream = connect(if random.bool() { server.tls() } else { server.https() });
        let mut bytes = hello.clone();
        for _ in 0..random.usize(0..4) {
            let at = random.usize(0..bytes.len());
            bytes[at] = random.u8(..);
        }
        bytes.truncate(random.usize(1..=hello.len()));
        bytes.extend((0..random.usize(0..3_000)).map(|_| random.u8(..)));
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(Shutdown::Write);
        rest(&stream);
    }
    // Random bytes in the middle of a conversation.
    for _ in 0..20 {
        let mut guest = server.guest();
        let bytes: Vec<u8> = (0..random.usize(1..400)).map(|_| random.u8(..)).collect();
        let _ = guest.stream.write_all(&[&[23, 3, 3, 0, 60][..], &bytes].concat());
        let _ = guest.stream.shutdown(Shutdown::Write);
        while guest.read() == Ok(true) {}
    }
    alice.send("unharmed\n");
    alice.sync();
    let mut bob = server.guest();
    bob.send("so am I\n");
    assert!(alice.said().ends_with("so am I"));
}

#[test]
fn records_without_text_do_not_hold_up_the_loop() {
    let server = SecureServer::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = server.guest();
    // Records with nothing in them, as many as fit.
    let mut records = Vec::new();
    for _ in 0..20_000 {
        let mut one = Vec::new();
        bob.tls.send(b"\n", &mut one).expect("it is open");
        records.extend(one);
    }
    let _ = bob.stream.write_all(&records);
    let began = Instant::now();
    alice.sync();
    assert!(began.elapsed() < DEADLINE);
    drop(bob);
}

#[test]
fn a_client_that_asks_for_another_protocol_is_refused() {
    let server = SecureServer::start(&[]);
    assert!(Secure::connect(server.https(), &server.trusts(&["h2"])).is_err());
    assert!(Secure::connect(server.https(), &server.trusts(&["h2", "http/1.1"])).is_ok());
    assert!(Secure::connect(server.https(), &server.trusts(&[])).is_ok());
}

/// An address of this machine that is not the loopback's, as others see it; `None` without one.
/// (Connecting a datagram socket sends nothing.)
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(("192.0.2.1", 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

#[test]
fn half_handshakes_count_as_connections_of_their_address() {
    let Some(ip) = own_address() else { return };
    let address = format!("{ip}:0");
    let server = SecureServer::start(&["--https", &address, "--per-address", "5"]);
    let log = server.log();
    let place = format!("web      https://{ip}:");
    let port = log.lines().find_map(|line| line.trim().strip_prefix(&place));
    let port: u16 = port.and_then(|port| port.strip_suffix('/')?.parse().ok()).expect("a port");
    let hello = hello(&server);
    let all: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = connect((ip, port).into());
            let _ = stream.write_all(&hello[..hello.len() / 2]);
            stream
        })
        .collect();
    let refused = "mio_chat_refused_total{reason=\"connections\"}";
    assert!(poll_until(DEADLINE, || server.metric(refused) == 15), "{}", server.metric(refused));
    let began = Instant::now();
    assert!(server.guest().tls.is_open(), "others come in");
    assert!(began.elapsed() < DEADLINE);
    drop(all);
}

/// The beginning of a record of a handshake that is never whole.
fn half_record() -> Vec<u8> {
    [&[22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc][..], &[3; 16_000]].concat()
}

/// Nobody is told anything meanwhile, so no output makes the server look at these connections.
#[test]
fn records_that_are_not_whole_count_as_memory_at_once() {
    let server = SecureServer::start(&["--max-memory", "1M"]);
    let mut alice = Client::named(&server, "alice");
    let mut guests: Vec<Secure> = (0..100).map(|_| server.guest()).collect();
    for guest in &mut guests {
        let _ = guest.stream.write_all(&[&[23, 3, 3, 0x40, 0][..], &[7; 15_000]].concat());
    }
    assert!(poll_until(DEADLINE, || server.logged("reason=memory") > 0), "{}", server.log());
    alice.send("still here\n");
    alice.sync();
}

#[test]
fn handshakes_that_hold_too_much_memory_are_closed_and_nobody_else() {
    let server = SecureServer::start(&["--max-memory", "1M"]);
    let mut alice = Client::named(&server, "alice");
    let half = half_record();
    let all: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = connect(server.https());
            let _ = stream.write_all(&half);
            stream
        })
        .collect();
    assert!(poll_until(DEADLINE, || server.logged("reason=memory") > 10), "{}", server.log());
    alice.send("still here\n");
    alice.sync();
    assert_eq!(server.logged("disconnect ip=127.0.0.1"), 0, "{}", server.log());
    drop(all);
}
