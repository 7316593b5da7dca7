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
