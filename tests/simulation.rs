//! Seeds × steps of connecting, chunked writes, slow readers, resets and clock jumps, with every
//! invariant checked after every turn. The seed in a failure's message replays it.
//!
//! Each room has an observer that always reads: what it gets is the room's order. Of everyone else,
//! what was heard between two moves must be a run of that order without a gap, less one's own
//! lines; so a loss, a duplicate, a stray or another order is found whoever it happens to.

#![allow(unreachable_pub, reason = "modules of a test")]

mod harness;
#[path = "simulation/people.rs"]
mod people;

use harness::World;
use harness::random::Random;
use mio_chat::chat::{Setup, chat, plain};
use mio_chat::limits::QUEUE_BYTES_MAX_LOWEST;
use mio_chat::server::{Door, Server};
use people::{Hearing, Person};
use std::collections::HashMap;

const SEEDS: u64 = 200;
const STEPS: usize = 2_000;
const PEOPLE_MAX: usize = 24;
const ROOMS: [&str; 3] = ["lobby", "r1", "r2"];
/// What a simulated person's pace may keep waiting is let through by this much time.
const DRAIN_MS: u64 = 600_000;

#[test]
fn chat_at_a_slow_pace() {
    for seed in 0..SEEDS / 2 {
        let door = Door { rate_per_s: 1 + (seed % 3) as u32, ..Door::default() };
        Simulation::new(seed, chat(Setup { lines: door, ..Setup::default() }), true).run();
    }
}

#[test]
fn chat_without_a_limit_and_with_idle_flush() {
    for seed in SEEDS / 2..SEEDS {
        let idle_flush_ms = if seed % 2 == 0 { 40 } else { 0 };
        let door = Door { rate_per_s: 0, idle_flush_ms, ..Door::default() };
        let mut simulation =
            Simulation::new(seed, chat(Setup { lines: door, ..Setup::default() }), true);
        simulation.idle_flush = idle_flush_ms > 0;
        simulation.run();
    }
}

#[test]
fn relay() {
    for seed in SEEDS..SEEDS + SEEDS / 4 {
        let door = Door { rate_per_s: 0, ..Door::default() };
        Simulation::new(seed, plain(Setup { lines: door, ..Setup::default() }), false).run();
    }
}

struct Simulation<S> {
    seed: u64,
    random: Random,
    world: World<S>,
    /// Whether there are names, rooms and commands.
    chat: bool,
    idle_flush: bool,
    people: Vec<Person>,
    observers: HashMap<&'static str, Person>,
    posted: usize,
}

impl<S> Simulation<S> {
    fn new(seed: u64, server: Server<S>, chat: bool) -> Self {
        let world = World::new(server, QUEUE_BYTES_MAX_LOWEST);
        let random = Random::new(seed);
        let (people, observers) = (Vec::new(), HashMap::new());
        let (idle_flush, posted) = (false, 0);
        let mut simulation =
            Self { seed, random, world, chat, idle_flush, people, observers, posted };
        for room in if chat { &ROOMS[..] } else { &ROOMS[..1] } {
            let mut observer = simulation.arrive(usize::MAX);
            if chat && *room != ROOMS[0] {
                simulation.move_to(&mut observer, room);
            }
            simulation.observers.insert(room, observer);
        }
        simulation
    }

    fn run(mut self) {
        for _ in 0..STEPS {
            self.step();
            // Much may happen between two turns.
            let random = &mut self.random;
            if random.once_in(2) {
                continue;
            }
            self.world.turn(|| !random.once_in(4));
            for observer in self.observers.values_mut() {
                observer.read(&self.world, usize::MAX);
            }
        }
        self.drain();
        self.check();
    }

    fn step(&mut self) {
        match self.random.below(40) {
            0 if self.people.iter().filter(|person| person.is_open(&self.world)).count()
                < PEOPLE_MAX =>
            {
                let window = 1 << self.random.below(16);
                let person = self.arrive(window);
                self.people.push(person);
            }
            1 => self.world.advance(1 << self.random.below(14)),
            2 => self.somebody(|person, world, random| match random.below(6) {
                0 => person.reset(world),
                1 => world.clients[person.client].end(),
                2 => person.close(world),
                _ => (),
            }),
            3 if self.chat => self.somebody_moves(),
            4 => self.somebody(|person, world, random| person.babble(world, random)),
            5..=14 => self.somebody(|person, world, random| {
                let max = 1 << random.below(14);
                person.read(world, max);
            }),
            _ => {
                let mut posted = self.posted;
                self.somebody(|person, world, random| {
                    posted += person.speak(world, random);
                });
                self.posted = posted;
            }
        }
    }

    fn arrive(&mut self, window: usize) -> Person {
        let client = self.world.connect(window);
        let number = self.world.clients.len();
        let mut person = Person::new(client, number, self.chat);
        if self.chat {
            let nick = format!("/nick p{number}\n");
            self.world.clients[client].send(nick.as_bytes());
        }
        person.hear_from(ROOMS[0]);
        person
    }

    fn somebody(&mut self, act: impl FnOnce(&mut Person, &mut World<S>, &mut Random)) {
        if !self.people.is_empty() {
            let at = self.random.below(self.people.len());
            act(&mut self.people[at], &mut self.world, &mut self.random);
        }
    }

    /// Has somebody who has said everything go to another room.
    fn somebody_moves(&mut self) {
        if self.people.is_empty() {
            return;
        }
        let at = self.random.below(self.people.len());
        let room = ROOMS[self.random.below(ROOMS.len())];
        let mut person = self.people.swap_remove(at);
        self.move_to(&mut person, room);
        self.people.push(person);
    }

    fn move_to(&mut self, person: &mut Person, room: &'static str) {
        person.move_to(&self.world, room);
    }

    /// Lets everything that can still arrive arrive.
    fn drain(&mut self) {
        for person in &mut self.people {
            person.finish_line(&self.world);
            self.world.clients[person.client].widen(usize::MAX);
        }
        loop {
            self.world.advance(DRAIN_MS);
            let mut moved = 0;
            for person in self.people.iter_mut().chain(self.observers.values_mut()) {
                moved += person.read(&self.world, usize::MAX);
            }
            if moved == 0 {
                break;
            }
        }
    }

    fn check(&self) {
        let seed = self.seed;
        let orders: HashMap<&str, &Hearing> = self
            .observers
            .iter()
            .map(|(room, observer)| (*room, observer.hearings.last().expect("it hears a room")))
            .collect();
        for order in orders.values() {
            order.check_order(seed);
        }
        for person in &self.people {
            let world = &self.world;
            let open = person.is_open(world);
            assert!(!open || world.clients[person.client].unread() == 0, "seed {seed}: unread");
            for (at, hearing) in person.hearings.iter().enumerate() {
                let last = open && at + 1 == person.hearings.len();
                hearing.check_run_of(orders[hearing.room], person.number, last, seed);
            }
            // The idle flush cuts what is said in pieces.
            if open && !self.idle_flush {
                let heard = orders.values().map(|order| order.by(person.number)).sum::<usize>();
                assert_eq!(heard, person.posted, "seed {seed}: all that was said was heard");
            }
        }
        let heard: usize = orders.values().map(|order| order.posts.len()).sum();
        assert!(heard > 0, "seed {seed}: the simulation says something");
        assert!(heard <= self.posted, "seed {seed}: nothing is heard that was not said");
        assert_eq!(self.world.connections.queued(), 0, "seed {seed}: nothing is left queued");
    }
}
