//! Registered people: whose a name is, from which device, and what others are told.

use super::world::{World, nicks};
use mio_chat::chat::history::{ChatRole, Registrations};
use mio_chat::limits::{NAME_FORMER_MS, PASSWORD_WAIT_MS, TOKEN_MS};
use mio_socketio::testing::Client;
use rusqlite::Connection;
use serde_json::{Value, json};

const PASSWORD: &str = "correct-horse";

fn register(world: &mut World, client: Client) -> Value {
    world.answer_later(client, "register", json!({"password": PASSWORD}))
}

fn login(world: &mut World, client: Client, nick: &str) -> Value {
    world.answer_later(client, "login", json!({"nick": nick, "password": PASSWORD}))
}

/// Changes the file from outside.
fn change(world: &World, sql: &str) {
    let file = Connection::open(world.file()).expect("the file");
    file.execute_batch(sql).expect("it is changed");
}

/// A person in the browser who is registered, and their token.
fn registered(world: &mut World, nick: &str) -> (Client, Value) {
    let (client, welcome) = world.enter(json!({"nick": nick, "client": "web"}));
    assert_eq!(register(world, client), json!({"ok": true, "nick": nick}));
    (client, welcome["token"].clone())
}

#[test]
fn at_netcat_a_name_is_made_ones_own_and_taken_up_elsewhere() {
    let mut world = World::new();
    let alice = world.connect_line();
    let taken = "* take a name of your own first: /nick NAME";
    assert_eq!(world.told_later(alice, "/register correct-horse"), [taken]);
    world.say(alice, "/nick alice");
    assert_eq!(world.told_later(alice, "/register"), ["* usage: /register PASSWORD"]);
    let short =
        "* a password has 8 to 128 bytes; a few words are easy to remember and hard to guess";
    for bad in ["short", &"x".repeat(129)] {
        assert_eq!(world.told_later(alice, &format!("/register {bad}")), [short]);
    }
    let yours = "* alice is yours now. From elsewhere: /login alice PASSWORD";
    let told = world.told_later(alice, "/register correct horse");
    let owner = "* nobody owns this chat yet; if it is yours, run on its machine: mio-chat admin \
                 grant alice owner";
    assert_eq!(told, [READABLE, yours, owner]);
    assert_eq!(world.told_later(alice, "/register other-horse"), ["* alice is yours already"]);
    world.say(alice, "/quit");
    let other = world.connect_line();
    let refused = "* alice is registered; choose another name, or /login alice PASSWORD";
    for name in ["alice", "ALICE", "aIice", "a1ice"] {
        assert_eq!(world.told_later(other, &format!("/nick {name}")), [refused], "{name}");
    }
    let wrong = [READABLE, "* that is not alice's password"];
    assert_eq!(world.told_later(other, "/login alice correct-horse"), wrong);
    assert_eq!(world.told_later(other, "/login ALICE other horse"), [wrong[1]]);
    assert_eq!(
        world.told_later(other, "/login bob correct horse"),
        ["* nobody has registered as bob"]
    );
    assert_eq!(world.told_later(other, "/login alice"), ["* usage: /login NAME PASSWORD"]);
    assert_eq!(world.told_later(other, "/login Alice correct horse"), ["* welcome back, alice"]);
    assert_eq!(
        world.told_later(other, "/login alice correct horse"),
        ["* you are logged in as alice already"]
    );
    assert_eq!(world.told_later(other, "/login alice correct-horse"), [wrong[1]]);
    assert_eq!(world.told_later(other, "/devices"), ["* you have no other devices"]);
    for number in ["7", "end 7", "revoke 7"] {
        let told = world.told_later(other, &format!("/devices {number}"));
        assert_eq!(told, ["* you have no device 7"], "{number}");
    }
    assert_eq!(world.told_later(other, "/devices end all"), ["* usage: /devices [N]"]);
    assert_eq!(world.told_later(other, "/logout"), ["* you are guest-3 now"]);
    assert_eq!(world.told_later(other, "/logout"), ["* you are not logged in"]);
    assert_eq!(world.told_later(other, "/devices"), ["* you have no other devices"]);
    assert_eq!(world.told_later(other, "/nick alice"), [refused]);
}

const READABLE: &str = "* this connection is not encrypted: a password can be read on its way";

#[test]
fn others_see_a_login_as_one_more_device_of_the_person() {
    let mut world = World::new();
    let (bob, _) = world.enter(json!({"nick": "bob", "client": "web"}));
    let (alice, _) = registered(&mut world, "alice");
    world.ask(alice, "join", json!({"room": "tea"}));
    let (watcher, _) = world.arrive("carol");
    world.ask(watcher, "join", json!({"room": "tea"}));
    let netcat = world.connect_line();
    world.advance(5_000);
    world.heard(bob);
    world.heard(watcher);
    assert_eq!(
        world.told_later(netcat, "/login alice correct-horse").last().map(String::as_str),
        Some("* welcome back, alice. You are also here in a browser.")
    );
    world.advance(5_000);
    assert!(world.is_open(alice), "both stay");
    // In the lobby she was, and is; only the guest has gone.
    let heard = world.heard(bob);
    let (_, told) = heard.iter().find(|(name, _)| name == "presence").expect("news");
    assert_eq!((&told["left"], &told["renamed"]), (&json!(["guest-1"]), &json!([])));
    let is_about_tea = |it: &(String, Value)| it.1["room"] == "tea";
    assert!(!world.heard(watcher).iter().any(is_about_tea), "she is still there");
    let members = world.ask(bob, "who", json!({"room": "lobby"}));
    assert_eq!(nicks(&members["members"]), ["alice", "bob", "carol"]);
    let of_alice = members["members"].as_array().expect("members").iter();
    let of_alice = of_alice.clone().find(|it| it["nick"] == "alice").expect("alice");
    assert_eq!(of_alice["doors"], json!(["web", "netcat"]));
    // And the other way round.
    let (web, welcome) = world.enter(json!({"client": "web"}));
    let answer = login(&mut world, web, "alice");
    assert_eq!((&answer["ok"], &answer["nick"]), (&json!(true), &json!("alice")));
    assert!(answer["token"].is_string() && answer["token"] != welcome["token"]);
    assert!(world.is_open(netcat));
}

#[test]
fn devices_come_back_by_their_tokens_and_are_ended_one_by_one() {
    let mut world = World::new();
    let (web, web_token) = registered(&mut world, "alice");
    let (term, _) = world.enter(json!({"client": "terminal"}));
    let term_token = login(&mut world, term, "alice")["token"].clone();
    assert!(world.is_open(web));
    let mut world = world.restart();
    let mut here = Vec::new();
    for (token, client) in [(&web_token, "web"), (&term_token, "terminal"), (&web_token, "web")] {
        let (client, welcome) = world.enter(json!({"token": token, "client": client}));
        assert_eq!((&welcome["nick"], &welcome["token"]), (&json!("alice"), token));
        here.push(client);
    }
    let (web, _) = world.enter(json!({"token": web_token, "client": "web"}));
    let devices = world.ask(web, "devices", json!({}))["devices"].clone();
    let listed = |at: usize| (&devices[at]["number"], &devices[at]["kind"], &devices[at]["here"]);
    assert_eq!(listed(0), (&json!(1), &json!("web"), &json!(true)));
    assert_eq!(listed(1), (&json!(2), &json!("terminal"), &json!(true)));
    let own = "no-device: that is this device; /logout ends it";
    assert_eq!(world.refused(web, "devices", json!({"end": 1})), own);
    let none = "no-device: you have no device 7";
    assert_eq!(world.refused(web, "devices", json!({"end": 7})), none);
    assert_eq!(world.ask(web, "devices", json!({"end": 2})), json!({"ok": true}));
    world.advance(10);
    assert!(!world.is_open(here[1]) && world.is_open(here[0]), "one device ends");
    let devices = world.ask(web, "devices", json!({}))["devices"].clone();
    assert_eq!(devices.as_array().map(Vec::len), Some(1));
    let (_, stranger) = world.enter(json!({"token": term_token, "client": "terminal"}));
    assert_ne!(stranger["nick"], "alice");
    let out = world.ask(web, "logout", json!({}));
    assert!(out["nick"].as_str().is_some_and(|nick| nick.starts_with("guest-")), "{out}");
    // The token has ended, with all that came in by it, and the guest has another one.
    world.advance(10);
    assert!(!world.is_open(here[0]) && !world.is_open(here[2]) && world.is_open(web));
    world.ask(web, "post", json!({"room": "lobby", "text": "who am I?"}));
    world.cut(web);
    let mut world = world.restart();
    let (_, stranger) = world.enter(json!({"token": web_token, "client": "web"}));
    assert_ne!(stranger["nick"], "alice");
    let (_, guest) = world.enter(json!({"token": out["token"], "client": "web"}));
    assert_eq!(guest["nick"], out["nick"]);
}

#[test]
fn a_device_that_is_not_used_ends_and_one_that_is_used_does_not() {
    let mut world = World::new();
    let (web, token) = registered(&mut world, "alice");
    world.cut(web);
    let age = |world: &World, ms: i64| {
        change(world, &format!("UPDATE device SET seen = seen - {ms}"));
    };
    for _ in 0..3 {
        age(&world, TOKEN_MS / 2);
        let (web, welcome) = world.enter(json!({"token": token, "client": "web"}));
        assert_eq!((&welcome["nick"], &welcome["token"]), (&json!("alice"), &token));
        world.cut(web);
    }
    age(&world, TOKEN_MS);
    let (stranger, welcome) = world.enter(json!({"token": token, "client": "web"}));
    assert_ne!(welcome["nick"], "alice");
    assert_eq!(login(&mut world, stranger, "alice")["nick"], "alice");
}

#[test]
fn a_former_name_is_nobody_elses_for_thirty_days() {
    let mut world = World::new();
    let (alice, _) = registered(&mut world, "alice");
    assert_eq!(world.ask(alice, "nick", json!({"nick": "alicia"}))["ok"], true);
    world.cut(alice);
    let mut world = world.restart();
    let (bob, _) = world.arrive("bob");
    let kept = "nick-taken: alice is kept for the person who had it until now, choose another name";
    assert_eq!(world.refused(bob, "nick", json!({"nick": "alice"})), kept);
    // Nor can anybody come in under it, in any namespace.
    let refused = world.connect("/chat", json!({"nick": "aIice"})).expect_err("it is kept");
    assert!(refused.to_string().contains("is kept for the person"), "{refused}");
    let (guest, _) = world.arrive("carol");
    let was = world.refused(guest, "login", json!({"nick": "alice", "password": PASSWORD}));
    assert_eq!(was, "not-registered: nobody has registered as alice");
    assert_eq!(login(&mut world, guest, "alicia")["nick"], "alicia");
    // She may have it back, and the other one is kept then.
    assert_eq!(world.ask(guest, "nick", json!({"nick": "Alice"}))["ok"], true);
    let refused = world.refused(bob, "nick", json!({"nick": "alicia"}));
    assert!(refused.starts_with("nick-taken: alicia is kept"), "{refused}");
    world.cut(guest);
    let earlier = format!("UPDATE registered_name SET until = until - 2 * {NAME_FORMER_MS}");
    let mut world = world.restart_after(|| ());
    change(&world, &earlier);
    let (bob, _) = world.arrive("bob2");
    assert_eq!(world.ask(bob, "nick", json!({"nick": "alicia"}))["ok"], true);
    let refused = world.refused(bob, "nick", json!({"nick": "alice"}));
    assert!(refused.starts_with("nick-taken: Alice is registered"), "{refused}");
    // And bob can register it.
    assert_eq!(register(&mut world, bob)["nick"], "alicia");
}

#[test]
fn the_tutorials_clients_get_a_number_behind_a_registered_name() {
    let mut world = World::new();
    let (alice, _) = registered(&mut world, "alice");
    world.disconnect(alice);
    let watcher = world.connect_line();
    let guest = world.connect("/", Value::Null).expect("they are let in");
    world.lines(watcher);
    world.emit(guest, "send_message", (json!({"username": "alice", "message": "hi"}),));
    assert!(world.lines(watcher).contains(&"<alice~2> hi".to_owned()));
}

#[test]
fn a_password_is_tried_five_times_and_then_it_takes_time() {
    let mut world = World::new();
    registered(&mut world, "alice");
    let ip = "203.0.113.9".parse().expect("an address");
    let mut foe = world.dial("/chat").from(ip).connect().expect("they are let in");
    for attempt in 0..5 {
        if attempt == 3 {
            // Another connection of the same address is no way around it.
            foe = world.dial("/chat").from(ip).connect().expect("they are let in");
        }
        let guess = json!({"nick": "alice", "password": format!("guess number {attempt}")});
        let answer = world.answer_later(foe, "login", guess);
        assert_eq!(answer["code"], "wrong-password", "{answer}");
    }
    let right = json!({"nick": "alice", "password": PASSWORD});
    let refused = world.refused(foe, "login", right.clone());
    assert_eq!(refused, "too-many: too many passwords from your address, try again in 2 s");
    let (friend, _) = world.arrive("carol");
    assert_eq!(login(&mut world, friend, "alice")["nick"], "alice");
    world.advance(2_000);
    assert_eq!(world.answer_later(foe, "login", right)["nick"], "alice");
}

#[test]
fn a_process_that_hangs_dies_or_is_full_is_told_and_holds_up_nobody_else() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let busy = json!({"ok": false, "code": "busy",
        "error": "passwords cannot be checked just now, try again in a moment"});
    for how in ["the hasher is full", "the hasher dies"] {
        let answer = match how {
            "the hasher is full" => world.ask(alice, "register", json!({"password": how})),
            _ => world.answer_later(alice, "register", json!({"password": how})),
        };
        assert_eq!(answer, busy, "{how}");
    }
    let asked = world.later(alice, "register", json!({"password": "the hasher hangs"}));
    // Her next request waits, and others go on.
    let later = world.later(alice, "post", json!({"room": "lobby", "text": "hello?"}));
    world.advance(PASSWORD_WAIT_MS / 2);
    assert!(world.answered(asked).is_none() && world.answered(later).is_none());
    world.post(bob, "nobody waits");
    world.advance(PASSWORD_WAIT_MS / 2 + 20);
    assert_eq!(world.answered(asked).expect("an answer").args.remove(0), busy);
    assert_eq!(world.answered(later).expect("an answer").args.remove(0)["ok"], true);
    // Nobody is refused because it died earlier, while nobody waited.
    let dies = json!({"password": "the hasher dies after it"});
    assert_eq!(world.answer_later(alice, "register", dies)["ok"], true);
    assert_eq!(register(&mut world, bob)["ok"], true);
}

#[test]
fn who_goes_while_a_password_is_hashed_has_registered_nothing() {
    let mut world = World::new();
    let alice = world.connect_line();
    world.say(alice, "/nick alice");
    world.say(alice, "/register correct-horse");
    world.cut(alice);
    world.advance(100);
    let bob = world.connect_line();
    world.say(bob, "/nick alice");
    assert_eq!(world.lines(bob).last().map(String::as_str), Some("* you are now alice"));
}

#[test]
fn without_a_history_nobody_can_register() {
    let mut world = World::without_history();
    let (alice, _) = world.arrive("alice");
    let none = "no-registrations: nobody can register here, because no history is kept";
    assert_eq!(world.refused(alice, "register", json!({"password": PASSWORD})), none);
    assert_eq!(world.refused(alice, "login", json!({"nick": "bob", "password": PASSWORD})), none);
    let bad = world.refused(alice, "login", json!({"nick": "bob"}));
    assert_eq!(bad, "bad-request: login cannot be understood: missing field `password`");
    let bad = world.refused(alice, "register", json!({"password": 12345678}));
    assert!(bad.starts_with("bad-request: register cannot be understood: invalid type"), "{bad}");
}

#[test]
fn the_first_who_registers_is_told_how_to_own_the_chat_and_owns_nothing_by_it() {
    let mut world = World::new();
    let (alice, _) = registered(&mut world, "alice");
    let told = world.heard(alice);
    let (_, hint) = told.iter().find(|(name, _)| name == "notice").expect("she is told");
    let sentence = hint["text"].as_str().expect("a sentence");
    assert!(sentence.ends_with("mio-chat admin grant alice owner"), "{sentence}");
    let mut people = Registrations::open(&world.file()).expect("the file");
    assert_eq!(people.list().expect("the file")[0].roles, []);
    let (bob, _) = registered(&mut world, "bob");
    assert!(world.heard(bob).iter().all(|(name, _)| name != "notice"), "he is not the first");
    assert_eq!(people.grant("ALICE", ChatRole::Owner, 0).expect("it is written"), Some(true));
    assert_eq!(people.grant("alice", ChatRole::Owner, 0).expect("it is written"), Some(false));
    assert_eq!(people.grant("alice", ChatRole::Moderator, 0).expect("it is written"), Some(true));
    assert_eq!(people.grant("carol", ChatRole::Owner, 0).expect("it is read"), None);
    let roles = people.list().expect("the file").remove(0).roles;
    assert_eq!(roles, [ChatRole::Moderator, ChatRole::Owner]);
    assert!(people.is_last_owner("alice").expect("it is read"));
    assert!(!people.is_last_owner("bob").expect("it is read"));
    people.grant("bob", ChatRole::Owner, 0).expect("it is written");
    assert!(!people.is_last_owner("alice").expect("it is read"));
    assert_eq!(people.revoke("bob", ChatRole::Owner, 0).expect("it is written"), Some(true));
    assert_eq!(people.revoke("bob", ChatRole::Owner, 0).expect("it is written"), Some(false));
    assert_eq!(people.revoke("carol", ChatRole::Owner, 0).expect("it is read"), None);
}

#[test]
fn the_file_has_no_password_and_no_token() {
    let mut world = World::new();
    let (alice, token) = registered(&mut world, "alice");
    let secret = json!({"password": "never-to-be-seen"});
    world.refused(alice, "register", secret);
    let token = token.as_str().expect("a token").to_owned();
    let folder = world.file().parent().expect("a folder").to_owned();
    for file in std::fs::read_dir(folder).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("a file");
        for secret in ["never-to-be-seen", &token] {
            assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none());
        }
    }
}

#[test]
fn an_operator_changes_a_password_and_forgets_people_while_the_server_runs() {
    let mut world = World::new();
    let (web, token) = registered(&mut world, "alice");
    let bob = world.connect_line();
    world.say(bob, "/nick bob");
    world.told_later(bob, "/register correct-horse");
    let netcat = world.connect_line();
    world.told_later(netcat, "/login alice correct-horse");
    let mut people = Registrations::open(&world.file()).expect("the file");
    let listed = |people: &Registrations| {
        let all = people.list().expect("the file").into_iter();
        all.map(|person| (person.nick, person.devices)).collect::<Vec<_>>()
    };
    assert_eq!(listed(&people), [("alice".to_owned(), 1), ("bob".to_owned(), 0)]);
    assert!(people.set_hash("ALICE", "$other-horse$").expect("it is written"));
    assert!(!people.set_hash("carol", "$other-horse$").expect("it is read"));
    world.advance(1_100);
    let why = "an operator has given you another password: log in with it";
    let bye = json!({"reason": "forgotten", "error": why});
    assert!(world.heard(web).contains(&("bye".to_owned(), bye)));
    assert_eq!(world.lines(netcat), [format!("* {why}")]);
    assert!(!world.is_open(web) && !world.is_open(netcat), "her devices have ended");
    let (web, welcome) = world.enter(json!({"token": token, "client": "web"}));
    assert_ne!(welcome["nick"], "alice");
    let wrong = login(&mut world, web, "alice");
    assert_eq!(wrong["code"], "wrong-password", "{wrong}");
    let right = json!({"nick": "alice", "password": "other-horse"});
    assert_eq!(world.answer_later(web, "login", right)["nick"], "alice");
    world.lines(bob);
    assert!(people.forget("bob").expect("it is written"));
    assert!(people.forget("alice").expect("it is written"));
    assert!(!people.forget("alice").expect("it is read"));
    world.advance(1_100);
    let why = "an operator has ended your registration: your name is free";
    let told = world.lines(bob);
    assert!(told[0] == format!("* {why}") && told[1].starts_with("* you are guest-"), "{told:?}");
    let bye = json!({"reason": "forgotten", "error": why});
    assert!(world.heard(web).contains(&("bye".to_owned(), bye)) && !world.is_open(web));
    let (carol, _) = world.arrive("carol");
    assert_eq!(world.ask(carol, "nick", json!({"nick": "bob"}))["ok"], true);
    assert_eq!(login(&mut world, carol, "alice")["code"], "not-registered");
    // Nothing of them is kept as of somebody who is registered, although they were here.
    let file = Connection::open(world.file()).expect("the file");
    let sql = "SELECT count(*) FROM person WHERE spoke = 2";
    assert_eq!(file.query_row(sql, [], |row| row.get::<_, i64>(0)), Ok(0));
}
