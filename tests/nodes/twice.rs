//! A person who comes in by two nodes is one person, by the later visit.

use super::chat::Chatter;
use super::harness::Client;
use super::redis::{Redis, hears};
use super::way::{Mode, To};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Alice's token: she was here, and said something.
fn token(node: &super::harness::Server) -> Value {
    let auth = json!({"nick": "alice", "client": "web"});
    let mut alice = Chatter::enter(node, auth);
    assert_eq!(alice.asks("post", json!({"room": "lobby", "text": "hi"}))["ok"], json!(true));
    assert_eq!(alice.asks("join", json!({"room": "ops"}))["ok"], json!(true));
    alice.welcome["token"].clone()
}

#[test]
fn of_two_tabs_that_open_at_two_nodes_at_once_the_later_one_is_the_person() {
    let Some(redis) = Redis::start() else { return };
    let way = redis.way("b");
    let (one, other) = (redis.node("a"), redis.node_by("b", &way));
    let mut bob = Client::named(&one, "bob");
    let token = token(&one);
    hears(&mut bob, "* alice left");
    let auth = || json!({"token": token, "client": "web"});
    // Node b does not hear that she has come in at node a.
    way.set(To::Node, Mode::Hold);
    let mut first = Chatter::enter(&one, auth());
    assert_eq!(first.welcome["nick"], json!("alice"));
    assert_eq!(first.welcome["rooms"].as_array().map(Vec::len), Some(2), "{}", first.welcome);
    let mut second = Chatter::knock(&other, auth());
    way.set(To::Node, Mode::Pass);
    let welcome = second.next("welcome");
    assert_eq!(welcome["nick"], json!("alice"));
    assert_eq!(welcome["rooms"].as_array().map(Vec::len), Some(2), "{welcome}");
    assert_eq!(first.next("bye")["reason"], json!("replaced"));
    assert_eq!(second.asks("post", json!({"room": "lobby", "text": "here"}))["ok"], json!(true));
    bob.expect_said("<alice> here");
    bob.send("/who\n");
    hears(&mut bob, "* in #lobby: alice and bob");
    // Redis knows one visit, and frees the name when that ends.
    drop(second);
    hears(&mut bob, "* alice left");
    let people = redis.ask(&["HLEN", "{mio-chat}:people"]);
    assert_eq!(people.as_deref(), Some(":1\r\n"));
    let third = Chatter::enter(&other, auth());
    assert_eq!(third.welcome["nick"], json!("alice"));
}

#[test]
fn a_visit_whose_person_has_come_in_elsewhere_meanwhile_ends_with_its_nodes_return() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut bob = Client::named(&one, "bob");
    let token = token(&other);
    let auth = || json!({"token": token, "client": "web"});
    let mut earlier = Chatter::enter(&other, auth());
    hears(&mut bob, "* alice joined");
    other.signal(Signal::STOP);
    hears(&mut bob, "* alice left");
    let mut later = Chatter::enter(&one, auth());
    assert_eq!(later.welcome["nick"], json!("alice"));
    // Her name is free, but she is here.
    assert_eq!(later.asks("nick", json!({"nick": "alicia"}))["ok"], json!(true));
    hears(&mut bob, "* alice is now alicia");
    other.signal(Signal::CONT);
    assert_eq!(earlier.next("bye")["reason"], json!("replaced"));
    let members = later.asks("who", json!({"room": "lobby"}))["members"].clone();
    let names: Vec<&str> =
        members.as_array().into_iter().flatten().filter_map(|it| it["nick"].as_str()).collect();
    assert_eq!(names.len(), 2, "{members}");
    // Nobody at the other node sees her twice either.
    let mut carol = Client::named(&other, "carol");
    carol.send("/who\n");
    hears(&mut carol, "* in #lobby: alicia, bob and carol");
}

#[test]
fn a_token_that_was_given_at_another_node_a_moment_ago_is_known() {
    let Some(redis) = Redis::start() else { return };
    let way = redis.way("b");
    let (one, other) = (redis.node("a"), redis.node_by("b", &way));
    // Node b hears of nothing from here on.
    way.set(To::Node, Mode::Hold);
    let mut first = Chatter::enter(&one, json!({"nick": "dora", "client": "web"}));
    let token = first.welcome["token"].clone();
    let mut second = Chatter::knock(&other, json!({"token": token, "client": "web"}));
    way.set(To::Node, Mode::Pass);
    assert_eq!(second.next("welcome")["nick"], json!("dora"));
    assert_eq!(first.next("bye")["reason"], json!("replaced"));
}
