//! Both doors over TLS.

use super::harness::Client;
use super::secure::{Secure, SecureServer};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

#[test]
fn those_who_come_over_tls_are_in_the_same_chat() {
    let server = SecureServer::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = server.guest();
    bob.send("/nick bob\n");
    bob.skip_to("* you are now bob");
    bob.send("hello\n");
    alice.skip_to("<bob> hello");
    alice.send("one\ntwo\n");
    assert_eq!(bob.skip_to("<alice>"), "<alice> one");
    assert_eq!(bob.skip_to("<alice>"), "<alice> two");
    // An unfinished rest becomes a line when he ends his side, as at netcat.
    bob.send("last words");
    bob.end();
    alice.skip_to("<bob> last words");
    bob.rest();
    assert!(bob.tls.is_ended(), "the server says that nothing more comes");
}

#[test]
fn a_connection_that_is_cut_says_nothing_more() {
    let server = SecureServer::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = server.guest();
    bob.send("/nick bob\nwhole\nha");
    alice.skip_to("<bob> whole");
    // An end without a word of TLS may be somebody else's.
    bob.stream.shutdown(Shutdown::Write).expect("it stands");
    alice.skip_to("* bob left");
    assert!(!alice.sync().iter().any(|line| line.contains("ha")));
}

/// Input that comes while a client is over its pace must be read: the poll tells of it only once.
#[test]
fn what_comes_while_a_client_waits_for_its_pace_is_read() {
    let server = SecureServer::start(&["--rate", "50"]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = server.guest();
    bob.send("/nick bob\n");
    bob.skip_to("* you are now bob");
    let words = "word".repeat(15);
    // More at once than the text of one read, and more than the burst of the pace.
    let lines: String = (0..300).map(|number| format!("{number} {words}\n")).collect();
    bob.send(&lines);
    alice.skip_to(&format!("<bob> 200 {words}"));
    for number in 300..310 {
        bob.send(&format!("{number} {words}\n"));
    }
    alice.skip_to(&format!("<bob> 309 {words}"));
}

#[test]
fn a_long_line_of_people_hears_everything() {
    let server = SecureServer::start(&["--rate", "0"]);
    let alice = Client::named(&server, "alice");
    let mut guests: Vec<Secure> = (0..20).map(|_| server.guest()).collect();
    let words = "word ".repeat(400);
    for number in 0..100 {
        alice.send(format!("{number} {words}\n"));
    }
    for guest in &mut guests {
        for number in 0..100 {
            let line = guest.skip_to("<alice>");
            assert_eq!(line, format!("<alice> {number} {words}").trim_end(), "whole, in order");
        }
    }
}

#[test]
fn a_reader_that_reads_nothing_is_cut_off() {
    let server = SecureServer::start(&["--rate", "0", "--max-queue", "100000"]);
    let mut alice = Client::named(&server, "alice");
    let _stalled = server.guest();
    let mut innocent = server.guest();
    let words = "word ".repeat(400);
    let mut sent = 0;
    while server.logged("slow-client") == 0 {
        assert!(sent < 20_000, "it is cut off at last");
        for _ in 0..50 {
            alice.send(format!("{words}\n"));
            innocent.skip_to("<alice>");
            sent += 1;
        }
    }
    innocent.send("still here\n");
    assert!(alice.said().ends_with("still here"));
}

#[test]
fn a_page_over_tls_is_to_be_asked_for_so_from_then_on() {
    let server = SecureServer::start(&["--host", "chat.example"]);
    let get = |host: &str| {
        server.get(&format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    };
    let page = get("chat.example");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<html"), "{page}");
    assert!(page.contains("Strict-Transport-Security: max-age="), "{page}");
    // All doors of this machine have that name, and most speak no TLS.
    assert!(!get("localhost").contains("Strict-Transport-Security"));
}

#[test]
fn a_newcomer_at_a_full_door_is_told_so_over_tls() {
    let server = SecureServer::start(&["--max-clients", "2"]);
    let alice = Client::named(&server, "alice");
    let bob = server.guest();
    let mut carol = Secure::connect(server.tls(), &server.trusts(&[])).expect("a handshake");
    carol.skip_to("* server is full, please come back later");
    carol.rest();
    assert!(carol.tls.is_ended(), "the server says that nothing more comes");
    server.wait_logged("refused reason=server-full", 1);
    drop((alice, bob));
}

fn plain(server: &SecureServer, request: &str) -> String {
    let mut stream = TcpStream::connect(server.http()).expect("it accepts");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn the_plain_page_leads_to_the_secure_one_and_nothing_else_does() {
    let server = SecureServer::start(&["--host", "chat.example"]);
    let port = server.https().port();
    let get = |target: &str, headers: &str| {
        plain(&server, &format!("GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"))
    };
    let led = get("/?room=ops", "Host: chat.example:5000\r\n");
    assert!(led.starts_with("HTTP/1.1 307"), "{led}");
    assert!(led.contains(&format!("Location: https://chat.example:{port}/?room=ops\r\n")), "{led}");
    for (target, headers) in [
        ("/", "Host: localhost:5000\r\n"),
        ("/", "Host: 127.0.0.1\r\n"),
        ("/", "Host: chat.example\r\nX-Forwarded-For: 192.0.2.1\r\n"),
        ("/healthz", "Host: chat.example\r\n"),
        ("/socket.io/?EIO=4&transport=polling", "Host: chat.example\r\n"),
    ] {
        assert!(get(target, headers).starts_with("HTTP/1.1 200"), "{target} {headers}");
    }
}

#[test]
fn a_page_that_came_without_tls_is_another_one() {
    let server = SecureServer::start(&["--host", "chat.example"]);
    let asked = |origin: &str| {
        server.get(&format!(
            "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: chat.example\r\n\
             Origin: {origin}\r\nConnection: close\r\n\r\n"
        ))
    };
    assert!(asked("https://chat.example").starts_with("HTTP/1.1 200"));
    assert!(asked("http://chat.example").starts_with("HTTP/1.1 403"));
}

#[test]
fn many_requests_go_over_one_connection() {
    let server = SecureServer::start(&[]);
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answers = server.get(&format!("{}{last}", request.repeat(20)));
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 21);
}
