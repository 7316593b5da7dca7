//! Messages survive the server (`docs/reliability.md`, "The history").

use super::disk::refused;
use super::harness::{Client, Server};
use super::process::binary;
use fastrand::Rng;
use rustix::process::{Resource, Rlimit, Signal, prlimit};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;

const ROUNDS: u64 = 50;

fn database(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("chat.db")
}

fn flags(path: &Path) -> [&str; 4] {
    ["--rate", "0", "--db", path.to_str().expect("a path in UTF-8")]
}

/// All messages of the file, as `(id, text)`.
fn exported(path: &Path) -> Vec<(i64, String)> {
    let out = path.with_extension("jsonl");
    let mut command = binary();
    command.args(["export", "--format", "jsonl", "--db"]).arg(path);
    let status = command.stdout(File::create(&out).expect("a file")).status();
    assert!(status.expect("the binary starts").success());
    let text = fs::read_to_string(&out).expect("JSON is UTF-8");
    let message = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).expect("a line is an object");
        let id = message["id"].as_i64().expect("an id");
        (id, message["text"].as_str().expect("a text").to_owned())
    };
    text.lines().map(message).collect()
}

/// The text of a line, if it is a person's.
fn said(line: &str) -> Option<&str> {
    let (_, text) = line.strip_prefix('<')?.split_once("> ")?;
    Some(text)
}

#[test]
fn a_message_that_anyone_has_seen_is_in_the_file_whenever_the_server_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = database(&folder);
    let mut random = Rng::with_seed(94);
    let mut seen = Vec::new();
    for round in 0..ROUNDS {
        let mut server = Server::start(&flags(&path));
        let mut reader = Client::connect(&server);
        let speaker = Client::guest(&server);
        let speech = thread::spawn(move || {
            let lines = (0..100_000).map(|number| format!("round {round} number {number}\n"));
            for line in lines {
                if speaker.try_send(line).is_err() {
                    return;
                }
            }
        });
        let some = 1 + random.usize(..400);
        let mut heard = 0;
        while heard < some {
            let line = reader.line();
            if let Some(text) = said(&line) {
                seen.push(text.to_owned());
                heard += 1;
            }
        }
        server.signal(Signal::KILL);
        assert_eq!(server.exit_code(), None);
        while let Some(line) = reader.try_line() {
            if let Some(text) = said(&line) {
                // The last line may be cut off by the end.
                seen.push(text.to_owned());
            }
        }
        seen.pop();
        speech.join().expect("the speaker ends with the server");
    }
    let kept = exported(&path);
    assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0), "numbers grow and never repeat");
    let texts: std::collections::HashSet<&str> = kept.iter().map(|(_, text)| &**text).collect();
    assert_eq!(texts.len(), kept.len(), "nothing is kept twice");
    let lost: Vec<&String> = seen.iter().filter(|text| !texts.contains(&***text)).collect();
    assert!(lost.is_empty(), "{} of {} seen: {:?}", lost.len(), seen.len(), lost.first());
}

#[test]
fn a_newcomer_is_shown_what_was_said_and_may_ask_for_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = database(&folder);
    let mut server = Server::start(&[&flags(&path)[..], &["--replay", "2"]].concat());
    let mut alice = Client::named(&server, "alice");
    alice.send("one\ntwo fish\n/me waves\n");
    alice.sync();
    let mut bob = Client::guest(&server);
    assert!(bob.line().ends_with("] <alice> two fish"));
    assert!(bob.line().ends_with("] *alice waves*"));
    alice.send("/msg alice self\n");
    let nick = bob.nick().to_owned();
    alice.send(format!("/msg {nick} fish in secret\n"));
    bob.skip_to("<alice -> you> fish in secret");
    let found = bob.ask("/search FISH");
    assert!(found.starts_with('[') && found.ends_with("] <alice> two fish"), "{found}");
    bob.send("/search nothing like this\n");
    bob.expect("* nothing in #lobby has these words");
    let asked = bob.ask("/history 1");
    assert!(asked.ends_with("] *alice waves*"), "{asked}");
    assert_eq!(bob.ask("/history x"), "* /history takes 1 to 200");
    assert_eq!(bob.ask("/join #new"), "* you are in #new. Nobody else is here yet.");
    assert_eq!(bob.ask("/history"), "* nothing has been said in #new yet");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    let server = Server::start(&flags(&path));
    let mut carol = Client::guest(&server);
    assert!(carol.line().ends_with("] <alice> one"));
    drop(server);
    assert_eq!(exported(&path).len(), 3, "private messages are not written out");
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = database(&folder);
    fs::write(&path, "a text of somebody's, which is no database at all").expect("a file");
    let about = fs::metadata(&path).expect("a file").permissions();
    refused(&path, "not a database");
    assert_eq!(fs::metadata(&path).expect("a file").permissions(), about);
    refused(&folder.path().join("none/chat.db"), "");
    refused(folder.path(), "");
    assert!(fs::read_to_string(&path).expect("a text").starts_with("a text of somebody's"));
    let path = folder.path().join("used.db");
    let _server = Server::start(&flags(&path));
    refused(&path, "another server is using it");
}

#[test]
fn without_a_history_it_is_said_so() {
    let server = Server::start(&[]);
    let mut alice = Client::guest(&server);
    assert_eq!(alice.ask("/history"), "* no history is kept here");
    assert_eq!(alice.ask("/search words"), "* no history is kept here");
}

#[test]
fn a_full_disk_stops_the_history_and_not_the_chat() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = database(&folder);
    let server = Server::start(&flags(&path));
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    alice.send("before\n");
    bob.expect_said("<alice> before");
    let log = fs::metadata(path.with_extension("db-wal")).expect("a log").len();
    let limit = Rlimit { current: Some(log + 1000), maximum: None };
    let before = prlimit(Some(server.pid()), Resource::Fsize, limit).expect("the server is ours");
    for number in 0..20 {
        alice.send(format!("while full {number}\n"));
        bob.expect_said(&format!("<alice> while full {number}"));
    }
    let notice = "* history is not being kept: what is said now may be lost";
    assert!(alice.sync().iter().any(|line| line == notice), "people are told");
    server.wait_logged("history is not being kept", 1);
    // Waiting messages are shown, although they are not in the file.
    assert!(alice.ask("/history 1").ends_with("] <alice> while full 19"));
    prlimit(Some(server.pid()), Resource::Fsize, before).expect("as it was");
    alice.send("after\n");
    alice.skip_to("* history is being kept again");
    assert_eq!(server.logged("history is not being kept"), 1);
    let kept: Vec<String> = exported(&path).into_iter().map(|(_, text)| text).collect();
    assert_eq!(kept.len(), 22, "nothing is missing: {kept:?}");
    assert_eq!((&*kept[0], &*kept[20], &*kept[21]), ("before", "while full 19", "after"));
}
