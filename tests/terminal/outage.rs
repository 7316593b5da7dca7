//! The server goes away and comes back.

use super::pty::Terminal;
use super::server::{Server, binary, poll_until};
use mio_chat::limits::CLIENT_PIPE_MS;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn what_was_missed_comes_once_and_in_order() {
    let mut server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    bob.say("before");
    alice.wait("<bob> before");
    server.kill();
    alice.wait("reconnecting in ");
    alice.wait("attempt 1");
    // Messages sent in the meantime wait.
    alice.press("first\rsecond\r");
    alice.wait("2 unsent");
    server.start_again();
    let mut carol = server.person("carol");
    carol.say("missed 1");
    carol.say("missed 2");
    carol.say("/history 1");
    carol.wait("missed 2");
    alice.press("/connect\r");
    alice.wait("connected again");
    carol.wait("<alice> second");
    alice.wait("<alice> second");
    alice.wait_gone("unsent");
    let heard = carol.wait("<alice> first").to_owned();
    assert_eq!(heard.matches("<alice> first").count(), 1, "{heard}");
    assert_eq!(heard.matches("<alice> second").count(), 1, "{heard}");
    assert!(heard.find("<alice> first") < heard.find("<alice> second"));
    let rows = alice.rows();
    let place = |text: &str| {
        assert_eq!(alice.count(text), 1, "{text} in\n{}", rows.join("\n"));
        rows.iter().position(|row| row.contains(text))
    };
    let texts = ["<bob> before", "<carol> missed 1", "<carol> missed 2", "<alice> first"];
    let places: Vec<_> = texts.into_iter().map(place).collect();
    assert!(places.is_sorted() && place("<alice> second") > places[3], "{rows:?}");
}

#[test]
fn a_server_that_forgets_is_heard_again() {
    let mut server = Server::start_forgetful();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    alice.press("/join #ops\r");
    alice.wait(" #ops · 1 here");
    for number in 0..3 {
        alice.press(&format!("before {number}\r"));
    }
    alice.wait_until("receipts", |terminal| terminal.count("<alice> before") == 3);
    alice.wait_gone("…   <alice>");
    server.kill();
    alice.wait("reconnecting in ");
    alice.press("meanwhile\r");
    server.start_again();
    alice.wait("messages sent in between are unknown");
    let mut bob = server.person("bob");
    bob.say("/join #ops");
    bob.wait("with alice");
    for number in 0..3 {
        bob.say(&format!("after {number}"));
    }
    alice.wait("<bob> after 2");
    let rows = alice.rows();
    let place = |text: &str| rows.iter().position(|row| row.contains(text));
    let texts = ["before 0", "before 2", "<alice> meanwhile", "after 0", "after 1", "after 2"];
    let places: Vec<_> = texts.into_iter().map(place).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{}", rows.join("\n"));
}

#[test]
fn it_comes_back_by_itself_and_can_be_left_meanwhile() {
    let mut server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    server.kill();
    alice.wait("(nobody listens there)");
    server.start_again();
    alice.wait("connected again");
    alice.wait("online");
    server.kill();
    alice.wait("reconnecting in ");
    alice.press("lost\r");
    alice.wait("1 unsent");
    alice.press("half\x03\x03");
    let status = alice.exit();
    assert!(alice.is_given_back());
    // It says that something was not sent.
    assert_eq!(status.code(), Some(1));
    assert!(String::from_utf8_lossy(&alice.raw).contains("one message was not sent"));
}

#[test]
fn a_name_that_is_taken_is_no_end() {
    let server = Server::start();
    let _bob = server.person("bob");
    let mut command = server.client();
    command.args(["--nick", "bob"]).env("TERM", "xterm");
    let mut other = Terminal::run(&command, 80, 24);
    other.wait("/nick NAME takes another");
    other.wait("you are guest-");
    other.press("/nick bobby\r");
    other.wait("you are now bobby");
}

#[test]
fn a_dumb_terminal_has_lines() {
    let server = Server::start();
    let mut bob = server.person("bob");
    bob.say("earlier");
    bob.say("/history 1");
    bob.wait("earlier");
    let mut command = server.client();
    command.args(["--nick", "alice"]).env("TERM", "dumb");
    let mut alice = Terminal::run(&command, 80, 24);
    alice.wait("* you are alice");
    alice.wait("<bob> earlier");
    alice.press("typed\n");
    bob.wait("<alice> typed");
    bob.say("heard");
    alice.wait("<bob> heard");
    assert!(!alice.raw.contains(&0x1b), "{:?}", String::from_utf8_lossy(&alice.raw));
    alice.press("/jion\n");
    alice.wait("* unknown command /jion, did you mean /join?");
    alice.press("\x04");
    assert_eq!(alice.exit().code(), Some(0));
}

#[test]
fn at_a_dumb_terminal_one_may_wait_for_the_server() {
    let mut server = Server::start();
    let mut command = server.client();
    command.args(["--nick", "alice"]).env("TERM", "dumb");
    let mut alice = Terminal::run(&command, 80, 24);
    alice.wait("* you are alice");
    server.kill();
    alice.wait("* connection lost");
    alice.press("typed meanwhile\n");
    alice.wait("* not connected; this is sent when the connection is back");
    alice.press("/who\n");
    alice.wait("* not connected; try again when the connection is back");
    // A script would have given up by then.
    let (start, patience) = (Instant::now(), Duration::from_millis(CLIENT_PIPE_MS + 1_000));
    alice.wait_until("patience", |_| start.elapsed() > patience);
    alice.press("/quit\n");
    assert_eq!(alice.exit().code(), Some(1));
    assert!(alice.shows("1 unsent"), "{:?}", alice.rows());
}

#[test]
fn there_is_one_thread() {
    let server = Server::start();
    let mut command = Command::new("/bin/sh");
    let program = binary().get_program().to_owned();
    let script = format!("echo pid $$.; exec \"$CHAT\" client {}", server.address());
    command.args(["-c", &script]).env("CHAT", program).env("TERM", "xterm");
    let mut alice = Terminal::run(&command, 80, 24);
    alice.wait("online");
    let raw = String::from_utf8_lossy(&alice.raw).into_owned();
    let pid = raw.split_once("pid ").and_then(|(_, rest)| rest.split_once('.'));
    let pid = pid.expect("the shell says its number").0.to_owned();
    let threads = || std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs").count();
    assert!(poll_until(|| threads() == 1));
}
