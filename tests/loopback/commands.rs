//! Commands as people type them: in any case, by their aliases, and wrongly
//! (`docs/user-experience.md`, "At the line door").

use super::harness::{Client, Server};

#[test]
fn commands_are_obeyed_in_any_case() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    assert_eq!(alice.ask("/WHO"), "* in #lobby: alice (netcat)");
    assert_eq!(alice.ask("/Nick anna"), "* you are now anna");
    assert_eq!(alice.ask("/tOpIc"), "* #lobby has no topic; /topic TEXT sets one");
    alice.send("/QUIT\n");
    assert_eq!(alice.rest(), ["* bye"]);
}

#[test]
fn exit_is_quit() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    alice.send("/exit\n");
    assert_eq!(alice.rest(), ["* bye"]);
    server.wait_logged("reason=quit", 1);
}

#[test]
fn a_slash_is_said_by_typing_two() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    alice.send("//quit is how one leaves\n");
    bob.expect_said("<alice> /quit is how one leaves");
    alice.send("///\n");
    bob.expect_said("<alice> //");
    alice.send(" /who is not a command\n");
    bob.expect_said("<alice>  /who is not a command");
}

#[test]
fn an_unknown_command_is_not_said_and_the_nearest_is_named() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    assert_eq!(alice.ask("/foo bar"), "* unknown command /foo, try /help");
    assert_eq!(alice.ask("/"), "* unknown command /, try /help");
    assert_eq!(alice.ask("/ who"), "* unknown command /, try /help");
    for (typed, meant) in [
        ("jion", "join"),
        ("nikc", "nick"),
        ("quti", "quit"),
        ("TOPICS", "topic"),
        ("hlep", "help"),
    ] {
        let told = alice.ask(&format!("/{typed} x"));
        assert_eq!(told, format!("* unknown command /{typed}, did you mean /{meant}? try /help"));
    }
    let told = alice.ask(&format!("/{}", "x".repeat(2000)));
    assert!(told.starts_with("* unknown command /x") && told.len() < 100, "{told}");
    assert!(bob.sync().iter().all(|line| line.starts_with("* guest-2 ")));
}

#[test]
fn a_command_without_what_it_needs_tells_its_usage() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    for (typed, usage) in [
        ("/nick", "/nick NAME"),
        ("/join", "/join #ROOM"),
        ("/msg", "/msg NAME TEXT"),
        ("/tell x", "/msg NAME TEXT"),
        ("/reply", "/reply TEXT"),
        ("/me", "/me TEXT"),
    ] {
        assert_eq!(alice.ask(typed), format!("* usage: {usage}"));
    }
}

#[test]
fn help_names_every_command_and_its_other_names() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    alice.send("/help\n");
    let help = alice.sync();
    assert!(help.iter().all(|line| line.starts_with("* ")), "{help:?}");
    for command in [
        "/help", "/nick", "/join", "/leave", "/rooms", "/who", "/msg", "/reply", "/me", "/topic",
        "/quit",
    ] {
        let row = format!("* {command} ");
        assert_eq!(help.iter().filter(|line| line.starts_with(&row)).count(), 1, "{command}");
    }
    let help = help.join("\n");
    for alias in ["/names", "/w", "/tell", "/part", "/exit"] {
        assert!(help.split_whitespace().any(|word| word == alias), "{alias} in {help}");
    }
    assert!(help.contains("//x says /x"), "{help}");
}

#[test]
fn there_is_no_prompt_no_echo_and_no_colour() {
    let server = Server::start(&[]);
    let mut alice = Client::guest(&server);
    alice.send("hello\n\n/who\n");
    let nick = alice.nick().to_owned();
    alice.expect(&format!("* in #lobby: {nick} (netcat)"));
    alice.half_close();
    assert_eq!(alice.rest(), Vec::<String>::new());
}
