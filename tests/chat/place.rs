//! The file is moved, deleted or replaced while the server writes to it.

use super::world::World;
use mio_chat::chat::history;
use mio_socketio::testing::Client;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const FAILS: &str = "history is not being kept: what is said now may be lost";
const AGAIN: &str = "history is being kept again";
const ANOTHER: &str =
    "history is being kept again, in another file: what was said before may not be in it";

fn texts_in(path: &Path) -> Vec<String> {
    let file = Connection::open(path).expect("a file");
    let mut select = file.prepare("SELECT text FROM message ORDER BY id").expect("a history");
    let texts = select.query_map([], |row| row.get(0)).expect("messages");
    texts.collect::<Result<_, _>>().expect("texts")
}

/// The sentences that a client has received, and the texts of messages.
fn told(world: &mut World, client: Client) -> Vec<String> {
    let heard = world.heard(client).into_iter();
    let texts = heard.filter(|(name, _)| name == "notice" || name == "message");
    texts.map(|(_, it)| it["text"].as_str().expect("a text").to_owned()).collect()
}

/// A chat in which alice has spoken, and bob listens.
fn chat() -> (World, Client, Client, Value) {
    let mut world = World::new();
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    let (bob, _) = world.enter(json!({"nick": "bob", "client": "web"}));
    world.ask(alice, "topic", json!({"room": "lobby", "text": "tea"}));
    world.post(alice, "before");
    world.heard(bob);
    (world, alice, bob, welcome)
}

#[test]
fn a_file_that_is_moved_is_whole_and_another_takes_its_place() {
    let (mut world, alice, bob, first) = chat();
    let moved = world.file().with_extension("moved");
    fs::rename(world.file(), &moved).expect("it is moved");
    let unnoticed = world.post(alice, "unnoticed");
    world.advance(1_000);
    assert_eq!(told(&mut world, bob), ["unnoticed", FAILS]);
    // Newcomers are told, too.
    let (carol, _) = world.enter(json!({"nick": "carol"}));
    assert_eq!(told(&mut world, carol), [FAILS]);
    let line = world.connect_line();
    assert!(world.lines(line).contains(&format!("* {FAILS}")));
    let meanwhile = world.post(alice, "meanwhile");
    world.advance(1_000);
    assert_eq!(told(&mut world, bob), ["meanwhile", ANOTHER]);
    assert!(world.post(alice, "after") > meanwhile && meanwhile > unnoticed);
    assert_eq!(texts_in(&moved), ["before", "unnoticed"]);
    assert_eq!(texts_in(&world.file()), ["meanwhile", "after"]);
    // A person who comes back has seen another history; people who are here are known in this one,
    // too.
    let mut world = world.restart();
    let token = &first["token"];
    let auth = json!({"token": token, "since": unnoticed, "history": first["history"]});
    let (_, back) = world.enter(auth);
    assert_eq!((&back["nick"], &back["recovered"]), (&json!("alice"), &json!(false)));
    assert_ne!(back["history"], first["history"]);
    assert_eq!(back["rooms"][0]["topic"], "tea");
    let auth = json!({"token": token, "since": meanwhile, "history": back["history"]});
    assert_eq!(world.enter(auth).1["recovered"], true);
}

#[test]
fn a_file_that_is_deleted_or_loses_its_log_is_noticed() {
    let (mut world, alice, bob, _) = chat();
    fs::remove_file(world.file()).expect("it is deleted");
    world.advance(2_000);
    assert_eq!(told(&mut world, bob), [FAILS, ANOTHER]);
    world.post(alice, "after");
    assert_eq!(texts_in(&world.file()), ["after"]);
    // Without its log, most of it would be lost with the server.
    told(&mut world, bob);
    fs::remove_file(world.file().with_extension("db-wal")).expect("it has a log");
    world.post(alice, "in no file");
    world.advance(2_000);
    assert_eq!(told(&mut world, bob), ["in no file", FAILS, AGAIN]);
    world.post(alice, "last");
    let mut world = world.restart();
    world.enter(json!({}));
    assert_eq!(texts_in(&world.file()), ["after", "in no file", "last"]);
}

#[test]
fn a_file_that_comes_back_is_gone_on_with() {
    let (mut world, alice, bob, first) = chat();
    let moved = world.file().with_extension("moved");
    fs::rename(world.file(), &moved).expect("it is moved");
    world.advance(1_000);
    world.post(alice, "meanwhile");
    fs::rename(&moved, world.file()).expect("it is back");
    world.advance(1_000);
    assert_eq!(told(&mut world, bob), [FAILS, "meanwhile", AGAIN]);
    assert_eq!(texts_in(&world.file()), ["before", "meanwhile"]);
    assert_eq!(world.enter(json!({})).1["history"], first["history"]);
}

#[test]
fn what_is_put_in_its_place_is_used_if_it_is_a_history() {
    let (mut world, alice, bob, first) = chat();
    let copy = world.file().with_extension("copy");
    let source = Connection::open(world.file()).expect("the file");
    source.execute("VACUUM INTO ?", [copy.to_str().expect("a name")]).expect("a copy");
    drop(source);
    let seen = world.post(alice, "not copied");
    fs::rename(&copy, world.file()).expect("it is put back");
    world.advance(1_000);
    let meanwhile = world.post(alice, "meanwhile");
    world.advance(1_000);
    assert_eq!(told(&mut world, bob), ["not copied", FAILS, "meanwhile", AGAIN]);
    assert!(world.post(alice, "after") > meanwhile);
    assert_eq!(texts_in(&world.file()), ["before", "meanwhile", "after"]);
    let auth = |since| json!({"token": first["token"], "since": since});
    assert_eq!(world.enter(auth(seen)).1["recovered"], false, "it does not have it");
    assert_eq!(world.enter(auth(meanwhile)).1["recovered"], true);
    // Another file is not used, and left alone.
    told(&mut world, bob);
    let text = "a text of somebody's, which is no database at all";
    fs::write(&copy, text).expect("a file");
    fs::rename(&copy, world.file()).expect("it is put there");
    world.advance(5_000);
    assert_eq!(told(&mut world, bob), [FAILS]);
    let (_, carols) = world.enter(json!({"nick": "carol"}));
    assert_eq!(carols["recovered"], false);
    assert_eq!(fs::read_to_string(world.file()).expect("a text"), text);
    fs::remove_file(world.file()).expect("it goes");
    world.advance(1_000);
    assert_eq!(told(&mut world, bob), [ANOTHER]);
}

#[test]
fn a_file_that_a_backup_is_copied_into_is_not_written_to_before_it_is_opened_anew() {
    let (mut world, alice, bob, first) = chat();
    let backup = world.file().with_extension("backup");
    history::backup(&world.file(), &backup, false).expect("a backup");
    // In the file, more than a log would cover.
    let long = "x".repeat(2_000);
    for number in 0..100 {
        world.post(alice, &format!("{number} {long}"));
        world.advance(50);
    }
    world.advance(20_000);
    told(&mut world, bob);
    // The way of `cp`: the file stays the same.
    fs::write(world.file(), fs::read(&backup).expect("a backup")).expect("it is copied");
    world.advance(1_000);
    let meanwhile = world.post(alice, "meanwhile");
    world.advance(2_000);
    assert_eq!(told(&mut world, bob), [FAILS, "meanwhile", AGAIN]);
    assert!(world.post(alice, "after") > meanwhile);
    let mut world = world.restart();
    let (_, welcome) = world.enter(json!({}));
    assert_eq!(welcome["history"], first["history"]);
    assert_eq!(texts_in(&world.file()), ["before", "meanwhile", "after"]);
}
