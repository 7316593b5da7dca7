//! The list of rooms, and what people are told of it.

use super::world::World;
use mio_chat::limits::{NAMES_LISTED_MAX, ROOMS_LASTING_MS};
use serde_json::json;

#[test]
fn a_room_in_which_something_was_said_stays_in_the_list_and_a_new_one_is_told_of() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let rooms = |world: &mut World| world.ask(alice, "rooms", json!({}))["rooms"].clone();
    let said =
        [("quiet", None), ("tea", Some("hot")), ("7-up", Some("cold")), ("zoo", Some("wild"))];
    for (room, text) in said {
        world.ask(bob, "join", json!({"room": room}));
        if let Some(text) = text {
            world.ask(bob, "post", json!({"room": room, "text": text}));
        }
        let told = ("room".to_owned(), json!({"room": room, "topic": null, "count": 1}));
        assert!(world.heard(alice).contains(&told), "{room}");
    }
    world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}));
    for (room, _) in said {
        world.ask(bob, "leave", json!({"room": room}));
    }
    world.advance(ROOMS_LASTING_MS);
    let listed = |room: &str, count| json!({"room": room, "topic": null, "count": count});
    let all = json!([listed("lobby", 2), listed("zoo", 0), listed("7-up", 0), listed("tea", 0)]);
    assert_eq!(rooms(&mut world), all);
    // Nor is somebody who comes back with rooms that they need not pay for.
    let (dave, welcome) = world.arrive("dave");
    world.ask(dave, "join", json!({"room": "solo"}));
    world.disconnect(dave);
    world.heard(alice);
    let (dave, _) = world.enter(json!({"token": welcome["token"]}));
    assert!(world.heard(alice).iter().all(|(name, _)| name != "room"));
    world.ask(dave, "leave", json!({"room": "solo"}));
    // The second to come is no news.
    world.ask(bob, "join", json!({"room": "tea"}));
    world.heard(alice);
    let (carol, _) = world.arrive("carol");
    world.ask(carol, "join", json!({"room": "tea"}));
    assert!(world.heard(alice).iter().all(|(name, _)| name != "room"));
}

#[test]
fn everybody_is_told_of_rooms_that_are_empty_private_or_there_again() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let told = |world: &mut World| {
        world.advance(ROOMS_LASTING_MS + 1);
        let heard = world.heard(alice).into_iter();
        heard.filter_map(|(name, it)| (name == "rooms").then_some(it)).collect::<Vec<_>>()
    };
    let listed = |room: &str, count| json!({"room": room, "topic": null, "count": count});
    world.ask(bob, "join", json!({"room": "tea"}));
    world.ask(bob, "post", json!({"room": "tea", "text": "hot"}));
    for room in ["void", "brief"] {
        world.ask(bob, "join", json!({"room": room}));
    }
    assert!(told(&mut world).is_empty());
    for room in ["tea", "void", "brief"] {
        world.ask(bob, "leave", json!({"room": room}));
    }
    // Somebody is in this one again when it is told.
    world.ask(bob, "join", json!({"room": "brief"}));
    let all = json!({"rooms": [listed("brief", 1), listed("tea", 0)], "gone": ["void"]});
    assert_eq!(told(&mut world), [all]);
    assert!(told(&mut world).is_empty());
    // The last member goes with the connection, and comes back with the room.
    let (carol, welcome) = world.arrive("carol");
    world.ask(carol, "join", json!({"room": "den"}));
    world.disconnect(carol);
    assert_eq!(told(&mut world), [json!({"rooms": [], "gone": ["den"]})]);
    let (carol, _) = world.enter(json!({"token": welcome["token"]}));
    assert_eq!(told(&mut world), [json!({"rooms": [listed("den", 1)], "gone": []})]);
    // A private room is nowhere, and one that is public again is there.
    world.answer_later(carol, "register", json!({"password": "correct horse"}));
    world.ask(carol, "join", json!({"room": "own"}));
    for (is_private, told_of) in [
        (true, json!({"rooms": [], "gone": ["own"]})),
        (false, json!({"rooms": [listed("own", 1)], "gone": []})),
    ] {
        world.ask(carol, "room", json!({"room": "own", "private": is_private}));
        assert_eq!(told(&mut world), [told_of]);
    }
    world.ask(carol, "room", json!({"room": "own", "delete": true}));
    assert_eq!(told(&mut world), [json!({"rooms": [], "gone": ["own"]})]);
}

#[test]
fn nobody_is_told_that_a_private_room_empties_or_is_deleted() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (carol, _) = world.arrive("carol");
    world.answer_later(carol, "register", json!({"password": "correct horse"}));
    let told = |world: &mut World| {
        world.advance(ROOMS_LASTING_MS + 1);
        let heard = world.heard(alice);
        heard.into_iter().filter(|(_, it)| it.to_string().contains("den")).collect::<Vec<_>>()
    };
    world.ask(carol, "join", json!({"room": "den"}));
    world.ask(carol, "room", json!({"room": "den", "private": true}));
    // Others knew it until now.
    assert!(!told(&mut world).is_empty());
    for request in ["leave", "join"] {
        world.ask(carol, request, json!({"room": "den"}));
        assert_eq!(told(&mut world), []);
    }
    world.ask(carol, "room", json!({"room": "den", "delete": true}));
    assert_eq!(told(&mut world), []);
}

#[test]
fn a_room_in_which_something_was_said_a_moment_ago_is_not_said_to_be_gone() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    for room in ["void", "tea"] {
        world.ask(bob, "join", json!({"room": room}));
    }
    world.ask(bob, "leave", json!({"room": "void"}));
    world.advance(ROOMS_LASTING_MS / 2);
    // The rooms with a history are looked up, and nothing was said in that one yet.
    world.ask(alice, "rooms", json!({}));
    world.ask(bob, "post", json!({"room": "tea", "text": "hot"}));
    world.ask(bob, "leave", json!({"room": "tea"}));
    world.advance(ROOMS_LASTING_MS / 2 + 1);
    let rooms = json!([{"room": "tea", "topic": null, "count": 0}]);
    let told = ("rooms".to_owned(), json!({"rooms": rooms, "gone": ["void"]}));
    assert!(world.heard(alice).contains(&told));
}

#[test]
fn many_empty_rooms_are_told_of_in_parts() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let rooms: Vec<String> = (0..NAMES_LISTED_MAX + 5).map(|nr| format!("r{nr}")).collect();
    for room in &rooms {
        world.ask(bob, "join", json!({"room": room}));
        world.ask(bob, "leave", json!({"room": room}));
    }
    world.heard(alice);
    let mut numbers = Vec::new();
    for _ in 0..3 {
        world.advance(ROOMS_LASTING_MS + 1);
        let heard = world.heard(alice).into_iter().filter(|(name, _)| name == "rooms");
        numbers.extend(heard.map(|(_, it)| it["gone"].as_array().map_or(0, Vec::len)));
    }
    assert_eq!(numbers, [NAMES_LISTED_MAX, 5]);
}
