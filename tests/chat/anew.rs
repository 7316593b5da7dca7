//! Numbers and histories: no number is given twice, and another history's numbers mean nothing
//! here.

use super::world::{World, nth, texts};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;

fn back(welcome: &Value, since: i64) -> Value {
    json!({"token": welcome["token"], "since": since, "history": welcome["history"]})
}

/// Removes messages from this number on, private and in rooms, as if they had never been in the
/// file.
fn lose(world: World, from: i64) -> World {
    let file = world.file();
    world.restart_after(|| {
        let file = Connection::open(file).expect("the file");
        let sql = "DELETE FROM message WHERE id >= ?";
        assert!(file.execute(sql, [from]).expect("they go") > 0);
    })
}

#[test]
fn after_messages_are_lost_no_number_is_given_again_and_whoever_saw_them_begins_anew() {
    let mut world = World::new();
    let (bob, bobs) = world.arrive("bob");
    world.ask(bob, "rooms", json!({}));
    let kept = world.post(bob, "kept");
    let lost = world.post(bob, "lost");
    let last = world.post(bob, "lost too");
    let mut world = lose(world, lost);
    for time in 0..3 {
        let (alice, _) = world.arrive("alice");
        assert!(world.post(alice, "new") > last);
        // A client that had seen them is shown everything, one that had not gets the missed
        // messages.
        let (_, anew) = world.enter(back(&bobs, last));
        assert_eq!(anew["recovered"], false);
        assert_eq!(texts(&anew["rooms"][0]["messages"]).len(), 2 + time, "all, and the first");
        let (bob, same) = world.enter(back(&bobs, kept));
        assert_eq!(same["recovered"], true);
        assert_eq!(world.texts(bob).len(), 1 + time);
        world = world.restart();
    }
}

#[test]
fn an_older_copy_of_the_file_is_no_older_chat() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.post(alice, "copied");
    let (path, copy) = (world.file(), world.file().with_extension("copy"));
    let source = Connection::open(&path).expect("the file");
    source.execute("VACUUM INTO ?", [copy.to_str().expect("a name")]).expect("a copy");
    drop(source);
    let seen = world.post(alice, "not copied");
    let mut world = world.restart_after(|| {
        for ending in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{ending}", path.display()));
        }
        fs::rename(&copy, &path).expect("it is put back");
    });
    let (bob, _) = world.arrive("bob");
    world.post(bob, "hi");
    let (alice, anew) = world.enter(back(&welcome, seen));
    assert_eq!((&anew["nick"], &anew["recovered"]), (&json!("alice"), &json!(false)));
    assert_eq!(anew["history"], welcome["history"]);
    assert_eq!(texts(&anew["rooms"][0]["messages"]), ["copied", "hi"]);
    assert!(world.post(alice, "and") > seen);
}

#[test]
fn what_was_seen_in_another_history_is_not_missed_in_this() {
    let mut world = World::new();
    let (bob, welcome) = world.arrive("bob");
    world.post(bob, "hello");
    let (alice, _) = world.enter(json!({"nick": "alice", "client": "web"}));
    let name = welcome["history"].as_str().expect("a name");
    assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    for (history, recovered) in
        [(json!("another"), false), (welcome["history"].clone(), true), (Value::Null, true)]
    {
        let auth = json!({"token": welcome["token"], "since": nth(0), "history": history});
        let (_, again) = world.enter(auth);
        assert_eq!(again["recovered"], recovered, "{history}");
        assert_eq!(again["history"], name);
        let shown = if recovered { 0 } else { 1 };
        assert_eq!(texts(&again["rooms"][0]["messages"]).len(), shown);
    }
    assert_eq!(world.texts(alice).len(), 0);
    let mut world = world.restart();
    assert_eq!(world.arrive("carol").1["history"], name);
    // A history that is not kept ends with the server.
    let [one, other] = [0, 1].map(|_| {
        let mut world = World::without_history();
        let (carol, first) = world.arrive("carol");
        assert_eq!(world.post(carol, "hi"), nth(1));
        assert_eq!(world.arrive("dave").1["history"], first["history"]);
        first["history"].as_str().expect("it is called something, too").to_owned()
    });
    assert!(!one.is_empty() && !other.is_empty());
    assert_ne!(one, other);
}
