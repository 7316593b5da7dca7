//! Deeds at one node, and what people at another do before that node has read of them.

use super::chat::Chatter;
use super::harness::{Client, DEADLINE, poll_until};
use super::order::{owner, register};
use super::redis::{Redis, hears, metric};
use super::way::{Mode, To};
use mio_chat::chat::history::Registrations;
use rusqlite::Connection;
use serde_json::{Value, json};

/// A person in a room, in which alice and others are.
fn member(server: &super::harness::Server, nick: &str, room: &str) -> Client {
    let mut client = Client::named(server, nick);
    client.send(format!("/join #{room}\n"));
    hears(&mut client, &format!("* you are in #{room}"));
    client
}

/// The owners of a room in a node's file, by the nicks that they have registered.
fn owners(redis: &Redis, node: &str, room: &str) -> Vec<String> {
    let file = Connection::open(redis.db(node)).expect("a file");
    let sql = "SELECT nick FROM registration, room_owner
               WHERE registration.person = room_owner.person AND room = ?";
    let mut select = file.prepare(sql).expect("it has them");
    let rows = select.query_map([room], |row| row.get(0)).expect("they can be read");
    rows.collect::<Result<_, _>>().expect("each can be read")
}

#[test]
fn what_was_decided_without_a_deed_before_it_is_decided_again() {
    let Some(redis) = Redis::start() else { return };
    let way = redis.way("b");
    let (one, other) =
        (redis.node("a"), redis.node_by_with("b", &way, &["--metrics", "127.0.0.1:0"]));
    let mut alice = owner(&redis, "a", &one, "alice");
    let mut zoe = Client::named(&one, "zoe");
    register(&mut zoe, "zoe");
    zoe.send("/join #old\n");
    hears(&mut zoe, "* #old is yours");
    let [ann, mut bob, mut dan, mut vic] =
        ["ann", "bob", "dan", "vic"].map(|nick| Client::named(&other, nick));
    register(&mut vic, "vic");
    let mut gus = member(&other, "gus", "old");
    hears(&mut zoe, "* gus joined");
    // Node b reads nothing from here on.
    way.set(To::Node, Mode::Hold);
    for (line, told) in [("/ban bob\n", "* bob is banned"), ("/mute dan\n", "* dan is muted")] {
        alice.send(line);
        hears(&mut alice, told);
    }
    zoe.send("/room delete\n");
    hears(&mut zoe, "* you are in #lobby");
    alice.send("/join #new\n");
    hears(&mut alice, "* #new is yours");
    bob.send("banned\n");
    dan.send("muted\n");
    dan.send("muted again\n");
    gus.send("in a deleted room\n");
    vic.send("/join #new\n");
    ann.send("one\n");
    ann.send("two\n");
    assert!(poll_until(DEADLINE, || metric(&other, "mio_chat_node_waiting_facts") == 7));
    way.set(To::Node, Mode::Pass);
    hears(&mut vic, "* you are in #new with alice");
    hears(&mut dan, "* you are muted");
    hears(&mut bob, "* you are banned");
    hears(&mut gus, "* you are not in #old");
    for text in ["one", "two"] {
        zoe.expect_said(&format!("<ann> {text}"));
    }
    let said = redis.history("a");
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(redis.history("b"), said);
    for node in ["a", "b"] {
        assert_eq!(owners(&redis, node, "new"), ["alice"]);
    }
    // A person who is removed hears nothing that was said after it.
    way.set(To::Node, Mode::Hold);
    alice.send("/kick vic\nsecret\n");
    assert!(poll_until(DEADLINE, || redis.history("a").len() == 3));
    way.set(To::Node, Mode::Pass);
    let mut heard = Vec::new();
    while !heard.last().is_some_and(|line: &String| line.contains("in #lobby")) {
        heard.push(vic.line());
    }
    vic.send("/who #new\n");
    hears(&mut vic, "* in #new: alice");
    assert!(!heard.iter().any(|line| line.contains("secret")), "{heard:?}");
    // She begins it anew, and nothing is there.
    zoe.send("/join #old\n");
    hears(&mut zoe, "* you are in #old");
    let history = zoe.ask("/history");
    assert!(!history.contains("deleted room"), "{history}");
}

/// Gives a registered person the password of another one, at the file of a node.
fn reset(redis: &Redis, node: &str, nick: &str, other: &str) {
    let file = Connection::open(redis.db(node)).expect("a file");
    let sql = "SELECT hash FROM registration WHERE nick = ?";
    let hash: String = file.query_row(sql, [other], |row| row.get(0)).expect("they are there");
    let mut people = Registrations::open(&redis.db(node)).expect("a file");
    assert!(people.set_hash(nick, &hash).expect("it is written"));
}

#[test]
fn nobody_comes_in_by_what_has_ended_or_gets_a_name_that_has_been_registered() {
    let Some(redis) = Redis::start() else { return };
    let way = redis.way("b");
    let (one, other) =
        (redis.node("a"), redis.node_by_with("b", &way, &["--metrics", "127.0.0.1:0"]));
    let [mut alice, mut bob] = ["alice", "bob"].map(|nick| Client::named(&one, nick));
    register(&mut alice, "alice");
    bob.send("/register battery-staple\n");
    hears(&mut bob, "* bob is yours now");
    let mut kim = Chatter::named(&one, "kim");
    assert_eq!(kim.asks("register", json!({"password": "correct-horse"}))["ok"], true);
    let known = json!({"nick": "kim", "password": "correct-horse"});
    let mut second = Chatter::enter(&other, known);
    let second_token = second.welcome["token"].take();
    let mut ann = Chatter::enter(&one, json!({"nick": "ann", "client": "web"}));
    let by_token = |token: &Value| json!({"token": token, "client": "web"});
    let mut elsewhere = Chatter::enter(&other, by_token(&ann.welcome["token"]));
    let [mut thief, mut dan] = [Client::guest(&other), Client::named(&other, "dan")];
    // Nothing comes from node b or to it until all has happened at node a.
    way.set(To::Node, Mode::Hold);
    way.set(To::Redis, Mode::Hold);
    thief.send("/login alice correct-horse\n");
    let mut late = Chatter::knock(&other, by_token(&second_token));
    dan.send("/nick z0e\n");
    let asked = elsewhere.sends("register", json!({"password": "battery-staple"}));
    assert!(poll_until(DEADLINE, || metric(&other, "mio_chat_node_waiting_facts") == 4));
    reset(&redis, "a", "alice", "bob");
    hears(&mut alice, "* an operator has given you another password");
    let devices = kim.asks("devices", json!({}));
    let ended = devices["devices"][1]["number"].clone();
    assert_eq!(kim.asks("devices", json!({"end": ended}))["ok"], true, "{devices}");
    let mut zoe = Client::named(&one, "zoe");
    register(&mut zoe, "zoe");
    zoe.send("/quit\n");
    zoe.rest();
    assert_eq!(ann.asks("register", json!({"password": "correct-horse"}))["ok"], true);
    way.set(To::Redis, Mode::Pass);
    way.set(To::Node, Mode::Pass);
    hears(&mut thief, "* that is not alice's password");
    let bye = late.next("bye");
    assert_eq!((&bye["reason"], &bye["code"]), (&json!("forgotten"), &json!("device-ended")));
    hears(&mut dan, "* zoe is registered; choose another name");
    let answer = elsewhere.answer(asked);
    assert_eq!(answer["code"], "logged-in", "one of two wins: {answer}");
    for (password, is_right) in [("battery-staple", false), ("correct-horse", true)] {
        let mut again = Chatter::knock(&other, json!({"nick": "ann", "password": password}));
        match is_right {
            true => assert_eq!(again.next("welcome")["nick"], "ann"),
            false => assert_eq!(again.next("bye")["code"], "wrong-password"),
        }
    }
}
