//! Entries of the stream that are no node's, and entries that are missing.

use super::chat::Chatter;
use super::harness::{Client, run};
use super::process::binary;
use super::redis::{Redis, hears};
use super::way::{Mode, To};
use serde_json::json;

const FACTS: &str = "{mio-chat}:facts";
const STATE: &str = "{mio-chat}:state";
const NODES: &str = "{mio-chat}:nodes";
const WHOLE: &str = "connected with the chat's other servers again";

/// A field of a hash.
fn field(redis: &Redis, hash: &str, name: &str) -> String {
    let reply = redis.ask(&["HGET", hash, name]).expect("Redis answers");
    reply.split("\r\n").nth(1).expect("it has the field").to_owned()
}

/// The newest number of a message.
fn number(redis: &Redis) -> u64 {
    field(redis, STATE, "number").parse().expect("a number")
}

/// Appends something that no node understands.
fn intrude(redis: &Redis, id: &str) {
    let reply = redis.ask(&["XADD", FACTS, id, "what", "is this"]).expect("Redis answers");
    assert!(reply.starts_with('$'), "{reply}");
}

#[test]
fn a_strangers_entry_costs_no_message_and_no_half_of_a_change() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Chatter::named(&one, "alice");
    let mut bob = Client::named(&other, "bob");
    let post = |text: &str| json!({"room": "lobby", "text": text, "key": text});
    for (ahead, part) in [(0, "77"), (1, "5"), (1, "0"), (2, "18446744073709551615"), (9, "1")] {
        intrude(&redis, &format!("{}-{part}", number(&redis) + ahead));
        let text = format!("{ahead}-{part}");
        assert_eq!(alice.asks("post", post(&text))["ok"], json!(true), "{text}");
        bob.expect_said(&format!("<alice> {text}"));
        intrude(&redis, &format!("{}-{part}", number(&redis) + ahead + 1));
        let name = format!("a{ahead}-{part}");
        assert_eq!(alice.asks("nick", json!({"nick": name}))["ok"], json!(true), "{name}");
        hears(&mut bob, &format!("is now {name}"));
        assert_eq!(alice.asks("nick", json!({"nick": "alice"}))["ok"], json!(true));
    }
    assert_eq!((one.logged("cut off from redis"), other.logged("cut off from redis")), (0, 0));
    assert_eq!(redis.history("a"), redis.history("b"));
    assert_eq!(redis.history("a").len(), 5);
}

#[test]
fn an_entry_that_nothing_can_follow_is_named_and_all_goes_on_without_it() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let mut bob = Client::named(&other, "bob");
    hears(&mut alice, " is now bob");
    alice.send("before\n");
    bob.expect_said("<alice> before");
    intrude(&redis, "18446744073709551615-1");
    alice.send("waits\n");
    hears(&mut alice, "what you say waits for a while");
    one.wait_logged("nothing can be appended to the stream", 1);
    redis.ask(&["XDEL", FACTS, "18446744073709551615-1"]);
    let set = redis.ask(&["XSETID", FACTS, &format!("{}-0", number(&redis))]);
    assert_eq!(set.as_deref(), Some("+OK\r\n"));
    hears(&mut alice, WHOLE);
    bob.expect_said("<alice> waits");
    assert_eq!(one.logged("nothing can be appended to the stream"), 1, "{}", one.log());
    assert_eq!(redis.history("a"), redis.history("b"));
}

#[test]
fn a_node_that_stands_at_a_purged_entry_goes_on_and_nobody_comes_in_again() {
    let Some(redis) = Redis::start() else { return };
    let way = redis.way("b");
    let (one, other) = (redis.node("a"), redis.node_by("b", &way));
    let mut alice = Client::named(&one, "alice");
    let mut bob = Client::named(&other, "bob");
    hears(&mut alice, " is now bob");
    alice.send("to be purged\n");
    bob.expect_said("<alice> to be purged");
    bob.sync();
    let epoch = field(&redis, NODES, "b");
    for to in [To::Redis, To::Node] {
        way.set(to, Mode::Hold);
    }
    let mut purge = binary();
    purge.arg("purge").arg("--db").arg(redis.db("a")).args(["--older-than", "0"]);
    assert!(run(purge).status.success());
    one.wait_logged("purged messages are out of the stream count=1", 1);
    // The connections end, and with them everything on its way.
    for to in [To::Redis, To::Node] {
        way.set(to, Mode::Cut(0));
    }
    alice.send("after\n");
    bob.expect_said("<alice> after");
    bob.send("here\n");
    alice.expect_said("<bob> here");
    assert_eq!(field(&redis, NODES, "b"), epoch, "it was not taken out: {}", other.log());
    other.wait_logged("the history is purged", 1);
    assert_eq!(redis.history("a"), redis.history("b"));
}
