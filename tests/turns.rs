//! What a turn does for one connection, whatever the others do: the server in memory, turn by
//! turn.

#![allow(unreachable_pub, reason = "modules of a test")]

mod harness;

use harness::World;
use mio_chat::chat::{Chat, chat};
use mio_chat::limits::QUEUE_BYTES_MAX;
use mio_chat::server::Door;

/// Room enough for everything that a client receives.
const WIDE: usize = 1 << 30;

fn world(rate_per_s: u32) -> World<Chat> {
    World::new(chat(Door { rate_per_s, ..Door::default() }, String::new()), QUEUE_BYTES_MAX)
}

/// Somebody who is called `nick` and reads everything.
fn arrive(world: &mut World<Chat>, nick: &str) -> usize {
    let client = world.connect(WIDE);
    world.clients[client].send(format!("/nick {nick}\n").as_bytes());
    world.settle();
    client
}

/// What `client` has received since the last call.
fn heard(world: &World<Chat>, client: usize) -> String {
    String::from_utf8(world.clients[client].take(WIDE)).expect("the chat sends text")
}

#[test]
fn flooders_delay_nobody_behind_them() {
    const FLOODERS: usize = 12;
    let mut world = world(0);
    let flooders: Vec<usize> =
        (0..FLOODERS).map(|number| arrive(&mut world, &format!("f{number}"))).collect();
    let observer = arrive(&mut world, "observer");
    let alice = arrive(&mut world, "alice");
    let flood = format!("{}\n", "x".repeat(4000)).repeat(1000);
    for flooder in &flooders {
        world.clients[*flooder].send(flood.as_bytes());
    }
    world.clients[alice].send(b"may I?\n");
    let mut turns = 0;
    while !heard(&world, observer).contains("<alice> may I?") {
        world.turn(|| true);
        turns += 1;
        assert!(turns < FLOODERS, "alice waits for the flood");
    }
    assert!(world.clients[flooders[0]].unread() > 0, "the flood goes on");
}
