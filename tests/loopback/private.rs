//! The files that the program makes hold what people say, and belong to their owner alone.

use super::harness::{Client, Server, run};
use super::process::shell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The program with a mask for the permissions of new files (umask(2)).
fn masked(umask: &str, arguments: &[&str]) -> Command {
    let mut command = shell(&format!("umask {umask}; exec \"$0\" \"$@\""));
    command.args(arguments);
    command
}

/// The names of a folder's files, which are all their owner's alone.
fn private(folder: &Path, umask: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.expect("a file");
        let metadata = entry.metadata().expect("a file");
        let mode = metadata.permissions().mode() & 0o7777;
        let name = entry.file_name().into_string().expect("letters");
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{name} with umask {umask}: {mode:o}");
        if metadata.is_dir() {
            private(&entry.path(), umask);
        }
        names.push(name);
    }
    names.sort();
    names
}

#[test]
fn every_file_is_its_owners_alone_with_any_umask() {
    for umask in ["000", "022", "077"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).to_str().expect("letters").to_owned();
        let (db, copy, record) = (path("chat.db"), path("copy.db"), path("record"));
        let server = Server::from(masked(umask, &["serve", "--bind", "127.0.0.1:0", "--db", &db]));
        let mut alice = Client::named(&server, "alice");
        alice.send("in private\n");
        alice.sync();
        let backup = run(masked(umask, &["backup", "--db", &db, &copy]));
        assert!(backup.status.success(), "{backup:?}");
        let ban = run(masked(umask, &["ban", "--db", &db, "192.0.2.1"]));
        assert!(ban.status.success(), "{ban:?}");
        let recorded = ["serve", "--bind", "127.0.0.1:0", "--db", "none", "--record", &record];
        let _recorder = Server::from(masked(umask, &recorded));
        let names = private(folder.path(), umask);
        let all = ["chat.db", "chat.db-lock", "chat.db-shm", "chat.db-wal", "copy.db", "record"];
        for name in all {
            assert!(names.iter().any(|it| it == name), "{name} in {names:?}");
        }
    }
}
