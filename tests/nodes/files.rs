//! Nodes with one folder of files send each other's to the same people.

use super::chat::Chatter;
use super::client::Wire;
use super::harness::{DEADLINE, Server, poll_until};
use super::redis::Redis;
use serde_json::{Value, json};

fn pass(node: &Server, person: &Chatter) -> String {
    pass_for(node, &person.welcome)
}

/// The pass for the token of a welcome, or of the answer to a login.
fn pass_for(node: &Server, told: &Value) -> String {
    let token = told["token"].as_str().expect("a token");
    let response = Wire::connect(node).post("/files/pass", token);
    let cookie = response.header("set-cookie").expect("a pass");
    format!("Cookie: {cookie}\r\n")
}

fn status(node: &Server, path: &str, pass: &str) -> u16 {
    Wire::connect(node).get_with(&format!("/{path}"), pass).status
}

fn done(person: &mut Chatter, request: &str, args: Value) -> Value {
    let answer = person.asks(request, args);
    assert_eq!(answer["ok"], true, "{request}: {answer}");
    answer
}

/// Sends a file, and returns its path.
fn sent(node: &Server, person: &mut Chatter, content: &str) -> String {
    let begun = done(person, "upload", json!({"name": "plan.txt", "bytes": content.len()}));
    let upload = begun["upload"].as_str().expect("an upload");
    let answer = Wire::connect(node).post(&format!("/uploads/{upload}?at=0"), content);
    let answer: Value = serde_json::from_str(answer.text()).expect("JSON");
    answer["path"].as_str().expect("a path").to_owned()
}

#[test]
fn a_private_rooms_file_is_for_its_members_at_every_node() {
    let Some(redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let files = ["--files", folder.path().to_str().expect("a path")];
    let (one, other) = (redis.node_with("a", &files), redis.node_with("b", &files));
    let mut alice = Chatter::named(&one, "alice");
    done(&mut alice, "register", json!({"password": "correct-horse"}));
    done(&mut alice, "join", json!({"room": "den"}));
    done(&mut alice, "room", json!({"room": "den", "private": true}));
    let (mut bob, mut mallory) = (Chatter::named(&other, "bob"), Chatter::named(&other, "mallory"));
    let (his, theirs) = (pass(&other, &bob), pass(&other, &mallory));
    done(&mut alice, "room", json!({"room": "den", "invite": "bob"}));
    bob.next("invited");
    done(&mut bob, "join", json!({"room": "den"}));
    let path = &*sent(&one, &mut alice, "plan");
    assert_eq!(status(&other, path, &his), 404, "nobody was told of it");
    let link = format!("http://chat.example/{path}");
    done(&mut alice, "post", json!({"room": "den", "text": link}));
    while bob.next("message")["room"] != "den" {}
    assert_eq!([status(&other, path, &his), status(&other, path, &theirs)], [200, 404]);
    // A link elsewhere opens it to nobody.
    done(&mut mallory, "post", json!({"room": "lobby", "text": link}));
    assert_eq!([&his, &theirs].map(|pass| status(&other, path, pass)), [200, 404]);
    done(&mut alice, "room", json!({"room": "den", "uninvite": "bob"}));
    assert!(poll_until(DEADLINE, || status(&other, path, &his) == 404), "he may still have it");
    // A guest's file is still theirs after they have signed in or out, at every node.
    let mut guest = Chatter::named(&one, "carol");
    let as_guest = sent(&one, &mut guest, "guest");
    let login = json!({"nick": "alice", "password": "correct-horse"});
    let told = done(&mut guest, "login", login);
    assert_eq!(status(&one, &as_guest, &pass_for(&one, &told)), 200, "their own");
    let as_alice = sent(&one, &mut guest, "alice");
    done(&mut guest, "post", json!({"room": "lobby", "text": format!("http://a/{as_guest}")}));
    done(&mut guest, "logout", json!({}));
    done(&mut guest, "post", json!({"room": "lobby", "text": format!("http://a/{as_alice}")}));
    for path in [as_guest, as_alice] {
        assert!(poll_until(DEADLINE, || status(&other, &path, "") == 200), "{path}");
    }
}
