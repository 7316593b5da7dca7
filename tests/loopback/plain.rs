//! The bare relay, `--plain` and `--idle-flush`: each line, exactly as sent, to every other client.

use super::harness::{Client, Server, random_bytes};
use fastrand::Rng;
use rustix::process::Signal;

/// Clients of a relay, once the server knows them: it greets nobody.
fn relay<const COUNT: usize>(flags: &[&str]) -> (Server, [Client; COUNT]) {
    let server = Server::start(&[&["--plain", "--rate", "0"], flags].concat());
    let clients = std::array::from_fn(|_| Client::connect(&server));
    server.wait_logged("connect ip=", COUNT);
    (server, clients)
}

/// Expects these bytes next.
fn gets(client: &mut Client, bytes: &[u8]) {
    assert_eq!(
        client.bytes(bytes.len()).escape_ascii().to_string(),
        bytes.escape_ascii().to_string()
    );
}

#[test]
fn every_other_client_gets_the_exact_bytes_and_nothing_else() {
    let (server, [alice, mut bob, mut carol]) = relay(&[]);
    let lines: [&[u8]; 12] = [
        b"text\n",
        b"carriage return\r\n",
        b"\n",
        b" \t\r\n",
        b"\0nul\0\r\0\n",
        b"\x80\xc3\xed\xa0\x80 is not UTF-8\n",
        b"\x1b[2J\x07\x08\x7f\n",
        b"\xff\xf4\xff\xfd\x01\xff\xff\n",
        b"\x16\x03\x01 is no hello\n",
        b"GET / HTTP/1.1\r\n",
        b"/quit\n",
        b"\x03\n\x04\n",
    ];
    for line in lines {
        alice.send(line);
        gets(&mut bob, line);
        gets(&mut carol, line);
    }
    // Nobody is greeted, and nobody is told who comes and goes.
    drop(carol);
    server.wait_logged("reason=eof", 1);
    alice.send("last\n");
    alice.half_close();
    assert_eq!(bob.line(), "last");
}

#[test]
fn the_sender_gets_only_what_others_send() {
    let (_server, [mut alice, mut bob]) = relay(&[]);
    alice.send("from alice\nand more\n");
    gets(&mut bob, b"from alice\nand more\n");
    bob.send("from bob\n");
    gets(&mut alice, b"from bob\n");
    alice.half_close();
    assert_eq!(alice.rest(), Vec::<String>::new());
}

#[test]
fn any_bytes_in_lines_are_relayed_however_they_are_cut() {
    let (_server, [alice, mut bob]) = relay(&[]);
    let mut random = Rng::with_seed(7);
    let mut stream = random_bytes(&mut random, 50_000);
    // A line end in every kilobyte, because lines are limited.
    stream.chunks_mut(1000).for_each(|line| line[line.len() - 1] = b'\n');
    let mut rest = &stream[..];
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(rest.len().min(1 + random.usize(..700)));
        alice.send(piece);
        rest = later;
    }
    assert!(bob.bytes(stream.len()) == stream);
}

#[test]
fn lines_of_two_senders_are_not_mixed() {
    let (_server, [alice, bob, mut carol]) = relay(&[]);
    alice.send("begun by alice, ");
    bob.send("by bob\n");
    gets(&mut carol, b"by bob\n");
    alice.send("ended by alice\n");
    gets(&mut carol, b"begun by alice, ended by alice\n");
}

#[test]
fn a_client_without_newlines_is_relayed_when_idle() {
    let (_server, [mut alice, mut bob, mut carol]) = relay(&["--idle-flush", "50"]);
    let chunks: [&[u8]; 6] = [b"hello", b"\xf0\x9f", b"\x91\x8b\0", b"\r", b"cut\r\nhere", b" "];
    for chunk in chunks {
        // The reader pauses for as long as it takes.
        alice.send(chunk);
        gets(&mut bob, chunk);
        gets(&mut carol, chunk);
        bob.send(b"yes");
        gets(&mut alice, b"yes");
        gets(&mut carol, b"yes");
    }
    // Nothing was added, not to the last one either.
    alice.send("bye");
    alice.half_close();
    assert_eq!(alice.rest(), Vec::<String>::new());
    gets(&mut bob, b"bye");
    bob.send("over\n");
    bob.half_close();
    assert_eq!(bob.rest(), Vec::<String>::new());
    assert_eq!(carol.line(), "byeover");
}

#[test]
fn idle_flush_is_for_the_chat_too() {
    let server = Server::start(&["--idle-flush", "50"]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    for text in ["no newline", "none here either"] {
        alice.send(text);
        bob.expect_said(&format!("<alice> {text}"));
    }
}

#[test]
fn without_idle_flush_a_tail_waits_for_its_end() {
    let (_server, [alice, bob, mut carol]) = relay(&[]);
    alice.send("tail");
    for number in 0..20 {
        bob.send(format!("{number}\n"));
        assert_eq!(carol.line(), number.to_string());
    }
    alice.send(" and end\n");
    assert_eq!(carol.line(), "tail and end");
}

#[test]
fn a_last_line_without_an_end_gets_one() {
    let (_server, [mut alice, bob, mut carol]) = relay(&[]);
    alice.send("whole\nhalf\r");
    alice.half_close();
    assert_eq!(alice.rest(), Vec::<String>::new());
    gets(&mut carol, b"whole\nhalf\r\n");
    bob.send("not glued to it\n");
    gets(&mut carol, b"not glued to it\n");
}

#[test]
fn a_line_beyond_the_limit_is_dropped_and_its_sender_told() {
    const TOO_LONG: &str = "* line too long, not sent; the limit is 4096 bytes";
    let (server, [mut alice, mut bob]) = relay(&[]);
    let longest = [&[b'x'; 4096][..], b"\r\n"].concat();
    alice.send(&longest);
    gets(&mut bob, &longest);
    alice.send([b"x", &longest[..], b"next\n"].concat());
    gets(&mut bob, b"next\n");
    alice.expect(TOO_LONG);
    // Three in a row are not an accident.
    alice.send([b"x", &longest[..]].concat().repeat(3));
    assert_eq!(alice.rest(), [TOO_LONG, TOO_LONG, "* closed: line-too-long"]);
    server.wait_logged("reason=line-too-long", 1);
    drop(alice);
    bob.half_close();
    assert_eq!(bob.rest(), Vec::<String>::new());
}

#[test]
fn a_message_beyond_the_limit_ends_when_its_sender_is_idle() {
    let (_server, [mut alice, mut bob]) = relay(&["--idle-flush", "50", "--max-line", "64"]);
    alice.send([b'x'; 100]);
    assert_eq!(alice.line(), "* line too long, not sent; the limit is 64 bytes");
    // Bob's text is due later than the end of alice's.
    bob.send("tick");
    gets(&mut alice, b"tick");
    alice.send("heard again");
    gets(&mut bob, b"heard again");
}

#[test]
fn a_relay_ends_without_a_word() {
    let (mut server, [alice, mut bob]) = relay(&[]);
    alice.send("last\n");
    assert_eq!(bob.line(), "last");
    server.signal(Signal::TERM);
    assert_eq!(bob.rest(), Vec::<String>::new());
    drop((alice, bob));
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_relay_has_no_page_and_says_so() {
    let (server, _) = relay::<0>(&["--http", "127.0.0.1:0", "--host", "here"]);
    let log = server.log();
    let address = log.lines().find_map(|line| line.strip_prefix("  chat     ws://"));
    let address = address.and_then(|line| line.strip_suffix("/ws")).expect("it is told");
    assert!(!log.contains("  web  "), "{log}");
    let mut client = Client::connect_to(address.parse().expect("an address"));
    client.send("GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    let said = client.rest().join("\n");
    let port = server.address().port();
    assert!(said.ends_with(&format!("here: nc here {port}, or a WebSocket to /ws")), "{said}");
}
