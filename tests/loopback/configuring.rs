//! The configuration file.

use super::harness::{Client, Server, run, serve};
use super::process::binary;
use rustix::process::Signal;
use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A file with these settings, in a folder that is removed at the end.
pub(crate) fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.toml");
    fs::write(&path, text).expect("a file");
    (folder, path)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

/// The output of a server with these flags, which ends with exit code 2.
fn refused(flags: &[&str]) -> String {
    let mut command = binary();
    command.args(flags);
    let output = run(command);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

#[test]
fn a_file_says_what_neither_a_flag_nor_the_environment_says() {
    let (_folder, config) = file(
        "bind = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\nhttp = \"none\"\ndb = \"none\"\n\
         max-line = 64\nlog = \"off\"\nplain = true\nrate = 3\n",
    );
    let mut command = binary();
    command.args(["--config", path(&config), "--max-line=200"]);
    command.env("MIO_CHAT_LOG", "info").env("MIO_CHAT_PLAIN", "0");
    let server = Server::from(command);
    assert_eq!(server.addresses().len(), 2, "the file has two");
    let mut bob = Client::connect_to(server.addresses()[1]).greeted();
    let alice = Client::connect_to(server.addresses()[0]).greeted();
    // The flag beats the file, and so does the environment.
    let long = "x".repeat(150);
    alice.send(format!("{long}\n"));
    bob.expect_said(&format!("<{}> {long}", alice.nick()));
    server.wait_logged("connect ip=", 2);
}

#[test]
fn the_environment_names_a_file_and_a_repeatable_flag_replaces_its_list() {
    let (_folder, config) = file("bind = [\"192.0.2.1:5555\", \"192.0.2.2:5555\"]\n");
    for command in [&["serve", "--bind", "127.0.0.1:0"][..], &["--bind", "127.0.0.1:0"]] {
        let mut server = binary();
        server.args(command).env("MIO_CHAT_CONFIG", &config);
        assert_eq!(Server::from(server).addresses().len(), 1);
    }
    // An empty variable names none.
    let mut server = serve(&[]);
    server.env("MIO_CHAT_CONFIG", "");
    drop(Server::from(server));
}

#[test]
fn what_is_wrong_in_a_file_ends_the_server_with_the_place() {
    let (_folder, config) = file("# Mine.\nmax_lines = 7\n");
    let name = path(&config);
    let said = refused(&["--config", name]);
    let wanted = format!("mio-chat: {name}:2: there is no setting max_lines; max-line is one\n");
    assert_eq!(said, wanted);
    let said = refused(&["--config", "/nowhere/chat.toml"]);
    assert!(said.starts_with("mio-chat: /nowhere/chat.toml: cannot be read: "), "{said}");
    // Flags exclude each other in the file too, and a flag may need one that is in the file.
    let (_folder, config) = file("plain = true\n");
    let name = path(&config);
    let said = refused(&["--config", name, "--redis", "redis://127.0.0.1:1"]);
    assert!(said.contains("'--redis <URL>'") && said.contains(name), "{said}");
    let (_folder, config) = file("redis = \"redis://127.0.0.1:1\"\n");
    let server = Server::from(serve(&["--config", path(&config), "--node", "one"]));
    server.wait_logged("cut off from redis node=one", 1);
}

#[test]
fn a_password_that_all_users_can_read_is_told() {
    let (_folder, config) = file("redis = \"redis://:secret@127.0.0.1:1\"\n");
    let told = format!("all users can read a secret file={} hint=\"chmod o-r ", config.display());
    for (mode, times) in [(0o644, 1), (0o640, 0)] {
        fs::set_permissions(&config, Permissions::from_mode(mode)).expect("it is ours");
        let server = Server::from(serve(&["--config", path(&config)]));
        assert_eq!(server.logged(&told), times, "mode {mode:o}");
        assert_eq!(server.logged("secret@"), 0);
    }
}

/// Whether a page of `origin` may connect.
fn is_let_in(server: &Server, origin: &str) -> bool {
    let mut page = Client::connect_to(http(server));
    page.send(format!(
        "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: 127.0.0.1\r\n\
         Origin: {origin}\r\nConnection: close\r\n\r\n"
    ));
    match page.rest()[0].trim_end() {
        "HTTP/1.1 200 OK" => true,
        "HTTP/1.1 403 Forbidden" => false,
        other => panic!("{other}"),
    }
}

/// The address of the HTTP door, as the banner has it.
fn http(server: &Server) -> SocketAddr {
    let log = server.log();
    let address = log.lines().find_map(|line| line.strip_prefix("  web      http://"));
    address.and_then(|it| it.trim_end_matches('/').parse().ok()).expect("a banner")
}

#[test]
fn a_hangup_changes_what_can_change_and_tells_what_cannot() {
    let before = "bind = \"localhost:0\"\nhttp = \"127.0.0.1:0\"\ndb = \"none\"\n";
    let (_folder, config) = file(&format!("{before}rate = 1\norigin = \"https://a.example\"\n"));
    let mut command = binary();
    command.args(["--config", path(&config)]);
    let mut server = Server::from(command);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    assert!(is_let_in(&server, "https://a.example") && !is_let_in(&server, "https://b.example"));
    fs::write(
        &config,
        format!("{before}origin = [\"https://b.example\"]\nmax-line = 100\nlog = \"debug\"\n"),
    )
    .expect("a file");
    server.signal(Signal::HUP);
    server.wait_logged("reread signal=SIGHUP changed=\"--log --origin --rate\"", 1);
    server.wait_logged("not changed flags=\"--max-line\"", 1);
    assert!(is_let_in(&server, "https://b.example") && !is_let_in(&server, "https://a.example"));
    // Alice's pace is another, and messages are logged.
    (0..20).for_each(|n| alice.send(format!("{n} {}\n", "x".repeat(150))));
    (0..20).for_each(|n| bob.expect_said(&format!("<alice> {n} {}", "x".repeat(150))));
    server.wait_logged(" DEBUG ", 20);
    // Something wrong changes nothing.
    fs::write(&config, "rate = 1\nmax-lime = 3\n").expect("a file");
    server.signal(Signal::HUP);
    let wrong = format!("{}:2: there is no setting max-lime; max-line is one", config.display());
    server.wait_logged(&format!("nothing changed signal=SIGHUP why=\"{wrong}\""), 1);
    assert!(is_let_in(&server, "https://b.example"));
    // Nor does a pipe, which would hold up the server until somebody writes, or a device without
    // an end.
    fs::remove_file(&config).expect("it is there");
    let made = std::process::Command::new("mkfifo").arg(&config).status();
    assert!(made.expect("every Unix has it").success());
    server.signal(Signal::HUP);
    let wrong = format!("{}: is no regular file", config.display());
    server.wait_logged(&format!("nothing changed signal=SIGHUP why=\"{wrong}\""), 1);
    alice.send("nobody waits\n");
    bob.expect_said("<alice> nobody waits");
    // Nor does a file that has gone.
    fs::remove_file(&config).expect("it is there");
    server.signal(Signal::HUP);
    server.wait_logged("nothing changed signal=SIGHUP why=", 3);
    assert!(server.runs());
}

#[test]
fn a_hangup_without_a_file_is_answered_and_replayed() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("run.rec");
    let (_folder, config) = file("rate = 1\n");
    let mut server = Server::start(&[
        "--db=none",
        "--http=none",
        "--config",
        path(&config),
        "--record",
        path(&record),
    ]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    fs::write(&config, "rate = 0\n").expect("a file");
    server.signal(Signal::HUP);
    server.wait_logged("reread signal=SIGHUP changed=\"--rate\"", 1);
    (0..50).for_each(|n| alice.send(format!("{n}\n")));
    (0..50).for_each(|n| bob.expect_said(&format!("<alice> {n}")));
    server.signal(Signal::HUP);
    server.wait_logged("reread signal=SIGHUP changed=\"\"", 1);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    fs::remove_file(&config).expect("it is there");
    let mut replay = binary();
    replay.args(["replay", path(&record)]);
    let output = run(replay);
    assert!(output.status.success(), "{output:?}");
}

/// The exit code and the standard output of `check` with these flags.
fn checked(flags: &[&str]) -> (Option<i32>, String) {
    let mut command = binary();
    command.arg("check").args(flags);
    let output = run(command);
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status.code(), told)
}

#[test]
fn a_check_tells_each_setting_its_source_and_what_is_unsafe() {
    let (folder, config) = file(
        "bind = \"0.0.0.0:1\"\nredis = \"redis://:secret@127.0.0.1:1\"\nrate = 5\norigin = \"*\"\n",
    );
    let db = folder.path().join("none.db");
    let (code, told) = checked(&["--config", path(&config), "--rate=7", "--db", path(&db)]);
    assert_eq!(code, Some(1), "{told}");
    let name = path(&config);
    for (setting, source) in [
        ("--rate 7", "flag"),
        ("--bind 0.0.0.0:1", &format!("{name}:1")),
        ("--origin *", &format!("{name}:4")),
        ("--http 127.0.0.1:0", "environment"),
        ("--max-line 4096", "default"),
    ] {
        let has = |line: &str| line.trim_start().starts_with(setting) && line.ends_with(source);
        assert!(told.lines().any(has), "{setting} from {source} in {told}");
    }
    for unsafe_one in ["in the clear at 0.0.0.0:1", "(--origin '*')"] {
        assert!(told.contains(unsafe_one), "{unsafe_one} in {told}");
    }
    assert!(!told.contains("secret@"), "{told}");
    assert!(!db.exists(), "a check changes nothing");
    assert!(told.contains("It would give up files and connections ("), "{told}");
    let (_, unguarded) = checked(&["--no-sandbox", "--db", "none"]);
    assert!(unguarded.contains("It would give up no rights (--no-sandbox)."), "{unguarded}");
    // Errors are those of the server.
    assert_eq!(checked(&["--rate=many"]).0, Some(2));
    let (code, told) = checked(&["--help"]);
    assert!(code == Some(0) && told.contains("opens no door"), "{told}");
}

#[test]
fn commands_for_the_history_find_it_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("chat.db");
    let (_folder, config) = file(&format!("db = \"{}\"\nrate = 3\n", db.display()));
    let mut command = serve(&["--config", path(&config)]);
    command.env_remove("MIO_CHAT_DB");
    let server = Server::from(command);
    let mut alice = Client::named(&server, "alice");
    alice.send("for the file\n");
    alice.sync();
    let done = |arguments: &[&str]| {
        let mut command = binary();
        command.args(arguments).env_remove("MIO_CHAT_DB");
        let output = run(command);
        (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
    };
    let config = path(&config);
    let copy = folder.path().join("copy.db");
    for arguments in [
        &["ban", "192.0.2.1", "--config", config][..],
        &["bans", "--config", config],
        &["unban", "--config", config, "192.0.2.1"],
        &["backup", "--config", config, path(&copy)],
        &["purge", "--older-than", "5", "--config", config],
    ] {
        assert_eq!(done(arguments).0, Some(0), "{arguments:?}");
    }
    let (code, said) = done(&["export", "--config", config]);
    assert!(code == Some(0) && said.contains("<alice> for the file"), "{said}");
    // A flag beats the file.
    assert_eq!(done(&["export", "--config", config, "--db", "/nowhere/chat.db"]).0, Some(5));
}
