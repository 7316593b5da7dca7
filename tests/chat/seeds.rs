//! By seeds: people talk, lose their connections at any moment, with or without data under way, and
//! come back, also to a server that was killed. Each gets each message once, and in order.

use super::world::World;
use fastrand::Rng;
use mio_socketio::testing::Client;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SEEDS: u64 = 60;
const STEPS: usize = 80;
const PEOPLE: usize = 4;
const ROOMS: [&str; 2] = ["lobby", "tea"];

struct Person {
    name: String,
    client: Client,
    token: Value,
    /// The last message that it has seen.
    since: i64,
    /// All messages that it has seen, including its own.
    seen: BTreeSet<i64>,
    /// Nothing arrives any more, and nobody has noticed.
    is_deaf: bool,
    /// Posts without an answer: their room, their text, their key.
    unsent: Vec<Value>,
    keys: usize,
}

impl Person {
    fn new(world: &mut World, number: usize) -> Self {
        let name = format!("person{number}");
        let (client, welcome) = world.enter(json!({"nick": name, "client": "web"}));
        world.ask(client, "join", json!({"room": ROOMS[1]}));
        let (token, since) = (welcome["token"].clone(), 0);
        let (seen, unsent) = (BTreeSet::new(), Vec::new());
        Self { name, client, token, since, seen, is_deaf: false, unsent, keys: 0 }
    }

    /// Reads its input.
    fn read(&mut self, world: &mut World) {
        for (name, event) in world.heard(self.client) {
            match &*name {
                "message" => self.see(&event),
                "gap" => panic!("{} has missed too much: {event}", self.name),
                _ => (),
            }
        }
    }

    fn see(&mut self, message: &Value) {
        let id = message["id"].as_i64().expect("a number");
        let is_mine = message["from"] == json!(self.name);
        assert!(id > self.since, "{} has seen {id} after {}", self.name, self.since);
        assert!(self.seen.insert(id) || is_mine, "{} has seen {id} twice", self.name);
        self.since = id;
    }

    fn say(&mut self, world: &mut World, random: &mut Rng) {
        self.keys += 1;
        let room = ROOMS[random.usize(..ROOMS.len())];
        let key = format!("{} {}", self.name, self.keys);
        let post = json!({"room": room, "text": key, "key": key});
        self.unsent.push(post.clone());
        // Sometimes the answer is lost with the connection.
        if self.is_deaf || random.usize(..4) == 0 {
            self.deafen(world);
            world.emit(self.client, "post", (post,));
            self.back(world);
        } else {
            self.send(world);
        }
    }

    fn deafen(&mut self, world: &mut World) {
        self.is_deaf = true;
        world.pause(self.client);
    }

    /// Sends posts that have no answer yet.
    fn send(&mut self, world: &mut World) {
        for post in std::mem::take(&mut self.unsent) {
            let answer = world.ask(self.client, "post", post);
            assert_eq!(answer["ok"], true, "{answer}");
            self.seen.insert(answer["id"].as_i64().expect("a number"));
        }
    }

    /// Loses its connection, and comes back.
    fn back(&mut self, world: &mut World) {
        world.cut(self.client);
        self.return_(world);
    }

    fn return_(&mut self, world: &mut World) {
        let auth = json!({"token": self.token, "since": self.since, "client": "web"});
        let (client, welcome) = world.enter(auth);
        assert_eq!((&welcome["nick"], &welcome["recovered"]), (&json!(self.name), &json!(true)));
        assert_eq!(welcome["rooms"].as_array().map(Vec::len), Some(ROOMS.len()));
        (self.client, self.is_deaf) = (client, false);
        self.read(world);
        self.send(world);
    }
}

fn run(seed: u64) {
    let mut random = Rng::with_seed(seed);
    let mut world = World::new();
    let mut people: Vec<Person> =
        (0..PEOPLE).map(|number| Person::new(&mut world, number)).collect();
    for _ in 0..STEPS {
        let at = random.usize(..PEOPLE);
        match random.usize(..10) {
            0..=5 => people[at].say(&mut world, &mut random),
            6 => {
                people[at].read(&mut world);
                people[at].back(&mut world);
            }
            // Input from now on never arrives.
            7 => people[at].deafen(&mut world),
            8 => people[at].back(&mut world),
            _ => {
                world = world.restart();
                for person in &mut people {
                    person.return_(&mut world);
                }
            }
        }
        world.advance(random.usize(..2_000) as u64);
    }
    for person in &mut people {
        person.back(&mut world);
    }
    let all: BTreeSet<i64> = people.iter().flat_map(|person| person.seen.iter().copied()).collect();
    for person in &mut people {
        person.read(&mut world);
        assert_eq!(person.seen, all, "{} has all of them", person.name);
    }
    assert_eq!(all.len(), people.iter().map(|person| person.keys).sum::<usize>());
}

#[test]
fn each_has_each_message_once_and_in_order() {
    for seed in 0..SEEDS {
        let run = std::panic::catch_unwind(|| run(seed));
        assert!(run.is_ok(), "with seed {seed}");
    }
}
