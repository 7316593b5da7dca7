//! Root starts the server, which becomes another user once its doors are open. Most of these tests
//! need root, and have nothing to test without it.

use super::harness::{Client, DEADLINE, Server, poll_until, run, serve};
use super::process::binary;
use rustix::process::{Signal, geteuid};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use tempfile::TempDir;

/// A user who owns nothing, by number: a container may have no names.
const NOBODY: u32 = 65_534;
const USER: &str = "65534";

/// A folder that belongs to a user.
fn folder_of(user: u32) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    chown(folder.path(), Some(user), Some(user)).expect("root may");
    folder
}

fn owner(file: &Path) -> u32 {
    fs::symlink_metadata(file).expect("it is there").uid()
}

/// The error of a server that does not start, and its exit code.
fn refused(flags: &[&str]) -> (String, Option<i32>) {
    let mut command = serve(flags);
    command.env_remove("MIO_CHAT_USER");
    let output = run(command);
    (String::from_utf8(output.stderr).expect("UTF-8"), output.status.code())
}

#[test]
fn root_is_refused_where_other_machines_come_in_unless_a_user_is_named() {
    if !geteuid().is_root() {
        return;
    }
    for door in ["--bind", "--http", "--metrics"] {
        let (said, code) = refused(&[door, "0.0.0.0:0"]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("not started as root: other machines reach 0.0.0.0:0"), "{said}");
        assert!(
            said.contains("start it as another user") && said.contains("--user NAME"),
            "{said}"
        );
    }
    // The operator who names root wants root.
    let server = Server::start(&["--http", "0.0.0.0:0", "--user", "root"]);
    Client::guest(&server);
    let mut check = binary();
    check.args(["check", "--bind", "0.0.0.0:0"]).env_remove("MIO_CHAT_USER");
    let said = String::from_utf8(run(check).stdout).expect("UTF-8");
    assert!(said.contains("would not start as root"), "{said}");
}

#[test]
fn root_opens_the_doors_and_becomes_a_user_who_keeps_the_history() {
    if !geteuid().is_root() {
        return;
    }
    let folder = folder_of(NOBODY);
    let db = folder.path().join("history.db");
    let path = db.to_str().expect("a path of letters");
    let mut command = serve(&["--db", path]);
    command.env_remove("MIO_CHAT_USER");
    let mut server = Server::from(command);
    let mut alice = Client::named(&server, "alice");
    alice.send("as root\n");
    alice.sync();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(owner(&db), 0, "without --user it stays root's");
    let server = Server::start(&["--db", path, "--http", "0.0.0.0:0", "--user", USER]);
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    for ids in ["Uid:\t65534\t65534\t65534\t65534\n", "Gid:\t65534\t65534\t65534\t65534\n"] {
        assert!(status.contains(ids), "{ids} in {status}");
    }
    assert!(status.contains("CapEff:\t0000000000000000\n"), "{status}");
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:"));
    assert_eq!(groups.map(str::trim), Some(USER));
    let mut alice = Client::named(&server, "alice");
    alice.send("as nobody\n");
    alice.sync();
    for ending in ["", "-wal", "-lock"] {
        assert_eq!(owner(Path::new(&format!("{path}{ending}"))), NOBODY, "{ending}");
    }
    // Names of users cannot be looked up any more, and need not be.
    server.signal(Signal::HUP);
    server.wait_logged("reread signal=SIGHUP changed=\"\"", 1);
    let mut export = binary();
    export.args(["export", "--db", path]);
    let said = String::from_utf8(run(export).stdout).expect("UTF-8");
    assert!(said.contains("<alice> as root") && said.contains("<alice> as nobody"), "{said}");
}

#[test]
fn files_that_links_lead_to_stay_roots() {
    if !geteuid().is_root() {
        return;
    }
    let (theirs, roots) = (folder_of(NOBODY), folder_of(0));
    let secret = roots.path().join("secret");
    fs::write(&secret, "").expect("a file");
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("its owner may");
    let (soft, hard) = (theirs.path().join("soft.db"), theirs.path().join("hard.db"));
    symlink(&secret, &soft).expect("a link");
    fs::hard_link(&secret, &hard).expect("a link");
    for db in [soft, hard] {
        let (said, code) = refused(&["--user", USER, "--db", db.to_str().expect("letters")]);
        assert_eq!((code, owner(&secret)), (Some(5), 0), "{said}");
    }
}

#[test]
fn a_user_who_cannot_serve_is_told_why() {
    let (said, code) = refused(&["--user", "no-such-user"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("cannot run as user no-such-user: this machine has no such"), "{said}");
    if !geteuid().is_root() {
        let (said, code) = refused(&["--user", "root"]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("only root can become another user"), "{said}");
        return;
    }
    let folder = folder_of(0);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("its owner may");
    let db = folder.path().join("history.db");
    let (said, code) = refused(&["--user", USER, "--db", db.to_str().expect("letters")]);
    assert_eq!(code, Some(5), "{said}");
    let told = format!("cannot write in {}", folder.path().display());
    assert!(said.contains(&told) && said.contains("chown"), "{said}");
}

/// The files of the certificate are read as root at the start, and as the user later.
#[test]
fn a_file_that_only_root_can_read_is_named() {
    if !geteuid().is_root() {
        return;
    }
    let folder = folder_of(0);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).expect("its owner may");
    let config = folder.path().join("chat.toml");
    fs::write(&config, "rate = 5\n").expect("a file");
    let config = config.to_str().expect("letters");
    let server = Server::start(&["--user", USER, "--config", config]);
    assert!(poll_until(DEADLINE, || server.logged("cannot be read again as this user") == 1));
}
