//! Rooms that are not open to everyone.

use super::world::{World, nicks, texts};
use mio_chat::limits::{INVITATIONS_BURST, ROOMS_BURST};
use mio_socketio::testing::{Client, LineClient};
use serde_json::{Value, json};

pub(super) const NO_ROOM: &str = "no-such-room: there is no room #den that you can enter";

/// A registered person, who owns the rooms that they begin, and their token.
pub(super) fn owner(world: &mut World, nick: &str) -> (Client, Value) {
    let (client, welcome) = world.enter(json!({"nick": nick, "client": "web"}));
    let password = json!({"password": "correct-horse"});
    assert_eq!(world.answer_later(client, "register", password)["ok"], true);
    (client, welcome["token"].clone())
}

pub(super) fn join(world: &mut World, client: Client) -> Value {
    world.ask(client, "join", json!({"room": "den"}))
}

pub(super) fn say(world: &mut World, client: Client, text: &str) -> Value {
    world.ask(client, "post", json!({"room": "den", "text": text}))
}

pub(super) fn rule(world: &mut World, client: Client, name: &str, is_on: bool) -> Value {
    world.ask(client, "room", json!({"room": "den", name: is_on}))
}

/// Bob at the page and nat at netcat, whom alice has invited, and who have come in.
fn invited(world: &mut World, alice: Client) -> (Client, LineClient) {
    let (bob, _) = world.enter(json!({"nick": "bob", "client": "web"}));
    let netcat = world.connect_line();
    world.say(netcat, "/nick nat");
    for name in ["bob", "nat"] {
        world.ask(alice, "room", json!({"room": "den", "invite": name}));
    }
    join(world, bob);
    world.say(netcat, "/join den");
    (bob, netcat)
}

/// A private room of alice's in which something was said.
pub(super) fn den(world: &mut World) -> (Client, Value) {
    let (alice, token) = owner(world, "alice");
    assert_eq!(join(world, alice).get("rules"), None);
    let private = json!({"ok": true, "room": "den", "private": true, "readonly": false,
        "past": false, "keep": null});
    assert_eq!(rule(world, alice, "private", true), private);
    assert_eq!(rule(world, alice, "private", true), private, "it is so");
    let rules = json!({"private": true, "readonly": false, "past": false, "keep": null});
    assert_eq!(join(world, alice)["rules"], rules);
    assert_eq!(say(world, alice, "secret words")["ok"], true);
    world.ask(alice, "topic", json!({"room": "den", "text": "hidden"}));
    (alice, token)
}

/// The events with this name that a client has received.
pub(super) fn told(world: &mut World, client: Client, event: &str) -> Vec<Value> {
    let heard = world.heard(client).into_iter().filter(|(name, _)| name == event);
    heard.map(|(_, body)| body).collect()
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
            ("room", json!({"room": room, "uninvite": "eve"})),
            ("room", json!({"room": room, "keep": 1})),
            ("room", json!({"room": room, "delete": true})),
            ("room", json!({"room": room})),
            ("read", json!({"room": room, "id": 1})),
            ("kick", json!({"nick": "alice", "room": room})),
            ("op", json!({"nick": "alice", "room": room})),
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
        "keep": null, "nick": "alice"});
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
fn nobody_hears_of_changes_of_what_was_said_before_they_were_invited() {
    let mut world = World::new();
    let (alice, _) = den(&mut world);
    let old = say(&mut world, alice, "old words")["id"].clone();
    let (bob, netcat) = invited(&mut world, alice);
    let new = say(&mut world, alice, "new words")["id"].clone();
    world.advance(1_000);
    world.heard(bob);
    world.lines(netcat);
    world.ask(alice, "edit", json!({"id": old, "text": "old secret"}));
    world.ask(alice, "react", json!({"id": old, "emoji": "\u{1f44d}"}));
    world.ask(alice, "delete", json!({"id": old}));
    assert_eq!((world.heard(bob).len(), world.lines(netcat).len()), (0, 0));
    world.ask(alice, "edit", json!({"id": new, "text": "new thing"}));
    assert_eq!(told(&mut world, bob, "edited")[0]["text"], "new thing");
    assert!(world.lines(netcat)[0].ends_with(": new thing"));
}

#[test]
fn who_comes_back_hears_nothing_from_before_their_invitation() {
    let mut world = World::new();
    let (alice, _) = den(&mut world);
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    let old = say(&mut world, alice, "old words")["id"].clone();
    world.ask(alice, "room", json!({"room": "den", "invite": "bob"}));
    join(&mut world, bob);
    let seen = say(&mut world, alice, "new words")["id"].clone();
    world.heard(bob);
    world.disconnect(bob);
    world.ask(alice, "edit", json!({"id": old, "text": "old secret"}));
    world.ask(alice, "edit", json!({"id": seen, "text": "new thing"}));
    say(&mut world, alice, "while away");
    // The number is older than the invitation.
    let back = json!({"token": welcome["token"], "client": "web", "since": old,
        "history": welcome["history"]});
    let (bob, _) = world.enter(back);
    let heard = world.heard(bob);
    let all = json!(heard).to_string();
    assert!(all.contains("while away") && all.contains("new thing"), "{all}");
    assert!(!all.contains("old") && !all.contains("secret"), "{all}");
}

#[test]
fn who_tries_names_pays_for_a_private_room_as_for_a_new_one() {
    let mut world = World::new();
    den(&mut world);
    let ip = "203.0.113.9".parse().expect("an address");
    let eve = world.dial("/chat").from(ip).connect().expect("they are let in");
    let too_many = |answer: &str| answer.starts_with("too-many: too many new rooms");
    let mut refused = String::new();
    for _ in 0..=ROOMS_BURST {
        refused = world.refused(eve, "join", json!({"room": "den"}));
    }
    assert!(too_many(&refused), "{refused}");
    let nowhere = world.refused(eve, "join", json!({"room": "nil"}));
    assert_eq!(refused, nowhere);
}

#[test]
fn an_invitation_is_taken_back_and_ends_with_the_person() {
    let mut world = World::new();
    let (alice, _) = den(&mut world);
    let (bob, netcat) = invited(&mut world, alice);
    world.lines(netcat);
    let uninvite = |name: &str| json!({"room": "den", "uninvite": name});
    let taken_back = json!({"ok": true, "room": "den", "uninvited": "nat"});
    assert_eq!(world.ask(alice, "room", uninvite("nat")), taken_back);
    let told = world.lines(netcat);
    assert_eq!(told[0], "* you are no longer in #den: it is private");
    assert!(told[1].starts_with("* you are in #lobby"), "{told:?}");
    let again = world.refused(alice, "room", uninvite("nat"));
    assert_eq!(again, "not-invited: nat is not invited to #den");
    // A registered person who is no longer one leaves their rooms behind.
    let password = json!({"password": "correct-horse"});
    assert_eq!(world.answer_later(bob, "register", password)["ok"], true);
    world.heard(bob);
    assert_eq!(world.ask(bob, "logout", json!({}))["ok"], true);
    let (_, removed) =
        world.heard(bob).into_iter().find(|(name, _)| name == "removed").expect("it");
    assert_eq!(
        (&removed["room"], &removed["reason"]),
        (&json!("den"), &json!("the room is private"))
    );
    let refused = world.refused(bob, "history", json!({"room": "den"}));
    assert_eq!(refused, "not-in-room: you are not in #den; join it first");
}

#[test]
fn who_logs_in_has_the_invitations_of_the_guest_that_they_were() {
    let mut world = World::new();
    let (alice, _) = den(&mut world);
    let (bob, _) = owner(&mut world, "bob");
    world.disconnect(bob);
    let (guest, _) = world.enter(json!({"nick": "robert", "client": "web"}));
    world.ask(alice, "room", json!({"room": "den", "invite": "robert"}));
    join(&mut world, guest);
    say(&mut world, alice, "for robert");
    let login = json!({"nick": "bob", "password": "correct-horse"});
    assert_eq!(world.answer_later(guest, "login", login)["ok"], true);
    let seen = world.ask(guest, "history", json!({"room": "den"}));
    assert_eq!(texts(&seen["messages"]), ["for robert"]);
}

#[test]
fn an_author_who_was_removed_is_not_told_who_reacts() {
    let mut world = World::new();
    let (alice, _) = den(&mut world);
    let netcat = world.connect_line();
    world.say(netcat, "/nick nat");
    world.ask(alice, "room", json!({"room": "den", "invite": "nat"}));
    world.say(netcat, "/join den");
    world.say(netcat, "mine");
    let last = world.ask(alice, "history", json!({"room": "den"}))["messages"][1].clone();
    assert_eq!(last["text"], "mine");
    let react = |emoji: &str| json!({"id": last["id"], "emoji": emoji});
    world.lines(netcat);
    world.ask(alice, "react", react("\u{1f44d}"));
    assert!(world.lines(netcat)[0].starts_with("* alice reacted"));
    world.ask(alice, "kick", json!({"room": "den", "nick": "nat"}));
    let told = world.lines(netcat);
    assert_eq!(told[0], "* alice removed you from #den.");
    world.ask(alice, "react", react("\u{1f44e}"));
    assert_eq!(world.lines(netcat).len(), 0);
}

#[test]
fn invitations_do_not_repeat_without_end() {
    let mut world = World::new();
    let ip = "203.0.113.9".parse().expect("an address");
    let alice = world.dial("/chat").from(ip).connect().expect("they are let in");
    world.ask(alice, "nick", json!({"nick": "alice"}));
    world.answer_later(alice, "register", json!({"password": "correct-horse"}));
    join(&mut world, alice);
    rule(&mut world, alice, "private", true);
    let (bob, _) = world.arrive("bob");
    for _ in 0..INVITATIONS_BURST {
        assert_eq!(world.ask(alice, "room", json!({"room": "den", "invite": "bob"}))["ok"], true);
        world.ask(alice, "room", json!({"room": "den", "uninvite": "bob"}));
    }
    assert_eq!(told(&mut world, bob, "invited").len() as u64, INVITATIONS_BURST);
    let refused = world.refused(alice, "room", json!({"room": "den", "invite": "bob"}));
    assert!(refused.starts_with("too-many: too many invitations"), "{refused}");
    assert_eq!(told(&mut world, bob, "invited").len(), 0);
}

#[test]
fn a_guest_without_an_id_stays_in_a_room_that_becomes_private() {
    let mut world = World::new();
    let (alice, _) = owner(&mut world, "alice");
    join(&mut world, alice);
    let netcat = world.connect_line();
    world.say(netcat, "/join den");
    world.lines(netcat);
    rule(&mut world, alice, "private", true);
    assert_eq!(world.lines(netcat).len(), 1, "the rule");
    world.say(netcat, "still here");
    assert_eq!(
        texts(&world.ask(alice, "history", json!({"room": "den"}))["messages"]),
        ["still here"]
    );
}

#[test]
fn a_message_of_namespace_root_to_a_private_room_is_paid_like_a_new_room() {
    let mut world = World::new();
    den(&mut world);
    let ip = "203.0.113.9".parse().expect("an address");
    let root = world.dial("/").from(ip).connect().expect("they are let in");
    let said = || json!({"username": "mallory", "message": "hi", "room": "den"});
    let mut answer = String::new();
    for _ in 0..=ROOMS_BURST {
        let answered = world.call(root, "send_message", (said(),)).expect("an answer");
        answer = answered.args[0].to_string();
    }
    assert!(answer.contains("too many new rooms"), "{answer}");
}
