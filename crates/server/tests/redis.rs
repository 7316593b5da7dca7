//! Links to a real Redis, in the loop of a real server. On a machine without `redis-server` these
//! tests print a note and do nothing; with `MIO_REDIS=required` they fail.

#![allow(unreachable_pub, reason = "modules of a test")]

mod real_redis {
    pub mod node;
    pub mod proxy;
    pub mod redis;
}

use real_redis::node::{COMMAND, Node};
use real_redis::proxy::{Mode, Proxy};
use real_redis::redis::RedisServer;
use std::time::{Duration, Instant};

/// A Redis that is back is found within this.
const BACK: Duration = Duration::from_secs(5);

#[test]
fn commands_are_answered_in_their_order() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let mut node = Node::new(&redis.url());
    node.until("up");
    for line in
        ["SET key value", "GET key", "XADD stream * field value", "INCR key", "HGETALL none"]
    {
        node.command(line);
    }
    node.until("5: Map([])");
    let told = node.told();
    assert_eq!(told[1], "1: Status([79, 75])");
    assert_eq!(told[2], "2: Bytes([118, 97, 108, 117, 101])");
    assert!(told[3].starts_with("3: Bytes("), "{told:?}");
    assert!(told[4].starts_with("4: failed Other: ERR value is not an integer"), "{told:?}");
    node.command("EVALSHA ffffffffffffffffffffffffffffffffffffffff 0");
    node.until("6: failed NoScript");
    node.command("SUBSCRIBE channel");
    node.command("PUBLISH channel hi");
    node.until("push of 3");
    node.until("8: Integer(1)");
    assert!(node.told().iter().any(|told| told.starts_with("7: Push(")), "{:?}", node.told());
}

#[test]
fn one_that_is_down_at_the_start_is_found_when_it_is_there() {
    let Some(mut redis) = RedisServer::start(&[]) else { return };
    redis.kill();
    let mut node = Node::new(&redis.url());
    node.until("down unreachable");
    node.run_for(Duration::from_millis(500));
    redis.restart(&[]);
    node.until_within("up", BACK);
}

#[test]
fn one_that_is_killed_loses_what_is_unanswered_and_is_found_again() {
    let Some(mut redis) = RedisServer::start(&[]) else { return };
    let mut node = Node::new(&redis.url());
    node.until("up");
    for _ in 0..2 {
        // Redis answers it only after a push.
        node.command("BLPOP list 0");
        node.run_for(Duration::from_millis(50));
        redis.kill();
        node.until("down closed");
        node.until("lost: the link was lost: closed");
        redis.restart(&[]);
        node.until_within("up", BACK);
    }
    node.command("PING");
    node.until("3: Status([80, 79, 78, 71])");
}

#[test]
fn one_that_stands_still_is_given_up_and_nobody_else_waits_for_it() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let mut node = Node::new(&redis.url());
    node.until("up");
    redis.stop();
    node.command("PING");
    // The line door answers before the link is given up.
    node.talk("hello");
    assert!(!node.has("down"), "{:?}", node.told());
    node.until("down timeout");
    node.until("lost: the link was lost: timeout");
    node.talk("and again");
    redis.go_on();
    node.until_within("up", BACK);
}

#[test]
fn a_wrong_password_is_told_as_such() {
    let Some(redis) = RedisServer::start(&["--requirepass", "secret"]) else { return };
    for url in [redis.url(), redis.url().replace("redis://", "redis://:wrong@")] {
        let mut node = Node::new(&url);
        node.until("down unauthorized");
    }
    let mut node = Node::new(&redis.url().replace("redis://", "redis://:secret@"));
    node.until("up");
}

#[test]
fn a_replica_and_a_full_memory_say_so() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let mut node = Node::new(&redis.url());
    node.until("up");
    node.command("CONFIG SET maxmemory 1");
    node.command("SET key value");
    node.until("2: failed OutOfMemory");
    node.command("CONFIG SET maxmemory 0");
    node.command("REPLICAOF 127.0.0.1 1");
    node.command("SET key value");
    node.until("5: failed ReadOnly");
}

#[test]
fn a_way_that_is_slow_cut_and_corrupt_is_survived() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let proxy = Proxy::start(redis.port());
    let mut node = Node::new(&format!("redis://127.0.0.1:{}", proxy.port()));
    node.until("up");
    proxy.set(Mode::Trickle);
    node.command("PING");
    node.until("1: Status([80, 79, 78, 71])");
    node.talk("hello");
    for (mode, reason) in [(Mode::Cut, "down closed"), (Mode::Corrupt, "down malformed")] {
        proxy.set(mode);
        node.forget();
        node.command("PING");
        node.until(reason);
        node.until("lost: ");
        node.talk("still here");
        proxy.set(Mode::Pass);
        node.until_within("up", BACK);
    }
    proxy.set(Mode::Silence);
    node.forget();
    let start = Instant::now();
    node.command("PING");
    node.until("down timeout");
    // The loop counts whole milliseconds.
    let waited = start.elapsed() + Duration::from_millis(1);
    assert!(waited >= COMMAND, "not before its time: {waited:?}");
}
