//! The news that people get about each other.

use super::world::{GATHER_MS, World, nicks, nth};
use mio_socketio::testing::{MessageClient, ReceivedMessage};
use serde_json::{Value, json};

#[test]
fn all_doors_hear_each_other() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let tutorial = world.connect("/", json!({})).expect("a tutorial's client is let in");
    let line = world.connect_line();
    world.lines(line);
    world.post(alice, "from /chat");
    assert_eq!(world.lines(line), ["<alice> from /chat"]);
    assert_eq!(world.expect(tutorial, "message").args, ["alice: from /chat"]);
    world.ask(alice, "post", json!({"room": "lobby", "text": "waves", "action": true}));
    assert_eq!(world.lines(line), ["*alice waves*"]);
    world.say(line, "from a line");
    world.say(line, "/me nods");
    world.emit(tutorial, "message", ("from /",));
    let heard = world.heard(alice);
    let heard: Vec<_> = heard.iter().filter(|(name, _)| name == "message").collect();
    let said = |at: usize| (&heard[at].1["id"], &heard[at].1["from"], &heard[at].1["text"]);
    assert_eq!(said(0), (&json!(nth(3)), &json!("guest-2"), &json!("from a line")));
    assert_eq!(said(1), (&json!(nth(4)), &json!("guest-2"), &json!("nods")));
    assert_eq!(heard[1].1["action"], true);
    assert_eq!(said(2), (&json!(nth(5)), &json!("guest-1"), &json!("from /")));
    world.say(line, "/join tea");
    world.say(line, "unheard");
    assert!(world.texts(alice).is_empty());
}

#[test]
fn presence_is_gathered() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    world.advance(GATHER_MS);
    world.heard(alice);
    let (bob, _) = world.arrive("bob");
    let line = world.connect_line();
    world.ask(bob, "nick", json!({"nick": "bert"}));
    assert!(world.heard(alice).is_empty());
    world.advance(GATHER_MS);
    let told = world.expect(alice, "presence").args.remove(0);
    assert_eq!(told["room"], "lobby");
    assert_eq!(nicks(&told["joined"]), ["bert", "guest-1"]);
    assert_eq!((&told["left"], &told["renamed"]), (&json!([]), &json!([])));
    assert_eq!(told["count"], 3);
    world.say(line, "/nick carol");
    world.ask(bob, "leave", json!({"room": "lobby"}));
    world.advance(GATHER_MS);
    let told = world.expect(alice, "presence").args.remove(0);
    assert_eq!(told["left"], json!(["bert"]));
    assert_eq!(told["renamed"], json!([{"from": "guest-1", "to": "carol"}]));
    assert_eq!(told["count"], 2);
    world.say(line, "/quit");
    world.advance(GATHER_MS);
    let told = world.expect(alice, "presence").args.remove(0);
    assert_eq!((&told["left"], &told["count"]), (&json!(["carol"]), &json!(1)));
    assert!(world.heard(alice).is_empty());
}

#[test]
fn one_who_comes_is_not_told_of_it() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    world.advance(GATHER_MS);
    assert!(world.heard(alice).is_empty());
    world.ask(alice, "join", json!({"room": "tea"}));
    world.ask(alice, "nick", json!({"nick": "al"}));
    world.advance(GATHER_MS);
    assert!(world.heard(alice).is_empty());
}

#[test]
fn who_is_gone_and_back_at_once_was_never_gone() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, welcome) = world.arrive("bob");
    world.advance(GATHER_MS);
    world.heard(alice);
    world.cut(bob);
    world.enter(json!({"token": welcome["token"]}));
    world.advance(GATHER_MS);
    assert!(world.heard(alice).is_empty());
}

fn typing(world: &mut World, client: mio_socketio::testing::Client) -> Vec<Value> {
    let heard = world.heard(client).into_iter().filter(|(name, _)| name == "typing");
    heard.map(|(_, typing)| typing).collect()
}

#[test]
fn typing_ends_by_itself() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let on = json!({"room": "lobby", "nick": "alice", "on": true});
    let off = json!({"room": "lobby", "nick": "alice", "on": false});
    let request = json!({"room": "lobby", "on": true});
    assert_eq!(world.ask(alice, "typing", request.clone()), json!({"ok": true}));
    assert_eq!(typing(&mut world, bob), std::slice::from_ref(&on));
    // Repeated too soon to be told again; but it counts.
    world.advance(900);
    world.ask(alice, "typing", request.clone());
    assert!(typing(&mut world, bob).is_empty());
    world.advance(5_900);
    assert!(typing(&mut world, bob).is_empty());
    world.advance(200);
    assert_eq!(typing(&mut world, bob), std::slice::from_ref(&off));
    world.ask(alice, "typing", request);
    world.ask(alice, "typing", json!({"room": "lobby", "on": false}));
    assert_eq!(typing(&mut world, bob), [on, off]);
    world.advance(60_000);
    assert!(typing(&mut world, bob).is_empty());
    assert!(typing(&mut world, alice).is_empty());
}

#[test]
fn typing_ends_with_a_post_a_leave_and_a_disconnect() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let request = json!({"room": "lobby", "on": true});
    let ons = |typing: &[Value]| -> Vec<Value> {
        typing.iter().map(|typing| typing["on"].clone()).collect()
    };
    world.ask(alice, "typing", request.clone());
    world.post(alice, "done");
    let heard = world.heard(bob);
    let names: Vec<&str> = heard.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["typing", "typing", "message"]);
    world.ask(alice, "typing", request.clone());
    world.ask(alice, "leave", json!({"room": "lobby"}));
    assert_eq!(ons(&typing(&mut world, bob)), [true, false]);
    world.ask(alice, "join", json!({"room": "lobby"}));
    world.ask(alice, "typing", request);
    world.cut(alice);
    assert_eq!(ons(&typing(&mut world, bob)), [true, false]);
}

#[test]
fn typing_to_one_is_for_the_one() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let (carol, _) = world.arrive("carol");
    world.ask(alice, "typing", json!({"to": "bob", "on": true}));
    let on = json!({"from": "alice", "nick": "alice", "on": true});
    assert_eq!(typing(&mut world, bob), [on]);
    world.ask(alice, "dm", json!({"to": "bob", "text": "there"}));
    assert_eq!(typing(&mut world, bob).len(), 1);
    assert!(typing(&mut world, carol).is_empty());
    // A person types in one place at a time.
    world.ask(alice, "typing", json!({"to": "bob", "on": true}));
    world.ask(alice, "typing", json!({"room": "lobby", "on": true}));
    assert_eq!(typing(&mut world, bob).len(), 3);
    assert_eq!(typing(&mut world, carol).len(), 1);
    let refusal = "no-such-person: nobody here is called dan";
    assert_eq!(world.refused(alice, "typing", json!({"to": "dan", "on": true})), refusal);
    let refusal = "bad-request: a room or a person is needed";
    assert_eq!(world.refused(alice, "typing", json!({"on": true})), refusal);
    assert!(world.refused(alice, "typing", json!({"to": "bob"})).starts_with("bad-request: "));
}

#[test]
fn when_the_server_ends_everybody_is_told() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    world.stop();
    let bye = world.expect(alice, "bye").args.remove(0);
    assert_eq!(bye["reason"], "server-shutdown");
    assert!(!world.is_open(alice));
}

#[test]
fn presence_can_be_applied_in_its_order() {
    let mut world = World::new();
    let (zoe, _) = world.arrive("zoe");
    let (alice, _) = world.arrive("alice");
    let (carol, _) = world.arrive("carol");
    world.advance(GATHER_MS);
    world.heard(zoe);
    world.ask(alice, "nick", json!({"nick": "bob"}));
    world.disconnect(alice);
    world.advance(GATHER_MS);
    let told = world.expect(zoe, "presence").args.remove(0);
    assert_eq!((&told["left"], &told["renamed"]), (&json!(["alice"]), &json!([])));
    let (alice, _) = world.arrive("alice");
    world.advance(GATHER_MS);
    world.heard(zoe);
    // First those who left, then new names, then those who joined.
    world.disconnect(alice);
    world.ask(carol, "nick", json!({"nick": "alice"}));
    world.arrive("dora");
    world.advance(GATHER_MS);
    let told = world.expect(zoe, "presence").args.remove(0);
    assert_eq!(told["left"], json!(["alice"]));
    assert_eq!(told["renamed"], json!([{"from": "carol", "to": "alice"}]));
    assert_eq!(nicks(&told["joined"]), ["dora"]);
}

#[test]
fn typing_ends_under_the_name_it_began_with() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    world.ask(alice, "typing", json!({"room": "lobby", "on": true}));
    world.ask(alice, "nick", json!({"nick": "alicia"}));
    let told = typing(&mut world, bob);
    assert_eq!((&told[1]["nick"], &told[1]["on"]), (&json!("alice"), &json!(false)));
}

#[test]
fn nobody_pads_a_line_until_it_begins_a_row_of_its_own() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let tutorial = world.connect("/", json!({})).expect("a tutorial's client is let in");
    let line = world.connect_line();
    world.lines(line);
    let padded = |blank: &str| format!("hi{}<bob> yes", blank.repeat(70));
    let shown = format!("hi{}<bob> yes", " ".repeat(8));
    for blank in [" ", "\u{a0}", "\u{2800}", "\u{3000}", " \u{200b}", "\t"] {
        let said = padded(blank);
        world.post(alice, &said);
        world.ask(alice, "post", json!({"room": "lobby", "text": said, "action": true}));
        world.ask(alice, "dm", json!({"to": "guest-2", "text": said}));
        world.ask(alice, "dm", json!({"to": "guest-2", "text": said, "action": true}));
        let told = [
            format!("<alice> {shown}"),
            format!("*alice {shown}*"),
            format!("<alice -> you> {shown}"),
            format!("<alice -> you> *{shown}*"),
        ];
        assert_eq!(world.lines(line), told, "{blank:?}");
        world.say(line, "/history 1");
        assert!(world.lines(line)[0].ends_with(&format!("*alice {shown}*")));
        // For displays that do not break rows it is as typed.
        let heard = world.events(tutorial);
        assert_eq!(heard[0].args, [format!("alice: {said}")]);
        assert_eq!(heard[1].args, [format!("*alice {said}*")]);
        let page = world.ask(alice, "history", json!({"room": "lobby", "limit": 1}));
        assert_eq!(page["messages"][0]["text"], said);
    }
    world.ask(alice, "topic", json!({"room": "lobby", "text": padded(" ")}));
    world.say(line, "/topic");
    let told = [format!("* alice set the topic: {shown}"), format!("* topic: {shown}")];
    assert_eq!(world.lines(line), told);
    // Code is unchanged.
    world.post(alice, "                        return tea;");
    assert_eq!(world.lines(line), ["<alice>                         return tea;"]);
}

/// The lines that a client has received over a WebSocket.
fn heard_by(world: &mut World, client: MessageClient) -> Vec<String> {
    let messages = world.messages(client).into_iter();
    let texts = messages.filter_map(|message| match message {
        ReceivedMessage::Text(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

#[test]
fn nobody_makes_a_line_that_begins_like_the_servers() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let tutorial = world.connect("/", json!({})).expect("a tutorial's client is let in");
    let (author, line) = (world.connect_line(), world.connect_line());
    let ws = world.connect_websocket("/ws").expect("they are let in");
    for (socket, nick) in [(author, "bob"), (line, "eve")] {
        world.say(socket, &format!("/nick {nick}"));
    }
    world.send_text(ws, "/nick wes");
    world.advance(GATHER_MS);
    world.lines(line);
    heard_by(&mut world, ws);
    for text in [
        "* bob left",
        "is now emily",
        "left",
        "-> you: psst",
        "* ",
        "*",
        "hi\n* bob left",
        "\u{200b}* bob left",
        "\u{200e}\u{feff}* -> you: psst",
        "\r* bob left",
        "\u{2028}* bob left",
        "[2026-11-20 09:12] * bob left",
    ] {
        for before in ["", "/me ", "/msg eve ", "/msg wes "] {
            world.say(author, &format!("{before}{}", text.replace('\n', " ")));
        }
        for action in [false, true] {
            let room = json!({"room": "lobby", "text": text, "action": action});
            world.ask(alice, "post", room);
            for to in ["eve", "wes"] {
                world.ask(alice, "dm", json!({"to": to, "text": text, "action": action}));
            }
        }
        world.emit(tutorial, "message", (text,));
        world.emit(tutorial, "message", (json!({"message": text}),));
        world.emit(tutorial, "send_message", (json!({"username": "carl", "message": text}),));
        world.lines(author);
        world.advance(GATHER_MS);
        let mut told = world.lines(line);
        told.extend(heard_by(&mut world, ws));
        told.retain(|line| *line != "* guest-1 is now carl" && !line.starts_with("* eve "));
        assert!(told.len() >= 16, "{told:#?}");
        for command in ["/history 20", "/search left", "/join tea", "/leave"] {
            world.say(line, command);
        }
        told.extend(world.lines(line));
        told.retain(|line| !line.starts_with("* you are ") && !line.starts_with("* nothing in #"));
        assert!(told.iter().all(|line| line.starts_with(['<', '[', '*'])), "{told:#?}");
        assert!(!told.iter().any(|line| line.starts_with("* ")), "{told:#?}");
    }
}
