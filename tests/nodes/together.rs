//! People at two nodes are in one chat.

use super::client::Wire;
use super::harness::{Client, Server, serve};
use super::redis::{Redis, hears};

#[test]
fn people_at_two_nodes_see_hear_and_reach_each_other() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    let mut bob = Client::connect(&other);
    let welcome = bob.line();
    assert!(welcome.ends_with(", in #lobby with alice."), "{welcome}");
    bob.rename("bob");
    hears(&mut alice, " is now bob");
    // A name is one person's, in any writing.
    assert_eq!(bob.ask("/nick Alice"), "* alice is here already, choose another name");
    alice.send("hello\n/me waves\n");
    bob.expect_said("<alice> hello");
    bob.expect_said("*alice waves*");
    bob.send("/msg alice psst\n/who\n");
    hears(&mut bob, "* -> alice: psst");
    hears(&mut bob, "* in #lobby: alice (netcat) and bob (netcat)");
    alice.expect_said("<bob -> you> psst");
    alice.send("/reply what?\n");
    bob.expect_said("<alice -> you> what?");
    alice.send("/topic news\n/join #ops\n");
    hears(&mut bob, "* alice set the topic: news");
    hears(&mut bob, "* alice left");
    bob.send("/rooms\n");
    hears(&mut bob, "* #lobby 1  news");
    hears(&mut bob, "* #ops 1");
    bob.send("/join #ops\n");
    hears(&mut alice, "* bob joined");
    drop(bob);
    hears(&mut alice, "* bob left");
    // Both files have all of it, under the same numbers.
    assert_eq!(redis.history("a"), redis.history("b"));
    assert_eq!(redis.history("a").len(), 2, "an export has what was said in rooms");
}

#[test]
fn all_hear_one_order() {
    let Some(redis) = Redis::start() else { return };
    let nodes = [redis.node("a"), redis.node("b"), redis.node("c")];
    let mut speakers: Vec<Client> = nodes.iter().map(Client::guest).collect();
    let mut listeners: Vec<Client> = nodes.iter().map(Client::guest).collect();
    const EACH: usize = 300;
    for number in 0..EACH {
        for (at, speaker) in speakers.iter_mut().enumerate() {
            speaker.send(format!("{at} {number}\n"));
        }
    }
    let heard: Vec<Vec<String>> = listeners
        .iter_mut()
        .map(|listener| (0..3 * EACH).map(|_| listener.said()).collect())
        .collect();
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0], heard[2]);
    for at in 0..3 {
        let mark = format!("> {at} ");
        let own: Vec<&str> =
            heard[0].iter().filter_map(|line| Some(line.split_once(&mark)?.1)).collect();
        let expected: Vec<String> = (0..EACH).map(|number| number.to_string()).collect();
        assert_eq!(own, expected, "what one says stays in its order");
    }
    assert_eq!(redis.history("a"), redis.history("c"));
}

#[test]
fn a_line_after_a_join_is_said_in_the_new_room() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut bob = Client::named(&other, "bob");
    bob.send("/join #ops\n");
    hears(&mut bob, "* you are in #ops");
    let alice = Client::guest(&one);
    alice.send("/nick alice\n/join #ops\nhello ops\n/leave\nhello lobby\n/join #ops\nagain\n");
    bob.expect_said("<alice> hello ops");
    bob.expect_said("<alice> again");
}

#[test]
fn many_guests_at_two_nodes_have_names_of_their_own() {
    let Some(redis) = Redis::start() else { return };
    let nodes = [redis.node("a"), redis.node("b")];
    let guests: Vec<Client> =
        (0..60).map(|number: usize| Client::connect(&nodes[number % 2])).collect();
    // All stay until the last one is in: a name is free again when its bearer has gone.
    let guests: Vec<_> = guests.into_iter().map(Client::greeted).collect();
    let mut names: Vec<String> = guests.iter().map(|guest| guest.nick().to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 60);
}

#[test]
fn entries_of_strangers_are_passed_over() {
    let Some(redis) = Redis::start() else { return };
    let node = redis.node("a");
    let mut alice = Client::named(&node, "alice");
    let deep = "[".repeat(100_000);
    let long = format!("{{\"form\":1,\"ts\":1,\"fact\":\"{}\"}}", "x".repeat(1 << 20));
    let newer = r#"{"form":999,"ts":1,"fact":{}}"#;
    let forged = r#"{"form":1,"ts":1,"fact":{"said":{"by":"b/1.0.1","sender":null,
        "nick":"* server","room":"lobby","action":false,"text":"hi","key":null,"relayed":null}}}"#;
    let escaped = r#"{"form":1,"ts":1,"fact":{"said":{"by":"b/1.0.1","sender":null,
        "nick":"eve","room":"lobby","action":false,"text":"a\u001b[2Jb\n* c","key":null,
        "relayed":null}}}"#;
    for text in ["", "{}", "null", &deep, &long, newer, forged] {
        let key = "{mio-chat}:facts";
        let added = redis.ask(&["XADD", key, "*", "n", "b", "e", "1", "s", "1", "f", text]);
        assert!(added.is_some_and(|reply| reply.starts_with('$')), "it is added");
    }
    redis.ask(&["XADD", "{mio-chat}:facts", "*", "x", "y"]);
    node.wait_logged("an entry is passed over", 8);
    // Redis's own id for it would be that of no message, if the last one came in the same moment.
    let id = "9000000000000-0";
    redis.ask(&["XADD", "{mio-chat}:facts", id, "n", "b", "e", "1", "s", "1", "f", escaped]);
    // A stranger's entry in the right form is shown like any message.
    alice.expect_said("<eve> a^[[2Jb\\n* c");
    alice.send("still here\n");
    assert_eq!(alice.sync(), Vec::<String>::new());
}

/// A client that ends its input after these lines, as `nc -N` does; all that it is told.
fn told(server: &Server, lines: &str) -> Vec<String> {
    let mut client = Client::connect(server);
    client.send(lines);
    client.half_close();
    client.rest()
}

#[test]
fn the_last_question_is_answered_before_the_end() {
    let Some(redis) = Redis::start() else { return };
    let node = redis.node("a");
    for _ in 0..20 {
        let all = told(&node, "first\nsecond\n/history\n");
        assert!(all.last().is_some_and(|line| line.contains("> second")), "{all:?}");
        let all = told(&node, "hi\n/nick x\n/join #ops\n/who");
        assert!(all.last().is_some_and(|line| line.starts_with("* in #ops: x")), "{all:?}");
    }
    // If Redis does nothing, the client waits for a while, and not for ever.
    let mut client = Client::guest(&node);
    redis.pause(true);
    client.send("never\n/history\n");
    client.half_close();
    let all = client.rest();
    redis.pause(false);
    assert!(all.iter().any(|line| line.contains("try again in a while")), "{all:?}");
}

#[test]
fn a_second_server_with_the_same_name_stops_the_first_and_no_other() {
    let Some(redis) = Redis::start() else { return };
    let (first, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&first, "alice");
    let bob = Client::named(&other, "bob");
    hears(&mut alice, " is now bob");
    let url = redis.url();
    let mut command = serve(&["--redis", &url, "--node", "a", "--db"]);
    command.arg(redis.db("second"));
    let second = Server::from(command);
    second.wait_logged("node is whole", 1);
    first.wait_logged("another server is the node a, and this one is cut off", 1);
    assert_eq!(ready(&first), 503);
    assert_eq!((ready(&second), ready(&other)), (200, 200));
    // The first stays as it is: the two do not take each other out again and again.
    hears(&mut alice, "* this server is cut off");
    let mut carol = Client::named(&second, "carol");
    bob.send("is anybody there?\n");
    carol.expect_said("<bob> is anybody there?");
    assert_eq!((ready(&first), ready(&second)), (503, 200));
    assert_eq!(second.logged("another server is the node"), 0);
}

/// The status of `/readyz`.
fn ready(server: &Server) -> u16 {
    let response = Wire::connect(server).get("/readyz");
    response.status
}
