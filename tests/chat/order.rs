//! Keeping order: who may remove whom, who owns a room, and what everyone is told.

use super::world::{GATHER_MS, World, nicks};
use mio_chat::chat::history::{ChatRole, LoggedDeed, Registrations};
use mio_chat::limits::DEEDS_KEPT_MS;
use mio_socketio::testing::Client;
use rusqlite::Connection;
use serde_json::{Value, json};

/// A registered person who keeps order.
pub(super) fn keeper(world: &mut World, nick: &str, role: ChatRole) -> Client {
    let client = registered(world, nick);
    let mut people = Registrations::open(&world.file()).expect("the file");
    people.grant(nick, role, 0).expect("it is written").expect("they are registered");
    world.heard(client);
    // The server reads the file every second.
    world.advance(1_100);
    let told = told(world, client, "notice");
    let sentence = match role {
        ChatRole::Owner => "you are an owner of this chat now, and keep order in all rooms",
        ChatRole::Moderator => "you are a moderator now, and keep order in all rooms",
    };
    assert_eq!(told, json!({"text": sentence}));
    client
}

pub(super) fn registered(world: &mut World, nick: &str) -> Client {
    let (client, _) = world.enter(json!({"nick": nick, "client": "web"}));
    let answer = world.answer_later(client, "register", json!({"password": "correct-horse"}));
    assert_eq!(answer["ok"], true, "{answer}");
    client
}

/// The first argument of the only event of this name that a client has heard.
pub(super) fn told(world: &mut World, client: Client, name: &str) -> Value {
    let heard = world.heard(client);
    let mut found = heard.iter().filter(|(event, _)| event == name);
    let (_, first) = found.next().unwrap_or_else(|| panic!("no {name} in {heard:?}"));
    assert!(found.next().is_none(), "{heard:?}");
    first.clone()
}

pub(super) const NO_ROLE: &str = "no-role: only people who keep order here may do that";

#[test]
fn who_keeps_order_removes_people_from_a_room_who_may_come_back() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let (bob, _) = world.arrive("bob");
    for client in [alice, bob] {
        world.ask(client, "join", json!({"room": "tea"}));
    }
    world.advance(GATHER_MS);
    world.heard(alice);
    world.heard(bob);
    let kick = json!({"room": "tea", "nick": "BOB", "reason": " spam "});
    assert_eq!(world.ask(alice, "kick", kick), json!({"ok": true}));
    let removed = json!({"room": "tea", "nick": "bob", "by": "alice", "reason": "spam"});
    assert_eq!(told(&mut world, bob, "removed"), removed);
    world.advance(GATHER_MS);
    let heard = world.heard(alice);
    assert_eq!(heard[0], ("removed".to_owned(), removed));
    assert_eq!((&*heard[1].0, &heard[1].1["left"]), ("presence", &json!(["bob"])));
    let left = "not-in-room: you are not in #tea; join it first";
    assert_eq!(world.refused(bob, "post", json!({"room": "tea", "text": "hi"})), left);
    world.post(bob, "still in the lobby");
    assert_eq!(world.ask(bob, "join", json!({"room": "tea"}))["ok"], true);
    // From the lobby too: a program need not be there.
    world.ask(alice, "kick", json!({"room": "lobby", "nick": "bob"}));
    assert_eq!(told(&mut world, bob, "removed")["reason"], "");
    let members = world.ask(alice, "who", json!({"room": "lobby"}));
    assert_eq!(nicks(&members["members"]), ["alice"]);
    assert!(world.is_open(bob));
}

#[test]
fn whoever_keeps_no_order_or_not_enough_is_told_so() {
    let mut world = World::new();
    let owner = keeper(&mut world, "olga", ChatRole::Owner);
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    let max = keeper(&mut world, "max", ChatRole::Moderator);
    let (bob, _) = world.arrive("bob");
    let kick = |nick: &str| json!({"room": "lobby", "nick": nick});
    assert_eq!(world.refused(bob, "kick", kick("max")), NO_ROLE);
    // Not even whether somebody is here.
    assert_eq!(world.refused(bob, "kick", kick("nobody")), NO_ROLE);
    let outranked =
        |nick| format!("outranked: {nick} keeps order here too, and you may not act on them");
    assert_eq!(world.refused(mia, "kick", kick("max")), outranked("max"));
    assert_eq!(world.refused(mia, "kick", kick("olga")), outranked("olga"));
    assert_eq!(world.refused(mia, "kick", kick("mia")), "yourself: that is you");
    let nobody = "no-such-person: nobody here is called carol";
    assert_eq!(world.refused(mia, "kick", kick("carol")), nobody);
    let elsewhere = json!({"room": "tea", "nick": "bob"});
    let not_in = "not-in-room: you are not in #tea; join it first";
    assert_eq!(world.refused(mia, "kick", elsewhere.clone()), not_in);
    world.ask(mia, "join", json!({"room": "tea"}));
    assert_eq!(world.refused(mia, "kick", elsewhere), "not-there: bob is not in #tea");
    let bad = world.refused(mia, "kick", json!({"nick": "bob"}));
    assert_eq!(bad, "bad-request: kick cannot be understood: missing field `room`");
    let long = json!({"room": "lobby", "nick": "bob", "reason": "ä".repeat(1_000)});
    world.ask(mia, "kick", long);
    let reason = told(&mut world, bob, "removed")["reason"].clone();
    assert_eq!(reason.as_str().map(str::len), Some(200));
    // An owner acts on moderators, and a role that is taken away counts no more.
    assert_eq!(world.ask(owner, "kick", kick("max"))["ok"], true);
    let mut people = Registrations::open(&world.file()).expect("the file");
    people.revoke("mia", ChatRole::Moderator, 0).expect("it is written");
    world.heard(mia);
    world.advance(1_100);
    let notice = json!({"text": "you no longer keep order in this chat"});
    assert_eq!(told(&mut world, mia, "notice"), notice);
    assert_eq!(world.refused(mia, "kick", kick("olga")), NO_ROLE);
    // A guest who takes a keeper's name has no role: nobody can take it.
    assert_eq!(world.ask(max, "logout", json!({}))["ok"], true);
    assert_eq!(world.ask(max, "join", json!({"room": "lobby"}))["ok"], true);
    assert_eq!(world.refused(max, "kick", kick("mia")), NO_ROLE);
}

#[test]
fn a_client_of_the_tutorials_is_told_in_a_message_and_goes_if_it_was_the_lobby() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let [eve, bob] = ["eve", "bob"].map(|nick| {
        let client = world.connect("/", Value::Null).expect("they are let in");
        world.emit(client, "join", (json!({"username": nick, "room": "tea"}),));
        client
    });
    world.ask(alice, "join", json!({"room": "tea"}));
    world.heard(eve);
    world.heard(bob);
    let kick = |room: &str| json!({"room": room, "nick": "eve", "reason": "spam"});
    assert_eq!(world.ask(alice, "kick", kick("tea"))["ok"], true);
    assert_eq!(told(&mut world, eve, "message"), "alice removed you from #tea: spam");
    assert_eq!(told(&mut world, bob, "message"), "eve has left the room.");
    assert!(world.is_open(eve));
    assert_eq!(world.ask(alice, "kick", kick("lobby"))["ok"], true);
    assert_eq!(told(&mut world, eve, "message"), "alice removed you from #lobby: spam");
    assert!(!world.is_open(eve) && world.is_open(bob));
}

#[test]
fn whoever_types_in_a_room_and_is_removed_types_no_more() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let (bob, _) = world.arrive("bob");
    world.emit(bob, "typing", (json!({"room": "lobby", "on": true}),));
    assert_eq!(told(&mut world, alice, "typing")["on"], true);
    world.ask(alice, "kick", json!({"room": "lobby", "nick": "bob"}));
    assert_eq!(told(&mut world, alice, "typing")["on"], false);
}

#[test]
fn the_log_has_all_acts_and_only_them_and_forgets_the_oldest() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    world.arrive("bob");
    let kick = json!({"room": "lobby", "nick": "bob", "reason": "spam"});
    world.ask(alice, "kick", kick);
    world.refused(alice, "kick", json!({"room": "lobby", "nick": "bob"}));
    world.ask(alice, "mute", json!({"nick": "bob", "for": 60}));
    world.ask(alice, "unmute", json!({"nick": "bob"}));
    world.ask(alice, "ban", json!({"nick": "198.51.100.7", "reason": "flood"}));
    world.ask(alice, "unban", json!({"nick": "198.51.100.7"}));
    let (now, people) = (world.now(), Registrations::open(&world.file()).expect("the file"));
    let listed = |since_ms| {
        let deeds = people.deeds(since_ms).expect("it is read").into_iter();
        let line = |it: LoggedDeed| {
            let LoggedDeed { moderator, what, target, room, why, .. } = it;
            format!("{moderator}/{what}/{target}/{room}/{why}")
        };
        deeds.map(line).collect::<Vec<_>>()
    };
    let all = [
        "alice/kick/bob/lobby/spam",
        "alice/mute/bob//",
        "alice/unmute/bob//",
        "alice/ban/198.51.100.7//flood",
        "alice/unban/198.51.100.7//",
    ];
    // The role was granted long before.
    assert_eq!(listed(now.unix_ms.cast_signed()), all);
    let until = people.deeds(0).expect("it is read")[1].until_ms;
    assert_eq!(until, Some(now.unix_ms.cast_signed() + 60_000));
    assert!(listed(now.unix_ms.cast_signed() + 1).is_empty());
    let file = Connection::open(world.file()).expect("the file");
    file.execute("UPDATE deed SET ts = ts - ?", [DEEDS_KEPT_MS + 1]).expect("they are older");
    world.ask(alice, "ban", json!({"nick": "198.51.100.7"}));
    assert_eq!(listed(0), ["alice/ban/198.51.100.7//"]);
}

#[test]
fn the_log_has_the_rules_that_a_moderator_makes_in_a_room_of_somebody_else() {
    let mut world = World::new();
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    let bob = registered(&mut world, "bob");
    let (eve, _) = world.arrive("eve");
    for client in [bob, mia, eve] {
        world.ask(client, "join", json!({"room": "tea"}));
    }
    // An owner's own rules are the owner's affair.
    world.ask(bob, "room", json!({"room": "tea", "readonly": true}));
    for rule in [json!({"private": true}), json!({"keep": 1}), json!({"readonly": false})] {
        let mut asked = rule.clone();
        asked["room"] = json!("tea");
        assert_eq!(world.ask(mia, "room", asked)["ok"], true, "{rule}");
    }
    let uninvite = json!({"room": "tea", "uninvite": "eve"});
    assert_eq!(world.ask(mia, "room", uninvite)["ok"], true);
    let people = Registrations::open(&world.file()).expect("the file");
    let deeds = people.deeds(1).expect("it is read").into_iter();
    let lines = deeds.map(|it| format!("{} {} {} {}", it.moderator, it.what, it.target, it.room));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "mia room private tea",
            "mia room keep 1d tea",
            "mia room writable tea",
            "mia room uninvite eve tea",
        ]
    );
}

#[test]
fn who_begins_a_room_owns_it_shares_it_and_keeps_order_there_alone() {
    let mut world = World::new();
    let alice = registered(&mut world, "alice");
    let bob = registered(&mut world, "bob");
    let (eve, _) = world.arrive("eve");
    for client in [alice, bob, eve] {
        world.ask(client, "join", json!({"room": "tea"}));
    }
    world.heard(bob);
    let op = |nick: &str| json!({"room": "tea", "nick": nick});
    let deop = |nick: &str| json!({"room": "tea", "nick": nick, "on": false});
    assert_eq!(world.refused(bob, "op", op("bob")), NO_ROLE);
    let guest = "not-registered: eve is not registered, and only registered people own rooms";
    assert_eq!(world.refused(alice, "op", op("eve")), guest);
    assert_eq!(
        world.refused(alice, "op", op("carol")),
        "no-such-person: nobody here is called carol"
    );
    assert_eq!(world.refused(alice, "op", op("alice")), "is-owner: alice owns #tea already");
    assert_eq!(world.refused(alice, "op", deop("bob")), "no-owner: bob does not own #tea");
    assert_eq!(world.ask(alice, "op", op("BOB")), json!({"ok": true}));
    let owner = json!({"room": "tea", "nick": "bob", "by": "alice", "on": true});
    assert_eq!(told(&mut world, bob, "owner"), owner);
    // Owners of a room are equals, and nothing elsewhere.
    let outranked = "outranked: alice keeps order here too, and you may not act on them";
    assert_eq!(world.refused(bob, "op", deop("alice")), outranked);
    assert_eq!(world.refused(bob, "kick", json!({"room": "tea", "nick": "alice"})), outranked);
    assert_eq!(world.refused(bob, "kick", json!({"room": "lobby", "nick": "eve"})), NO_ROLE);
    assert_eq!(world.refused(bob, "mute", json!({"nick": "eve"})), NO_ROLE);
    assert_eq!(world.ask(bob, "kick", json!({"room": "tea", "nick": "eve"}))["ok"], true);
    // It outlasts a restart, and nobody gets the room by being the first then.
    world.post(alice, "good night");
    let mut world = world.restart();
    let carol = registered(&mut world, "carol");
    world.ask(carol, "join", json!({"room": "tea"}));
    assert_eq!(world.refused(carol, "op", op("carol")), NO_ROLE);
    let (guest, _) = world.arrive("dan");
    let right = json!({"nick": "bob", "password": "correct-horse"});
    assert_eq!(world.answer_later(guest, "login", right)["ok"], true);
    world.ask(guest, "join", json!({"room": "tea"}));
    assert_eq!(world.ask(guest, "kick", json!({"room": "tea", "nick": "carol"}))["ok"], true);
    // Not even if nothing was said there; and one may give up what is one's own.
    assert_eq!(world.ask(guest, "op", deop("bob"))["ok"], true);
    assert_eq!(world.refused(guest, "op", deop("alice")), NO_ROLE);
}

#[test]
fn a_room_in_which_something_was_said_and_the_lobby_are_owned_by_nobody_who_comes_first() {
    let mut world = World::new();
    let alice = registered(&mut world, "alice");
    let (eve, _) = world.arrive("eve");
    world.ask(eve, "join", json!({"room": "ops"}));
    world.ask(eve, "post", json!({"room": "ops", "text": "hi"}));
    world.ask(eve, "leave", json!({"room": "ops"}));
    world.ask(alice, "join", json!({"room": "ops"}));
    let op = |room: &str| json!({"room": room, "nick": "alice"});
    assert_eq!(world.refused(alice, "op", op("ops")), NO_ROLE);
    assert_eq!(world.refused(alice, "op", op("lobby")), NO_ROLE);
    // A guest owns no room, also after they have registered.
    world.ask(eve, "join", json!({"room": "den"}));
    world.answer_later(eve, "register", json!({"password": "correct-horse"}));
    assert_eq!(world.refused(eve, "op", json!({"room": "den", "nick": "eve"})), NO_ROLE);
    // A moderator gives it away, also to somebody who is not here.
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    world.ask(mia, "join", json!({"room": "den"}));
    world.cut(alice);
    assert_eq!(world.ask(mia, "op", json!({"room": "den", "nick": "alice"}))["ok"], true);
    assert_eq!(
        world.ask(mia, "op", json!({"room": "den", "nick": "alice", "on": false}))["ok"],
        true
    );
}

#[test]
fn who_wants_quiet_is_not_told_of_comings_and_goings_at_any_door() {
    let mut world = World::new();
    let line = world.connect_line();
    let told = |world: &mut World, said: &str| {
        world.say(line, said);
        world.lines(line)
    };
    world.lines(line);
    let (loud, quiet) = (
        ["* you are told who joins and leaves; /quiet on hides it"],
        ["* you are not told who joins and leaves; /quiet off ends it"],
    );
    assert_eq!(told(&mut world, "/quiet"), loud);
    assert_eq!(told(&mut world, "/quiet maybe"), ["* usage: /quiet [on|off]"]);
    for _ in 0..2 {
        assert_eq!(told(&mut world, "/quiet on"), quiet);
    }
    let (alice, _) = world.arrive("alice");
    world.ask(alice, "nick", json!({"nick": "alicia"}));
    assert_eq!(world.lines(line), ["* alice is now alicia"], "a new name is told");
    world.cut(alice);
    // Many at once are told together, and not to them.
    for number in 0..20 {
        let (client, _) = world.arrive(&format!("dan{number}"));
        world.cut(client);
    }
    world.advance(10_000);
    assert!(world.lines(line).is_empty());
    assert_eq!(told(&mut world, "/quiet off"), loud);
    world.arrive("bob");
    assert_eq!(world.lines(line), ["* bob joined"]);
    // A registered person has it everywhere, and after a restart.
    let (carol, welcome) = world.enter(json!({"nick": "carol", "client": "web"}));
    assert!(welcome.get("quiet").is_none());
    world.answer_later(carol, "register", json!({"password": "correct-horse"}));
    assert_eq!(world.ask(carol, "quiet", json!({})), json!({"ok": true, "quiet": false}));
    for _ in 0..2 {
        let answer = world.ask(carol, "quiet", json!({"on": true}));
        assert_eq!(answer, json!({"ok": true, "quiet": true}));
    }
    let mut world = world.restart();
    let back = json!({"token": welcome["token"], "client": "web"});
    assert_eq!(world.enter(back).1["quiet"], true);
    let line = world.connect_line();
    world.told_later(line, "/login carol correct-horse");
    world.arrive("eve");
    assert!(world.lines(line).is_empty());
}

#[test]
fn people_are_told_how_they_may_keep_order() {
    let mut world = World::new();
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    let max = keeper(&mut world, "max", ChatRole::Moderator);
    let rita = registered(&mut world, "rita");
    let (bob, _) = world.arrive("bob");
    // Rita begins the room, so it is hers.
    for client in [rita, mia, max, bob] {
        world.ask(client, "join", json!({"room": "tea"}));
    }
    let may =
        |world: &mut World, client, args: Value| world.ask(client, "may", args)["may"].clone();
    let upon = |nick: &str| json!({"room": "tea", "nick": nick});
    let here = json!({"room": "tea"});
    assert_eq!(may(&mut world, mia, here.clone()), json!(["delete", "room"]));
    assert_eq!(may(&mut world, mia, json!({})), json!([]));
    assert_eq!(may(&mut world, mia, upon("BOB")), json!(["kick", "mute", "ban"]));
    assert_eq!(may(&mut world, mia, json!({"nick": "bob"})), json!(["mute", "ban"]));
    let owner = json!(["kick", "mute", "ban", "deop"]);
    assert_eq!(may(&mut world, mia, upon("rita")), owner);
    assert_eq!(may(&mut world, mia, upon("max")), json!(["op"]));
    // An owner of the room alone.
    assert_eq!(may(&mut world, rita, here.clone()), json!(["delete", "room"]));
    assert_eq!(may(&mut world, rita, upon("bob")), json!(["kick"]));
    assert_eq!(may(&mut world, rita, upon("mia")), json!(["op"]));
    assert_eq!(may(&mut world, rita, json!({"nick": "bob"})), json!([]));
    // Each is what would be granted now.
    world.ask(mia, "mute", json!({"nick": "bob"}));
    let muted = json!(["kick", "mute", "unmute", "ban"]);
    assert_eq!(may(&mut world, mia, upon("bob")), muted);
    assert_eq!(may(&mut world, mia, upon("nobody")), json!([]));
    // People who keep no order are told nothing.
    for args in [here, upon("rita"), json!({"nick": "mia"})] {
        assert_eq!(may(&mut world, bob, args), json!([]));
    }
    let elsewhere = "not-in-room: you are not in #coffee; join it first";
    assert_eq!(world.refused(mia, "may", json!({"room": "coffee", "nick": "bob"})), elsewhere);
}
