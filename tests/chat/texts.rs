//! The content of texts, at all doors.

use super::world::World;
use mio_wire::limits::COMBINING_MARKS_MAX;
use serde_json::json;

/// Texts that show nothing.
const BLANK: [&str; 5] =
    ["\u{200b}", "\u{2060}\u{feff}", "\u{3164} \u{2800}", "\u{fe0f}\u{200d}", "\u{ad}\u{34f}"];

#[test]
fn what_is_not_seen_is_nothing_at_each_door() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let line = world.connect_line();
    let ws = world.connect_websocket("/ws").expect("they are let in");
    let (tutorial, other) = (world.connect("/", json!({})), world.connect("/", json!({})));
    let tutorial = tutorial.expect("a tutorial's client is let in");
    let other = other.expect("a tutorial's client is let in");
    world.ask(alice, "topic", json!({"room": "lobby", "text": "tea"}));
    world.lines(line);
    for text in BLANK {
        for (name, request) in [
            ("post", json!({"room": "lobby", "text": text})),
            ("post", json!({"room": "lobby", "text": text, "action": true})),
            ("dm", json!({"to": "bob", "text": text})),
        ] {
            let refused = world.refused(alice, name, request);
            assert_eq!(refused, "empty: there is nothing to say", "{name} {text:?}");
        }
        world.say(line, text);
        assert!(world.lines(line).is_empty(), "{text:?}");
        world.send_text(ws, text);
        for (command, told) in [
            ("/me", "* usage: /me TEXT"),
            ("/msg bob", "* usage: /msg NAME TEXT"),
            ("/topic", "* topic: tea"),
        ] {
            world.say(line, &format!("{command} {text}"));
            assert_eq!(world.lines(line), [told], "{text:?}");
        }
        assert!(world.texts(bob).is_empty(), "{text:?}");
        // At this interface an empty text is a text too, and relayed payloads are not changed.
        world.emit(tutorial, "message", (text,));
        assert_eq!(world.texts(bob), [""], "{text:?}");
        assert_eq!(world.lines(line), ["<guest-3> "], "{text:?}");
        assert_eq!(world.expect(other, "message").args, [text]);
    }
    let topic = world.ask(alice, "topic", json!({"room": "lobby", "text": BLANK[0]}));
    assert_eq!(topic["topic"], json!(null));
}

#[test]
fn marks_are_drawn_over_nobody_elses_lines() {
    let mut world = World::new();
    let (alice, _) = world.arrive("alice");
    let (bob, _) = world.arrive("bob");
    let line = world.connect_line();
    let tutorial = world.connect("/", json!({})).expect("a tutorial's client is let in");
    let many = format!("a{}!", "\u{301}".repeat(1_900));
    let few = format!("a{}!", "\u{301}".repeat(COMBINING_MARKS_MAX));
    world.post(alice, &many);
    assert_eq!(world.texts(bob), [&*few]);
    world.ask(alice, "dm", json!({"to": "bob", "text": many}));
    assert_eq!(world.texts(bob), [&*few]);
    for begin in ["", "/me ", "/msg bob "] {
        world.say(line, &format!("{begin}{many}"));
        assert_eq!(world.texts(bob), [&*few], "{begin}");
    }
    for payload in [json!(many), json!({"message": many})] {
        let other = world.connect("/", json!({})).expect("a tutorial's client is let in");
        world.emit(tutorial, "message", (&payload,));
        assert_eq!(world.texts(bob), [&*few]);
        let relayed = world.expect(other, "message").args;
        assert!(relayed == [payload], "it is as it was sent");
    }
    world.emit(tutorial, "send_message", (json!({"username": "carol", "message": many}),));
    assert_eq!(world.texts(bob), [&*few]);
    let topic = "\u{301}".repeat(100);
    let topic = world.ask(alice, "topic", json!({"room": "lobby", "text": format!("a{topic}!")}));
    assert_eq!(topic["topic"], few);
    // Text written with marks and joiners is unchanged.
    for text in [
        "👩\u{200d}❤\u{fe0f}\u{200d}👨 🏴\u{e0067}\u{e0062}\u{e007f} 🇩🇪",
        "می\u{200c}خواهم",
        "क्\u{200d}ष",
    ] {
        world.post(alice, text);
        world.say(line, text);
        assert_eq!(world.texts(bob), [text, text]);
    }
}
