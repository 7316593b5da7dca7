//! After a server's end: the application gets its state back, and the process is as before.

use mio_socketio::{Listen, Listening, Server};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

const IS_CHILD: &str = "MIO_CHAT_TEST_SERVES_AND_GOES_ON";
const IS_DEAF: &str = "MIO_CHAT_TEST_TAKES_NO_SIGNALS";
const ROUNDS: u32 = 2;

/// A program that serves, goes on, serves once more, and goes on.
fn serve_and_go_on() {
    let mut out = std::io::stdout();
    for round in 1..=ROUNDS {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listen = Listen::default().http(vec![address.into()]);
        let mut listening = Listening::open(&listen).expect("a port");
        listening.take_signals().expect("there are signals");
        writeln!(out, "\nopen").expect("somebody reads");
        let server = Server::builder().on_shutdown(|cx| *cx.state += 10).build(round);
        let state = listening.serve_until_signal(server).expect("it ends as it is told to");
        writeln!(out, "ended with {state}").expect("somebody reads");
    }
    // A signal ends it long before.
    std::thread::sleep(Duration::from_secs(60));
}

/// Whether this process was started with a signal ignored, as a shell does for commands in the
/// background. Then ignoring it is the earlier behaviour to restore.
fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("it is there");
    let mask = u64::from_str_radix(mask.trim(), 16).expect("hexadecimal digits");
    mask >> (signal.as_raw() - 1) & 1 == 1
}

#[test]
fn the_state_is_given_back_and_signals_do_what_they_did_before() {
    if std::env::var_os(IS_CHILD).is_some() {
        return serve_and_go_on();
    }
    let last = [Signal::TERM, Signal::INT, Signal::HUP].into_iter();
    for last in last.filter(|signal| !is_ignored(*signal)) {
        let mut child = Command::new(std::env::current_exe().expect("a program"))
            .args(["--exact", "the_state_is_given_back_and_signals_do_what_they_did_before"])
            .arg("--nocapture")
            .env(IS_CHILD, "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let pid = Pid::from_child(&child);
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut skip_to = |wanted: &str| {
            let found = lines.by_ref().map_while(Result::ok).any(|line| line == wanted);
            assert!(found, "it says {wanted:?}");
        };
        for round in 1..=ROUNDS {
            skip_to("open");
            kill_process(pid, Signal::TERM).expect("it runs");
            skip_to(&format!("ended with {}", round + 10));
        }
        kill_process(pid, last).expect("it runs");
        let status = child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(last.as_raw()), "{status}");
    }
}

/// A program that serves and has not asked for signals.
fn serve_without_signals() {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listening = Listening::open(&Listen::default().http(vec![address.into()]));
    let server = Server::builder().on_start(|_| {
        writeln!(std::io::stdout(), "\nopen").expect("somebody reads");
    });
    let server = server.on_shutdown(|_| panic!("it is not told")).build(());
    listening.expect("a port").serve(server).expect("it serves");
}

#[test]
fn signals_are_left_alone_unless_they_are_asked_for() {
    if std::env::var_os(IS_DEAF).is_some() {
        return serve_without_signals();
    }
    let last = [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1].into_iter();
    for last in last.filter(|signal| !is_ignored(*signal)) {
        let mut child = Command::new(std::env::current_exe().expect("a program"))
            .args(["--exact", "signals_are_left_alone_unless_they_are_asked_for", "--nocapture"])
            .env(IS_DEAF, "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let pid = Pid::from_child(&child);
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let serves = lines.by_ref().map_while(Result::ok).any(|line| line == "open");
        assert!(serves, "it serves");
        kill_process(pid, last).expect("it runs");
        let status = child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(last.as_raw()), "{status}");
    }
}
