//! The history cannot be written: the notices, and the end.

use super::harness::{Client, Server};
use super::workers::{deputy_of, waiting_of};
use rusqlite::Connection;
use rustix::process::{Resource, Rlimit, Signal, kill_process, prlimit};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const NOT_KEPT: &str = "* history is not being kept: what is said now may be lost";

fn get(server: &Server, path: &str) -> String {
    let log = server.log();
    let address = log.split("http://").nth(1).and_then(|rest| rest.split('/').next());
    let mut stream = TcpStream::connect(address.expect("a banner")).expect("the HTTP door");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn while_the_disk_is_full_monitors_and_newcomers_are_told_and_a_stop_tells_what_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    let db = path.to_str().expect("a path in UTF-8");
    let mut server = Server::start(&["--rate", "0", "--http", "127.0.0.1:0", "--db", db]);
    let mut alice = Client::named(&server, "alice");
    alice.send("before\n");
    alice.sync();
    assert!(get(&server, "/readyz").starts_with("HTTP/1.1 200"));
    assert!(get(&server, "/metrics").contains("mio_chat_history_failing 0\n"));
    let log = fs::metadata(path.with_extension("db-wal")).expect("a log").len();
    let limit = Rlimit { current: Some(log + 1000), maximum: None };
    prlimit(Some(server.pid()), Resource::Fsize, limit).expect("the server is ours");
    for number in 0..20 {
        alice.send(format!("while full {number}\n"));
    }
    alice.skip_to(NOT_KEPT);
    alice.sync();
    let mut bob = Client::connect(&server);
    while bob.line() != NOT_KEPT {}
    let ready = get(&server, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("history"), "{ready}");
    assert!(get(&server, "/healthz").starts_with("HTTP/1.1 200"));
    let metrics = get(&server, "/metrics");
    assert!(metrics.contains("mio_chat_history_failing 1\n"), "{metrics}");
    let waiting = metrics.lines().find_map(|line| line.strip_prefix("mio_chat_history_waiting "));
    let waiting: u64 = waiting.expect("a gauge").parse().expect("a number");
    assert!((1..=20).contains(&waiting), "{waiting}");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(5));
    let log = server.log();
    assert!(log.contains(&format!("history closed before it was complete lost={waiting}")));
    assert!(log.contains(&format!("could not be written completely: {waiting} messages are lost")));
}

#[test]
fn a_file_that_another_program_holds_for_a_moment_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    let server = Server::start(&["--db", path.to_str().expect("a path in UTF-8")]);
    let mut alice = Client::named(&server, "alice");
    alice.send("before\n");
    alice.sync();
    let other = Connection::open(&path).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    alice.send("while held\n");
    assert!(alice.sync().is_empty());
    server.wait_logged("history waits: another program holds its file", 1);
    other.execute_batch("ROLLBACK").expect("no lock any more");
    let count = || -> i64 {
        let sql = "SELECT count(*) FROM message";
        other.query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    let end = std::time::Instant::now() + Duration::from_secs(10);
    while count() < 2 {
        assert!(std::time::Instant::now() < end, "it is written once nobody holds it");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(alice.sync().is_empty(), "nobody is told");
    // If it holds the file for longer, people are told.
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    alice.send("while held for long\n");
    alice.skip_to(NOT_KEPT);
    drop(other);
    alice.skip_to("* history is being kept again");
}

#[test]
fn when_both_processes_for_passwords_are_killed_people_and_monitors_are_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    let db = path.to_str().expect("a path in UTF-8");
    let server = Server::start(&["--http", "127.0.0.1:0", "--db", db]);
    let mut alice = Client::named(&server, "alice");
    assert!(get(&server, "/readyz").starts_with("HTTP/1.1 200"));
    // The deputy has no time to take its place.
    let waiting = waiting_of(server.pid());
    let deputy = deputy_of(waiting);
    for (process, signal) in
        [(deputy, Signal::STOP), (waiting, Signal::KILL), (deputy, Signal::KILL)]
    {
        kill_process(process, signal).expect("it is there");
    }
    alice.send("/register correct-horse\n");
    alice.skip_to(
        "* nobody can register or log in with a password until this server is started anew; tell \
         its operator",
    );
    let ready = get(&server, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("passwords"), "{ready}");
    // All others go on.
    let mut bob = Client::connect(&server).greeted();
    alice.send("still here\n");
    bob.skip_to("<alice> still here");
    assert!(server.log().contains("passwords can no longer be hashed"));
}
