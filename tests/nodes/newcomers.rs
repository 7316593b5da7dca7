//! Newcomers at a node that is cut off come in once it is whole, by the state of the chat then.

use super::chat::Chatter;
use super::harness::{Client, run};
use super::process::binary;
use super::redis::{Redis, hears};
use rustix::process::Signal;
use serde_json::json;

#[test]
fn a_newcomer_at_a_node_that_is_cut_off_is_judged_once_it_is_whole() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    // Node b does nothing while its links break, and a ban is made elsewhere.
    redis.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
    redis.pause(true);
    other.wait_logged("cut off from redis", 1);
    let mut eve = Client::connect(&other);
    eve.send("PROXY TCP4 198.51.100.7 127.0.0.1 56324 5000\r\n");
    hears(&mut eve, "you come in once it is connected again");
    let mut bob = Client::connect(&other);
    hears(&mut bob, "you come in once it is connected again");
    bob.send("/nick bob\n");
    let mut ban = binary();
    ban.arg("ban").arg("--db").arg(redis.db("b")).arg("198.51.100.0/24");
    assert!(run(ban).status.success());
    redis.pause(false);
    hears(&mut bob, "* Welcome to mio-chat");
    hears(&mut bob, "* you are now bob");
    hears(&mut alice, " is now bob");
    hears(&mut eve, "* you are banned");
    assert!(eve.rest().is_empty());
    // Neither an old token nor an old name counts.
    let mut carol = Chatter::named(&one, "carol");
    assert_eq!(carol.asks("post", json!({"room": "lobby", "text": "here"}))["ok"], json!(true));
    other.signal(Signal::CONT);
    hears(&mut bob, "<carol> here");
}
