//! Coming in.

use super::*;
use crate::chat::access::Pass;
use crate::chat::fact::{Admitted, Entered};
use crate::chat::history::{Ban, Token};
use crate::chat::recovery::Own;
use crate::chat::refusal::Ending;
use crate::chat::request::{Enter, Fresh, Newcomer, Visitor};
use crate::limits::{DEVICES_HERE_MAX, TOKEN_MS};
use mio_socketio::PeerAddress;
use std::net::IpAddr;

fn from(ip: &str) -> Option<PeerAddress> {
    Some(PeerAddress::Ip(ip.parse::<IpAddr>().expect("an address")))
}

/// A newcomer of whom nothing is known.
const GUEST: Newcomer = Newcomer::Guest { back: None };

/// The outcome when Carol comes, whom nobody knows so far.
fn enters(world: &World, newcomer: Newcomer) -> Entered {
    let enter = Enter { from: None, interface: &RootInterface, newcomer, pass: Pass::Nothing };
    match fact(world.decide(CAROL, Request::Enter(enter))) {
        Fact::Entered(entered) => entered,
        other => panic!("somebody comes in, not {other:?}"),
    }
}

#[test]
fn a_newcomer_at_the_line_door_is_the_next_guest_whose_name_is_free() {
    let mut world = World::new();
    let entered = enters(&world, GUEST);
    assert_eq!((entered.by, &*entered.nick, entered.guest), (CAROL, "guest-1", Some(1)));
    assert_eq!(entered.rooms, [rc("lobby")]);
    world.chat.people.count_guest(6);
    world.chat.people.hold(NOW.ms, &rc("id-of-guest"), &rc("guest-7"));
    let entered = enters(&world, GUEST);
    assert_eq!((&*entered.nick, entered.guest), ("guest-8", Some(8)));
}

#[test]
fn nobody_comes_in_who_is_banned() {
    let mut world = World::new();
    let network = "192.0.2.0/24".parse().expect("a network");
    let ban = Ban::of_operator(network, Some(7), String::new());
    world.chat.bans.set(ban);
    let decide = |ip, newcomer| {
        let enter =
            Enter { from: from(ip), interface: &RootInterface, newcomer, pass: Pass::Nothing };
        world.decide(CAROL, Request::Enter(enter)).map(|_| ())
    };
    let banned = Err(Refusal::Banned(Ending { until_ms: Some(7), why: "".into() }));
    assert_eq!(decide("192.0.2.1", GUEST), banned);
    assert_eq!(decide("192.0.3.1", GUEST), Ok(()));
}

#[test]
fn a_client_of_the_main_namespace_comes_back_to_its_rooms_and_its_name() {
    let mut world = World::new();
    let back = |nick| {
        let own = Own { nick: rc(nick), id: Some(rc("id-of-carol")), ..Own::default() };
        Newcomer::Guest { back: Some(own) }
    };
    let entered = enters(&world, GUEST);
    assert_eq!((entered.guest, entered.rooms), (Some(1), vec![rc("lobby")]));
    world.rooms = vec!["tea"];
    let entered = enters(&world, back("carol"));
    assert_eq!((&*entered.nick, entered.guest), ("carol", None));
    assert_eq!(entered.rooms, [rc("tea")]);
    assert_eq!(entered.way.id.as_deref(), Some("id-of-carol"));
    assert_eq!(&*enters(&world, back("alice")).nick, "alice~2");
    assert_eq!(&*enters(&world, back("server")).nick, "guest-1");
}

/// The data of a client that has shown this token, with this record in the history.
fn visitor(token: Option<&str>, stored: Option<KeptPerson>) -> Visitor {
    let shown = token.map(Token::of);
    let fresh = Fresh { id: rc("fresh-id"), secret: rc("fresh") };
    let (nick, client, since, back) = (Some("carol".to_owned()), Client::App, None, None);
    Visitor { nick, client, shown, token: shown, since, back, stored, fresh }
}

/// Carol's record in the history; her token is `carols`.
fn stored() -> KeptPerson {
    let record = KeptPerson::new(NOW, rc("id-of-carol"), "carols", rc("carol"), rc("lobby"));
    KeptPerson { rooms: vec![rc("tea")], is_known: true, is_here: false, ..record }
}

fn comes(world: &World, visitor: Visitor) -> Result<(Entered, Admitted), Refusal> {
    let newcomer = Newcomer::Visitor(Box::new(visitor));
    let enter = Enter { from: None, interface: &ChatInterface, newcomer, pass: Pass::Nothing };
    let Decision::Happens(Fact::Entered(mut entered)) =
        world.decide(CAROL, Request::Enter(enter))?
    else {
        panic!("somebody comes in, or is refused")
    };
    let admitted = entered.way.admitted.take().expect("they may be remembered");
    Ok((entered, *admitted))
}

#[test]
fn a_new_person_gets_an_id_a_token_and_the_nick_that_is_free() {
    let mut world = World::new();
    let (entered, admitted) = comes(&world, visitor(None, None)).expect("they come in");
    assert_eq!((&*entered.nick, entered.guest), ("carol", None));
    assert_eq!(entered.rooms, [rc("lobby")]);
    assert!(admitted.has_new_token && !admitted.is_back && !admitted.is_first);
    assert_eq!((&*admitted.record.id, admitted.record.token), ("fresh-id", Token::of("fresh")));
    assert!(!admitted.record.returns && !admitted.record.is_known);
    let called = |world: &World, nick: Option<&str>| {
        let nick = nick.map(str::to_owned);
        let entered = comes(world, Visitor { nick, ..visitor(None, None) });
        entered.map(|(entered, _)| entered.nick.to_string())
    };
    assert_eq!(called(&world, None), Ok("guest-1".to_owned()));
    assert_eq!(called(&world, Some(" dan ")), Ok("dan".to_owned()));
    assert_eq!(called(&world, Some("Alice")), Err(Refusal::Taken(rc("alice"))));
    world.chat.people.hold(NOW.ms, &rc("id-of-carol"), &rc("carol"));
    assert_eq!(called(&world, Some("carol")), Err(Refusal::Held(rc("carol"))));
}

#[test]
fn a_person_comes_back_by_a_token_to_their_nick_and_their_rooms() {
    let mut world = World::new();
    let back = || visitor(Some("carols"), Some(stored()));
    world.chat.people.hold(NOW.ms, &rc("id-of-carol"), &rc("carol"));
    world.rooms = vec!["lobby"];
    let (entered, admitted) = comes(&world, back()).expect("they come in");
    assert_eq!((&*entered.nick, entered.rooms), ("carol", vec![rc("tea")]));
    assert!(admitted.is_back && !admitted.has_new_token && !admitted.is_renamed);
    assert!(admitted.record.returns && admitted.record.is_here && !admitted.is_first);
    assert_eq!((admitted.left, admitted.ended), (vec![rc("lobby")], vec![]));
    // Somebody else has taken the nick.
    let taken = KeptPerson { nick: rc("alice"), ..stored() };
    let (entered, admitted) = comes(&world, visitor(Some("carols"), Some(taken))).expect("in");
    assert_eq!((&*entered.nick, admitted.is_renamed), ("alice~2", true));
    // An unknown token, or one that is too old, makes a new person.
    let (_, admitted) =
        comes(&world, Visitor { nick: None, ..visitor(Some("what"), None) }).expect("they come in");
    assert!(!admitted.is_back && admitted.has_new_token);
    let given_ms = NOW.unix_ms.cast_signed() - TOKEN_MS;
    let old = Some(KeptPerson { given_ms, ..stored() });
    let old = Visitor { nick: None, ..visitor(Some("carols"), old) };
    let (_, admitted) = comes(&world, old).expect("they come in");
    assert_eq!((admitted.is_back, admitted.ended), (false, vec![Token::of("carols")]));
}

#[test]
fn a_token_is_renewed_when_half_its_life_is_over() {
    let world = World::new();
    let given_ms = NOW.unix_ms.cast_signed() - TOKEN_MS / 2;
    let aging = || KeptPerson { given_ms, ..stored() };
    let (_, admitted) = comes(&world, visitor(Some("carols"), Some(aging()))).expect("in");
    assert!(admitted.has_new_token && admitted.ended.is_empty());
    let next = admitted.record.next.map(|(next, _)| next);
    assert_eq!((admitted.record.token, next), (Token::of("carols"), Some(Token::of("fresh"))));
    // Once the new one is used, the old one is invalid.
    let next = Some((Token::of("next"), NOW.unix_ms.cast_signed()));
    let (_, admitted) =
        comes(&world, visitor(Some("next"), Some(KeptPerson { next, ..aging() }))).expect("in");
    assert_eq!((admitted.record.token, admitted.has_new_token), (Token::of("next"), false));
    assert_eq!(admitted.ended, [Token::of("carols")]);
}

#[test]
fn a_person_who_is_here_already_comes_with_one_more_device() {
    let mut world = World::new();
    world.rooms = vec!["lobby", "tea"];
    let (entered, admitted) = comes(&world, visitor(Some("secret"), None)).expect("they come in");
    assert_eq!((&*entered.nick, &*admitted.record.id), ("alice", "id-of-alice"));
    assert!(admitted.is_back && admitted.is_first && !admitted.has_new_token);
    assert_eq!(entered.rooms, [rc("lobby"), rc("tea")]);
    for number in 1..DEVICES_HERE_MAX {
        let device = DeviceHere::new(&LineInterface, rc("lobby"), None);
        let socket = SocketId::new(100 + u32::try_from(number).expect("a few"), 1);
        world.chat.people.add(socket, device, ALICE);
    }
    let refused = comes(&world, visitor(Some("secret"), None)).map(|_| ());
    assert_eq!(refused, Err(Refusal::TooManyDevices));
}

#[test]
fn a_client_that_recovers_is_the_person_whom_it_has_kept() {
    let mut world = World::new();
    world.rooms = vec!["tea"];
    let own = |id| Own { nick: rc("carol"), id, has_gaps: true, ..Own::default() };
    let recovers = |id, stored| Visitor { back: Some(own(id)), since: Some(3), ..stored };
    let unwritten = recovers(Some(rc("id-of-carol")), visitor(None, None));
    let (entered, admitted) = comes(&world, unwritten).expect("they come in");
    assert_eq!((&*entered.nick, &*admitted.record.id), ("carol", "id-of-carol"));
    assert_eq!((entered.rooms, admitted.known), (vec![rc("tea")], vec![rc("tea")]));
    assert!(admitted.is_back && admitted.has_new_token && admitted.is_first);
    assert_eq!((admitted.recovered, admitted.since), (Some(false), None));
    // They have another token if they have not shown theirs.
    let token = Some(Token::of("carols"));
    let known = Visitor { token, ..visitor(None, Some(stored())) };
    let (_, admitted) = comes(&world, recovers(Some(rc("id-of-carol")), known)).expect("in");
    assert!(admitted.is_back && admitted.has_new_token);
    assert_eq!(admitted.ended, [Token::of("carols")]);
}

#[test]
fn who_may_not_be_remembered_comes_in_all_the_same() {
    let world = World::new();
    let seen = Visitor { since: Some(3), client: Client::Web, ..visitor(Some("lost"), None) };
    let (_, mut admitted) = comes(&world, seen).expect("they come in");
    assert!(admitted.is_first && admitted.record.is_known && admitted.record.returns);
    assert_eq!((admitted.is_back, admitted.since), (false, Some(3)));
    admitted.pass(Refusal::TooMany("too many".to_owned()));
    assert!(!admitted.is_first && !admitted.record.is_known && !admitted.record.returns);
    assert!(admitted.passing.is_some());
}

#[test]
fn a_client_that_asks_for_something_has_got_its_token() {
    let mut world = World::new();
    let remember = |world: &World| match world.decide(ALICE, Request::Remember) {
        Ok(Decision::Happens(Fact::Remembered(it))) => Some((it.returns, it.is_first)),
        Ok(Decision::IsSo(Already::Remembered)) => None,
        other => panic!("{other:?}"),
    };
    let set = |world: &mut World, change: fn(&mut Person, &mut KeptPerson)| {
        let alice = world.chat.people.get_mut(ALICE).expect("she is here");
        let mut record = alice.record.take().expect("a record");
        change(alice, &mut record);
        alice.record = Some(record);
    };
    assert_eq!(remember(&world), Some((false, true)));
    world.chat.people.visit_mut(ALICE).expect("a visit").client = Client::Web;
    assert_eq!(remember(&world), Some((true, true)));
    set(&mut world, |_, record| record.is_known = true);
    assert_eq!(remember(&world), Some((true, false)));
    set(&mut world, |alice, _| alice.passing = true);
    assert_eq!(remember(&world), None);
    set(&mut world, |alice, record| (alice.passing, record.returns) = (false, true));
    assert_eq!(remember(&world), None);
}
