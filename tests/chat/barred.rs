//! People who are banned or muted by somebody who keeps order.

use super::order::{NO_ROLE, keeper, registered, told};
use super::world::{GATHER_MS, World};
use mio_chat::chat::history::{Ban, Banned, Bans, ChatRole};
use mio_chat::limits::NICK_HELD_MS;
use mio_socketio::testing::Client;
use serde_json::{Value, json};

/// Somebody from this address.
fn from(world: &mut World, ip: &str) -> Client {
    let ip = ip.parse().expect("an address");
    world.dial("/chat").from(ip).connect().expect("they are let in")
}

#[test]
fn a_banned_account_is_kept_out_until_the_end_of_the_ban_and_told_why() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    world.answer_later(bob, "register", json!({"password": "correct-horse"}));
    let (carol, _) = world.arrive("carol");
    let ban = json!({"nick": "BOB", "for": 3600, "reason": "spam"});
    assert_eq!(world.refused(carol, "ban", ban.clone()), NO_ROLE);
    assert_eq!(world.refused(carol, "ban", json!({})), NO_ROLE);
    assert_eq!(world.ask(alice, "ban", ban), json!({"ok": true}));
    let until = world.now().unix_ms + 3_600_000;
    let sentence = "you are banned until 2026-01-01 01:00 UTC: spam";
    world.advance(100);
    let bye = json!({"reason": "banned", "error": sentence});
    assert_eq!(told(&mut world, bob, "bye"), bye);
    assert!(!world.is_open(bob));
    let barred = json!({
        "room": "lobby", "nick": "bob", "by": "alice", "until": until, "reason": "spam"
    });
    assert_eq!(told(&mut world, carol, "banned"), barred);
    let bans = world.ask(alice, "ban", json!({}));
    let row = json!({
        "nick": "bob", "address": null, "muted": false, "until": until, "by": "alice",
        "reason": "spam"
    });
    assert_eq!((&bans["bans"], &bans["count"]), (&json!([row]), &json!(1)));
    // Neither with the token, nor with the password, nor after a restart.
    let mut world = world.restart();
    let back = json!({"token": welcome["token"], "client": "web"});
    let refused = world.connect("/chat", back.clone()).expect_err("he is banned").to_string();
    assert!(refused.contains(sentence), "{refused}");
    let (guest, _) = world.arrive("dan");
    let right = json!({"nick": "bob", "password": "correct-horse"});
    let answer = world.answer_later(guest, "login", right);
    assert_eq!((&answer["code"], &answer["error"]), (&json!("banned"), &json!(sentence)));
    let wrong = json!({"nick": "bob", "password": "correct-house"});
    assert_eq!(world.answer_later(guest, "login", wrong)["code"], "wrong-password");
    // The machine slept meanwhile: the ban ends by the clock on the wall.
    world.jump(3_700_000);
    world.advance(1_100);
    assert_eq!(world.enter(back).1["nick"], "bob");
}

#[test]
fn a_guest_is_banned_with_the_address_and_both_are_lifted_by_the_name() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let eve = from(&mut world, "2001:db8:1:2::3");
    world.ask(eve, "nick", json!({"nick": "eve"}));
    assert_eq!(world.ask(alice, "ban", json!({"nick": "eve"}))["ok"], true);
    world.advance(100);
    assert!(!world.is_open(eve));
    let again: std::net::IpAddr = "2001:db8:1:2::4".parse().expect("an address");
    let refused = world.dial("/chat").from(again).connect().expect_err("it is her network");
    assert!(refused.to_string().contains("you are banned"), "{refused}");
    let listed = world.ask(alice, "ban", json!({}))["bans"].clone();
    let addresses: Vec<&Value> =
        listed.as_array().expect("a list").iter().map(|ban| &ban["address"]).collect();
    assert_eq!(addresses, [&json!("2001:db8:1:2::/64"), &json!(null)]);
    assert_eq!(world.refused(alice, "unban", json!({"nick": "mallory"})), NOT_BANNED);
    assert_eq!(world.ask(alice, "unban", json!({"nick": "EVE"})), json!({"ok": true}));
    world.dial("/chat").from(again).connect().expect("it is lifted");
    assert_eq!(world.ask(alice, "ban", json!({}))["count"], 0);
    // The file has neither.
    let mut world = world.restart();
    world.dial("/chat").from(again).connect().expect("it is lifted");
}

#[test]
fn a_guest_who_has_gone_is_banned_by_the_address_that_they_had() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let (eve, dan) = (from(&mut world, "192.0.2.1"), from(&mut world, "192.0.2.2"));
    world.ask(eve, "nick", json!({"nick": "eve"}));
    world.ask(dan, "nick", json!({"nick": "dan"}));
    world.answer_later(dan, "register", json!({"password": "correct-horse"}));
    world.disconnect(eve);
    world.disconnect(dan);
    // Their names are not held any more.
    world.advance(NICK_HELD_MS + 1_000);
    for nick in ["EVE", "dan"] {
        assert_eq!(world.ask(alice, "ban", json!({"nick": nick}))["ok"], true);
    }
    let again = "192.0.2.1".parse().expect("an address");
    let refused = world.dial("/chat").from(again).connect().expect_err("it is her address");
    assert!(refused.to_string().contains("you are banned"), "{refused}");
    // A registered person is banned, and not where they were.
    let dan = from(&mut world, "192.0.2.2");
    let login = json!({"nick": "dan", "password": "correct-horse"});
    assert_eq!(world.answer_later(dan, "login", login)["code"], "banned");
    let unknown = world.refused(alice, "ban", json!({"nick": "carol"}));
    assert_eq!(unknown, "no-such-person: nobody here is called carol");
}

const NOT_BANNED: &str = "not-banned: mallory is not banned";

#[test]
fn an_address_is_banned_unless_it_is_this_machine_or_half_the_world() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let eve = from(&mut world, "198.51.100.7");
    let bad = [
        ("127.0.0.1", "is this machine"),
        ("0.0.0.0/0", "is this machine"),
        ("198.0.0.0/8", "has too many addresses; an operator can ban it"),
        ("2000::/16", "has too many addresses; an operator can ban it"),
        ("198.51.100.0/33", "is no address and no network"),
        ("1.2.3", "is no address and no network"),
    ];
    for (address, why) in bad {
        let refused = world.refused(alice, "ban", json!({"nick": address}));
        assert!(refused.starts_with("bad-address: ") && refused.contains(why), "{refused}");
    }
    let ban = json!({"nick": "198.51.100.0/24", "reason": "flood"});
    assert_eq!(world.ask(alice, "ban", ban)["ok"], true);
    world.advance(100);
    assert_eq!(told(&mut world, eve, "bye")["error"], "you are banned: flood");
    assert_eq!(world.ask(alice, "unban", json!({"nick": "198.51.100.0/24"}))["ok"], true);
    from(&mut world, "198.51.100.7");
    // A name like an address is meant by the sign before it.
    let (odd, _) = world.arrive("1.2.3.4");
    assert_eq!(world.ask(alice, "ban", json!({"nick": "@1.2.3.4"}))["ok"], true);
    world.advance(100);
    assert!(!world.is_open(odd));
}

#[test]
fn whoever_is_muted_says_nothing_and_may_ask_why() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let (bob, welcome) = world.enter(json!({"nick": "bob", "client": "web"}));
    let (carol, _) = world.arrive("carol");
    let line = world.connect_line();
    world.say(line, "/nick dan");
    world.advance(GATHER_MS);
    world.lines(line);
    let mute = json!({"nick": "bob", "for": 600, "reason": "loud"});
    assert_eq!(world.ask(alice, "mute", mute), json!({"ok": true}));
    let until = world.now().unix_ms + 600_000;
    let alone = json!({"nick": "bob", "by": "alice", "until": until, "reason": "loud"});
    assert_eq!(told(&mut world, bob, "muted"), alone);
    assert_eq!(told(&mut world, carol, "muted")["room"], "lobby");
    let until = "until 2026-01-01 00:10 UTC: loud";
    assert_eq!(world.lines(line), [format!("* bob was muted by alice {until}")]);
    let muted = format!("muted: you are muted {until}");
    for (name, request) in [
        ("post", json!({"room": "lobby", "text": "hi"})),
        ("post", json!({"room": "lobby", "text": "waves", "action": true})),
        ("dm", json!({"to": "carol", "text": "hi"})),
        ("topic", json!({"room": "lobby", "text": "hi"})),
        ("typing", json!({"room": "lobby", "on": true})),
    ] {
        assert_eq!(world.refused(bob, name, request), muted, "{name}");
    }
    assert_eq!(world.ask(bob, "dm", json!({"to": "alice", "text": "why?"}))["ok"], true);
    assert!(world.heard(carol).is_empty() && world.lines(line).is_empty(), "nobody is told");
    // A new name or a new connection is no way around it.
    world.ask(bob, "nick", json!({"nick": "bobby"}));
    world.cut(bob);
    let mut world = world.restart();
    let (bob, _) = world.enter(json!({"token": welcome["token"], "client": "web"}));
    assert_eq!(world.refused(bob, "post", json!({"room": "lobby", "text": "hi"})), muted);
    world.advance(610_000);
    world.post(bob, "at last");
}

#[test]
fn all_devices_of_the_one_who_keeps_order_are_told_of_it_wherever_they_are() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let login = json!({"nick": "alice", "password": "correct-horse"});
    let (phone, _) = world.arrive("phone");
    assert_eq!(world.answer_later(phone, "login", login)["ok"], true);
    let line = world.connect_line();
    world.say(line, "/nick dan");
    for room in ["tea", "milk"] {
        world.say(line, &format!("/join {room}"));
        world.advance(GATHER_MS);
        for client in [alice, phone] {
            world.heard(client);
        }
        // Alice comes into the second room, and is not in the first.
        if room == "milk" {
            world.ask(alice, "join", json!({"room": room}));
        }
        world.ask(alice, "mute", json!({"nick": "dan", "reason": "spam"}));
        let alone = json!({"nick": "dan", "by": "alice", "until": null, "reason": "spam"});
        let mut in_room = alone.clone();
        in_room["room"] = json!(room);
        let expected = if room == "milk" { in_room } else { alone };
        for client in [alice, phone] {
            assert_eq!(told(&mut world, client, "muted"), expected, "{room}");
        }
        world.lines(line);
        world.ask(alice, "unmute", json!({"nick": "dan"}));
        assert_eq!(world.lines(line), ["* alice lets you speak again"]);
        let lifted = json!({"nick": "dan", "by": "alice"});
        assert_eq!(told(&mut world, phone, "unmuted"), lifted);
        assert!(world.heard(alice).is_empty(), "the answer has told this device");
    }
    world.ask(alice, "ban", json!({"nick": "203.0.113.0/24"}));
    for client in [alice, phone] {
        assert_eq!(told(&mut world, client, "banned")["nick"], "203.0.113.0/24");
    }
    world.ask(alice, "unban", json!({"nick": "203.0.113.0/24"}));
    assert_eq!(told(&mut world, phone, "unbanned")["nick"], "203.0.113.0/24");
}

#[test]
fn who_is_muted_at_any_door_is_told_so_there_and_is_let_speak_again() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let line = world.connect_line();
    world.say(line, "/nick dan");
    let root = world.connect("/", Value::Null).expect("they are let in");
    world.emit(root, "send_message", (json!({"username": "eve", "message": "hi"}),));
    world.lines(line);
    world.heard(root);
    for nick in ["dan", "eve"] {
        world.ask(alice, "mute", json!({"nick": nick}));
    }
    assert_eq!(world.lines(line), ["* alice muted you", "* eve was muted by alice"]);
    assert_eq!(told(&mut world, root, "message"), "alice muted you");
    for _ in 0..2 {
        world.say(line, "hello?");
        assert_eq!(world.lines(line), ["* you are muted"]);
    }
    let answer = world.call(root, "send_message", (json!({"username": "eve", "message": "hi"}),));
    let refused = json!({"ok": false, "error": "you are muted"});
    assert_eq!(answer.expect("an answer").args, [refused]);
    assert_eq!(world.refused(alice, "unmute", json!({"nick": "bob"})), NOT_MUTED);
    assert_eq!(
        world.refused(alice, "unban", json!({"nick": "dan"})),
        "not-banned: dan is not banned"
    );
    assert_eq!(world.ask(alice, "unmute", json!({"nick": "dan"}))["ok"], true);
    assert_eq!(world.lines(line), ["* alice lets you speak again"]);
    world.heard(root);
    assert_eq!(world.ask(alice, "unmute", json!({"nick": "eve"}))["ok"], true);
    assert_eq!(told(&mut world, root, "message"), "alice lets you speak again");
    world.heard(alice);
    world.say(line, "hello!");
    assert_eq!(world.texts(alice), ["hello!"]);
}

const NOT_MUTED: &str = "not-muted: bob is not muted";

#[test]
fn nobody_bans_their_betters_by_their_address_or_lifts_what_they_have_done() {
    let mut world = World::new();
    let olga = keeper(&mut world, "olga", ChatRole::Owner);
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    let max = keeper(&mut world, "max", ChatRole::Moderator);
    for (nick, ip) in [("olga", "192.0.2.1"), ("max", "2001:db8:1:2::3")] {
        let device = from(&mut world, ip);
        let login = json!({"nick": nick, "password": "correct-horse"});
        assert_eq!(world.answer_later(device, "login", login)["ok"], true);
    }
    let (eve, _) = world.arrive("eve");
    let at = |nick: &str| json!({"nick": nick});
    for (address, nick) in [("192.0.2.0/24", "olga"), ("2001:db8:1:2::9", "max")] {
        let why = "keeps order here too, and you may not act on them";
        let outranked = format!("outranked: {nick} {why}");
        assert_eq!(world.refused(mia, "ban", at(address)), outranked);
    }
    assert_eq!(world.refused(max, "ban", at("2001:db8:1:2::9")), "yourself: that is you");
    // A guest at such an address is banned without it.
    let neighbour = from(&mut world, "192.0.2.1");
    world.ask(neighbour, "nick", at("dan"));
    assert_eq!(world.ask(mia, "ban", at("dan"))["ok"], true);
    world.advance(100);
    assert!(!world.is_open(neighbour));
    from(&mut world, "192.0.2.1");
    // An owner's deeds and an operator's are lifted, or made shorter, by an owner alone.
    let why = "outranked: only an owner of the chat may change what was done to";
    let others = |nick| format!("{why} {nick}");
    assert_eq!(world.ask(olga, "mute", at("eve"))["ok"], true);
    assert_eq!(world.ask(olga, "ban", at("198.51.100.7"))["ok"], true);
    // They stay hers under another name.
    assert_eq!(world.ask(olga, "nick", at("olivia"))["ok"], true);
    for (request, nick) in [("unmute", "eve"), ("mute", "eve"), ("unban", "198.51.100.7")] {
        let shorter = json!({"nick": nick, "for": 1});
        let asked = if request == "mute" { shorter } else { at(nick) };
        assert_eq!(world.refused(mia, request, asked), others(nick), "{request}");
    }
    let may = world.ask(mia, "may", json!({"nick": "eve"}))["may"].clone();
    assert_eq!(may, json!(["ban"]));
    let whom = Banned::of_address("203.0.113.7").expect("an address");
    let ban = Ban::of_operator(whom, None, String::new());
    let mut bans = Bans::open(&world.file()).expect("the file");
    bans.add(&ban, 0).expect("it is written");
    world.advance(1_100);
    assert_eq!(world.refused(mia, "unban", at("203.0.113.7")), others("203.0.113.7"));
    for address in ["203.0.113.7", "198.51.100.7"] {
        assert_eq!(world.ask(olga, "unban", at(address))["ok"], true);
    }
    assert_eq!(world.ask(olga, "unmute", at("eve"))["ok"], true);
    // Moderators lift each other's.
    assert_eq!(world.ask(max, "mute", at("eve"))["ok"], true);
    assert_eq!(world.ask(mia, "unmute", at("eve"))["ok"], true);
    world.post(eve, "at last");
}

#[test]
fn a_moderator_keeps_no_room_after_their_role() {
    let mut world = World::new();
    let olga = keeper(&mut world, "olga", ChatRole::Owner);
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    let (guest, _) = world.arrive("eve");
    for person in [guest, olga, mia] {
        world.ask(person, "join", json!({"room": "tea"}));
    }
    let op = |nick: &str| json!({"room": "tea", "nick": nick});
    assert_eq!(world.refused(mia, "op", op("mia")), "yourself: that is you");
    assert_eq!(world.ask(olga, "op", op("olga")), json!({"ok": true}));
    let deop = |nick: &str| json!({"room": "tea", "nick": nick, "on": false});
    assert!(world.refused(mia, "op", deop("olga")).starts_with("outranked: "));
    assert_eq!(world.ask(olga, "op", op("mia")), json!({"ok": true}));
    assert_eq!(world.ask(mia, "op", deop("mia")), json!({"ok": true}));
}

#[test]
fn a_room_that_nobody_owned_is_begun_anew_by_anybody() {
    let mut world = World::new();
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    let (guest, _) = world.arrive("eve");
    for person in [guest, mia] {
        world.ask(person, "join", json!({"room": "tea"}));
    }
    assert_eq!(world.ask(mia, "room", json!({"room": "tea", "delete": true}))["ok"], true);
    let joined = world.ask(guest, "join", json!({"room": "tea"}));
    assert_eq!((&joined["ok"], &joined["messages"]), (&json!(true), &json!([])));
}

#[test]
fn a_mute_stays_with_the_device_at_which_somebody_logs_out_or_in() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    let bob = registered(&mut world, "bob");
    assert_eq!(world.ask(alice, "mute", json!({"nick": "bob"}))["ok"], true);
    assert_eq!(world.ask(bob, "logout", json!({}))["ok"], true);
    let post = || json!({"room": "lobby", "text": "hi"});
    let muted = "muted: you are muted";
    assert_eq!(world.refused(bob, "post", post()), muted);
    registered(&mut world, "dan");
    let login = json!({"nick": "dan", "password": "correct-horse"});
    assert_eq!(world.answer_later(bob, "login", login)["ok"], true);
    assert_eq!(world.refused(bob, "post", post()), muted);
    // It ends with the mute of the person who they were.
    assert_eq!(world.ask(alice, "unmute", json!({"nick": "bob"}))["ok"], true);
    world.post(bob, "at last");
}

#[test]
fn a_banned_account_does_not_come_back_at_once_as_a_guest_from_where_it_was() {
    let mut world = World::new();
    let alice = keeper(&mut world, "alice", ChatRole::Moderator);
    registered(&mut world, "bob");
    let phone = from(&mut world, "192.0.2.7");
    let login = json!({"nick": "bob", "password": "correct-horse"});
    assert_eq!(world.answer_later(phone, "login", login)["ok"], true);
    assert_eq!(world.ask(alice, "ban", json!({"nick": "bob"}))["ok"], true);
    world.advance(100);
    let ip = "192.0.2.7".parse().expect("an address");
    let refused = world.dial("/chat").from(ip).connect().expect_err("it is his address");
    assert!(refused.to_string().contains("until 2026-01-01 01:00 UTC"), "{refused}");
    // Others who have the address wait for an hour, and no longer.
    world.jump(3_600_000);
    world.advance(1_100);
    from(&mut world, "192.0.2.7");
}
