//! Private messages to a registered person who is away: they wait, and are given when the person
//! comes, by whatever device.

use super::world::{World, nth, texts};
use mio_chat::limits::{
    MAIL_BURST, MAILBOX_ADDRESS_MAX, MAILBOX_GIVEN_MAX, MESSAGES_BYTES_MAX, NAME_FORMER_MS,
    NICK_HELD_MS, PASSWORD_LOOK_MS, SHOWN_BYTES_MAX, TEXT_BYTES_MAX,
};
use mio_socketio::testing::{Client, LineClient};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::net::IpAddr;

const PASSWORD: &str = "correct-horse";
const KEPT: &str = "is away; it is kept for when they come back";

/// Kira registers at netcat and goes, for longer than names are held.
fn kira_is_away(world: &mut World) {
    let kira = at_lines(world, "kira");
    world.told_later(kira, &format!("/register {PASSWORD}"));
    world.say(kira, "/quit");
    world.advance(NICK_HELD_MS + 1_000);
}

fn at_lines(world: &mut World, nick: &str) -> LineClient {
    let line = world.connect_line();
    world.say(line, &format!("/nick {nick}"));
    world.lines(line);
    line
}

fn dm(world: &mut World, from: Client, text: &str) -> Value {
    world.ask(from, "dm", json!({"to": "kira", "text": text}))
}

/// The lines after a login at netcat.
fn logs_in(world: &mut World) -> (LineClient, Vec<String>) {
    let line = world.connect_line();
    let mut told = world.told_later(line, &format!("/login kira {PASSWORD}"));
    let at = told.iter().position(|line| line.starts_with("* welcome back")).expect("a welcome");
    (line, told.split_off(at + 1))
}

#[test]
fn it_is_kept_at_any_door_over_restarts_and_given_once() {
    let mut world = World::new();
    kira_is_away(&mut world);
    // Nobody of theirs has been here since the start.
    let mut world = world.restart();
    let (bob, _) = world.arrive("bob");
    let sent = dm(&mut world, bob, "one");
    assert_eq!(
        (&sent["ok"], &sent["to"], &sent["away"]),
        (&json!(true), &json!("kira"), &json!(true))
    );
    assert_eq!(sent["guest"], Value::Null);
    let page = world.ask(bob, "history", json!({"with": "kira"}));
    assert_eq!(texts(&page["messages"]), ["one"]);
    let ann = at_lines(&mut world, "ann");
    world.say(ann, "/msg k\u{456}ra two");
    assert_eq!(world.lines(ann), ["* -> kira: two".to_owned(), format!("* kira {KEPT}")]);
    let mut world = world.restart();
    let (kira, told) = logs_in(&mut world);
    assert_eq!(told[0], "* while you were away, 2 messages came for you:");
    assert!(told[1].starts_with('[') && told[1].ends_with("] <bob -> you> one"), "{told:?}");
    assert!(told[2].ends_with("] <ann -> you> two") && told.len() == 3, "{told:?}");
    let ann = at_lines(&mut world, "ann");
    world.say(kira, "/r thanks");
    // Another person has the name now.
    let left = "* the person who wrote to you has left";
    assert!(world.lines(kira).iter().any(|line| line == left));
    world.say(ann, "/quit");
    world.say(kira, "/quit");
    let mut world = world.restart();
    assert!(logs_in(&mut world).1.is_empty());
}

#[test]
fn the_page_gets_it_by_its_number_and_a_new_device_at_once() {
    let mut world = World::new();
    let (kira, welcome) = world.enter(json!({"nick": "kira", "client": "web"}));
    world.answer_later(kira, "register", json!({"password": PASSWORD}));
    world.cut(kira);
    world.advance(NICK_HELD_MS + 1_000);
    let (bob, _) = world.arrive("bob");
    let id = dm(&mut world, bob, "one")["id"].clone();
    let back = json!({"token": welcome["token"], "since": nth(0), "client": "web"});
    let (kira, welcome) = world.enter(back.clone());
    assert_eq!((&welcome["nick"], &welcome["recovered"]), (&json!("kira"), &json!(true)));
    let heard = world.heard(kira);
    let heard: Vec<&Value> =
        heard.iter().filter(|(name, _)| name == "message").map(|(_, it)| it).collect();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!((&heard[0]["id"], &heard[0]["from"]), (&id, &json!("bob")));
    // Both read on from here, and a reading position can be told while the other is away.
    let read = json!({"with": "bob", "id": id});
    assert_eq!(world.ask(kira, "read", read)["ok"], true);
    world.cut(kira);
    world.advance(NICK_HELD_MS + 1_000);
    let sent = dm(&mut world, bob, "two");
    let read = json!({"with": "kira", "person": sent["person"], "id": sent["id"]});
    assert_eq!(world.ask(bob, "read", read)["ok"], true);
    let guess = json!({"with": "kira", "id": sent["id"]});
    let nobody = "no-such-person: nobody here is called kira";
    assert_eq!(world.refused(bob, "read", guess), nobody);
    // A device that has no number gets what has waited, and only that.
    let (guest, _) = world.arrive("somebody");
    world.answer_later(guest, "login", json!({"nick": "kira", "password": PASSWORD}));
    assert_eq!(world.texts(guest), ["two"]);
    // It was given, and the page still gets what it has not seen.
    let (kira, _) = world.enter(json!({"token": back["token"], "since": id, "client": "web"}));
    assert_eq!(world.texts(kira), ["two"]);
    world.cut(kira);
    world.cut(guest);
    let newcomer = json!({"nick": "kira", "password": PASSWORD, "client": "terminal"});
    dm(&mut world, bob, "three");
    let new = world.connect("/chat", newcomer).expect("the password is checked later");
    world.advance(PASSWORD_LOOK_MS);
    assert_eq!(world.texts(new), ["three"]);
}

#[test]
fn a_former_name_leads_there_and_nobody_elses_mail_is_given() {
    let mut world = World::new();
    let kira = at_lines(&mut world, "kira");
    world.told_later(kira, &format!("/register {PASSWORD}"));
    world.say(kira, "/nick kiri");
    world.advance(NICK_HELD_MS + 1_000);
    let (bob, _) = world.arrive("bob");
    // They are here under another name, and then away.
    world.lines(kira);
    let sent = dm(&mut world, bob, "one");
    assert_eq!((&sent["to"], &sent["away"]), (&json!("kiri"), &Value::Null));
    assert_eq!(world.lines(kira), ["<bob -> you> one"]);
    world.say(kira, "/quit");
    let sent = dm(&mut world, bob, "two");
    assert_eq!((&sent["to"], &sent["away"]), (&json!("kiri"), &json!(true)));
    let other = at_lines(&mut world, "max");
    world.told_later(other, &format!("/register {PASSWORD}"));
    assert!(world.lines(other).is_empty());
    let earlier = format!("UPDATE registered_name SET until = until - 2 * {NAME_FORMER_MS}");
    let file = Connection::open(world.file()).expect("the file");
    file.execute_batch(&earlier).expect("it is changed");
    assert!(world.refused(bob, "dm", json!({"to": "kira", "text": "x"})).ends_with("called kira"));
}

#[test]
fn a_guest_who_has_left_has_no_mailbox() {
    let mut world = World::new();
    let (bob, _) = world.arrive("bob");
    let mira = at_lines(&mut world, "mira");
    world.say(mira, "/quit");
    let left = "no-such-person: mira has left and has no account, so nothing is kept for them";
    let to_mira = || json!({"to": "MIRA", "text": "psst"});
    assert_eq!(world.refused(bob, "dm", to_mira()), left);
    let nobody = "no-such-person: nobody here is called zoe";
    assert_eq!(world.refused(bob, "dm", json!({"to": "zoe", "text": "x"})), nobody);
    // Somebody who may come back by a token gets it if they do.
    let (page, _) = world.enter(json!({"nick": "mira", "client": "web"}));
    world.cut(page);
    let sent = world.ask(bob, "dm", to_mira());
    assert_eq!((&sent["away"], &sent["guest"]), (&json!(true), &json!(true)));
    world.advance(NICK_HELD_MS + 1_000);
    assert_eq!(world.refused(bob, "dm", to_mira()), left);
}

#[test]
fn nobody_fills_a_mailbox_or_tries_names_for_nothing() {
    let mut world = World::new();
    kira_is_away(&mut world);
    let from: IpAddr = "192.0.2.1".parse().expect("an address");
    let mallory = world.dial("/chat").from(from).connect().expect("they come in");
    for number in 0..MAILBOX_ADDRESS_MAX {
        assert_eq!(dm(&mut world, mallory, "x")["ok"], true, "{number}");
    }
    assert_eq!(dm(&mut world, mallory, "x")["code"], "mailbox-full");
    let mut left = MAIL_BURST - u64::from(MAILBOX_ADDRESS_MAX);
    // A name that nobody has costs as much, and then neither tells anything.
    while left > 0 {
        let answer = world.ask(mallory, "dm", json!({"to": "zoe", "text": "x"}));
        assert_eq!(answer["code"], "no-such-person", "{left} left");
        left -= 1;
    }
    for name in ["zoe", "zoi"] {
        let answer = world.ask(mallory, "dm", json!({"to": name, "text": "x"}));
        assert_eq!(answer["code"], "too-many", "{answer}");
    }
    // Others still can.
    let (bob, _) = world.arrive("bob");
    assert_eq!(dm(&mut world, bob, "hi")["away"], true);
    let (_, told) = logs_in(&mut world);
    let all = MAILBOX_ADDRESS_MAX as usize + 1;
    assert_eq!(told[0], format!("* while you were away, {all} messages came for you:"));
    assert_eq!(told[1], "* the page shows the first 1 of them");
    assert_eq!(told.len(), MAILBOX_GIVEN_MAX + 2);
    assert!(told.last().expect("the last").ends_with("<bob -> you> hi"));
}

#[test]
fn of_many_long_messages_the_newest_are_given_and_the_others_counted() {
    let mut world = World::new();
    kira_is_away(&mut world);
    let (bob, _) = world.arrive("bob");
    let write = |world: &mut World, count: usize| {
        for number in 0..count {
            let text = format!("{number:03}{}", "x".repeat(TEXT_BYTES_MAX - 3));
            assert_eq!(dm(world, bob, &text)["away"], true, "{number}");
        }
    };
    let sent = MESSAGES_BYTES_MAX / TEXT_BYTES_MAX + 1;
    write(&mut world, sent);
    let newcomer = json!({"nick": "kira", "password": PASSWORD, "client": "terminal"});
    let kira = world.connect("/chat", newcomer).expect("the password is checked later");
    world.advance(PASSWORD_LOOK_MS);
    let heard = world.heard(kira);
    let named = |name: &'static str| heard.iter().filter(move |(event, _)| event == name);
    let given: Vec<_> = named("message").filter_map(|(_, it)| it["text"].as_str()).collect();
    let bytes: usize = given.iter().map(|text| text.len()).sum();
    assert!(bytes <= MESSAGES_BYTES_MAX && 2 * bytes > MESSAGES_BYTES_MAX, "{bytes} bytes");
    assert!(given[given.len() - 1].starts_with(&format!("{:03}x", sent - 1)));
    let told = format!("{} more messages came for you", sent - given.len());
    assert!(named("notice").any(|(_, it)| it["text"].to_string().contains(&told)), "{told}");
    world.cut(kira);
    world.advance(NICK_HELD_MS + 1_000);
    let fit = SHOWN_BYTES_MAX / TEXT_BYTES_MAX;
    write(&mut world, fit + 2);
    let (_, told) = logs_in(&mut world);
    assert_eq!(told[1], "* the page shows the first 2 of them");
    assert_eq!(told.len(), fit + 2);
}

#[test]
fn a_message_to_somebody_who_has_gone_meanwhile_waits_for_them() {
    let mut world = World::new();
    kira_is_away(&mut world);
    let path = world.file();
    // The file keeps facts in the form in which other servers write them. Here the reader had a
    // device when it was sent.
    let mut world = world.restart_after(|| {
        let file = Connection::open(path).expect("the file");
        let sql = "SELECT person FROM registration";
        let id: String = file.query_row(sql, [], |row| row.get(0)).expect("kira");
        let fact = json!({
            "by": "b/1.0.1", "author": {"id": "idofbob", "nick": "bob", "returns": false},
            "to": "b/1.0.2", "reader": {"id": id, "nick": "kira", "returns": true},
            "action": false, "text": "psst", "stranger": false,
        });
        let text = json!({"form": 2, "ts": 1, "fact": {"whispered": fact}}).to_string();
        file.execute("INSERT INTO promise (text) VALUES (?)", [text]).expect("a row");
    });
    let (_, told) = logs_in(&mut world);
    assert_eq!(told[0], "* while you were away, one message came for you:");
    assert!(told[1].ends_with("<bob -> you> psst") && told.len() == 2, "{told:?}");
}
