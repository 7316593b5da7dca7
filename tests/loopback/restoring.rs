//! The history is copied while people talk, and restored.

use super::harness::{Client, DEADLINE, Server, poll_until, run, serve};
use super::keeping::{database, said};
use super::process::binary;
use rustix::process::Signal;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

#[test]
fn a_backup_is_put_back_and_the_log_of_another_time_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let path = db.to_str().expect("a path");
    let to = folder.path().join("backup.db");
    let to = to.to_str().expect("a path");
    let mut server = Server::start(&["--db", path]);
    let mut alice = Client::guest(&server);
    alice.send("before\n");
    alice.sync();
    assert_eq!(said("backup", &db, &[to], 0), "");
    let refused = format!("mio-chat: {to} exists already; --force replaces it\n");
    assert_eq!(said("backup", &db, &[to], 1), refused);
    alice.send("after\n");
    alice.sync();
    server.signal(Signal::KILL);
    assert_eq!(server.exit_code(), None);
    fs::copy(to, &db).expect("put back");
    let refused = run(serve(&["--db", path]));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    let expected = format!("the log beside it, {path}-wal, belongs to another file");
    assert!(refused.status.code() == Some(5) && told.contains(&expected), "{told}");
    fs::remove_file(format!("{path}-wal")).expect("moved away");
    let server = Server::start(&["--db", path]);
    let mut bob = Client::guest(&server);
    assert!(bob.ask("/history 5").ends_with("> before"));
}

#[test]
fn why_nothing_is_kept_is_logged_each_time_and_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let text = folder.path().join("text");
    let mut server = Server::start(&["--db", db.to_str().expect("a path")]);
    let mut alice = Client::guest(&server);
    alice.send("before\n");
    alice.sync();
    fs::set_permissions(&db, Permissions::from_mode(0o400)).expect("it is ours");
    server.wait_logged("its file has another owner or may not be written any more", 1);
    for time in 1..=2 {
        fs::write(&text, "a text of somebody's, which is no database at all").expect("a text");
        fs::rename(&text, &db).expect("it is put there");
        server.wait_logged("history is not being kept error=", time);
        server.wait_logged("history cannot be opened again error=", time);
        fs::remove_file(&db).expect("it goes");
        server.wait_logged("history is kept again", time);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    let log = server.log();
    assert_eq!(log.matches("may not be written any more").count(), 1);
    assert_eq!(log.matches("history cannot be opened again").count(), 2);
}

#[test]
fn a_copy_of_the_history_lets_a_server_on_the_same_machine_go_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--rate", "0", "--db", db.to_str().expect("a path")]);
    let mut alice = Client::guest(&server);
    // More than a pipe holds: an export that nobody reads does not end.
    alice.send(format!("{}\n", "x".repeat(4_000)).repeat(40));
    alice.sync();
    let mut command = binary();
    command.args(["export", "--db"]).arg(&db).stdout(Stdio::piped());
    let mut export = command.spawn().expect("the binary starts");
    let is_last = poll_until(DEADLINE, || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", export.id()));
        let stat = stat.expect("it runs");
        // After the name, which may contain anything: in proc_pid_stat(5) the niceness is field 19.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        fields.split_whitespace().nth(16) == Some("19")
    });
    export.kill().expect("it runs");
    export.wait().expect("it ends");
    assert!(is_last);
}
