//! Coming back by Socket.IO's own recovery, after a break at any moment.

use super::world::World;
use mio_socketio::testing::{MessageClient, ReceivedMessage};
use serde_json::{Value, json};

/// A client that asks for it, with the events it has got.
struct Raw {
    link: MessageClient,
    told: Vec<Vec<Value>>,
    pid: Value,
}

impl Raw {
    fn enter(world: &mut World, auth: Value) -> Self {
        let link = world.connect_engine("/socket.io/").expect("a session");
        world.send_text(link, &format!("0/chat,{auth}"));
        let mut raw = Self { link, told: Vec::new(), pid: Value::Null };
        raw.read(world);
        raw
    }

    /// Comes back, having received everything up to an event.
    fn back(self, world: &mut World, last: &[Value]) -> Self {
        let offset = last.last().expect("an offset");
        let pid = &self.pid;
        world.cut(self.link);
        Self::enter(world, json!({"recover": true, "pid": pid, "offset": offset}))
    }

    fn ask(&mut self, world: &mut World, name: &str, request: &Value) {
        world.send_text(self.link, &format!("2/chat,7[\"{name}\",{request}]"));
        self.read(world);
    }

    fn read(&mut self, world: &mut World) {
        for message in world.messages(self.link) {
            let ReceivedMessage::Text(text) = message else { continue };
            if let Some(event) = text.strip_prefix("2/chat,") {
                self.told.push(serde_json::from_str(event).expect("an event"));
            } else if let Some(connect) = text.strip_prefix("0/chat,") {
                let connect: Value = serde_json::from_str(connect).expect("an object");
                self.pid = connect["pid"].clone();
            }
        }
    }

    fn texts(&self) -> Vec<&str> {
        let messages = self.told.iter().filter(|event| event[0] == "message");
        messages.filter_map(|event| event[1]["text"].as_str()).collect()
    }

    fn last(&self) -> Vec<Value> {
        self.told.last().expect("an event").clone()
    }

    fn welcome(&self) -> &Value {
        let welcome = self.told.iter().find(|event| event[0] == "welcome");
        &welcome.expect("they are welcome")[1]
    }
}

fn alice(world: &mut World) -> Raw {
    let mut alice = Raw::enter(world, json!({"recover": true, "nick": "alice", "client": "web"}));
    alice.ask(world, "rooms", &json!({}));
    alice
}

#[test]
fn own_posts_do_not_come_back_after_a_rename() {
    let mut world = World::new();
    let mut alice = alice(&mut world);
    let offset = alice.last();
    alice.ask(&mut world, "post", &json!({"room": "lobby", "text": "mine"}));
    alice.ask(&mut world, "nick", &json!({"nick": "alicia"}));
    let alice = alice.back(&mut world, &offset);
    assert_eq!(alice.welcome()["recovered"], true);
    assert!(alice.texts().is_empty());
}

#[test]
fn what_was_said_in_private_while_one_was_away_comes_too() {
    let mut world = World::new();
    let alice = alice(&mut world);
    let (bob, _) = world.arrive("bob");
    let offset = alice.last();
    world.cut(alice.link);
    assert_eq!(world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}))["away"], true);
    let alice = alice.back(&mut world, &offset);
    assert_eq!(alice.texts(), ["psst"]);
}

#[test]
fn however_many_have_written_in_private_something_comes() {
    let mut world = World::new();
    let alice = alice(&mut world);
    let offset = alice.last();
    world.cut(alice.link);
    for number in 0..110 {
        let (other, _) = world.arrive(&format!("other{number}"));
        world.ask(other, "dm", json!({"to": "alice", "text": format!("psst {number}")}));
    }
    let alice = alice.back(&mut world, &offset);
    assert_eq!((&alice.welcome()["nick"], alice.texts().len()), (&json!("alice"), 100));
    assert_eq!(alice.texts()[99], "psst 109");
    let gaps = alice.told.iter().filter(|event| event[0] == "gap" && event[1]["missed"] == 1);
    assert_eq!(gaps.count(), 10);
}

#[test]
fn what_another_says_under_ones_old_name_is_not_lost() {
    let mut world = World::new();
    let alice = Raw::enter(&mut world, json!({"recover": true, "nick": "alice"}));
    let offset = alice.last();
    world.cut(alice.link);
    let (other, _) = world.arrive("alice");
    world.post(other, "I am another alice");
    let alice = alice.back(&mut world, &offset);
    assert_eq!(alice.welcome()["nick"], "alice~2");
    assert_eq!(alice.texts(), ["I am another alice"]);
}

#[test]
fn an_event_before_a_message_does_not_have_its_offset() {
    let mut world = World::new();
    let mut alice = alice(&mut world);
    let (bob, _) = world.arrive("bob");
    world.ask(bob, "typing", json!({"room": "lobby", "on": true}));
    world.post(bob, "hello");
    alice.read(&mut world);
    // The connection breaks after the event that ends the typing.
    let is_off = |event: &&Vec<Value>| event[1]["on"] == false;
    let off = alice.told.iter().find(is_off).expect("typing ends").clone();
    assert_eq!(alice.back(&mut world, &off).texts(), ["hello"]);
}

#[test]
fn what_comes_by_since_can_be_missed_again() {
    let mut world = World::new();
    let (first, welcome) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    world.cut(first);
    for number in 1..=20 {
        world.post(bob, &format!("text {number}"));
    }
    let auth = json!({"recover": true, "token": welcome["token"], "since": 0});
    let alice = Raw::enter(&mut world, auth);
    assert_eq!(alice.texts().len(), 20);
    // Of that, the welcome and two messages arrive.
    let second = alice.told[2].clone();
    assert_eq!(second[1]["text"], "text 2");
    let alice = alice.back(&mut world, &second);
    assert_eq!(alice.texts().len(), 18);
    assert_eq!(alice.texts()[0], "text 3");
}

#[test]
fn no_token_is_in_the_file() {
    let mut world = World::new();
    let alice = alice(&mut world);
    let file = rusqlite::Connection::open(world.file()).expect("the file");
    let sql = "SELECT data FROM seat";
    let data: String = file.query_row(sql, [], |row| row.get(0)).expect("a seat");
    let token = alice.welcome()["token"].as_str().expect("a token");
    assert!(!data.contains(token), "{data}");
    let offset = alice.last();
    let alice = alice.back(&mut world, &offset);
    let token = alice.welcome()["token"].clone();
    let (_, welcome) = world.enter(json!({"token": token}));
    assert_eq!(welcome["nick"], "alice");
}

#[test]
fn rooms_left_meanwhile_stay_left() {
    let mut world = World::new();
    let mut alice = alice(&mut world);
    alice.ask(&mut world, "join", &json!({"room": "tea"}));
    let (offset, token) = (alice.last(), alice.welcome()["token"].clone());
    world.cut(alice.link);
    let (other, _) = world.enter(json!({"token": token, "client": "web"}));
    world.ask(other, "leave", json!({"room": "tea"}));
    world.ask(other, "join", json!({"room": "coffee"}));
    let (bob, _) = world.arrive("bob");
    world.ask(bob, "join", json!({"room": "coffee"}));
    world.ask(bob, "post", json!({"room": "coffee", "text": "milk?"}));
    world.disconnect(other);
    let alice = alice.back(&mut world, &offset);
    assert_eq!(world.ask(bob, "who", json!({"room": "tea"}))["count"], 0);
    assert_eq!(world.ask(bob, "who", json!({"room": "coffee"}))["count"], 2);
    let rooms = alice.welcome()["rooms"].as_array().expect("rooms");
    let coffee = rooms.iter().find(|room| room["room"] == "coffee").expect("they are in it");
    assert_eq!(coffee["messages"][0]["text"], "milk?");
}

#[test]
fn a_return_that_would_bring_too_much_brings_the_newest() {
    let mut world = World::new();
    let alice = alice(&mut world);
    let offset = alice.last();
    world.cut(alice.link);
    let (bob, _) = world.arrive("bob");
    for _ in 0..100 {
        world.post(bob, &"x".repeat(4000));
        world.advance(1000);
    }
    let alice = alice.back(&mut world, &offset);
    assert_eq!(alice.welcome()["recovered"], false);
    let gap = alice.told.iter().find(|event| event[0] == "gap").expect("a gap");
    assert_eq!(gap[1]["room"], "lobby");
    let missed = gap[1]["missed"].as_u64().expect("a count");
    assert!(alice.texts().len() > 50);
    assert_eq!(alice.texts().len() as u64 + missed, 100);
}
