//! Nodes with hundreds of people: more than come in one part as a node begins, and more than leave
//! in one call as it is taken out.

use super::chat::Chatter;
use super::harness::{Client, DEADLINE, Server, poll_until};
use super::redis::{Redis, hears};
use mio_chat::limits::{FACT_BYTES_MAX, TEXT_BYTES_MAX};
use rustix::process::Signal;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const MANY: usize = 300;

fn guests(node: &Server) -> Vec<Client> {
    (0..MANY).map(|_| Client::connect(node)).collect()
}

/// A node's knowledge of people and their rooms.
fn rooms(client: &mut Client) -> Vec<String> {
    client.send("/rooms\n");
    client.sync()
}

fn count(redis: &Redis, words: &[&str]) -> usize {
    let reply = redis.ask(words).expect("Redis answers");
    let digits: String = reply.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("a number, not {reply:?}"))
}

/// How often Redis has run a command.
fn calls(redis: &Redis, command: &str) -> usize {
    let all = redis.ask(&["INFO", "commandstats"]).expect("Redis answers");
    let mark = format!("cmdstat_{command}:calls=");
    let calls = all.split_once(&mark).map(|(_, rest)| rest.split(',').next().unwrap_or_default());
    calls.map_or(0, |calls| calls.parse().expect("a number"))
}

#[test]
fn many_leave_in_one_notice_and_many_are_there_when_a_node_begins() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let _here = guests(&one);
    let there = guests(&other);
    let all = format!("* #lobby {}", 2 * MANY + 1);
    assert!(poll_until(DEADLINE, || rooms(&mut alice).contains(&all)), "all are there");
    other.signal(Signal::KILL);
    let mut left = Vec::new();
    let is_over = format!("* #lobby {}", MANY + 1);
    let is_gone = poll_until(DEADLINE, || {
        let heard = rooms(&mut alice);
        left.extend(heard.iter().filter(|line| line.ends_with(" left")).cloned());
        heard.contains(&is_over)
    });
    assert!(is_gone, "the killed node's people are there");
    let is_told = || {
        left.extend(rooms(&mut alice).into_iter().filter(|line| line.ends_with(" left")));
        !left.is_empty()
    };
    assert!(poll_until(DEADLINE, is_told), "they are told of");
    alice.sync();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(count(&redis, &["HLEN", "{mio-chat}:people"]), MANY + 1);
    assert_eq!(count(&redis, &["ZCARD", "{mio-chat}:leases"]), 1);
    drop((there, other));
    let before = calls(&redis, "hscan");
    let other = redis.node("b");
    let mut bob = Client::named(&other, "bob");
    let all = format!("* #lobby {}", MANY + 2);
    assert!(poll_until(DEADLINE, || rooms(&mut bob).contains(&all)), "{:?}", rooms(&mut bob));
    // No call of Redis is about all of them.
    assert!(calls(&redis, "hscan") >= before + 3);
    assert_eq!(calls(&redis, "hgetall"), 0);
}

#[test]
fn many_leave_at_once_as_their_node_ends_in_order() {
    let Some(redis) = Redis::start() else { return };
    let (one, mut other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let _there = guests(&other);
    let all = format!("* #lobby {}", MANY + 1);
    assert!(poll_until(DEADLINE, || rooms(&mut alice).contains(&all)), "all are there");
    other.signal(Signal::TERM);
    assert_eq!(other.exit_code(), Some(0));
    assert!(poll_until(DEADLINE, || rooms(&mut alice).contains(&"* #lobby 1".to_owned())));
    assert_eq!(count(&redis, &["HLEN", "{mio-chat}:people"]), 1);
}

#[test]
fn a_node_that_begins_while_people_come_and_go_knows_who_is_where() {
    let Some(redis) = Redis::start() else { return };
    let one = redis.node("a");
    let mut alice = Client::named(&one, "alice");
    let _here = guests(&one);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..3 {
            let (one, is_over) = (&one, &is_over);
            scope.spawn(move || {
                let mut all: Vec<Client> = Vec::new();
                for round in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let mut client = Client::guest(one);
                    client.send(format!("/nick n{number}-{round}\n/join #r{}\n", round % 7));
                    client.send("/topic of this room\n");
                    hears(&mut client, "* you are in #r");
                    all.push(client);
                    if all.len() > 20 {
                        all.remove(0);
                    }
                }
                all
            });
        }
        for _ in 0..4 {
            let mut other = redis.node("b");
            let mut bob = Client::guest(&other);
            let mut is_same = || rooms(&mut bob).iter().any(|line| line.starts_with("* #r6 "));
            assert!(poll_until(DEADLINE, &mut is_same), "people are in rooms");
            drop(bob);
            other.signal(Signal::TERM);
            assert_eq!(other.exit_code(), Some(0));
        }
        let other = redis.node("b");
        is_over.store(true, Ordering::Relaxed);
        let mut bob = Client::guest(&other);
        let is_same = || rooms(&mut alice) == rooms(&mut bob);
        assert!(poll_until(DEADLINE, is_same), "{:?}\n{:?}", rooms(&mut alice), rooms(&mut bob));
    });
}

#[test]
fn what_is_kept_in_redis_has_bounds() {
    let Some(redis) = Redis::start() else { return };
    let node = redis.node_with("a", &["--redis-keep-bytes", "1M"]);
    let mut alice = Client::named(&node, "alice");
    // Holds that are over go. A hold that is not over stays, and so does a name that is borne.
    for (name, until) in [("eve", "1"), ("mallory", "1"), ("trent", "99999999999999")] {
        let hold = format!("|id|{until}|{name}");
        redis.ask(&["HSET", "{mio-chat}:names", name, &hold]);
        redis.ask(&["ZADD", "{mio-chat}:holds", until, name]);
    }
    redis.ask(&["ZADD", "{mio-chat}:holds", "1", "alice"]);
    let holds = || count(&redis, &["ZCARD", "{mio-chat}:holds"]);
    // The guest whom alice was has no hold.
    assert!(poll_until(DEADLINE, || holds() <= 1), "{}", holds());
    let has = |name| count(&redis, &["HEXISTS", "{mio-chat}:names", name]) == 1;
    assert_eq!(
        [has("eve"), has("mallory"), has("trent"), has("alice")],
        [false, false, true, true]
    );
    let long = "x".repeat(3_000);
    for _ in 0..1_500 {
        alice.send(format!("{long}\n"));
    }
    alice.sync();
    let bytes = || count(&redis, &["MEMORY", "USAGE", "{mio-chat}:facts"]);
    assert!(poll_until(DEADLINE, || bytes() < 1_200_000), "{}", bytes());
    assert!(count(&redis, &["XLEN", "{mio-chat}:facts"]) > 100, "the newest are there");
    assert_eq!(redis.history("a").len(), 1_500, "the file has all");
}

#[test]
fn the_longest_text_that_may_be_said_is_heard_at_all_nodes() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let (mut alice, mut bob) = (Chatter::named(&one, "alice"), Chatter::named(&other, "bob"));
    let mut carol = Chatter::tutorial(&other);
    // JSON writes each of these as an escape.
    let text = "\"\\".repeat(TEXT_BYTES_MAX / 2);
    let said = alice.asks("post", json!({"room": "lobby", "text": text}));
    assert_eq!(said["ok"], json!(true), "{said}");
    assert_eq!(bob.next("message")["text"], json!(text));
    assert!(carol.next("message").to_string().len() > TEXT_BYTES_MAX);
    // An event of a tutorial's client may be longer, and is refused in a sentence.
    let mut dave = Chatter::tutorial(&one);
    let long = dave.asks("message", json!("x".repeat(FACT_BYTES_MAX)));
    let told = long.to_string();
    assert!(told.contains("this is too long for the chat's other servers"), "{told:.200}");
    assert_eq!(redis.history("a").len(), 1);
}
