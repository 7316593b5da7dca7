//! Standard error may fail in any way, and the server goes on; messages are never in it.

use super::harness::{Client, DEADLINE, Server, poll_until, run, serve};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::AsFd;

/// A pipe works in whole pages: after less than a page was read, a full pipe is still not writable.
const PAGE: usize = 4096;

/// People come, talk and go, so that there is much to log.
fn serves_on(server: &mut Server) {
    let mut bob = Client::named(server, "bob");
    let mut alice = Client::named(server, "alice");
    for _ in 0..60 {
        drop(Client::guest(server));
    }
    alice.send("still here\n");
    bob.expect_said("<alice> still here");
    bob.send("so am I\n");
    alice.expect_said("<bob> so am I");
    assert!(server.runs());
}

#[test]
fn a_closed_pipe_does_not_end_the_server() {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut server = Server::start_with_stderr(&["--log", "trace"], writer);
    serves_on(&mut server);
}

#[test]
fn a_pipe_that_is_closed_later_does_not_end_the_server() {
    let (reader, writer) = pipe().expect("a pipe");
    let mut server = Server::start_with_stderr(&["--log", "trace"], writer);
    serves_on(&mut server);
    drop(reader);
    serves_on(&mut server);
}

#[test]
fn a_full_disk_does_not_end_the_server() {
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let mut server = Server::start_with_stderr(&["--log", "trace"], full);
    serves_on(&mut server);
}

fn is_ready(file: impl AsFd, flags: PollFlags) -> bool {
    let mut fds = [PollFd::new(&file, flags)];
    poll(&mut fds, Some(&Timespec::default())).expect("a pipe can be polled") > 0
}

fn fill(writer: &mut PipeWriter) {
    while is_ready(&*writer, PollFlags::OUT) {
        writer.write_all(&[b'x'; PAGE]).expect("there is room for a page");
    }
}

/// Reads everything available.
fn drain(reader: &mut PipeReader) -> String {
    let mut bytes = Vec::new();
    while is_ready(&*reader, PollFlags::IN) {
        let mut page = [0; PAGE];
        let count = reader.read(&mut page).expect("the pipe stands");
        bytes.extend_from_slice(&page[..count]);
    }
    String::from_utf8(bytes).expect("the log is UTF-8")
}

#[test]
fn a_pipe_that_is_full_from_the_beginning_does_not_stop_the_server() {
    let (_reader, mut writer) = pipe().expect("a pipe");
    fill(&mut writer);
    let mut server = Server::start_with_stderr(&["--log", "trace"], writer);
    serves_on(&mut server);
}

#[test]
fn a_pipe_that_nobody_reads_does_not_stop_the_server_and_is_used_again_when_read() {
    let (mut reader, mut writer) = pipe().expect("a pipe");
    fill(&mut writer);
    // Two pages are left: for the banner, and for lines until the second is begun.
    reader.read_exact(&mut [0; 2 * PAGE]).expect("the pipe is full");
    let mut server = Server::start_with_stderr(&[], writer);
    serves_on(&mut server);
    serves_on(&mut server);
    let log = drain(&mut reader);
    let logged = log.matches("connect ip=").count();
    assert!((1..100).contains(&logged), "{logged} lines found room");
    // Only complete lines are lost; the first lines are the banner.
    let lines = log.trim_start_matches('x').trim_end();
    assert!(lines.lines().skip(3).all(|line| line.matches(" [mio").count() == 1), "{lines}");
    let _newcomer = Client::guest(&server);
    let mut later = String::new();
    let again = poll_until(DEADLINE, || {
        later.push_str(&drain(&mut reader));
        later.contains("connect ip=")
    });
    assert!(again, "the log goes on: {later}");
}

#[test]
fn what_people_say_is_never_logged() {
    let server = Server::start(&["--log", "trace", "--max-line", "200"]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    for said in ["swordfish", "/me swordfish", "/msg bob swordfish", "//swordfish"] {
        alice.send(format!("{said}\n"));
    }
    alice.send("/topic swordfish\n/swordfish\n/nick sword fish\n/join #a/swordfish\n");
    alice.send([&b"\xffswordfish\n"[..], &b"swordfish".repeat(100), b"\n"].concat());
    alice.send("swordfish at last");
    alice.half_close();
    alice.rest();
    bob.skip_to("<alice> swordfish at last");
    // Nor the input of clients at the wrong door.
    for foreign in ["GET /swordfish HTTP/1.1\r\nCookie: swordfish\r\n\r\n", "\x16\x03swordfish\n"] {
        let mut browser = Client::guest(&server);
        browser.send(foreign);
        browser.rest();
    }
    server.wait_logged("disconnect ", 3);
    assert!(!server.log().contains("fish"), "{}", server.log());
}

#[test]
fn what_is_relayed_is_never_logged() {
    let server = Server::start(&["--plain", "--log", "trace", "--max-line", "200"]);
    let mut bob = Client::connect(&server);
    let mut alice = Client::connect(&server);
    server.wait_logged("connect ip=", 2);
    alice.send("swordfish\n");
    bob.expect("swordfish");
    alice.send(b"swordfish".repeat(100));
    alice.half_close();
    alice.rest();
    server.wait_logged("disconnect ", 1);
    assert!(!server.log().contains("fish"), "{}", server.log());
}

#[test]
fn who_was_called_what_can_be_traced_to_an_address() {
    let server = Server::start(&["--log", "debug"]);
    let mut alice = Client::guest(&server);
    alice.rename("alice");
    alice.rename("مُحَمَّد");
    alice.send("/nick evil\u{1b}[31m\"\n/join #tea\nhello\n/quit\n");
    alice.rest();
    server.wait_logged("disconnect ", 1);
    let log = server.log();
    let session = log.split_once(" session=").and_then(|(_, rest)| rest.split_once(' '));
    let session = session.expect("a session has a name").0;
    let who = format!("session={session} ip=127.0.0.1 door=netcat");
    for line in [
        format!("connect ip=127.0.0.1 session={session} door=line connection=0.1"),
        format!("came {who} nick=\"guest-1\""),
        format!("named {who} nick=\"alice\" was=\"guest-1\""),
        format!("named {who} nick={:?} was=\"alice\"", "مُحَمَّد"),
        format!("{who} nick={:?} room=\"tea\"", "مُحَمَّد"),
        format!("left {who} nick={:?}", "مُحَمَّد"),
        format!("disconnect ip=127.0.0.1 session={session} door=line reason=quit"),
    ] {
        assert!(log.contains(&line), "{line} is not in {log}");
    }
    assert!(!log.contains("evil"), "{log}");
}

/// The objects of a log in JSON.
fn objects(log: &str) -> Vec<serde_json::Value> {
    let object =
        |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    log.lines().map(object).collect()
}

#[test]
fn each_line_of_a_log_in_json_is_an_object() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let file = File::create(&path).expect("a file");
    let flags = ["--log", "debug", "--log-format", "json", "--db", "none"];
    let mut server = Server::start_with_stderr(&flags, file);
    let mut alice = Client::guest(&server);
    alice.send("/nick \u{2028}evil\u{1b}\"\n/nick مُحَمَّد\n/quit\n");
    alice.rest();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    let lines = objects(&fs::read_to_string(&path).expect("the log"));
    let messages: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    assert_eq!(messages.len(), lines.len(), "each has a message: {lines:?}");
    for wanted in ["chat     nc 127.0.0.1 ", "disconnect ip=127.0.0.1 ", "stopping signal=15"] {
        assert!(messages.iter().any(|message| message.starts_with(wanted)), "{messages:?}");
    }
    let named = format!("nick={:?}", "مُحَمَّد");
    assert!(messages.iter().any(|message| message.contains(&named)), "{messages:?}");
    let is_stopping = |line: &&serde_json::Value| {
        line["message"].as_str().is_some_and(|it| it.starts_with("stopping signal=15"))
    };
    let stopping = lines.iter().find(is_stopping).expect("it is logged");
    assert_eq!(stopping["level"], "info");
    assert_eq!(stopping["target"], "mio_socketio::net::reactor");
    // The last words, too.
    let mut command = serve(&["--db", "/nowhere/chat.db", "--http", "none"]);
    command.env("MIO_CHAT_LOG_FORMAT", "json");
    let said = String::from_utf8(run(command).stderr).expect("UTF-8");
    let last = objects(&said).pop().expect("a line");
    assert_eq!(last["level"], "error");
    assert!(last["message"].as_str().is_some_and(|it| it.contains("/nowhere/chat.db")), "{last}");
}

#[test]
fn a_full_pipe_does_not_stop_a_server_that_logs_json() {
    let (_reader, mut writer) = pipe().expect("a pipe");
    fill(&mut writer);
    let flags = ["--log", "trace", "--log-format", "json"];
    let mut server = Server::start_with_stderr(&flags, writer);
    serves_on(&mut server);
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    serves_on(&mut Server::start_with_stderr(&flags, full));
}
