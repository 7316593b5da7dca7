//! An operator's order at one node holds at all nodes.

use super::harness::{Client, DEADLINE, Server, poll_until, run};
use super::process::binary;
use super::redis::{Redis, hears};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsStr;

const STRANGER: &str = "PROXY TCP4 198.51.100.7 127.0.0.1 56324 5000\r\n";
pub(crate) const BANNED: &str = "* you are banned";

/// Runs a command on a node's file, and returns what it prints.
pub(crate) fn order(redis: &Redis, node: &str, command: &str, args: &[&str]) -> String {
    let mut asked = binary();
    asked.arg(command).arg("--db").arg(redis.db(node)).args(args);
    let output = run(asked);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Somebody of another address, and the first line that they are sent.
pub(crate) fn stranger(server: &Server) -> (Client, String) {
    let mut client = Client::connect(server);
    client.send(STRANGER);
    let told = client.line();
    (client, told)
}

/// Waits until a node's file has this many bans.
pub(crate) fn has_bans(redis: &Redis, node: &str, count: usize) {
    let listed = || order(redis, node, "bans", &[]).lines().count() == count;
    assert!(poll_until(DEADLINE, listed), "{}", order(redis, node, "bans", &[]));
}

#[test]
fn a_ban_holds_at_all_nodes_also_at_those_that_were_away_or_begin_later() {
    let Some(redis) = Redis::start() else { return };
    let (_one, mut other) = (redis.node("a"), redis.node("b"));
    let (mut eve, welcome) = stranger(&other);
    assert!(!welcome.starts_with(BANNED), "{welcome}");
    order(&redis, "a", "ban", &["198.51.100.0/24", "--why", "spam"]);
    hears(&mut eve, BANNED);
    assert!(eve.rest().is_empty(), "they may not stay");
    assert_eq!(stranger(&other).1, BANNED);
    has_bans(&redis, "b", 1);
    assert!(order(&redis, "b", "bans", &[]).contains("spam"));
    // A node that was away reads of it, and tells the orders that its file got in the meantime.
    other.signal(Signal::TERM);
    other.exit_code();
    order(&redis, "a", "unban", &["198.51.100.0/24"]);
    order(&redis, "b", "ban", &["203.0.113.0/24", "--for", "1d"]);
    let other = redis.node("b");
    has_bans(&redis, "a", 1);
    has_bans(&redis, "b", 1);
    assert!(!stranger(&other).1.starts_with(BANNED), "the ban is lifted");
    // A node that begins later knows of bans that are no longer in the stream.
    order(&redis, "b", "ban", &["198.51.100.7"]);
    has_bans(&redis, "a", 2);
    redis.ask(&["XTRIM", "{mio-chat}:facts", "MAXLEN", "0"]);
    let late = redis.node("c");
    has_bans(&redis, "c", 2);
    assert_eq!(stranger(&late).1, BANNED);
}

#[test]
fn a_ban_that_has_ended_does_not_come_back_with_a_node() {
    let Some(redis) = Redis::start() else { return };
    let _one = redis.node("a");
    order(&redis, "a", "ban", &["198.51.100.0/24", "--for", "1s"]);
    has_bans(&redis, "a", 0);
    // Nor does Redis keep it, or one that a stopped node has left there.
    let ended = r#"7-1 1 {"ban":{"network":"198.51.100.0/25","made":1,"until":1,"why":""}}"#;
    redis.ask(&["HSET", BANS, "198.51.100.0/25", ended]);
    redis_has(&redis, 0);
    let late = redis.node("b");
    assert!(!stranger(&late).1.starts_with(BANNED), "it has ended");
}

const BANS: &str = "{mio-chat}:bans";

/// Waits until Redis has this many bans, lifted ones included.
fn redis_has(redis: &Redis, count: usize) {
    let reply = format!(":{count}\r\n");
    let has = || redis.ask(&["HLEN", BANS]).is_some_and(|it| it == reply);
    assert!(poll_until(DEADLINE, has), "Redis has not {count} bans");
}

#[test]
fn a_ban_that_was_lifted_while_a_node_was_away_is_lifted_there_too() {
    let Some(redis) = Redis::start() else { return };
    let (_one, mut other) = (redis.node("a"), redis.node("b"));
    order(&redis, "a", "ban", &["198.51.100.0/24"]);
    has_bans(&redis, "b", 1);
    other.signal(Signal::TERM);
    other.exit_code();
    order(&redis, "a", "unban", &["198.51.100.0/24"]);
    // The stream has lost the order, and later even the note in Redis is gone.
    let lifted =
        || redis.ask(&["HGET", BANS, "198.51.100.0/24"]).is_some_and(|it| it.contains("unban"));
    assert!(poll_until(DEADLINE, lifted), "the other nodes are told");
    redis.ask(&["XTRIM", "{mio-chat}:facts", "MAXLEN", "0"]);
    let mut other = redis.node("b");
    has_bans(&redis, "b", 0);
    assert!(!stranger(&other).1.starts_with(BANNED), "the ban is lifted");
    order(&redis, "a", "ban", &["198.51.100.0/24"]);
    has_bans(&redis, "b", 1);
    other.signal(Signal::TERM);
    other.exit_code();
    order(&redis, "a", "unban", &["198.51.100.0/24"]);
    assert!(poll_until(DEADLINE, lifted), "the other nodes are told");
    let note = redis.ask(&["HGET", BANS, "198.51.100.0/24"]).expect("a reply");
    let note = note.split("\r\n").nth(1).expect("a note");
    let mut words = note.splitn(3, ' ');
    let over = format!("{} 1 {}", words.next().expect("an id"), words.nth(1).expect("an order"));
    redis.ask(&["HSET", BANS, "198.51.100.0/24", &over]);
    redis_has(&redis, 0);
    redis.ask(&["XTRIM", "{mio-chat}:facts", "MAXLEN", "0"]);
    let other = redis.node("b");
    has_bans(&redis, "b", 0);
    assert!(!stranger(&other).1.starts_with(BANNED), "the ban is lifted");
    has_bans(&redis, "a", 0);
}

#[test]
fn a_node_that_begins_gets_all_bans_however_many() {
    let Some(redis) = Redis::start() else { return };
    let _one = redis.node("a");
    let bans = |number: usize| {
        let network = format!("198.18.{}.{}", number / 256, number % 256);
        let ban = format!(r#"{{"network":"{network}","made":1,"until":null,"why":"spam"}}"#);
        [network, format!(r#"7-{} 0 {{"ban":{ban}}}"#, number + 1)]
    };
    let words: Vec<String> = (0..2_000).flat_map(bans).collect();
    for part in words.chunks(200) {
        let mut command = vec!["HSET", BANS];
        command.extend(part.iter().map(String::as_str));
        redis.ask(&command);
    }
    let _other = redis.node("b");
    has_bans(&redis, "b", 2_000);
}

#[test]
fn a_redis_that_comes_back_with_older_data_brings_no_ban_back_and_loses_none() {
    let Some(mut redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    order(&redis, "a", "ban", &["198.51.100.0/24"]);
    has_bans(&redis, "b", 1);
    redis.kill();
    redis.keep_copy();
    let mut redis = redis.restart(true);
    one.wait_logged("node is whole", 2);
    other.wait_logged("node is whole", 2);
    order(&redis, "a", "unban", &["198.51.100.0/24"]);
    has_bans(&redis, "b", 0);
    order(&redis, "b", "ban", &["203.0.113.0/24"]);
    has_bans(&redis, "a", 1);
    redis.kill();
    redis.bring_copy();
    let redis = redis.restart(true);
    one.wait_logged("node is whole", 3);
    other.wait_logged("node is whole", 3);
    let note = |network| redis.ask(&["HGET", BANS, network]).unwrap_or_default();
    let is_told =
        || note("198.51.100.0/24").contains("unban") && note("203.0.113.0/24").contains("ban");
    assert!(poll_until(DEADLINE, is_told), "{} {}", one.log(), other.log());
    let late = redis.node("c");
    for node in ["a", "b", "c"] {
        has_bans(&redis, node, 1);
    }
    assert!(!stranger(&late).1.starts_with(BANNED), "the ban is lifted");
}

#[test]
fn bans_survive_a_redis_that_has_lost_all() {
    let Some(redis) = Redis::start() else { return };
    let one = redis.node("a");
    order(&redis, "a", "ban", &["198.51.100.0/24"]);
    // The log tells of it before Redis has it.
    redis_has(&redis, 1);
    let redis = redis.restart(false);
    one.wait_logged("node is whole", 2);
    // It is told again, or, if the node has not heard back, sent again.
    redis_has(&redis, 1);
    let late = redis.node("b");
    has_bans(&redis, "b", 1);
    assert_eq!(stranger(&late).1, BANNED);
}

#[test]
fn a_purge_for_which_there_is_no_process_is_done_at_the_next_start_which_is_told_once() {
    let Some(redis) = Redis::start() else { return };
    let (one, mut other) = (redis.node("a"), redis.node("b"));
    let mut bob = Client::named(&other, "bob");
    let mut alice = Client::named(&one, "alice");
    alice.send("oldword\n");
    hears(&mut bob, "oldword");
    let waits = child_of(other.pid()).expect("a process waits for purges");
    // Its deputy has no time to take its place.
    let deputy = || child_of(waits);
    assert!(poll_until(DEADLINE, || deputy().is_some()), "it has a deputy");
    let deputy = deputy().expect("a deputy");
    for (process, signal) in [(deputy, Signal::STOP), (waits, Signal::KILL), (deputy, Signal::KILL)]
    {
        kill_process(process, signal).expect("it is there");
    }
    order(&redis, "a", "purge", &["--older-than", "0"]);
    let told = "is done when this server starts again";
    other.wait_logged(told, 1);
    bob.send("newword\n");
    alice.expect_said("<bob> newword");
    assert!(times(&redis, "b", "oldword") > 0);
    other.signal(Signal::TERM);
    assert_eq!((other.exit_code(), other.logged(told)), (Some(0), 1));
    let other = redis.node("b");
    other.wait_logged("the history is purged", 1);
    assert_eq!(times(&redis, "b", "oldword"), 0);
}

/// The only child of a process.
fn child_of(process: Pid) -> Option<Pid> {
    let id = process.as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let children = children.expect("Linux tells them");
    Pid::from_raw(children.split_whitespace().next()?.parse().expect("a number"))
}

/// How often a word occurs in the files of the folder: those of nodes, or of one.
fn times(redis: &Redis, node: &str, word: &str) -> usize {
    let db = redis.db(node);
    let name = db.file_name().expect("a file").to_string_lossy().into_owned();
    let files = std::fs::read_dir(db.parent().expect("a folder")).expect("a folder");
    let of_node = files.map(|file| file.expect("a file").path()).filter(|path| {
        let is_of_node = |file: &OsStr| file.to_string_lossy().starts_with(&name);
        path.is_file() && path.file_name().is_some_and(is_of_node)
    });
    of_node
        .map(|path| {
            let bytes = std::fs::read(path).expect("a file");
            memchr::memmem::find_iter(&bytes, word).count()
        })
        .sum()
}

#[test]
fn a_purge_at_one_node_leaves_nothing_at_others_nor_in_the_stream() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let mut bob = Client::named(&other, "bob");
    alice.send("/topic a topic stays\n/msg bob whisperword\n");
    for number in 0..120 {
        alice.send(format!("oldword {number}\n"));
    }
    hears(&mut bob, "oldword 119");
    alice.send("/edit oldword 120\n");
    alice.sync();
    alice.send("/join #ops\nslip\n");
    alice.sync();
    alice.send("/edit opsword\n/leave\n");
    alice.sync();
    bob.sync();
    // One is away meanwhile.
    let mut away = redis.node("c");
    away.signal(Signal::TERM);
    away.exit_code();
    order(&redis, "a", "purge", &["--older-than", "0", "--room", "ops"]);
    one.wait_logged("purged messages are out of the stream count=2", 1);
    other.wait_logged("the history is purged", 1);
    assert_eq!(times(&redis, "b", "opsword"), 0);
    assert!(times(&redis, "b", "oldword") > 0 && times(&redis, "c", "opsword") > 0);
    order(&redis, "a", "purge", &["--older-than", "0"]);
    one.wait_logged("purged messages are out of the stream count=122", 1);
    other.wait_logged("the history is purged", 2);
    assert_eq!((times(&redis, "b", "oldword"), times(&redis, "b", "whisperword")), (0, 0));
    bob.send("newword\n");
    hears(&mut alice, "newword");
    let away = redis.node("c");
    away.wait_logged("the history is purged", 2);
    assert_eq!((times(&redis, "c", "oldword"), times(&redis, "c", "opsword")), (0, 0));
    let stream = redis.ask(&["XRANGE", "{mio-chat}:facts", "-", "+"]).expect("the stream");
    assert!(!stream.contains("opsword") && !stream.contains("oldword"), "{stream}");
    // A new node reads nothing of it from the stream.
    let late = redis.node("d");
    assert_eq!(redis.history("d"), redis.history("a"));
    assert!(redis.history("d").iter().all(|line| line.contains("newword")));
    let mut carol = Client::connect(&late);
    hears(&mut carol, "a topic stays");
}
