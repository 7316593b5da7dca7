//! Answers to a script's commands.

use super::pipe::{Follower, run, said};
use super::server::Server;

#[test]
fn commands_are_answered() {
    let server = Server::start();
    server.post("bob", b"the kettle is on");
    for plain in [&["--plain"][..], &[]] {
        let mut command = server.client();
        let output = run(command.args(plain), "/who\n/search kettle\n/history 1\n");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{text} {}", said(&output));
        assert_eq!(text.matches("<bob> the kettle is on\n").count(), 2, "{text}");
        assert!(said(&output).contains("* in #lobby: "), "{}", said(&output));
    }
}

#[test]
fn what_follows_a_refused_move_is_told_of() {
    let server = Server::start();
    let output = run(server.client(), "one\n/nick bad name!\ntwo\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("; what follows is not sent"), "{}", said(&output));
    let output = run(server.client(), "one\n/nick bad name!\n");
    assert!(!said(&output).contains("what follows"), "{}", said(&output));
}

#[test]
fn a_script_ignores_somebody() {
    let server = Server::start();
    let mut bob = server.person("bob");
    let mut command = server.client();
    command.args(["--plain", "--nick", "alice"]);
    let mut alice = Follower::start(command);
    alice.type_line("/ignore bob");
    alice.type_line("here I am");
    bob.wait("<alice> here I am");
    bob.say("unheard");
    bob.say("/msg alice unheard");
    // After the answer to this, the earlier line has been heard.
    bob.wait("* -> alice: unheard");
    alice.type_line("/unignore BOB");
    alice.type_line("and now?");
    bob.wait("<alice> and now?");
    bob.say("/me waves");
    bob.say("/msg alice heard");
    assert!(alice.line().ends_with("] *bob waves*"));
    assert!(alice.line().ends_with("] <bob -> you> heard"));
    for (asked, told) in [
        ("/ignore\n", "* you ignore nobody\n"),
        ("/ignore bob\n", "* you ignore bob\n"),
        ("/ignore zoe\n", "nobody here is called zoe"),
        ("/unignore\n", "usage: /unignore NAME"),
    ] {
        let output = run(server.client(), asked);
        assert!(said(&output).contains(told), "{asked} {}", said(&output));
    }
}
