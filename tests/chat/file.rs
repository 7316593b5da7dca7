//! While the file cannot be written, and after.

use super::world::{World, texts};
use rusqlite::Connection;
use serde_json::json;

/// Another program writes to the file, and keeps the server from it.
fn locked(world: &World) -> Connection {
    let other = Connection::open(world.file()).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    other
}

#[test]
fn topics_and_names_survive_a_lock_at_the_start() {
    let mut world = World::new();
    let (alice, _) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.ask(alice, "topic", json!({"room": "lobby", "text": "tea"}));
    let mut world = world.restart();
    let other = locked(&world);
    let (_, first) = world.enter(json!({}));
    assert!(first["rooms"][0]["topic"].is_null());
    drop(other);
    world.advance(1_000);
    let (_, second) = world.enter(json!({}));
    assert_eq!(second["rooms"][0]["topic"], "tea");
    world.connect("/chat", json!({"nick": "alice"})).expect_err("it is kept");
}

#[test]
fn what_waits_for_the_file_is_missed_too() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let (bob, _) = world.arrive("bob");
    let other = locked(&world);
    // Her network is gone, and the server has not noticed yet.
    world.pause(alice);
    world.post(bob, "in the room");
    world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}));
    for number in 0..12 {
        world.ask(bob, "topic", json!({"room": "lobby", "text": format!("topic {number}")}));
        world.advance(1_000);
    }
    let (alice, back) = world.enter(json!({"token": welcome["token"], "since": 0}));
    assert_eq!(back["recovered"], true);
    assert_eq!(world.texts(alice), ["in the room", "psst"]);
    drop(other);
    world.advance(2_000);
    world.post(bob, "and then");
    let mut world = world.restart();
    let (_, welcome) = world.enter(json!({}));
    assert_eq!(welcome["rooms"][0]["topic"], "topic 11");
    assert_eq!(welcome["rooms"][0]["messages"][1]["text"], "and then");
}

#[test]
fn what_waits_is_written_by_a_stop_that_comes_before_the_next_try() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    let other = locked(&world);
    world.post(bob, "it waits");
    drop(other);
    world.stop();
    let (_, welcome) = world.restart().enter(json!({}));
    assert_eq!(texts(&welcome["rooms"][0]["messages"]), ["it waits"]);
}

#[test]
fn who_comes_while_the_file_is_locked_is_not_taken_for_one_of_before() {
    let mut world = World::new();
    let (carol, _) = world.arrive("carol");
    world.ask(carol, "rooms", json!({}));
    let mut world = world.restart();
    let other = locked(&world);
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    drop(other);
    // The waiting messages are written.
    world.advance(1_000);
    let is_here = |world: &World, nick: &str| {
        let file = Connection::open(world.file()).expect("the file");
        let sql = "SELECT here FROM person WHERE nick = ?";
        file.query_row(sql, [nick], |row| row.get::<_, bool>(0)).expect("she is in the file")
    };
    assert!(is_here(&world, "alice") && !is_here(&world, "carol"));
    // The knowledge of the earlier server is read when the next person comes.
    let (bob, _) = world.arrive("bob");
    world.ask(bob, "rooms", json!({}));
    assert!(is_here(&world, "alice") && is_here(&world, "bob"));
    world.ask(alice, "nick", json!({"nick": "alicia"}));
    world.advance(120_000);
    assert_eq!(world.ask(bob, "nick", json!({"nick": "alice"}))["ok"], true);
    world.ask(alice, "nick", json!({"nick": "allie"}));
    // So her name is held for her if the server is killed now.
    let mut world = world.restart();
    world.connect("/chat", json!({"nick": "allie"})).expect_err("it is kept");
    assert_eq!(world.enter(json!({"token": welcome["token"]})).1["nick"], "allie");
}

#[test]
fn nobody_is_told_to_have_missed_nothing_where_it_cannot_be_read() {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let (bob, _) = world.arrive("bob");
    world.cut(alice);
    world.post(bob, "missed");
    let file = Connection::open(world.file()).expect("the file");
    file.execute_batch("ALTER TABLE message RENAME TO broken").expect("a broken file");
    let auth = json!({"token": welcome["token"], "since": 0});
    let (_, back) = world.enter(auth.clone());
    assert_eq!(back["recovered"], false);
    file.execute_batch("ALTER TABLE broken RENAME TO message").expect("it is mended");
    let (alice, back) = world.enter(auth);
    assert_eq!(back["recovered"], true);
    assert_eq!(world.texts(alice), ["missed"]);
}
