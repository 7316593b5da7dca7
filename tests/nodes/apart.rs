//! A chat whose nodes or Redis fail.

use super::harness::Client;
use super::redis::{Redis, hears};
use rustix::process::Signal;

const CUT: &str =
    "* this server is cut off from the chat's other servers: what you say waits for a while";
const WHOLE: &str = "* this server is connected with the chat's other servers again";

#[test]
fn a_killed_node_is_taken_out_once_and_is_back_with_its_history() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let bob = Client::named(&other, "bob");
    let carol = Client::named(&other, "carol");
    hears(&mut alice, " is now carol");
    other.signal(Signal::KILL);
    hears(&mut alice, "* bob and carol left");
    drop((bob, carol));
    alice.send("while b was away\n");
    alice.sync();
    drop(other);
    let other = redis.node("b");
    let mut bob = Client::connect(&other);
    let welcome = bob.line();
    assert!(welcome.ends_with(", in #lobby with alice."), "{welcome}");
    assert!(bob.said().ends_with("<alice> while b was away"));
    bob.rename("bob");
    bob.send("back\n");
    alice.expect_said("<bob> back");
    assert_eq!(redis.history("a"), redis.history("b"));
}

#[test]
fn a_node_that_ends_in_order_takes_its_people_along_at_once() {
    let Some(redis) = Redis::start() else { return };
    let (one, mut other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let _bob = Client::named(&other, "bob");
    hears(&mut alice, " is now bob");
    other.signal(Signal::TERM);
    assert_eq!(other.exit_code(), Some(0));
    hears(&mut alice, "* bob left");
}

#[test]
fn what_is_said_while_redis_does_nothing_or_restarts_is_heard_once() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let (mut alice, mut bob) = (Client::named(&one, "alice"), Client::named(&other, "bob"));
    hears(&mut alice, " is now bob");
    redis.pause(true);
    alice.send("one\n");
    hears(&mut alice, CUT);
    // Reading goes on.
    alice.send("/history\n/who\n");
    hears(&mut alice, "* in #lobby: alice (netcat) and bob (netcat)");
    redis.pause(false);
    bob.expect_said("<alice> one");
    hears(&mut alice, WHOLE);
    let redis = redis.restart(true);
    alice.send("two\n");
    bob.expect_said("<alice> two");
    bob.send("three\n");
    alice.expect_said("<bob> three");
    assert_eq!(redis.history("a"), redis.history("b"));
    assert_eq!(redis.history("a").len(), 3);
}

#[test]
fn a_redis_that_comes_back_empty_gives_no_number_twice() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let (mut alice, mut bob) = (Client::named(&one, "alice"), Client::named(&other, "bob"));
    alice.send("before\n");
    bob.expect_said("<alice> before");
    // Her node has it too, which would otherwise say it again to a Redis that knows nothing of it.
    alice.send("/history 1\n");
    while !alice.line().ends_with("] <alice> before") {}
    let redis = redis.restart(false);
    alice.send("after\n");
    bob.expect_said("<alice> after");
    bob.send("here too\n/who\n");
    alice.expect_said("<bob> here too");
    hears(&mut bob, "* in #lobby: alice (netcat) and bob (netcat)");
    assert_eq!(bob.ask("/nick alice"), "* alice is here already, choose another name");
    let history = redis.history("a");
    assert_eq!(history, redis.history("b"));
    assert_eq!(history.len(), 3);
}

#[test]
fn what_waits_for_too_long_is_refused_and_nobody_is_disconnected() {
    let Some(mut redis) = Redis::start() else { return };
    let node = redis.node("a");
    let mut alice = Client::named(&node, "alice");
    redis.kill();
    alice.send("is anybody there?\n");
    hears(
        &mut alice,
        "* this server is cut off from the chat's other servers, and this may not have been done; \
         try again in a while",
    );
    let redis = redis.restart(true);
    hears(&mut alice, WHOLE);
    alice.send("now?\n");
    alice.sync();
    assert_eq!(redis.history("a").len(), 1);
}

#[test]
fn a_node_that_was_cut_off_for_long_comes_in_again_and_names_have_one_bearer() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let (mut alice, mut bob) = (Client::named(&one, "alice"), Client::named(&other, "bob"));
    hears(&mut alice, " is now bob");
    other.signal(Signal::STOP);
    hears(&mut alice, "* bob left");
    alice.send("/nick bob\n");
    hears(&mut alice, "* you are now bob");
    other.signal(Signal::CONT);
    hears(&mut bob, "* alice is now bob");
    // A line that comes before that is refused: it was said under a name that another has.
    hears(&mut bob, "you are now guest-");
    bob.send("who am I?\n");
    let said = alice.said();
    assert!(said.starts_with("<guest-") && said.ends_with("> who am I?"), "{said}");
}
