//! Nodes that share a secret hear each other, and nobody else.

use super::chat::Chatter;
use super::harness::{Client, Server, run};
use super::process::serve;
use super::redis::{Redis, hears};
use rustix::process::Signal;
use serde_json::json;

const KEY: &str = "{mio-chat}:facts";
/// Lives of a node: more than nodes could once tell apart.
const LIVES: usize = 70;

fn node(redis: &Redis, name: &str, secret: &str) -> Server {
    redis.node_with(name, &["--cluster-secret", secret])
}

/// The fields of the last entry with this in its text, by `XRANGE`: name and value in turns.
fn entry(redis: &Redis, word: &str) -> Vec<String> {
    let all = redis.ask(&["XRANGE", KEY, "-", "+"]).expect("a reply");
    // An entry has an id and a list, each word after its length.
    let entries = all.split("\r\n*2\r\n");
    let entry = entries.filter(|entry| entry.contains(word)).last().expect("there is one");
    let words = entry.split("\r\n").filter(|word| !word.starts_with(['$', '*']));
    words.skip(1).take_while(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The id that the next message gets.
fn next(redis: &Redis) -> String {
    let reply = redis.ask(&["HGET", "{mio-chat}:state", "number"]).expect("a reply");
    let number: u64 = reply.split("\r\n").nth(1).expect("a number").parse().expect("a number");
    format!("{}-0", number + 1)
}

fn add(redis: &Redis, id: &str, fields: &[String]) {
    let mut command = vec!["XADD", KEY, id];
    command.extend(fields.iter().map(String::as_str));
    let added = redis.ask(&command).expect("a reply");
    assert!(added.starts_with('$'), "{added}");
}

#[test]
fn what_is_not_signed_or_was_signed_for_something_else_is_passed_over() {
    let Some(redis) = Redis::start() else { return };
    let secret = redis.file("secret", "a secret of the nodes\n");
    let (one, other) = (node(&redis, "a", &secret), node(&redis, "b", &secret));
    let mut alice = Chatter::named(&one, "alice");
    let mut bob = Chatter::named(&other, "bob");
    alice.sees("presence", |told| told["joined"].to_string().contains("\"bob\""));
    bob.asks("typing", json!({"room": "lobby", "on": true}));
    assert_eq!(alice.next("typing")["nick"], json!("bob"));
    bob.asks("post", json!({"room": "lobby", "text": "signedword"}));
    assert_eq!(alice.next("message")["text"], json!("signedword"));
    let signed = entry(&redis, "signedword");
    assert!(signed.contains(&"h".to_owned()), "{signed:?}");
    let unsigned: Vec<String> = signed.iter().take(8).cloned().collect();
    let forged: Vec<String> =
        signed.iter().map(|word| word.replace("signedword", "forgedword")).collect();
    let later: Vec<String> =
        signed.iter().map(|word| word.replace("signedword", "laterword")).collect();
    // As it was, without a signature, with another text, and with another number.
    add(&redis, "9000000000000-0", &signed);
    add(&redis, "9000000000001-0", &unsigned);
    add(&redis, "9000000000002-0", &forged);
    let mut renumbered = later;
    let at = renumbered.iter().position(|word| word == "s").expect("it has a number");
    renumbered[at + 1] = "999999".to_owned();
    add(&redis, "9000000000003-0", &renumbered);
    let typing = r#"{"types":{"by":"b/1.0.1","place":{"room":"lobby"}}}"#;
    redis.ask(&["PUBLISH", "{mio-chat}:fleeting", typing]);
    bob.asks("post", json!({"room": "lobby", "text": "after"}));
    // Her first event after bob's typing ended is his next message.
    assert_eq!(alice.next("message")["text"], json!("after"));
    assert_eq!(one.logged("why=Unsigned"), 1, "it is told once: {}", one.log());
    assert_eq!(redis.history("a").len(), 2);
    // A copy counts as little after a restart.
    drop(one);
    let one = node(&redis, "a", &secret);
    let mut carol = Chatter::named(&one, "carol");
    add(&redis, "9000000000100-0", &signed);
    bob.asks("post", json!({"room": "lobby", "text": "at last"}));
    assert_eq!(carol.next("message")["text"], json!("at last"));
    assert_eq!(redis.history("a"), redis.history("b"));
}

#[test]
fn a_copy_counts_as_little_after_many_lives_and_in_a_redis_that_was_emptied() {
    let Some(redis) = Redis::start() else { return };
    let secret = redis.file("secret", "a secret of the nodes\n");
    let (one, other) = (node(&redis, "a", &secret), node(&redis, "b", &secret));
    let mut alice = Chatter::named(&one, "alice");
    let mut bob = Chatter::named(&other, "bob");
    let post = |text: &str| json!({"room": "lobby", "text": text});
    assert_eq!(alice.asks("post", post("copiedword"))["ok"], json!(true));
    let signed = entry(&redis, "copiedword");
    // Each time somebody takes the node out, it begins another life.
    for life in 0..LIVES {
        redis.ask(&["HDEL", "{mio-chat}:nodes", "a"]);
        let text = format!("life {life}");
        assert_eq!(alice.asks("post", post(&text))["ok"], json!(true), "{text}");
        bob.sees("message", |told| told["text"] == json!(text));
    }
    add(&redis, &next(&redis), &signed);
    assert_eq!(alice.asks("post", post("after"))["ok"], json!(true));
    assert_eq!(bob.next("message")["text"], json!("after"));
    let redis = redis.restart(false);
    one.wait_logged("node is whole", 1);
    assert_eq!(alice.asks("post", post("emptied"))["ok"], json!(true));
    bob.sees("message", |told| told["text"] == json!("emptied"));
    add(&redis, &next(&redis), &signed);
    assert_eq!(alice.asks("post", post("at last"))["ok"], json!(true));
    assert_eq!(bob.next("message")["text"], json!("at last"));
    assert_eq!(redis.history("a").len(), LIVES + 4);
    assert_eq!(redis.history("a"), redis.history("b"));
}

#[test]
fn a_node_with_another_secret_or_none_is_not_heard() {
    let Some(redis) = Redis::start() else { return };
    let ours = redis.file("ours", "a secret of the nodes\n");
    let theirs = redis.file("theirs", "the secret of others\n");
    let one = node(&redis, "a", &ours);
    let (other, third) = (node(&redis, "b", &theirs), redis.node("c"));
    let mut alice = Client::named(&one, "alice");
    let (bob, carol) = (Client::named(&other, "bob"), Client::named(&third, "carol"));
    bob.send("from b\n");
    carol.send("from c\n");
    one.wait_logged("why=Unsigned", 1);
    alice.send("only me\n/history\n");
    hears(&mut alice, "only me");
    assert!(alice.sync().iter().all(|line| !line.contains("from")));
}

#[test]
fn a_secret_that_is_short_or_not_there_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = folder.path().join("short");
    std::fs::write(&short, "short\n").expect("a file");
    for (path, why) in [
        (short.to_str().expect("a path"), "a secret has at least 16 bytes"),
        ("/nowhere/at/all", "it cannot be read"),
    ] {
        let output = run(serve(&["--redis", "redis://127.0.0.1:1", "--cluster-secret", path]));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains(why), "{told}");
    }
}

#[test]
fn a_hangup_needs_no_file_that_a_guarded_node_cannot_read() {
    let Some(redis) = Redis::start() else { return };
    // Beside the folder of the history, where a guarded node reads nothing.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let secret = elsewhere.path().join("secret");
    std::fs::write(&secret, "a secret of the nodes\n").expect("a file");
    let one = node(&redis, "a", secret.to_str().expect("a path"));
    std::fs::remove_file(&secret).expect("it is there");
    one.signal(Signal::HUP);
    one.wait_logged("reread signal=SIGHUP changed=\"\"", 1);
}
