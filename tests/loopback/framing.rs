//! A stream gives the same lines at every split (`docs/protocols.md`, "The line door").

use super::harness::{Client, DEADLINE, NOISE, Server, mib};
use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// The server's notice about a line beyond the limit.
const TOO_LONG: &str = "* line too long, not sent; the limit is 4096 bytes";

#[test]
fn a_line_sent_byte_by_byte_arrives_whole() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    for byte in "naïve 日本 👋🏽 ok\n".as_bytes() {
        alice.send([*byte]);
    }
    bob.expect_said("<alice> naïve 日本 👋🏽 ok");
}

#[test]
fn a_stream_cut_anywhere_gives_the_same_lines() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    // LF, CR LF, CR NUL, a telnet command and an empty line.
    let stream = b"on\xff\xf1e\r\n\r\ntwo \xc3\xa9\nth\xff\xfb\x1free\r\0four\n";
    for cut in 0..=stream.len() {
        alice.send(&stream[..cut]);
        alice.send(&stream[cut..]);
        for expected in ["<alice> one", "<alice> two é", "<alice> three", "<alice> four"] {
            assert_eq!(bob.said(), expected, "cut at {cut}");
        }
    }
}

#[test]
fn lines_in_one_segment_arrive_in_order_without_carriage_returns() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    alice.send("one\ntwo\r\nthree\nfour\r\n");
    for text in ["one", "two", "three", "four"] {
        bob.expect_said(&format!("<alice> {text}"));
    }
}

#[test]
fn a_half_line_before_the_end_is_a_message_of_its_own() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let carol = Client::named(&server, "carol");
    let mut alice = Client::named(&server, "alice");
    let before = server.descriptors().len();
    alice.send("half");
    alice.half_close();
    bob.expect_said("<alice> half");
    // The server's end comes too, and its socket is free while alice still holds hers.
    alice.rest();
    server.wait_descriptors(before - 1);
    carol.send("whole\n");
    bob.expect_said("<carol> whole");
}

#[test]
fn a_one_shot_client_posts_without_any_handshake() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    // The way of `echo hi | nc -N`: everything is sent before anything is read.
    let shot = Client::connect(&server);
    shot.send("hi\n");
    shot.half_close();
    let mut shot = shot.greeted();
    bob.expect_said(&format!("<{}> hi", shot.nick()));
    assert_eq!(shot.rest(), Vec::<String>::new());
}

#[test]
fn halves_of_twenty_clients_are_never_mixed() {
    let server = Server::start(&[]);
    let mut observer = Client::named(&server, "observer");
    let clients: Vec<Client> = (0..20).map(|_| Client::guest(&server)).collect();
    for client in &clients {
        client.send(format!("{} begins ", client.nick()));
    }
    // The answers show that every half has been read as a half.
    observer.sync();
    for client in clients.iter().rev() {
        client.send(format!("and {} ends\n", client.nick()));
    }
    let mut heard: Vec<String> = clients.iter().map(|_| observer.said()).collect();
    let whole = |client: &Client| format!("<{0}> {0} begins and {0} ends", client.nick());
    let mut expected: Vec<String> = clients.iter().map(whole).collect();
    heard.sort();
    expected.sort();
    assert_eq!(heard, expected);
}

#[test]
fn an_endless_line_costs_no_memory_and_ends_its_connection() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let carol = Client::named(&server, "carol");
    let mut stream = Client::guest(&server);
    let before = server.peak_memory();
    let writer = stream.tcp().try_clone().expect("a second handle");
    let (sent, told) = thread::scope(|scope| {
        let writing = scope.spawn(move || flood_until_cut(&writer, 160 << 20));
        let told = stream.rest();
        (writing.join().expect("the writer ends"), told)
    });
    assert!(sent >= 1 << 20, "a long line is first thrown away: {sent}");
    assert_eq!(told, [TOO_LONG, "* closed: line-too-long"]);
    let grown = server.peak_memory() - before;
    assert!(grown <= mib(1) + NOISE, "{grown} bytes more");
    server.wait_logged("reason=line-too-long", 1);
    // None of it was relayed: the next line is carol's.
    carol.send("still here\n");
    bob.expect_said("<carol> still here");
}

/// Writes `x` until `bytes_max` bytes are written or the peer refuses more; returns how many were
/// written.
fn flood_until_cut(mut stream: &TcpStream, bytes_max: usize) -> usize {
    let piece = [b'x'; 64 * 1024];
    let (mut sent, start) = (0, Instant::now());
    while sent < bytes_max && start.elapsed() < DEADLINE {
        match std::io::Write::write(&mut stream, &piece) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            Err(_) => break,
        }
    }
    sent
}

#[test]
fn a_long_line_is_dropped_whole_and_the_next_one_counts() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    alice.send([b'x'; 256 * 1024]);
    alice.send("\nnormal\n");
    bob.expect_said("<alice> normal");
    assert_eq!(alice.sync(), [TOO_LONG]);
}

#[test]
fn a_line_behind_a_long_one_needs_no_further_input() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    // More than one turn reads, in one burst, and then silence: no further edge comes.
    let mut burst = vec![b'j'; 260 * 1024];
    burst.extend(b"\nnormal\n");
    alice.send(burst);
    bob.expect_said("<alice> normal");
}

#[test]
fn the_limit_of_a_line_is_exact() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    for end in ["\n", "\r\n"] {
        let longest = "x".repeat(4096);
        alice.send(format!("{longest}{end}"));
        bob.expect_said(&format!("<alice> {longest}"));
        assert_eq!(alice.ask(&format!("x{longest}{end}")), TOO_LONG);
        assert_eq!(alice.sync(), Vec::<String>::new());
    }
}

#[test]
fn max_line_moves_the_limit() {
    let server = Server::start(&["--max-line", "64"]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    let told = alice.ask(&"x".repeat(65));
    assert_eq!(told, "* line too long, not sent; the limit is 64 bytes");
    alice.send(format!("{}\n", "y".repeat(64)));
    bob.expect_said(&format!("<alice> {}", "y".repeat(64)));
}

#[test]
fn three_long_lines_in_a_row_close_but_not_three_among_others() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    let long = format!("{}\n", "x".repeat(5000));
    alice.send(format!("{long}{long}between\n{long}{long}{long}after\n"));
    let told = alice.rest();
    assert_eq!(told, [TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, "* closed: line-too-long"]);
    bob.expect_said("<alice> between");
    bob.skip_to("* alice left");
    server.wait_logged("reason=line-too-long", 1);
}

#[test]
fn fifty_thousand_empty_lines_are_no_message_and_get_no_answer() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    alice.send(b"\n\r\n \n\t\n\r\0".repeat(10_000));
    // It is neither answered nor counted for the pace, so this is handled at once.
    assert_eq!(alice.sync(), Vec::<String>::new());
    alice.send("done\n");
    bob.expect_said("<alice> done");
}

#[test]
fn numbered_lines_arrive_once_and_in_order() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    for number in 0..30 {
        alice.send(format!("line {number}\n"));
        // The pace of a held key.
        thread::sleep(Duration::from_millis(20));
    }
    for number in 0..30 {
        bob.expect_said(&format!("<alice> line {number}"));
    }
}
