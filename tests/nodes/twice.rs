//! A person who comes in by two nodes is one person, with a device at each.

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
fn two_tabs_that_open_at_two_nodes_at_once_are_two_devices_of_one_person() {
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
    hears(&mut bob, "* alice joined");
    assert_eq!(second.asks("post", json!({"room": "lobby", "text": "here"}))["ok"], json!(true));
    bob.expect_said("<alice> here");
    assert_eq!(first.next("message")["text"], json!("here"));
    // Rooms and names are hers, wherever she takes them.
    assert_eq!(second.asks("join", json!({"room": "tea"}))["ok"], json!(true));
    let late = first.next("late");
    assert_eq!((&late["request"], &late["room"]), (&json!("join"), &json!("tea")));
    assert_eq!(first.asks("nick", json!({"nick": "alicia"}))["ok"], json!(true));
    assert_eq!(second.next("late")["nick"], json!("alicia"));
    hears(&mut bob, "* alice is now alicia");
    bob.send("/who\n");
    hears(&mut bob, "* in #lobby: alicia (web) and bob (netcat)");
    // She is here until the last of them has gone, and nobody takes her name before.
    drop(second);
    bob.send("/nick alicia\n");
    hears(&mut bob, "* alicia is here already, choose another name");
    drop(first);
    hears(&mut bob, "* alicia left");
    let people = redis.ask(&["HLEN", "{mio-chat}:people"]);
    assert_eq!(people.as_deref(), Some(":1\r\n"));
    let third = Chatter::enter(&other, auth());
    assert_eq!(third.welcome["nick"], json!("alicia"));
    assert_eq!(third.welcome["rooms"].as_array().map(Vec::len), Some(3), "{}", third.welcome);
}

#[test]
fn a_node_that_dies_takes_its_devices_and_no_others() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut bob = Client::named(&one, "bob");
    let token = token(&other);
    let auth = || json!({"token": token, "client": "web"});
    let here = Chatter::enter(&one, auth());
    let there = Chatter::enter(&other, auth());
    let mut carol = Client::named(&other, "carol");
    carol.send("/who\n");
    hears(&mut carol, "* in #lobby: alice (web), bob (netcat) and carol (netcat)");
    other.signal(Signal::KILL);
    hears(&mut bob, "* carol left");
    bob.send("/who\n");
    hears(&mut bob, "* in #lobby: alice (web) and bob (netcat)");
    bob.send("/nick alice\n");
    hears(&mut bob, "* alice is here already, choose another name");
    drop(there);
    drop(here);
    hears(&mut bob, "* alice left");
}

#[test]
fn a_device_at_a_node_that_was_away_is_one_more_of_the_person_who_has_come_in_elsewhere() {
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
    assert_eq!(later.asks("nick", json!({"nick": "alicia"}))["ok"], json!(true));
    hears(&mut bob, "* alice is now alicia");
    other.signal(Signal::CONT);
    assert_eq!(earlier.next("late")["nick"], json!("alicia"));
    let members = later.asks("who", json!({"room": "lobby"}))["members"].clone();
    let names: Vec<&str> =
        members.as_array().into_iter().flatten().filter_map(|it| it["nick"].as_str()).collect();
    assert_eq!(names.len(), 2, "{members}");
    // Nobody at the other node sees her twice either.
    let mut carol = Client::named(&other, "carol");
    carol.send("/who\n");
    hears(&mut carol, "* in #lobby: alicia (web), bob (netcat) and carol (netcat)");
    assert_eq!(earlier.asks("post", json!({"room": "lobby", "text": "back"}))["ok"], json!(true));
    bob.expect_said("<alicia> back");
    assert_eq!(later.next("message")["text"], json!("back"));
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
    assert_eq!(second.asks("post", json!({"room": "lobby", "text": "me"}))["ok"], json!(true));
    assert_eq!(first.next("message")["text"], json!("me"));
}
