//! Corrections, deletions and reactions at one node are those of all.

use super::harness::{Client, DEADLINE, poll_until};
use super::redis::{Redis, hears};
use rustix::process::Signal;

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

const STREAM: &str = "{mio-chat}:facts";
const ERASURES: &str = "{mio-chat}:erasures";

/// Whether the stream has these words.
fn has(redis: &Redis, words: &str) -> bool {
    redis.ask(&["XRANGE", STREAM, "-", "+"]).expect("a reply").contains(words)
}

#[test]
fn texts_of_a_deleted_message_leave_the_stream_although_all_nodes_have_been_killed() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let mut bob = Client::named(&other, "bob");
    hears(&mut alice, " is now bob");
    alice.send("kept\nfirst wording\n/edit second wording\n/delete\n");
    hears(&mut bob, "* alice took back what was said at ");
    // It is not taken out at once.
    let waiting = redis.ask(&["ZRANGE", ERASURES, "0", "-1"]).expect("a reply");
    let entries: Vec<&str> =
        waiting.lines().filter(|line| line.contains('-')).map(str::trim).collect();
    assert_eq!(entries.len(), 2, "the message and its correction: {waiting}");
    assert!(has(&redis, "first wording") && has(&redis, "second wording"));
    for node in [one, other] {
        node.signal(Signal::KILL);
        drop(node);
    }
    // A minute passes.
    for entry in entries {
        redis.ask(&["ZADD", ERASURES, "XX", "1", entry]).expect("a reply");
    }
    let _late = redis.node("c");
    let is_gone = || !has(&redis, "first wording") && !has(&redis, "second wording");
    assert!(poll_until(DEADLINE, is_gone), "its texts are out of the stream");
    assert!(has(&redis, "kept"));
    assert!(redis.ask(&["ZCARD", ERASURES]).expect("a reply").starts_with(":0"));
}
