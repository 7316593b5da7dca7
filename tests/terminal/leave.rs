//! Every way of leaving restores the terminal.

use super::pty::Terminal;
use super::server::{Server, binary};
use rustix::process::Signal;
use std::io::IsTerminal;
use std::process::Command;

#[test]
fn the_terminal_is_given_back() {
    let server = Server::start();
    for keys in ["/quit\r", "\x04", "\x03", "half a line\x03\x03"] {
        let mut alice = Terminal::client(&server, "alice", 80, 24);
        assert!(alice.is_taken());
        alice.press(keys);
        assert_eq!(alice.exit().code(), Some(0), "{keys:?}");
        assert!(alice.is_given_back(), "{keys:?}");
    }
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut alice = Terminal::client(&server, "alice", 80, 24);
        alice.signal(signal);
        assert_eq!(alice.exit().code(), Some(0), "{signal:?}");
        assert!(alice.is_given_back(), "{signal:?}");
    }
}

#[test]
fn where_there_is_one_screen_the_shell_gets_a_row() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    alice.press("half a line");
    alice.wait("> half a line");
    alice.press("\x03\x03");
    assert_eq!(alice.exit().code(), Some(0));
    let raw = String::from_utf8_lossy(&alice.raw).into_owned();
    let raw = raw.replace("\x1b[?1049h", "").replace("\x1b[?1049l", "") + "shell%";
    let mut parser =
        vt100::Parser::new(24.try_into().expect("rows"), 80.try_into().expect("columns"), 0);
    parser.process(raw.as_bytes());
    let rows: Vec<String> = parser.screen().rows(0, 80).collect();
    assert_eq!(rows.last().map(String::as_str), Some("shell%"), "{rows:?}");
}

#[test]
fn ctrl_c_clears_the_line_first() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    alice.press("half a line");
    alice.wait("> half a line");
    alice.press("\x03");
    alice.wait_until("an empty line", |terminal| terminal.line() == ">");
    alice.press("x\x01\x04");
    alice.wait_until("an empty line", |terminal| terminal.line() == ">");
    alice.press("\x03");
    assert_eq!(alice.exit().code(), Some(0));
}

/// Runs a program in a process id namespace of its own, as in a container, in which its session
/// leader has no number. `None` if this user may not do that.
fn own_process_ids() -> Option<Vec<&'static str>> {
    let as_root = vec!["unshare", "--pid", "--fork", "--kill-child"];
    let as_user = [&as_root[..], &["--user", "--map-root-user"]].concat();
    [as_root, as_user].into_iter().find(|unshare| {
        let tried = Command::new(unshare[0]).args(&unshare[1..]).arg("true").output();
        tried.is_ok_and(|output| output.status.success())
    })
}

/// Runs a program that finds the client as `$CHAT`.
fn run(server: &Server, program: &[&str]) -> Terminal {
    let mut command = Command::new(program[0]);
    for (name, value) in server.client().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let chat = binary().get_program().to_owned();
    command.args(&program[1..]).env("PS1", "shell% ").env("TERM", "xterm-256color");
    Terminal::run(command.env("CHAT", chat), 80, 24)
}

#[test]
fn ctrl_z_goes_to_the_shell_and_back() {
    let mut shell = goes_to_the_shell_and_back(&["/bin/sh", "-i"]);
    shell.press("exit 7\r");
    assert_eq!(shell.exit().code(), Some(7));
    if let Some(unshare) = own_process_ids() {
        goes_to_the_shell_and_back(&[&unshare[..], &["/bin/sh", "-i"]].concat());
    }
}

fn goes_to_the_shell_and_back(shell: &[&str]) -> Terminal {
    let server = Server::start();
    let mut alice = run(&server, shell);
    alice.wait("shell%");
    alice.press(&format!("\"$CHAT\" client {} --nick alice\r", server.address()));
    alice.wait("online");
    alice.press("draft");
    alice.wait("> draft");
    alice.press("\x1a");
    alice.wait_until("the shell's screen", |terminal| {
        !terminal.screen().alternate_screen() && terminal.count("shell%") == 2
    });
    let mut bob = server.person("bob");
    bob.say("while you were away");
    alice.press("echo it is $((20 + 22)).\r");
    alice.wait("it is 42.");
    let raw = String::from_utf8_lossy(&alice.raw).into_owned();
    let after = raw.rsplit("\x1b[?1049l").next().expect("it is given back");
    assert!(!after.contains("\x1b[?2026h"), "drawn on the shell's screen: {after:?}");
    alice.press("fg\r");
    alice.wait("<bob> while you were away");
    alice.wait("> draft");
    assert!(alice.is_taken());
    alice.press("\x15/quit\r");
    alice.wait_until("the shell's prompt", |terminal| {
        let rows = terminal.rows();
        rows.iter().rfind(|row| !row.is_empty()).is_some_and(|row| row == "shell%")
    });
    alice
}

#[test]
fn without_a_shell_there_is_nowhere_to_go() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    alice.press("\x1a");
    alice.wait("there is no shell to go to");
    alice.signal(Signal::TSTP);
    alice.press("still here");
    alice.wait("> still here");
    // Stopping it by force does not restore the terminal; it is taken again on waking.
    alice.stop();
    alice.set_shells_modes();
    alice.signal(Signal::CONT);
    alice.wait_until("it is taken", Terminal::is_taken);
    alice.press("!");
    alice.wait("> still here!");
    let raw = String::from_utf8_lossy(&alice.raw).into_owned();
    assert!(!raw.contains("\x1b[?1049l"), "it was given back: {raw:?}");
    alice.press("\x15/quit\r");
    assert_eq!(alice.exit().code(), Some(0));
    assert!(alice.is_given_back());
}

#[test]
fn without_a_shell_in_a_container_there_is_nowhere_to_go() {
    let Some(unshare) = own_process_ids() else { return };
    let server = Server::start();
    let script = format!("\"$CHAT\" client {} --nick alice; exit $?", server.address());
    let mut alice = run(&server, &[&unshare[..], &["/bin/sh", "-c", &script]].concat());
    alice.wait("online");
    alice.press("\x1a");
    alice.wait("there is no shell to go to");
    alice.press("/quit\r");
    assert_eq!(alice.exit().code(), Some(0));
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let mut command = Command::new(std::env::current_exe().expect("this test's own binary"));
    command.args(["--exact", "leave::takes_the_terminal_and_panics", "--ignored", "--nocapture"]);
    command.args(["--test-threads=1"]).env("TERM", "xterm");
    let mut terminal = Terminal::run(&command, 80, 24);
    assert_eq!(terminal.exit().code(), Some(101));
    assert!(terminal.is_given_back());
    let raw = String::from_utf8_lossy(&terminal.raw).into_owned();
    let (left, said) = (raw.rfind("\x1b[?1049l"), raw.find("a panic on purpose"));
    assert!(raw.contains("\x1b[?1049h") && left.is_some() && left < said, "{raw:?}");
}

/// Not a test of its own: the one above runs it in a terminal.
#[test]
#[ignore = "panics on purpose, in a terminal"]
fn takes_the_terminal_and_panics() {
    let (input, output) = (std::io::stdin(), std::io::stdout());
    if !input.is_terminal() {
        return;
    }
    // Forgotten, so that only the hook can restore it.
    std::mem::forget(mio_chat::client::Terminal::take(&input, &output).expect("a terminal"));
    panic!("a panic on purpose");
}

#[test]
fn a_server_that_was_never_reached_is_an_error_at_the_end() {
    // Nobody listens at an address that was just given back.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let mut command = binary();
    command.args(["client", &address, "--nick", "alice"]).env("TERM", "xterm-256color");
    let mut alice = Terminal::run(&command, 80, 24);
    alice.wait("reconnecting in");
    alice.press("/quit\r");
    assert_eq!(alice.exit().code(), Some(1));
    alice.wait("was never reached: ");
    assert!(alice.is_given_back());
}
