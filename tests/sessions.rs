//! Sessions of Engine.IO over time, over all connections that carry them: the server in memory.

#![allow(dead_code, unreachable_pub, reason = "modules of a test")]

mod harness;
#[path = "harness/link.rs"]
mod link;

use fastrand::Rng;
use harness::World;
use link::{Link, Message, Response};
use mio_chat::chat::{Chat, Setup, chat};
use mio_socketio::limits::QUEUE_BYTES_MAX;
use mio_socketio::{EngineSettings, LineSettings};
use mio_wire::ws::{Opcode, masked_frame};

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
    let lines = LineSettings::default().rate_per_s(0);
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
        // Its waiting output keeps the server from reading its heartbeat.
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

/// One message of 8 MB, for which the pace makes its client wait some seconds.
const LONG: usize = 8_000_000;
/// The shortest of these waits.
const WAIT_MS: u64 = 1_500;
/// Heartbeats that soon time out.
const PING_MS: u64 = 400;
/// A client gives its server up if it is not asked for the interval and the timeout together.
const PATIENCE_MS: u64 = 2 * PING_MS;
/// How often a client checks for input.
const LOOK_MS: u64 = 10;

fn slow_world() -> World<Chat> {
    let engine = EngineSettings::default()
        .payload_bytes_max(LONG + 1_000)
        .rate_per_s(1_000)
        .ping_interval_ms(PING_MS)
        .ping_timeout_ms(PING_MS);
    World::new(chat(Setup { engine, ..Setup::default() }), LONG)
}

/// A client at a WebSocket of Engine.IO, which answers each heartbeat.
struct Talker {
    link: Link,
    heartbeat_ms: u64,
    longest_pause_ms: u64,
}

impl Talker {
    fn join(world: &mut World<Chat>, version: u8) -> Self {
        let mut link = Link::open(world, usize::MAX);
        link.websocket(&format!("/socket.io/?EIO={version}&transport=websocket"));
        let mut talker = Self { link, heartbeat_ms: world.now.ms, longest_pause_ms: 0 };
        talker.send(world, &[]);
        talker.link.pull(world, usize::MAX);
        assert_eq!(talker.link.response().map(|response| response.status), Some(101));
        if version == 4 {
            talker.send(world, &["40"]);
        }
        talker.listen(world);
        talker
    }

    fn send(&mut self, world: &mut World<Chat>, texts: &[&str]) {
        for text in texts {
            self.link.frame(Opcode::Text, text.as_bytes());
        }
        self.link.push(world, &mut Rng::with_seed(0), true);
        world.settle();
    }

    /// All input except heartbeats.
    fn listen(&mut self, world: &mut World<Chat>) -> Vec<String> {
        self.link.pull(world, usize::MAX);
        let mut texts = Vec::new();
        for message in self.link.messages() {
            match message {
                Message::Text(text) if text == "2" => {
                    let pause_ms = world.now.ms - self.heartbeat_ms;
                    self.longest_pause_ms = self.longest_pause_ms.max(pause_ms);
                    self.heartbeat_ms = world.now.ms;
                    self.send(world, &["3"]);
                }
                Message::Text(text) => texts.push(text),
                other => panic!("{other:?}"),
            }
        }
        texts
    }

    /// Lets time pass until something comes; returns it, and the milliseconds.
    fn wait(&mut self, world: &mut World<Chat>) -> (Vec<String>, u64) {
        let start_ms = world.now.ms;
        loop {
            world.advance(LOOK_MS);
            let texts = self.listen(world);
            if !texts.is_empty() {
                return (texts, world.now.ms - start_ms);
            }
        }
    }
}

fn long() -> String {
    format!("42[\"message\",\"{}\"]", "x".repeat(LONG))
}

const NEXT: &str = "42[\"message\",\"next\"]";

#[test]
fn whoever_waits_after_a_long_message_is_alive_and_the_next_one_is_not_lost() {
    let mut world = slow_world();
    let mut talker = Talker::join(&mut world, 4);
    talker.send(&mut world, &[&long(), NEXT]);
    assert!(talker.listen(&mut world).contains(&long()));
    let mut waited_ms = 0;
    loop {
        let (texts, ms) = talker.wait(&mut world);
        waited_ms += ms;
        if texts.iter().any(|text| text == NEXT) {
            break;
        }
    }
    assert!(waited_ms > WAIT_MS, "it had to wait: {waited_ms} ms");
    assert!(talker.longest_pause_ms < PATIENCE_MS, "{} ms", talker.longest_pause_ms);
}

#[test]
fn what_is_no_message_passes_while_its_sender_waits() {
    for version in [3, 4] {
        let mut world = slow_world();
        let mut talker = Talker::join(&mut world, version);
        talker.send(&mut world, &[&long()]);
        assert!(talker.listen(&mut world).contains(&long()));
        // In two pieces, as networks deliver it. The answer takes no time at all.
        let mut ping = Vec::new();
        masked_frame(&mut ping, Opcode::Ping, b"there?", [1, 2, 3, 4]);
        let client = talker.link.client;
        world.clients[client].send(&ping[..3]);
        world.settle();
        world.clients[client].send(&ping[3..]);
        world.settle();
        assert_eq!(world.clients[client].take(usize::MAX), b"\x8a\x06there?");
        if version == 3 {
            talker.send(&mut world, &["2"]);
            assert_eq!(talker.listen(&mut world), ["3"]);
        }
        talker.send(&mut world, &[NEXT]);
        let (texts, waited_ms) = talker.wait(&mut world);
        assert_eq!(texts[0], NEXT);
        assert!(waited_ms > WAIT_MS, "it had to wait: {waited_ms} ms");
    }
}
