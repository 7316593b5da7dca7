//! The processes beside a server that do slow work for it.

use super::harness::{Client, DEADLINE, Server, poll_until};
use super::keeping::database;
use super::process::binary;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

/// The children of a process that are told apart by whether this is among their arguments.
fn children_of(process: Pid, argument: &str, has_it: bool) -> Vec<Pid> {
    let process = process.as_raw_nonzero();
    let children = format!("/proc/{process}/task/{process}/children");
    // A process that has ended has none.
    let children = fs::read_to_string(children).unwrap_or_default();
    let is_one = |pid: &&str| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        !arguments.is_empty()
            && arguments.split(|byte| *byte == 0).any(|it| it == argument.as_bytes()) == has_it
    };
    let found = children.split_whitespace().filter(is_one);
    found.filter_map(|pid| Pid::from_raw(pid.parse().expect("a number"))).collect()
}

/// The worker that a waiting process has started.
pub(crate) fn worker_of(process: Pid) -> Option<Pid> {
    children_of(process, "--deputy", false).pop()
}

/// The deputy of a waiting process, as soon as there is one that signals of an operator do not end.
pub(crate) fn deputy_of(process: Pid) -> Pid {
    let mut deputy = awaited(process, "--deputy");
    let is_ready = || {
        deputy = awaited(process, "--deputy");
        catches(deputy, Signal::TERM)
    };
    assert!(poll_until(DEADLINE, is_ready), "the deputy can be ended");
    deputy
}

/// Whether a process has a handler for this signal.
fn catches(process: Pid, signal: Signal) -> bool {
    let status = format!("/proc/{}/status", process.as_raw_nonzero());
    let status = fs::read_to_string(status).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|signals| u64::from_str_radix(signals.trim(), 16).ok());
    caught.is_some_and(|signals| signals >> (signal.as_raw() - 1) & 1 == 1)
}

/// The deputy that a waiting process starts when this one has died.
pub(crate) fn next_deputy_of(process: Pid, dead: Pid) -> Pid {
    let mut deputy = dead;
    assert!(
        poll_until(DEADLINE, || {
            deputy = deputy_of(process);
            deputy != dead
        }),
        "the deputy is not replaced"
    );
    deputy
}

/// A server's process that waits for passwords to hash, as soon as there is one.
pub(crate) fn waiting_of(server: Pid) -> Pid {
    awaited(server, "hash-passwords")
}

fn awaited(process: Pid, argument: &str) -> Pid {
    let mut found = None;
    assert!(
        poll_until(DEADLINE, || {
            found = children_of(process, argument, true).pop();
            found.is_some()
        }),
        "no {argument} comes"
    );
    found.expect("it has come")
}

#[test]
fn passwords_are_hashed_though_the_process_that_waits_for_them_is_killed_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&["--db", database(&folder).to_str().expect("a path")]);
    let first = waiting_of(server.pid());
    let mut waiting = first;
    let mut kill_both = |is_deputy_first: bool| {
        let mut deputy = deputy_of(waiting);
        if is_deputy_first {
            kill_process(deputy, Signal::KILL).expect("it is there");
            // There is another one.
            deputy = next_deputy_of(waiting, deputy);
        }
        kill_process(waiting, Signal::KILL).expect("it is there");
        waiting = deputy;
        // It has taken the place of the other.
        deputy_of(waiting);
    };
    for (round, nick) in ["alice", "bob", "carol"].into_iter().enumerate() {
        kill_both(round == 1);
        let mut client = Client::named(&server, nick);
        // A worker that is just ending takes a password with it, and that person is told to try
        // again. The first time there was none.
        let done = format!("* {nick} is yours now. From elsewhere: /login {nick} PASSWORD");
        let busy = "* passwords cannot be checked just now, try again in a moment";
        assert!(poll_until(DEADLINE, || {
            client.send("/register correct-horse\n");
            loop {
                let line = client.line();
                if line == done || line == busy {
                    assert!(line == done || round > 0, "nobody waited when the process died");
                    return line == done;
                }
            }
        }));
    }
    assert_eq!(server.logged("passwords can no longer be hashed"), 0, "{}", server.log());
    let dead = format!("/proc/{}", first.as_raw_nonzero());
    assert!(!fs::exists(dead).expect("Linux tells"), "a zombie is left");
}

#[test]
fn a_worker_whose_starter_has_died_takes_no_work() {
    let (server, its) = UnixStream::pair().expect("a pair");
    let (starter, output) = UnixStream::pair().expect("a pair");
    starter.shutdown(Shutdown::Both).expect("it is open");
    let mut command = binary();
    command.arg("hash-passwords").stdin(OwnedFd::from(its)).stdout(OwnedFd::from(output));
    let mut worker = command.stderr(Stdio::null()).spawn().expect("the binary starts");
    // It ends by itself also if no password comes, but then it ends well.
    assert!(!worker.wait().expect("the child is ours to wait for").success());
    drop(server);
}
