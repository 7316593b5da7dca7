//! Registered people are registered at all nodes.

use super::harness::Client;
use super::orders::order;
use super::redis::{Redis, hears};
use mio_chat::chat::history::Registrations;
use rusqlite::Connection;
use rustix::process::Signal;
use std::fs;
use std::path::Path;

/// The last line of an answer about a password.
fn told(client: &mut Client, line: &str) -> String {
    match client.ask(line) {
        // A sentence that comes first, and once.
        warned if warned.starts_with("* this connection is not encrypted") => client.line(),
        answer => answer,
    }
}

const LACKS: &str =
    "this file lacks registered people or rules of rooms that the stream no longer has";
const YOURS: &str = "* alice is yours now. From elsewhere: /login alice PASSWORD";
const KEPT: &str = "* alice is registered; choose another name, or /login alice PASSWORD";

#[test]
fn a_name_that_is_registered_at_one_node_is_nobody_elses_at_any() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    assert_eq!(told(&mut alice, "/register correct-horse"), YOURS);
    let mut bob = Client::named(&other, "bob");
    assert_eq!(bob.ask("/nick aIice"), KEPT);
    assert_eq!(told(&mut bob, "/login alice correct-house"), "* that is not alice's password");
}

#[test]
fn somebody_logs_in_at_one_node_while_they_are_at_another_and_logs_out() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    assert_eq!(told(&mut alice, "/register correct-horse"), YOURS);
    let mut carol = Client::named(&one, "carol");
    let mut elsewhere = Client::guest(&other);
    elsewhere.send("/login alice correct-horse\n");
    hears(&mut elsewhere, "* welcome back, alice");
    elsewhere.send("here now\n");
    carol.expect_said("<alice> here now");
    // A guest again, whose name is nobody's, and the name is alice's all the same.
    elsewhere.send("/logout\nwho am I\n");
    hears(&mut elsewhere, "* you are guest-");
    let said = carol.said();
    assert!(said.starts_with("<guest-") && said.ends_with("> who am I"), "{said}");
    assert_eq!(carol.ask("/nick alice"), KEPT);
    elsewhere.send("/login alice correct-horse\n");
    hears(&mut elsewhere, "* welcome back, alice");
}

#[test]
fn what_an_operator_does_with_a_registered_person_at_one_file_holds_at_all_nodes() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    assert_eq!(told(&mut alice, "/register correct-horse"), YOURS);
    let mut bob = Client::named(&other, "bob");
    assert!(told(&mut bob, "/register battery-staple").starts_with("* bob is yours now"));
    let mut elsewhere = Client::guest(&other);
    elsewhere.send("/login alice correct-horse\n");
    hears(&mut elsewhere, "* welcome back, alice");
    // She gets the password that bob has.
    let file = Connection::open(redis.db("b")).expect("a file");
    let sql = "SELECT hash FROM registration WHERE nick = 'bob'";
    let hash: String = file.query_row(sql, [], |row| row.get(0)).expect("he is there");
    let mut people = Registrations::open(&redis.db("a")).expect("a file");
    assert!(people.set_hash("alice", &hash).expect("it is written"));
    for client in [&mut alice, &mut elsewhere] {
        hears(client, "* an operator has given you another password: log in with it");
        client.rest();
    }
    let mut again = Client::guest(&other);
    let wrong = "* that is not alice's password";
    assert_eq!(told(&mut again, "/login alice correct-horse"), wrong);
    assert!(told(&mut again, "/login alice battery-staple").starts_with("* welcome back, alice"));
    assert!(people.forget("alice").expect("it is written"));
    hears(&mut again, "* an operator has ended your registration: your name is free");
    hears(&mut again, "* you are guest-");
    let gone = "* nobody has registered as alice";
    assert_eq!(told(&mut again, "/login alice battery-staple"), gone);
    again.send("/nick alice\n");
    hears(&mut again, "* you are now alice");
}

#[test]
fn a_node_that_was_away_knows_who_has_registered_meanwhile() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut bob = Client::named(&other, "bob");
    assert!(told(&mut bob, "/register battery-staple").starts_with("* bob is yours now"));
    other.signal(Signal::KILL);
    drop((bob, other));
    let mut alice = Client::named(&one, "alice");
    assert_eq!(told(&mut alice, "/register correct-horse"), YOURS);
    drop(alice);
    let other = redis.node("b");
    let mut guest = Client::guest(&other);
    assert_eq!(guest.ask("/nick alice"), KEPT);
    assert_eq!(told(&mut guest, "/login alice wrong-horse"), "* that is not alice's password");
    guest.send("/login bob battery-staple\n");
    hears(&mut guest, "* welcome back, bob");
    let mut again = Client::guest(&other);
    again.send("/login alice correct-horse\n");
    hears(&mut again, "* welcome back, alice");
}

#[test]
fn no_password_is_in_redis_in_the_logs_or_in_the_files() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    assert_eq!(told(&mut alice, "/register correct-horse"), YOURS);
    let mut elsewhere = Client::guest(&other);
    assert_eq!(
        told(&mut elsewhere, "/login alice wrong-battery"),
        "* that is not alice's password"
    );
    elsewhere.send("/login alice correct-horse\n");
    hears(&mut elsewhere, "* welcome back, alice");
    let folder = redis.db("a").parent().expect("a folder").to_owned();
    let mut files = Vec::new();
    all_files(&folder, &mut files);
    let has = |bytes: &[u8], word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    let all: Vec<Vec<u8>> = files.iter().filter_map(|file| fs::read(file).ok()).collect();
    assert!(all.iter().any(|bytes| has(bytes, "$argon2id$")), "Redis and the files have the hash");
    for secret in ["correct-horse", "wrong-battery"] {
        assert!(!all.iter().any(|bytes| has(bytes, secret)), "{secret} is in a file");
        for node in [&one, &other] {
            assert!(!node.log().contains(secret), "{secret} is in a log");
        }
    }
}

fn all_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for file in fs::read_dir(folder).expect("a folder").flatten() {
        match file.file_type() {
            Ok(kind) if kind.is_dir() => all_files(&file.path(), files),
            Ok(kind) if kind.is_file() => files.push(file.path()),
            _ => (),
        }
    }
}

#[test]
fn a_node_whose_file_lacks_registered_people_stays_cut_off() {
    let Some(redis) = Redis::start() else { return };
    let one = redis.node("a");
    let mut alice = Client::named(&one, "alice");
    // A new node reads it in the stream.
    assert_eq!(told(&mut alice, "/register correct-horse"), YOURS);
    let mut kim = Client::named(&one, "kim");
    assert!(told(&mut kim, "/register correct-horse").contains("kim is yours now"));
    let (other, spare) = (redis.node("b"), redis.node("d"));
    assert_eq!(Client::guest(&other).ask("/nick alice"), KEPT);
    // When the stream has it no longer, the next one cannot.
    alice.send("one\ntwo\nthree\n");
    alice.sync();
    assert!(redis.ask(&["XTRIM", "{mio-chat}:facts", "MAXLEN", "=", "1"]).is_some());
    let third = redis.node_apart("c");
    third.wait_logged(LACKS, 1);
    let mut guest = Client::connect(&third);
    hears(&mut guest, "* this server is cut off");
    // A node that has read it goes on, also after a restart.
    other.signal(Signal::KILL);
    drop(other);
    let other = redis.node("b");
    let mut guest = Client::guest(&other);
    guest.send("/nick alice\n");
    hears(&mut guest, KEPT);
    // One that lacks a role cannot go on either.
    other.signal(Signal::KILL);
    drop((guest, other));
    order(&redis, "a", "admin", &["grant", "alice", "owner"]);
    hears(&mut alice, "* you are an owner of this chat now");
    alice.send("one\ntwo\n");
    alice.sync();
    assert!(redis.ask(&["XTRIM", "{mio-chat}:facts", "MAXLEN", "=", "1"]).is_some());
    let other = redis.node_apart("b");
    other.wait_logged(LACKS, 1);
    // Nor one that would take a password that an operator has ended.
    spare.signal(Signal::KILL);
    drop(spare);
    order(&redis, "a", "admin", &["forget", "kim"]);
    hears(&mut kim, "* an operator has ended your registration: your name is free");
    alice.send("one\ntwo\n");
    alice.sync();
    assert!(redis.ask(&["XTRIM", "{mio-chat}:facts", "MAXLEN", "=", "1"]).is_some());
    let spare = redis.node_apart("d");
    spare.wait_logged(LACKS, 1);
}

#[test]
fn a_private_message_waits_for_somebody_who_comes_at_another_node() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    assert_eq!(told(&mut alice, "/register correct-horse"), YOURS);
    let mut bob = Client::named(&other, "bob");
    alice.send("/quit\n");
    hears(&mut bob, "* alice left");
    bob.send("/msg alice psst\n");
    hears(&mut bob, "* alice is away; it is kept for when they come back");
    let log_in = |node| {
        let mut again = Client::guest(node);
        again.send("/login alice correct-horse\n");
        hears(&mut again, "* welcome back, alice");
        again
    };
    let mut again = log_in(&one);
    hears(&mut again, "* while you were away, one message came for you:");
    hears(&mut again, "<bob -> you> psst");
    // It is given once, at whichever node.
    again.send("/quit\n");
    hears(&mut bob, "* alice left");
    let mut again = log_in(&other);
    again.send("/msg zoe hi\n");
    loop {
        let line = again.line();
        assert!(!line.contains("while you were away"), "{line}");
        if line == "* nobody here is called zoe" {
            break;
        }
    }
}
