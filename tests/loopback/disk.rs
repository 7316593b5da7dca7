//! The history on a real disk that is full or read-only. A file system in memory stands for the
//! disk; if this user may not mount one, only its permissions are tested.

use super::harness::{Client, Server, run};
use super::mount::Disk;
use super::process::binary;
use rustix::process::Signal;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A user who owns nothing.
const NOBODY: u32 = 65_534;

fn lock_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-lock", path.display()))
}

/// Expects that the server does not start with this file, and says so in one line.
pub(crate) fn refused(path: &Path, why: &str) {
    refuses(binary(), path, why);
}

fn refuses(mut command: Command, path: &Path, why: &str) {
    command.args(["--bind", "127.0.0.1:0", "--db"]).arg(path);
    let output = run(command);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.starts_with("mio-chat: cannot keep the history in "), "{said}");
    assert!(said.contains(why) && said.lines().count() == 1, "{said}");
}

/// A server's answer about its readiness.
fn readiness(server: &Server) -> String {
    let log = server.log();
    let told = log.lines().find_map(|line| line.strip_prefix("  metrics  http://"));
    let address = told.and_then(|line| line.strip_suffix("/metrics")).expect("the banner's");
    let mut wire = TcpStream::connect(address).expect("the operators' door");
    wire.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("a request");
    let mut answer = String::new();
    wire.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_disk_that_is_full_is_told_once_and_survived() {
    let Some(disk) = Disk::mount("size=4m") else { return };
    let path = disk.path().join("chat.db");
    let path_text = path.to_str().expect("a path");
    let server = Server::start(&["--rate", "0", "--metrics", "127.0.0.1:0", "--db", path_text]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    alice.send("before\n");
    bob.expect_said("<alice> before");
    let filler = disk.fill();
    for number in 0..200 {
        alice.send(format!("while full {number} {}\n", "x".repeat(100)));
    }
    bob.skip_to(&format!("<alice> while full 199 {}", "x".repeat(100)));
    let notice = "* history is not being kept: what is said now may be lost";
    alice.skip_to(notice);
    let told = readiness(&server);
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("cannot be written"), "{told}");
    fs::remove_file(&filler).expect("the filler");
    alice.send("after\n");
    alice.skip_to("* history is being kept again");
    assert_eq!(server.logged("history is not being kept"), 1);
    assert!(readiness(&server).starts_with("HTTP/1.1 200"));
    bob.skip_to("<alice> after");
    // All of it is in the file, including the messages from while it was full.
    assert!(alice.ask("/search before").ends_with("] <alice> before"));
    assert!(alice.ask("/search while full 0").contains("] <alice> while full 0 "));
    drop((alice, bob, server));
    let output = run({
        let mut command = binary();
        command.args(["export", "--db"]).arg(&path);
        command
    });
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 202);
}

#[test]
fn on_a_full_disk_nobody_is_told_that_something_is_kept() {
    let Some(disk) = Disk::mount("size=4m") else { return };
    let path = disk.path().join("chat.db");
    let flags = ["--rate", "0", "--db", path.to_str().expect("a path")];
    let server = Server::start(&flags);
    let mut alice = Client::named(&server, "alice");
    alice.send("/register correct-horse\n");
    alice.skip_to("* alice is yours now. From elsewhere: /login alice PASSWORD");
    alice.send("/join den\n");
    alice.skip_to("* #den is yours; /op NAME shares it");
    let filler = disk.fill();
    // The log may have a little room left. What it takes is kept, and the rest is refused.
    let refused = "* that cannot be kept now, because the file cannot be written";
    let mut is_private = false;
    let mut is_kept = || {
        alice.send(if is_private { "/room public\n" } else { "/room private\n" });
        let is_kept = !alice.sync().iter().any(|line| line == refused);
        is_private ^= is_kept;
        is_kept
    };
    while is_kept() {}
    let mut bob = Client::named(&server, "bob");
    bob.send("/register correct-horse\n");
    bob.skip_to(refused);
    server.signal(Signal::KILL);
    drop(server);
    fs::remove_file(&filler).expect("the filler");
    let server = Server::start(&flags);
    // The name is nobody's.
    let mut eve = Client::named(&server, "bob");
    let is_hidden = eve.ask("/join den") == "* there is no room #den that you can enter";
    assert_eq!(is_hidden, is_private);
    eve.send("/login alice correct-horse\n");
    eve.skip_to("* welcome back, alice");
}

#[test]
fn a_disk_that_cannot_be_written_is_named() {
    let Some(disk) = Disk::mount("ro") else { return };
    refused(&disk.path().join("chat.db"), "");
}

#[test]
fn a_file_or_folder_that_may_not_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    drop(Server::start(&["--db", path.to_str().expect("a path")]));
    let readable = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    readable(&path, 0o400);
    // The superuser ignores permissions, and so runs it as another user.
    let is_root = fs::OpenOptions::new().append(true).open(&path).is_ok();
    if is_root {
        std::os::unix::fs::chown(folder.path(), Some(NOBODY), None).expect("we are root");
        std::os::unix::fs::chown(&path, Some(NOBODY), None).expect("we are root");
        std::os::unix::fs::chown(lock_of(&path), Some(NOBODY), None).expect("we are root");
    }
    // Other users may not enter the folder of the build.
    let program = tempfile::tempdir().expect("a folder");
    readable(program.path(), 0o755);
    let copy = program.path().join("mio-chat");
    fs::copy(binary().get_program(), &copy).expect("a copy");
    let somebody = || {
        let mut command = Command::new(&copy);
        command.uid(if is_root { NOBODY } else { rustix::process::getuid().as_raw() });
        command
    };
    refuses(somebody(), &path, "it may be read, but not written");
    readable(folder.path(), 0o500);
    refuses(somebody(), &folder.path().join("new.db"), "");
    readable(folder.path(), 0o700);
}
