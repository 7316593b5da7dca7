//! Hostile input: random bytes, and commands made up from a seed.

use super::harness::{Client, Server, is_harmless, random_bytes};
use fastrand::Rng;

#[test]
fn random_bytes_reach_the_room_only_as_harmless_text() {
    let mut server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    for seed in 0..30 {
        let mut noise = Client::guest(&server);
        // The server may cut a stream that is not a chat; the rest is no loss.
        let _ = noise.try_send(random_bytes(&mut Rng::with_seed(seed), 64 * 1024));
        let _ = noise.tcp().shutdown(std::net::Shutdown::Write);
        while noise.bytes_line().is_some() {}
    }
    let mut said = 0;
    for line in bob.sync() {
        // `sync` has checked that it is UTF-8.
        assert!(is_harmless(&line), "{line:?}");
        said += usize::from(line.starts_with('<'));
    }
    assert!(said > 100, "some of it looks like lines: {said}");
    let carol = Client::named(&server, "carol");
    carol.send("still here\n");
    bob.expect_said("<carol> still here");
    assert!(server.runs());
}

/// Words that may follow a command.
const WORDS: [&str; 23] = [
    "#",
    "##",
    "#lobby",
    "#../../etc/passwd",
    "-1",
    "99999999999999999999",
    "%s%n%x",
    "{}",
    "{0}",
    "<b>",
    "bob",
    "BOB",
    "nobody",
    "\u{0}",
    "\u{1b}[2J",
    "\u{1b}]52;c;aGk=\u{7}",
    "\u{202e}",
    "\u{85}",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{10ffff}",
    "''; DROP TABLE messages; --",
    "\\n\\r",
    "  \t ",
];

const COMMANDS: [&str; 24] = [
    "help", "nick", "join", "leave", "rooms", "who", "msg", "reply", "topic", "name", "j", "part",
    "names", "w", "tell", "r", "list", "history", "search", "HELP", "Nick", "foo", "", "\u{1b}[A",
];

/// One line with any command except those for leaving and speaking.
fn hostile_line(random: &mut Rng) -> Vec<u8> {
    let mut line = format!("/{}", COMMANDS[random.usize(..COMMANDS.len())]).into_bytes();
    for _ in 0..random.usize(..4) {
        line.extend(if random.usize(..5) == 0 { b"\t" } else { b" " });
        match random.usize(..12) {
            0 => line.extend(vec![b'x'; random.usize(..6000)]),
            1 => {
                // No line end and no telnet, which have their own tests.
                let count = random.usize(..40);
                let noise = random_bytes(random, count);
                line.extend(noise.iter().filter(|byte| ![b'\n', b'\r', 0, 0xff].contains(byte)));
            }
            _ => line.extend(WORDS[random.usize(..WORDS.len())].bytes()),
        }
    }
    line.push(b'\n');
    line
}

#[test]
fn hostile_commands_are_answered_or_ignored_and_hurt_nobody() {
    let mut server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let mut carol = Client::named(&server, "carol");
    let mut random = Rng::with_seed(84);
    let mut hostile = Client::guest(&server);
    for round in 0..40 {
        let lines: Vec<Vec<u8>> = (0..10).map(|_| hostile_line(&mut random)).collect();
        // Three overlong lines in a row close a connection, so there is always one in between.
        for line in &lines {
            hostile.send(line);
            hostile.send("/who\n");
        }
        for line in hostile.sync() {
            let expected = line.starts_with("* ") || line.starts_with("<carol> ");
            assert!(expected && is_harmless(&line), "round {round}: {line:?}");
        }
        carol.send(format!("round {round}\n"));
        carol.sync();
        loop {
            let line = bob.line();
            assert!(is_harmless(&line), "{line:?}");
            // Only private messages to bob by himself may come between.
            if line == format!("<carol> round {round}") {
                break;
            }
            assert!(line.starts_with("* ") || line.contains(" -> you> "), "{line:?}");
        }
    }
    assert!(server.runs());
    assert!(!server.log().contains("panic"), "{}", server.log());
}
