//! The conversation of `README.md`, "Sixty seconds", with two people and a server.

use super::harness::{Client, Server};

const HELP: &str = "* /nick NAME  /join #ROOM  /msg NAME TEXT  /who  /help  /quit";

#[test]
fn the_conversation_of_the_documents() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = Client::named(&server, "bob");
    let mut dan = Client::connect(&server);
    let welcome = dan.line();
    let (start, end) = ("* Welcome to mio-chat. You are guest-3, in #lobby with ", ".");
    let with = welcome.strip_prefix(start).and_then(|with| with.strip_suffix(end));
    assert!(with == Some("alice and bob") || with == Some("bob and alice"), "{welcome}");
    dan.expect(HELP);
    alice.skip_to("* guest-3 joined");
    bob.skip_to("* guest-3 joined");
    dan.send("hello\n");
    bob.expect("<guest-3> hello");
    bob.send("hi guest-3\n");
    // Nobody sees their own lines: the first that dan gets is bob's.
    dan.expect("<bob> hi guest-3");
    dan.rename("dan");
    bob.expect("* guest-3 is now dan");
    assert_eq!(dan.ask("/msg alice psst"), "* -> alice: psst");
    alice.skip_to("<dan -> you> psst");
    assert_eq!(alice.ask("/reply what?"), "* -> dan: what?");
    dan.expect("<alice -> you> what?");
    dan.send("/me waves\n");
    bob.expect("*dan waves*");
    dan.send("/quit\n");
    assert_eq!(dan.rest(), ["* bye"]);
    bob.expect("* dan left");
    server.wait_logged("reason=quit", 1);
}

#[test]
fn the_first_one_is_told_that_nobody_is_here_and_a_crowd_is_counted() {
    let server = Server::start(&[]);
    let mut first = Client::connect(&server);
    first.expect("* Welcome to mio-chat. You are guest-1, in #lobby. Nobody else is here yet.");
    first.expect(HELP);
    let _crowd: Vec<Client> = (0..4).map(|_| Client::guest(&server)).collect();
    let mut last = Client::connect(&server);
    let welcome = last.line();
    let names = welcome.strip_prefix("* Welcome to mio-chat. You are guest-6, in #lobby with ");
    let names = names.and_then(|names| names.strip_suffix(" and 3 others.")).expect("counted");
    assert_eq!(names.split(", ").filter(|name| name.starts_with("guest-")).count(), 2);
}

#[test]
fn a_private_message_is_for_one_person_only() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = Client::named(&server, "bob");
    let mut carol = Client::named(&server, "carol");
    // Across rooms, and with the name in any case.
    bob.send("/join #dev\n");
    bob.skip_to("* you are in #dev. Nobody else is here yet.");
    alice.sync();
    for command in ["/msg", "/w", "/tell", "/MSG"] {
        assert_eq!(alice.ask(&format!("{command} BOB  two  words ")), "* -> bob: two  words ");
        bob.expect("<alice -> you> two  words ");
    }
    assert!(carol.sync().iter().all(|line| !line.contains("words")));
    assert_eq!(alice.ask("/msg nobody hi"), "* nobody here is called nobody");
    assert_eq!(alice.ask("/msg alice hi"), "* that is you");
    assert_eq!(alice.ask("/msg bob"), "* usage: /msg NAME TEXT");
    assert_eq!(alice.ask("/reply hi"), "* nobody has written to you yet");
    assert_eq!(bob.ask("/r yes"), "* -> alice: yes");
    alice.expect("<bob -> you> yes");
    drop(alice);
    carol.skip_to("* alice left");
    assert_eq!(bob.ask("/reply gone?"), "* the person who wrote to you has left");
}

#[test]
fn people_in_other_rooms_hear_nothing() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = Client::named(&server, "bob");
    let mut carol = Client::named(&server, "carol");
    alice.sync();
    bob.sync();
    bob.send("/join #dev\n");
    bob.expect("* you are in #dev. Nobody else is here yet.");
    alice.expect("* bob left");
    carol.send("/j dev\n");
    carol.expect("* bob left");
    carol.expect("* you are in #dev with bob.");
    bob.expect("* carol joined");
    carol.send("for the developers\n");
    bob.expect("<carol> for the developers");
    carol.send("/leave\n");
    carol.expect("* you are in #lobby with alice.");
    bob.expect("* carol left");
    alice.expect("* carol left");
    // Neither the lines of #dev nor its comings and goings, only those here.
    alice.expect("* carol joined");
    carol.send("for everyone\n");
    alice.expect("<carol> for everyone");
    assert_eq!(bob.sync(), Vec::<String>::new());
    assert_eq!(carol.ask("/part"), "* you are in #lobby already");
}

#[test]
fn a_topic_is_told_to_those_present_and_to_those_who_come() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    assert_eq!(alice.ask("/topic"), "* #lobby has no topic; /topic TEXT sets one");
    let mut bob = Client::named(&server, "bob");
    alice.sync();
    assert_eq!(alice.ask("/topic tea at five"), "* topic set");
    bob.expect("* alice set the topic: tea at five");
    assert_eq!(bob.ask("/topic"), "* topic: tea at five");
    let mut carol = Client::guest(&server);
    carol.expect("* topic: tea at five");
    let long = "t".repeat(301);
    carol.send(format!("/topic {long}\n"));
    carol.expect("* a topic has at most 300 characters");
    // A room that has ended keeps its topic until somebody opens it again.
    carol.send("/join #tea\n/topic here to stay\n/leave\n/join #tea\n");
    carol.skip_to("* topic set");
    carol.skip_to("* topic: here to stay");
}

#[test]
fn who_and_rooms_tell_who_is_where() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut carol = Client::named(&server, "carol");
    let mut bob = Client::named(&server, "bob");
    alice.sync();
    carol.sync();
    for command in ["/who", "/names", "/who #LOBBY", "/WHO lobby"] {
        assert_eq!(
            bob.ask(command),
            "* in #lobby: alice (netcat), bob (netcat) and carol (netcat)"
        );
    }
    bob.send("/join #dev\n/topic code\n");
    bob.skip_to("* topic set");
    assert_eq!(bob.ask("/who"), "* in #dev: bob (netcat)");
    assert_eq!(bob.ask("/who nowhere"), "* nobody is in #nowhere");
    for command in ["/rooms", "/list"] {
        assert_eq!(bob.ask(command), "* #lobby 2");
        bob.expect("* #dev 1  code");
    }
    bob.send("/leave\n");
    bob.skip_to("* you are in #lobby with alice and carol.");
    assert_eq!(bob.ask("/rooms"), "* #lobby 3");
    assert_eq!(bob.sync(), Vec::<String>::new());
}

#[test]
fn lines_of_one_burst_are_obeyed_in_order_and_not_beyond_the_quit() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    alice.send("one\n/nick anna\ntwo\n/quit\nthree\n/nick nobody\n");
    bob.skip_to("<alice> one");
    bob.expect("* alice is now anna");
    bob.expect("<anna> two");
    bob.expect("* anna left");
    assert_eq!(alice.rest(), ["* you are now anna", "* bye"]);
    assert_eq!(bob.sync(), Vec::<String>::new());
}

#[test]
fn everybody_sees_the_same_order() {
    let server = Server::start(&["--rate", "0"]);
    let mut observers: Vec<Client> = (0..3).map(|_| Client::guest(&server)).collect();
    let speakers: Vec<Client> = (0..4).map(|_| Client::guest(&server)).collect();
    std::thread::scope(|scope| {
        for speaker in &speakers {
            scope.spawn(move || (0..100).for_each(|n| speaker.send(format!("{n}\n"))));
        }
    });
    let mut heard = observers
        .iter_mut()
        .map(|observer| (0..400).map(|_| observer.said()).collect::<Vec<String>>());
    let first = heard.next().expect("three observers");
    assert!(heard.all(|other| other == first));
    for speaker in &speakers {
        let own = format!("<{}> ", speaker.nick());
        let numbers = first.iter().filter_map(|line| line.strip_prefix(&own));
        assert!(numbers.eq((0..100).map(|n| n.to_string())));
    }
}
