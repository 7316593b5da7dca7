//! Nodes, a Redis and the ways between them, on one clock.

use super::hasher::Hasher;
use super::network::{Network, Weather};
use super::redis::{Comeback, Redis};
use super::trace;
use fastrand::Rng;
use mio_chat::chat::history::History;
use mio_chat::chat::{
    BrokerSettings, Chat, ClusterSecret, JournalSettings, Nodes, RedisSettings, Setup, chat,
};
use mio_chat::limits::REDIS_KEEP;
use mio_socketio::redis::Redis as Address;
use mio_socketio::testing::TestServer;
use mio_socketio::{EngineSettings, LineSettings};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const NODES: [&str; 3] = ["a", "b", "c"];
/// Milliseconds after which a node's clock is moved even if nothing happens there.
const TICK_MS: u64 = 25;
/// Milliseconds between two savings of what Redis holds.
const SAVED_MS: u64 = 1_000;

/// One node: a process, if it runs, and its file.
pub struct Node {
    name: &'static str,
    db: PathBuf,
    server: Option<TestServer<Chat>>,
    /// Which run it is in, or will be.
    pub run: usize,
    /// It stands still, until then.
    paused_until_ms: u64,
    /// The time by its own clock, which runs a little behind.
    synced_ms: u64,
    /// When it is started again.
    back_ms: Option<u64>,
}

pub struct Cluster {
    pub now_ms: u64,
    pub random: Rng,
    pub redis: Redis,
    network: Network,
    pub nodes: Vec<Node>,
    pub weather: [Weather; NODES.len()],
    /// When Redis is started again, and with what.
    redis_back: Option<(u64, Comeback)>,
    redis_paused_until_ms: u64,
    redis_refuses_until_ms: u64,
    /// The secret that nodes share.
    pub secret: Option<ClusterSecret>,
    /// The data of Redis is saved now and then.
    pub saves: bool,
    saved_ms: u64,
    /// The clock at the beginning, in Unix milliseconds.
    start_unix_ms: u64,
    _folder: TempDir,
}

impl Node {
    /// Its server, unless it is down or stands still.
    pub fn awake(&mut self, now_ms: u64) -> Option<&mut TestServer<Chat>> {
        self.server.as_mut().filter(|_| self.paused_until_ms <= now_ms)
    }

    pub const fn runs(&self) -> bool {
        self.server.is_some()
    }
}

impl Cluster {
    pub fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let node = |name: &&'static str| Node {
            name,
            db: folder.path().join(format!("{name}.db")),
            server: None,
            run: 0,
            paused_until_ms: 0,
            synced_ms: 0,
            back_ms: Some(0),
        };
        Self {
            now_ms: 0,
            random: Rng::with_seed(seed),
            redis: Redis::new(),
            network: Network::default(),
            nodes: NODES.iter().map(node).collect(),
            weather: [Weather::FAIR; NODES.len()],
            redis_back: None,
            redis_paused_until_ms: 0,
            redis_refuses_until_ms: 0,
            secret: None,
            saves: false,
            saved_ms: 0,
            start_unix_ms: 0,
            _folder: folder,
        }
    }

    fn start(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let history = History::open(&node.db, false).expect("its file is whole");
        let redis = RedisSettings {
            redis: Address::at("redis://127.0.0.1").expect("a URL"),
            prefix: "mio-chat".to_owned(),
            keep: REDIS_KEEP,
            keep_bytes: 1 << 30,
        };
        let (name, secret) = (node.name.to_owned(), self.secret.clone());
        let nodes = Nodes { broker: BrokerSettings::Redis(redis), name, secret };
        let setup = Setup {
            history,
            lines: LineSettings::default().rate_per_s(0),
            engine: EngineSettings::default().rate_per_s(0),
            journal: JournalSettings::Nodes(Box::new(nodes)),
            passwords: Some(Box::new(Hasher::default())),
            ..Setup::default()
        };
        let mut entropy = self.random.fork();
        let mut server = TestServer::new(chat(setup)).entropy(move |bytes| entropy.fill(bytes));
        self.start_unix_ms = server.now().unix_ms;
        server.jump(self.now_ms);
        node.server = Some(server);
        (node.run, node.synced_ms, node.back_ms) = (node.run + 1, self.now_ms, None);
    }

    /// The file of a node.
    pub fn file(&self, at: usize) -> &Path {
        &self.nodes[at].db
    }

    /// Lets the clock run to the next thing that happens, at most by `ms`.
    pub fn step(&mut self, ms: u64) {
        let answers = self.redis.next_ms().map(|unix_ms| unix_ms - self.start_unix_ms);
        let arrives = self.network.next_ms(&self.weather).into_iter().chain(answers).min();
        let arrives = arrives.unwrap_or(u64::MAX);
        let until_ms = self.now_ms + ms;
        self.now_ms = arrives.clamp(self.now_ms + 1, until_ms.max(self.now_ms + 1));
        trace::at(self.now_ms, "-");
        self.revive();
        let unix_ms = self.start_unix_ms + self.now_ms;
        self.redis.run(unix_ms);
        let Self { network, redis, random, weather, now_ms, .. } = self;
        network.bring_to_redis(*now_ms, weather, redis, random);
        for at in 0..self.nodes.len() {
            let comes = self.network.comes_to(self.now_ms, at, self.weather[at]);
            if comes || self.now_ms >= self.nodes[at].synced_ms + TICK_MS {
                self.at(at, |_| ());
            }
        }
    }

    /// Everything that was down or stood still for long enough goes on.
    fn revive(&mut self) {
        if let Some((back_ms, comeback)) = self.redis_back
            && back_ms <= self.now_ms
        {
            self.redis_back = None;
            self.redis.restart(comeback);
        }
        self.redis.pause(self.redis_paused_until_ms > self.now_ms);
        if self.redis_refuses_until_ms <= self.now_ms {
            self.redis.refuse(None);
        }
        if self.saves && self.now_ms >= self.saved_ms + SAVED_MS {
            self.saved_ms = self.now_ms;
            self.redis.save();
        }
        for at in 0..self.nodes.len() {
            if self.nodes[at].back_ms.is_some_and(|back_ms| back_ms <= self.now_ms) {
                self.start(at);
            }
        }
    }

    /// Does something at a node, whose clock is brought up to the time before; `None` if it does
    /// not run or stands still.
    pub fn at<T>(&mut self, at: usize, act: impl FnOnce(&mut TestServer<Chat>) -> T) -> Option<T> {
        let node = &mut self.nodes[at];
        let server = node.server.as_mut().filter(|_| node.paused_until_ms <= self.now_ms)?;
        trace::at(self.now_ms, node.name);
        server.answer_links(self.redis_back.is_none());
        // One that stood still finds a later time; otherwise its timers have come at theirs.
        let passed_ms = self.now_ms - node.synced_ms;
        let slept_ms = node.paused_until_ms.saturating_sub(node.synced_ms).min(passed_ms);
        if slept_ms > 0 {
            server.jump(slept_ms);
        }
        server.advance(passed_ms - slept_ms);
        node.synced_ms = self.now_ms;
        let (run, weather) = (node.run, self.weather[at]);
        self.network.bring_to_node(self.now_ms, at, server, weather);
        let value = act(server);
        trace::at(self.now_ms, "-");
        let Self { network, redis, random, now_ms, .. } = self;
        network.collect(*now_ms, (at, run), server, redis, weather, random);
        Some(value)
    }

    /// A node is killed, and started again after a while.
    pub fn kill(&mut self, at: usize, down_ms: u64) {
        log::info!("kill {} for {down_ms}", NODES[at]);
        self.nodes[at].server = None;
        self.nodes[at].back_ms = Some(self.now_ms + down_ms);
        self.network.bury(at, self.nodes[at].run);
    }

    /// A node stands still for a while.
    pub fn pause(&mut self, at: usize, ms: u64) {
        log::info!("pause {} for {ms}", NODES[at]);
        self.at(at, |_| ());
        self.nodes[at].paused_until_ms = self.now_ms + ms;
    }

    /// Redis is killed, and started again after a while.
    pub fn kill_redis(&mut self, down_ms: u64, comeback: Comeback) {
        log::info!("kill redis for {down_ms}, then {comeback:?}");
        self.redis_back = Some((self.now_ms + down_ms, comeback));
        // Its clients are told when it is down; its data is judged when it is up.
        self.redis.hang_up();
        self.network.end_all(self.now_ms, &self.redis);
    }

    /// Redis stands still for a while.
    pub fn pause_redis(&mut self, ms: u64) {
        log::info!("pause redis for {ms}");
        self.redis_paused_until_ms = self.now_ms + ms;
    }

    /// Redis refuses for a while.
    pub fn refuse(&mut self, ms: u64, why: &'static str) {
        log::info!("redis refuses for {ms}: {why}");
        self.redis.refuse(Some(why));
        self.redis_refuses_until_ms = self.now_ms + ms;
    }

    /// A stranger appends to the stream.
    pub fn intrude(&mut self) {
        log::info!("a stranger appends");
        self.redis.intrude("{mio-chat}:facts", &mut self.random);
    }

    /// A connection of a node breaks.
    pub fn cut(&mut self, at: usize) {
        log::info!("cut {}", NODES[at]);
        let Self { network, nodes, random, now_ms, .. } = self;
        if let Some(server) = nodes[at].awake(*now_ms) {
            network.cut(at, server, random);
        }
    }

    /// A direction of a connection of a node stands still.
    pub fn stall(&mut self, at: usize, ms: u64) {
        log::info!("stall {} for {ms}", NODES[at]);
        self.network.stall(at, self.now_ms + ms, &mut self.random);
    }

    /// Nothing arrives at Redis or at the node, or neither.
    pub fn part(&mut self, at: usize, ms: u64, is_deaf: bool, is_dumb: bool) {
        log::info!("part {} for {ms}: deaf {is_deaf}, dumb {is_dumb}", NODES[at]);
        let until_ms = self.now_ms + ms;
        if is_deaf {
            self.weather[at].deaf_until_ms = until_ms;
        }
        if is_dumb {
            self.weather[at].dumb_until_ms = until_ms;
        }
    }

    /// Ends all faults.
    pub fn heal(&mut self) {
        log::info!("heal");
        self.weather = [Weather::FAIR; NODES.len()];
        let now_ms = self.now_ms;
        self.redis_paused_until_ms = self.redis_paused_until_ms.min(now_ms);
        self.redis_refuses_until_ms = now_ms;
        self.redis_back = self.redis_back.map(|(_, comeback)| (now_ms, comeback));
        for node in &mut self.nodes {
            node.paused_until_ms = node.paused_until_ms.min(now_ms);
            node.back_ms = node.back_ms.map(|_| now_ms);
        }
        self.network.heal(now_ms);
    }

    /// Ends all nodes in order; the files that they leave.
    pub fn end(&mut self) -> Vec<PathBuf> {
        for at in 0..self.nodes.len() {
            self.at(at, TestServer::stop);
        }
        for _ in 0..10 {
            self.step(5);
        }
        self.nodes.iter_mut().for_each(|node| node.server = None);
        self.nodes.iter().map(|node| node.db.clone()).collect()
    }
}
