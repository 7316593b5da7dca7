//! A room with too many people to name.

use super::world::{GATHER_MS, World, nicks};
use mio_chat::limits::{
    MEMBERS_LISTED_MAX, NOTICE_GATHER_MS, PRESENCE_MEMBERS_AGAIN, PRESENCE_MEMBERS_MAX,
    PRESENCE_TOLD_PER_S, told_after_ms,
};
use mio_socketio::testing::Client;
use serde_json::{Value, json};

/// Time after which the smallest crowd is told about changes.
const CROWD_MS: u64 = GATHER_MS + 50;

/// Brings in `count` people without a name.
fn arrive(world: &mut World, count: usize) -> Vec<Client> {
    let connect = |_| world.connect("/chat", json!({})).expect("they are let in");
    (0..count).map(connect).collect()
}

fn presences(world: &mut World, client: Client) -> Vec<Value> {
    let heard = world.heard(client).into_iter().filter(|(name, _)| name == "presence");
    heard.map(|(_, told)| told).collect()
}

#[test]
fn a_crowd_is_counted_and_named_again_when_it_has_shrunk() {
    let mut world = World::without_history();
    let (alice, _) = world.arrive("alice");
    let mut crowd = arrive(&mut world, PRESENCE_MEMBERS_MAX - 1);
    world.advance(CROWD_MS);
    let told = presences(&mut world, alice).pop().expect("told");
    assert_eq!(told["count"], PRESENCE_MEMBERS_MAX);
    assert!(told["joined"].is_array());

    let (bob, welcome) = world.arrive("bob");
    let members = welcome["rooms"][0]["members"].as_array().expect("members").len();
    assert_eq!(members, PRESENCE_MEMBERS_MAX + 1);
    world.advance(CROWD_MS);
    let counts = json!({"room": "lobby", "count": PRESENCE_MEMBERS_MAX + 1});
    assert_eq!(presences(&mut world, alice), std::slice::from_ref(&counts));
    // The person who made it a crowd is told too, and later newcomers get no names.
    assert_eq!(presences(&mut world, bob), [counts]);
    let (_, welcome) = world.arrive("carol");
    let lobby = &welcome["rooms"][0];
    assert_eq!(lobby["members"], json!([]));
    assert_eq!(lobby["count"], PRESENCE_MEMBERS_MAX + 2);
    let who = world.ask(alice, "who", json!({"room": "lobby"}));
    let listed = nicks(&who["members"]);
    assert!(listed.len() <= MEMBERS_LISTED_MAX && listed.contains(&"carol"));

    // Names are told again only below a lower number, so that this does not change with each
    // arrival.
    let rest = crowd.split_off(PRESENCE_MEMBERS_AGAIN - 3);
    let (last, others) = rest.split_last().expect("many");
    others.iter().for_each(|client| world.disconnect(*client));
    world.advance(CROWD_MS);
    let told = presences(&mut world, alice).pop().expect("told");
    assert_eq!(told, json!({"room": "lobby", "count": PRESENCE_MEMBERS_AGAIN + 1}));
    world.disconnect(*last);
    world.advance(CROWD_MS);
    let told = presences(&mut world, alice).pop().expect("told");
    assert_eq!(told["members"].as_array().expect("all").len(), PRESENCE_MEMBERS_AGAIN);
    assert_eq!((&told["joined"], &told["left"]), (&Value::Null, &Value::Null));
    world.arrive("dan");
    world.advance(CROWD_MS);
    let told = presences(&mut world, alice).pop().expect("told");
    assert_eq!((nicks(&told["joined"]), &told["left"]), (vec!["dan"], &json!([])));
}

#[test]
fn the_larger_a_room_the_less_often_it_is_told_who_came_and_went() {
    assert_eq!(told_after_ms(50, NOTICE_GATHER_MS), NOTICE_GATHER_MS);
    assert_eq!(told_after_ms(20_000, NOTICE_GATHER_MS), 10_000);
    let mut world = World::without_history();
    let (alice, _) = world.arrive("alice");
    arrive(&mut world, PRESENCE_TOLD_PER_S as usize / 2);
    world.advance(1_000);
    presences(&mut world, alice);
    // Five seconds with ten arrivals a second.
    for _ in 0..50 {
        arrive(&mut world, 1);
        world.advance(100);
    }
    let told = presences(&mut world, alice).len();
    assert!((8..=10).contains(&told), "{told} in 5 s");
    // A new name changes no count.
    world.advance(1_000);
    presences(&mut world, alice);
    world.ask(alice, "nick", json!({"nick": "alicia"}));
    world.advance(1_000);
    assert!(presences(&mut world, alice).is_empty());
}
