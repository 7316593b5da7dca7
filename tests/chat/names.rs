//! Rules for the names of people and rooms, at all interfaces, and for the people for whom a name
//! is held.

use super::world::World;
use mio_socketio::testing::Client;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Time for all requests of one test: a thousand times as much as they take, and less than
/// normalising one megabyte takes.
const DEADLINE: Duration = Duration::from_secs(5);

/// Time after which the pace lets a client post again after a megabyte.
const PACE_MS: u64 = 20_000;

/// A text near the longest payload, of a character that becomes eighteen.
fn long() -> String {
    "\u{fdfa}".repeat(320_000)
}

fn is_refused(answer: &Value, code: &str) {
    assert_eq!((&answer["ok"], &answer["code"]), (&json!(false), &json!(code)));
    assert!(answer["error"].as_str().is_some_and(|error| error.len() < 1_000));
}

#[test]
fn no_request_has_a_megabyte_normalised() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (long, start) = (&long(), Instant::now());
    for (request, asked, code) in [
        ("dm", json!({"to": long, "text": "x"}), "no-such-person"),
        ("typing", json!({"to": long, "on": true}), "no-such-person"),
        ("nick", json!({"nick": long}), "bad-nick"),
        ("join", json!({"room": long}), "bad-room"),
        ("leave", json!({"room": long}), "bad-room"),
        ("who", json!({"room": long}), "bad-room"),
        ("topic", json!({"room": long, "text": "x"}), "bad-room"),
        ("post", json!({"room": long, "text": "x"}), "bad-room"),
        ("typing", json!({"room": long, "on": true}), "bad-room"),
        ("history", json!({"room": long}), "bad-room"),
        ("search", json!({"room": long, "text": "x"}), "bad-room"),
        ("search", json!({"text": ".".repeat(900_000)}), "empty"),
    ] {
        is_refused(&world.ask(alice, request, asked), code);
        world.advance(PACE_MS);
    }
    let found = world.ask(alice, "search", json!({"text": long}));
    assert_eq!(found, json!({"ok": true, "messages": []}));
    world.advance(PACE_MS);
    let page = world.ask(alice, "history", json!({"with": long}));
    assert_eq!(page, json!({"ok": true, "messages": [], "more": false}));
    world.advance(PACE_MS);
    let keyed = |room: &str| json!({"room": room, "text": "x", "key": "1"});
    world.ask(alice, "post", keyed("lobby"));
    assert_eq!(world.ask(alice, "post", keyed(long))["room"], Value::Null);
    world.advance(PACE_MS);
    is_refused(&world.ask(alice, "dm", json!({"to": long, "text": "x", "key": "1"})), "key-used");
    world.connect("/chat", json!({"nick": long})).expect_err("that is no name");
    assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
}

#[test]
fn no_tutorial_has_a_megabyte_normalised() {
    let mut world = World::new();
    let tutorial = world.connect("/", json!({})).expect("a tutorial's client is let in");
    let (long, start) = (&long(), Instant::now());
    for (event, sent) in [
        ("send_message", json!({"message": "x", "room": long})),
        ("join", json!({"room": long})),
        ("leave", json!(long)),
    ] {
        let answer = world.call(tutorial, event, (sent,)).expect("an answer").args.remove(0);
        assert_eq!(answer, json!({"ok": false, "error": "a name has 1 to 32 characters"}));
        world.advance(PACE_MS);
    }
    let named = json!({"username": long, "message": "x"});
    world.call(tutorial, "send_message", (named,)).expect("an answer");
    world.emit(tutorial, "typing", (json!({"room": long}),));
    assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
}

#[test]
fn no_line_is_normalised_that_is_too_long_for_a_name() {
    let mut world = World::new();
    let line = world.connect_line();
    world.lines(line);
    let long = "\u{fdfa}".repeat(1_300);
    let nobody = format!("* nobody here is called {}", "\u{fdfa}".repeat(24));
    let unknown = format!("* unknown command /{}, try /help", "\u{fdfa}".repeat(24));
    for (said, told) in [
        (format!("/nick {long}"), "* a name has 1 to 24 characters"),
        (format!("/join {long}"), "* a name has 1 to 32 characters"),
        (format!("/who {long}"), "* a name has 1 to 32 characters"),
        (format!("/msg {long} x"), &*nobody),
        (format!("/{long}"), &*unknown),
    ] {
        world.say(line, &said);
        assert_eq!(world.lines(line), [told]);
    }
}

#[test]
fn what_imitates_is_refused_at_every_door() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let line = world.connect_line();
    world.lines(line);
    for (name, why) in [
        ("alice\u{2d0}", "a name is made of letters, digits and - _ ."),
        ("ᐸaliceᐳ", "a name is made of letters, digits and - _ ."),
        ("аlice", "a name must use the letters of one alphabet"),
        ("Adm1n", "that name is kept for the server"),
    ] {
        let told = world.refused(alice, "nick", json!({"nick": name}));
        assert_eq!(told, format!("bad-nick: {why}"));
        world.say(line, &format!("/nick {name}"));
        assert_eq!(world.lines(line), [format!("* {why}")]);
        world.connect("/chat", json!({"nick": name})).expect_err("it is refused");
    }
}

#[test]
fn a_room_that_looks_like_another_is_not_entered() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let line = world.connect_line();
    let tutorial = world.connect("/", json!({})).expect("a tutorial's client is let in");
    let join = |world: &mut World, who: Client, room: &str| {
        world.ask(who, "join", json!({"room": room}))["ok"] == true
    };
    assert!(join(&mut world, alice, "modern"));
    for (room, other) in [("modem", "modern"), ("1obby", "lobby"), ("l0bby", "lobby")] {
        let why = format!("that looks like #{other}, choose another name");
        let told = world.refused(alice, "join", json!({"room": room}));
        assert_eq!(told, format!("bad-room: a room cannot have that name: {why}"));
        world.lines(line);
        world.say(line, &format!("/join {room}"));
        assert_eq!(world.lines(line), [format!("* {why}")]);
        let told = world.call(tutorial, "join", (json!(room),)).expect("an answer");
        assert_eq!(told.args[0], json!({"ok": false, "error": why}));
    }
    let told = world.refused(alice, "join", json!({"room": "#lоbby"}));
    assert!(told.ends_with("a name must use the letters of one alphabet"), "{told}");
    // The first to come has the name; when its last member leaves, the other is free.
    assert!(join(&mut world, alice, "Modern"));
    world.ask(alice, "leave", json!({"room": "modern"}));
    assert!(join(&mut world, alice, "modem"));
    let told = world.refused(alice, "join", json!({"room": "modern"}));
    assert!(told.contains("looks like #modem"), "{told}");
}

#[test]
fn who_comes_back_with_what_is_no_name_any_more_is_let_in() {
    let mut world = World::new();
    let tokens: Vec<Value> = ["alice", "bob", "carol"]
        .map(|nick| world.enter(json!({"nick": nick, "client": "web"})).1["token"].clone())
        .into();
    let file = world.file();
    let mut world = world.restart_after(|| {
        let file = Connection::open(file).expect("the file");
        for (nick, is_now) in [("alice", "Adm1n"), ("bob", "bobᐳ"), ("carol", &*long())] {
            let sql = "UPDATE person SET nick = ?2, rooms = 'lоbby tea' WHERE nick = ?1";
            file.execute(sql, [nick, is_now]).expect("a row");
        }
        file.execute("UPDATE person SET rooms = 'lоbby' WHERE nick = 'Adm1n'", []).expect("a row");
    });
    let start = Instant::now();
    for (token, room) in tokens.into_iter().zip(["lobby", "tea", "tea"]) {
        let (client, welcome) = world.enter(json!({"token": token}));
        let nick = welcome["nick"].as_str().expect("a nick");
        assert!(nick.starts_with("guest-"), "{nick}");
        assert_eq!(welcome["rooms"][0]["room"], room);
        assert_eq!(welcome["rooms"].as_array().map(Vec::len), Some(1));
        assert_eq!(world.ask(client, "leave", json!({"room": room}))["ok"], true);
    }
    assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
}
