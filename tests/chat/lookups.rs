//! Looking up earlier messages, and metrics.

use super::world::{World, nth, texts};
use serde_json::json;

#[test]
fn history_comes_in_pages() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    for number in 1..=130 {
        world.post(alice, &format!("text {number}"));
        world.advance(100);
    }
    let page = world.ask(alice, "history", json!({"room": "lobby"}));
    assert_eq!((texts(&page["messages"]).len(), &page["more"]), (50, &json!(true)));
    assert_eq!(page["messages"][49]["id"], nth(130));
    let request = json!({"room": "lobby", "before": nth(81), "limit": 1000});
    let page = world.ask(alice, "history", request);
    assert_eq!((texts(&page["messages"]).len(), &page["more"]), (80, &json!(false)));
    assert_eq!(texts(&page["messages"])[..2], ["text 1", "text 2"]);
    let request = json!({"room": "lobby", "before": nth(3), "limit": 2});
    let page = world.ask(alice, "history", request);
    assert_eq!((texts(&page["messages"]).len(), &page["more"]), (2, &json!(false)));
    let request = json!({"room": "lobby", "before": -5, "limit": 0});
    let page = world.ask(alice, "history", request);
    assert_eq!(page, json!({"ok": true, "messages": [], "more": false}));
    let refusal = "bad-request: a room or a person is needed";
    assert_eq!(world.refused(alice, "history", json!({})), refusal);
    for request in [json!({"room": "lobby", "before": "x"}), json!({"room": "lobby", "limit": -1})]
    {
        assert!(world.refused(alice, "history", request).starts_with("bad-request: "));
    }
    assert!(world.refused(alice, "history", json!({"room": "##"})).starts_with("bad-room: "));
}

#[test]
fn an_answer_fits_into_a_queue_whatever_was_said() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    // Six bytes each as JSON.
    let text = "\u{1}".repeat(4095);
    for _ in 0..100 {
        world.post(alice, &format!("{text}."));
        world.advance(1000);
    }
    let page = world.ask(alice, "history", json!({"room": "lobby", "limit": 100}));
    let shown = texts(&page["messages"]).len();
    assert!((5..50).contains(&shown) && page["more"] == true, "{shown} are shown");
    let (bob, welcome) = world.arrive("bob");
    assert_eq!(texts(&welcome["rooms"][0]["messages"]).len(), shown);
    assert!(world.is_open(alice) && world.is_open(bob));
}

#[test]
fn words_are_looked_for_in_ones_rooms() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    world.ask(alice, "join", json!({"room": "tea"}));
    world.post(alice, "the quick fox");
    world.ask(alice, "post", json!({"room": "tea", "text": "quick, the kettle"}));
    world.advance(5_000);
    world.post(alice, "another quick one");
    let found = world.ask(alice, "search", json!({"text": "QUICK"}));
    let all = ["the quick fox", "quick, the kettle", "another quick one"];
    assert_eq!(texts(&found["messages"]), all);
    let found = world.ask(alice, "search", json!({"text": "quick", "room": "#tea"}));
    assert_eq!(texts(&found["messages"]), ["quick, the kettle"]);
    let found = world.ask(alice, "search", json!({"text": "quick", "limit": 1}));
    assert_eq!(texts(&found["messages"]), ["another quick one"]);
    let found = world.ask(bob, "search", json!({"text": "kettle"}));
    assert_eq!(found, json!({"ok": true, "messages": []}));
    let refusal = "empty: there is nothing to look for";
    assert_eq!(world.refused(bob, "search", json!({"text": " "})), refusal);
    let refusal = "empty: a search needs at least one word";
    assert_eq!(world.refused(bob, "search", json!({"text": "?! 👍"})), refusal);
    assert!(world.refused(bob, "search", json!({})).starts_with("bad-request: "));
}

#[test]
fn parts_of_words_are_found_and_rooms_people_and_days_narrow_a_search() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    world.post(alice, "running v1.2.3-rc4 here");
    world.advance(5_000);
    world.post(bob, "the runner said 1.2 and 3");
    world.ask(alice, "dm", json!({"to": "bob", "text": "run away"}));
    // Once as they wait for the index, and once as they are in it.
    for _ in 0..2 {
        let mut found = |args| texts(&world.ask(alice, "search", args)["messages"]);
        let all = ["running v1.2.3-rc4 here", "the runner said 1.2 and 3", "run away"];
        assert_eq!(found(json!({"text": "run"})), all);
        assert_eq!(found(json!({"text": "1.2.3"})), all[..1]);
        assert_eq!(found(json!({"text": "runn v1 HER"})), all[..1]);
        assert_eq!(found(json!({"text": "run", "from": "BOB"})), all[1..2]);
        assert_eq!(found(json!({"text": "run", "with": "bob"})), all[2..]);
        assert_eq!(found(json!({"text": "run", "with": "bob", "from": "bob"})), [""; 0]);
        let all_of_them = world.ask(alice, "search", json!({"text": "run"}));
        let second = all_of_them["messages"][1]["ts"].as_i64().expect("a time");
        let mut found = |args| texts(&world.ask(alice, "search", args)["messages"]);
        assert_eq!(found(json!({"text": "run", "until": second})), all[..1]);
        assert_eq!(found(json!({"text": "run", "after": second})), all[1..]);
        world.advance(60_000);
    }
    // A stranger's conversations cannot be named.
    let (eve, _) = world.arrive("eve");
    let found = world.ask(eve, "search", json!({"text": "run", "with": "bob"}));
    assert_eq!(found["messages"], json!([]));
}

#[test]
fn words_are_looked_for_in_ones_private_conversations_too() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let (eve, _) = world.arrive("eve");
    world.post(alice, "a quick word in the lobby");
    world.ask(alice, "dm", json!({"to": "bob", "text": "quick, a secret"}));
    world.advance(5_000);
    world.ask(bob, "dm", json!({"to": "alice", "text": "quick answer"}));
    let all = ["a quick word in the lobby", "quick, a secret", "quick answer"];
    for client in [alice, bob] {
        let found = world.ask(client, "search", json!({"text": "quick"}));
        assert_eq!(texts(&found["messages"]), all);
        let private = &found["messages"][1];
        assert_eq!((&private["from"], &private["to"]), (&json!("alice"), &json!("bob")));
        assert!(private["room"].is_null() && private["person"].is_string());
    }
    let found = world.ask(alice, "search", json!({"text": "quick", "room": "lobby"}));
    assert_eq!(texts(&found["messages"]), all[..1]);
    // Only the two of them can read these.
    let found = world.ask(eve, "search", json!({"text": "quick"}));
    assert_eq!(texts(&found["messages"]), all[..1]);
}

#[test]
fn without_a_history_that_is_said() {
    let mut world = World::without_history();
    let (alice, welcome) = world.arrive("alice");
    world.arrive("bob");
    assert_eq!(world.post(alice, "gone"), nth(1));
    let refusal = "no-history: no history is kept here";
    for (name, request) in [
        ("history", json!({"room": "lobby"})),
        ("history", json!({"with": "bob"})),
        ("search", json!({"text": "gone"})),
    ] {
        assert_eq!(world.refused(alice, name, request), refusal);
    }
    // A token is valid for as long as the server runs; so are keys.
    let post = json!({"room": "lobby", "text": "keyed", "key": "k"});
    let first = world.ask(alice, "post", post.clone());
    world.disconnect(alice);
    let (alice, back) = world.enter(json!({"token": welcome["token"], "since": 0}));
    assert_eq!((&back["nick"], &back["recovered"]), (&json!("alice"), &json!(false)));
    assert_eq!(world.ask(alice, "post", post), first);
}

#[test]
fn a_monitor_is_told_how_long_the_history_takes() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    world.post(alice, "kept");
    world.advance(1_000);
    let metrics = String::from_utf8(world.get("/metrics").body.to_vec()).expect("a text");
    let value = |name: &str| {
        let mut lines = metrics.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} in {metrics}")).parse::<f64>().expect("a number")
    };
    // Somebody sent a message; its words were indexed.
    assert_eq!(value("mio_chat_commit_seconds_count"), 1.0);
    assert!(value("mio_chat_commit_seconds_sum") > 0.0);
    assert_eq!(value("mio_chat_clients{door=\"eio4-ws\"}"), 1.0);
    assert_eq!(value("mio_chat_sessions"), 1.0);
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("mio_chat_queue_bytes") >= 0.0);
    // At least the three of the history.
    assert!((3.0..1e4).contains(&value("process_open_fds")));
    assert!(value("mio_chat_history_tidy_seconds_count") >= 1.0);
    assert_eq!(value("mio_chat_history_unindexed"), 0.0);
    assert!(value("mio_chat_history_file_bytes") > 1000.0);
    assert!(value("mio_chat_history_log_bytes") >= 0.0);
}
