//! A client that posts too fast is read later. Nothing is lost, and nobody else waits.

use super::harness::{Client, Server};
use std::time::{Duration, Instant};

#[test]
fn a_long_paste_loses_nothing_and_delays_nobody_else() {
    let server = Server::start(&[]);
    let mut observer = Client::named(&server, "observer");
    let bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let paste: String = (0..300).map(|number| format!("pasted {number}\n")).collect();
    alice.send(paste);
    // The burst comes at once, and bob speaks in the middle of the rest.
    for number in 0..110 {
        observer.expect_said(&format!("<alice> pasted {number}"));
    }
    for number in 0..5 {
        bob.send(format!("meanwhile {number}\n"));
    }
    let mut from_bob = 0;
    let mut number = 110;
    while number < 300 {
        let line = observer.said();
        if line.starts_with("<bob> ") {
            assert_eq!(line, format!("<bob> meanwhile {from_bob}"));
            assert!(number < 290, "bob waited for the flood: {number}");
            from_bob += 1;
        } else {
            assert_eq!(line, format!("<alice> pasted {number}"));
            number += 1;
        }
    }
    assert_eq!(from_bob, 5);
}

#[test]
fn a_file_sent_with_a_half_close_is_posted_to_its_last_line() {
    let server = Server::start(&[]);
    let mut observer = Client::named(&server, "observer");
    let mut alice = Client::named(&server, "alice");
    // More than one read returns, so that some of it waits in the kernel, and without a newline at
    // the end.
    let text = "z".repeat(600);
    let lines: Vec<String> = (0..150).map(|number| format!("{number} {text}")).collect();
    alice.send(lines.join("\n"));
    alice.half_close();
    for line in &lines {
        observer.expect_said(&format!("<alice> {line}"));
    }
    assert_eq!(alice.rest(), Vec::<String>::new());
    observer.skip_to("* alice left");
}

#[test]
fn a_quit_behind_a_flood_waits_its_turn() {
    let server = Server::start(&["--rate", "4"]);
    let mut observer = Client::named(&server, "observer");
    let mut alice = Client::named(&server, "alice");
    let flood: String = (0..25).map(|number| format!("{number}\n")).collect();
    alice.send(format!("{flood}/quit\nnever\n"));
    for number in 0..25 {
        observer.expect_said(&format!("<alice> {number}"));
    }
    assert_eq!(alice.rest(), ["* bye"]);
    observer.expect("* alice left");
}

#[test]
fn the_pace_is_a_burst_and_then_so_many_per_second() {
    let server = Server::start(&["--rate", "2"]);
    let mut observer = Client::guest(&server);
    let alice = Client::guest(&server);
    let start = Instant::now();
    (0..14).for_each(|number| alice.send(format!("{number}\n")));
    (0..14).for_each(|number| observer.expect_said(&format!("<guest-2> {number}")));
    // Ten at once, four more at two per second: it takes longer on a busy machine, never less.
    let took = start.elapsed();
    assert!(took > Duration::from_millis(1800), "{took:?}");
}

#[test]
fn a_paste_from_a_client_that_closes_without_reading_is_posted_to_its_last_line() {
    let server = Server::start(&[]);
    let mut observer = Client::named(&server, "observer");
    let bob = Client::named(&server, "bob");
    // Never reads its greeting, so its end is a reset. One read does not return all of it.
    let paster = Client::connect(&server);
    let text = "z".repeat(400);
    let lines: Vec<String> = (0..150).map(|number| format!("{number} {text}")).collect();
    paster.send(lines.join("\n") + "\n");
    observer.expect_said(&format!("<guest-3> {}", lines[0]));
    drop(paster);
    for (number, line) in lines.iter().enumerate().skip(1) {
        if number == 100 {
            // To everyone, including the paster.
            bob.send("meanwhile\n");
            observer.expect_said("<bob> meanwhile");
        }
        observer.expect_said(&format!("<guest-3> {line}"));
    }
    observer.skip_to("* guest-3 left");
}
