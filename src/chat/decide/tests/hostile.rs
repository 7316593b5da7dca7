//! Requests of people who mean harm: those who are muted, and those who want more than their share.

use super::*;
use crate::chat::history::{Ban, Banned, ChatRole};
use crate::chat::order::AskedDeed;
use crate::chat::rules::{AskedRule, RoomRules, Rule};
use crate::limits::{ROOM_RULES_MAX, ROOM_RULES_OF_KEEPERS, ROOM_RULES_OF_ONE_MAX};

/// Alice is registered, owns tea, and is in it with Bob. Pot is private, and nobody may enter it.
fn world() -> World {
    let mut world = World::new();
    let id = rc("id-of-alice");
    world.chat.people.register(ALICE, id.clone());
    world.chat.roles.set_owner(&id, &rc("tea"), true);
    world.chat.rooms.open("tea");
    world.chat.rooms.change_rules(&rc("pot"), Some(RoomRules::private("of-carol")));
    world.rooms = vec!["lobby", "tea"];
    world
}

fn mute(world: &mut World) {
    let whom = Banned::Muted("id-of-alice".into());
    world.chat.bans.set(Ban::of_operator(whom, None, String::new()));
}

fn say(room: &str) -> Request<'static> {
    let place = Where::Any(rc(room));
    Request::Say(Say { place, is_action: false, text: "hi", relay: None })
}

fn code(world: &World, request: Request<'static>) -> &'static str {
    world.decide(ALICE, request).map_or_else(|refusal| refusal.code(), |_| "done")
}

#[test]
fn a_muted_person_shows_others_no_text_of_theirs() {
    let mut world = world();
    let (room, name) = (Some("tea"), "bob");
    let all = || {
        [
            say("lobby"),
            Request::Join { room: "spam" },
            Request::Rename { name: "spam", is_numbered: false },
            Request::Rename { name: "spam", is_numbered: true },
            Request::SetTopic { room, topic: "spam" },
            Request::Rule(AskedRule::Make { room, rule: Rule::Private(true) }),
            Request::Moderate(AskedDeed::Kick { name, room, why: "spam" }),
            Request::Moderate(AskedDeed::DeleteRoom { room }),
        ]
    };
    for request in all() {
        assert_eq!(code(&world, request), "done");
    }
    let invite = || Request::Rule(AskedRule::LetIn { room, name, is_on: true });
    assert_eq!(code(&world, invite()), "not-private");
    mute(&mut world);
    for request in all().into_iter().chain([invite()]) {
        assert_eq!(code(&world, request), "muted");
    }
    assert!(powers(&world.chat, &world, ALICE, None, room).expect("she is there").is_empty());
    // They may go to rooms that others know.
    world.chat.rooms.open("coffee");
    assert_eq!(code(&world, Request::Join { room: "coffee" }), "done");
}

#[test]
fn a_muted_person_is_not_told_whether_a_room_is_private() {
    let mut world = world();
    let ask = |world: &World, room| [say(room), Request::Join { room }].map(|it| code(world, it));
    assert_eq!(ask(&world, "pot"), ["no-such-room"; 2]);
    assert_eq!(ask(&world, "nil"), ["done"; 2]);
    let join = |world: &World| code(world, Request::Join { room: "p0t" });
    assert_eq!(join(&world), "no-such-room");
    mute(&mut world);
    for room in ["pot", "nil"] {
        assert_eq!(ask(&world, room), ["muted"; 2]);
    }
    assert_eq!(join(&world), "muted");
}

#[test]
fn nobody_locks_the_members_of_an_empty_room_out_by_one_that_looks_like_it() {
    let mut world = world();
    let id = rc("id-of-alice");
    let join = |world: &World, room: &'static str| code(world, Request::Join { room });
    // Their own private room, in which nobody is.
    world.chat.roles.set_owner(&id, &rc("dog"), true);
    world.chat.rooms.change_rules(&rc("dog"), Some(RoomRules::private(&id)));
    assert_eq!((join(&world, "dog"), join(&world, "d0g")), ("done", "bad-room"));
    // Their own public room, for which somebody was quicker.
    world.chat.roles.set_owner(&id, &rc("cow"), true);
    world.chat.rooms.open("c0w");
    assert_eq!(join(&world, "cow"), "done");
    // The name is free when the rules are gone.
    world.chat.rooms.change_rules(&rc("dog"), None);
    assert_eq!(join(&world, "d0g"), "done");
}

#[test]
fn nobody_uses_up_all_rules() {
    let mut world = world();
    let rule = |world: &World| {
        code(
            world,
            Request::Rule(AskedRule::Make { room: Some("tea"), rule: Rule::Readonly(true) }),
        )
    };
    let made = |world: &mut World, range: std::ops::Range<usize>, by: &str| {
        for number in range {
            let rules = RoomRules::private(by);
            world.chat.rooms.change_rules(&rc(&format!("room{number}")), Some(rules));
        }
    };
    made(&mut world, 0..ROOM_RULES_OF_ONE_MAX - 1, "id-of-alice");
    assert_eq!(rule(&world), "done");
    made(&mut world, 0..ROOM_RULES_OF_ONE_MAX, "id-of-alice");
    assert_eq!(rule(&world), "too-many");
    let delete = |world: &World| {
        let delete = AskedDeed::DeleteRoom { room: Some("tea") };
        code(world, Request::Moderate(delete))
    };
    assert_eq!(delete(&world), "done");
    // A room that has rules already may get others.
    world.chat.rooms.change_rules(&rc("tea"), Some(RoomRules::private("of-carol")));
    assert_eq!(rule(&world), "done");
    world.chat.rooms.change_rules(&rc("tea"), None);
    made(&mut world, 0..1, "of-carol");
    assert_eq!(rule(&world), "done");
    let of_all = 1_000 + ROOM_RULES_MAX - ROOM_RULES_OF_KEEPERS;
    made(&mut world, 1_000..of_all, "of-carol");
    let refused = world.decide(
        ALICE,
        Request::Rule(AskedRule::Make { room: Some("tea"), rule: Rule::Readonly(true) }),
    );
    assert_eq!(refusal(refused), RoomRefusal::TooManyRules.into());
    assert_eq!(delete(&world), "done");
    // Moderators have places of their own.
    world.chat.roles.grant("id-of-alice", ChatRole::Moderator);
    assert_eq!(rule(&world), "done");
    made(&mut world, of_all..of_all + ROOM_RULES_OF_KEEPERS, "of-carol");
    assert_eq!((rule(&world), delete(&world)), ("too-many", "done"));
}

#[test]
fn a_room_that_was_public_for_a_while_hides_the_past_from_whom_it_was_hidden() {
    let mut world = world();
    let ids = [rc("id-of-bob")];
    let mut rules = RoomRules::private("id-of-alice");
    rules.make(Rule::Private(false), &[]);
    rules.make(Rule::Private(true), &ids);
    world.chat.rooms.change_rules(&rc("dog"), Some(rules.clone()));
    assert_eq!(world.chat.hidden_upto("dog", Some("id-of-bob")), 0, "he was there");
    for _ in 0..2 {
        rules.make(Rule::Private(false), &[]);
        rules.make(Rule::Private(true), &ids);
    }
    rules.invite(&rc("id-of-carol"), 7);
    rules.make(Rule::Private(false), &[]);
    rules.make(Rule::Private(true), &[rc("id-of-carol")]);
    world.chat.rooms.change_rules(&rc("dog"), Some(rules));
    assert_eq!(world.chat.hidden_upto("dog", Some("id-of-carol")), 7);
    assert!(!world.chat.may_enter_room("dog", Some("id-of-bob")), "he was not there any more");
}
