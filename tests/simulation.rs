//! Seeds × steps of connecting, chunked writes, slow readers, resets and clock jumps at all doors
//! at once, with every invariant checked after every turn. The seed that a failure prints replays
//! it.
//!
//! Each room has an observer that always reads: its input defines the room's order. The input of
//! everyone else between two moves must be a run of that order without a gap, except for their own
//! lines. So a loss, a duplicate, a stray or a wrong order is found at every client.

#![allow(unreachable_pub, reason = "modules of a test")]

mod harness;
#[path = "harness/link.rs"]
mod link;
mod simulation {
    pub mod engine;
    pub mod foe;
    pub mod heard;
    pub mod named;
    pub mod people;
}

use fastrand::Rng;
use harness::World;
use mio_chat::chat::{Setup, chat, plain};
use mio_chat::limits::QUEUE_BYTES_MAX_LOWEST;
use mio_socketio::limits::QUEUE_BYTES_MAX;
use mio_socketio::{AddressLimits, EngineSettings, LineSettings, Server};
use mio_wire::eio::Version;
use simulation::engine::{Engine, Plan};
use simulation::people::{Hearing, Person};
use simulation::{foe, heard, named::Named};
use std::collections::HashMap;

const SEEDS: u64 = 200;
const STEPS: usize = 2_000;
const PEOPLE_MAX: usize = 16;
const ENGINES_MAX: usize = 16;
const ROOMS: [&str; 3] = ["lobby", "r1", "r2"];
/// Microseconds between two readings of the time: from no work at all to a turn for every line.
const STEP_US: [u64; 4] = [0, 100, 1_000, 2_500];
/// Time after which everything that can still arrive has arrived.
const DRAIN_MS: u64 = 15_000;
/// Number of actions after which a client can only wait.
const ROUND_TRIPS: usize = 6;
/// Time after which all traces of earlier clients are gone: a heartbeat without an answer, and the
/// wait for the connections that it leaves.
const GONE_MS: u64 = 125_000;

#[test]
fn chat_at_a_slow_pace() {
    for seed in 0..SEEDS / 2 {
        let rate_per_s = 2 + (seed % 3) as u32;
        let lines = LineSettings::default().rate_per_s(rate_per_s);
        let engine = EngineSettings::default().rate_per_s(rate_per_s);
        Simulation::new(seed, chat(setup(seed, lines, engine)), true).run();
    }
}

#[test]
fn chat_without_a_limit_and_with_idle_flush() {
    for seed in SEEDS / 2..SEEDS {
        let idle_flush_ms = if seed % 2 == 0 { 40 } else { 0 };
        let lines = LineSettings::default().rate_per_s(0).idle_flush_ms(idle_flush_ms);
        let engine = EngineSettings::default().rate_per_s(0);
        let mut simulation = Simulation::new(seed, chat(setup(seed, lines, engine)), true);
        simulation.idle_flush = idle_flush_ms > 0;
        simulation.run();
    }
}

#[test]
fn relay() {
    for seed in SEEDS..SEEDS + SEEDS / 4 {
        let lines = LineSettings::default().rate_per_s(0);
        Simulation::new(seed, plain(Setup { lines, ..Setup::default() }), false).run();
    }
}

/// Whether there is an attacker, so that addresses have limits. (The seed's other bits are taken.)
const fn is_attacked(seed: u64) -> bool {
    !seed.is_multiple_of(3)
}

fn setup(seed: u64, lines: LineSettings, engine: EngineSettings) -> Setup {
    let addresses = if is_attacked(seed) { foe::limits() } else { AddressLimits::default() };
    Setup { lines, engine, addresses, ..Setup::default() }
}

struct Simulation<S> {
    seed: u64,
    random: Rng,
    world: World<S>,
    /// Whether there are names, rooms, commands and other doors.
    chat: bool,
    /// Queues are long enough for everyone who reads at all.
    roomy: bool,
    idle_flush: bool,
    people: Vec<Person>,
    engines: Vec<Engine>,
    foe: Option<foe::Foe>,
    observers: HashMap<&'static str, Person>,
    /// The number of messages of each room that its observer has received.
    orders: HashMap<&'static str, usize>,
    arrived: usize,
    posted: usize,
}

impl<S> Simulation<S> {
    fn new(seed: u64, server: Server<S>, chat: bool) -> Self {
        let roomy = chat && seed % 4 < 2;
        let queue_bytes_max = if roomy { QUEUE_BYTES_MAX } else { QUEUE_BYTES_MAX_LOWEST };
        let mut simulation = Self {
            seed,
            random: Rng::with_seed(seed),
            world: World::measured(server, queue_bytes_max, STEP_US[(seed / 2 % 4) as usize]),
            chat,
            roomy,
            idle_flush: false,
            people: Vec::new(),
            engines: Vec::new(),
            foe: (chat && is_attacked(seed)).then(foe::Foe::default),
            observers: HashMap::new(),
            orders: HashMap::new(),
            arrived: 0,
            posted: 0,
        };
        if simulation.foe.is_some() && !roomy {
            let listen = simulation.world.server.listen().clone();
            simulation.world.server.set_listen(listen.memory_max(foe::MEMORY_BYTES_MAX));
        }
        for room in if chat { &ROOMS[..] } else { &ROOMS[..1] } {
            let mut observer = simulation.arrive(usize::MAX, false);
            if *room != ROOMS[0] {
                observer.move_to(&simulation.world, room);
            }
            simulation.observers.insert(room, observer);
        }
        simulation
    }

    fn run(mut self) {
        let _named = Named(self.seed);
        for _ in 0..STEPS {
            self.step();
            // Much may happen between two turns.
            let random = &mut self.random;
            if random.bool() {
                continue;
            }
            self.world.turn(|| random.usize(..4) != 0);
            self.observe();
            self.engines_act(|engine| engine.is_tame);
        }
        self.drain();
        self.check();
        self.end();
    }

    /// Lets the observers read everything. True if there was anything.
    fn observe(&mut self) -> bool {
        let mut count = 0;
        for (room, observer) in &mut self.observers {
            count += observer.read(&self.world, usize::MAX);
            if let Some(hearing) = observer.hearings.last().filter(|it| it.room == *room) {
                self.orders.insert(room, hearing.posts.len());
            }
        }
        count > 0
    }

    /// Lets these Socket.IO clients do everything they can. True if something has come to them.
    fn engines_act(&mut self, who: impl Fn(&Engine) -> bool) -> bool {
        let Self { engines, world, random, orders, .. } = self;
        let engines = engines.iter_mut().filter(|engine| who(engine));
        let counts = engines.map(|engine| engine.act(world, random, orders, usize::MAX));
        counts.sum::<usize>() > 0
    }

    fn step(&mut self) {
        match self.random.usize(..if self.chat { 60 } else { 40 }) {
            0 if self.people.iter().filter(|person| person.is_open(&self.world)).count()
                < PEOPLE_MAX =>
            {
                let window = 1 << self.random.usize(..16);
                let at_websocket = self.chat && self.random.usize(..3) == 0;
                let person = self.arrive(window, at_websocket);
                self.people.push(person);
            }
            1 => self.advance(),
            2 => self.somebody(|person, world, random| match random.usize(..6) {
                0 => person.reset(world),
                1 => world.clients[person.client].end(),
                2 => person.close(world),
                _ => (),
            }),
            3 if self.chat => self.somebody_moves(),
            4 => self.somebody(|person, world, random| person.babble(world, random)),
            5..=14 => self.somebody(|person, world, random| {
                let max = 1 << random.usize(..14);
                person.read(world, max);
            }),
            15..40 => {
                let mut posted = self.posted;
                self.somebody(|person, world, random| {
                    posted += person.speak(world, random);
                });
                self.posted = posted;
            }
            40..45 if self.foe.is_some() => {
                let Self { foe, world, random, .. } = self;
                foe.iter_mut().for_each(|foe| foe.act(world, random));
            }
            _ if self.chat => self.engine_step(),
            _ => (),
        }
    }

    fn advance(&mut self) {
        self.world.settle();
        self.observe();
        self.engines_act(|engine| engine.is_tame);
        match self.random.usize(..400) {
            0 | 1 => {
                // Longer than any heartbeat waits.
                self.engines.iter_mut().for_each(|engine| engine.is_tame = false);
                let ms = 1 << self.random.usize(..19);
                let jumps = self.random.bool();
                if jumps { self.world.jump(ms) } else { self.world.advance(ms) }
            }
            _ => self.world.advance(1 << self.random.usize(..14)),
        }
        self.observe();
        self.engines_act(|engine| engine.is_tame);
    }

    /// Something happens to a Socket.IO client, or it does something.
    fn engine_step(&mut self) {
        let Self { random, world, orders, .. } = self;
        let present = self.engines.iter().filter(|engine| !engine.is_gone).count();
        if present == 0 || (present < ENGINES_MAX && random.usize(..20) == 0) {
            let plan = [Plan::Polling, Plan::WebSocket, Plan::Upgrade][random.usize(..3)];
            let version = if random.bool() { Version::V3 } else { Version::V4 };
            let is_tame = self.roomy && random.bool();
            let window = if is_tame { usize::MAX } else { 1 << random.usize(..17) };
            self.arrived += 1;
            let mut engine = Engine::new(self.arrived, plan, version, is_tame, window);
            engine.is_deaf = !is_tame && random.usize(..8) == 0;
            self.engines.push(engine);
            return;
        }
        let at = random.usize(..self.engines.len());
        let engine = &mut self.engines[at];
        match random.usize(..40) {
            0..=3 => self.posted += engine.speak(random, &ROOMS),
            4 => engine.babble(random),
            5 => engine.move_in_or_out(random, &ROOMS[1..]),
            6 if random.usize(..4) == 0 => engine.rejoin(),
            7 if !engine.is_tame && random.usize(..4) == 0 => engine.break_off(world, random),
            8 if !engine.is_tame && random.usize(..4) == 0 => engine.misbehave(world, random),
            9 if random.usize(..4) == 0 => {
                engine.is_tame = false;
                engine.leave(world, random, orders);
            }
            _ => {
                let max = 1 << random.usize(..14);
                engine.act(world, random, orders, max);
            }
        }
    }

    fn arrive(&mut self, window: usize, at_websocket: bool) -> Person {
        self.arrived += 1;
        let number = self.arrived;
        let mut person = match at_websocket {
            true => Person::at_websocket(&mut self.world, window, number),
            false => Person::new(self.world.connect(window), number, self.chat),
        };
        if self.chat {
            person.send(&self.world, format!("/nick p{number}\n").as_bytes());
        }
        person.hear_from(ROOMS[0]);
        person
    }

    fn somebody(&mut self, act: impl FnOnce(&mut Person, &mut World<S>, &mut Rng)) {
        if !self.people.is_empty() {
            let at = self.random.usize(..self.people.len());
            act(&mut self.people[at], &mut self.world, &mut self.random);
        }
    }

    /// Moves a person who has sent everything to another room.
    fn somebody_moves(&mut self) {
        if self.people.is_empty() {
            return;
        }
        let at = self.random.usize(..self.people.len());
        let room = ROOMS[self.random.usize(..ROOMS.len())];
        self.people[at].move_to(&self.world, room);
    }

    /// Lets everything that can still arrive arrive.
    fn drain(&mut self) {
        self.foe.iter_mut().for_each(|foe| foe.vanish(&self.world));
        for person in &mut self.people {
            person.finish_line(&self.world);
            self.world.clients[person.client].widen(usize::MAX);
        }
        for engine in &mut self.engines {
            engine.widen(&self.world);
        }
        let mut quiet = 0;
        while quiet < 2 {
            quiet += 1;
            for round in 0.. {
                let mut moved = self.observe();
                for person in &mut self.people {
                    moved |= person.read(&self.world, usize::MAX) > 0;
                }
                moved |= self.engines_act(|_| true);
                // A WebSocket's first packet comes a moment after its handshake.
                self.world.advance(2);
                if moved {
                    quiet = 0;
                } else if round >= ROUND_TRIPS {
                    break;
                }
            }
            if self.engines.iter().any(|engine| !engine.is_done()) {
                quiet = 0;
            }
            self.world.advance(DRAIN_MS);
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
        let heard_of = |who| orders.values().map(|order| order.by(who)).sum::<usize>();
        for person in &self.people {
            let world = &self.world;
            let open = person.is_open(world);
            assert!(!open || world.clients[person.client].unread() == 0, "seed {seed}: unread");
            for (at, hearing) in person.hearings.iter().enumerate() {
                let last = open && at + 1 == person.hearings.len();
                hearing.check_run_of(orders[hearing.room], person.number, last, seed);
            }
            // The idle flush cuts lines into pieces.
            if open && !self.idle_flush {
                let heard = heard_of(person.number);
                assert_eq!(heard, person.posted, "seed {seed}: all that was said was heard");
            }
        }
        for engine in self.engines.iter().filter(|engine| !engine.lost_count) {
            let is_here = !engine.is_gone && engine.is_joined;
            heard::check(&engine.heard, &orders, is_here, seed);
            if is_here {
                let heard = heard_of(engine.number);
                assert_eq!(heard, engine.posted, "seed {seed}: all that was posted was heard");
            }
        }
        let heard: usize = orders.values().map(|order| order.posts.len()).sum();
        assert!(heard > 0, "seed {seed}: the simulation says something");
        assert!(heard <= self.posted, "seed {seed}: nothing is heard that was not said");
        let parked = self.engines.iter().filter(|engine| !engine.is_gone).count();
        assert!(self.world.connections.queued() == 0 || parked > 0, "nothing is left queued");
    }

    /// Everybody leaves, or the server ends.
    fn end(mut self) {
        if self.random.bool() {
            self.world.stop();
            self.world.settle();
            self.world.advance(5_000);
            assert!(self.world.connections.is_empty(), "seed {}: some stay", self.seed);
            self.world.advance(GONE_MS);
        } else {
            for person in self.people.iter().chain(self.observers.values()) {
                person.leave(&self.world);
            }
            for engine in &mut self.engines {
                engine.is_tame = false;
                engine.leave(&mut self.world, &mut self.random, &self.orders);
            }
            self.world.advance(GONE_MS);
            // Input that attackers sent before they went is handled at their pace.
            self.world.advance(if self.foe.is_some() { foe::DONE_MS } else { 0 });
        }
        assert!(self.world.connections.is_empty(), "seed {}: connections are left", self.seed);
        self.world.server.check_empty();
    }
}
