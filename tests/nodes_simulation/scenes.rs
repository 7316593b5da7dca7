//! Single scenes, each of which was a fault once.

use super::cluster::{Cluster, NODES};
use mio_chat::chat::Chat;
use mio_socketio::testing::{Client, TestServer};
use serde_json::{Value, json};

/// Milliseconds after which something that has no fault is over.
const LONG_MS: u64 = 20_000;
/// A node.
const C: usize = 2;

fn run(cluster: &mut Cluster, ms: u64) {
    let until_ms = cluster.now_ms + ms;
    while cluster.now_ms < until_ms {
        cluster.step(20);
    }
}

/// Runs until something is so at a node.
fn wait<T>(
    cluster: &mut Cluster,
    at: usize,
    mut look: impl FnMut(&mut TestServer<Chat>) -> Option<T>,
) -> T {
    let until_ms = cluster.now_ms + LONG_MS;
    while cluster.now_ms < until_ms {
        cluster.step(20);
        if let Some(Some(found)) = cluster.at(at, &mut look) {
            return found;
        }
    }
    panic!("it does not happen at {}", NODES[at]);
}

fn whole() -> Cluster {
    let mut cluster = Cluster::new(1);
    for at in 0..NODES.len() {
        wait(&mut cluster, at, |server| (server.get("/readyz").status == 200).then_some(()));
    }
    cluster
}

fn connect(cluster: &mut Cluster, at: usize, auth: Value) -> Client {
    let connect = |server: &mut TestServer<Chat>| server.connect("/chat", auth).ok();
    cluster.at(at, connect).flatten().expect("they are in the namespace")
}

/// The first event of this name.
fn event(cluster: &mut Cluster, at: usize, client: Client, name: &str) -> Value {
    wait(cluster, at, |server| {
        let events = server.events(client);
        events.into_iter().find(|event| *event.name == *name).map(|event| event.args[0].clone())
    })
}

/// A node has read that somebody came, and not that they were remembered and spoke, when it is
/// killed. It had them in its memory alone.
#[test]
fn a_node_that_was_killed_knows_who_spoke_just_before() {
    let mut cluster = whole();
    let client = connect(&mut cluster, C, json!({"nick": "ann", "client": "web"}));
    let token = event(&mut cluster, C, client, "welcome")["token"].clone();
    let post = json!({"room": "lobby", "text": "hi", "key": "one"});
    // The node's facts reach Redis, and nothing comes back.
    cluster.part(C, LONG_MS, false, true);
    cluster.at(C, |server| server.ask(client, "post", (post.clone(),)));
    run(&mut cluster, 1_000);
    cluster.kill(C, 10);
    cluster.heal();
    let auth = json!({"token": token, "client": "web"});
    run(&mut cluster, 100);
    let client = connect(&mut cluster, C, auth);
    let welcome = event(&mut cluster, C, client, "welcome");
    assert_eq!(welcome["nick"], "ann", "they are known: {welcome}");
    let asked = cluster.at(C, |server| server.ask(client, "post", (post,))).expect("it runs");
    let answer = wait(&mut cluster, C, |server| server.answered(asked));
    assert_eq!(answer.args[0]["ok"], true, "{answer:?}");
    let files = cluster.end();
    let said = super::check::read(&files[C]);
    assert_eq!(said.values().filter(|row| row.text == "hi").count(), 1, "{said:?}");
}

/// Both want to come in in the millisecond in which their node is cut off: one has been decided
/// about, and one has a token that another node may know.
#[test]
fn newcomers_of_the_moment_of_a_cut_are_told_to_wait() {
    let mut cluster = whole();
    let newcomers = [json!({"nick": "ann"}), json!({"token": "what", "client": "web"})];
    let clients = newcomers.map(|auth| connect(&mut cluster, C, auth));
    cluster.cut(C);
    cluster.part(C, LONG_MS, true, true);
    run(&mut cluster, 5_000);
    for client in clients {
        let notice = event(&mut cluster, C, client, "notice");
        let text = notice["text"].as_str().unwrap_or_default();
        assert!(text.ends_with("you come in once it is connected again"), "{notice}");
    }
}

/// Somebody who has registered at a node.
fn account(cluster: &mut Cluster, at: usize, nick: &str) -> Client {
    let client = connect(cluster, at, json!({"nick": nick, "client": "web"}));
    event(cluster, at, client, "welcome");
    asks(cluster, at, client, "register", json!({"password": "correct-horse"}));
    client
}

/// A request that is granted.
fn asks(cluster: &mut Cluster, at: usize, client: Client, name: &str, args: Value) {
    let asked = cluster.at(at, |server| server.ask(client, name, (args,))).expect("it runs");
    let answer = wait(cluster, at, |server| server.answered(asked));
    assert_eq!(answer.args[0]["ok"], true, "{name}: {answer:?}");
}

/// Seed 6: a node that came back had not read that the owner of a room was there, and had what she
/// did with her own room in its log of deeds.
#[test]
fn a_node_that_was_away_logs_no_rules_of_owners() {
    let mut cluster = whole();
    let mona = account(&mut cluster, 0, "mona");
    asks(&mut cluster, 0, mona, "join", json!({"room": "den"}));
    run(&mut cluster, 1_000);
    cluster.kill(C, 2_000);
    asks(&mut cluster, 0, mona, "room", json!({"room": "den", "private": true}));
    run(&mut cluster, 3_000);
    wait(&mut cluster, C, |server| (server.get("/readyz").status == 200).then_some(()));
    for file in cluster.end() {
        let rows = super::order::rows(&file, "SELECT what FROM deed");
        assert!(rows.is_empty(), "it is her room: {rows:?}");
    }
}

/// Seed 43: a node that came back did not know who had begun a room, or had begun a deleted one
/// anew, while it was away. It took the first for nobody's and the other for deleted.
#[test]
fn a_node_that_was_away_knows_whose_rooms_were_begun() {
    let mut cluster = whole();
    let mona = account(&mut cluster, 0, "mona");
    asks(&mut cluster, 0, mona, "join", json!({"room": "den"}));
    run(&mut cluster, 1_000);
    cluster.kill(C, 2_000);
    asks(&mut cluster, 0, mona, "room", json!({"room": "den", "delete": true}));
    for room in ["den", "ops"] {
        asks(&mut cluster, 0, mona, "join", json!({"room": room}));
    }
    run(&mut cluster, 3_000);
    wait(&mut cluster, C, |server| (server.get("/readyz").status == 200).then_some(()));
    for file in cluster.end() {
        let owned = super::order::rows(&file, "SELECT room FROM room_owner ORDER BY 1");
        assert_eq!(owned, ["den", "ops"]);
        let gone = super::order::rows(&file, "SELECT rules FROM room_rule WHERE room = 'den'");
        assert!(gone.len() == 1 && !gone[0].contains("\"gone\""), "she is in it: {gone:?}");
    }
}

/// A person with two devices is removed by somebody whose node has not read that the first one has
/// gone.
#[test]
fn somebody_is_removed_by_all_devices_though_the_first_has_gone() {
    let mut cluster = whole();
    let mona = account(&mut cluster, C, "mona");
    asks(&mut cluster, C, mona, "join", json!({"room": "den"}));
    let first = account(&mut cluster, 0, "dina");
    let known = json!({"nick": "dina", "password": "correct-horse"});
    let second = connect(&mut cluster, 1, known);
    event(&mut cluster, 1, second, "welcome");
    asks(&mut cluster, 1, second, "join", json!({"room": "den"}));
    run(&mut cluster, 1_000);
    cluster.part(C, 1_000, false, true);
    cluster.at(0, |server| server.disconnect(first));
    run(&mut cluster, 500);
    asks(&mut cluster, C, mona, "kick", json!({"room": "den", "nick": "dina"}));
    run(&mut cluster, 1_000);
    for at in [1, C] {
        let client = if at == C { mona } else { second };
        let who =
            |server: &mut TestServer<Chat>| server.call(client, "who", (json!({"room": "den"}),));
        let answer = cluster.at(at, who).flatten().expect("an answer");
        let members = answer.args[0]["members"].to_string();
        assert!(members.contains("mona") && !members.contains("dina"), "{at}: {members}");
    }
}
