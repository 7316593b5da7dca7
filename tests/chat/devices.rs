//! A person with several devices: each has all of it, others see one person.

use super::world::World;
use mio_chat::limits::{DEVICES_HERE_MAX, PASSWORD_LOOK_MS};
use mio_socketio::testing::Client;
use serde_json::{Value, json};

/// Longer than notices are gathered.
const GATHER_MS: u64 = 5_000;

/// Alice with two windows that have one token.
fn two_tabs(world: &mut World) -> (Client, Client, Value) {
    let (one, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.ask(one, "rooms", json!({}));
    let token = welcome["token"].clone();
    let (other, welcome) = world.enter(json!({"token": token, "client": "web"}));
    assert_eq!((&welcome["nick"], &welcome["token"]), (&json!("alice"), &token));
    (one, other, token)
}

/// The events of this name that a client has heard.
fn events(world: &mut World, client: Client, name: &str) -> Vec<Value> {
    let heard = world.heard(client).into_iter();
    heard.filter(|(event, _)| event == name).map(|(_, told)| told).collect()
}

#[test]
fn two_windows_get_the_same_and_one_does_not_replace_the_other() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    let (one, other, _) = two_tabs(&mut world);
    world.advance(GATHER_MS);
    assert!(world.is_open(one) && world.is_open(other));
    for client in [one, other, bob] {
        world.heard(client);
    }
    world.post(bob, "hello");
    world.post(one, "hi bob");
    assert_eq!(world.texts(one), ["hello"], "she knows what she has said there");
    assert_eq!(world.texts(other), ["hello", "hi bob"]);
    assert_eq!(world.texts(bob), ["hi bob"]);
    // Private messages of both directions.
    world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}));
    world.ask(other, "dm", json!({"to": "bob", "text": "yes?"}));
    let of_one = events(&mut world, one, "message");
    let told: Vec<_> = of_one.iter().map(|it| (&it["from"], &it["to"], &it["text"])).collect();
    let (alice, bobs) = (json!("alice"), json!("bob"));
    let (psst, yes) = (json!("psst"), json!("yes?"));
    assert_eq!(told, [(&bobs, &alice, &psst), (&alice, &bobs, &yes)]);
    assert_eq!(of_one[0]["person"], of_one[1]["person"], "one conversation");
    assert_eq!(events(&mut world, other, "message").len(), 1);
    assert_eq!(events(&mut world, bob, "message").len(), 1);
    // Bob is told of typing once, and she is not.
    world.ask(one, "typing", json!({"room": "lobby", "on": true}));
    assert_eq!(events(&mut world, bob, "typing").len(), 1);
    assert!(events(&mut world, other, "typing").is_empty());
}

#[test]
fn rooms_and_names_are_the_persons() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    let (one, other, _) = two_tabs(&mut world);
    world.ask(bob, "join", json!({"room": "tea"}));
    world.advance(GATHER_MS);
    for client in [one, other, bob] {
        world.heard(client);
    }
    world.ask(one, "join", json!({"room": "tea"}));
    world.ask(one, "topic", json!({"room": "tea", "text": "at five"}));
    world.ask(one, "nick", json!({"nick": "alicia"}));
    world.advance(GATHER_MS);
    let heard = world.heard(other);
    let late: Vec<&Value> =
        heard.iter().filter(|(name, _)| name == "late").map(|(_, told)| told).collect();
    assert_eq!((&late[0]["request"], &late[0]["room"]), (&json!("join"), &json!("tea")));
    assert_eq!(late[0]["members"].as_array().map(Vec::len), Some(2));
    assert_eq!((&late[1]["request"], &late[1]["nick"]), (&json!("nick"), &json!("alicia")));
    assert!(heard.iter().any(|(name, told)| name == "topic" && told["topic"] == "at five"));
    assert!(!heard.iter().any(|(name, _)| name == "presence"), "no news of herself: {heard:?}");
    let joined: Vec<Value> = events(&mut world, bob, "presence");
    let in_tea: Vec<&Value> = joined.iter().filter(|it| it["room"] == "tea").collect();
    assert_eq!(in_tea.len(), 1, "{joined:?}");
    assert_eq!(in_tea[0]["count"], 2, "two people, and three devices");
    world.ask(other, "post", json!({"room": "tea", "text": "I am here too"}));
    assert_eq!(world.texts(bob), ["I am here too"]);
    // She leaves by one and is gone from it by both.
    world.ask(other, "leave", json!({"room": "tea"}));
    let late = events(&mut world, one, "late");
    assert_eq!((&late[0]["request"], &late[0]["room"]), (&json!("leave"), &json!("tea")));
    let not_in = "not-in-room: you are not in #tea; join it first";
    assert_eq!(world.refused(one, "post", json!({"room": "tea", "text": "?"})), not_in);
}

#[test]
fn a_person_joins_with_the_first_device_and_leaves_with_the_last() {
    let mut world = World::new();
    let line = world.connect_line();
    world.lines(line);
    let (one, other, token) = two_tabs(&mut world);
    world.advance(GATHER_MS);
    assert_eq!(world.lines(line), ["* alice joined"]);
    world.cut(one);
    world.advance(GATHER_MS);
    assert!(world.lines(line).is_empty(), "she is still here");
    let (third, _) = world.enter(json!({"token": token, "client": "web"}));
    world.cut(other);
    world.advance(GATHER_MS);
    assert!(world.lines(line).is_empty());
    world.cut(third);
    world.advance(GATHER_MS);
    assert_eq!(world.lines(line), ["* alice left"]);
    // Her name is held for her, and for nobody else.
    assert_eq!(
        world.told_later(line, "/nick alice"),
        ["* alice was here a moment ago and may come back, choose another name"]
    );
    let (_, welcome) = world.enter(json!({"token": token, "client": "web"}));
    assert_eq!(welcome["nick"], "alice");
}

#[test]
fn there_are_so_many_devices_and_the_next_is_refused_in_a_sentence() {
    let mut world = World::new();
    let (first, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.ask(first, "rooms", json!({}));
    let auth = json!({"token": welcome["token"], "client": "web"});
    let mut here = vec![first];
    for _ in 1..DEVICES_HERE_MAX {
        here.push(world.enter(auth.clone()).0);
    }
    let refused = world.connect("/chat", auth.clone()).expect_err("one too many");
    let sentence = format!("you are here by {DEVICES_HERE_MAX} devices already");
    assert!(refused.to_string().contains(&sentence), "{refused}");
    world.cut(here[3]);
    world.enter(auth);
    let members = world.ask(first, "who", json!({"room": "lobby"}));
    assert_eq!((&members["count"], &members["members"][0]["nick"]), (&json!(1), &json!("alice")));
}

#[test]
fn a_netcat_is_in_one_room_and_its_person_in_all() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    let (web, _) = world.arrive("alice");
    world.answer_later(web, "register", json!({"password": "correct-horse"}));
    world.ask(web, "join", json!({"room": "tea"}));
    let netcat = world.connect_line();
    world.told_later(netcat, "/login alice correct-horse");
    world.advance(GATHER_MS);
    for client in [web, bob] {
        world.heard(client);
    }
    // To go elsewhere is to leave only where no other device of hers is.
    let told = world.told_later(netcat, "/join #tea");
    assert_eq!(told, ["* you are in #tea. Nobody else is here yet."]);
    world.advance(GATHER_MS);
    assert!(events(&mut world, bob, "presence").is_empty(), "she is in the lobby");
    let told = world.told_later(netcat, "/join #ops");
    let owned = "* #ops is yours; /op NAME shares it";
    assert_eq!(told, ["* you are in #ops. Nobody else is here yet.", owned]);
    let late = events(&mut world, web, "late");
    assert_eq!((&late[0]["request"], &late[0]["room"]), (&json!("join"), &json!("ops")));
    // She sees in the browser what she says there, and the other way round.
    world.say(netcat, "from netcat");
    assert_eq!(world.texts(web), ["from netcat"]);
    world.ask(web, "post", json!({"room": "ops", "text": "from the browser"}));
    world.ask(web, "post", json!({"room": "tea", "text": "elsewhere"}));
    world.ask(web, "dm", json!({"to": "bob", "text": "psst"}));
    assert_eq!(world.lines(netcat), ["<alice> from the browser", "* -> bob: psst"]);
    // A room that she leaves in the browser is left by netcat too.
    assert_eq!(world.ask(web, "leave", json!({"room": "ops"}))["ok"], true);
    assert_eq!(
        world.lines(netcat),
        ["* you left #ops by another device", "* you are in #lobby with bob."]
    );
    world.ask(web, "leave", json!({"room": "tea"}));
    let refused = "last-room: you are in #lobby by netcat too, which is always in a room; \
                   join another first";
    assert_eq!(world.refused(web, "leave", json!({"room": "lobby"})), refused);
    let devices = world.told_later(netcat, "/who");
    assert_eq!(devices, ["* in #lobby: alice (app, netcat) and bob (app)"]);
}

#[test]
fn what_is_read_at_one_device_is_read_at_the_others() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    let (one, other, _) = two_tabs(&mut world);
    let id = world.post(bob, "hello");
    world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}));
    let person = events(&mut world, other, "message")[1]["person"].clone();
    for client in [one, bob] {
        world.heard(client);
    }
    assert_eq!(world.ask(one, "read", json!({"room": "lobby", "id": id})), json!({"ok": true}));
    let with = json!({"with": "bob", "person": person, "id": id + 1});
    assert_eq!(world.ask(one, "read", with.clone()), json!({"ok": true}));
    let read = events(&mut world, other, "read");
    assert_eq!(read, [json!({"room": "lobby", "id": id}), with]);
    assert!(events(&mut world, one, "read").is_empty() && world.heard(bob).is_empty());
    let not_in = "not-in-room: you are not in #tea; join it first";
    assert_eq!(world.refused(one, "read", json!({"room": "tea", "id": 1})), not_in);
    let place = "bad-request: a room or a person is needed";
    assert_eq!(world.refused(one, "read", json!({"id": 1})), place);
    let another = json!({"with": "bob", "person": "somebody", "id": 1});
    assert!(world.refused(one, "read", another).starts_with("another-person: "));
    assert_eq!(
        world.refused(one, "read", json!({"with": "alice", "id": 1})),
        "yourself: that is you"
    );
}

#[test]
fn a_device_that_comes_later_is_told_what_is_read_already() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    let (one, other, token) = two_tabs(&mut world);
    let auth = json!({"token": token, "client": "web"});
    world.answer_later(one, "register", json!({"password": "correct-horse"}));
    let [first, second] = ["hello", "again"].map(|text| world.post(bob, text));
    let sent = world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}));
    let read =
        |world: &mut World, id: i64| world.ask(one, "read", json!({"room": "lobby", "id": id}));
    events(&mut world, other, "read");
    assert_eq!(read(&mut world, second), json!({"ok": true}));
    // It goes only forward, and to messages of the room.
    assert_eq!(read(&mut world, first), json!({"ok": true}));
    let told = [json!({"room": "lobby", "id": second})];
    assert_eq!(events(&mut world, other, "read"), told);
    let private = sent["id"].as_i64().expect("a number");
    for id in [private, private + 1, i64::MAX, 0, -1] {
        assert_eq!(read(&mut world, id)["code"], "no-such-message", "{id}");
    }
    assert!(events(&mut world, other, "read").is_empty());
    let with = json!({"with": "bob", "id": private});
    assert_eq!(world.ask(one, "read", with), json!({"ok": true}));
    let both = |read: Vec<Value>| {
        assert_eq!((read.len(), &read[1]), (2, &told[0]));
        assert_eq!((&read[0]["with"], &read[0]["id"]), (&json!("bob"), &json!(private)));
    };
    let (third, _) = world.enter(auth.clone());
    both(events(&mut world, third, "read"));
    // A registered person's positions outlast their absence, and the server.
    for client in [one, other, third] {
        world.cut(client);
    }
    let (again, _) = world.enter(auth.clone());
    both(events(&mut world, again, "read"));
    let mut world = world.restart();
    let (again, _) = world.enter(auth);
    both(events(&mut world, again, "read"));
}

#[test]
fn devices_are_listed_and_ended_wherever_they_are() {
    let mut world = World::new();
    let (one, other, _) = two_tabs(&mut world);
    let devices = world.ask(one, "devices", json!({}))["devices"].clone();
    let listed = json!([
        {"number": 1, "kind": "web", "here": true, "own": true},
        {"number": 2, "kind": "web", "here": true},
    ]);
    assert_eq!(devices, listed);
    assert_eq!(world.ask(one, "devices", json!({"end": 2})), json!({"ok": true}));
    let bye = world.expect(other, "bye").args.remove(0);
    assert_eq!(bye["reason"], "forgotten");
    world.advance(10);
    assert!(!world.is_open(other) && world.is_open(one));
    world.answer_later(one, "register", json!({"password": "correct-horse"}));
    world.advance(60_000 - PASSWORD_LOOK_MS);
    let netcat = world.connect_line();
    world.told_later(netcat, "/login alice correct-horse");
    let told = world.told_later(netcat, "/devices");
    let listed = [
        "* 1 web, since 2026-01-01 00:00 UTC, last used 2026-01-01 00:00 UTC, here now",
        "* 2 netcat, since 2026-01-01 00:01 UTC, this one",
        "* /devices NUMBER ends one",
    ];
    assert_eq!(told, listed);
    let devices = world.ask(one, "devices", json!({}))["devices"].clone();
    let since = |at: usize| devices[at]["since"].as_i64().expect("a time");
    assert_eq!((&devices[0]["own"], &devices[1]["kind"]), (&json!(true), &json!("netcat")));
    assert_eq!(since(1) - since(0), 60_000, "{devices}");
    let own = ["* that is this device; /logout ends it"];
    assert_eq!(world.told_later(netcat, "/devices 2"), own);
    assert_eq!(world.ask(one, "devices", json!({"end": 2})), json!({"ok": true}));
    assert_eq!(world.lines(netcat), ["* you have ended this device from another one"]);
    assert!(!world.is_open(netcat));
}

#[test]
fn two_devices_that_register_one_name_at_once_get_it_once() {
    let mut world = World::new();
    let (one, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let auth = json!({"token": welcome["token"], "client": "web"});
    let (other, _) = world.enter(auth);
    let asked = [(one, "correct-horse"), (other, "battery-staple")]
        .map(|(client, password)| world.later(client, "register", json!({"password": password})));
    world.advance(PASSWORD_LOOK_MS);
    let [first, second] =
        asked.map(|asked| world.answered(asked).expect("the password is hashed").args.remove(0));
    assert_eq!(first, json!({"ok": true, "nick": "alice"}));
    assert_eq!(second["code"], "logged-in", "{second}");
    // The password is that of the first.
    let (guest, _) = world.arrive("bob");
    let second = json!({"nick": "alice", "password": "battery-staple"});
    assert_eq!(world.answer_later(guest, "login", second)["code"], "wrong-password");
    let first = json!({"nick": "alice", "password": "correct-horse"});
    assert_eq!(world.answer_later(guest, "login", first)["nick"], "alice");
}
