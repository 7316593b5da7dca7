//! Corrections, deletions and reactions at one node are those of all.

use super::harness::{Client, DEADLINE, poll_until};
use super::redis::{Redis, hears};

/// Skips lines up to one with this beginning and this end.
fn corrected(client: &mut Client, nick: &str, text: &str) {
    let (begin, end) = (format!("* {nick} corrected "), format!(": {text}"));
    loop {
        let line = client.line();
        if line.starts_with(&begin) && line.ends_with(&end) {
            return;
        }
    }
}

#[test]
fn what_is_changed_at_one_node_is_changed_at_all_and_at_those_that_come_later() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let mut bob = Client::named(&other, "bob");
    hears(&mut alice, " is now bob");
    alice.send("helo\n/edit hello\nmistake\n");
    bob.expect_said("<alice> helo");
    corrected(&mut bob, "alice", "hello");
    bob.expect_said("<alice> mistake");
    bob.send("/react \u{1f44d}\n");
    hears(&mut alice, "* bob reacted to what you said at ");
    alice.send("/delete\n");
    hears(&mut bob, "* alice took back what was said at ");
    // His node has said it, hers has it, and the order is one.
    bob.send("tschau\n/edit ciao\n");
    alice.expect_said("<bob> tschau");
    corrected(&mut alice, "bob", "ciao");
    let late = redis.node("c");
    let mut carol = Client::named(&late, "carol");
    carol.send("/history\n");
    hears(&mut carol, "<alice> hello");
    hears(&mut carol, "<bob> ciao");
    let same =
        || redis.history("a") == redis.history("b") && redis.history("a") == redis.history("c");
    assert!(poll_until(DEADLINE, same), "all files are equal");
    assert_eq!(redis.history("c").len(), 2);
}
