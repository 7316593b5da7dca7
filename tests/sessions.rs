//! Sessions of Engine.IO over time, whichever connections carry them: the server in memory.

#![allow(dead_code, unreachable_pub, reason = "modules of a test")]

#[path = "../crates/server/tests/harness/mod.rs"]
mod harness;
#[path = "../crates/server/tests/harness/link.rs"]
mod link;

use fastrand::Rng;
use harness::World;
use link::{Link, Response};
use mio_chat::chat::{Setup, chat};
use mio_socketio::LineDoor;
use mio_socketio::limits::QUEUE_BYTES_MAX;

fn exchange<S>(world: &mut World<S>, link: &mut Link, target: &str, body: &str) -> Response {
    let method = if body.is_empty() { "GET" } else { "POST" };
    link.request(method, target, "", body.as_bytes());
    link.push(world, &mut Rng::with_seed(0), true);
    world.settle();
    link.pull(world, usize::MAX);
    link.response().expect("a request is answered at once")
}

#[test]
fn whoever_is_slow_to_poll_is_not_taken_for_gone() {
    let lines = LineDoor::default().rate_per_s(0);
    let mut world = World::new(chat(Setup { lines, ..Setup::default() }), QUEUE_BYTES_MAX);
    for (version, heartbeat) in [(3, "1:2"), (4, "3")] {
        let target = format!("/socket.io/?EIO={version}&transport=polling");
        let mut link = Link::open(&mut world, usize::MAX);
        let open = exchange(&mut world, &mut link, &target, "");
        let open = String::from_utf8(open.body).expect("a packet is text");
        let target = format!("{target}&sid={}", open.split('"').nth(3).expect("an id"));
        if version == 4 {
            exchange(&mut world, &mut link, &target, "40");
        }
        let alice = world.connect(usize::MAX);
        let line = format!("{}\n", "x".repeat(200));
        world.clients[alice].send(line.repeat(2000).as_bytes());
        world.settle();
        // So much waits for it that its heartbeat is not looked at.
        let mut post = Link::open(&mut world, usize::MAX);
        post.request("POST", &target, "", heartbeat.as_bytes());
        post.push(&world, &mut Rng::with_seed(0), true);
        for _ in 0..20 {
            world.advance(10_000);
            assert_eq!(exchange(&mut world, &mut link, &target, "").status, 200);
        }
        world.clients[link.client].reset();
        world.settle();
    }
}
