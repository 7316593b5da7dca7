//! That somebody types is seen at all nodes, and ends there.

use super::chat::Chatter;
use super::redis::Redis;
use rustix::process::Signal;
use serde_json::json;

#[test]
fn typing_is_seen_at_another_node_and_ends_with_the_message_or_by_itself() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let (mut alice, mut bob) = (Chatter::named(&one, "alice"), Chatter::named(&other, "bob"));
    alice.sees("presence", |told| told["joined"].to_string().contains("\"bob\""));
    let typing = |is_on: bool| json!({"room": "lobby", "nick": "bob", "on": is_on});
    bob.asks("typing", json!({"room": "lobby", "on": true}));
    assert_eq!(alice.next("typing"), typing(true));
    // The message comes after the end of its typing.
    bob.asks("post", json!({"room": "lobby", "text": "there"}));
    assert_eq!(alice.events(&["typing", "message"], 2)[0], typing(false));
    // By itself, after a while.
    bob.asks("typing", json!({"room": "lobby", "on": true}));
    assert_eq!((alice.next("typing"), alice.next("typing")), (typing(true), typing(false)));
    // To one person, and to nobody else.
    let mut carol = Chatter::named(&one, "carol");
    bob.asks("typing", json!({"to": "alice", "on": true}));
    let private = |is_on: bool| json!({"from": "bob", "nick": "bob", "on": is_on});
    assert_eq!(alice.next("typing"), private(true));
    bob.asks("typing", json!({"room": "lobby", "on": true}));
    assert_eq!(alice.events(&["typing"], 2), [private(false), typing(true)]);
    assert_eq!(carol.next("typing"), typing(true));
    // When the typist has gone.
    drop(bob);
    assert_eq!(alice.next("typing"), typing(false));
    let mut dave = Chatter::named(&other, "dave");
    dave.asks("typing", json!({"room": "lobby", "on": true}));
    assert_eq!(alice.next("typing")["on"], json!(true));
    other.signal(Signal::KILL);
    assert_eq!(alice.next("typing")["on"], json!(false));
}

#[test]
fn typing_in_the_tutorials_namespace_is_passed_on_as_it_was_sent() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let (mut alice, bob) = (Chatter::tutorial(&one), Chatter::tutorial(&other));
    bob.emits("message", json!("hello"));
    alice.next("message");
    bob.emits("typing", json!({"who": "bob", "odd": [1, 2.50]}));
    assert_eq!(alice.next("typing"), json!({"who": "bob", "odd": [1, 2.50]}));
    // An event that is too long or has attachments is only for one node's people.
    bob.emits("typing", json!({"who": "x".repeat(8_000)}));
    bob.emits("message", json!("done"));
    assert_eq!(alice.events(&["typing", "message"], 1), [json!("done")]);
}

#[test]
fn what_strangers_publish_is_passed_over() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let (mut alice, mut bob) = (Chatter::named(&one, "alice"), Chatter::named(&other, "bob"));
    alice.sees("presence", |told| told["joined"].to_string().contains("\"bob\""));
    let long = "x".repeat(100_000);
    let forged = [
        "",
        "[]",
        r#"{"types":{"by":"b/1.0.1","place":{"room":"lobby"}}}"#,
        r#"{"relayed":{"by":"b/1.0.1","room":"lobby","args":"]"}}"#,
        &long,
    ];
    for text in forged {
        redis.ask(&["PUBLISH", "{mio-chat}:fleeting", text]);
    }
    bob.asks("post", json!({"room": "lobby", "text": "still here"}));
    assert_eq!(alice.events(&["typing", "message"], 1)[0]["text"], json!("still here"));
}
