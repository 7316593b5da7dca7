//! Invitations hold at all nodes, wherever they were made and are used.

use super::harness::{Client, DEADLINE, poll_until};
use super::process::binary;
use super::redis::{Redis, hears};
use std::process::Stdio;

const OPEN: [&str; 2] = ["--access", "open"];
const CLOSED: [&str; 2] = ["--access", "invite"];
const NONE: &str = "* that is no invitation, or it has been used, or its time is over";

/// The answer to `/invite CODE`.
fn answer(guest: &mut Client, code: &str) -> String {
    guest.send(format!("/invite {code}\n"));
    guest.line()
}

#[test]
fn an_invitation_is_used_at_another_node_and_at_no_third() {
    let Some(redis) = Redis::start() else { return };
    let first = redis.node_with("a", &OPEN);
    let mut alice = Client::named(&first, "alice");
    alice.send("/register correct-horse\n");
    hears(&mut alice, "* alice is yours now");
    drop((alice, first));
    let (one, other) = (redis.node_with("a", &CLOSED), redis.node_with("b", &CLOSED));
    let mut alice = Client::connect(&one);
    alice.send("/login alice correct-horse\n");
    hears(&mut alice, "* welcome back, alice");
    alice.send("/invite\n");
    hears(&mut alice, "* an invitation for one person");
    let line = alice.line();
    let code = line.split(' ').nth(2).expect("a code");
    let mut bob = Client::connect(&other);
    hears(&mut bob, "* this chat is for people with an account or an invitation");
    let is_known = || {
        let told = answer(&mut bob, code);
        assert!(told == NONE || told.starts_with("* Welcome to mio-chat"), "{told}");
        told != NONE
    };
    assert!(poll_until(DEADLINE, is_known), "the other node hears of it");
    bob.send("thank you\n");
    hears(&mut alice, "> thank you");
    let mut eve = Client::connect(&one);
    hears(&mut eve, "* this chat is for people with an account or an invitation");
    assert_eq!(answer(&mut eve, code), NONE);
    // An operator's, made at the file of one node, counts at the other too.
    let mut command = binary();
    command.args(["admin", "invite", "--db"]).arg(redis.db("a")).stdout(Stdio::piped());
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).expect("text");
    let code = told.lines().next().and_then(|line| line.split_once('=')).expect("a link").1;
    let mut carol = Client::connect(&other);
    hears(&mut carol, "* this chat is for people with an account or an invitation");
    let is_known = || answer(&mut carol, code).starts_with("* Welcome to mio-chat");
    assert!(poll_until(DEADLINE, is_known), "the other node hears of it");
}
