//! The rules that owners make for rooms, and deleted rooms.

use super::order::keeper;
use super::private::{NO_ROOM, join, owner, rule, say, told};
use super::world::{World, nicks, texts};
use mio_chat::chat::history::ChatRole;
use mio_chat::limits::RULED_ROOMS_BURST;
use serde_json::{Value, json};
use std::io::Read;

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
    let two = json!({"room": "own", "private": true, "past": true});
    let refused = world.refused(alice, "room", two);
    assert_eq!(refused, "bad-request: only one thing about a room can be changed at a time");
    let refused = world.refused(alice, "room", json!({"room": "own", "keep": 3_651}));
    assert_eq!(refused, "bad-request: keep is a number of days up to 3650, or 0");
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
    for line in ["/room invite", "/room past it", "/room no"] {
        let told = world.told_later(alice, line).pop().expect("an answer");
        assert!(told.starts_with("* usage: /room "), "{line}: {told}");
    }
}

#[test]
fn a_deleted_room_is_gone_for_all_but_its_owner_who_begins_it_anew() {
    let mut world = World::new();
    let (alice, _) = owner(&mut world, "alice");
    join(&mut world, alice);
    say(&mut world, alice, "old words");
    world.ask(alice, "topic", json!({"room": "den", "text": "old topic"}));
    let (bob, _) = world.arrive("bob");
    let netcat = world.connect_line();
    join(&mut world, bob);
    world.say(netcat, "/join den");
    world.lines(netcat);
    let delete = json!({"room": "den", "delete": true});
    let refused = world.refused(bob, "room", delete.clone());
    assert_eq!(refused, "not-owner: only an owner of #den can do that");
    world.heard(bob);
    assert_eq!(world.ask(alice, "room", delete)["ok"], true);
    let removed = json!({"room": "den", "nick": "bob", "by": "alice",
        "reason": "the room is deleted"});
    assert_eq!(told(&mut world, bob, "removed"), [removed], "once, and of nobody else");
    let lines = world.lines(netcat);
    assert_eq!(lines[0], "* alice deleted #den");
    assert!(lines[1].starts_with("* you are in #lobby"), "{lines:?}");
    assert_eq!(
        world.refused(alice, "post", json!({"room": "den", "text": "x"})).split(':').next(),
        Some("not-in-room")
    );
    assert_eq!(world.refused(bob, "join", json!({"room": "den"})), NO_ROOM);
    let rooms = world.ask(bob, "rooms", json!({})).to_string();
    assert!(!rooms.contains("den"), "{rooms}");
    // It outlasts the server.
    let mut world = world.restart();
    let (bob, _) = world.arrive("rob");
    assert_eq!(world.refused(bob, "join", json!({"room": "den"})), NO_ROOM);
    let (alice, _) = world.arrive("al");
    let login = json!({"nick": "alice", "password": "correct-horse"});
    assert_eq!(world.answer_later(alice, "login", login)["ok"], true);
    let entry = join(&mut world, alice);
    assert_eq!((&entry["topic"], &entry["messages"]), (&Value::Null, &json!([])));
    say(&mut world, alice, "new words");
    let entry = join(&mut world, bob);
    assert_eq!(texts(&entry["messages"]), ["new words"]);
    assert_eq!(world.ask(bob, "search", json!({"text": "old"}))["messages"], json!([]));
    assert_eq!(world.ask(alice, "room", json!({"room": "den"}))["may"], true);
}

#[test]
fn a_room_that_was_deleted_while_its_owner_was_away_is_not_begun_anew_by_their_return() {
    let mut world = World::new();
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    let password = json!({"password": "correct-horse"});
    assert_eq!(world.answer_later(bob, "register", password)["ok"], true);
    for person in [bob, mia] {
        world.ask(person, "join", json!({"room": "tea"}));
    }
    world.disconnect(bob);
    assert_eq!(world.ask(mia, "room", json!({"room": "tea", "delete": true}))["ok"], true);
    let (bob, welcome) = world.enter(json!({"token": welcome["token"], "client": "web"}));
    assert_eq!(welcome["nick"], "bob");
    let post = json!({"room": "tea", "text": "hi"});
    assert!(world.refused(bob, "post", post).starts_with("not-in-room: "), "{welcome}");
    assert_eq!(world.ask(bob, "join", json!({"room": "tea"}))["ok"], true);
    let who = world.ask(mia, "who", json!({"room": "tea"}));
    assert_eq!(nicks(&who["members"]), ["bob"], "they have begun it anew");
}

#[test]
fn anybody_in_a_room_is_told_its_rules() {
    let mut world = World::new();
    let (alice, _) = owner(&mut world, "alice");
    join(&mut world, alice);
    let kept = json!({"ok": true, "room": "den", "private": false, "readonly": false,
        "past": false, "keep": 30});
    assert_eq!(world.ask(alice, "room", json!({"room": "den", "keep": 30})), kept);
    let (bob, _) = world.arrive("bob");
    join(&mut world, bob);
    let rules = json!({"ok": true, "room": "den", "private": false, "readonly": false,
        "past": false, "keep": 30, "invited": 0, "may": false});
    assert_eq!(world.ask(bob, "room", json!({"room": "den"})), rules);
    world.ask(alice, "room", json!({"room": "den", "keep": 0}));
    assert_eq!(world.ask(bob, "room", json!({"room": "den"}))["keep"], Value::Null);
}

#[test]
fn one_address_gives_rules_to_a_few_rooms_and_deletes_any() {
    let mut world = World::new();
    let ip = "203.0.113.9".parse().expect("an address");
    let person = |world: &mut World, nick: &str| {
        let person = world.dial("/chat").from(ip).connect().expect("they are let in");
        world.ask(person, "nick", json!({"nick": nick}));
        world.answer_later(person, "register", json!({"password": "correct-horse"}));
        person
    };
    let people = [person(&mut world, "alice"), person(&mut world, "bob")];
    let readonly = |room: &str| json!({"room": room, "readonly": true});
    for number in 0..=RULED_ROOMS_BURST {
        let (person, room) = (people[number as usize % 2], format!("room{number}"));
        assert_eq!(world.ask(person, "join", json!({"room": room}))["ok"], true);
        let answer = world.ask(person, "room", readonly(&room));
        assert_eq!(answer["ok"] == true, number < RULED_ROOMS_BURST, "{answer}");
    }
    let last = format!("room{RULED_ROOMS_BURST}");
    let refused = world.refused(people[0], "room", readonly(&last));
    assert!(refused.starts_with("too-many: too many rooms with rules from your"), "{refused}");
    // A room that has rules may get others, and any may be deleted.
    let ended = json!({"room": "room0", "readonly": false});
    assert_eq!(world.ask(people[0], "room", ended)["ok"], true);
    assert_eq!(world.ask(people[0], "room", json!({"room": last, "delete": true}))["ok"], true);
    // Others have their own share.
    let (carol, _) = owner(&mut world, "carol");
    join(&mut world, carol);
    rule(&mut world, carol, "readonly", true);
}

#[test]
fn a_server_to_which_nobody_comes_erases_what_rooms_do_not_keep() {
    let mut world = World::new();
    let (alice, _) = owner(&mut world, "alice");
    join(&mut world, alice);
    say(&mut world, alice, "old words");
    world.ask(alice, "room", json!({"room": "den", "keep": 1}));
    world.advance(1_000);
    // The day, and the hour that messages may stay longer.
    const DAY_MS: u64 = 25 * 60 * 60 * 1000;
    let (mut world, way) = world.restart_with_eraser();
    world.advance(DAY_MS - 60_000);
    way.set_nonblocking(true).expect("a way");
    assert!((&way).read(&mut [0]).is_err(), "not yet");
    world.advance(11 * 60_000);
    let mut order = [0; 100];
    let count = (&way).read(&mut order).expect("an order");
    assert!(order[..count].ends_with(b" den\n"), "{order:?}");
}
