//! Registering and logging in, with the process that hashes passwords.

use super::harness::{Client, DEADLINE, Server, poll_until, run};
use super::keeping::{database, said};
use super::process::binary;
use super::purging::times;
use super::workers::{waiting_of, worker_of};
use rustix::process::{Signal, kill_process};
use std::fs;
use std::io::Write;
use std::process::Stdio;

const READABLE: &str = "* this connection is not encrypted: a password can be read on its way";

fn register(client: &mut Client, password: &str) {
    client.send(format!("/register {password}\n"));
    let yours = format!("* {0} is yours now. From elsewhere: /login {0} PASSWORD", client.nick());
    client.skip_to(&yours);
}

fn log_in(client: &mut Client, nick: &str, password: &str, told: &str) {
    client.send(format!("/login {nick} {password}\n"));
    client.skip_to(told);
}

#[test]
fn a_name_outlasts_a_kill_of_the_server_and_of_the_worker_and_is_nowhere_in_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let flags = ["--db", db.to_str().expect("a path"), "--log", "trace"];
    let server = Server::start(&flags);
    let mut alice = Client::named(&server, "alice");
    alice.send("/register correct-horse\n");
    alice.skip_to(READABLE);
    alice.skip_to("* alice is yours now. From elsewhere: /login alice PASSWORD");
    let worker = worker_of(waiting_of(server.pid())).expect("it hashes");
    kill_process(worker, Signal::KILL).expect("it is there");
    let mut bob = Client::named(&server, "bob");
    let again = "* passwords cannot be checked just now, try again in a moment";
    let has_registered = || {
        bob.send("/register battery-staple\n");
        let told = loop {
            let line = bob.line();
            if line == again || line.starts_with("* bob is yours") {
                break line;
            }
        };
        told != again
    };
    assert!(poll_until(DEADLINE, has_registered), "another worker hashes");
    server.signal(Signal::KILL);
    drop(server);
    let server = Server::start(&flags);
    let mut other = Client::guest(&server);
    other.send("/nick aIice\n");
    other.expect("* alice is registered; choose another name, or /login alice PASSWORD");
    log_in(&mut other, "alice", "correct-house", "* that is not alice's password");
    log_in(&mut other, "alice", "correct-horse", "* welcome back, alice");
    log_in(&mut Client::guest(&server), "bob", "battery-staple", "* welcome back, bob");
    let log = server.log();
    for password in ["correct-horse", "battery-staple"] {
        assert_eq!(times(folder.path(), password), 0, "{password}");
    }
    assert!(log.contains("login ") && !log.contains("correct-ho"), "{log}");
}

#[test]
fn many_log_in_at_once_and_others_go_on_talking() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--db", db.to_str().expect("a path")]);
    register(&mut Client::named(&server, "alice"), "correct-horse");
    let mut foes: Vec<Client> = (0..20).map(|_| Client::guest(&server)).collect();
    let bob = Client::named(&server, "bob");
    let mut carol = Client::named(&server, "carol");
    for foe in &mut foes {
        foe.send("/login alice wrong-horse\n");
    }
    // Before the last one has been answered.
    bob.send("still here\n");
    carol.skip_to("<bob> still here");
    for foe in &mut foes {
        foe.skip_to("* that is not alice's password");
    }
}

#[test]
fn links_of_an_operators_commands_have_the_address_in_the_servers_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    drop(Server::start(&["--db", db.to_str().expect("a path")]));
    let config = folder.path().join("chat.toml");
    let settings =
        format!("db = {:?}\nurl = \"https://a.example\"\n", db.to_str().expect("a path"));
    fs::write(&config, settings).expect("it");
    for (line, begin) in [
        (&["invite"][..], "https://a.example/#invite="),
        (&["hook", "add", "deploy"], "https://a.example/hook/"),
        (&["invite", "--url", "https://b.example"], "https://b.example/#invite="),
    ] {
        let mut command = binary();
        command.env_remove("MIO_CHAT_DB").args(["admin", "--config"]).arg(&config).args(line);
        let output = run(command);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.starts_with(begin), "{output:?}");
    }
}

#[test]
fn an_operator_lists_changes_and_forgets_registered_people() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let missing = said("admin", &db, &["list"], 5);
    assert!(missing.ends_with("there is none; --db names another file\n"), "{missing}");
    let server = Server::start(&["--db", db.to_str().expect("a path")]);
    let mut alice = Client::named(&server, "alice");
    register(&mut alice, "correct-horse");
    let list = said("admin", &db, &["list"], 0);
    assert_eq!(list, "alice  0 devices, registered within a day, last seen within a day\n");
    // The file of the server's settings says where the history is, before the command and after it.
    let config = folder.path().join("chat.toml");
    fs::write(&config, format!("db = {:?}\nrate = 7\n", db.to_str().expect("a path"))).expect("it");
    for line in [["admin", "list", "--config"], ["admin", "--config", "list"]] {
        let mut command = binary();
        command.env_remove("MIO_CHAT_DB");
        for word in line {
            command.arg(word);
            if word == "--config" {
                command.arg(&config);
            }
        }
        let output = run(command);
        assert_eq!(String::from_utf8_lossy(&output.stdout), list, "{output:?}");
    }
    let passwd = |nick: &str, password: &str| {
        let mut command = binary();
        command.args(["admin", "passwd", nick, "--db"]).arg(&db);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("it is piped");
        input.write_all(password.as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).expect("text"))
    };
    let changed = "alice has another password, and no devices any more\n";
    assert_eq!(passwd("ALICE", "battery-staple\n"), (Some(0), changed.replace("alice", "ALICE")));
    let none = "mio-chat: nobody is registered as bob; mio-chat admin list lists who is\n";
    assert_eq!(passwd("bob", "battery-staple"), (Some(1), none.to_owned()));
    for bad in ["", "short\n", &"x".repeat(10_000)] {
        let (code, told) = passwd("alice", bad);
        assert!(code == Some(2) && told.contains("of 8 to 128 bytes"), "{told}");
    }
    alice.skip_to("* an operator has given you another password: log in with it");
    alice.rest();
    let mut other = Client::guest(&server);
    log_in(&mut other, "alice", "correct-horse", "* that is not alice's password");
    log_in(&mut other, "alice", "battery-staple", "* welcome back, alice");
    assert_eq!(said("admin", &db, &["forget", "alice"], 0), "alice is no longer registered\n");
    other.skip_to("* an operator has ended your registration: your name is free");
    let now = other.line();
    assert!(now.starts_with("* you are guest-"), "{now}");
    other.rename("bob");
    let mut carol = Client::guest(&server);
    carol.rename("alice");
}

#[test]
fn an_operator_grants_roles_and_the_last_owner_is_not_lost_by_mistake() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--db", db.to_str().expect("a path")]);
    let mut alice = Client::named(&server, "alice");
    register(&mut alice, "correct-horse");
    let admin = |args: &[&str], code| said("admin", &db, args, code);
    let is_role = "is no role; owner and moderator are";
    assert!(admin(&["grant", "alice", "king"], 2).contains(is_role));
    let none = "mio-chat: nobody is registered as bob; mio-chat admin list lists who is\n";
    for command in ["grant", "revoke"] {
        assert_eq!(admin(&[command, "bob", "owner"], 1), none);
    }
    assert_eq!(admin(&["grant", "alice", "owner"], 0), "alice is an owner now\n");
    assert_eq!(admin(&["grant", "alice", "owner"], 0), "alice is an owner already\n");
    assert_eq!(admin(&["grant", "alice", "moderator"], 0), "alice is a moderator now\n");
    assert!(admin(&["list"], 0).starts_with("alice  moderator, owner, 0 devices, "));
    let last = "mio-chat: alice is the last owner, and the chat would have none; --last-owner does \
                it all the same\n";
    assert_eq!(admin(&["revoke", "alice", "owner"], 1), last);
    assert_eq!(admin(&["forget", "ALICE"], 1), last.replacen("alice", "ALICE", 1));
    assert_eq!(admin(&["revoke", "alice", "moderator"], 0), "alice is no moderator any more\n");
    assert_eq!(admin(&["revoke", "alice", "moderator"], 1), "mio-chat: alice is no moderator\n");
    register(&mut Client::named(&server, "bob"), "correct-horse");
    admin(&["grant", "bob", "owner"], 0);
    assert_eq!(admin(&["revoke", "alice", "owner"], 0), "alice is no owner any more\n");
    let log = admin(&["log", "--since", "1h"], 0);
    let acts: Vec<&str> = log.lines().filter_map(|line| Some(line.split_once("  ")?.1)).collect();
    let first = "operator: grant owner alice";
    assert_eq!((acts.len(), acts.first()), (5, Some(&first)), "{log}");
    assert_eq!(admin(&["forget", "bob", "--last-owner"], 0), "bob is no longer registered\n");
}

#[test]
fn nobody_is_told_that_a_password_can_be_read_where_a_proxy_may_speak_tls_with_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--db", db.to_str().expect("a path")]);
    register(&mut Client::named(&server, "alice"), "correct-horse");
    for (header, is_told) in [("", true), ("PROXY TCP4 203.0.113.9 127.0.0.1 9 9\r\n", false)] {
        let client = Client::connect(&server);
        client.send(format!("{header}/login alice wrong-horse\n"));
        let (mut client, mut told) = (client.greeted(), Vec::new());
        while told.last().is_none_or(|line| line != "* that is not alice's password") {
            told.push(client.line());
        }
        assert_eq!(told.contains(&READABLE.to_owned()), is_told, "{told:?}");
    }
}
