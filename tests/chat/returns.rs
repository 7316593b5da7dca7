//! Clients of namespace `/` that come back: they get all missed events as they were sent, or begin
//! anew.

use super::world::World;
use mio_socketio::testing::{MessageClient, ReceivedMessage};
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
