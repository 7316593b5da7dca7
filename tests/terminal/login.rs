//! Coming in as a registered person: the password is asked for once, and then a token is kept.

use super::pty::Terminal;
use super::server::Server;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) const PASSWORD: &str = "correct horse";

/// A chat in which Alice is registered.
pub(crate) fn server() -> Server {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    alice.press(&format!("/register {PASSWORD}\r"));
    alice.wait("alice is yours now");
    alice.press("/quit\r");
    assert_eq!(alice.exit().code(), Some(0));
    server
}

/// A client that comes in as Alice, for a user with this folder of settings.
fn login(server: &Server, settings: &Path) -> Command {
    let mut command = server.client();
    command.args(["--login", "alice"]).env("XDG_CONFIG_HOME", settings);
    command.env("TERM", "xterm-256color");
    command
}

#[test]
fn a_password_is_asked_for_once_and_shown_nowhere() {
    let (server, folder) = (server(), tempfile::tempdir().expect("a folder"));
    let settings = folder.path().join("settings");
    let mut wrong = Terminal::run(&login(&server, &settings), 80, 24);
    wrong.wait("alice's password:");
    wrong.press("wrong horse\r");
    assert_eq!(wrong.exit().code(), Some(1));
    assert!(wrong.is_given_back());
    assert!(String::from_utf8_lossy(&wrong.raw).contains("that is not alice's password"));
    let mut right = Terminal::run(&login(&server, &settings), 80, 24);
    right.wait("alice's password:");
    right.press(&format!("{PASSWORD}\r"));
    right.wait("online");
    right.press("it is me\r");
    right.wait("<alice> it is me");
    let shown = String::from_utf8_lossy(&right.raw).into_owned();
    assert!(!shown.contains(PASSWORD) && !shown.contains("horse"), "{shown}");
    right.press("/quit\r");
    assert_eq!(right.exit().code(), Some(0));
    // The token is for its owner alone, and lets in without the password.
    let kept = settings.join("mio-chat/logins.json");
    let mode = fs::metadata(&kept).expect("a token is kept").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut again = Terminal::run(&login(&server, &settings), 80, 24);
    again.wait("online");
    again.press("me again\r");
    again.wait("<alice> me again");
    assert!(!again.shows("password:"));
    again.press("/logout\r");
    again.wait("you are guest-");
    again.press("/quit\r");
    assert_eq!(again.exit().code(), Some(0));
    assert!(!fs::read_to_string(&kept).expect("the file").contains("alice"), "it is forgotten");
}

#[test]
fn a_password_typed_in_the_chat_is_not_shown_and_cannot_be_brought_back() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let then = |alice: &mut Terminal, keys: &str, shown: &str| {
        alice.press(keys);
        alice.wait(shown);
    };
    then(&mut alice, "/register\r", "password>");
    then(&mut alice, PASSWORD, "password> •••••••••••••");
    then(&mut alice, "\r", "once more>");
    then(&mut alice, "correct house\r", "these are two different passwords");
    then(&mut alice, &format!("{PASSWORD}\r"), "once more>");
    then(&mut alice, &format!("{PASSWORD}\r"), "alice is yours now");
    then(&mut alice, "/logout\r", "you are guest-");
    // Neither the line before nor one that was cut out is in the way of another.
    then(&mut alice, "/login\r", "name>");
    then(&mut alice, "alice\r", "alice's password and Enter");
    then(&mut alice, &format!("{PASSWORD}\x15x"), "password> •");
    alice.press("\x1b");
    alice.wait_until("a free line", |alice| alice.line() == ">");
    then(&mut alice, "\x19!", "> !");
    then(&mut alice, "\x15/login alice\r", "password>");
    then(&mut alice, &format!("\x1b[A{PASSWORD}\r"), "welcome back, alice");
    then(&mut alice, "\x1b[A", "> /login alice");
    then(&mut alice, &format!(" {PASSWORD}"), "> /login alice •••••••••••••");
    alice.press("\r\x1b[A");
    alice.wait_until("a line without it", |alice| alice.line() == "> /login alice");
    let shown = String::from_utf8_lossy(&alice.raw).into_owned();
    assert!(!shown.contains("correct") && !shown.contains("horse"), "{shown}");
    // Another device is in the list, and ends.
    let mut other = server.person("other");
    other.say(&format!("/login alice {PASSWORD}"));
    other.wait("welcome back, alice");
    then(&mut alice, "\x15/devices\r", "here now; /devices ");
    let rows = alice.rows();
    let number = rows.iter().find_map(|row| row.split("here now; /devices ").nth(1));
    let number = number.and_then(|rest| rest.split(' ').next()).expect("a number").to_owned();
    then(&mut alice, &format!("/devices {number}\r"), &format!("device {number} has ended"));
    other.wait("you have ended this device from another one");
}

#[test]
fn a_password_stays_in_its_line() {
    let server = server();
    let mut alice = Terminal::client(&server, "al", 80, 24);
    let then = |alice: &mut Terminal, keys: &str, shown: &str| {
        alice.press(keys);
        alice.wait(shown);
    };
    // The room comes while the password is typed, and after that keys lead to another one.
    alice.press("/join #tea\r/login\ralice\rcorrect");
    alice.wait("#tea · 1 here");
    alice.wait_until("a hidden line", |alice| alice.line() == "password> •••••••");
    then(&mut alice, "\x10", "#lobby · 1 here");
    // The menu, which is opened by Ctrl-O, has no place in it.
    then(&mut alice, "\x0f horse", "password> •••••••••••••");
    then(&mut alice, "\r", "welcome back, alice");
    assert_eq!(alice.line(), ">");
    // No menu puts it into an answer.
    then(&mut alice, "hello\r", "<alice> hello");
    alice.wait_gone("  …  ");
    then(&mut alice, &format!("/login alice {PASSWORD}"), "> /login alice •••••••••••••");
    then(&mut alice, "\x0f\rq", "your line has a password; send it or clear it first");
    alice.press("\x03");
    alice.wait_gone("your line has a password");
    assert_eq!(alice.line(), "> /login alice •••••••••••••");
    // Nor does one that was cut out of a line come into another one.
    alice.press("\x15\x19!");
    alice.wait_until("an empty line", |alice| alice.line() == "> !");
    let shown = String::from_utf8_lossy(&alice.raw).into_owned();
    assert!(!shown.contains("correct") && !shown.contains("horse"), "{shown}");
}

#[test]
fn a_login_that_has_ended_says_so_and_the_next_asks_again() {
    let (mut server, folder) = (server(), tempfile::tempdir().expect("a folder"));
    let settings = folder.path();
    let mut alice = Terminal::run(&login(&server, settings), 80, 24);
    alice.wait("alice's password:");
    alice.press(&format!("{PASSWORD}\r"));
    alice.wait("online");
    alice.press("/quit\r");
    assert_eq!(alice.exit().code(), Some(0));
    server.kill();
    let kept = settings.join("mio-chat/logins.json");
    let text = fs::read_to_string(&kept).expect("a token is kept");
    let token = text.split('"').find(|word| word.len() > 15 && !word.contains(':'));
    let token = token.expect("a token").to_owned();
    fs::write(&kept, text.replace(&token, &"x".repeat(token.len()))).expect("it is written");
    server.start_again();
    let mut ended = Terminal::run(&login(&server, settings), 80, 24);
    assert_eq!(ended.exit().code(), Some(1));
    let said = String::from_utf8_lossy(&ended.raw).into_owned();
    assert!(said.contains("the login of alice here has ended; start again"), "{said}");
    let mut again = Terminal::run(&login(&server, settings), 80, 24);
    again.wait("alice's password:");
    again.press("\x03");
    assert_eq!(again.exit().code(), Some(1));
    assert!(again.is_given_back());
}

#[test]
fn a_program_comes_in_by_a_kept_token_and_is_asked_for_nothing() {
    let (server, folder) = (server(), tempfile::tempdir().expect("a folder"));
    let piped = |settings: &Path| {
        let mut command = login(&server, settings);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Without a terminal of its own it cannot ask.
        let mut setsid = Command::new("setsid");
        setsid.arg("-w").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => setsid.env(name, value),
                None => setsid.env_remove(name),
            };
        }
        setsid.stdin(Stdio::null()).output()
    };
    let Ok(output) = piped(folder.path()) else { return };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the password of alice cannot be asked for without a terminal"),
        "{said}"
    );
    let mut alice = Terminal::run(&login(&server, folder.path()), 80, 24);
    alice.wait("alice's password:");
    alice.press(&format!("{PASSWORD}\r"));
    alice.wait("online");
    alice.press("/quit\r");
    assert_eq!(alice.exit().code(), Some(0));
    let output = piped(folder.path()).expect("it starts");
    assert!(output.status.success(), "{output:?}");
}
