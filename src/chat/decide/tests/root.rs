//! Requests of the clients of namespace `/`. Bob is at the line door, which makes no difference
//! here.

use super::*;
use crate::chat::fact::Relayed;
use crate::chat::request::Relay;

fn rename<'a>(world: &World, name: &'a str) -> Result<Decision<'a>, Refusal> {
    world.decide(BOB, Request::Rename { name, is_numbered: true })
}

#[test]
fn a_client_that_names_itself_again_has_its_name() {
    let mut world = World::new();
    let is_so = |decided| match decided {
        Ok(Decision::IsSo(Already::Called(nick))) => *nick == *"bob~12",
        _ => false,
    };
    world.chat.people.rename(NOW.ms, BOB, &rc("bob~12"));
    assert!(is_so(rename(&world, "bob")) && is_so(rename(&world, "bob~12")));
    for other in ["bo", "bobby", "dan"] {
        assert!(matches!(fact(rename(&world, other)), Fact::Renamed(_)), "{other}");
    }
}

#[test]
fn a_text_is_relayed_whole_with_its_authors_name() {
    let world = World::new();
    let relay = |text, shown| {
        let relay = Some(Relay::Named { text, is_for_all: true });
        let place = Where::Any(rc("lobby"));
        let say = Say { place, is_action: false, text: shown, relay };
        match fact(world.decide(BOB, Request::Say(say))) {
            Fact::Said(Said { relayed: Some(Relayed::Words { words, is_long, .. }), .. }) => {
                (words, is_long)
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(relay("hi", "hi"), ("bob: hi".to_owned(), false));
    assert_eq!(relay("hi there", "hi…"), ("bob: hi there".to_owned(), true));
}
