//! Coming back: with a token, with missed messages, after a restart.

use super::world::{GATHER_MS, World, nth, texts};
use serde_json::{Value, json};

fn back(token: &Value, since: i64) -> Value {
    json!({"token": token, "since": since})
}

#[test]
fn what_was_missed_comes_once_and_in_order() {
    let mut world = World::new();
    let (alice, welcome) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    world.ask(alice, "join", json!({"room": "tea"}));
    world.ask(bob, "join", json!({"room": "tea"}));
    let seen = world.post(bob, "seen");
    world.cut(alice);
    world.post(bob, "one");
    world.ask(bob, "post", json!({"room": "tea", "text": "two"}));
    world.ask(bob, "join", json!({"room": "coffee"}));
    world.ask(bob, "post", json!({"room": "coffee", "text": "elsewhere"}));
    world.post(bob, "three");
    let (alice, welcome) = world.enter(back(&welcome["token"], seen));
    assert_eq!((&welcome["nick"], &welcome["recovered"]), (&json!("alice"), &json!(true)));
    let rooms = welcome["rooms"].as_array().expect("rooms");
    assert_eq!(rooms.len(), 2);
    assert!(rooms.iter().all(|room| room["messages"] == json!([])));
    world.post(bob, "four");
    assert_eq!(world.texts(alice), ["one", "two", "three", "four"]);
}

#[test]
fn a_second_connection_is_a_second_device_of_the_same_person() {
    let mut world = World::new();
    let (older, welcome) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    world.ask(older, "join", json!({"room": "tea"}));
    world.post(older, "mine");
    world.advance(GATHER_MS);
    world.heard(bob);
    let line = world.connect_line();
    world.lines(line);
    world.heard(older);
    let (newer, welcome) = world.enter(back(&welcome["token"], 0));
    assert_eq!(welcome["nick"], "alice");
    assert!(world.is_open(older));
    // Their own messages are among those they get.
    assert_eq!(world.texts(newer), ["mine"]);
    world.ask(newer, "post", json!({"room": "tea", "text": "still in it"}));
    world.advance(GATHER_MS);
    let about = world.heard(bob);
    assert!(!about.iter().any(|(_, told)| told.to_string().contains("alice")), "{about:?}");
    assert!(world.lines(line).is_empty());
    let who = world.ask(bob, "who", json!({"room": "lobby"}));
    assert_eq!(who["count"], 3);
}

#[test]
fn a_token_is_good_after_a_restart() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let (bob, bobs) = world.enter(json!({"nick": "bob", "client": "terminal"}));
    world.ask(alice, "join", json!({"room": "tea"}));
    world.ask(alice, "topic", json!({"room": "tea", "text": "at five"}));
    world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}));
    let post = json!({"room": "tea", "text": "keyed", "key": "k"});
    let sent = world.ask(alice, "post", post.clone());
    let mut world = world.restart();
    // Their names are held for them for a while.
    let taken = world.connect("/chat", json!({"nick": "alice"})).expect_err("it is alice's");
    let sentence = "alice was here a moment ago and may come back, choose another name";
    assert!(taken.to_string().contains(sentence), "{taken}");
    let line = world.connect_line();
    world.lines(line);
    world.say(line, "/nick bob");
    let held = "* bob was here a moment ago and may come back, choose another name";
    assert_eq!(world.lines(line), [held]);
    let (alice, welcome) = world.enter(back(&welcome["token"], nth(1)));
    assert_eq!((&welcome["nick"], &welcome["recovered"]), (&json!("alice"), &json!(true)));
    let rooms: Vec<_> = welcome["rooms"].as_array().expect("rooms").iter().collect();
    let tea = rooms.iter().find(|room| room["room"] == "tea").expect("they are in it again");
    assert_eq!(tea["topic"], "at five");
    assert_eq!(world.texts(alice), ["keyed"]);
    assert_eq!(world.ask(alice, "post", post), sent);
    let page = world.ask(alice, "history", json!({"with": "bob"}));
    assert_eq!(texts(&page["messages"]), ["psst"]);
    assert!(world.post(alice, "numbers go on") > nth(3));
    let (_, bobs) = world.enter(json!({"token": bobs["token"]}));
    assert_eq!(bobs["nick"], "bob");
}

#[test]
fn private_messages_are_missed_too() {
    let mut world = World::new();
    let (alice, welcome) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    world.ask(alice, "dm", json!({"to": "bob", "text": "one"}));
    world.ask(bob, "dm", json!({"to": "alice", "text": "two"}));
    world.ask(bob, "nick", json!({"nick": "bert"}));
    world.cut(alice);
    let (alice, _) = world.enter(back(&welcome["token"], 0));
    let mut messages: Vec<Value> = world.events(alice).iter().map(|e| e.args[0].clone()).collect();
    messages.retain(|message| message["to"].is_string());
    let ends: Vec<_> = messages.iter().map(|it| (&it["from"], &it["to"], &it["text"])).collect();
    let (alice_, bert) = (&json!("alice"), &json!("bert"));
    assert_eq!(ends, [(alice_, bert, &json!("one")), (bert, alice_, &json!("two"))]);
    let page = world.ask(alice, "history", json!({"with": "bert"}));
    assert_eq!(texts(&page["messages"]), ["one", "two"]);
}

#[test]
fn of_too_much_the_last_comes_and_the_rest_is_counted() {
    let mut world = World::new();
    let (alice, welcome) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    world.cut(alice);
    for number in 1..=250 {
        world.post(bob, &format!("text {number}"));
        world.advance(100);
    }
    let (alice, welcome) = world.enter(back(&welcome["token"], nth(10)));
    assert_eq!(welcome["recovered"], false);
    let gap = world.expect(alice, "gap").args.remove(0);
    assert_eq!(gap, json!({"room": "lobby", "missed": 190}));
    let came = world.texts(alice);
    assert_eq!((came.len(), &*came[0], &*came[49]), (50, "text 201", "text 250"));
    let request = json!({"room": "lobby", "before": nth(201), "limit": 100});
    let page = world.ask(alice, "history", request);
    assert_eq!(texts(&page["messages"])[99], "text 200");
}

#[test]
fn a_token_or_a_number_that_means_nothing_does_no_harm() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    world.post(bob, "hello");
    let made_up = json!({"token": "made up", "since": 0, "nick": "alice"});
    let (alice, welcome) = world.enter(made_up);
    assert_eq!((&welcome["nick"], &welcome["recovered"]), (&json!("alice"), &json!(false)));
    assert_ne!(welcome["token"], "made up");
    // Anybody may read messages of the lobby, but there may be more than these.
    let gap = world.expect(alice, "gap").args.remove(0);
    assert_eq!(gap, json!({"room": "lobby", "missed": 0}));
    assert_eq!(world.texts(alice), ["hello"]);
    let (_, again) = world.enter(json!({"token": "made up"}));
    assert_eq!(again["recovered"], false);
    assert_eq!(texts(&again["rooms"][0]["messages"]), ["hello"]);
    for since in [-1, 7, nth(-1), nth(999), i64::MIN, i64::MAX] {
        let (_, again) = world.enter(back(&welcome["token"], since));
        assert_eq!(again["recovered"], false, "{since}");
        assert_eq!(texts(&again["rooms"][0]["messages"]), ["hello"]);
    }
    let (_, again) = world.enter(back(&welcome["token"], nth(1)));
    assert_eq!(again["recovered"], true);
}

#[test]
fn one_who_only_reads_misses_nothing_over_a_restart() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    let seen = world.post(bob, "seen");
    let (_, welcome) = world.enter(json!({"nick": "alice"}));
    let mut world = world.restart();
    let (bob, _) = world.arrive("bob");
    world.post(bob, "one");
    let last = world.post(bob, "two");
    // They had done nothing that would make the server keep them.
    let (alice, welcome) = world.enter(back(&welcome["token"], seen));
    assert_eq!(welcome["recovered"], false);
    let gap = world.expect(alice, "gap").args.remove(0);
    assert_eq!(gap, json!({"room": "lobby", "missed": 0}));
    assert_eq!(world.texts(alice), ["one", "two"]);
    // Now they have, by coming back.
    let mut world = world.restart();
    let (bob, _) = world.arrive("bob");
    world.post(bob, "three");
    let (alice, welcome) = world.enter(back(&welcome["token"], last));
    assert_eq!(welcome["recovered"], true);
    assert_eq!(world.texts(alice), ["three"]);
}

#[test]
fn a_name_that_was_taken_meanwhile_gets_a_number() {
    let mut world = World::new();
    let (alice, welcome) = world.arrive("alice");
    world.disconnect(alice);
    world.advance(120_000);
    world.arrive("alice");
    let (_, back) = world.enter(json!({"token": welcome["token"]}));
    assert_eq!(back["nick"], "alice~2");
    let (guest, welcome) = world.enter(json!({}));
    assert_eq!(welcome["nick"], "guest-1");
    world.ask(guest, "rooms", json!({}));
    world.disconnect(guest);
    let mut world = world.restart();
    let line = world.connect_line();
    assert!(world.lines(line)[0].contains("You are guest-1,"));
    let (_, back) = world.enter(json!({"token": welcome["token"]}));
    assert_eq!(back["nick"], "guest-1~2");
}

#[test]
fn a_client_that_keeps_no_token_gets_its_name_again() {
    let mut world = World::new();
    let (bot, _) = world.arrive("bot");
    world.cut(bot);
    world.arrive("bot");
    let mut world = world.restart();
    let (bot, welcome) = world.arrive("bot");
    // A client that does may return, and its name is held.
    world.enter(json!({"token": welcome["token"]}));
    assert!(world.is_open(bot), "it is one more device");
    let mut world = world.restart();
    world.connect("/chat", json!({"nick": "bot"})).expect_err("it is kept");
}

#[test]
fn names_are_kept_after_an_orderly_end_and_for_those_who_had_just_gone() {
    let mut world = World::new();
    let (_, alices) = world.enter(json!({"nick": "alice", "client": "web"}));
    let (carol, _) = world.enter(json!({"nick": "carol", "client": "web"}));
    let (_, guests) = world.enter(json!({"client": "web"}));
    world.cut(carol);
    world.stop();
    let mut world = world.restart();
    for nick in ["alice", "carol"] {
        world.connect("/chat", json!({"nick": nick})).expect_err("it is kept");
    }
    let line = world.connect_line();
    assert!(world.lines(line)[0].contains("You are guest-2,"));
    assert_eq!(world.enter(json!({"token": alices["token"]})).1["nick"], "alice");
    assert_eq!(world.enter(json!({"token": guests["token"]})).1["nick"], "guest-1");
}

#[test]
fn private_messages_of_many_are_missed_too() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let whisper = |world: &mut World, numbers: std::ops::Range<usize>| {
        for number in numbers {
            let (other, _) = world.arrive(&format!("other{number}"));
            world.ask(other, "dm", json!({"to": "alice", "text": format!("psst {number}")}));
        }
    };
    whisper(&mut world, 0..40);
    world.cut(alice);
    let (alice, back_) = world.enter(back(&welcome["token"], 0));
    assert_eq!((&back_["recovered"], world.texts(alice).len()), (&json!(true), 40));
    // If there are too many, the newest.
    whisper(&mut world, 40..110);
    let (alice, back) = world.enter(back(&welcome["token"], 0));
    assert_eq!((&back["recovered"], world.texts(alice).len()), (&json!(false), 100));
}

#[test]
fn nobody_is_taken_for_another_who_was_called_so() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, bobs) = world.arrive("Bob");
    world.ask(bob, "dm", json!({"to": "alice", "text": "the real bob"}));
    world.disconnect(bob);
    let page = world.ask(alice, "history", json!({"with": "bob"}));
    assert_eq!(texts(&page["messages"]), ["the real bob"]);
    world.arrive("bob");
    let (_, back) = world.enter(json!({"token": bobs["token"]}));
    assert_eq!(back["nick"], "Bob~2");
    let page = world.ask(alice, "history", json!({"with": "bob"}));
    assert_eq!(page["messages"], json!([]));
    let page = world.ask(alice, "history", json!({"with": "bob~2"}));
    assert_eq!(page["messages"][0]["from"], "Bob~2");
}

#[test]
fn a_client_of_socket_io_2_says_numbers_as_text() {
    let mut world = World::new();
    let (alice, welcome) = world.arrive("alice");
    world.post(alice, "mine");
    let auth = json!({"token": welcome["token"], "since": "0"});
    let (alice, welcome) = world.enter(auth);
    assert_eq!(welcome["recovered"], true);
    assert_eq!(world.texts(alice), ["mine"]);
}

#[test]
fn a_name_is_kept_for_those_who_were_told_their_token() {
    let mut world = World::new();
    for client in ["web", "terminal"] {
        let auth = json!({"nick": client, "client": client});
        for _ in 0..2 {
            // The connection breaks before the welcome has been read.
            let alice = world.connect("/chat", auth.clone()).expect("they are let in");
            world.cut(alice);
        }
        let (alice, _) = world.enter(auth.clone());
        world.cut(alice);
        let refused = world.connect("/chat", auth).expect_err("it is kept for its owner");
        assert!(refused.to_string().contains("was here a moment ago"), "{refused}");
    }
}
