//! Registered people are registered at all nodes.

use super::harness::Client;
use super::redis::Redis;

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
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let yours = "* alice is yours now. From elsewhere: /login alice PASSWORD";
    assert_eq!(told(&mut alice, "/register correct-horse"), yours);
    let mut bob = Client::named(&other, "bob");
    let kept = "* alice is registered; choose another name, or /login alice PASSWORD";
    assert_eq!(bob.ask("/nick aIice"), kept);
    assert_eq!(told(&mut bob, "/login alice correct-house"), "* that is not alice's password");
}
