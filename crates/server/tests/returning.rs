//! Clients that come back to other servers of their cluster: servers in memory, with an adapter
//! whose stream and sessions are a list and a map.

#![allow(dead_code, unreachable_pub, reason = "modules of a test")]

#[path = "returning/bus.rs"]
mod bus;
#[path = "recovery/guest.rs"]
mod guest;
mod harness;
#[path = "harness/link.rs"]
mod link;

use bus::{Bus, OnBus, State, answer, is_for, read};
use fastrand::Rng;
use guest::Guest;
use harness::World;
use mio_socketio::limits::{QUEUE_BYTES_MAX, RETURN_MS};
use mio_socketio::{Saved, Server};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

const PINGS_MS: u64 = 60_000;
const SEEDS: u64 = 150;
const STEPS: usize = 100;
const SERVERS: usize = 2;
const GUESTS: usize = 3;

fn world(bus: &Rc<RefCell<Bus>>, number: u8) -> World<State> {
    let [for_reading, for_answers] = [0; 2].map(|_| Rc::clone(bus));
    let mut random = u64::from(number) << 32;
    let server = Server::builder()
        .entropy(move |bytes| {
            random += 1;
            bytes
                .iter_mut()
                .zip(random.to_le_bytes().iter().cycle())
                .for_each(|(to, from)| *to = *from);
        })
        .adapter(OnBus(Rc::clone(bus)))
        .namespace("/", |events| {
            events
                .on_connect(|cx, connect| {
                    cx.state.told.push(format!("came {:?}", connect.recovered));
                    Ok(())
                })
                .on_args("join", |cx, event, room: String| _ = cx.join(event.socket, &room))
                .on_args("keep", |cx, event, data: String| cx.keep(event.socket, &data))
                .on_args("say", |cx, event, (room, text): (String, Value)| {
                    cx.state.told.push(format!("said {text}"));
                    cx.to(&room).except(event.socket).emit("said", text);
                })
                .on_args("close room", |cx, _, room: String| {
                    cx.to(&room).emit("said", "closed");
                    cx.to(&room).local().leave(&room);
                })
                .on_args("all", |cx, _, text: Value| cx.everyone().emit("said", text))
                .on_args("here", |cx, _, text: Value| cx.everyone().local().emit("here", text))
                .on_args("whisper", |cx, event, text: Value| cx.emit(event.socket, "said", text))
                .on("read", move |cx, _| while read(cx, &for_reading) {})
                .on("answer", move |cx, _| answer(cx, &for_answers))
                .on("interrupt", |cx, _| cx.cluster_interrupted())
                .on("away", |cx, _| cx.state.is_away = !cx.state.is_away)
        })
        .build(State::default());
    World::new(server, QUEUE_BYTES_MAX)
}

/// A server, and a client there that plays the adapter. It takes no part in recovery.
struct Node {
    world: World<State>,
    player: Guest,
}

impl Node {
    fn new(bus: &Rc<RefCell<Bus>>, number: u8) -> Self {
        let mut world = world(bus, number);
        let link = link::Link::open(&mut world, usize::MAX);
        let (sid, pid, got) = (String::new(), String::new(), Vec::new());
        let mut player = Guest { link, sid, pid, offset: None, got };
        player.enter(&mut world, "{}");
        Self { world, player }
    }

    fn ask(&mut self, event: Value) {
        self.player.ask(&mut self.world, &format!("42{event}"));
    }

    fn guest(&mut self) -> Guest {
        let mut guest = Guest::come(&mut self.world, usize::MAX);
        guest.read(&self.world);
        guest
    }

    fn told(&self) -> &[String] {
        &self.world.server.state().told
    }
}

fn one() -> (Rc<RefCell<Bus>>, Node) {
    let bus = Rc::default();
    let node = Node::new(&bus, 1);
    (bus, node)
}

#[test]
fn a_client_gets_events_in_the_order_of_the_stream() {
    let (_, mut node) = one();
    let mut guest = node.guest();
    guest.ask(&mut node.world, r#"42["join","a"]"#);
    guest.ask(&mut node.world, r#"42["whisper",1]"#);
    for event in [json!(["say", "a", 2]), json!(["here", 7]), json!(["close room", "a"])] {
        node.ask(event);
    }
    guest.read(&node.world);
    assert_eq!(guest.got, [r#"["here",7]"#], "only what is kept waits");
    assert_eq!(guest.offset.as_deref(), Some("0"), "the client has seen nothing of the stream");
    node.ask(json!(["read"]));
    guest.read(&node.world);
    // It was in the room when the last one was sent.
    assert_eq!(guest.got[1..], [r#"["said",1]"#, r#"["said",2]"#, r#"["said","closed"]"#]);
    assert_eq!(guest.offset.as_deref(), Some("3"));
    // Others do not wait.
    node.player.read(&node.world);
    assert_eq!(node.player.got, [r#"["here",7]"#]);
}

#[test]
fn events_are_sent_at_once_if_the_adapter_fails() {
    let (_, mut node) = one();
    let mut guest = node.guest();
    node.ask(json!(["all", 1]));
    node.ask(json!(["interrupt"]));
    guest.read(&node.world);
    assert_eq!(guest.got, [r#"["said",1]"#]);
    node.ask(json!(["read"]));
    guest.read(&node.world);
    assert_eq!(guest.got.len(), 1, "it is not heard once more");
    node.ask(json!(["away"]));
    node.ask(json!(["all", 2]));
    guest.ask(&mut node.world, r#"42["whisper",3]"#);
    guest.read(&node.world);
    assert_eq!(guest.got[1..], [r#"["said",2]"#, r#"["said",3]"#]);
    assert_eq!(guest.offset.as_deref(), Some("1"), "the last entry that was read");
}

#[test]
fn a_client_waits_and_is_then_as_it_was() {
    let (bus, mut node) = one();
    let mut guest = node.guest();
    for ask in [r#"["join","a"]"#, r#"["keep","cake"]"#] {
        guest.ask(&mut node.world, &format!("42{ask}"));
    }
    let sid = guest.sid.clone();
    guest.cut(&mut node.world);
    assert_eq!(bus.borrow().sessions.len(), 1);
    node.ask(json!(["say", "a", 1]));
    let mut other = Node::new(&bus, 2);
    guest.back(&mut other.world, usize::MAX);
    // It need not wait for its answer.
    guest.ask(&mut other.world, r#"42["say","b","first"]"#);
    guest.ask(&mut other.world, r#"42["say","b","second"]"#);
    other.ask(json!(["read"]));
    other.ask(json!(["say", "a", 2]));
    assert_eq!(other.told(), ["came None", "said 2"], "the client has not been let in");
    other.ask(json!(["answer"]));
    let expected = [r#"came Some("cake")"#, r#"said "first""#, r#"said "second""#];
    assert_eq!(other.told()[2..], expected);
    other.ask(json!(["read"]));
    guest.read(&other.world);
    assert_eq!((guest.sid, guest.got), (sid, vec![r#"["said",1]"#.into(), r#"["said",2]"#.into()]));
    assert!(bus.borrow().sessions.is_empty(), "one session has one client");
}

#[test]
fn a_client_that_waits_too_long_begins_anew() {
    let (_, mut node) = one();
    let mut guest = node.guest();
    let sid = guest.sid.clone();
    guest.cut(&mut node.world);
    guest.back(&mut node.world, usize::MAX);
    guest.ask(&mut node.world, r#"42["whisper",1]"#);
    node.world.advance(RETURN_MS - 1);
    guest.read(&node.world);
    assert_eq!(guest.sid, sid, "it has not been let in");
    node.world.advance(1);
    guest.read(&node.world);
    assert_ne!(guest.sid, sid);
    assert_eq!(node.told().last().map(String::as_str), Some("came None"));
    assert!(node.world.server.state().asked.is_empty(), "the adapter is told");
    // An answer after that changes nothing.
    node.ask(json!(["answer"]));
    node.ask(json!(["read"]));
    guest.read(&node.world);
    assert_eq!(guest.got, [r#"["said",1]"#]);
    node.ask(json!(["away"]));
    guest.cut(&mut node.world);
    let sid = guest.sid.clone();
    guest.back(&mut node.world, usize::MAX);
    guest.read(&node.world);
    assert_ne!(guest.sid, sid, "it does not wait for nothing");
}

#[test]
fn a_client_that_goes_while_it_waits_may_come_back_once_more() {
    let (bus, mut node) = one();
    let mut guest = node.guest();
    let sid = guest.sid.clone();
    guest.cut(&mut node.world);
    guest.back(&mut node.world, usize::MAX);
    guest.cut(&mut node.world);
    node.ask(json!(["answer"]));
    assert_eq!(bus.borrow().sessions.len(), 1, "it is saved again");
    guest.back(&mut node.world, usize::MAX);
    node.ask(json!(["answer"]));
    guest.read(&node.world);
    assert_eq!(guest.sid, sid);
    // The server ends while somebody waits.
    guest.cut(&mut node.world);
    guest.back(&mut node.world, usize::MAX);
    node.world.stop();
    for client in [guest.link.client, node.player.link.client] {
        node.world.clients[client].close();
    }
    node.world.advance(PINGS_MS);
    node.world.server.check_empty();
}

#[test]
fn a_session_that_is_wrong_is_not_restored() {
    let wrong: [fn(&mut Saved); 4] = [
        |saved| saved.pid.push('x'),
        |saved| saved.namespace = "/other".to_owned(),
        |saved| saved.sid = "x".to_owned(),
        |saved| saved.sid.clone_from(&saved.data),
    ];
    for wrong in wrong {
        let (bus, mut node) = one();
        let here = node.guest();
        let mut guest = node.guest();
        guest.ask(&mut node.world, &format!(r#"42["keep","{}"]"#, here.sid));
        let sid = guest.sid.clone();
        guest.cut(&mut node.world);
        bus.borrow_mut().sessions.values_mut().for_each(wrong);
        guest.back(&mut node.world, usize::MAX);
        node.ask(json!(["answer"]));
        guest.read(&node.world);
        assert_ne!(guest.sid, sid);
        assert_eq!(node.told().last().map(String::as_str), Some("came None"));
    }
}

/// Guests come and go between servers that read the stream at their own pace, and each gets each
/// event once, in the order of the stream.
#[test]
fn nobody_misses_anything_or_gets_it_twice() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let bus: Rc<RefCell<Bus>> = Rc::default();
        let mut nodes: Vec<Node> = (0..SERVERS).map(|at| Node::new(&bus, at as u8 + 1)).collect();
        // Each with the server that it is at, unless it is away.
        let mut guests: Vec<(Guest, Option<usize>)> = Vec::new();
        for number in 0..GUESTS {
            let at = random.usize(..SERVERS);
            let mut guest = nodes[at].guest();
            guest.ask(&mut nodes[at].world, &format!(r#"42["join","{}"]"#, number % 2));
            guests.push((guest, Some(at)));
        }
        let sids: Vec<String> = guests.iter().map(|(guest, _)| guest.sid.clone()).collect();
        for step in 0..STEPS {
            let at = random.usize(..SERVERS);
            let number = random.usize(..GUESTS);
            let waits = |node: &Node, pid: &str| {
                node.world.server.state().asked.iter().any(|(_, asked, _)| asked == pid)
            };
            let (guest, place) = &mut guests[number];
            let is_waiting = nodes.iter().any(|node| waits(node, &guest.pid));
            match (random.u8(..10), *place) {
                (0..3, _) => nodes[at].ask(json!(["say", (number % 2).to_string(), step])),
                (3, _) => nodes[at].ask(json!(["all", step])),
                (4, _) => nodes[at].ask(json!(["read"])),
                (5, _) => nodes[at].ask(json!(["answer"])),
                (6, Some(here)) if !is_waiting => {
                    guest.ask(&mut nodes[here].world, &format!(r#"42["whisper",{step}]"#));
                }
                (7, Some(here)) => guest.read(&nodes[here].world),
                (8, Some(here)) => {
                    guest.cut(&mut nodes[here].world);
                    *place = None;
                }
                (9, None) if !is_waiting => {
                    guest.back(&mut nodes[at].world, usize::MAX);
                    *place = Some(at);
                }
                _ => (),
            }
        }
        for _ in 0..2 * GUESTS {
            nodes.iter_mut().for_each(|node| node.ask(json!(["read"])));
            nodes.iter_mut().for_each(|node| node.ask(json!(["answer"])));
        }
        for ((guest, place), sid) in guests.iter_mut().zip(&sids) {
            let at = place.unwrap_or_default();
            if place.is_none() {
                guest.back(&mut nodes[at].world, usize::MAX);
                nodes[at].ask(json!(["answer"]));
            }
            guest.read(&nodes[at].world);
            assert_eq!(&guest.sid, sid, "seed {seed}: it has come back each time");
        }
        let bus = bus.borrow();
        for (number, (guest, _)) in guests.iter().enumerate() {
            let room = (number % 2).to_string();
            let own = bus.entries.iter().filter(|entry| is_for(entry, &guest.sid, &[&room]));
            let expected: Vec<String> =
                own.map(|(_, _, data)| data["packet"]["data"].to_string()).collect();
            assert_eq!(guest.got, expected, "seed {seed}, guest {number}");
        }
    }
}
