//! Passwords that are guessed: they take longer and longer, and the person whose password it is
//! does not wait.

use super::world::World;
use mio_chat::limits::{
    GUESS_DELAY_MS, GUESS_FORGOTTEN_MS, GUESSES_FREE, GUESSES_HELD_MAX,
    GUESSES_HELD_PER_ADDRESS_MAX, PASSWORD_LOOK_MS, PASSWORDS_BURST,
};
use mio_socketio::testing::Client;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};

const PASSWORD: &str = "correct-horse";

/// A client at an address that nobody else has.
fn from(world: &mut World, number: u8) -> Client {
    let ip = IpAddr::V4(Ipv4Addr::new(203, 0, 113, number));
    let client = world.dial("/chat").from(ip).connect().expect("they are let in");
    world.expect(client, "welcome");
    client
}

fn guess(password: &str) -> Value {
    json!({"nick": "alice", "password": password})
}

/// A chat in which Alice has registered at address 1, and many addresses have guessed her password.
fn guessed() -> (World, Client) {
    let mut world = World::new();
    let alice = from(&mut world, 1);
    world.ask(alice, "nick", json!({"nick": "alice"}));
    world.answer_later(alice, "register", json!({"password": PASSWORD}));
    for number in 0..u8::try_from(GUESSES_FREE).expect("a few") {
        let foe = from(&mut world, 100 + number);
        let answer = world.answer_later(foe, "login", guess("wrong-horse"));
        assert_eq!(answer["code"], "wrong-password", "{answer}");
    }
    (world, alice)
}

#[test]
fn many_addresses_that_guess_one_password_wait() {
    let (mut world, _alice) = guessed();
    let foe = from(&mut world, 200);
    let asked = world.later(foe, "login", guess("wrong-horse"));
    world.advance(GUESS_DELAY_MS - PASSWORD_LOOK_MS);
    assert!(world.answered(asked).is_none(), "it is not checked yet");
    world.advance(2 * PASSWORD_LOOK_MS);
    let answer = world.answered(asked).expect("an answer").args.remove(0);
    assert_eq!(answer["code"], "wrong-password");
    // The next one waits for longer, and the right one counts from anywhere.
    let elsewhere = from(&mut world, 201);
    let asked = world.later(elsewhere, "login", guess(PASSWORD));
    world.advance(GUESS_DELAY_MS + 2 * PASSWORD_LOOK_MS);
    assert!(world.answered(asked).is_none(), "it waits for twice as long");
    world.advance(GUESS_DELAY_MS);
    assert_eq!(world.answered(asked).expect("an answer").args.remove(0)["nick"], "alice");
}

#[test]
fn a_person_does_not_wait_where_they_are_or_have_been() {
    let (mut world, alice) = guessed();
    let beside = from(&mut world, 1);
    assert_eq!(world.answer_later(beside, "login", guess(PASSWORD))["nick"], "alice");
    world.disconnect(alice);
    world.disconnect(beside);
    let again = from(&mut world, 1);
    assert_eq!(world.answer_later(again, "login", guess(PASSWORD))["nick"], "alice");
}

const BUSY: &str = "busy: too many have tried alice's password just now; try again in a moment, or \
                    from where alice has logged in before";

#[test]
fn each_address_has_few_who_wait_and_who_goes_meanwhile_is_forgotten() {
    let (mut world, _alice) = guessed();
    let mut foes = Vec::new();
    for _ in 0..GUESSES_HELD_PER_ADDRESS_MAX {
        let foe = from(&mut world, 150);
        world.later(foe, "login", guess("wrong-horse"));
        foes.push(foe);
    }
    let late = from(&mut world, 150);
    assert_eq!(world.refused(late, "login", guess("wrong-horse")), BUSY);
    // Other names are as before.
    let other = json!({"nick": "bob", "password": PASSWORD});
    assert!(world.refused(late, "login", other).starts_with("not-registered"));
    // A place is free as soon as its client has gone.
    world.cut(foes.remove(0));
    let next = world.later(late, "login", guess("wrong-horse"));
    assert!(world.answered(next).is_none(), "it waits");
    world.cut(foes.remove(0));
    world.cut(late);
    // Theirs are not checked, and no wrong ones: one is forgotten meanwhile.
    world.advance(GUESS_FORGOTTEN_MS);
    let fresh = from(&mut world, 202);
    assert_eq!(world.answer_later(fresh, "login", guess(PASSWORD))["nick"], "alice");
}

#[test]
fn those_who_guess_cannot_keep_a_person_out_who_is_at_a_new_address() {
    let (mut world, _alice) = guessed();
    let mut asked = Vec::new();
    for number in 0..GUESSES_HELD_MAX {
        let number = u8::try_from(number / GUESSES_HELD_PER_ADDRESS_MAX).expect("a few");
        let foe = from(&mut world, 150 + number);
        asked.push(world.later(foe, "login", guess("wrong-horse")));
    }
    let alice = from(&mut world, 230);
    let hers = world.later(alice, "login", guess(PASSWORD));
    let mut refused = 0;
    for foe in asked {
        let Some(mut answer) = world.answered(foe) else { continue };
        assert_eq!(answer.args.remove(0)["code"], "busy");
        refused += 1;
    }
    assert_eq!(refused, 1, "one of them has given up a place");
    world.advance(GUESS_DELAY_MS + 2 * PASSWORD_LOOK_MS);
    assert_eq!(world.answered(hers).expect("an answer").args.remove(0)["nick"], "alice");
}

#[test]
fn trying_names_that_nobody_has_costs_as_much_as_trying_passwords() {
    let mut world = World::new();
    let foe = from(&mut world, 9);
    for attempt in 0..PASSWORDS_BURST {
        let guess = json!({"nick": format!("name{attempt}"), "password": PASSWORD});
        assert!(world.refused(foe, "login", guess).starts_with("not-registered"));
    }
    let guess = json!({"nick": "alice", "password": PASSWORD});
    let refused = world.refused(foe, "login", guess);
    assert_eq!(refused, "too-many: too many passwords from your address, try again in 2 s");
}
