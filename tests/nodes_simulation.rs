//! Three nodes and a Redis in one process, on a clock that the test moves: seeds × delays, cuts,
//! lost answers, one-way partitions, crashes and restarts of each. The nodes are whole servers, and
//! the Redis runs their own scripts; only the ways between them and the time are simulated. The
//! seed that a failure prints replays it: `MIO_SEED=17 cargo test --test nodes_simulation`.
//! `MIO_SEEDS=5000` runs as many; `LONG_TESTS=1`, as in `scripts/test.sh`, runs 200.

#![allow(unreachable_pub, reason = "modules of a test")]

mod nodes_simulation {
    pub mod check;
    pub mod citizen;
    pub mod cluster;
    pub mod data;
    pub mod hasher;
    pub mod ledger;
    pub mod lua;
    #[path = "../simulation/named.rs"]
    pub mod named;
    pub mod network;
    pub mod order;
    pub mod person;
    pub mod redis;
    pub mod scenes;
    pub mod stream;
    pub mod trace;
    pub mod value;
}

use fastrand::Rng;
use mio_chat::chat::ClusterSecret;
use nodes_simulation::check;
use nodes_simulation::cluster::{Cluster, NODES};
use nodes_simulation::named::Named;
use nodes_simulation::order::Order;
use nodes_simulation::person::{Door, Person, ROOMS};
use nodes_simulation::redis::Comeback;
use nodes_simulation::trace;
use std::thread;

/// Seeds of a run with `LONG_TESTS` in the environment, and of one without.
const SEEDS: u64 = 200;
const FEW_SEEDS: u64 = 80;
/// Seeds of the simulation in which order is kept, with it and without.
const ORDER_SEEDS: u64 = 6;
const FEW_ORDER_SEEDS: u64 = 3;
/// The run in which it was once done twice.
const REGISTERS_TWICE_SEED: u64 = 43;
/// Threads that share the seeds.
const THREADS: u64 = 2;
/// Milliseconds in which there are faults.
const BUSY_MS: u64 = 40_000;
/// Milliseconds after which all is whole again: a lease, what waits for too long, and the longest
/// pause of a link.
const HEALED_MS: u64 = 30_000;
const LINES: usize = 5;
const CHATS: usize = 4;

#[test]
fn many_nodes_survive_what_happens_to_them() {
    over_seeds((SEEDS, FEW_SEEDS), |seed| Simulation::new(seed).run());
}

/// Deeds, private rooms, registrations and resets hold, whatever happens.
#[test]
fn order_is_kept_on_many_nodes() {
    over_seeds((ORDER_SEEDS, FEW_ORDER_SEEDS), |seed| Order::new(seed).run(seed));
}

/// A guest registers, and comes in again where nobody has read of it yet.
#[test]
fn nobody_registers_twice_on_many_nodes() {
    Order::new(REGISTERS_TWICE_SEED).run(REGISTERS_TWICE_SEED);
}

/// Runs one seed or many, as the environment says.
fn over_seeds((many, few): (u64, u64), run: impl Fn(u64) + Sync) {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("MIO_SEED") {
        trace::begin();
        return run(seed);
    }
    let is_long = std::env::var_os("LONG_TESTS").is_some();
    let seeds = number("MIO_SEEDS").unwrap_or(if is_long { many } else { few });
    let run = &run;
    thread::scope(|scope| {
        for first in 0..THREADS {
            scope.spawn(move || {
                for seed in (first..seeds).step_by(THREADS as usize) {
                    run(seed);
                }
            });
        }
    });
}

struct Simulation {
    seed: u64,
    cluster: Cluster,
    people: Vec<Person>,
    /// Redis may lose data.
    loses: bool,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut cluster = Cluster::new(seed);
        let random = &mut Rng::with_seed(seed);
        for weather in &mut cluster.weather {
            weather.latency_ms = [1, 5, 40, 200][random.usize(..4)];
            weather.trickles = random.usize(..8) == 0;
        }
        let lines = (0..LINES).map(|at| Person::new(format!("line{at}"), Door::Lines(None)));
        let chats = (0..CHATS).map(|at| Person::new(format!("chat{at}"), Door::Chat(None)));
        let people = lines.chain(chats).collect();
        let loses = seed % 4 == 3;
        cluster.saves = loses;
        cluster.secret = ClusterSecret::new(b"a secret of three nodes").filter(|_| seed % 3 == 1);
        Self { seed, cluster, people, loses }
    }

    fn run(mut self) {
        let _named = Named(self.seed);
        let mut fault_ms = 2_000;
        while self.cluster.now_ms < BUSY_MS {
            if self.cluster.now_ms >= fault_ms {
                self.fault();
                fault_ms = self.cluster.now_ms + self.cluster.random.u64(100..6_000);
            }
            self.step(true);
        }
        self.cluster.heal();
        let healed_ms = self.cluster.now_ms + HEALED_MS;
        while self.cluster.now_ms < healed_ms {
            self.step(false);
        }
        self.check_whole();
        let has_lost = !self.cluster.redis.lost.is_empty();
        let files: Vec<check::File> =
            self.cluster.end().iter().map(|path| check::read(path)).collect();
        check::files(&files, &self.people, has_lost);
        check::hearings(&files, &self.people, has_lost);
        self.check_stream();
        assert!(files[0].len() > 20, "something is said: {}", files[0].len());
    }

    fn step(&mut self, is_busy: bool) {
        let ms = self.cluster.random.u64(1..=if is_busy { 20 } else { 100 });
        self.cluster.step(ms);
        for person in &mut self.people {
            let rest_ms = if is_busy { 150 } else { 400 };
            if self.cluster.now_ms >= person.acted_ms + rest_ms {
                person.acted_ms = self.cluster.now_ms - self.cluster.random.u64(..rest_ms / 2);
                person.act(&mut self.cluster, is_busy);
            }
        }
    }

    fn fault(&mut self) {
        let loses = self.loses;
        let cluster = &mut self.cluster;
        let at = cluster.random.usize(..NODES.len());
        let ms = [200, 1_500, 4_000, 13_000][cluster.random.usize(..4)];
        let ms = cluster.random.u64(1..=ms);
        let (one, other) = (cluster.random.bool(), cluster.random.bool());
        match cluster.random.usize(..14) {
            0 => cluster.kill(at, ms),
            1 | 2 => cluster.pause(at, ms),
            3 => cluster.pause_redis(ms),
            4 => {
                let lossy = if one { Comeback::Older } else { Comeback::Empty };
                let comeback = if loses && other { lossy } else { Comeback::Whole };
                cluster.kill_redis(ms, comeback);
            }
            5 | 6 => cluster.cut(at),
            7 | 8 => cluster.stall(at, ms),
            9 => cluster.part(at, ms, one || !other, other || !one),
            10 => cluster.part(at, ms, one, !one),
            11 | 12 => cluster.intrude(),
            _ => {
                let why = [
                    "LOADING Redis is loading the dataset in memory",
                    "OOM command not allowed when used memory > 'maxmemory'.",
                    "READONLY You can't write against a read only replica.",
                ];
                let why = why[cluster.random.usize(..3)];
                cluster.refuse(ms, why);
            }
        }
    }

    /// Checks what people see, once all is whole again.
    fn check_whole(&mut self) {
        let cluster = &mut self.cluster;
        for (at, name) in NODES.iter().enumerate() {
            let ready = cluster.at(at, |server| server.get("/readyz").status);
            assert_eq!(ready, Some(200), "{name} is whole");
        }
        let not_in: Vec<&str> =
            self.people.iter().filter(|it| !it.is_in()).map(|it| &*it.name).collect();
        assert!(not_in.is_empty(), "all are in again, but {not_in:?}");
        for person in &self.people {
            assert!(person.is_done(), "{} is answered", person.name);
            assert!(!person.is_told_cut, "{} knows that all is whole", person.name);
        }
        for room in ROOMS {
            let seen: Vec<(usize, Vec<String>)> = self
                .people
                .iter()
                .filter_map(|person| Some((person.node(), person.who(cluster, room)?)))
                .collect();
            if room == ROOMS[0] {
                for person in self.people.iter().filter(|it| matches!(it.door, Door::Chat(_))) {
                    let is_there = |nick: &String| seen.iter().all(|(_, who)| who.contains(nick));
                    let nicks = [&person.nick, &person.or_nick];
                    let is_known = nicks.into_iter().flatten().any(is_there);
                    assert!(is_known, "{} is {nicks:?}: {seen:?}", person.name);
                }
            }
            for (node, who) in &seen {
                assert_eq!(who, &seen[0].1, "{room} at {} and {}", NODES[*node], NODES[seen[0].0]);
            }
        }
    }

    fn check_stream(&self) {
        let redis = &self.cluster.redis;
        redis.lost.iter().for_each(|lost| check::names(&lost.added));
        check::names(&redis.data().borrow().added);
    }
}
