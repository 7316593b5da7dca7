//! Many strangers, one person under many names, and a person who is away.

use super::world::World;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::IpAddr;

/// Alice comes in with a page and leaves; returns her credentials.
fn alice_leaves(world: &mut World) -> Value {
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.cut(alice);
    json!({"token": welcome["token"], "since": 0, "client": "web"})
}

fn people(world: &World) -> i64 {
    let file = Connection::open(world.file()).expect("the file");
    file.query_row("SELECT count(*) FROM person", [], |row| row.get(0)).expect("a count")
}

#[test]
fn whoever_only_comes_and_goes_is_not_kept() {
    let mut world = World::new();
    for _ in 0..50 {
        let (stranger, _) = world.enter(json!({}));
        world.cut(stranger);
    }
    assert_eq!(people(&world), 0);
    // People are kept who make a request, speak, or come back with a token.
    let (asks, _) = world.enter(json!({}));
    world.ask(asks, "rooms", json!({}));
    let (speaks, _) = world.enter(json!({}));
    world.post(speaks, "hello");
    let (returns, welcome) = world.enter(json!({}));
    assert_eq!(people(&world), 2);
    world.cut(returns);
    let (_, back) = world.enter(json!({"token": welcome["token"]}));
    assert_eq!((&back["nick"], people(&world)), (&welcome["nick"], 3));
}

#[test]
fn of_those_without_a_word_only_the_last_are_remembered() {
    let mut world = World::new();
    let (first, welcome) = world.arrive("first");
    world.cut(first);
    for _ in 0..1_000 {
        let (stranger, _) = world.enter(json!({}));
        world.cut(stranger);
    }
    let (_, back) = world.enter(json!({"token": welcome["token"]}));
    assert_ne!(back["nick"], "first");
    assert_ne!(back["token"], welcome["token"]);
}

#[test]
fn one_address_cannot_fill_a_mailbox() {
    let mut world = World::new();
    let back = alice_leaves(&mut world);
    let (friend, _) = world.arrive("friend");
    let mut refused = 0;
    for number in 0..105 {
        let ip: IpAddr = format!("2001:db8:1:2::{number}").parse().expect("an address");
        let stranger = world.dial("/chat").from(ip).connect().expect("they are let in");
        let answer = world.ask(stranger, "dm", json!({"to": "alice", "text": number.to_string()}));
        if answer["ok"] == false {
            assert_eq!(answer["code"], "mailbox-full");
            let sentence = "alice is away, and too many messages wait for them already; \
                            try again when they are back";
            assert_eq!(answer["error"], sentence);
            refused += 1;
        }
    }
    assert_eq!(refused, 5);
    // Other addresses are not affected, and this machine has no limit.
    for number in 0..101 {
        let answer = world.ask(friend, "dm", json!({"to": "alice", "text": "from a friend"}));
        assert_eq!(answer["away"], true, "{number}: {answer}");
        world.advance(100);
    }
    let (alice, _) = world.enter(back);
    assert!(world.texts(alice).contains(&"from a friend".to_owned()));
    // She is back, so that it is empty.
    world.cut(alice);
    let ip = "2001:db8:1:2::1".parse().expect("an address");
    let stranger = world.dial("/chat").from(ip).connect().expect("they are let in");
    assert_eq!(world.ask(stranger, "dm", json!({"to": "alice", "text": "x"}))["away"], true);
}

#[test]
fn at_netcat_one_is_told_that_too_much_waits() {
    let mut world = World::new();
    alice_leaves(&mut world);
    let (friend, _) = world.arrive("friend");
    for _ in 0..1_000 {
        world.ask(friend, "dm", json!({"to": "alice", "text": "x"}));
        world.advance(50);
    }
    let line = world.connect_line();
    world.lines(line);
    world.say(line, "/msg alice one more");
    let told = "* alice is away, and too many messages wait for them already; \
                try again when they are back";
    assert_eq!(world.lines(line), [told]);
}

#[test]
fn of_more_conversations_than_are_sent_the_newest_come_and_the_others_are_told() {
    let mut world = World::new();
    let back = alice_leaves(&mut world);
    for number in 0..150 {
        let (other, _) = world.arrive(&format!("other{number}"));
        world.ask(other, "dm", json!({"to": "alice", "text": format!("psst {number}")}));
    }
    let (alice, welcome) = world.enter(back);
    assert_eq!(welcome["recovered"], false);
    let heard = world.heard(alice);
    let texts: HashSet<String> = heard
        .iter()
        .filter(|(name, _)| name == "message")
        .map(|(_, message)| message["text"].as_str().expect("a text").to_owned())
        .collect();
    let newest: HashSet<String> = (50..150).map(|number| format!("psst {number}")).collect();
    assert_eq!(texts, newest);
    let gaps: HashSet<String> = heard
        .iter()
        .filter(|(name, gap)| name == "gap" && gap["missed"] == 1)
        .map(|(_, gap)| gap["with"].as_str().expect("a name").to_owned())
        .collect();
    let others: HashSet<String> = (0..50).map(|number| format!("other{number}")).collect();
    assert_eq!(gaps, others);
    let page = world.ask(alice, "history", json!({"with": "other0"}));
    assert_eq!(page["messages"][0]["text"], "psst 0");
}
