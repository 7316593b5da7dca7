//! Chats in which not everybody may come in, or speak.

use super::world::World;
use mio_chat::chat::Access;
use mio_chat::chat::history::Registrations;
use mio_chat::limits::{OUTSIDE_MS, PASSWORD_LOOK_MS};
use mio_socketio::testing::{Client, LineClient};
use serde_json::{Value, json};

const PASSWORD: &str = "correct-horse";
const CLOSED: &str = "* this chat is for people with an account or an invitation: \
                      /login NAME PASSWORD, or /invite CODE";
const NONE: &str = "* that is no invitation, or it has been used, or its time is over";
const SPEAK: &str = "* only registered people speak here: /register PASSWORD makes your name \
                     yours, /login NAME PASSWORD takes it";
const READABLE: &str = "* this connection is not encrypted: a password can be read on its way";

/// The code and the sentence with which a client is refused in a namespace.
fn refused(world: &mut World, namespace: &str, auth: Value) -> String {
    world.connect(namespace, auth).expect_err("they are refused").to_string()
}

/// A chat for people with an account or an invitation, in which Alice has an account.
fn closed() -> World {
    let mut world = World::new();
    let (alice, _) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.answer_later(alice, "register", json!({"password": PASSWORD}));
    world.restart_with(Access::Invite)
}

/// Alice comes in at netcat.
fn alice(world: &mut World) -> LineClient {
    let alice = world.connect_line();
    let told = world.told_later(alice, &format!("/login alice {PASSWORD}"));
    assert_eq!(told.last().map(String::as_str), Some("* welcome back, alice"), "{told:?}");
    alice
}

/// Alice makes an invitation; its code.
fn invite(world: &mut World, alice: LineClient, line: &str) -> String {
    world.lines(alice);
    world.say(alice, line);
    let told = world.lines(alice);
    let code = told[0].rsplit(' ').next().expect("a code").to_owned();
    let ways = "at netcat, https://chat.example/#invite=";
    assert_eq!(told[1], format!("* /invite {code} {ways}{code} in a browser"));
    code
}

#[test]
fn where_only_registered_people_speak_guests_read() {
    let mut world = World::with(Access::Registered);
    let guest = world.connect_line();
    assert_eq!(world.lines(guest)[2], SPEAK);
    let bob = world.connect_line();
    world.say(bob, "/nick bob");
    let told = world.told_later(bob, &format!("/register {PASSWORD}"));
    assert!(told[1].starts_with("* bob is yours now"), "{told:?}");
    world.lines(guest);
    world.say(bob, "hello");
    assert_eq!(world.lines(guest), ["<bob> hello"]);
    for line in ["hi", "/me waves", "/msg bob psst", "/topic spam"] {
        world.say(guest, line);
        assert_eq!(world.lines(guest), [SPEAK], "{line}");
    }
    assert_eq!(world.lines(bob), Vec::<String>::new());
    // In /chat it is no different. In namespace / nobody can log in.
    let (carol, welcome) = world.arrive("carol");
    assert_eq!(welcome["access"], "registered");
    let sentence = format!("registered-only: {}", SPEAK.trim_start_matches("* "));
    for (request, args) in [
        ("post", json!({"room": "lobby", "text": "hi"})),
        ("dm", json!({"to": "bob", "text": "psst"})),
        ("topic", json!({"room": "lobby", "text": "spam"})),
    ] {
        assert_eq!(world.refused(carol, request, args), sentence, "{request}");
    }
    assert_eq!(world.answer_later(carol, "register", json!({"password": PASSWORD}))["ok"], true);
    world.post(carol, "now I may");
    let root = refused(&mut world, "/", Value::Null);
    assert!(root.contains("in this namespace nobody can log in"), "{root}");
}

#[test]
fn netcat_stays_outside_until_it_has_shown_an_account() {
    let mut world = closed();
    let guest = world.connect_line();
    assert_eq!(world.lines(guest), [CLOSED]);
    let alice = alice(&mut world);
    world.say(alice, "is anybody there?");
    // Nothing is heard, said, or listed.
    for line in ["hi", "/help"] {
        world.say(guest, line);
        assert_eq!(world.lines(guest), [CLOSED], "{line}");
    }
    for command in ["nick", "who", "rooms", "history", "msg", "register", "search"] {
        world.say(guest, &format!("/{command} alice x"));
        let told = world.lines(guest);
        assert!(told[0].starts_with(&format!("* unknown command /{command}")), "{told:?}");
    }
    assert!(world.lines(alice).iter().all(|line| !line.contains("guest-2")));
    let told = world.told_later(guest, "/login alice wrong-horse");
    assert_eq!(told, [READABLE, "* that is not alice's password"]);
    assert_eq!(world.told_later(guest, "/login bob x"), ["* nobody has registered as bob"]);
    assert_eq!(world.told_later(guest, "/login alice"), ["* usage: /login NAME PASSWORD | CODE"]);
    world.say(guest, "/invite abcd-efgh-jkmn-pqrs");
    assert_eq!(world.lines(guest), [NONE]);
    let told = world.told_later(guest, &format!("/login alice {PASSWORD}"));
    let back = "* welcome back, alice. You are also here in netcat.";
    assert_eq!(told.last().map(String::as_str), Some(back), "{told:?}");
    world.say(guest, "/quit");
    // A client that shows nothing is ended after a while.
    let idle = world.connect_line();
    world.advance(OUTSIDE_MS + 1_000);
    assert_eq!(world.lines(idle).last().expect("a line"), "* you have not come in for too long");
    assert!(!world.is_open(idle));
}

#[test]
fn an_invitation_lets_in_as_many_as_it_says_for_as_long_as_it_says() {
    let mut world = closed();
    let alice = alice(&mut world);
    let one = invite(&mut world, alice, "/invite 1 30m");
    let two = invite(&mut world, alice, "/invite 2 12h");
    for bad in ["/invite x", "/invite 2 soon"] {
        world.say(alice, bad);
        assert_eq!(world.lines(alice), ["* usage: /invite [N] [TIME]"], "{bad}");
    }
    for bad in ["/invite 0", "/invite 10001", "/invite 1 367d"] {
        world.say(alice, bad);
        assert!(world.lines(alice)[0].starts_with("* an invitation is for 1 to 10000"), "{bad}");
    }
    // A code is as good for one command as for the other.
    let mut commands = ["invite", "login"].into_iter().cycle();
    let mut enters = |world: &mut World, code: &str| {
        let guest = world.connect_line();
        world.lines(guest);
        world.say(guest, &format!("/{} {}", commands.next().expect("one"), code.to_uppercase()));
        let told = world.lines(guest);
        let is_in = told[0].starts_with("* Welcome to mio-chat. You are guest-");
        assert!(is_in || told == [NONE], "{told:?}");
        (guest, is_in)
    };
    assert!(enters(&mut world, &two).1);
    let mut world = world.restart();
    let (guest, is_in) = enters(&mut world, &two);
    assert!(is_in);
    assert!(!enters(&mut world, &two).1, "it was for two");
    // A guest cannot invite others before they have an account.
    world.say(guest, "/invite");
    assert_eq!(world.lines(guest), ["* only registered people can invite others"]);
    world.say(guest, "/nick bob");
    world.told_later(guest, &format!("/register {PASSWORD}"));
    assert_eq!(invite(&mut world, guest, "/invite 3 30m").len(), one.len());
    world.advance(30 * 60 * 1_000);
    assert!(!enters(&mut world, &one).1, "its time is over");
}

#[test]
fn programs_come_in_with_an_invitation_and_come_back() {
    let mut world = closed();
    let closed = refused(&mut world, "/chat", json!({"nick": "bob"}));
    assert!(closed.contains(CLOSED.trim_start_matches("* ")), "{closed}");
    assert!(refused(&mut world, "/", Value::Null).contains("nobody can log in"));
    let bad = refused(&mut world, "/chat", json!({"nick": "bob", "invite": "x"}));
    assert!(bad.contains(NONE.trim_start_matches("* ")), "{bad}");
    let alice = alice(&mut world);
    let code = invite(&mut world, alice, "/invite");
    let auth = json!({"nick": "bob", "invite": code, "client": "web"});
    let (bob, welcome) = world.enter(auth);
    world.post(bob, "thank you");
    world.cut(bob);
    // The invitation has been used, and bob is known.
    let again = refused(&mut world, "/chat", json!({"nick": "eve", "invite": code}));
    assert!(again.contains("it has been used"), "{again}");
    let mut world = world.restart();
    let (_, back) = world.enter(json!({"token": welcome["token"], "client": "web"}));
    assert_eq!((&back["nick"], &back["access"]), (&json!("bob"), &Value::Null));
}

#[test]
fn people_of_open_days_need_an_account_or_an_invitation_too() {
    let mut world = World::new();
    let (guest, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    world.post(guest, "hi");
    let (alice, account) = world.enter(json!({"nick": "alice", "client": "web"}));
    world.answer_later(alice, "register", json!({"password": PASSWORD}));
    let mut world = world.restart_with(Access::Invite);
    let told = refused(&mut world, "/chat", json!({"token": welcome["token"]}));
    assert!(told.contains("with an account or an invitation"), "{told}");
    let (_, back) = world.enter(json!({"token": account["token"], "client": "web"}));
    assert_eq!((&back["nick"], &back["access"]), (&json!("alice"), &json!("invite")));
}

/// A client that asks to come in with a password, and has been answered.
fn with_password(world: &mut World, auth: Value) -> (Client, Vec<(String, Value)>) {
    let client = world.connect("/chat", auth).expect("they wait in the namespace");
    world.advance(2 * PASSWORD_LOOK_MS);
    let heard = world.heard(client);
    (client, heard)
}

#[test]
fn programs_log_in_as_they_connect() {
    let mut world = closed();
    let auth =
        |password: &str| json!({"nick": "Alice", "password": password, "client": "terminal"});
    let (client, heard) = with_password(&mut world, auth("wrong-horse"));
    let bye = json!({"reason": "refused", "code": "wrong-password",
        "error": "that is not alice's password"});
    assert_eq!(heard, [("bye".to_owned(), bye)]);
    assert!(!world.is_open(client));
    let (none, heard) = with_password(&mut world, json!({"nick": "bob", "password": PASSWORD}));
    assert_eq!((&heard[0].1["code"], world.is_open(none)), (&json!("not-registered"), false));
    let (client, heard) = with_password(&mut world, auth(PASSWORD));
    let (name, welcome) = &heard[0];
    assert_eq!((&**name, &welcome["nick"]), ("welcome", &json!("alice")));
    world.post(client, "here I am");
    let devices = world.ask(client, "devices", json!({}))["devices"].clone();
    let kinds: Vec<_> = devices.as_array().expect("a list").iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["web", "terminal"]);
    // The token is that of a device of its own, and is good after a restart.
    let token = welcome["token"].clone();
    let mut world = world.restart();
    let (_, back) = world.enter(json!({"token": token, "client": "terminal"}));
    assert_eq!((&back["nick"], &back["token"]), (&json!("alice"), &token));
    // In an open chat it is the same.
    let mut world = world.restart_with(Access::Open);
    let (_, heard) = with_password(&mut world, auth(PASSWORD));
    assert_eq!((&heard[0].1["nick"], &heard[0].1["access"]), (&json!("alice"), &Value::Null));
}

#[test]
fn who_waits_for_a_password_to_be_checked_hears_nothing() {
    let mut world = closed();
    let alice = alice(&mut world);
    let outside = json!({"nick": "alice", "password": "wrong-horse", "client": "terminal"});
    let outside = world.connect("/chat", outside).expect("they wait in the namespace");
    let code = invite(&mut world, alice, "/invite");
    let (within, _) = world.enter(json!({"nick": "bob", "invite": code, "client": "web"}));
    let late = json!({"nick": "alice", "password": "the hasher hangs"});
    let late = world.connect("/chat", late).expect("they wait in the namespace");
    world.say(alice, "/join plans");
    let moved = world.file().with_extension("moved");
    std::fs::rename(world.file(), moved).expect("it is moved");
    world.say(alice, "unkept");
    world.advance(1_000);
    let told: Vec<_> = world.heard(within).into_iter().map(|(name, _)| name).collect();
    for name in ["room", "notice"] {
        assert!(told.contains(&name.to_owned()), "people are told: {told:?}");
    }
    assert_eq!(world.heard(late), []);
    let told: Vec<_> = world.heard(outside).into_iter().map(|(name, _)| name).collect();
    assert_eq!(told, ["bye"]);
}

#[test]
fn an_operator_invites_while_the_server_runs() {
    let mut world = closed();
    let mut people = Registrations::open(&world.file()).expect("the file");
    let now_ms = world.now().unix_ms.cast_signed();
    let made = people.invite("abcd-efgh-jkmn-pqrs", 1, now_ms + 60_000, now_ms);
    assert!(made.expect("it is written"));
    let (bob, _) = world.enter(json!({"nick": "bob", "invite": "abcdefghjkmnpqrs"}));
    world.post(bob, "in");
    world.advance(2_000);
    assert!(people.invite("bbbb-efgh-jkmn-pqrs", 5, now_ms + 60_000, now_ms).expect("written"));
    assert_eq!(people.end_invitations().expect("it is written"), 1);
    let told = refused(&mut world, "/chat", json!({"invite": "bbbb-efgh-jkmn-pqrs"}));
    assert!(told.contains("that is no invitation"), "{told}");
}

#[test]
fn in_an_open_chat_nobody_needs_an_invitation() {
    let mut world = World::new();
    let (alice, _) = world.enter(json!({"nick": "alice", "client": "web", "invite": "whatever"}));
    world.answer_later(alice, "register", json!({"password": PASSWORD}));
    let told = world.refused(alice, "invite", json!({}));
    assert_eq!(told, "open: nobody needs an invitation here");
}

#[test]
fn nobody_stays_as_a_guest_whom_nobody_has_invited() {
    let mut world = closed();
    let other = alice(&mut world);
    let netcat = world.connect_line();
    world.told_later(netcat, &format!("/login alice {PASSWORD}"));
    world.lines(other);
    // Not even for the rest of what has come with the command.
    world.say(netcat, "/logout\nI am still here");
    assert_eq!(world.lines(netcat), ["* you have logged out"]);
    assert!(!world.is_open(netcat));
    assert!(world.lines(other).iter().all(|line| !line.contains("still here")));
    world.say(other, "her other device stays");
    // A program is told, and neither its former token nor the guest's lets it in.
    let auth = json!({"nick": "alice", "password": PASSWORD, "client": "web"});
    let (program, heard) = with_password(&mut world, auth);
    let token = heard[0].1["token"].clone();
    let answer = world.ask(program, "logout", json!({}));
    assert_eq!(answer["ok"], true, "{answer}");
    let bye = world.heard(program).pop().expect("the end");
    let why = json!({"reason": "forgotten", "error": "you have logged out"});
    assert_eq!(bye, ("bye".to_owned(), why));
    assert!(!world.is_open(program));
    for token in [&token, &answer["token"]] {
        let refused = refused(&mut world, "/chat", json!({"token": token, "client": "web"}));
        assert!(refused.contains("an account or an invitation"), "{refused}");
    }
}
