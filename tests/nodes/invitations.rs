//! Invitations hold at all nodes, wherever they were made and are used.

use super::harness::{Client, DEADLINE, Server, poll_until};
use super::orders::order;
use super::process::binary;
use super::redis::{Redis, hears, metric};
use rusqlite::Connection;
use std::process::Stdio;

const OPEN: [&str; 2] = ["--access", "open"];
const CLOSED: [&str; 2] = ["--access", "invite"];
const NONE: &str = "* that is no invitation, or it has been used, or its time is over";

/// The answer to `/invite CODE`.
fn answer(guest: &mut Client, code: &str) -> String {
    guest.send(format!("/invite {code}\n"));
    guest.line()
}

/// Registers Alice at node a, and ends that node.
fn register_alice(redis: &Redis) {
    let node = redis.node_with("a", &OPEN);
    let mut alice = Client::named(&node, "alice");
    alice.send("/register correct-horse\n");
    hears(&mut alice, "* alice is yours now");
}

/// Alice, logged in at a node where only invited people come in.
fn alice(node: &Server) -> Client {
    let mut alice = Client::connect(node);
    alice.send("/login alice correct-horse\n");
    hears(&mut alice, "* welcome back, alice");
    alice
}

/// Makes an invitation for so many people; its code.
fn invite(alice: &mut Client, people: &str) -> String {
    alice.send(format!("/invite {people}\n"));
    hears(alice, "* an invitation for ");
    let line = alice.line();
    line.split(' ').nth(2).expect("a code").to_owned()
}

/// Somebody outside.
fn outside(node: &Server) -> Client {
    let mut client = Client::connect(node);
    hears(&mut client, "* this chat is for people with an account or an invitation");
    client
}

#[test]
fn the_last_use_of_an_invitation_at_two_nodes_at_one_moment_lets_one_person_in() {
    let Some(redis) = Redis::start() else { return };
    register_alice(&redis);
    let flags = [CLOSED[0], CLOSED[1], "--metrics", "127.0.0.1:0"];
    let (one, other) = (redis.node_with("a", &flags), redis.node_with("b", &flags));
    let mut alice = alice(&one);
    let code = invite(&mut alice, "2");
    // Both nodes know it once one of its two uses is over.
    let mut first = outside(&other);
    let is_known = || answer(&mut first, &code) != NONE;
    assert!(poll_until(DEADLINE, is_known), "the other node hears of it");
    hears(&mut alice, " joined");
    let mut guests = [outside(&one), outside(&other)];
    // Both nodes have decided before either reads of the other.
    redis.pause(true);
    for (guest, node) in guests.iter_mut().zip([&one, &other]) {
        guest.send(format!("/invite {code}\n"));
        let is_on_way = || metric(node, "mio_chat_node_waiting_facts") > 0;
        assert!(poll_until(DEADLINE, is_on_way), "the newcomer is on the way to Redis");
    }
    redis.pause(false);
    let mut told = guests.each_mut().map(Client::line);
    let refused = usize::from(told[1] == NONE);
    assert_eq!(told[refused], NONE, "{told:?}");
    assert!(told[1 - refused].starts_with("* Welcome to mio-chat"), "{told:?}");
    // The other one may still come in by a new one.
    let code = invite(&mut alice, "1");
    let is_known = || {
        told[refused] = answer(&mut guests[refused], &code);
        told[refused] != NONE
    };
    assert!(poll_until(DEADLINE, is_known), "the other node hears of it");
    assert!(told[refused].starts_with("* Welcome to mio-chat"), "{told:?}");
}

#[test]
fn an_invitation_is_used_at_another_node_and_at_no_third() {
    let Some(redis) = Redis::start() else { return };
    register_alice(&redis);
    let (one, other) = (redis.node_with("a", &CLOSED), redis.node_with("b", &CLOSED));
    let mut alice = alice(&one);
    let code = invite(&mut alice, "1");
    let mut bob = outside(&other);
    let is_known = || {
        let told = answer(&mut bob, &code);
        assert!(told == NONE || told.starts_with("* Welcome to mio-chat"), "{told}");
        told != NONE
    };
    assert!(poll_until(DEADLINE, is_known), "the other node hears of it");
    bob.send("thank you\n");
    hears(&mut alice, "> thank you");
    let mut eve = outside(&one);
    assert_eq!(answer(&mut eve, &code), NONE);
    // An operator's, made at the file of one node, counts at the other too.
    let mut command = binary();
    command.args(["admin", "invite", "--db"]).arg(redis.db("a")).stdout(Stdio::piped());
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).expect("text");
    let code = told.lines().next().and_then(|line| line.split_once('=')).expect("a link").1;
    let mut carol = outside(&other);
    let is_known = || answer(&mut carol, code).starts_with("* Welcome to mio-chat");
    assert!(poll_until(DEADLINE, is_known), "the other node hears of it");
    // And its end, given at one file, ends those of the other too.
    let mine = invite(&mut alice, "5");
    let mut first = outside(&other);
    assert!(poll_until(DEADLINE, || answer(&mut first, &mine) != NONE), "it is known");
    order(&redis, "b", "admin", &["invite", "--end-all"]);
    let has_none = || {
        let file = Connection::open(redis.db("a")).expect("a file");
        let sql = "SELECT count(*) FROM invitation WHERE uses > 0";
        file.query_row(sql, [], |row| row.get(0)).is_ok_and(|count: i64| count == 0)
    };
    assert!(poll_until(DEADLINE, has_none), "the other file has it");
    assert_eq!(answer(&mut outside(&one), &mine), NONE);
    assert_eq!(answer(&mut outside(&other), &mine), NONE);
}
