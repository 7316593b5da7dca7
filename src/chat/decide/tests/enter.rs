//! Coming in.

use super::*;
use crate::chat::fact::{Entered, EnteredBy};
use crate::chat::history::Ban;
use crate::chat::recovery::Own;
use crate::chat::request::{Enter, Newcomer};
use mio_socketio::PeerAddress;
use std::net::IpAddr;

fn from(ip: &str) -> Option<PeerAddress> {
    Some(PeerAddress::Ip(ip.parse::<IpAddr>().expect("an address")))
}

/// What comes of it that Carol comes, who is nobody so far.
fn enters(world: &World, newcomer: Newcomer) -> Entered {
    let enter = Enter { from: None, newcomer };
    match fact(world.decide(CAROL, Request::Enter(enter))) {
        Fact::Entered(entered) => entered,
        other => panic!("somebody comes in, not {other:?}"),
    }
}

#[test]
fn a_newcomer_at_the_line_door_is_the_next_guest_whose_name_is_free() {
    let mut world = World::new();
    let entered = enters(&world, Newcomer::Lines);
    assert_eq!((entered.by, &*entered.nick, entered.guest), (CAROL, "guest-1", Some(1)));
    assert_eq!(entered.rooms, [rc("lobby")]);
    world.chat.people.count_guest(6);
    world.chat.people.hold(NOW.ms, &rc("id-of-guest"), &rc("guest-7"));
    let entered = enters(&world, Newcomer::Lines);
    assert_eq!((&*entered.nick, entered.guest), ("guest-8", Some(8)));
}

#[test]
fn nobody_comes_in_who_is_banned() {
    let mut world = World::new();
    let network = "192.0.2.0/24".parse().expect("a network");
    let ban = Ban { network, until_ms: Some(7), why: String::new() };
    world.chat.bans = vec![ban];
    let decide = |ip, newcomer| {
        let enter = Enter { from: from(ip), newcomer };
        world.decide(CAROL, Request::Enter(enter)).map(|_| ())
    };
    let banned = Err(Refusal::Banned(Some(7)));
    assert_eq!(decide("192.0.2.1", Newcomer::Lines), banned);
    assert_eq!(decide("192.0.2.1", Newcomer::Root { back: None }), banned);
    assert_eq!(decide("192.0.3.1", Newcomer::Lines), Ok(()));
}

#[test]
fn a_client_of_the_main_namespace_comes_back_to_its_rooms_and_its_name() {
    let mut world = World::new();
    let back = |nick| {
        let own = Own { nick: rc(nick), id: Some(rc("id-of-carol")), since: None, has_gaps: false };
        Newcomer::Root { back: Some(own) }
    };
    let entered = enters(&world, Newcomer::Root { back: None });
    assert_eq!((entered.guest, entered.rooms), (Some(1), vec![rc("lobby")]));
    world.rooms = vec!["tea"];
    let entered = enters(&world, back("carol"));
    assert_eq!((&*entered.nick, entered.guest), ("carol", None));
    assert_eq!(entered.rooms, [rc("tea")]);
    let EnteredBy::Root { id } = entered.door else { panic!("it is that namespace") };
    assert_eq!(id.as_deref(), Some("id-of-carol"));
    assert_eq!(&*enters(&world, back("alice")).nick, "alice~2");
    assert_eq!(&*enters(&world, back("server")).nick, "guest-1");
}
