//! People correct and take back what they have said, and react to what others have said.

use super::world::{World, nth, text, texts};
use mio_chat::limits::{
    EDITS_PER_MESSAGE_MAX, OWN_WORDS_MS, REACTION_KINDS_MAX, REACTIONS_PER_PERSON_MAX,
};
use mio_socketio::testing::Client;
use rusqlite::Connection;
use serde_json::{Value, json};

const NOT_THERE: &str = "no-such-message: there is no such message here";

fn edit(world: &mut World, client: Client, id: i64, text: &str) -> Value {
    world.ask(client, "edit", json!({"id": id, "text": text}))
}

fn history(world: &mut World, client: Client) -> Vec<Value> {
    let answer = world.ask(client, "history", json!({"room": "lobby"}));
    answer["messages"].as_array().expect("messages").clone()
}

/// The events with this name that a client has received.
fn told(world: &mut World, client: Client, event: &str) -> Vec<Value> {
    let heard = world.heard(client).into_iter().filter(|(name, _)| name == event);
    heard.map(|(_, body)| body).collect()
}

#[test]
fn a_corrected_message_has_the_new_text_everywhere() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let netcat = world.connect_line();
    let id = world.post(alice, "helo wrld");
    world.lines(netcat);
    let answer = edit(&mut world, alice, id, "hello world");
    let ts = answer["edited"].clone();
    let (nick, text) = ("alice", "hello world");
    assert_eq!(answer, json!({"ok": true, "id": id, "text": text, "edited": ts, "nick": nick}));
    let event = json!({"id": id, "room": "lobby", "text": text, "edited": ts, "nick": nick});
    assert_eq!(told(&mut world, bob, "edited"), [event]);
    assert_eq!(told(&mut world, alice, "edited"), [] as [Value; 0], "she is answered");
    let line = world.lines(netcat);
    assert!(
        line.len() == 1 && line[0].starts_with("* alice corrected ") && line[0].ends_with(text),
        "{line:?}"
    );
    let kept = history(&mut world, bob);
    assert_eq!((super::world::text(&kept[0]), &kept[0]["edited"]), (text.to_owned(), &ts));
    for (words, found) in [("helo", vec![]), ("world", vec![text])] {
        let answer = world.ask(bob, "search", json!({"text": words, "room": "lobby"}));
        assert_eq!(texts(&answer["messages"]), found, "{words}");
    }
    assert_eq!(edit(&mut world, alice, id, text), json!({"ok": true, "id": id}), "it is so");
    let (_, welcome) = world.arrive("carol");
    assert_eq!(texts(&welcome["rooms"][0]["messages"]), [text]);
    // In the file too, and after a restart.
    let mut world = world.restart();
    let (_, welcome) = world.arrive("dan");
    assert_eq!(texts(&welcome["rooms"][0]["messages"]), [text]);
}

#[test]
fn the_index_of_words_follows() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (first, second) = (world.post(alice, "teapot one"), world.post(alice, "teapot two"));
    // The words are indexed meanwhile.
    world.advance(10_000);
    edit(&mut world, alice, first, "kettle one");
    assert_eq!(
        world.ask(alice, "delete", json!({"id": second})),
        json!({"ok": true, "id": second})
    );
    for wait_ms in [0, 10_000] {
        world.advance(wait_ms);
        for (words, found) in [("teapot", vec![]), ("two", vec![]), ("kettle", vec!["kettle one"])]
        {
            let answer = world.ask(alice, "search", json!({"text": words}));
            assert_eq!(texts(&answer["messages"]), found, "{words}");
        }
    }
}

#[test]
fn what_was_taken_back_is_gone_and_its_number_and_its_key_are_not_used_again() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let netcat = world.connect_line();
    let post = json!({"room": "lobby", "text": "my password", "key": "k"});
    let id = world.ask(alice, "post", post.clone())["id"].as_i64().expect("a number");
    world.lines(netcat);
    assert_eq!(world.ask(alice, "delete", json!({"id": id})), json!({"ok": true, "id": id}));
    let event = json!({"id": id, "room": "lobby", "nick": "alice"});
    assert_eq!(told(&mut world, bob, "deleted"), [event]);
    let line = world.lines(netcat);
    assert!(line[0].starts_with("* alice took back what was said at "), "{line:?}");
    assert_eq!(history(&mut world, bob), [] as [Value; 0]);
    for name in ["delete", "edit"] {
        let request = json!({"id": id, "text": "x"});
        assert_eq!(world.refused(alice, name, request), NOT_THERE);
    }
    // A program that repeats the post, because it has lost the answer, does not say it again.
    assert_eq!(world.ask(alice, "post", post)["id"], id);
    assert_eq!(world.post(alice, "next"), id + 1);
    let mut world = world.restart();
    let (bob, _) = world.arrive("bob");
    let kept: Vec<String> = history(&mut world, bob).iter().map(text).collect();
    assert_eq!(kept, ["next"]);
}

#[test]
fn what_somebody_else_said_is_theirs_and_what_nobody_sees_is_not_there() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let (eve, _) = world.arrive("eve");
    let id = world.post(alice, "hers");
    world.ask(alice, "join", json!({"room": "tea"}));
    let elsewhere = world.ask(alice, "post", json!({"room": "tea", "text": "over tea"}));
    let private = world.ask(alice, "dm", json!({"to": "bob", "text": "psst"}));
    let not_yours = "not-yours: only the person who said it can change it";
    for name in ["edit", "delete"] {
        let request = json!({"id": id, "text": "x"});
        assert_eq!(world.refused(bob, name, request), not_yours);
        let request = json!({"id": private["id"], "text": "x"});
        assert_eq!(world.refused(bob, name, request), not_yours, "he has read it");
    }
    // A number tells nothing: it may be of another room, of others' private messages, or of none.
    for number in [&elsewhere["id"], &private["id"], &json!(nth(999)), &json!(-1), &json!(0)] {
        for name in ["edit", "delete", "react"] {
            let request = json!({"id": number, "text": "x", "emoji": "\u{1f44d}"});
            assert_eq!(world.refused(eve, name, request), NOT_THERE, "{name} {number}");
        }
    }
    let (empty, long) = (json!({"id": id, "text": ""}), "x".repeat(5_000));
    assert_eq!(world.refused(alice, "edit", empty), "empty: there is nothing to say");
    let refused = world.refused(alice, "edit", json!({"id": id, "text": long}));
    assert!(refused.starts_with("too-long: "), "{refused}");
    // A person who has left a room may take back what they said there, but says nothing more.
    world.ask(alice, "leave", json!({"room": "tea"}));
    let request = json!({"id": elsewhere["id"], "text": "x"});
    assert_eq!(
        world.refused(alice, "edit", request.clone()),
        "not-in-room: you are not in #tea; join it first"
    );
    assert_eq!(world.ask(alice, "delete", request)["ok"], true);
}

#[test]
fn after_a_day_it_stays_as_it_is() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let id = world.post(alice, "one");
    world.advance(OWN_WORDS_MS.cast_unsigned() - 10_000);
    assert_eq!(edit(&mut world, alice, id, "two")["ok"], true);
    world.advance(20_000);
    let late = "too-late: a message can be changed for a day, and this is older";
    for name in ["edit", "delete"] {
        assert_eq!(world.refused(alice, name, json!({"id": id, "text": "three"})), late);
    }
    let mut none = World::without_history();
    let (alice, _) = none.arrive("alice");
    let id = none.post(alice, "one");
    let refused = none.refused(alice, "delete", json!({"id": id}));
    assert_eq!(refused, "no-history: no history is kept here");
}

#[test]
fn corrections_are_bounded_and_what_was_is_kept_for_rooms_alone() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    world.arrive("bob");
    let id = world.post(alice, "text 0");
    for number in 1..=EDITS_PER_MESSAGE_MAX {
        assert_eq!(edit(&mut world, alice, id, &format!("text {number}"))["ok"], true);
    }
    let refused = world.refused(alice, "edit", json!({"id": id, "text": "once more"}));
    assert_eq!(refused, "too-many: a message can be corrected 20 times");
    let private = world.ask(alice, "dm", json!({"to": "bob", "text": "secret one"}));
    let private = private["id"].as_i64().expect("a number");
    assert_eq!(edit(&mut world, alice, private, "secret two")["ok"], true);
    world.advance(1_000);
    let file = Connection::open(world.file()).expect("the file");
    let former = |id: i64| -> Option<String> {
        let sql = "SELECT former FROM message WHERE id = ?";
        file.query_row(sql, [id], |row| row.get(0)).expect("a message")
    };
    let kept: Value = serde_json::from_str(&former(id).expect("it is kept")).expect("JSON");
    assert_eq!((kept[0][1].clone(), kept[19][1].clone()), (json!("text 0"), json!("text 19")));
    assert_eq!(former(private), None, "nobody may read it");
}

#[test]
fn people_react_once_with_each_sign_and_take_it_back() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let id = world.post(alice, "it works");
    let thumb = "\u{1f44d}";
    let on = json!({"id": id, "emoji": thumb, "on": true});
    let answer = world.ask(bob, "react", on.clone());
    let done = json!({"ok": true, "id": id, "emoji": thumb, "on": true, "nick": "bob", "count": 1});
    assert_eq!(answer, done);
    assert_eq!(world.ask(bob, "react", on), json!({"ok": true, "id": id}), "it is so");
    let event = json!({"id": id, "room": "lobby", "emoji": thumb, "on": true, "nick": "bob",
        "count": 1});
    assert_eq!(told(&mut world, alice, "reacted"), [event]);
    world.ask(alice, "react", json!({"id": id, "emoji": thumb}));
    let shown = |mine| json!({"emoji": thumb, "count": 2, "nicks": ["bob", "alice"], "mine": mine});
    assert_eq!(history(&mut world, bob)[0]["reactions"], json!([shown(true)]));
    world.ask(bob, "react", json!({"id": id, "emoji": thumb, "on": false}));
    let left = json!([{"emoji": thumb, "count": 1, "nicks": ["alice"]}]);
    assert_eq!(history(&mut world, bob)[0]["reactions"], left);
    // A correction leaves them.
    edit(&mut world, alice, id, "it works well");
    let mut world = world.restart();
    let (bob, _) = world.arrive("bob");
    assert_eq!(history(&mut world, bob)[0]["reactions"], left);
    for bad in ["", "x", "yes", "\u{1f44d}\u{1f44d}", "\u{202e}"] {
        let refused = world.refused(bob, "react", json!({"id": id, "emoji": bad}));
        assert_eq!(refused, "bad-emoji: a reaction is one emoji", "{bad}");
    }
}

#[test]
fn reactions_are_bounded() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let id = world.post(alice, "react");
    let sign = |number: usize| {
        let sign = char::from_u32(0x1f400 + u32::try_from(number).expect("few"));
        sign.expect("a sign").to_string()
    };
    let mut kinds = 0;
    for person in 0..4 {
        let (client, _) = world.arrive(&format!("p{person}"));
        for _ in 0..REACTIONS_PER_PERSON_MAX.min(REACTION_KINDS_MAX - kinds) {
            let answer = world.ask(client, "react", json!({"id": id, "emoji": sign(kinds)}));
            assert_eq!(answer["ok"], true, "{answer}");
            kinds += 1;
        }
        let refused = world.refused(client, "react", json!({"id": id, "emoji": sign(99)}));
        let why = match person {
            0..=2 => "too-many: nobody has more than 6 reactions to a message",
            _ => "too-many: this message has too many reactions, or 20 different ones",
        };
        assert_eq!(refused, why);
    }
}

#[test]
fn in_private_the_other_one_alone_is_told() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let (eve, _) = world.arrive("eve");
    let netcat = world.connect_line();
    let said = world.ask(alice, "dm", json!({"to": "bob", "text": "psst"}));
    let id = said["id"].as_i64().expect("a number");
    let heard = told(&mut world, bob, "message");
    let person = heard[0]["person"].clone();
    edit(&mut world, alice, id, "psssst");
    let event = told(&mut world, bob, "edited").remove(0);
    assert_eq!((&event["person"], &event["text"]), (&person, &json!("psssst")));
    assert_eq!(event.get("room"), None);
    world.ask(bob, "react", json!({"id": id, "emoji": "\u{1f600}"}));
    let event = told(&mut world, alice, "reacted").remove(0);
    assert_eq!((&event["person"], &event["nick"]), (&said["person"], &json!("bob")));
    world.ask(alice, "delete", json!({"id": id}));
    assert_eq!(told(&mut world, bob, "deleted").len(), 1);
    assert_eq!(world.heard(eve).len(), 0);
    let with = world.ask(bob, "history", json!({"with": "alice"}));
    assert_eq!(with["messages"], json!([]));
    // By lines it says that it is in private.
    world.say(netcat, "/nick carol");
    world.lines(netcat);
    let said = world.ask(alice, "dm", json!({"to": "carol", "text": "pst"}));
    edit(&mut world, alice, said["id"].as_i64().expect("a number"), "psst");
    let lines = world.lines(netcat);
    let last = lines.last().expect("a line");
    assert!(last.starts_with("* alice corrected ") && last.ends_with(", to you: psst"), "{last}");
}

#[test]
fn people_who_ignore_the_author_are_not_told() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let netcat = world.connect_line();
    world.ask(bob, "ignore", json!({"nick": "alice"}));
    world.say(netcat, "/ignore alice");
    world.lines(netcat);
    let id = world.post(alice, "one");
    edit(&mut world, alice, id, "two");
    world.ask(alice, "delete", json!({"id": id}));
    assert_eq!(world.heard(bob).len(), 0);
    assert_eq!(world.lines(netcat), [] as [String; 0]);
}

#[test]
fn people_who_were_away_learn_what_has_changed() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, welcome) = world.arrive("bob");
    let (token, name) = (welcome["token"].clone(), welcome["history"].clone());
    let ids: Vec<i64> = ["one", "two", "three"].map(|text| world.post(alice, text)).to_vec();
    world.ask(bob, "rooms", json!({}));
    world.disconnect(bob);
    edit(&mut world, alice, ids[0], "first");
    world.ask(alice, "delete", json!({"id": ids[1]}));
    world.ask(alice, "react", json!({"id": ids[2], "emoji": "\u{1f44d}"}));
    let after = world.post(alice, "for");
    edit(&mut world, alice, after, "four");
    let mut world = world.restart();
    let auth = json!({"token": token, "since": ids[2], "history": name});
    let back = world.connect("/chat", auth).expect("he is let in");
    let heard = world.heard(back);
    let names: Vec<&str> = heard.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["welcome", "edited", "deleted", "edited", "message"]);
    assert_eq!(heard[0].1["recovered"], true);
    let (changed, gone, reacted) = (&heard[1].1, &heard[2].1, &heard[3].1);
    assert_eq!((&changed["id"], &changed["text"]), (&json!(ids[0]), &json!("first")));
    assert_eq!(*gone, json!({"id": ids[1], "room": "lobby"}));
    assert_eq!((&reacted["id"], &reacted["text"]), (&json!(ids[2]), &json!("three")));
    assert_eq!(reacted["reactions"][0]["nicks"], json!(["alice"]));
    assert_eq!((&heard[4].1["text"], &heard[4].1["id"]), (&json!("four"), &json!(after)));
}

#[test]
fn the_tutorials_clients_are_told_in_a_sentence() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let root = world.connect("/", json!(null)).expect("they are let in");
    let id = world.post(alice, "helo");
    world.heard(root);
    edit(&mut world, alice, id, "hello");
    world.ask(alice, "react", json!({"id": id, "emoji": "\u{1f44d}"}));
    world.ask(alice, "delete", json!({"id": id}));
    let heard: Vec<String> = world
        .heard(root)
        .iter()
        .map(|(_, said)| said.as_str().expect("a text").to_owned())
        .collect();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].starts_with("alice corrected ") && heard[0].ends_with(": hello"));
    assert!(heard[1].starts_with("alice took back what was said at "));
}

#[test]
fn a_file_that_cannot_be_written_shows_what_was_changed_all_the_same() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (one, two) = (world.post(alice, "one"), world.post(alice, "two"));
    let other = Connection::open(world.file()).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("it is held");
    let three = world.post(alice, "three");
    edit(&mut world, alice, one, "first");
    world.ask(alice, "delete", json!({"id": two}));
    edit(&mut world, alice, three, "third");
    for newcomer in ["bob", "carol"] {
        let kept: Vec<String> = history(&mut world, alice).iter().map(text).collect();
        assert_eq!(kept, ["first", "third"]);
        let (_, welcome) = world.arrive(newcomer);
        assert_eq!(texts(&welcome["rooms"][0]["messages"]), ["first", "third"]);
        let found = world.ask(alice, "search", json!({"text": "three"}));
        assert_eq!(found["messages"], json!([]));
        if other.is_autocommit() {
            break;
        }
        other.execute_batch("COMMIT").expect("it is released");
        world.advance(5_000);
    }
}
