//! The line door after a TCP proxy: the client's address, and bytes that never reach a room.

use super::harness::{Client, Server};

const HEADER: &[u8] = b"PROXY TCP4 203.0.113.9 127.0.0.1 56324 55555\r\n";
const HINT: &str = "hint=\"--trust-proxy 127.0.0.1\"";

/// Version 2 of the same header, with a TLV.
fn binary() -> Vec<u8> {
    let rest = [0x21, 0x11, 0, 17, 203, 0, 113, 9, 127, 0, 0, 1, 0xdc, 4, 0xd9, 3, 4, 0, 2, 9, 9];
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &rest].concat()
}

/// Sends `bytes` cut at `at`, and reads the greeting.
fn cut(server: &Server, bytes: &[u8], at: usize) -> Client {
    let client = Client::connect(server);
    let (first, second) = bytes.split_at(at);
    client.send(first);
    client.send(second);
    client.greeted()
}

/// Expects that bob has received only comings and goings.
fn expect_no_talk(bob: &mut Client) {
    let heard = bob.sync();
    assert!(heard.iter().all(|line| line.starts_with("* ")), "{heard:?}");
}

/// The connection ends, perhaps after a greeting, because a busy test may be late.
fn is_turned_away(client: &mut Client) {
    let told = client.rest();
    assert!(told.iter().all(|line| line.starts_with("* ")), "{told:?}");
}

#[test]
fn a_proxy_on_this_machine_tells_whose_connection_it_is() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut count = 0;
    for header in [HEADER, &binary()] {
        for at in 0..=header.len() {
            let mut client = cut(&server, header, at);
            client.sync();
            count += 1;
        }
    }
    server.wait_logged("disconnect ip=203.0.113.9 … door=line", count);
    expect_no_talk(&mut bob);
    // Bytes that come with the header are a message.
    let client = Client::connect(&server);
    client.send([HEADER, b"/nick alice\nhello\n"].concat());
    bob.expect_said("<alice> hello");
    // A header whose client is unknown.
    let client = Client::connect(&server);
    client.send("PROXY UNKNOWN\r\n");
    client.greeted();
    server.wait_logged("connect ip=127.0.0.1 … door=line", 2);
    expect_no_talk(&mut bob);
}

#[test]
fn who_is_not_believed_is_heard_without_the_header() {
    let server = Server::start(&["--trust-proxy", "none"]);
    let mut bob = Client::named(&server, "bob");
    for header in [HEADER, &binary()] {
        for at in 0..=header.len() {
            let mut client = cut(&server, header, at);
            client.sync();
        }
    }
    expect_no_talk(&mut bob);
    server.wait_logged(HINT, 1);
    assert_eq!(server.logged(HINT), 1);
    assert_eq!(server.logged("203.0.113.9"), 0);
    let alice = Client::connect(&server);
    alice.send([HEADER, b"/nick alice\nhello\n"].concat());
    bob.expect_said("<alice> hello");
    // Only the very first bytes; later they are a person's line.
    alice.send(HEADER);
    bob.expect_said("<alice> PROXY TCP4 203.0.113.9 127.0.0.1 56324 55555");
    alice.send("PROXY servers are fun\n");
    bob.expect_said("<alice> PROXY servers are fun");
}

#[test]
fn a_header_with_a_mistake_ends_the_connection() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    for header in [
        &b"PROXY TCP4 203.0.113.9 127.0.0.1 x 55555\r\nsaid\n"[..],
        b"PROXY TCP6 203.0.113.9 127.0.0.1 1 55555\r\nsaid\n",
        b"\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0said\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
    ] {
        let mut client = Client::connect(&server);
        client.send(header);
        is_turned_away(&mut client);
    }
    server.wait_logged("hint=\"a PROXY header that cannot be read\"", 4);
    // A header that ends in the middle, and one that never ends.
    let mut client = Client::connect(&server);
    client.send(&HEADER[..20]);
    client.half_close();
    is_turned_away(&mut client);
    let mut client = Client::connect(&server);
    client.send(&HEADER[..20]);
    is_turned_away(&mut client);
    expect_no_talk(&mut bob);
}

#[test]
fn a_person_on_this_machine_is_greeted_as_ever() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    // A client that sends first needs no header.
    for first in ["PROXY servers are fun\n", "hello\n", "P\n", "\r\nhi\n"] {
        let client = Client::connect(&server);
        client.send(first);
        let client = client.greeted();
        let nick = client.nick();
        bob.expect_said(&format!("<{nick}> {}", first.trim()));
    }
    // A client that comes and goes without a word was here.
    let client = Client::connect(&server);
    client.half_close();
    client.greeted();
    server.wait_logged("disconnect ip=127.0.0.1 … door=line", 5);
}

#[test]
fn a_proxy_that_only_looks_is_nobody() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    for _ in 0..3 {
        let mut probe = Client::connect(&server);
        probe.send(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
        probe.half_close();
        is_turned_away(&mut probe);
    }
    // Balancers without headers check like this: they come and are gone.
    Client::connect(&server).reset();
    expect_no_talk(&mut bob);
    let client = Client::connect(&server);
    client.send(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0hi\n");
    let client = client.greeted();
    bob.expect_said(&format!("<{}> hi", client.nick()));
}

#[test]
fn a_relay_takes_the_header_off_too() {
    for (flags, is_believed) in
        [(&["--plain"][..], true), (&["--plain", "--trust-proxy=none"], false)]
    {
        let server = Server::start(flags);
        let mut bob = Client::connect(&server);
        for header in [HEADER, &binary()] {
            let client = Client::connect(&server);
            client.send([header, b"\x00\xffhello\n"].concat());
            assert_eq!(bob.bytes_line().as_deref(), Some(&b"\x00\xffhello"[..]));
        }
        server.wait_logged("disconnect ip=", 2);
        let told = server.logged("disconnect ip=203.0.113.9");
        assert_eq!(told, if is_believed { 2 } else { 0 }, "{}", server.log());
    }
}
