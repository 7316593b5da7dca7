//! A slow reader delays nobody, its queue is bounded, and its input is complete
//! (`docs/reliability.md`, "One client").

use super::harness::{Client, NOISE, Server, mib};
use std::net::Shutdown;
use std::thread;

/// Lines posted before their reader reads them; far fewer than a queue holds.
const PACE: usize = 16;
/// Length of a line's text.
const LENGTH: usize = 4000;

/// The text numbered `number`.
pub(crate) fn numbered(number: usize) -> String {
    format!("{number:08} {}", "x".repeat(LENGTH - 9))
}

/// Lets `alice` post lines and `bob` read them, up to number `to` or until `done`; returns how
/// many.
pub(crate) fn keep_up(
    alice: &Client,
    bob: &mut Client,
    to: usize,
    mut done: impl FnMut() -> bool,
) -> usize {
    let mut number = 0;
    while number < to && !done() {
        let lines: String = (0..PACE).map(|at| numbered(number + at) + "\n").collect();
        alice.send(lines);
        for at in 0..PACE {
            bob.expect_said(&format!("<alice> {}", numbered(number + at)));
        }
        number += PACE;
    }
    number
}

#[test]
fn readers_that_never_read_are_closed_with_a_reason_and_hurt_nobody() {
    const STALLED: usize = 10;
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let descriptors = server.descriptors().len();
    let stalled: Vec<Client> = (0..STALLED).map(|_| Client::connect_narrow(&server)).collect();
    server.wait_logged("connect ip=", STALLED + 2);
    let before = server.peak_memory();
    // The kernel's buffers come first, a few MiB for each.
    let cut = || server.logged("reason=slow-client") == STALLED;
    let posted = keep_up(&alice, &mut bob, 64 * 1024 * 1024 / LENGTH, cut);
    assert!(cut(), "{} are cut after {posted} lines", server.logged("reason=slow-client"));
    let grown = server.peak_memory() - before;
    assert!(grown <= STALLED as u64 * mib(3) / 2 + mib(2) + NOISE, "{grown} bytes more");
    server.wait_descriptors(descriptors);
    // Their input before the cut is that of the room, in order and from the beginning.
    for mut client in stalled {
        let mut number = 0;
        while let Some(line) = client.bytes_line() {
            if line.starts_with(b"<alice> ") {
                let expected = format!("<alice> {}", numbered(number));
                let whole = line == expected.as_bytes();
                assert!(whole || expected.as_bytes().starts_with(&line), "line {number}");
                number += 1;
            }
        }
        assert!(number < posted, "it was cut");
    }
    // bob has got every line once; the next is the next.
    alice.send("and on\n");
    bob.expect_said("<alice> and on");
}

#[test]
fn a_reader_that_stalls_below_the_cap_gets_everything_in_order() {
    let server = Server::start(&["--rate", "0", "--max-queue", "67108864"]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let stalled = Client::connect_narrow(&server);
    server.wait_logged("connect ip=", 3);
    // More than the kernel buffers for one connection.
    let posted = keep_up(&alice, &mut bob, 12 * 1024 * 1024 / LENGTH, || false);
    let mut stalled = stalled.greeted();
    for number in 0..posted {
        stalled.expect_said(&format!("<alice> {}", numbered(number)));
    }
    // It hears what comes next, and is heard.
    alice.send("and on\n");
    bob.expect_said("<alice> and on");
    stalled.expect_said("<alice> and on");
    stalled.send("thanks\n");
    bob.expect_said(&format!("<{}> thanks", stalled.nick()));
    assert_eq!(server.logged("reason=slow-client"), 0);
}

#[test]
fn max_queue_is_the_cap() {
    let server = Server::start(&["--rate", "0", "--max-queue", "65536"]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let _stalled = Client::connect_narrow(&server);
    server.wait_logged("connect ip=", 3);
    let before = server.peak_memory();
    // Eight lines at a time, because the cap applies to bob too.
    let mut number = 0;
    while server.logged("reason=slow-client") == 0 && number < 64 * 1024 * 1024 / LENGTH {
        let lines: String = (0..8).map(|at| numbered(number + at) + "\n").collect();
        alice.send(lines);
        (0..8).for_each(|at| bob.expect_said(&format!("<alice> {}", numbered(number + at))));
        number += 8;
    }
    assert_eq!(server.logged("reason=slow-client"), 1);
    assert!(server.peak_memory() - before <= mib(1) + NOISE);
}

#[test]
fn short_questions_with_long_answers_fill_no_memory() {
    const QUESTIONS: usize = 100;
    let server = Server::start(&["--rate", "0"]);
    let topic = "t".repeat(300);
    let hosts: Vec<Client> = (0..100)
        .map(|number| {
            let mut host = Client::guest(&server);
            host.send(format!("/join r{number}\n/topic {topic}\n"));
            host.skip_to("* topic set");
            host
        })
        .collect();
    let mut clients: Vec<Client> = (0..50).map(|_| Client::guest(&server)).collect();
    let before = server.peak_memory();
    clients.iter().for_each(|client| client.send("/rooms\n".repeat(QUESTIONS)));
    for client in &mut clients {
        (0..QUESTIONS).for_each(|_| client.skip_to("* and 1 more"));
        client.send("/nick admin\n");
        client.skip_to("* that name is kept for the server");
    }
    // For each, enough to make it wait, and one answer.
    let grown = server.peak_memory() - before;
    assert!(grown <= 50 * (64 + 40) * 1024 + mib(2) + NOISE, "{grown} bytes more");
    assert_eq!(server.logged("disconnect "), 0);
    drop(hosts);
}

#[test]
fn flooders_that_read_or_not_disturb_nobody() {
    const LINES: usize = 1500;
    let server = Server::start(&["--rate", "0"]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = Client::named(&server, "bob");
    let deaf = Client::connect_narrow(&server);
    // They stay to the end, and read everything.
    let mut flooders: Vec<Client> = (0..3).map(|_| Client::guest(&server)).collect();
    let before = server.peak_memory();
    let (to_deaf, end) = (deaf.tcp(), deaf.tcp().try_clone().expect("a second handle"));
    thread::scope(|scope| {
        // It posts and never reads. The server stops reading it, or closes it; either ends its
        // writing.
        scope.spawn(move || {
            let text = format!("/help {}\n", "d".repeat(50)).repeat(100);
            let mut to = to_deaf;
            while std::io::Write::write_all(&mut to, text.as_bytes()).is_ok() {}
        });
        for flooder in &mut flooders {
            scope.spawn(move || {
                (0..LINES).for_each(|number| flooder.send(format!("flood {number}\n")));
                // Everything from the other two.
                let mut heard = 0;
                while heard < 2 * LINES {
                    heard += usize::from(flooder.said().contains("> flood "));
                }
            });
        }
        // Two people talk during the flood, each waiting for the other, and hear everything.
        let mut flood = [0; 2];
        for round in 0..50 {
            alice.send(format!("ping {round}\n"));
            flood[1] += skip_flood(&mut bob, &format!("<alice> ping {round}"));
            bob.send(format!("pong {round}\n"));
            flood[0] += skip_flood(&mut alice, &format!("<bob> pong {round}"));
        }
        for (client, seen) in [(&mut alice, flood[0]), (&mut bob, flood[1])] {
            (seen..3 * LINES).for_each(|_| assert!(client.said().contains("> flood ")));
        }
        end.shutdown(Shutdown::Both).ok();
    });
    assert_eq!(server.logged("reason=slow-client"), 0, "{}", server.log());
    let grown = server.peak_memory() - before;
    assert!(grown <= mib(8) + NOISE, "{grown} bytes more");
}

/// Reads on to `line`; returns the number of lines of the flood before it.
fn skip_flood(client: &mut Client, line: &str) -> usize {
    let mut flood = 0;
    loop {
        let said = client.said();
        if said == line {
            return flood;
        }
        assert!(said.contains("> flood "), "{said} instead of {line}");
        flood += 1;
    }
}

#[test]
fn two_hundred_tricklers_and_a_flooder_disturb_nobody() {
    const TRICKLERS: usize = 200;
    let mut server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = Client::named(&server, "bob");
    let flooder = Client::guest(&server);
    let tricklers: Vec<Client> = (0..TRICKLERS).map(|_| Client::guest(&server)).collect();
    // As much as the kernel takes; the server reads it at its pace.
    flooder.tcp().set_nonblocking(true).expect("a socket");
    let flood = "flood\n".repeat(2000);
    while flooder.try_send(&flood).is_ok() {}
    let line = |number: usize| format!("trickle number {number:03}");
    let length = line(0).len();
    for at in 0..length {
        for (number, trickler) in tricklers.iter().enumerate() {
            trickler.send(&line(number).as_bytes()[at..=at]);
        }
        alice.send(format!("ping {at}\n"));
        hear(&mut bob, &format!("<alice> ping {at}"));
        bob.send(format!("pong {at}\n"));
        hear(&mut alice, &format!("<bob> pong {at}"));
    }
    tricklers.iter().for_each(|trickler| trickler.send("\n"));
    let mut heard = Vec::new();
    while heard.len() < TRICKLERS {
        let said = alice.said();
        heard.extend(said.split_once("> trickle").map(|_| said.clone()));
    }
    let mut expected: Vec<String> = tricklers
        .iter()
        .enumerate()
        .map(|(number, trickler)| format!("<{}> {}", trickler.nick(), line(number)))
        .collect();
    expected.sort();
    heard.sort();
    assert_eq!(heard, expected);
    assert!(server.runs());
    assert_eq!(server.logged("disconnect "), 0);
}

/// Reads on to `line`, past the flooder's lines.
fn hear(client: &mut Client, line: &str) {
    loop {
        let said = client.said();
        if said == line {
            return;
        }
        assert!(said.ends_with("> flood"), "{said} instead of {line}");
    }
}
