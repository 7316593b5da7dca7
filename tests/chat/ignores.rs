//! Ignoring people.

use super::world::{GATHER_MS, World, nth, texts};
use mio_chat::chat::history::Registrations;
use rusqlite::Connection;
use serde_json::{Value, json};

fn ignore(world: &mut World, who: mio_socketio::testing::Client, nick: &str) -> Value {
    world.ask(who, "ignore", json!({"nick": nick}))
}

#[test]
fn what_somebody_says_and_does_is_hidden_from_one_alone() {
    let mut world = World::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|nick| world.arrive(nick).0);
    let answer = ignore(&mut world, alice, "BOB");
    assert_eq!(answer, json!({"ok": true, "ignored": ["bob"]}));
    world.advance(GATHER_MS);
    for client in [alice, bob, carol] {
        world.heard(client);
    }
    world.post(bob, "hello");
    world.ask(bob, "post", json!({"room": "lobby", "text": "waves", "action": true}));
    world.ask(bob, "typing", json!({"room": "lobby", "on": true}));
    world.ask(bob, "typing", json!({"to": "alice", "on": true}));
    // He gets the same answer as if it had been shown.
    let sent = world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}));
    assert_eq!(
        (&sent["id"], &sent["to"], &sent["away"]),
        (&json!(nth(3)), &json!("alice"), &Value::Null)
    );
    assert!(world.heard(alice).is_empty());
    assert_eq!(world.texts(carol), ["hello", "waves"]);
    // She may speak to him, and hears others.
    world.ask(alice, "dm", json!({"to": "bob", "text": "no"}));
    assert_eq!(world.texts(bob), ["no"]);
    world.post(carol, "well");
    assert_eq!(world.texts(alice), ["well"]);
    let page = world.ask(alice, "history", json!({"room": "lobby"}));
    assert_eq!(texts(&page["messages"]), ["well"]);
    let page = world.ask(carol, "history", json!({"room": "lobby"}));
    assert_eq!(texts(&page["messages"]), ["hello", "waves", "well"]);
    let found = world.ask(alice, "search", json!({"text": "hello"}));
    assert_eq!(found["messages"], json!([]));
    let answer = world.ask(alice, "ignore", json!({"nick": "bob", "on": false}));
    assert_eq!(answer, json!({"ok": true, "ignored": []}));
    world.post(bob, "again");
    assert_eq!(world.texts(alice), ["again"]);
}

#[test]
fn it_follows_a_person_and_their_return() {
    let mut world = World::new();
    let (alice, alices) = world.arrive("alice");
    let (bob, bobs) = world.arrive("bob");
    ignore(&mut world, alice, "bob");
    world.ask(bob, "nick", json!({"nick": "rob"}));
    assert_eq!(world.ask(alice, "ignore", json!({}))["ignored"], json!(["rob"]));
    world.post(bob, "as rob");
    world.cut(bob);
    let (bob, _) = world.enter(json!({"token": bobs["token"]}));
    world.post(bob, "back");
    world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}));
    assert!(world.texts(alice).is_empty());
    // His messages that she missed are not shown either when she comes back, and her list is
    // unchanged.
    world.cut(alice);
    world.post(bob, "missed");
    let auth = json!({"token": alices["token"], "since": nth(1)});
    let (alice, _) = world.enter(auth.clone());
    world.post(bob, "more");
    assert!(world.texts(alice).is_empty());
    assert_eq!(world.ask(alice, "ignore", json!({}))["ignored"], json!(["rob"]));
    // At another door, too.
    let (alice, _) = world.enter(auth);
    world.post(bob, "still");
    assert!(world.texts(alice).is_empty());
    world.ask(alice, "ignore", json!({"nick": "ROB", "on": false}));
    world.post(bob, "at last");
    assert_eq!(world.texts(alice), ["at last"]);
}

#[test]
fn at_netcat_it_is_two_commands() {
    let mut world = World::new();
    let [alice, bob] = [world.connect_line(), world.connect_line()];
    world.say(alice, "/nick alice");
    world.say(bob, "/nick bob");
    world.lines(alice);
    let told = |world: &mut World, line: &str| {
        world.say(alice, line);
        world.lines(alice).join("\n")
    };
    assert_eq!(told(&mut world, "/ignore"), "* you ignore nobody; /ignore NAME to ignore somebody");
    assert_eq!(told(&mut world, "/ignore zoe"), "* nobody here is called zoe");
    assert_eq!(told(&mut world, "/ignore Alice"), "* that is you");
    let now = "* bob is ignored: nobody else is told; /unignore bob ends it";
    assert_eq!(told(&mut world, "/ignore BOB"), now);
    assert_eq!(told(&mut world, "/ignore bob"), "* you ignore bob already");
    for line in ["hello", "/me waves", "/msg alice psst"] {
        world.say(bob, line);
    }
    assert_eq!(told(&mut world, "/history 5"), "");
    // She is not told his actions either.
    world.say(bob, "/nick rob");
    world.say(bob, "hello as rob");
    world.say(bob, "/topic all about rob");
    world.say(bob, "/join dev");
    world.say(bob, "/join lobby");
    assert!(world.lines(alice).is_empty());
    assert!(world.lines(bob).contains(&"* -> alice: psst".to_owned()));
    assert_eq!(told(&mut world, "/reply x"), "* nobody has written to you yet");
    assert_eq!(told(&mut world, "/ignore"), "* you ignore rob; /unignore NAME ends it");
    // A person who takes his old name is ignored as well, because nobody can tell them apart.
    world.say(bob, "/quit");
    let other = world.connect_line();
    world.say(other, "/nick rob");
    world.say(other, "it is me");
    world.lines(alice);
    assert_eq!(told(&mut world, "/unignore zoe"), "* you do not ignore zoe");
    assert_eq!(told(&mut world, "/unignore ROB"), "* you no longer ignore rob");
    world.say(other, "do you?");
    assert_eq!(world.lines(alice), ["<rob> do you?"]);
}

#[test]
fn it_is_bounded_and_ends_with_who_ignores() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let others: Vec<_> =
        (0..=50).map(|number| world.arrive(&format!("person{number}")).0).collect();
    for number in 0..50 {
        ignore(&mut world, alice, &format!("person{number}"));
        world.advance(1_000);
    }
    let told = world.refused(alice, "ignore", json!({"nick": "person50"}));
    assert_eq!(
        told,
        "too-many-ignored: you ignore 50 people already; stop ignoring one of them first"
    );
    assert_eq!(ignore(&mut world, alice, "person7")["ignored"].as_array().map(Vec::len), Some(50));
    assert_eq!(world.refused(alice, "ignore", json!({"nick": "alice"})), "yourself: that is you");
    world.texts(alice);
    for (number, other) in others.into_iter().enumerate() {
        world.post(other, &format!("hello from {number}"));
        world.advance(100);
    }
    assert_eq!(world.texts(alice), ["hello from 50"]);
}

#[test]
fn the_list_of_a_registered_person_is_kept_with_their_account() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    world.arrive("eve");
    world.arrive("rob");
    let alice = world.connect_line();
    world.say(alice, "/nick alice");
    // A guest's list goes with them into their account.
    world.say(alice, "/ignore eve");
    world.told_later(alice, "/register correct-horse");
    world.say(alice, "/ignore bob");
    world.say(alice, "/ignore rob");
    world.say(alice, "/unignore eve");
    world.say(alice, "/quit");
    let log_in = |world: &mut World| {
        let alice = world.connect_line();
        world.told_later(alice, "/login alice correct-horse");
        world.say(alice, "/ignore");
        (alice, world.lines(alice))
    };
    let both = "* you ignore bob and rob; /unignore NAME ends it";
    let (alice, told) = log_in(&mut world);
    assert_eq!(told, [both]);
    world.post(bob, "hello");
    assert!(world.lines(alice).is_empty());
    // It is the account's and not the device's.
    world.say(alice, "/logout");
    world.say(alice, "/ignore");
    let nobody = "* you ignore nobody; /ignore NAME to ignore somebody";
    assert_eq!(world.lines(alice).last().map(String::as_str), Some(nobody));
    let mut world = world.restart();
    let (alice, told) = log_in(&mut world);
    assert_eq!(told, [both]);
    // An account that an operator forgets leaves no list.
    world.say(alice, "/unignore rob");
    world.say(alice, "/quit");
    let (_, told) = log_in(&mut world);
    assert_eq!(told, ["* you ignore bob; /unignore NAME ends it"]);
    let mut file = Registrations::open(&world.file()).expect("the file");
    assert!(file.forget("alice").expect("it can be written"));
    drop(file);
    let file = Connection::open(world.file()).expect("the file");
    let count = file.query_row("SELECT count(*) FROM ignored", [], |row| row.get::<_, i64>(0));
    assert_eq!(count, Ok(0));
}
