//! Order in a chat of many nodes on which everything goes wrong: deeds, private rooms,
//! registrations and resets.

use super::citizen::{Citizen, NAMES, ROOMS, Wish};
use super::cluster::{Cluster, NODES};
use super::hasher::hash;
use super::ledger::Ledger;
use super::named::Named;
use fastrand::Rng;
use mio_chat::chat::history::{ChatRole, Registrations};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Guests who want to register.
const GUESTS: usize = 2;
/// Milliseconds in which there are faults.
const BUSY_MS: u64 = 30_000;
/// Milliseconds after which all is whole again, and deleted messages are out of the stream.
const HEALED_MS: u64 = 30_000;
const ERASED_MS: u64 = 70_000;
/// Milliseconds after which something that has no fault is over.
const LONG_MS: u64 = 20_000;

pub struct Order {
    pub cluster: Cluster,
    people: Vec<Citizen>,
    /// Passwords that an operator has given, by the names of the people.
    resets: BTreeMap<String, String>,
}

impl Order {
    /// A chat in which all people are registered, and some have their roles.
    pub fn new(seed: u64) -> Self {
        let mut cluster = Cluster::new(seed);
        let all = NAMES.len() + GUESTS;
        let people = (0..all).map(Citizen::new).collect();
        let mut order = Self { cluster, people, resets: BTreeMap::new() };
        order.begin();
        cluster = order.cluster;
        let random = &mut Rng::with_seed(seed);
        for weather in &mut cluster.weather {
            weather.latency_ms = [1, 5, 40, 200][random.usize(..4)];
        }
        Self { cluster, ..order }
    }

    fn begin(&mut self) {
        let ready = |cluster: &mut Cluster| {
            let mut all = 0..NODES.len();
            all.all(|at| cluster.at(at, |it| it.get("/readyz").status) == Some(200))
        };
        wait(&mut self.cluster, "all nodes are whole", ready);
        for person in &mut self.people[..NAMES.len()] {
            let name = person.name.clone();
            person.enter(&mut self.cluster, Some(&name));
            let (at, client) = (person.at, person.client.expect("nobody has the name"));
            let args = serde_json::json!({"password": person.password});
            let asked = self.cluster.at(at, |server| server.ask(client, "register", (args,)));
            let asked = asked.expect("it runs");
            wait(&mut self.cluster, "they are registered", |cluster| {
                let answer = cluster.at(at, |server| server.answered(asked)).flatten();
                answer.is_some_and(|answer| answer.args[0]["ok"] == true)
            });
        }
        for (name, role) in [(NAMES[0], ChatRole::Owner), (NAMES[1], ChatRole::Moderator)] {
            let mut file = Registrations::open(self.cluster.file(0)).expect("a file");
            assert_eq!(file.grant(name, role, 0).expect("it is written"), Some(true));
        }
        let paths: Vec<_> = (0..NODES.len()).map(|at| self.cluster.file(at).to_owned()).collect();
        wait(&mut self.cluster, "they have their roles", |_| {
            let sql = "SELECT count(*) FROM registration WHERE roles <> ''";
            paths.iter().all(|path| rows(path, sql) == ["2"])
        });
    }

    pub fn run(mut self, seed: u64) {
        let _named = Named(seed);
        let mut fault_ms = self.cluster.now_ms + 1_000;
        let busy_ms = self.cluster.now_ms + BUSY_MS;
        while self.cluster.now_ms < busy_ms {
            if self.cluster.now_ms >= fault_ms {
                self.fault();
                fault_ms = self.cluster.now_ms + self.cluster.random.u64(100..5_000);
            }
            self.step(20, 120, true);
        }
        self.cluster.heal();
        let healed_ms = self.cluster.now_ms + HEALED_MS;
        while self.cluster.now_ms < healed_ms {
            self.step(100, 400, false);
        }
        let ledger = Ledger::of(&self.cluster.redis.data().borrow().added);
        self.check_people(&ledger);
        let erased_ms = self.cluster.now_ms + ERASED_MS;
        while self.cluster.now_ms < erased_ms {
            self.cluster.step(500);
        }
        self.check_deleted();
        let files = self.cluster.end();
        check_files(&files);
        for file in &files {
            self.check_done(&ledger, file);
        }
        self.check_told(&ledger, &files[0]);
    }

    fn step(&mut self, ms: u64, rest_ms: u64, is_busy: bool) {
        let ms = self.cluster.random.u64(1..=ms);
        self.cluster.step(ms);
        for person in &mut self.people {
            if self.cluster.now_ms >= person.acted_ms + rest_ms {
                person.act(&mut self.cluster, is_busy);
            }
        }
    }

    fn fault(&mut self) {
        let cluster = &mut self.cluster;
        let at = cluster.random.usize(..NODES.len());
        let ms = [200, 1_500, 4_000, 13_000][cluster.random.usize(..4)];
        let ms = cluster.random.u64(1..=ms);
        let (one, other) = (cluster.random.bool(), cluster.random.bool());
        match cluster.random.usize(..12) {
            0 => cluster.kill(at, ms),
            1 => cluster.pause(at, ms),
            2 => cluster.pause_redis(ms),
            3 => cluster.kill_redis(ms, super::redis::Comeback::Whole),
            4 | 5 => cluster.cut(at),
            6 | 7 => cluster.stall(at, ms),
            8 => cluster.part(at, ms, one || !other, other || !one),
            9 | 10 => cluster.part(at, ms, one, !one),
            _ => self.reset(at),
        }
    }

    /// An operator gives somebody another password at the file of a node; once, because of two
    /// which are given at once any may stay.
    fn reset(&mut self, at: usize) {
        let person = &mut self.people[self.cluster.random.usize(1..NAMES.len())];
        if self.resets.contains_key(&person.name) {
            return;
        }
        person.password = format!("another password of {}", person.name);
        let mut file = Registrations::open(self.cluster.file(at)).expect("a file");
        assert!(file.set_hash(&person.name, &hash(&person.password)).expect("it is written"));
        self.resets.insert(person.name.clone(), person.password.clone());
    }

    /// Checks who is where, as nodes and Redis have it, once all is whole again.
    fn check_people(&mut self, ledger: &Ledger) {
        for (at, name) in NODES.iter().enumerate() {
            let ready = self.cluster.at(at, |server| server.get("/readyz").status);
            assert_eq!(ready, Some(200), "{name} is whole");
        }
        let here = self.here();
        for (_, id, rooms) in &here {
            assert!(!ledger.banned.contains(id), "{id} is banned, and in {rooms:?}");
            for room in rooms {
                let may = ledger.may_enter(room).is_none_or(|may| may.contains(id));
                assert!(may, "{id} may be in {room}");
                assert!(ledger.members(room).contains(id), "{id} is in {room}");
            }
        }
        for room in ROOMS {
            let is_in = |(nick, _, rooms): &(String, String, Vec<String>)| {
                rooms.iter().any(|own| own == room).then(|| nick.clone())
            };
            let mut names: Vec<String> = here.iter().filter_map(is_in).collect();
            names.sort_unstable();
            names.dedup();
            for person in self.people.iter().filter(|person| person.is_in()) {
                let Some(seen) = person.who(&mut self.cluster, room) else { continue };
                // A private room is not there for others.
                let is_out = !names.contains(&person.name) && ledger.may_enter(room).is_some();
                let names = if is_out { &Vec::new() } else { &names };
                let node = NODES[person.at];
                assert_eq!(seen, *names, "{room} as {} sees it at {node}", person.name);
            }
        }
    }

    /// The people who are here as Redis has them: nick, id and rooms of each device.
    fn here(&self) -> Vec<(String, String, Vec<String>)> {
        let mut data = self.cluster.redis.data().borrow_mut();
        let people = data.hash(b"{mio-chat}:people").values();
        let read = |value: &Vec<u8>| {
            let value = String::from_utf8_lossy(value).into_owned();
            let parts: Vec<&str> = value.splitn(4, '|').collect();
            let person: Value = serde_json::from_str(parts[3]).expect("a standing");
            let word = |name: &str| person[name].as_str().unwrap_or_default().to_owned();
            let rooms = parts[2].split_whitespace().map(str::to_owned).collect();
            (word("nick"), word("id"), rooms)
        };
        people.map(read).collect()
    }

    /// Checks that no deleted text is in the stream.
    fn check_deleted(&self) {
        let data = self.cluster.redis.data().borrow();
        let stream = data.stream(b"{mio-chat}:facts").expect("the stream");
        let texts = stream.entries.values().flatten();
        let texts: Vec<_> = texts.map(|field| String::from_utf8_lossy(field)).collect();
        for (id, text) in self.people.iter().flat_map(Citizen::deleted) {
            let mark = format!("\"text\":\"{text}\"");
            let found = texts.iter().find(|it| it.contains(&mark));
            assert_eq!(found, None, "message {id} was deleted");
        }
    }

    /// Checks that all that was acknowledged is in a file.
    fn check_done(&self, ledger: &Ledger, file: &Path) {
        let texts = rows(file, "SELECT text FROM message");
        let reasons = rows(file, "SELECT why FROM deed");
        let registered = rows(file, "SELECT nick || ' ' || hash FROM registration");
        for person in &self.people {
            for done in &person.done {
                match done {
                    Wish::Deed(why) => {
                        assert!(ledger.reasons.contains(why), "{why} was done");
                        let count = reasons.iter().filter(|it| *it == why).count();
                        assert_eq!(count, 1, "{why} is in {}", file.display());
                    }
                    Wish::Delete(id, text) => assert!(!texts.contains(text), "{id} was deleted"),
                    Wish::Post(_, text) => {
                        let is_there = ledger.moments.values().any(|it| it.text == *text);
                        assert!(is_there, "{text} was said");
                    }
                    Wish::Register(nick, password) => {
                        let row = format!("{nick} {}", hash(password));
                        assert!(registered.contains(&row), "{row} is in {registered:?}");
                    }
                    Wish::Join | Wish::LogOut | Wish::Any => (),
                }
            }
        }
        for (name, password) in &self.resets {
            let row = format!("{name} {}", hash(password));
            assert!(registered.contains(&row), "{row} is in {registered:?}");
        }
        let names: BTreeSet<String> = registered
            .iter()
            .filter_map(|row| Some(row.split_once(' ')?.0.to_lowercase()))
            .collect();
        assert_eq!(names.len(), registered.len(), "a name is registered once: {registered:?}");
    }

    /// Checks that nobody was told what was said where they were not, or may not look back to.
    fn check_told(&self, ledger: &Ledger, file: &Path) {
        let ids = rows(file, "SELECT nick || ' ' || person FROM registration");
        let ids: BTreeMap<&str, &str> = ids.iter().filter_map(|row| row.split_once(' ')).collect();
        for person in &self.people[..NAMES.len()] {
            let id = ids[&*person.name];
            for told in &person.told {
                let moment = &ledger.moments[&told.id];
                assert_eq!(told.room, moment.room);
                let is_for = ledger.is_for(told.id, id, told.is_live);
                assert!(is_for, "{} is told {told:?} of {moment:?}", person.name);
            }
        }
    }
}

/// Runs until something is so.
fn wait(cluster: &mut Cluster, what: &str, mut is_so: impl FnMut(&mut Cluster) -> bool) {
    let until_ms = cluster.now_ms + LONG_MS;
    while !is_so(cluster) {
        assert!(cluster.now_ms < until_ms, "{what}");
        cluster.step(50);
    }
}

/// The rows of a query of one column.
pub fn rows(path: &Path, sql: &str) -> Vec<String> {
    let file = Connection::open(path).expect("a file");
    let mut select = file.prepare(sql).expect("it has them");
    let rows = select.query_map([], |row| {
        row.get::<_, String>(0).or_else(|_| row.get::<_, i64>(0).map(|number| number.to_string()))
    });
    rows.expect("they can be read").collect::<Result<_, _>>().expect("each can be read")
}

/// Checks that all files agree on accounts, names, bans, rules, owners, deeds and messages.
fn check_files(files: &[std::path::PathBuf]) {
    for sql in [
        "SELECT person || nick || hash || roles FROM registration ORDER BY 1",
        "SELECT key || ' ' || person || ' ' || nick || (until IS NULL)
         FROM registered_name ORDER BY 1",
        "SELECT hex(token) || ' ' || person FROM device ORDER BY 1",
        "SELECT network || ' ' || made || ' ' || why || ' ' || nick || ' ' || moderator
         FROM ban ORDER BY 1",
        "SELECT room || ' ' || person FROM room_owner ORDER BY 1",
        "SELECT room || ' ' || rules FROM room_rule ORDER BY 1",
        "SELECT ts || moderator || what || target || room || why FROM deed
         WHERE what NOT LIKE 'grant%' ORDER BY 1",
        "SELECT id || place || author || text FROM message ORDER BY id",
    ] {
        let all: Vec<Vec<String>> = files.iter().map(|path| rows(path, sql)).collect();
        for (at, other) in all.iter().enumerate() {
            assert_eq!(*other, all[0], "{} has {sql}", NODES[at]);
        }
    }
}
