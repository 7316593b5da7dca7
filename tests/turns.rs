//! A turn's work for one connection, independent of the others: the server in memory, turn by turn.

#![allow(unreachable_pub, reason = "modules of a test")]

mod harness;

use harness::{At, World};
use mio_chat::chat::{Chat, Setup, chat};
use mio_chat::limits::{ADDRESS_WORK_US_BURST, ADDRESS_WORK_US_PER_S};
use mio_socketio::limits::{GREEDY_US_MAX, QUEUE_BYTES_MAX, QUEUE_BYTES_READ_PAUSE};
use mio_socketio::{AddressLimits, LineSettings, Rate};

/// Enough space for everything that a client receives.
const WIDE: usize = 1 << 30;

fn world(rate_per_s: u32) -> World<Chat> {
    World::new(
        chat(Setup { lines: LineSettings::default().rate_per_s(rate_per_s), ..Setup::default() }),
        QUEUE_BYTES_MAX,
    )
}

/// A client with the nick `nick` that reads everything.
fn arrive(world: &mut World<Chat>, nick: &str) -> usize {
    let client = world.connect(WIDE);
    world.clients[client].send(format!("/nick {nick}\n").as_bytes());
    world.settle();
    client
}

/// The input of `client` since the last call.
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

#[test]
fn a_turn_ends_with_its_time_and_whoever_has_waited_comes_first() {
    const BUSY: usize = 40;
    let lines = LineSettings::default().rate_per_s(0);
    let server = chat(Setup { lines, ..Setup::default() });
    let mut world = World::measured(server, QUEUE_BYTES_MAX, 500);
    let alice = arrive(&mut world, "alice");
    let observer = arrive(&mut world, "observer");
    let busy: Vec<usize> = (0..BUSY).map(|n| arrive(&mut world, &format!("b{n}"))).collect();
    heard(&world, observer);
    for client in &busy {
        world.clients[*client].send("/rooms\n".repeat(200).as_bytes());
    }
    // Each question takes half a millisecond, so that each of them has at most two at a time.
    world.turn(|| true);
    world.clients[alice].send(b"one\ntwo\nthree\n");
    let mut said = Vec::new();
    let mut turns = 1;
    while said.len() < 3 {
        world.turn(|| true);
        turns += 1;
        let lines = heard(&world, observer);
        said.extend(lines.lines().filter(|line| line.starts_with("<alice>")).map(str::to_owned));
        assert!(turns < BUSY, "alice waits until each has had a whole turn");
    }
    assert_eq!(said, ["<alice> one", "<alice> two", "<alice> three"]);
    let answers = |client: &usize| heard(&world, *client).matches("* #lobby").count();
    let answered: usize = busy.iter().map(answers).sum();
    assert!((turns..=turns * 20).contains(&answered), "{answered} answers in {turns} turns");
}

#[test]
fn questions_wait_until_the_answers_are_taken() {
    const QUESTIONS: usize = 100;
    const ANSWER_BYTES_MAX: usize = 40_000;
    for window in [1000, 50_000, WIDE] {
        let mut world = world(0);
        let topic = "t".repeat(300);
        for number in 0..110 {
            let client = world.connect(WIDE);
            let bytes = format!("/join r{number}\n/topic {topic}\n");
            world.clients[client].send(bytes.as_bytes());
        }
        let observer = arrive(&mut world, "observer");
        let alice = world.connect(window);
        let questions = "/rooms\n".repeat(QUESTIONS);
        world.clients[alice].send(format!("/nick alice\n{questions}done\nand gone").as_bytes());
        world.clients[alice].end();
        let mut told = Vec::new();
        loop {
            world.turn(|| true);
            assert!(world.connections.queued() <= QUEUE_BYTES_READ_PAUSE + ANSWER_BYTES_MAX);
            let taken = world.clients[alice].take(20_000);
            told.extend(&taken);
            let idle = !world.connections.is_unfinished() && taken.is_empty();
            if idle && !world.clients[alice].has_edge() {
                break;
            }
        }
        let told = String::from_utf8(told).expect("the chat sends text");
        assert_eq!(told.matches("* and 11 more\n").count(), QUESTIONS);
        assert!(world.clients[alice].is_ended());
        let said = heard(&world, observer);
        assert!(said.ends_with("<alice> done\n<alice> and gone\n"), "{said}");
    }
}

#[test]
fn many_rooms_are_listed_by_size_and_name() {
    const ROOMS: usize = 8000;
    let mut world = world(0);
    for number in 0..ROOMS {
        let client = world.connect(WIDE);
        world.clients[client].send(format!("/join r{:04}\n", ROOMS - 1 - number).as_bytes());
    }
    let alice = arrive(&mut world, "alice");
    for client in [ROOMS / 2, ROOMS / 2 + 1] {
        world.clients[client].send(b"/join r7000\n");
    }
    world.settle();
    heard(&world, alice);
    world.clients[alice].send(b"/rooms\n");
    world.settle();
    let told = heard(&world, alice);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[..3], ["* #r7000 3", "* #lobby 1", "* #r0000 1"]);
    assert_eq!((lines[99], lines[100]), ("* #r0097 1", "* and 7899 more"));
    assert_eq!(lines.len(), 101);
}

#[test]
fn what_a_client_sent_before_it_closed_is_said_whoever_speaks_meanwhile() {
    const LINES: usize = 5000;
    let mut world = world(20);
    let observer = arrive(&mut world, "observer");
    let alice = arrive(&mut world, "alice");
    let bob = arrive(&mut world, "bob");
    let paste: String = (0..LINES).map(|number| format!("line {number}\n")).collect();
    world.clients[alice].send(format!("{paste}half a li").as_bytes());
    world.settle();
    world.clients[alice].close();
    let mut said = Vec::new();
    for number in 0..LINES / 20 {
        world.clients[bob].send(format!("meanwhile {number}\n").as_bytes());
        world.advance(1000);
        said.extend(heard(&world, observer).lines().map(str::to_owned));
    }
    assert_eq!(world.connections.queued(), 0);
    let from_alice: Vec<&str> =
        said.iter().filter_map(|line| line.strip_prefix("<alice> ")).collect();
    assert_eq!(from_alice.len(), LINES);
    assert!((0..LINES).all(|number| from_alice[number] == format!("line {number}")));
    assert_eq!(said.iter().filter(|line| *line == "* alice left").count(), 1);
    assert_eq!(world.connections.len(), 2);
}

#[test]
fn those_who_take_much_of_the_time_come_after_everybody_else() {
    const BUSY: usize = 40;
    const STEP_US: u64 = 50;
    let lines = LineSettings::default().rate_per_s(0);
    let work_us = Rate::per_second(ADDRESS_WORK_US_PER_S, ADDRESS_WORK_US_BURST);
    let addresses = AddressLimits::default().work_us(work_us);
    let server = chat(Setup { lines, addresses, ..Setup::default() });
    let mut world = World::measured(server, QUEUE_BYTES_MAX, STEP_US);
    let from = |world: &mut World<Chat>, last: u8| {
        let ip = [192, 0, 2, last].into();
        world.connect_from(ip, At::Lines, WIDE).expect("there is room")
    };
    let busy: Vec<usize> = (0..BUSY).map(|_| from(&mut world, 1)).collect();
    let (alice, observer) = (from(&mut world, 2), from(&mut world, 2));
    world.settle();
    world.clients[alice].send(b"/nick alice\n");
    world.settle();
    for client in &busy {
        world.clients[*client].send("/rooms\n".repeat(200).as_bytes());
    }
    let answers = |world: &World<Chat>| -> usize {
        busy.iter().map(|client| heard(world, *client).matches("* #lobby").count()).sum()
    };
    answers(&world);
    // At first they are like anybody else.
    let few = (GREEDY_US_MAX / STEP_US) as usize;
    world.turn(|| true);
    assert!(answers(&world) > few);
    heard(&world, observer);
    // A client that takes little is heard at once, and the others make progress all the same.
    world.clients[alice].send(b"may I?\n");
    world.turn(|| true);
    assert!(heard(&world, observer).contains("<alice> may I?"), "alice waits for nobody");
    assert!((1..=few).contains(&answers(&world)), "they have little of a turn, but some");
}
