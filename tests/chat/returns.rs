//! Clients of namespace `/` that come back: they get all missed events as they were sent, or begin
//! anew.

use super::order::keeper;
use super::world::World;
use mio_chat::chat::history::{ChatRole, Registrations};
use mio_chat::limits::PASSWORD_LOOK_MS;
use mio_socketio::testing::{Client, MessageClient, ReceivedMessage};
use serde_json::{Value, json};

/// A client of the main namespace.
struct Raw {
    link: MessageClient,
    pid: Value,
    got: Vec<ReceivedMessage>,
}

impl Raw {
    fn enter(world: &mut World, auth: Value) -> Self {
        let link = world.connect_engine("/socket.io/").expect("a session");
        world.send_text(link, &format!("0{auth}"));
        let mut raw = Self { link, pid: Value::Null, got: Vec::new() };
        raw.read(world);
        raw
    }

    fn read(&mut self, world: &mut World) {
        for message in world.messages(self.link) {
            match &message {
                ReceivedMessage::Text(text) if text.starts_with("0{") => {
                    let connect: Value = serde_json::from_str(&text[1..]).expect("an object");
                    self.pid = connect["pid"].clone();
                }
                _ => self.got.push(message),
            }
        }
    }

    /// Goes, misses others' events, and comes back with the offset of its last event.
    fn miss(mut self, world: &mut World, others: impl FnOnce(&mut World)) -> Self {
        self.read(world);
        let last = self.got.iter().rev().find_map(|message| match message {
            ReceivedMessage::Text(text) => text.strip_prefix('2'),
            ReceivedMessage::Binary(_) => None,
        });
        let last: Vec<Value> = serde_json::from_str(last.expect("an event")).expect("an array");
        world.cut(self.link);
        others(world);
        let (pid, offset) = (&self.pid, last.last());
        Self::enter(world, json!({"recover": true, "pid": pid, "offset": offset}))
    }
}

/// A person who may come back and has received something, and one who may not.
fn two(world: &mut World) -> (Raw, Raw) {
    let alice = Raw::enter(world, json!({"recover": true}));
    let bob = Raw::enter(world, json!({}));
    world.send_text(bob.link, "2[\"message\",\"heard\"]");
    (alice, bob)
}

#[test]
fn what_was_missed_comes_as_it_was_sent() {
    let (half, long) = ("\"\\ud83d\"".to_owned(), format!("{{\"a\":\"{}\"}}", "x".repeat(15_000)));
    for sent in ["\"hi\"".to_owned(), half, long, "1,[1e400],null".to_owned(), "[]".to_owned()] {
        let mut world = World::new();
        let (alice, bob) = two(&mut world);
        let pid = alice.pid.clone();
        let alice = alice.miss(&mut world, |world| {
            world.send_text(bob.link, &format!("2[\"message\",{sent}]"));
        });
        assert_eq!(alice.pid, pid, "recovered");
        let [ReceivedMessage::Text(got)] = &*alice.got else { panic!("{:?}", alice.got) };
        assert!(got.starts_with(&format!("2[\"message\",{sent},\"")), "{got}");
    }
    // With a name in front too, however long it is.
    let mut world = World::new();
    let (alice, bob) = two(&mut world);
    let text = "word ".repeat(2_000);
    let alice = alice.miss(&mut world, |world| {
        let message = json!({"username": "bob", "message": text});
        world.send_text(bob.link, &format!("2[\"send_message\",{message}]"));
    });
    let [ReceivedMessage::Text(got)] = &*alice.got else { panic!("{:?}", alice.got) };
    assert!(got.starts_with(&format!("2[\"message\",\"bob: {text}\",\"")), "{got}");
}

#[test]
fn who_has_missed_what_is_not_kept_as_it_was_sent_begins_anew() {
    let bytes = "51-[\"message\",{\"_placeholder\":true,\"num\":0}]".to_owned();
    let long = format!("2[\"message\",{{\"a\":\"{}\"}}]", "x".repeat(20_000));
    for sent in [bytes, long, "2[\"message\"]".to_owned()] {
        let mut world = World::new();
        let (alice, bob) = two(&mut world);
        let pid = alice.pid.clone();
        let alice = alice.miss(&mut world, |world| {
            world.send_text(bob.link, &sent);
            if sent.starts_with('5') {
                world.send_binary(bob.link, b"\x01\x02");
            }
            world.send_text(bob.link, "2[\"message\",\"after\"]");
        });
        assert!(alice.pid.is_string() && alice.pid != pid, "not recovered: {}", alice.pid);
        assert_eq!(alice.got, [], "and sent nothing that is not what was sent");
    }
}

#[test]
fn without_a_history_nobody_pays_for_what_they_cannot_have() {
    let mut world = World::without_history();
    let (mut alice, _bob) = two(&mut world);
    alice.read(&mut world);
    assert_eq!(alice.pid, Value::Null);
    assert_eq!(alice.got, [ReceivedMessage::Text("2[\"message\",\"heard\"]".to_owned())]);
}

/// A second device of a registered person, which has heard something and is away, and the first.
fn away(world: &mut World) -> (Client, Client, Value) {
    let (first, _) = world.enter(json!({"nick": "carl", "client": "web"}));
    let password = "correct-horse";
    let registered = world.answer_later(first, "register", json!({"password": password}));
    assert_eq!(registered["ok"], true);
    let link = world.connect_engine("/socket.io/").expect("a session");
    let auth = json!({"recover": true, "nick": "carl", "password": password});
    world.send_text(link, &format!("0/chat,{auth}"));
    world.advance(PASSWORD_LOOK_MS);
    let (alice, _) = world.arrive("alice");
    world.post(alice, "heard");
    let mut back = json!({"recover": true});
    for message in world.messages(link) {
        let ReceivedMessage::Text(text) = message else { continue };
        if let Some(connect) = text.strip_prefix("0/chat,") {
            back["pid"] = serde_json::from_str::<Value>(connect).expect("an object")["pid"].clone();
        } else if let Some(event) = text.strip_prefix("2/chat,") {
            let event: Vec<Value> = serde_json::from_str(event).expect("an event");
            if event[0] == "message" {
                back["offset"] = event.last().expect("an offset").clone();
            }
        }
    }
    assert!(back["pid"].is_string() && back["offset"].is_string(), "{back}");
    world.cut(link);
    (first, alice, back)
}

/// The messages that a client is sent when it comes back.
fn missed(world: &mut World, back: &Value) -> String {
    let link = world.connect_engine("/socket.io/").expect("a session");
    world.send_text(link, &format!("0/chat,{back}"));
    let texts = world.messages(link).into_iter().filter_map(|message| match message {
        ReceivedMessage::Text(text) => Some(text),
        ReceivedMessage::Binary(_) => None,
    });
    texts.collect()
}

#[test]
fn who_comes_back_by_a_device_that_has_ended_or_is_banned_gets_nothing_that_was_missed() {
    type Meanwhile = fn(&mut World, Client);
    let rows: [(&str, Meanwhile, bool); 4] = [
        ("nothing has happened", |_, _| (), true),
        (
            "the device was ended",
            |world, first| {
                let ended = world.ask(first, "devices", json!({"end": 2}));
                assert_eq!(ended["ok"], true);
            },
            false,
        ),
        (
            "the password is another one",
            |world, _| {
                let mut file = Registrations::open(&world.file()).expect("the file");
                assert!(file.set_hash("carl", "another").expect("it is changed"));
            },
            false,
        ),
        (
            "the person is banned",
            |world, _| {
                let olga = keeper(world, "olga", ChatRole::Owner);
                assert_eq!(world.ask(olga, "ban", json!({"nick": "carl"}))["ok"], true);
            },
            false,
        ),
    ];
    for (what, meanwhile, is_told) in rows {
        let mut world = World::new();
        let (first, alice, back) = away(&mut world);
        meanwhile(&mut world, first);
        world.ask(alice, "dm", json!({"to": "carl", "text": "for carl alone"}));
        world.post(alice, "for all");
        let told = missed(&mut world, &back);
        assert_eq!(told.contains("for carl alone"), is_told, "{what}: {told}");
        assert_eq!(told.contains("\"recovered\":true"), is_told, "{what}: {told}");
    }
}
