//! Each request: its answers and its refusals.

use super::world::{World, nicks, nth, texts};
use serde_json::{Value, json};

#[test]
fn a_newcomer_is_welcomed_to_the_lobby() {
    let mut world = World::new();
    let (_, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    assert_eq!(welcome["nick"], "alice");
    assert_eq!(welcome["recovered"], false);
    assert_eq!(welcome["token"].as_str().map(str::len), Some(20));
    let room = json!({
        "room": "lobby", "topic": null, "count": 1, "messages": [],
        "members": [{"nick": "alice", "door": "web"}],
    });
    assert_eq!(welcome["rooms"], json!([room]));
    let line = world.connect_line();
    let (_, welcome) = world.enter(json!({"client": "terminal"}));
    assert_eq!(welcome["nick"], "guest-2");
    assert_eq!(nicks(&welcome["rooms"][0]["members"]), ["alice", "guest-1", "guest-2"]);
    let doors = welcome["rooms"][0]["members"].as_array().expect("members");
    let mut doors: Vec<_> = doors.iter().filter_map(|member| member["door"].as_str()).collect();
    doors.sort_unstable();
    assert_eq!(doors, ["netcat", "terminal", "web"]);
    world.say(line, "hello");
    world.connect("/", json!({})).expect("a tutorial's client is let in");
    let (bot, welcome) = world.enter(json!({"client": 7.to_string()}));
    assert_eq!(texts(&welcome["rooms"][0]["messages"]), ["hello"]);
    let who = world.ask(bot, "who", json!({"room": "lobby"}));
    let members = who["members"].as_array().expect("members").iter();
    let mut doors: Vec<_> = members.filter_map(|member| member["door"].as_str()).collect();
    doors.sort_unstable();
    assert_eq!(doors, ["app", "netcat", "socket", "terminal", "web"]);
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let mut world = World::new();
    world.arrive("alice");
    for (auth, code, sentence) in [
        (json!({"nick": "Alice"}), "nick-taken", "alice is here already, choose another name"),
        (json!({"nick": "a b"}), "bad-nick", "a name is made of letters, digits and - _ ."),
        (json!({"nick": ""}), "bad-nick", "a name has 1 to 24 characters"),
        (json!({"nick": "server"}), "bad-nick", "that name is kept for the server"),
    ] {
        let refused = world.connect("/chat", auth).expect_err("they are refused").to_string();
        let data = json!({"code": code, "error": sentence});
        assert_eq!(refused, format!("refused: {sentence} {data}"));
    }
    for auth in [json!({"nick": 5}), json!({"token": []})] {
        let refused = world.connect("/chat", auth).expect_err("they are refused").to_string();
        assert!(refused.contains(r#""code":"bad-request""#), "{refused}");
    }
}

#[test]
fn a_post_is_numbered_and_heard_by_the_others() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let sent = world.ask(alice, "post", json!({"room": "#Lobby", "text": "hi\nyou \n"}));
    let ts = world.now().unix_ms;
    assert_eq!(sent, json!({"ok": true, "id": nth(1), "ts": ts, "room": "lobby"}));
    let text = "hi\nyou";
    let message = json!({"id": nth(1), "room": "lobby", "from": "alice", "text": text, "ts": ts});
    assert_eq!(world.expect(bob, "message").args, [message]);
    let wave = json!({"room": "lobby", "text": "waves", "action": true});
    assert_eq!(world.ask(alice, "post", wave)["id"], nth(2));
    assert_eq!(world.expect(bob, "message").args[0]["action"], true);
    assert!(world.texts(alice).is_empty());
}

#[test]
fn a_post_is_refused_for_a_reason() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let long = "ä".repeat(2049);
    let key = "k".repeat(65);
    for (request, refusal) in [
        (json!({"room": "lobby", "text": " \n"}), "empty: there is nothing to say"),
        (json!({"room": "tea", "text": "x"}), "not-in-room: you are not in #tea; join it first"),
        (
            json!({"room": "a b", "text": "x"}),
            "bad-room: a room cannot have that name: a name is made of letters, digits and - _ .",
        ),
        (
            json!({"room": "lobby", "text": long}),
            "too-long: a message has at most 4096 bytes, this one has 4098",
        ),
        (json!({"room": "lobby", "text": "x", "key": ""}), "bad-request: a key has 1 to 64 bytes"),
        (json!({"room": "lobby", "text": "x", "key": key}), "bad-request: a key has 1 to 64 bytes"),
    ] {
        assert_eq!(world.refused(alice, "post", request), refusal);
    }
    for request in [json!({}), json!("hi"), json!(null), json!({"room": 5, "text": "x"})] {
        assert!(world.refused(alice, "post", request).starts_with("bad-request: "));
    }
    for (name, request, refusal) in [
        ("post", json!({"room": "lobby"}), "post cannot be understood: missing field `text`"),
        (
            "rooms",
            json!(null),
            "rooms cannot be understood: invalid type: null, expected an object",
        ),
    ] {
        assert_eq!(world.refused(alice, name, request), format!("bad-request: {refusal}"));
    }
    // Long text is not repeated in the error.
    let dm = json!({"to": "x".repeat(1000), "text": "hi"});
    let refusal = format!("no-such-person: nobody here is called {}", "x".repeat(24));
    assert_eq!(world.refused(alice, "dm", dm), refusal);
    assert!(world.texts(bob).is_empty());
    assert_eq!(world.post(alice, "first"), nth(1));
}

/// Removes the id of the other person, which others may compare.
fn without_person(told: &mut Value) {
    let person = told.as_object_mut().and_then(|told| told.remove("person"));
    assert!(person.is_some_and(|person| person.is_string()), "{told}");
}

#[test]
fn a_key_makes_a_post_once() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let post = json!({"room": "lobby", "text": "once", "key": "k"});
    let first = world.ask(alice, "post", post.clone());
    world.advance(10);
    assert_eq!(world.ask(alice, "post", post.clone()), first);
    let dm = json!({"to": "bob", "text": "psst", "key": "d"});
    let private = world.ask(alice, "dm", dm.clone());
    assert!(private["person"].is_string(), "{private}");
    assert_eq!(world.ask(alice, "dm", dm), private);
    // Another person's keys are their own.
    assert_eq!(world.ask(bob, "post", post.clone())["id"], nth(3));
    assert_eq!(world.texts(bob), ["once", "psst"]);
    // 256 are remembered, and the first is the 257th from now.
    for number in 0..254 {
        let more = json!({"room": "lobby", "text": "more", "key": number.to_string()});
        assert_eq!(world.ask(alice, "post", more)["ok"], true);
        world.advance(100);
    }
    assert_eq!(world.ask(alice, "post", post.clone()), first);
    world.ask(alice, "post", json!({"room": "lobby", "text": "more", "key": "last"}));
    assert_ne!(world.ask(alice, "post", post)["id"], first["id"]);
}

#[test]
fn private_messages_are_for_the_two() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let (carol, _) = world.arrive("carol");
    let line = world.connect_line();
    world.lines(line);
    let mut sent = world.ask(alice, "dm", json!({"to": "BOB", "text": "psst"}));
    without_person(&mut sent);
    let ts = world.now().unix_ms;
    assert_eq!(sent, json!({"ok": true, "id": nth(1), "ts": ts, "to": "bob"}));
    let mut heard = world.expect(bob, "message").args.remove(0);
    let message = heard.clone();
    without_person(&mut heard);
    let said = json!({"id": nth(1), "from": "alice", "to": "bob", "text": "psst", "ts": ts});
    assert_eq!(heard, said);
    assert_eq!(world.ask(alice, "dm", json!({"to": "guest-1", "text": "you too"}))["ok"], true);
    assert_eq!(world.lines(line), ["<alice -> you> you too"]);
    world.say(line, "/reply got it");
    let reply = world.expect(alice, "message").args.remove(0);
    assert_eq!((&reply["from"], &reply["text"]), (&json!("guest-1"), &json!("got it")));
    assert!(world.texts(carol).is_empty());
    for (request, refusal) in [
        (json!({"to": "dan", "text": "x"}), "no-such-person: nobody here is called dan"),
        (json!({"to": "alice", "text": "x"}), "yourself: that is you"),
        (json!({"to": "bob", "text": ""}), "empty: there is nothing to say"),
    ] {
        assert_eq!(world.refused(alice, "dm", request), refusal);
    }
    let long = json!({"to": "bob", "text": "x".repeat(4097)});
    assert!(world.refused(alice, "dm", long).starts_with("too-long: "));
    assert!(world.refused(alice, "dm", json!({"to": "bob"})).starts_with("bad-request: "));
    // Only the two have it in their history.
    let page = world.ask(bob, "history", json!({"with": "alice"}));
    assert_eq!(page, json!({"ok": true, "messages": [message], "more": false}));
    let page = world.ask(carol, "history", json!({"with": "alice"}));
    assert_eq!(page["messages"], json!([]));
    let page = world.ask(alice, "history", json!({"with": "guest-1"}));
    assert_eq!(texts(&page["messages"]), ["you too", "got it"]);
}

#[test]
fn a_nick_is_changed_or_refused() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    world.arrive("bob");
    let renamed = world.ask(alice, "nick", json!({"nick": " Alicia "}));
    assert_eq!(renamed, json!({"ok": true, "nick": "Alicia"}));
    assert_eq!(world.ask(alice, "nick", json!({"nick": "alicia"}))["nick"], "alicia");
    for (nick, refusal) in [
        ("bob", "nick-taken: bob is here already, choose another name"),
        ("b b", "bad-nick: a name is made of letters, digits and - _ ."),
        ("guest-9", "bad-nick: that name is kept for the server"),
        ("", "bad-nick: a name has 1 to 24 characters"),
    ] {
        assert_eq!(world.refused(alice, "nick", json!({"nick": nick})), refusal);
    }
    assert!(world.refused(alice, "nick", json!({})).starts_with("bad-request: "));
}

#[test]
fn rooms_are_joined_listed_and_left() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let entry = world.ask(alice, "join", json!({"room": "#Tea"}));
    let member = json!({"nick": "alice", "door": "app"});
    let empty = json!({
        "ok": true, "room": "tea", "topic": null, "members": [member], "count": 1, "messages": [],
    });
    assert_eq!(entry, empty);
    world.ask(alice, "post", json!({"room": "tea", "text": "milk?"}));
    assert_eq!(
        world.ask(alice, "topic", json!({"room": "tea", "text": " at five "})),
        json!({"ok": true, "room": "tea", "topic": "at five"})
    );
    let entry = world.ask(bob, "join", json!({"room": "tea"}));
    assert_eq!((&entry["topic"], &entry["count"]), (&json!("at five"), &json!(2)));
    assert_eq!(texts(&entry["messages"]), ["milk?"]);
    assert_eq!(nicks(&entry["members"]), ["alice", "bob"]);
    let rooms = world.ask(bob, "rooms", json!({}));
    let listed = json!([
        {"room": "lobby", "topic": null, "count": 2},
        {"room": "tea", "topic": "at five", "count": 2},
    ]);
    assert_eq!(rooms, json!({"ok": true, "rooms": listed, "count": 2}));
    let left = world.ask(bob, "leave", json!({"room": "lobby"}));
    assert_eq!(left, json!({"ok": true, "room": "lobby"}));
    let who = world.ask(bob, "who", json!({"room": "lobby"}));
    assert_eq!(who, json!({"ok": true, "room": "lobby", "members": [member], "count": 1}));
    let not_in = "not-in-room: you are not in #lobby; join it first";
    let post = json!({"room": "lobby", "text": "x"});
    for (name, request) in [
        ("leave", json!({"room": "lobby"})),
        ("post", post.clone()),
        ("topic", post),
        ("history", json!({"room": "lobby"})),
        ("search", json!({"room": "lobby", "text": "x"})),
        ("typing", json!({"room": "lobby", "on": true})),
    ] {
        assert_eq!(world.refused(bob, name, request), not_in, "{name}");
    }
    for name in ["join", "leave", "who"] {
        let request = json!({"room": "#"});
        let refusal = "bad-room: a room cannot have that name: a name has 1 to 32 characters";
        assert_eq!(world.refused(bob, name, request), refusal, "{name}");
        assert!(world.refused(bob, name, json!({})).starts_with("bad-request: "), "{name}");
    }
    assert!(world.refused(bob, "rooms", json!(5)).starts_with("bad-request: "));
    let nobody = world.ask(bob, "who", json!({"room": "coffee"}));
    assert_eq!((&nobody["members"], &nobody["count"]), (&json!([]), &json!(0)));
}

#[test]
fn nobody_is_in_too_many_rooms() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    for number in 1..50 {
        world.advance(1000);
        assert_eq!(world.ask(alice, "join", json!({"room": format!("r{number}")}))["ok"], true);
    }
    world.advance(1000);
    let refusal = "too-many-rooms: nobody is in more than 50 rooms at a time";
    assert_eq!(world.refused(alice, "join", json!({"room": "r50"})), refusal);
    // Joining the room that they are in changes nothing.
    assert_eq!(world.ask(alice, "join", json!({"room": "r49"}))["ok"], true);
}

#[test]
fn a_topic_has_a_length_and_can_be_taken_away() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let line = world.connect_line();
    world.lines(line);
    let long = json!({"room": "lobby", "text": "ä".repeat(301)});
    let refusal = "too-long: a topic has at most 300 characters";
    assert_eq!(world.refused(alice, "topic", long), refusal);
    assert!(world.refused(alice, "topic", json!({})).starts_with("bad-request: "));
    world.ask(alice, "topic", json!({"room": "lobby", "text": "tea"}));
    let told = json!({"room": "lobby", "topic": "tea", "nick": "alice"});
    assert_eq!(world.expect(bob, "topic").args, [told]);
    let taken = world.ask(alice, "topic", json!({"room": "lobby", "text": ""}));
    assert_eq!(taken["topic"], Value::Null);
    assert_eq!(world.expect(bob, "topic").args[0]["topic"], Value::Null);
    let lines = ["* alice set the topic: tea", "* alice took the topic away"];
    assert_eq!(world.lines(line), lines);
    world.say(line, "/topic coffee");
    assert_eq!(world.expect(bob, "topic").args[0]["nick"], "guest-1");
}

#[test]
fn what_is_no_request_is_refused() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let refusal = "unknown-event: there is no request called shout";
    assert_eq!(world.refused(alice, "shout", json!({})), refusal);
    // Nobody asks for an answer here.
    world.emit(alice, "shout", ());
    world.emit(alice, "post", ());
    assert!(world.heard(alice).is_empty());
}
