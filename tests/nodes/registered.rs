//! Registered people are registered at all nodes.

use super::harness::Client;
use super::redis::{Redis, hears};
use rustix::process::Signal;

/// The last line of an answer about a password.
fn told(client: &mut Client, line: &str) -> String {
    match client.ask(line) {
        // A sentence that comes first, and once.
        warned if warned.starts_with("* this connection is not encrypted") => client.line(),
        answer => answer,
    }
}

#[test]
fn a_name_that_is_registered_at_one_node_is_nobody_elses_at_any() {
    let Some(redis) = Redis::start() else { return };
    let (one, mut other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let yours = "* alice is yours now. From elsewhere: /login alice PASSWORD";
    assert_eq!(told(&mut alice, "/register correct-horse"), yours);
    let mut bob = Client::named(&other, "bob");
    let kept = "* alice is registered; choose another name, or /login alice PASSWORD";
    assert_eq!(bob.ask("/nick aIice"), kept);
    assert_eq!(told(&mut bob, "/login alice correct-house"), "* that is not alice's password");
    // A node that was away reads of registrations, and one person is at one place.
    other.signal(Signal::TERM);
    other.exit_code();
    let mut carol = Client::named(&one, "carol");
    assert!(told(&mut carol, "/register battery-staple").starts_with("* carol is yours now"));
    drop(carol);
    hears(&mut alice, "* carol left");
    let other = redis.node("b");
    let mut bob = Client::guest(&other);
    let carols = "* carol is registered; choose another name, or /login carol PASSWORD";
    assert_eq!(bob.ask("/nick CAROL"), carols);
    assert_eq!(told(&mut bob, "/login alice correct-horse"), "* welcome back, alice");
    hears(&mut alice, "* you have come in from somewhere else");
    assert!(alice.rest().is_empty());
    let mut dan = Client::guest(&one);
    dan.send("/msg alice psst\n");
    hears(&mut dan, "* -> alice: psst");
    hears(&mut bob, "-> you> psst");
    assert!(bob.ask("/logout").starts_with("* you are guest-"));
    assert_eq!(dan.ask("/nick alice"), kept);
    // The password itself is nowhere in Redis.
    let stream = redis.ask(&["XRANGE", "{mio-chat}:facts", "-", "+"]).expect("the stream");
    assert!(stream.contains("$argon2id$") && !stream.contains("correct-horse"), "{stream}");
}
