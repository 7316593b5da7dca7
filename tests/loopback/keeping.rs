//! The limits of the history, and bans: the commands, and the files.

use super::harness::{Client, Server, run};
use super::process::binary;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

pub(crate) fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("chat.db")
}

pub(crate) fn ask(command: &str, db: &Path, flags: &[&str]) -> Output {
    let mut asked = binary();
    asked.arg(command).arg("--db").arg(db).args(flags);
    run(asked)
}

/// The output of a command, on both ways out, that ends with `code`.
pub(crate) fn said(command: &str, db: &Path, flags: &[&str], code: i32) -> String {
    let Output { status, stdout, stderr } = ask(command, db, flags);
    let said = [stdout, stderr].concat();
    let said = String::from_utf8(said).expect("the program speaks UTF-8");
    assert_eq!(status.code(), Some(code), "{said}");
    said
}

#[test]
fn bans_are_made_listed_and_ended_also_while_a_server_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    // A ban at a wrong place would hold nowhere.
    for command in [&["ban", "192.0.2.7"][..], &["unban", "192.0.2.7"], &["bans"]] {
        let told = said(command[0], &db, &command[1..], 5);
        assert!(told.ends_with("chat.db: there is none; --db names another file\n"), "{told}");
    }
    assert!(!db.exists());
    let flags = ["--db", db.to_str().expect("a path")];
    drop(Server::start(&flags));
    // It need not run.
    let made = said("ban", &db, &["192.0.2.7", "--for", "90m", "--why", "spam\u{1b}[31m"], 0);
    assert_eq!(made, "192.0.2.7 is banned\n");
    let server = Server::start(&flags);
    let mut alice = Client::guest(&server);
    assert_eq!(said("ban", &db, &["2001:db8:1:2:3::4"], 0), "2001:db8:1:2::/64 is banned\n");
    let list = said("bans", &db, &[], 0);
    assert_eq!(list, "192.0.2.7  1 h left  spam^[[31m\n2001:db8:1:2::/64  for good\n");
    assert_eq!(said("unban", &db, &["192.0.2.7"], 0), "192.0.2.7 is no longer banned\n");
    // A ban for a day shows a day when it is new, and an IPv4 address may be written as IPv6.
    let day = ["::ffff:198.51.100.0/120", "--for", "1d"];
    assert_eq!(said("ban", &db, &day, 0), "198.51.100.0/24 is banned\n");
    assert!(said("bans", &db, &[], 0).contains("198.51.100.0/24  1 d left"));
    let none = said("unban", &db, &["192.0.2.7"], 1);
    assert_eq!(none, "mio-chat: 192.0.2.7 is not banned; mio-chat bans lists who is\n");
    for own in ["127.0.0.1", "::1", "0.0.0.0/0"] {
        let refused = said("ban", &db, &[own], 2);
        assert!(refused.contains("is this machine"), "{refused}");
    }
    assert!(said("ban", &db, &["nobody"], 2).contains("is no address and no network"));
    assert!(
        said("ban", &db, &["192.0.2.7", "--for", "ever"], 2).contains("is not a length of time")
    );
    // Clients on this machine stay.
    alice.send("hello\n");
    assert!(alice.ask("/history 1").ends_with("> hello"));
}

#[test]
fn the_oldest_messages_go_when_the_file_is_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let path = db.to_str().expect("a path");
    let server = Server::start(&["--rate", "0", "--history-max", "4M", "--db", path]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let long = "x".repeat(4000);
    for number in 0..2_000 {
        alice.send(format!("{number} {long}\n"));
        bob.expect_said(&format!("<alice> {number} {long}"));
    }
    server.wait_logged("the history is full, its oldest messages are deleted", 1);
    server.wait_logged("the history's oldest messages were deleted", 1);
    assert!(server.log().contains("--history-max=4194304"));
    alice.send("the last\n");
    bob.expect_said("<alice> the last");
    drop((alice, bob, server));
    let mut export = binary();
    let out = folder.path().join("export.txt");
    export.arg("export").arg("--db").arg(&db).stdout(File::create(&out).expect("a file"));
    assert!(export.status().expect("the binary starts").success());
    let kept = fs::read_to_string(&out).expect("a text");
    let lines = kept.lines().count();
    assert!(kept.ends_with("<alice> the last\n") && (100..1_900).contains(&lines), "{lines}");
    let file = fs::metadata(&db).expect("the file").len();
    assert!(file < 12 << 20, "{file}");
}

#[test]
fn its_files_are_its_owners_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--db", db.to_str().expect("a path")]);
    let mut alice = Client::guest(&server);
    alice.send("private\n");
    alice.sync();
    for ending in ["", "-wal", "-shm", "-lock"] {
        let file = PathBuf::from(format!("{}{ending}", db.display()));
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{ending}");
    }
}
