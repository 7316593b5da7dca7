//! Proxies that pass on a client's TLS, and write a header before it.

use super::harness::{DEADLINE, poll_until};
use super::secure::{Secure, SecureServer};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

const HEADER: &[u8] = b"PROXY TCP4 203.0.113.9 127.0.0.1 56324 5443\r\n";
const POLL: &str = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n";

/// Version 2 of the same header.
fn binary() -> Vec<u8> {
    let rest = [0x21, 0x11, 0, 12, 203, 0, 113, 9, 127, 0, 0, 1, 0xdc, 4, 0x15, 0x43];
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &rest].concat()
}

/// A connection on which these bytes were sent, in two pieces.
fn after(address: SocketAddr, bytes: &[u8], at: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("it accepts");
    stream.set_nodelay(true).expect("small segments can be sent");
    for piece in [&bytes[..at], &bytes[at..]] {
        stream.write_all(piece).expect("the server reads");
    }
    stream
}

#[test]
fn a_header_before_tls_tells_whose_connection_it_is_at_every_cut() {
    let server = SecureServer::start(&[]);
    let mut count = 0;
    for header in [HEADER, &binary()] {
        for at in 0..=header.len() {
            let stream = after(server.tls(), header, at);
            let mut guest = Secure::over(stream, &server.trusts(&[])).expect("it lets in");
            guest.skip_to("* /nick NAME");
            // A second header is what a person says.
            guest.send("PROXY TCP4 198.51.100.1 127.0.0.1 1 2\n/who\n");
            guest.skip_to("* in #lobby");
            guest.end();
            guest.rest();
            count += 1;
        }
        let trusts = server.trusts(&["http/1.1"]);
        let stream = after(server.https(), header, 0);
        let mut client = Secure::over(stream, &trusts).expect("it lets in");
        client.send(POLL);
        client.skip_to("HTTP/1.1 200");
    }
    server.wait_logged("disconnect ip=203.0.113.9 … door=line", count);
    server.wait_logged("connect ip=203.0.113.9 … door=eio4-polling", 2);
    assert_eq!(server.logged("ip=198.51.100.1"), 0);
}

#[test]
fn a_header_of_somebody_who_is_not_trusted_says_nothing() {
    let server = SecureServer::start(&["--trust-proxy", "none"]);
    for header in [HEADER, &binary()] {
        let stream = after(server.tls(), header, 5);
        let mut guest = Secure::over(stream, &server.trusts(&[])).expect("it lets in");
        guest.skip_to("* /nick NAME");
        let stream = after(server.https(), header, 5);
        let trusts = server.trusts(&["http/1.1"]);
        let mut client = Secure::over(stream, &trusts).expect("it lets in");
        client.send(POLL);
        client.skip_to("HTTP/1.1 400");
    }
    server.wait_logged("connect ip=127.0.0.1 … door=line", 2);
    assert_eq!(server.logged("203.0.113.9"), 0);
}

#[test]
fn a_header_that_cannot_be_read_is_no_tls() {
    let server = SecureServer::start(&[]);
    let mut stream = after(server.https(), b"PROXY TCP4 nonsense\r\n", 7);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it ends");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// An address that begins handshakes and does not end them has no more of them than it may have
/// connections, and no part of the others'.
#[test]
fn handshakes_behind_a_proxy_count_for_the_client_that_it_names() {
    let server = SecureServer::start(&["--per-address", "5"]);
    let half = [HEADER, &[22, 3, 1, 2, 0, 1, 0, 1]].concat();
    let all: Vec<TcpStream> = (0..20).map(|at| after(server.tls(), &half, at)).collect();
    let refused = "mio_chat_refused_total{reason=\"connections\"}";
    let counts = || server.metric(refused);
    assert!(poll_until(DEADLINE, || counts() == 15), "{} refused", counts());
    let other = b"PROXY TCP4 198.51.100.7 127.0.0.1 56324 5443\r\n";
    let mut guest = Secure::over(after(server.tls(), other, 0), &server.trusts(&[])).expect("in");
    guest.skip_to("* /nick NAME");
    drop(all);
}
