//! Rooms that are not open to everyone.

use super::world::{World, nicks, texts};
use mio_socketio::testing::Client;
use serde_json::{Value, json};

const NO_ROOM: &str = "no-such-room: there is no room #den that you can enter";

/// A registered person, who owns the rooms that they begin, and their token.
fn owner(world: &mut World, nick: &str) -> (Client, Value) {
    let (client, welcome) = world.enter(json!({"nick": nick, "client": "web"}));
    let password = json!({"password": "correct-horse"});
    assert_eq!(world.answer_later(client, "register", password)["ok"], true);
    (client, welcome["token"].clone())
}

fn join(world: &mut World, client: Client) -> Value {
    world.ask(client, "join", json!({"room": "den"}))
}

fn say(world: &mut World, client: Client, text: &str) -> Value {
    world.ask(client, "post", json!({"room": "den", "text": text}))
}

fn rule(world: &mut World, client: Client, name: &str, is_on: bool) -> Value {
    world.ask(client, "room", json!({"room": "den", name: is_on}))
}

/// A private room of alice's in which something was said.
fn den(world: &mut World) -> (Client, Value) {
    let (alice, token) = owner(world, "alice");
    assert_eq!(join(world, alice).get("rules"), None);
    let private = json!({"ok": true, "room": "den", "private": true, "readonly": false,
        "past": false});
    assert_eq!(rule(world, alice, "private", true), private);
    assert_eq!(rule(world, alice, "private", true), private, "it is so");
    let rules = json!({"private": true, "readonly": false, "past": false});
    assert_eq!(join(world, alice)["rules"], rules);
    assert_eq!(say(world, alice, "secret words")["ok"], true);
    world.ask(alice, "topic", json!({"room": "den", "text": "hidden"}));
    (alice, token)
}

#[test]
fn others_learn_as_little_of_a_private_room_as_of_one_that_is_not_there() {
    let mut world = World::new();
    let (alice, _) = den(&mut world);
    let said = say(&mut world, alice, "more");
    let (eve, _) = world.arrive("eve");
    let netcat = world.connect_line();
    world.lines(netcat);
    // Each question and request, about the private room and about one that is not there.
    let of = |room: &str| {
        [
            ("who", json!({"room": room})),
            ("history", json!({"room": room})),
            ("search", json!({"text": "secret", "room": room})),
            ("post", json!({"room": room, "text": "hi"})),
            ("topic", json!({"room": room, "text": "mine"})),
            ("typing", json!({"room": room, "on": true})),
            ("leave", json!({"room": room})),
            ("may", json!({"room": room, "nick": "alice"})),
            ("room", json!({"room": room, "private": false})),
            ("room", json!({"room": room, "invite": "eve"})),
        ]
    };
    for (there, nowhere) in of("den").into_iter().zip(of("nil")) {
        let answers = [there, nowhere].map(|(name, request)| world.ask(eve, name, request));
        let [there, nowhere] = answers.map(|answer| answer.to_string());
        assert_eq!(there.replace("den", "nil"), nowhere);
    }
    for name in ["edit", "delete", "react"] {
        for id in [said["id"].clone(), json!(7)] {
            let request = json!({"id": id, "text": "x", "emoji": "\u{1f44d}"});
            let refused = world.refused(eve, name, request);
            assert_eq!(refused, "no-such-message: there is no such message here", "{name}");
        }
    }
    for name in ["den", "#DEN"] {
        let refused = world.refused(eve, "join", json!({"room": name}));
        assert!(refused.starts_with("no-such-room: there is no room #d"), "{refused}");
    }
    let rooms = world.ask(eve, "rooms", json!({}));
    assert_eq!((rooms["count"].clone(), rooms.to_string().contains("den")), (json!(1), false));
    assert_eq!(world.ask(eve, "search", json!({"text": "secret"}))["messages"], json!([]));
    for (line, told) in [
        ("/join den", "* there is no room #den that you can enter"),
        ("/who den", "* nobody is in #den"),
        ("/rooms", "* #lobby 3"),
    ] {
        world.say(netcat, line);
        assert_eq!(world.lines(netcat), [told]);
    }
    // Clients of the tutorials name a room in each message.
    let root = world.connect("/", json!(null)).expect("they are let in");
    let said = json!({"username": "mallory", "message": "hi", "room": "den"});
    let answer = world.call(root, "send_message", (said,)).expect("an answer").args.remove(0);
    assert_eq!(answer["ok"], false);
    let answer = world.call(root, "join", (json!({"room": "den"}),)).expect("an answer");
    assert_eq!(answer.args[0]["ok"], false);
    assert_eq!(
        texts(&world.ask(alice, "history", json!({"room": "den"}))["messages"]),
        ["secret words", "more"]
    );
    assert_eq!(world.ask(alice, "rooms", json!({}))["rooms"][0]["room"], "den");
}

#[test]
fn an_invited_person_comes_in_and_sees_the_past_only_if_the_room_says_so() {
    let mut world = World::new();
    let (carol, _) = world.arrive("carol");
    world.post(carol, "no secret");
    let (alice, _) = den(&mut world);
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    world.heard(bob);
    world.heard(carol);
    assert_eq!(world.refused(bob, "join", json!({"room": "den"})), NO_ROOM);
    let invite = json!({"room": "den", "invite": "bob"});
    let invited = json!({"ok": true, "room": "den", "invited": "bob"});
    assert_eq!(world.ask(alice, "room", invite.clone()), invited);
    let told = world.heard(bob);
    assert_eq!(told, [("invited".to_owned(), json!({"room": "den", "nick": "alice"}))]);
    assert_eq!(world.heard(carol).len(), 0);
    assert_eq!(world.ask(alice, "room", invite), json!({"ok": true, "invited": "bob"}));
    say(&mut world, alice, "for bob");
    let entry = join(&mut world, bob);
    assert_eq!(
        (&entry["topic"], nicks(&entry["members"])),
        (&json!("hidden"), vec!["alice", "bob"])
    );
    assert_eq!(texts(&entry["messages"]), ["for bob"]);
    // The hidden words take no place among those that are found: that would tell of them.
    let found = world.ask(bob, "search", json!({"text": "secret", "limit": 1}));
    assert_eq!(texts(&found["messages"]), ["no secret"]);
    assert_eq!(
        world.refused(bob, "room", json!({"room": "den", "invite": "carol"})),
        "not-owner: only an owner of #den can do that"
    );
    rule(&mut world, alice, "past", true);
    let all = world.ask(bob, "history", json!({"room": "den"}));
    assert_eq!(texts(&all["messages"]), ["secret words", "for bob"]);
    // All of it outlasts the server.
    let mut world = world.restart();
    let (back, again) = world.enter(json!({"token": welcome["token"], "client": "web"}));
    assert_eq!(again["rooms"].as_array().expect("rooms").len(), 2);
    say(&mut world, back, "here again");
    let (carol, _) = world.arrive("carol");
    assert_eq!(world.refused(carol, "join", json!({"room": "den"})), NO_ROOM);
}

#[test]
fn a_person_who_was_removed_needs_another_invitation() {
    let mut world = World::new();
    let (alice, _) = den(&mut world);
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    world.ask(alice, "room", json!({"room": "den", "invite": "bob"}));
    join(&mut world, bob);
    let kicked = world.ask(alice, "kick", json!({"nick": "bob", "room": "den"}));
    assert_eq!(kicked["ok"], true, "{kicked}");
    assert_eq!(world.refused(bob, "join", json!({"room": "den"})), NO_ROOM);
    world.disconnect(bob);
    let (bob, _) = world.enter(json!({"token": welcome["token"], "client": "web"}));
    assert_eq!(world.refused(bob, "join", json!({"room": "den"})), NO_ROOM);
}

#[test]
fn members_stay_when_a_room_becomes_private_and_everybody_comes_when_it_ends() {
    let mut world = World::new();
    let (alice, _) = owner(&mut world, "alice");
    join(&mut world, alice);
    say(&mut world, alice, "before");
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    join(&mut world, bob);
    world.advance(1_000);
    world.heard(bob);
    rule(&mut world, alice, "private", true);
    let told = json!({"room": "den", "private": true, "readonly": false, "past": false,
        "nick": "alice"});
    assert_eq!(world.heard(bob), [("rules".to_owned(), told)]);
    world.disconnect(bob);
    let (bob, _) = world.enter(json!({"token": welcome["token"], "client": "web"}));
    let seen = world.ask(bob, "history", json!({"room": "den"}));
    assert_eq!(texts(&seen["messages"]), ["before"]);
    rule(&mut world, alice, "private", false);
    let (carol, _) = world.arrive("carol");
    assert_eq!(texts(&join(&mut world, carol)["messages"]), ["before"]);
}

#[test]
fn in_a_room_to_read_only_owners_say_something() {
    let mut world = World::new();
    let (alice, _) = owner(&mut world, "alice");
    join(&mut world, alice);
    let (bob, _) = world.arrive("bob");
    join(&mut world, bob);
    let own = say(&mut world, bob, "before")["id"].clone();
    rule(&mut world, alice, "readonly", true);
    let why = "read-only: only an owner of #den can say something there";
    assert_eq!(world.refused(bob, "post", json!({"room": "den", "text": "x"})), why);
    assert_eq!(world.refused(bob, "topic", json!({"room": "den", "text": "x"})), why);
    assert_eq!(world.refused(bob, "edit", json!({"id": own, "text": "x"})), why);
    assert_eq!(world.ask(bob, "delete", json!({"id": own}))["ok"], true);
    assert_eq!(say(&mut world, alice, "news")["ok"], true);
    rule(&mut world, alice, "readonly", false);
    assert_eq!(say(&mut world, bob, "after")["ok"], true);
}

#[test]
fn only_an_owner_makes_rules_and_the_lobby_has_none() {
    let mut world = World::new();
    let (alice, _) = owner(&mut world, "alice");
    let (bob, _) = world.arrive("bob");
    let lobby = json!({"room": "lobby", "private": true});
    assert_eq!(world.refused(alice, "room", lobby), "not-owner: #lobby is everybody's");
    join(&mut world, bob);
    join(&mut world, alice);
    for person in [alice, bob] {
        let refused = world.refused(person, "room", json!({"room": "den", "private": true}));
        assert_eq!(refused, "not-owner: only an owner of #den can do that", "a guest began it");
    }
    world.ask(alice, "join", json!({"room": "own"}));
    let refused = world.refused(alice, "room", json!({"room": "own", "invite": "bob"}));
    assert_eq!(refused, "not-private: #own is not private: everybody can join it");
    for bad in [json!({"room": "own"}), json!({"room": "own", "private": true, "past": true})] {
        let refused = world.refused(alice, "room", bad);
        assert_eq!(refused, "bad-request: one of private, readonly, past and invite is needed");
    }
    world.ask(alice, "room", json!({"room": "own", "private": true}));
    let refused = world.refused(alice, "room", json!({"room": "own", "invite": "nobody"}));
    assert_eq!(refused, "no-such-person: nobody here is called nobody");
    let refused = world.refused(alice, "room", json!({"room": "own", "invite": "alice"}));
    assert_eq!(refused, "yourself: that is you");
}

#[test]
fn at_netcat_an_owner_makes_rules_and_invites() {
    let mut world = World::new();
    let (alice, bob) = (world.connect_line(), world.connect_line());
    world.say(bob, "/nick bob");
    world.say(alice, "/nick alice");
    world.told_later(alice, "/register correct-horse");
    world.say(alice, "/join #den");
    world.lines(alice);
    for (words, told) in [
        ("private", "private now, only its owners and invited people come in (/room invite NAME)"),
        ("past", "invited people see what was said before they were invited"),
        ("no past", "invited people see what is said after their invitation"),
        ("readonly", "read-only now, only its owners say something"),
        ("writable", "everybody in it can say something again"),
    ] {
        assert_eq!(world.told_later(alice, &format!("/room {words}")), [format!("* #den: {told}")]);
    }
    let refused = "* there is no room #den that you can enter";
    assert_eq!(world.told_later(bob, "/join #den"), [refused]);
    assert_eq!(world.told_later(alice, "/room invite bob"), ["* bob is invited to #den"]);
    assert_eq!(world.lines(bob), ["* alice invites you: /join #den"]);
    assert_eq!(world.told_later(bob, "/join #den"), ["* you are in #den with alice."]);
    for line in ["/room", "/room invite", "/room past it", "/room no"] {
        let told = world.told_later(alice, line).pop().expect("an answer");
        assert!(told.starts_with("* usage: /room "), "{line}: {told}");
    }
}
