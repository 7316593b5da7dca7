//! Bans: people who may not come in, and people who may not stay.

use super::order::keeper;
use super::world::World;
use mio_chat::chat::history::{Ban, Bans, ChatRole};
use mio_chat::limits::BAN_MS_MAX;
use serde_json::json;
use std::net::IpAddr;

/// Bans a network from outside, for this many milliseconds from now.
fn ban(world: &World, network: &str, for_ms: Option<i64>) {
    let now_ms = world.now().unix_ms.cast_signed();
    let network = network.parse().expect("a network");
    let until_ms = for_ms.map(|ms| now_ms + ms);
    let mut bans = Bans::open(&world.file()).expect("the file");
    let ban = Ban::of_operator(network, until_ms, "spam".to_owned());
    bans.add(&ban, now_ms).expect("it is written");
}

#[test]
fn whoever_is_banned_is_told_so_and_goes_and_does_not_come_back() {
    let mut world = World::new();
    let ip: IpAddr = "2001:db8:1:2::3".parse().expect("an address");
    let (friend, _) = world.arrive("friend");
    let stranger = world.dial("/chat").from(ip).connect().expect("they are let in");
    let guest = world.dial("/").from(ip).connect().expect("they are let in");
    ban(&world, "2001:db8:1:2::ffff", Some(5_000));
    world.advance(1_000);
    let bye = world.expect(stranger, "bye").args.remove(0);
    let sentence = "you are banned until 2026-01-01 00:00 UTC";
    assert_eq!(bye, json!({"reason": "banned", "error": sentence}));
    assert!(!world.is_open(stranger) && !world.is_open(guest) && world.is_open(friend));
    for namespace in ["/chat", "/"] {
        let refused = world.dial(namespace).from(ip).connect().expect_err("they are banned");
        assert!(refused.to_string().contains(sentence), "{refused}");
    }
    let neighbour = "2001:db8:1:3::3".parse().expect("an address");
    world.dial("/chat").from(neighbour).connect().expect("it is another network");
    // The ban ends.
    world.advance(6_000);
    world.dial("/chat").from(ip).connect().expect("they are let in again");
}

#[test]
fn a_ban_is_known_from_the_start_and_taken_back() {
    let world = World::new();
    ban(&world, "192.0.2.0/24", None);
    let mut world = world.restart();
    let ip: IpAddr = "192.0.2.7".parse().expect("an address");
    let refused = world.dial("/chat").from(ip).connect().expect_err("they are banned");
    assert!(refused.to_string().contains("you are banned"), "{refused}");
    let now_ms = world.now().unix_ms.cast_signed();
    let mut bans = Bans::open(&world.file()).expect("the file");
    assert!(bans.remove("192.0.2.0/24", now_ms).expect("it is written"));
    world.advance(1_000);
    world.dial("/chat").from(ip).connect().expect("they are let in again");
}

#[test]
fn a_ban_for_no_time_or_beyond_all_times_is_none() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let (bob, _) = world.arrive("bob");
    let longest = BAN_MS_MAX / 1_000;
    for what in ["ban", "mute"] {
        for bad in
            [json!(0), json!(longest + 1), json!(u64::MAX), json!(-1), json!(1.5), json!("1d")]
        {
            let refused = world.refused(alice, what, json!({"nick": "bob", "for": bad}));
            assert!(refused.starts_with("bad-request: "), "{bad} {refused}");
        }
    }
    assert_eq!(world.ask(alice, "ban", json!({}))["count"], 0);
    let mute = json!({"nick": "bob", "for": longest});
    assert_eq!(world.ask(alice, "mute", mute), json!({"ok": true}));
    world.advance(100);
    assert!(world.is_open(bob));
    let refused = world.refused(bob, "post", json!({"room": "lobby", "text": "hi"}));
    assert_eq!(refused, "muted: you are muted until 2036-01-09 00:00 UTC");
}
