//! Purging while people talk.

use super::harness::{Client, DEADLINE, Server, poll_until};
use super::keeping::{ask, database, said};
use super::process::binary;
use super::workers::{deputy_of, next_deputy_of, worker_of};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// How often a word occurs in the history's files.
pub(crate) fn times(folder: &Path, word: &str) -> usize {
    let files = fs::read_dir(folder).expect("a folder");
    let times = files.map(|file| {
        let path = file.expect("a file").path();
        // There is a folder for the files that people send.
        let bytes = if path.is_dir() { Vec::new() } else { fs::read(path).expect("a file") };
        memchr::memmem::find_iter(&bytes, word).count()
    });
    times.sum()
}

#[test]
fn what_is_purged_while_people_talk_is_gone_and_nobody_is_kept_from_talking() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--rate", "0", "--db", db.to_str().expect("a path")]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    alice.send("/msg bob psstword\n");
    let text: String =
        (0..4_000).map(|number| format!("oldword{number:04} and some more\n")).collect();
    alice.send(text);
    bob.skip_to("<alice> oldword3999 and some more");
    assert!(times(folder.path(), "oldword1234") > 0 && times(folder.path(), "psstword") > 0);
    let is_done = AtomicBool::new(false);
    let count = thread::scope(|scope| {
        let talks = scope.spawn(|| {
            let mut count = 0;
            while !is_done.load(Relaxed) {
                alice.send(format!("newword{count}\n"));
                thread::sleep(Duration::from_millis(20));
                count += 1;
            }
            count
        });
        // Some of the purged messages were sent during the purge.
        for _ in 0..3 {
            let purged = ask("purge", &db, &["--older-than", "0"]);
            let said = String::from_utf8_lossy(&purged.stderr).into_owned();
            assert!(purged.status.success() && said.ends_with(" messages deleted\n"), "{said}");
        }
        is_done.store(true, Relaxed);
        talks.join().expect("they have talked")
    });
    for number in 0..count {
        bob.expect_said(&format!("<alice> newword{number}"));
    }
    assert_eq!(server.logged("history is not being kept"), 0, "{}", server.log());
    assert_eq!((times(folder.path(), "oldword"), times(folder.path(), "psstword")), (0, 0));
    // Later messages are kept, and found.
    alice.send("finally\n");
    bob.expect_said("<alice> finally");
    assert!(bob.ask("/history 1").ends_with("<alice> finally"));
    assert!(bob.ask("/search finally").ends_with("<alice> finally"));
}

#[test]
fn a_room_is_purged_alone_and_one_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--db", db.to_str().expect("a path")]);
    let mut alice = Client::guest(&server);
    alice.send("staysword\n/join ops\ngoesword\n");
    alice.sync();
    let purged = said("purge", &db, &["--older-than", "0", "--room", "#Ops"], 0);
    assert_eq!(purged, "1 messages deleted\n");
    assert_eq!(times(folder.path(), "goesword"), 0);
    assert!(times(folder.path(), "staysword") > 0);
    for command in ["purge", "export"] {
        let flags = match command {
            "purge" => &["--older-than", "0", "--room", "no\u{1b}such"][..],
            _ => &["--room", "no\u{1b}such"],
        };
        let refused = said(command, &db, flags, 2);
        let expected = format!("mio-chat: {}: there is no room #no^[such in it\n", db.display());
        assert_eq!(refused, expected);
    }
}

#[test]
fn the_process_for_purges_purges_as_it_is_told_and_ends_with_its_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--db", db.to_str().expect("a path")]);
    let mut alice = Client::named(&server, "alice");
    alice.send("oldword\n");
    alice.sync();
    let (mut way, its) = UnixStream::pair().expect("a pair");
    way.set_read_timeout(Some(DEADLINE)).expect("a time");
    let mut command = binary();
    command.arg("purge-as-told").arg("--db").arg(&db).env("SQLITE_TMPDIR", folder.path());
    let mut purger = command.stdin(OwnedFd::from(its)).spawn().expect("the binary starts");
    drop(command);
    let mut answers = BufReader::new(way.try_clone().expect("another end"));
    let mut tell = |order: &str| {
        way.write_all(order.as_bytes()).expect("it listens");
        let mut answer = String::new();
        answers.read_line(&mut answer).expect("it answers");
        answer
    };
    assert_eq!(tell("nonsense\n"), "it is no order\n");
    // A room that was never here.
    assert_eq!(tell(&format!("{0} {0} nowhere\n", i64::MAX)), "done\n");
    assert!(times(folder.path(), "oldword") > 0);
    assert_eq!(tell(&format!("{0} {0} \n", i64::MAX)), "done\n");
    assert_eq!(times(folder.path(), "oldword"), 0);
    way.shutdown(Shutdown::Both).expect("it is open");
    let ended = || purger.try_wait().expect("the child is ours to wait for").is_some();
    assert!(poll_until(DEADLINE, ended), "it goes on without a server");
}

#[test]
fn a_worker_that_died_is_started_again_and_signals_for_all_processes_end_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    drop(Server::start(&["--db", db.to_str().expect("a path")]));
    let (mut way, its) = UnixStream::pair().expect("a pair");
    way.set_read_timeout(Some(DEADLINE)).expect("a time");
    let mut command = binary();
    command.args(["on-demand", "--", "purge-as-told", "--db"]).arg(&db);
    command.env("SQLITE_TMPDIR", folder.path());
    let mut waiting = command.stdin(OwnedFd::from(its)).spawn().expect("the binary starts");
    drop(command);
    let own = Pid::from_raw(waiting.id().cast_signed()).expect("a process");
    let mut answers = BufReader::new(way.try_clone().expect("another end"));
    let mut answer = || {
        let mut answer = String::new();
        answers.read_line(&mut answer).expect("it answers");
        answer
    };
    let mut tell = |order: &str| way.write_all(order.as_bytes()).expect("it listens");
    let deputy = deputy_of(own);
    assert_eq!(worker_of(own), None, "nothing is to do yet");
    let first = format!("{0} {0} nowhere\n", i64::MAX);
    tell(&first);
    assert_eq!(answer(), "done\n");
    let worker = worker_of(own).expect("it purges");
    for process in [own, worker, deputy] {
        for signal in [Signal::HUP, Signal::INT, Signal::TERM] {
            kill_process(process, signal).expect("it is there");
        }
    }
    tell(&first);
    assert_eq!(answer(), "done\n");
    assert_eq!(worker_of(own), Some(worker), "it is the same one");
    assert_eq!(deputy_of(own), deputy);
    kill_process(worker, Signal::KILL).expect("it is there");
    assert_eq!(answer(), "the process for it has died\n");
    tell(&first);
    assert_eq!(answer(), "done\n");
    assert!(worker_of(own).is_some_and(|other| other != worker));
    // The deputy is replaced while the worker goes on.
    kill_process(deputy, Signal::KILL).expect("it is there");
    let deputy = next_deputy_of(own, deputy);
    // It takes its place, and the worker ends with it.
    waiting.kill().expect("it is there");
    assert_eq!(answer(), "the process for it has died\n");
    tell(&first);
    assert_eq!(answer(), "done\n");
    assert!(worker_of(deputy).is_some());
    way.shutdown(Shutdown::Both).expect("it is open");
    let ended = || waiting.try_wait().expect("the child is ours to wait for").is_some();
    assert!(poll_until(DEADLINE, ended), "it goes on without a server");
}
