//! The texts that messages had before they were corrected.

use super::order::{NO_ROLE, keeper};
use super::world::World;
use mio_chat::chat::history::ChatRole;
use mio_socketio::testing::Client;
use serde_json::{Value, json};

const NOT_THERE: &str = "no-such-message: there is no such message here";

fn edit(world: &mut World, client: Client, id: &Value, text: &str) -> Value {
    let answer = world.ask(client, "edit", json!({"id": id, "text": text}));
    assert_eq!(answer["ok"], true, "{answer}");
    answer["edited"].clone()
}

#[test]
fn who_keeps_order_reads_what_a_message_said_before_it_was_corrected() {
    let mut world = World::new();
    let mia = keeper(&mut world, "mia", ChatRole::Moderator);
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let id = json!(world.post(alice, "rude"));
    let former = |world: &mut World| world.ask(mia, "former", json!({"id": id}));
    assert_eq!(former(&mut world), json!({"ok": true, "former": []}));
    let first = edit(&mut world, alice, &id, "ruder");
    world.advance(60_000);
    let second = edit(&mut world, alice, &id, "kind");
    let texts = json!([{"text": "rude", "until": first}, {"text": "ruder", "until": second}]);
    assert_eq!(former(&mut world), json!({"ok": true, "former": texts}));
    // Nobody else reads them, not even their author.
    for client in [alice, bob] {
        assert_eq!(world.refused(client, "former", json!({"id": id})), NO_ROLE);
    }
    // Nobody reads those of a private message, or of one in a place where they are not.
    let private = world.ask(alice, "dm", json!({"to": "mia", "text": "psst"}))["id"].clone();
    edit(&mut world, alice, &private, "hush");
    assert_eq!(world.refused(mia, "former", json!({"id": private})), NO_ROLE);
    world.ask(alice, "join", json!({"room": "tea"}));
    let there = world.ask(alice, "post", json!({"room": "tea", "text": "one"}))["id"].clone();
    edit(&mut world, alice, &there, "two");
    assert_eq!(world.refused(mia, "former", json!({"id": there})), NOT_THERE);
    // They go with the message.
    world.ask(alice, "delete", json!({"id": id}));
    assert_eq!(world.refused(mia, "former", json!({"id": id})), NOT_THERE);
}
