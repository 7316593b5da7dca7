//! Tokens: how long they are valid, and how they end. Keys of posts and their meaning.

use super::world::World;
use mio_chat::limits::PEOPLE_BURST;
use rusqlite::Connection;
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Makes all tokens older by `days`.
fn age(world: &World, days: i64) {
    let file = Connection::open(world.file()).expect("the file");
    let sql = "UPDATE person SET given = given - ?";
    file.execute(sql, [days * DAY_MS]).expect("they are older");
}

fn enter(world: &mut World, token: &Value) -> (mio_socketio::testing::Client, Value) {
    world.enter(json!({"token": token, "client": "web"}))
}

#[test]
fn an_old_token_is_exchanged_and_good_until_the_new_one_is_used() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let old = welcome["token"].clone();
    world.cut(alice);
    age(&world, 44);
    let (alice, welcome) = enter(&mut world, &old);
    assert_eq!(welcome["token"], old);
    world.cut(alice);
    age(&world, 2);
    let (alice, welcome) = enter(&mut world, &old);
    let lost = welcome["token"].clone();
    assert_ne!(lost, old);
    // The new token was lost on its way: the old one is valid, and another new one is given.
    world.cut(alice);
    let (alice, welcome) = enter(&mut world, &old);
    let new = welcome["token"].clone();
    assert!(new != old && new != lost && welcome["nick"] == "alice");
    // A person who is here comes in by the new token with one more device.
    let (newer, welcome) = enter(&mut world, &new);
    assert_eq!((&welcome["nick"], &welcome["token"]), (&json!("alice"), &new));
    world.cut(alice);
    world.cut(newer);
    let mut world = world.restart();
    let (_, stranger) = enter(&mut world, &old);
    assert_ne!(stranger["nick"], "alice");
    let (_, welcome) = enter(&mut world, &new);
    assert_eq!(welcome["nick"], "alice");
}

#[test]
fn a_token_ends_after_ninety_days_however_often_it_is_used() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.cut(alice);
    age(&world, 90);
    let (_, stranger) = enter(&mut world, &welcome["token"]);
    assert!(stranger["nick"] != "alice" && stranger["token"] != welcome["token"]);
}

#[test]
fn whoever_wants_it_is_forgotten() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.post(alice, "hello");
    assert_eq!(world.ask(alice, "forget", json!({})), json!({"ok": true}));
    world.advance(10);
    let bye = world.expect(alice, "bye").args.remove(0);
    assert_eq!(bye, json!({"reason": "forgotten", "error": "you have ended your token"}));
    assert!(!world.is_open(alice));
    // The name is free, and the token is worthless.
    let (bob, _) = world.arrive("alice");
    world.disconnect(bob);
    let (_, stranger) = enter(&mut world, &welcome["token"]);
    assert!(stranger["nick"] != "alice" && stranger["token"] != welcome["token"]);
    let mut world = world.restart();
    let (_, stranger) = enter(&mut world, &welcome["token"]);
    assert_ne!(stranger["token"], welcome["token"]);
}

#[test]
fn a_key_stands_for_what_was_said_with_it_and_nothing_else() {
    let mut world = World::new();
    let (mut alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.arrive("bob");
    world.ask(alice, "join", json!({"room": "tea"}));
    let post = json!({"room": "lobby", "text": "hello", "key": "k"});
    let dm = json!({"to": "bob", "text": "psst", "key": "d"});
    let (sent, left) = (world.ask(alice, "post", post.clone()), world.ask(alice, "dm", dm.clone()));
    for _ in 0..2 {
        assert_eq!(world.ask(alice, "post", post.clone()), sent);
        assert_eq!(world.ask(alice, "dm", dm.clone())["id"], left["id"]);
        let refusal = "key-used: this key was used for another message; \
                       a new message needs a new key";
        for (name, other) in [
            ("post", json!({"room": "lobby", "text": "other", "key": "k"})),
            ("post", json!({"room": "tea", "text": "hello", "key": "k"})),
            ("post", json!({"room": "lobby", "text": "hello", "action": true, "key": "k"})),
            ("dm", json!({"to": "bob", "text": "hello", "key": "k"})),
            ("dm", json!({"to": "carol", "text": "psst", "key": "d"})),
        ] {
            assert_eq!(world.refused(alice, name, other), refusal);
        }
        world = world.restart();
        world.enter(json!({"nick": "bert"}));
        alice = enter(&mut world, &welcome["token"]).0;
    }
}

#[test]
fn an_address_has_so_many_remembered_and_the_next_is_told() {
    let mut world = World::new();
    let stranger = "203.0.113.9".parse().expect("an address");
    let auth = json!({"client": "web"});
    let mut came = None;
    for _ in 0..=PEOPLE_BURST {
        if let Some((last, _)) = came {
            world.cut(last);
        }
        let client = world.dial("/chat").auth(auth.clone()).from(stranger).connect();
        let client = client.expect("they are let in");
        let welcome = world.expect(client, "welcome").args.remove(0);
        world.ask(client, "rooms", json!({}));
        came = Some((client, welcome["token"].clone()));
    }
    let (last, token) = came.expect("somebody came");
    let notice = world.expect(last, "notice").args.remove(0);
    let told = notice["text"].as_str().expect("a sentence");
    assert!(told.starts_with("too many new people to be remembered from your address"), "{told}");
    world.ask(last, "post", json!({"room": "lobby", "text": "I was never here"}));
    // They are told once, and nobody else is.
    assert!(world.heard(last).iter().all(|(name, _)| name != "notice"));
    let (_, elsewhere) = world.enter(auth);
    let count = |world: &World| {
        let file = Connection::open(world.file()).expect("the file");
        let count = file.query_row("SELECT count(*) FROM person", [], |row| row.get::<_, i64>(0));
        count.expect("a number")
    };
    assert_eq!(count(&world).cast_unsigned(), PEOPLE_BURST + 1);
    // Their token ends with the server; remembered people come back.
    let mut world = world.restart();
    let (_, welcome) = enter(&mut world, &token);
    assert_ne!(welcome["token"], token);
    let (_, welcome) = enter(&mut world, &elsewhere["token"]);
    assert_eq!(welcome["token"], elsewhere["token"]);
}

#[test]
fn who_has_got_a_private_message_is_told_again_with_its_key() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let (bob, _) = world.arrive("bob");
    let (carol, _) = world.arrive("carol");
    let dm = json!({"to": "bob", "text": "psst", "key": "d"});
    let sent = world.ask(alice, "dm", dm.clone());
    assert!(sent["person"].is_string(), "{sent}");
    for other in ["bob", "carol"] {
        assert_eq!(world.ask(alice, "dm", json!({"to": other, "text": "more"}))["ok"], true);
    }
    world.ask(carol, "dm", json!({"to": "alice", "text": "yes?"}));
    // The answer was lost, and she comes back to ask for it.
    world.cut(alice);
    let (alice, _) = enter(&mut world, &welcome["token"]);
    assert_eq!(world.ask(alice, "dm", dm.clone()), sent);
    // The present bearer of the name has not got it.
    world.disconnect(bob);
    let (_, stranger) = world.arrive("bob");
    assert_eq!(stranger["nick"], "bob");
    assert_eq!(world.ask(alice, "dm", dm.clone()), sent);
    let mut world = world.restart();
    let (alice, _) = enter(&mut world, &welcome["token"]);
    assert_eq!(world.ask(alice, "dm", dm.clone()), sent);
    // A message that is no longer in the history gives no details, and is not posted again either.
    let file = Connection::open(world.file()).expect("the file");
    file.execute("DELETE FROM message WHERE text = 'psst'", []).expect("it is gone");
    let again = world.ask(alice, "dm", dm);
    assert_eq!((&again["id"], &again["person"]), (&sent["id"], &Value::Null));
}

#[test]
fn who_has_got_a_private_message_is_told_again_where_no_history_is_kept() {
    let mut world = World::without_history();
    let (alice, _) = world.arrive("alice");
    world.arrive("bob");
    let dm = json!({"to": "bob", "text": "psst", "key": "d"});
    let sent = world.ask(alice, "dm", dm.clone());
    assert!(sent["person"].is_string(), "{sent}");
    assert_eq!(world.ask(alice, "dm", dm), sent);
}
