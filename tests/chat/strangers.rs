//! Private messages to a name that another person has later.

use super::world::{World, nicks, text, texts};
use mio_socketio::testing::LineClient;
use serde_json::{Value, json};

const AWAY_MS: u64 = 121_000;
const ANOTHER: &str = "another-person: bob is another person now, not the one you talked with";

/// A person comes in at the line door, as `nick`.
fn arrive_at_lines(world: &mut World, nick: &str) -> LineClient {
    let line = world.connect_line();
    world.say(line, &format!("/nick {nick}"));
    world.lines(line);
    line
}

fn to_bob(text: &str, person: &Value) -> Value {
    json!({"to": "bob", "text": text, "person": person})
}

#[test]
fn what_is_for_one_person_is_not_for_another_who_takes_the_name() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let bob = arrive_at_lines(&mut world, "bob");
    let told = world.ask(alice, "dm", json!({"to": "bob", "text": "the key is 4711"}));
    let first = told["person"].clone();
    assert!(first.as_str().is_some_and(|person| person.len() == 16), "{told}");
    world.say(bob, "/msg alice thanks");
    assert_eq!(world.expect(alice, "message").args.remove(0)["person"], first);
    let told = world.ask(alice, "dm", to_bob("good", &first));
    assert_eq!((&told["ok"], &told["person"]), (&json!(true), &first));

    world.say(bob, "/quit");
    let refused = world.refused(alice, "dm", to_bob("are you there", &first));
    let left = "no-such-person: bob has left and has no account, so nothing is kept for them";
    assert_eq!(refused, left);
    let other = arrive_at_lines(&mut world, "Bob");
    assert_eq!(
        world.refused(alice, "dm", to_bob("and the code 42", &first)),
        ANOTHER.replace("bob", "Bob")
    );
    let typing = json!({"to": "bob", "person": first, "on": true});
    assert_eq!(world.refused(alice, "typing", typing), ANOTHER);
    assert!(world.lines(other).is_empty());
    let said = |world: &mut World, person: &Value| {
        texts(&world.ask(alice, "history", json!({"with": "bob", "person": person}))["messages"])
    };
    assert_eq!(said(&mut world, &first), ["the key is 4711", "thanks", "good"]);

    // A client that means the new person says so.
    let told = world.ask(alice, "dm", json!({"to": "bob", "text": "hello"}));
    let second = told["person"].clone();
    assert_ne!(first, second);
    assert_eq!(world.lines(other), ["<alice -> you> hello"]);
    assert_eq!(said(&mut world, &second), ["hello"]);
    assert_eq!(said(&mut world, &first).len(), 3);
    assert_eq!(said(&mut world, &json!(null)), ["hello"]);
    let all = world.ask(alice, "history", json!({"with": "bob", "person": first}));
    assert_eq!(all["messages"][0]["person"], first);
}

#[test]
fn who_comes_back_is_the_same_person() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    let first = world.ask(alice, "dm", json!({"to": "bob", "text": "one"}))["person"].clone();
    world.cut(bob);
    let told = world.ask(alice, "dm", to_bob("two", &first));
    assert_eq!((&told["away"], &told["person"]), (&json!(true), &first));
    let (bob, _) = world.enter(json!({"token": welcome["token"], "client": "web"}));
    world.ask(bob, "nick", json!({"nick": "rob"}));
    // Under the old name, too, as long as it is held for them.
    let told = world.ask(alice, "dm", to_bob("three", &first));
    assert_eq!((&told["to"], &told["person"]), (&json!("rob"), &first));
    world.cut(bob);
    world.advance(AWAY_MS);
    world.arrive("bob");
    assert_eq!(world.refused(alice, "dm", to_bob("four", &first)), ANOTHER);
}

#[test]
fn a_guests_visit_ends_for_all_others_and_their_token_begins_another() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    world.post(bob, "hello");
    let first = world.ask(alice, "dm", json!({"to": "bob", "text": "one"}))["person"].clone();
    world.cut(bob);
    world.advance(AWAY_MS);
    let names = |world: &mut World| {
        let members = world.ask(alice, "who", json!({"room": "lobby"}))["members"].clone();
        nicks(&members).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&mut world), ["alice"]);
    let left = "no-such-person: bob has left and has no account, so nothing is kept for them";
    assert_eq!(world.refused(alice, "dm", to_bob("two", &first)), left);
    // The name is anybody's.
    let other = arrive_at_lines(&mut world, "bob");
    world.lines(other);
    let (_, back) = world.enter(json!({"token": welcome["token"], "client": "web"}));
    let nick = back["nick"].as_str().expect("a name").to_owned();
    assert_ne!(nick, "bob");
    // All see a person who comes.
    assert!(world.lines(other).contains(&format!("* {nick} joined")));
    let mut here = names(&mut world);
    here.sort();
    let mut all = ["alice".to_owned(), "bob".to_owned(), nick];
    all.sort();
    assert_eq!(here, all);
    assert_eq!(world.refused(alice, "dm", to_bob("three", &first)), ANOTHER);
}

#[test]
fn at_the_line_door_it_takes_a_word_to_go_on_with_another() {
    let mut world = World::new();
    let alice = arrive_at_lines(&mut world, "alice");
    let bob = arrive_at_lines(&mut world, "bob");
    world.say(alice, "/msg bob one");
    world.say(bob, "/msg alice two");
    world.say(bob, "/quit");
    world.lines(bob);
    let other = arrive_at_lines(&mut world, "bob");
    world.lines(alice);
    world.say(alice, "/reply three");
    assert_eq!(world.lines(alice), ["* the person who wrote to you has left"]);
    world.say(alice, "/msg BOB three");
    let told = "* not sent: BOB is another person now, not the one you talked with. \
                Say it again if it is for them";
    assert_eq!(world.lines(alice), [told]);
    assert!(world.lines(other).is_empty());
    world.say(alice, "/msg bob three");
    assert_eq!(world.lines(alice), ["* -> bob: three"]);
    assert_eq!(world.lines(other), ["<alice -> you> three"]);
    world.say(alice, "/msg bob four");
    assert_eq!(world.lines(alice), ["* -> bob: four"]);

    // A person who gets a message from somebody new is told, too, and knows it then.
    world.say(other, "/quit");
    let third = arrive_at_lines(&mut world, "bob");
    world.lines(alice);
    world.say(third, "/msg alice five");
    let told = "* this bob is another person, not the one you talked with";
    assert_eq!(world.lines(alice), [told, "<bob -> you> five"]);
    world.say(third, "/msg alice six");
    world.say(alice, "/msg bob seven");
    assert_eq!(world.lines(alice), ["<bob -> you> six", "* -> bob: seven"]);
}

#[test]
fn what_was_missed_says_who_wrote_it() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let (bob, _) = world.arrive("bob");
    let since = world.post(alice, "hi");
    let told = world.ask(bob, "dm", json!({"to": "alice", "text": "one"}));
    let live = world.expect(alice, "message").args.remove(0)["person"].clone();
    world.cut(alice);
    let (alice, _) = world.enter(json!({"token": welcome["token"], "since": since}));
    let missed = world.expect(alice, "message").args.remove(0);
    assert_eq!((text(&missed), &missed["person"]), ("one".to_owned(), &live));
    assert_ne!(told["person"], live);
}
