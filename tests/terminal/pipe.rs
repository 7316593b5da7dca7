//! Plain lines, and exit codes.

use super::pty::Terminal;
use super::server::{DEADLINE, Server, binary, poll_until};
use std::borrow::BorrowMut;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Instant;

/// Runs a client with `input`; returns its status and its output.
pub(crate) fn run(mut command: impl BorrowMut<Command>, input: &str) -> Output {
    let command = command.borrow_mut();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A client that refuses to start does not read.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let mut ended = || child.try_wait().expect("it is ours to wait for").is_some();
    let ended = poll_until(&mut ended);
    let _ = child.kill();
    let output = child.wait_with_output().expect("it is ours to wait for");
    assert!(ended, "it does not end: {output:?}");
    output
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A client that follows.
pub(crate) struct Follower {
    child: Child,
    /// Taken away to stop reading.
    stdout: Option<BufReader<ChildStdout>>,
}

impl Follower {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout }
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.stdout.as_mut().expect("it is read");
        stdout.read_line(&mut line).expect("it prints");
        line.trim_end().to_owned()
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("a pipe");
        stdin.write_all(format!("{line}\n").as_bytes()).expect("it reads");
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_line_is_posted_and_acknowledged() {
    let server = Server::start();
    let mut bob = server.person("bob");
    bob.say("/join #ops");
    bob.wait("#ops");
    let mut command = server.client();
    command.args(["--room", "ops", "--nick", "deploy"]);
    let output = run(command, "deploy done\n\nno newline at the end");
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), ""));
    assert!(output.stdout.is_empty());
    bob.wait("<deploy> deploy done\n");
    bob.wait("<deploy> no newline at the end\n");
}

#[test]
fn many_lines_come_in_order_and_once() {
    let server = Server::start();
    let mut bob = server.person("bob");
    let lines: String = (0..150).map(|number| format!("line {number}.\n")).collect();
    let mut command = server.client();
    command.args(["--nick", "log"]);
    let output = run(command, &lines);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let heard = bob.wait("<log> line 149.").to_owned();
    let heard: String = heard
        .lines()
        .filter_map(|line| line.strip_prefix("<log> "))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(heard, lines);
}

#[test]
fn commands_are_the_line_doors() {
    let server = Server::start();
    let mut bob = server.person("bob");
    let command = server.client();
    let input =
        "/nick deploy\n/join #ops\nin ops\n/msg bob psst\n/me waves\n//slash\n/quit\nnever\n";
    let output = run(command, input);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    bob.wait("<deploy -> you> psst");
    bob.say("/join #ops");
    bob.wait("<deploy> in ops");
    bob.wait("*deploy waves*");
    let heard = bob.wait("<deploy> /slash").to_owned();
    assert!(!heard.contains("never"), "{heard}");
}

#[test]
fn what_is_refused_is_said_and_the_code_is_1() {
    let server = Server::start();
    let bob = server.person("bob");
    let output = run(server.client(), "/jion #ops\nstill said\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("did you mean /join?"), "{}", said(&output));
    let output = run(server.client(), "/msg nobody-here hi\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("nobody-here"), "{}", said(&output));
    let mut command = server.client();
    command.args(["--nick", "bob"]);
    let output = run(command, "hi\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).starts_with("mio-chat: "), "{}", said(&output));
    let output = run(server.client(), &"x".repeat(100_000));
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("too long"), "{}", said(&output));
    drop(bob);
}

#[test]
fn what_was_meant_for_a_room_is_said_nowhere_else() {
    let server = Server::start();
    let mut bob = server.person("bob");
    let with_room = |room: &str| {
        let mut command = server.client();
        command.args(["--room", room]);
        command
    };
    for (command, input) in [
        (with_room("bad room"), "secret 1\n"),
        (server.client(), "/join #bad!\nsecret 2\n"),
        (server.client(), "/nick bob\nsecret 3\n"),
    ] {
        let output = run(command, input);
        assert_eq!(output.status.code(), Some(1), "{input}");
        assert!(said(&output).starts_with("mio-chat: "), "{}", said(&output));
    }
    let output = run(server.client(), "the end\n");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let heard = bob.wait("the end").to_owned();
    assert!(!heard.contains("secret"), "{heard}");
}

#[test]
fn what_is_to_be_said_needs_no_reader() {
    let server = Server::start();
    let mut bob = server.person("bob");
    for (number, arguments) in [&[][..], &["--plain"], &["--json"]].into_iter().enumerate() {
        let mut child = server
            .client()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(format!("said {number}.\n").as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        bob.wait(&format!("said {number}."));
    }
}

#[test]
fn no_part_of_a_line_that_is_too_long_is_said() {
    let server = Server::start();
    let mut bob = server.person("bob");
    let output = run(server.client(), &format!("{}\nthe end\n", "x".repeat(75_000)));
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("too long"), "{}", said(&output));
    let heard = bob.wait("the end").to_owned();
    assert!(!heard.contains("xxx"), "{heard}");
}

#[test]
fn bad_usage_is_2() {
    for (arguments, why) in [
        (&["client", "ftp://chat.example/"][..], "not ftp://"),
        (&["client", "5000"], "a port needs a host"),
        (&["client", "--plian"], "--plain"),
    ] {
        let mut command = binary();
        command.args(arguments);
        let output = run(command, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains(why), "{}", said(&output));
    }
}

#[test]
fn without_a_server_it_gives_up() {
    let mut server = Server::start();
    server.kill();
    let start = Instant::now();
    let output = run(server.client(), "hi\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("nobody listens there"), "{}", said(&output));
    assert!(start.elapsed() < DEADLINE);
    let mut command = binary();
    command.args(["client", "no-such-host.invalid"]);
    let output = run(command, "hi\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("cannot find no-such-host.invalid"), "{}", said(&output));
}

#[test]
fn a_follower_prints_what_is_said() {
    let server = Server::start();
    let mut command = server.client();
    command.args(["--plain", "--nick", "alice"]);
    let mut alice = Follower::start(command);
    alice.type_line("here I am");
    let mut bob = server.person("bob");
    bob.say("/history 1");
    bob.wait("here I am");
    bob.say("hi \x1b[31m");
    let line = alice.line();
    let (time, text) = line.split_once("] ").expect("a time");
    assert_eq!((text, time.len()), ("<bob> hi ^[[31m", "[2026-11-20 09:12".len()));
    bob.say("/me waves");
    assert!(alice.line().ends_with("] *bob waves*"));
    bob.say("/msg alice psst");
    assert!(alice.line().ends_with("] <bob -> you> psst"));
}

#[test]
fn a_follower_hears_the_room_that_it_speaks_in() {
    let server = Server::start();
    let mut command = server.client();
    command.args(["--plain", "--nick", "alice", "--room", "#Ops"]);
    let mut alice = Follower::start(command);
    let mut bob = server.person("bob");
    alice.type_line("ready");
    bob.say("in the lobby");
    bob.say("/join #ops");
    bob.wait("<alice> ready");
    bob.say("in ops");
    assert!(alice.line().ends_with("] <bob> in ops"));
    alice.type_line("/join #tea");
    alice.type_line("tea?");
    bob.say("/join #tea");
    bob.wait("<alice> tea?");
    bob.say("in tea");
    assert!(alice.line().ends_with("] <bob> in tea"));
}

#[test]
fn json_is_one_message_a_line() {
    let server = Server::start();
    let mut command = server.client();
    command.args(["--json", "--nick", "alice"]);
    let mut alice = Follower::start(command);
    alice.type_line("first");
    let line = |alice: &mut Follower| -> serde_json::Value {
        serde_json::from_str(&alice.line()).expect("JSON")
    };
    let own = line(&mut alice);
    assert_eq!(
        (&own["room"], &own["from"], &own["text"]),
        (&"lobby".into(), &"alice".into(), &"first".into())
    );
    let mut bob = server.person("bob");
    bob.say("two \"quotes\"");
    let other = line(&mut alice);
    assert_eq!(other["text"], "two \"quotes\"");
    assert!(other["id"].as_u64() > own["id"].as_u64() && other["ts"].as_u64() > Some(0));
    bob.say("/msg alice psst");
    let private = line(&mut alice);
    assert_eq!((&private["to"], &private["room"]), (&"alice".into(), &serde_json::Value::Null));
}

#[test]
fn a_follower_misses_nothing_when_the_server_returns() {
    let mut server = Server::start();
    let mut command = server.client();
    command.args(["--plain", "--nick", "alice"]);
    let mut alice = Follower::start(command);
    let mut bob = server.person("bob");
    alice.type_line("ready");
    bob.wait("<alice> ready");
    bob.say("one");
    assert!(alice.line().ends_with("<bob> one"));
    server.kill();
    server.start_again();
    let mut carol = server.person("carol");
    carol.say("two");
    carol.say("three");
    assert!(alice.line().ends_with("<carol> two"));
    assert!(alice.line().ends_with("<carol> three"));
}

#[test]
fn a_follower_asks_for_what_is_not_sent_by_itself() {
    let mut server = Server::start();
    let mut command = server.client();
    command.args(["--json", "--nick", "alice"]);
    let mut alice = Follower::start(command);
    alice.type_line("ready");
    assert!(alice.line().contains("ready"));
    server.kill();
    // More than the server sends at once to a returning client.
    let said: Vec<String> = (0..270).map(|number| format!("missed {number}.")).collect();
    server.elsewhere(|server| {
        for (nick, said) in ["bob", "carol", "dave"].into_iter().zip(said.chunks(90)) {
            server.post(nick, said.join("\n").as_bytes());
        }
    });
    server.start_again();
    let mut erin = server.person("erin");
    erin.say("the end");
    for expected in said.iter().map(String::as_str).chain(["the end"]) {
        let line: serde_json::Value = serde_json::from_str(&alice.line()).expect("JSON");
        assert_eq!(line["text"], expected);
    }
}

#[test]
fn what_cannot_be_printed_is_a_failure() {
    let server = Server::start();
    let mut bob = server.person("bob");
    let full = || std::fs::File::options().write(true).open("/dev/full").expect("a full disk");
    let mut command = server.client();
    let child = command.arg("--json").stdin(Stdio::piped()).stdout(full()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"said all the same\n").expect("it reads");
    bob.wait("said all the same\n");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("standard output: No space left"), "{}", said(&output));
}

#[test]
fn nobody_reading_is_no_failure() {
    let server = Server::start();
    let mut command = server.client();
    command.args(["--plain", "--nick", "alice"]);
    let mut alice = Follower::start(command);
    let mut bob = server.person("bob");
    alice.type_line("ready");
    bob.wait("<alice> ready");
    bob.say("one");
    assert!(alice.line().ends_with("<bob> one"));
    alice.stdout = None;
    let mut status = None;
    poll_until(|| {
        status = alice.child.try_wait().expect("it is ours to wait for");
        status.is_some()
    });
    assert_eq!(status.and_then(|status| status.code()), Some(0));
}

#[test]
fn a_name_is_free_again_at_once() {
    let server = Server::start();
    for number in 0..2 {
        let mut command = server.client();
        command.args(["--nick", "deploy"]);
        let output = run(command, &format!("done {number}\n"));
        assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), ""));
        let mut deploy = Terminal::client(&server, "deploy", 80, 24);
        deploy.wait("you are deploy");
        deploy.press("\x03");
        assert_eq!(deploy.exit().code(), Some(0));
    }
}
