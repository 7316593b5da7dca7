//! The line door at a Unix socket: the same chat, for people and proxies on this machine.

use super::harness::{Client, DEADLINE, Server, run, serve};
use super::process::binary;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Signal, getuid};
use std::fs;
use std::io::{BufRead, BufReader, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder, and the path of a socket in it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.sock");
    (folder, path)
}

/// A server's line doors: a socket at `path`, and a port.
fn start(path: &Path, flags: &[&str]) -> Server {
    let bind = format!("unix:{}", path.display());
    Server::start(&[&["--bind", &*bind], flags].concat())
}

/// A client connected to the socket.
struct Local(BufReader<UnixStream>);

impl Local {
    fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).expect("the server accepts");
        stream.set_read_timeout(Some(DEADLINE)).expect("a deadline can be set");
        Self(BufReader::new(stream))
    }

    fn send(&self, text: &str) {
        self.0.get_ref().write_all(text.as_bytes()).expect("the server reads");
    }

    /// Reads up to a line with this beginning.
    fn skip_to(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            let count = self.0.read_line(&mut line).expect("a line");
            assert!(count > 0, "it was closed before {start:?}");
            if line.starts_with(start) {
                return line;
            }
        }
    }
}

#[test]
fn those_at_a_unix_socket_are_in_the_same_chat() {
    let (_folder, path) = place();
    let server = start(&path, &[]);
    assert_eq!(server.logged(&format!("  chat     nc -U {}", path.display())), 1);
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Local::connect(&path);
    alice.skip_to("* Welcome to mio-chat.");
    server.wait_logged(&format!("connect ip=unix:{} … door=line", getuid().as_raw()), 1);
    alice.send("/nick alice\n");
    alice.skip_to("* you are now alice");
    alice.send("hello\n");
    bob.expect_said("<alice> hello");
    bob.send("welcome\n");
    alice.skip_to("<bob> welcome");
    // A line longer than the socket takes at once arrives complete, too.
    let long = "x".repeat(4_000);
    for _ in 0..60 {
        bob.send(format!("{long}\n"));
    }
    for _ in 0..60 {
        assert_eq!(alice.skip_to("<bob> x").len(), "<bob> \n".len() + long.len());
    }
    alice.send("/quit\n");
    let mut rest = Vec::new();
    alice.0.read_to_end(&mut rest).expect("an end");
    server.wait_logged("disconnect ip=unix:… reason=quit", 1);
}

#[test]
fn whoever_ends_its_side_is_heard_and_answered_to_the_end() {
    let (_folder, path) = place();
    let server = start(&path, &[]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Local::connect(&path);
    // As `nc -U -N` does with its input.
    alice.send("/nick alice\n/who\ndone");
    alice.0.get_ref().shutdown(Shutdown::Write).expect("it is connected");
    let mut told = String::new();
    alice.0.read_to_string(&mut told).expect("an end");
    assert!(
        told.ends_with("* you are now alice\n* in #lobby: alice (netcat) and bob (netcat)\n"),
        "{told}"
    );
    bob.expect_said("<alice> done");
    server.wait_logged("disconnect ip=unix:… reason=eof lines=3", 1);
}

#[test]
fn what_follows_a_descriptor_is_read_too() {
    let (_folder, path) = place();
    let server = start(&path, &[]);
    let mut alice = Local::connect(&path);
    alice.skip_to("* Welcome to mio-chat.");
    // Both are there when the server reads, and its first read ends after the descriptor.
    server.signal(Signal::STOP);
    let descriptors = [alice.0.get_ref().as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
    let text = [IoSlice::new(b"/nick al")];
    let sent = sendmsg(alice.0.get_ref(), &text, &mut control, SendFlags::empty());
    assert_eq!(sent, Ok(8));
    alice.send("ice\n");
    server.signal(Signal::CONT);
    alice.skip_to("* you are now alice");
}

#[test]
fn limits_of_an_address_are_for_those_whom_a_proxy_names() {
    let (_folder, path) = place();
    let server = start(&path, &["--per-address", "1"]);
    let own: Vec<Local> = (0..3)
        .map(|_| {
            let mut local = Local::connect(&path);
            local.skip_to("* Welcome to mio-chat.");
            local
        })
        .collect();
    let header = "PROXY TCP4 203.0.113.9 127.0.0.1 56324 55555\r\n";
    let mut first = Local::connect(&path);
    first.send(header);
    first.skip_to("* Welcome to mio-chat.");
    server.wait_logged("connect ip=203.0.113.9 … door=line", 1);
    let mut second = Local::connect(&path);
    second.send(header);
    second.skip_to("* too many connections from your address");
    drop((own, first));
}

#[test]
fn a_socket_is_replaced_only_if_its_server_has_died() {
    let (_folder, path) = place();
    let mut server = start(&path, &[]);
    let bind = format!("unix:{}", path.display());
    let refused = run(serve(&["--bind", &bind]));
    let said = String::from_utf8_lossy(&refused.stderr);
    let expected = format!("cannot listen on {bind}: another server is listening there");
    assert!(refused.status.code() == Some(4) && said.contains(&expected), "{said}");
    // The other one has not disturbed it.
    assert_eq!(server.logged("disconnect"), 0);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(!path.exists(), "the file goes with the server");
    drop(server);
    let mut server = start(&path, &[]);
    server.signal(Signal::KILL);
    assert_eq!(server.exit_code(), None);
    assert!(path.exists(), "a server that is killed removes nothing");
    let _next = start(&path, &[]);
    Local::connect(&path).skip_to("* Welcome to mio-chat.");
    // A file that is not a socket is left alone.
    let letter = path.with_extension("txt");
    fs::write(&letter, "a letter").expect("a file");
    let refused = run(serve(&["--bind", &format!("unix:{}", letter.display())]));
    assert_eq!(refused.status.code(), Some(4));
    assert_eq!(fs::read(&letter).expect("a file"), b"a letter");
}

#[test]
fn a_record_has_those_at_a_unix_socket() {
    let (folder, path) = place();
    let file = folder.path().join("run");
    let mut server = start(&path, &["--record", file.to_str().expect("a path is text")]);
    let mut alice = Local::connect(&path);
    alice.send("/nick alice\n");
    alice.skip_to("* you are now alice");
    alice.send("/quit\n");
    server.wait_logged("disconnect ip=unix:… reason=quit", 1);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    let mut command = binary();
    command.arg("replay").arg(&file);
    let said = run(command).stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("the same: ") && said.contains(", 1 connections, "), "{said}");
}
