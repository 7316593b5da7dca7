//! Other protocols at the line door: HTTP, TLS, telnet (`docs/protocols.md`, "The line door").

use super::harness::{Client, Server};
use rustix::process::Signal;
use socket2::SockRef;

const HEADERS: &str =
    "Host: chat.example\r\nCookie: secret=1\r\nContent-Length: 9\r\n\r\nbody line";

/// Sends a request and expects one line in answer, the end, and silence in the room.
fn is_turned_away(server: &Server, bob: &mut Client, line: &str) {
    let mut browser = Client::guest(server);
    browser.send(format!("{line}\r\n{HEADERS}"));
    let told = browser.rest();
    assert_eq!(told.len(), 1, "one line for {line:?}, not {told:?}");
    assert!(told[0].starts_with("* "), "{told:?}");
    bob.skip_to(&format!("* {} left", browser.nick()));
}

#[test]
fn an_http_request_gets_one_line_and_nothing_of_it_is_relayed() {
    // A server for each, or the notices of coming and going would be gathered.
    for line in [
        "GET /chat HTTP/1.1",
        "get / HTTP/1.1",
        "HEAD /chat HTTP/1.1",
        "POST /chat HTTP/1.1",
        "OPTIONS * HTTP/1.0",
        "CONNECT chat.example:443 HTTP/1.1",
        "PRI * HTTP/2.0",
        // With a hyphen, as some in IANA's registry have.
        "VERSION-CONTROL / HTTP/1.1",
    ] {
        let server = Server::start(&[]);
        let mut bob = Client::named(&server, "bob");
        is_turned_away(&server, &mut bob, line);
        server.wait_logged("reason=protocol-error", 1);
        // Nothing was said in all that time.
        let carol = Client::named(&server, "carol");
        carol.send("quiet here\n");
        bob.expect_said("<carol> quiet here");
    }
}

#[test]
fn a_room_hears_nothing_of_the_headers_and_the_body_of_a_request() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut browser = Client::guest(&server);
    browser.send(format!("POST / HTTP/1.1\r\n{HEADERS}\r\nanother\r\n"));
    browser.rest();
    let lines = bob.sync();
    let about = |line: &String| line.starts_with("* ") && line.contains(browser.nick());
    assert!(lines.iter().all(about), "{lines:?}");
}

#[test]
fn a_request_with_a_target_beyond_the_longest_line_is_not_relayed_either() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut browser = Client::guest(&server);
    browser.send(format!("GET /{} HTTP/1.1\r\n{HEADERS}", "x".repeat(5000)));
    browser.half_close();
    browser.rest();
    // Neither the target nor a header is shown: only that the browser came and left.
    let lines = bob.sync();
    let said: Vec<_> = lines.iter().filter(|line| !line.starts_with("* ")).collect();
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn words_that_begin_like_a_request_are_said() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::connect(&server);
    alice.send("GET a life\nGET / HTTP/1.1\n");
    let alice = alice.greeted();
    bob.expect_said(&format!("<{}> GET a life", alice.nick()));
    // Only the first line tells the kind of client.
    bob.expect_said(&format!("<{}> GET / HTTP/1.1", alice.nick()));
}

#[test]
fn a_tls_hello_is_closed_at_once_with_a_hint_in_the_log() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    for cut in [0, 1, 2, 5] {
        let mut browser = Client::guest(&server);
        let mut hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec();
        hello.extend(b"\nnot a message\n".repeat(8));
        browser.send(&hello[..cut]);
        bob.sync();
        browser.send(&hello[cut..]);
        assert_eq!(browser.rest(), Vec::<String>::new());
    }
    server.wait_logged("hint=\"TLS", 4);
    let carol = Client::named(&server, "carol");
    carol.send("quiet here\n");
    bob.expect_said("<carol> quiet here");
}

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const DM: u8 = 242;
const IP: u8 = 244;
const SE: u8 = 240;

#[test]
fn telnet_options_are_refused_once_and_never_reach_the_room() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut telnet = Client::named(&server, "tel");
    let offers = [IAC, DO, 1, IAC, WILL, 31, IAC, DONT, 3, IAC, WONT, 24];
    for byte in offers {
        telnet.send([byte]);
    }
    assert_eq!(telnet.bytes(6), [IAC, WONT, 1, IAC, DONT, 31]);
    telnet.send([IAC, SB, 31, 0, 80, 0, 24, IAC, SE]);
    telnet.send(b"hel\xff\xf1lo\r\0");
    bob.expect_said("<tel> hello");
    // Nothing else was answered: neither DONT and WONT, nor the window's size.
    assert_eq!(telnet.sync(), Vec::<String>::new());
}

#[test]
fn what_stands_behind_urgent_data_needs_no_further_push() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let telnet = Client::named(&server, "tel");
    // Telnet's Synch: a data mark sent as urgent. All of it arrives before the server looks.
    for round in 0..3 {
        server.signal(Signal::STOP);
        telnet.send([&b"one\n"[..], &[IAC]].concat());
        SockRef::from(telnet.tcp()).send_out_of_band(&[DM]).expect("the connection stands");
        telnet.send(format!("two {round}\n"));
        server.signal(Signal::CONT);
        bob.expect_said("<tel> one");
        bob.expect_said(&format!("<tel> two {round}"));
    }
    server.wait_idle();
}

#[test]
fn a_telnet_interrupt_in_a_line_quits() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut telnet = Client::guest(&server);
    telnet.send([b"half a line", &[IAC, IP][..], b"\r\nnever\r\n"].concat());
    assert_eq!(telnet.rest(), ["* bye"]);
    bob.skip_to(&format!("* {} left", telnet.nick()));
    server.wait_logged("reason=quit", 1);
}

#[test]
fn a_telnet_interrupt_quits_without_a_line_end() {
    let server = Server::start(&[]);
    // Ctrl-C in telnet sends an interrupt and a timing mark, and no line end.
    let mut telnet = Client::guest(&server);
    telnet.send([IAC, IP, IAC, DO, 6]);
    let mut told = Vec::new();
    while let Some(line) = telnet.bytes_line() {
        told.extend(line);
    }
    assert!(told.ends_with(b"* bye"), "{told:?}");
}

#[test]
fn control_c_or_control_d_alone_on_a_line_quits() {
    let server = Server::start(&[]);
    for line in ["\x03\n", "\x04\n", "\x03\r\n", "\x04\r\0"] {
        let mut client = Client::guest(&server);
        client.send(line);
        client.send("never\n");
        assert_eq!(client.rest(), ["* bye"], "{line:?}");
    }
    server.wait_logged("reason=quit", 4);
}
