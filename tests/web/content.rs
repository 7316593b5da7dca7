//! People's texts between lines and web clients: one harmless line, and otherwise unchanged.

use super::client::{Client, Server, Ws};
use super::engine::{joined, sync};
use super::harness::is_harmless;

/// The text from `ws` in the form that `bob` sees at his terminal.
fn seen(ws: &Ws, bob: &mut Client, packet: &str) -> String {
    ws.send(packet);
    let line = bob.said();
    assert!(is_harmless(&line), "{line:?} of {packet}");
    line
}

#[test]
fn what_the_web_says_is_one_harmless_line() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let ws = joined(&server);
    let ends = ["\\n", "\\r", "\\r\\n", "\\u0085", "\\u2028", "\\u2029", "\\u000b", "\\u000c"];
    let escapes = [
        "\\u001b[2J",
        "\\u001b]0;x\\u0007",
        "\\u001b]52;c;eA==\\u0007",
        "\\u001bP1$r\\u001b\\\\",
        "\\u009b31m",
        "\\u0000",
        "\\u0007",
        "\\b",
        "\\u007f",
        "\\u000e",
        "\\u202e",
        "\\u2066",
    ];
    for bad in ends.iter().chain(&escapes) {
        let packets = [
            format!("42[\"message\",\"a{bad}b\"]"),
            format!("42[\"message\",{{\"message\":\"a{bad}b\"}}]"),
            format!("42[\"message\",[\"a{bad}b\",{{\"x{bad}\":1}}]]"),
            format!("42[\"send_message\",{{\"message\":\"a{bad}b\"}}]"),
            format!("42[\"send_chat_message\",{{\"username\":\"ann\",\"message\":[\"a{bad}b\"]}}]"),
            format!("42[\"send_message\",{{\"username\":\"x{bad}y\",\"message\":\"a\"}}]"),
        ];
        for packet in packets {
            let line = seen(&ws, &mut bob, &packet);
            assert!(line.starts_with('<') && line.contains("> "), "{line:?}");
        }
        // Rooms with impossible names are not joined, and nobody is told of them.
        for name in ["join", "leave", "typing"] {
            ws.send(&format!("42[\"{name}\",{{\"username\":\"e{bad}f\",\"room\":\"r{bad}s\"}}]"));
        }
        ws.send("42[\"message\",\"mark\"]");
        loop {
            let line = bob.line();
            assert!(is_harmless(&line), "{line:?}");
            if line.ends_with("> mark") {
                break;
            }
        }
    }
}

#[test]
fn the_web_gets_what_was_said_as_it_was_said() {
    let server = Server::start(&["--rate", "0"]);
    let alice = Client::named(&server, "alice");
    let mut eve = joined(&server);
    sync(&mut eve);
    for text in [
        "quotes \" and \\ and \\\" and \u{7f}",
        "<img src=x onerror=alert(1)></script><script>",
        "javascript:alert(1)",
        "42[\"message\",\"x\"]",
        "\u{1e}42[\"message\",\"x\"]",
        "{\"_placeholder\":true,\"num\":0}",
        "größe 🦀 \u{202e}evil \u{2028} \u{85}",
        "\u{1b}[2J\u{7}",
    ] {
        alice.send(format!("{text}\n"));
        let packet = eve.text();
        let json = packet.strip_prefix("42").expect("an event");
        let event: Vec<String> = serde_json::from_str(json).expect("JSON");
        assert_eq!(event[0], "message");
        assert!(event.len() == 2 && event[1].starts_with("alice: "), "{packet}");
    }
    alice.send(b"not \xc3( text\n");
    eve.expect("42[\"message\",\"alice: not \u{fffd}( text\"]");
    assert!(sync(&mut eve).is_empty());
    // Clients of a plain WebSocket have terminals too.
    let mut ws = Ws::open(&server, "/ws");
    ws.text();
    ws.text();
    eve.send("42[\"message\",\"a\\nb\\u001b[2J\"]");
    let line = ws.text();
    assert!(is_harmless(&line), "{line:?}");
}

#[test]
fn payloads_are_relayed_as_they_are() {
    let server = Server::start(&["--rate", "0"]);
    let mut ws = joined(&server);
    let mut eve = joined(&server);
    for args in [
        "\"text\"",
        "{\"b\":1,\"a\":[1.50,1e3,\"\\u00e9\"]}",
        "1,2,\"three\",null,{}",
        "\"<b>&amp;</b>\"",
        "\"\\ud83d\\ude00\"",
    ] {
        let packet = format!("42[\"message\",{args}]");
        ws.send(&packet);
        ws.expect(&packet);
        eve.expect(&packet);
        assert!(ws.text().starts_with("42[\"response\","));
    }
}
