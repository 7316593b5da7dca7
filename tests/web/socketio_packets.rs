//! Events, acks and attachments, right and wrong (`docs/protocols.md`, "Socket.IO: packets"; the
//! public protocol's suite).

use super::client::{Client, Conformance, Message, NOISE, Server, Ws, frame, mib, text_frame};
use super::engine::{Polling, joined, socket_io, sync};

/// Packets that no client may send.
const MALFORMED: [&str; 61] = [
    "4",
    "4abc",
    "47",
    "49[]",
    "42",
    "42{}",
    "42[]",
    "42[null]",
    "42[1",
    "42[{}]",
    "42[[\"a\"]]",
    "42[\"message\"]x",
    "42[\"message\",]",
    "42[\"message\",\"a\"] x",
    "42abc[\"message\"]",
    "42\"message\"",
    "42[true,1]",
    "42[{\"toString\":\"x\"},1]",
    "42+1[\"message\",1]",
    "42-1[\"message\",1]",
    "421.5[\"message\",1]",
    "4218446744073709551616[\"message\",1]",
    "43",
    "43[]",
    "431",
    "431{}",
    "43[\"a\"]",
    "44",
    "44{\"message\":\"x\"}",
    "41{}",
    "41[]",
    "42[\"connect\"]",
    "42[\"connect_error\"]",
    "42[\"disconnect\",\"ghost\"]",
    "42[\"disconnecting\"]",
    "42[\"newListener\"]",
    "42[\"removeListener\"]",
    "42[\"mess\\u0000\",NaN]",
    "42[\"message\",'a']",
    "42[\"message\",01]",
    "45[\"message\"]",
    "45-[\"message\"]",
    "45x-[\"message\"]",
    "45-1-[\"message\"]",
    "451[\"message\"]",
    "451.5-[\"message\"]",
    "4511-[\"message\"]",
    "451000000000-[\"message\"]",
    "4599999999999999999999999-[\"message\"]",
    "451-{}",
    "451-[]",
    "451-[\"message\",{\"_placeholder\":true,\"num\":\"splice\"}]",
    "451-[\"message\",{\"_placeholder\":true,\"num\":-1}]",
    "451-[\"message\",{\"_placeholder\":true,\"num\":5}]",
    "451-[\"message\",{\"_placeholder\":true,\"num\":0.5}]",
    "451-[\"message\",{\"_placeholder\":true}]",
    "450-[\"message\",{\"_placeholder\":true,\"num\":0}]",
    "bAQID",
    "7",
    "x",
    "",
];

/// A client in the main namespace of the example.
fn example(door: &Conformance) -> Ws {
    let mut ws = joined(door);
    ws.expect("42[\"auth\",{}]");
    ws
}

#[test]
fn events_and_acks_come_back() {
    let door = Conformance::patient();
    let mut ws = example(&door);
    ws.send("42[\"message\",1,\"2\",{\"3\":[true,null,\"ü🦀\"]}]");
    ws.expect("42[\"message-back\",1,\"2\",{\"3\":[true,null,\"ü🦀\"]}]");
    for id in ["0", "456", "18446744073709551615"] {
        ws.send(&format!("42{id}[\"message-with-ack\",1,[]]"));
        ws.expect(&format!("43{id}[1,[]]"));
    }
    ws.send("42[\"emit-with-ack\",\"a\"]");
    let asked = ws.text();
    let id =
        asked.strip_prefix("42").and_then(|rest| rest.strip_suffix("[\"emit-with-ack\",\"a\"]"));
    let id = id.unwrap_or_else(|| panic!("an event with an id: {asked}"));
    ws.send(&format!("43{id}[\"b\",2]"));
    ws.expect("42[\"emit-with-ack\",\"b\",2]");
    // An answer counts once, and only for its question.
    ws.send(&format!("43{id}[\"again\"]"));
    ws.send("4399[]");
    ws.send("42[\"message\"]");
    ws.expect("42[\"message-back\"]");
    // Bytes, there and back.
    let (first, second) = (vec![1_u8; 3], vec![2_u8; 100_000]);
    let args = "{\"_placeholder\":true,\"num\":0},{\"in\":{\"_placeholder\":true,\"num\":1}}";
    for (head, back) in [
        ("452-[\"message\",", "452-[\"message-back\","),
        ("452-77[\"message-with-ack\",", "462-77["),
    ] {
        ws.send(&format!("{head}{args}]"));
        ws.wire.send([frame(0x82, &first), frame(0x82, &second)].concat());
        ws.expect(&format!("{back}{args}]"));
        assert_eq!(ws.next(), Message::Binary(first.clone()));
        assert_eq!(ws.next(), Message::Binary(second.clone()));
    }
    // Out of order, and twice the same.
    ws.send(
        "452-[\"message\",{\"_placeholder\":true,\"num\":1},{\"num\":1,\"_placeholder\":true}]",
    );
    ws.wire.send([frame(0x82, b"a"), frame(0x82, b"b")].concat());
    assert!(ws.text().contains("message-back"));
    while !matches!(ws.next(), Message::Binary(bytes) if bytes == b"b") {}
    let mut one = Polling::joined(&door);
    one.post_ok("451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID");
    assert_eq!(one.poll(), "451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID");
}

#[test]
fn packets_that_are_none_end_the_connection_and_reach_nobody() {
    let server = Server::start(&["--rate", "0"]);
    let mut eve = joined(&server);
    let deep = format!("42[\"message\",{}{}]", "[".repeat(100_000), "]".repeat(99_999));
    let deep_auth = format!("40{}1{}", "{\"a\":".repeat(100_000), "}".repeat(99_999));
    let digits = format!("42{}[\"message\",1]", "9".repeat(50_000));
    let packets = MALFORMED.into_iter().chain([&*deep, &*deep_auth, &*digits]);
    for packet in packets {
        let mut ws = joined(&server);
        ws.send(packet);
        ws.expect_close(None);
        let mut one = Polling::joined(&server);
        assert_eq!(one.post(packet).status, 400, "{}", &packet[..packet.len().min(60)]);
        one.expect_gone();
    }
    // Before joining too.
    for packet in [&deep_auth, &deep, "4abc", "42{}"] {
        let mut ws = socket_io(&server);
        ws.send(packet);
        ws.expect_close(None);
    }
    let mut ws = joined(&server);
    ws.wire.send(frame(0x82, b"nobody asked for this"));
    ws.expect_close(None);
    // Text between attachments.
    let mut ws = joined(&server);
    ws.send(
        "452-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]",
    );
    ws.wire.send(frame(0x82, b"one"));
    ws.send("42[\"message\",\"ghost\"]");
    ws.expect_close(None);
    assert!(sync(&mut eve).is_empty());
}

#[test]
fn what_is_odd_but_right_is_taken() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let mut eve = joined(&server);
    // Unknown and odd names are ignored, and answered if an answer is asked for.
    for name in
        ["error", "response", "__proto__", "constructor", "toString", "", "größe", "\\u0000"]
    {
        eve.send(&format!("42[\"{name}\",\"x\"]"));
        eve.send(&format!("427[\"{name}\"]"));
        eve.expect("437[{\"error\":\"unknown-event\",\"ok\":false}]");
    }
    eve.send("42[1,\"x\"]");
    eve.send("4312345[]");
    assert!(sync(&mut eve).is_empty());
    // Pongs and other packets of Engine.IO come between attachments.
    eve.send("451-[\"message\",{\"_placeholder\":true,\"num\":0}]");
    eve.send("3");
    eve.send("6");
    eve.wire.send(frame(0x82, b"\x01\x02\x03"));
    eve.expect("451-[\"message\",{\"_placeholder\":true,\"num\":0}]");
    assert_eq!(eve.next(), Message::Binary(vec![1, 2, 3]));
    assert!(eve.text().starts_with("42[\"response\""));
    assert!(bob.said().ends_with("> [binary, 3 bytes]"));
    // Without an attachment it is an event like any other, and the server waits for nothing.
    eve.send("450-[\"message\",\"whole\"]");
    assert!(eve.text().ends_with("[\"message\",\"whole\"]"));
    assert!(eve.text().starts_with("42[\"response\""));
    assert!(bob.said().ends_with("> whole"));
    eve.send("42[\"message\",\"next\"]");
    eve.expect("42[\"message\",\"next\"]");
    assert!(bob.said().ends_with("> next"));
}

#[test]
fn odd_strings_and_numbers_harm_nobody() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let values = [
        "\"\\ud800\"",
        "\"\\udc00x\"",
        "\"\\u0000\"",
        "1e400",
        "-1e400",
        &"9".repeat(400),
        "{\"message\":\"\\ud83d\"}",
        "{\"\\ud800\":1}",
        "[1e400]",
        "1E+2",
        "-0",
        &format!("\"{}\"", "x".repeat(900_000)),
        &format!("\"{}\"", "\\u0007".repeat(100_000)),
        &format!("{}{}", "[".repeat(62), "]".repeat(62)),
    ];
    for value in values {
        let shown = &value[..value.len().min(40)];
        for name in ["message", "send_message", "join", "typing"] {
            let mut ws = joined(&server);
            let eve = joined(&server);
            ws.send(&format!("42[\"{name}\",{value}]"));
            ws.send("42[\"message\",\"mark\"]");
            loop {
                match ws.next() {
                    Message::Text(text) if text == "42[\"message\",\"mark\"]" => break,
                    Message::Text(_) => (),
                    Message::Close(None) => panic!("{name} {shown} is taken"),
                    other => panic!("{other:?} for {name} {shown}"),
                }
            }
            eve.wire.reset();
            while !bob.said().ends_with("> mark") {}
        }
    }
}

#[test]
fn what_is_relayed_without_bytes_is_relayed_with_them() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let mut eve = joined(&server);
    let bytes = "{\"_placeholder\":true,\"num\":0}";
    let deep = format!("{}1{}", "[".repeat(511), "]".repeat(511));
    for value in ["\"half \\ud83d\"", "{\"\\udc00\":1e400}", &deep] {
        for packet in
            [format!("42[\"message\",{value}]"), format!("451-[\"message\",{value},{bytes}]")]
        {
            eve.send(&packet);
            if packet.starts_with("45") {
                eve.wire.send(frame(0x82, b"\x01"));
            }
            eve.expect(&packet);
            if packet.starts_with("45") {
                assert_eq!(eve.next(), Message::Binary(vec![1]));
            }
            assert!(eve.text().starts_with("42[\"response\""));
        }
    }
    // A line shows the printable part of it.
    let said = bob.said();
    assert!(said.contains("> half \u{fffd}"), "{said}");
}

#[test]
fn what_is_too_much_to_relay_is_refused_in_words_and_nobody_goes() {
    let server = Server::start(&["--rate", "0"]);
    let mut eve = joined(&server);
    let mut ws = socket_io(&server);
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    ws.send(&format!("40{{\"a\":{}}}", deep(100_000)));
    ws.expect("44{\"message\":\"JSON is taken up to 512 levels deep\"}");
    ws.send("40");
    assert!(ws.text().starts_with("40{\"sid\""));
    let refusal = |code: &str, error: &str| {
        format!("437[{{\"code\":\"{code}\",\"error\":\"{error}\",\"ok\":false}}]")
    };
    for (args, code, error) in [
        (deep(512), "too-deep", "JSON is taken up to 512 levels deep"),
        (deep(100_000), "too-deep", "JSON is taken up to 512 levels deep"),
        (vec!["1"; 65].join(","), "too-many-arguments", "an event has 64 arguments at most"),
    ] {
        ws.send(&format!("42[\"message\",{args}]"));
        ws.send(&format!("427[\"message\",{args}]"));
        ws.expect(&refusal(code, error));
        ws.send(&format!("451-7[\"message\",{args}]"));
        ws.wire.send(frame(0x82, b"\x01"));
        ws.expect(&refusal(code, error));
        ws.send(&format!("431[{args}]"));
    }
    ws.send("42[\"message\",\"next\"]");
    ws.expect("42[\"message\",\"next\"]");
    eve.expect("42[\"message\",\"next\"]");
}

#[test]
fn attachments_are_bounded() {
    let server = Server::start(&["--rate", "0"]);
    let mut eve = joined(&server);
    let memory = server.peak_memory();
    // More than one packet may have in all.
    let mut ws = joined(&server);
    ws.send("4510-[\"message\"]");
    let half = frame(0x82, &vec![b'x'; 500_000]);
    let sent = (0..10).take_while(|_| ws.wire.try_send(&half).is_ok()).count();
    assert!(sent >= 5);
    assert_eq!(ws.next(), Message::Close(Some(1009)));
    server.wait_logged("reason=payload-too-large", 1);
    // Everything that fits into a queue is relayed.
    let ws = joined(&server);
    ws.send("453-[\"message\"]");
    let third = vec![b'x'; 690_000];
    (0..3).for_each(|_| ws.wire.send(frame(0x82, &third)));
    eve.expect("453-[\"message\"]");
    (0..3).for_each(|_| assert_eq!(eve.next(), Message::Binary(third.clone())));
    // Many clients that wait for attachments that do not come.
    let waiting: Vec<Ws> = (0..8).map(|_| joined(&server)).collect();
    for ws in &waiting {
        ws.send("4510-[\"message\"]");
        (0..3).for_each(|_| ws.wire.send(&half));
    }
    let grown = server.peak_memory() - memory;
    assert!(grown <= 9 * mib(3) + NOISE, "{grown} bytes");
    assert!(sync(&mut eve).is_empty());
    drop(waiting);
    // Bytes after an event without attachments are not kept either.
    let mut ws = joined(&server);
    ws.send("450-[\"nothing\"]");
    let _ = ws.wire.try_send(&half);
    assert_eq!(ws.next(), Message::Close(None));
}

#[test]
fn a_large_event_and_a_small_one_need_no_further_push() {
    let server = Server::start(&["--rate", "0"]);
    let mut eve = joined(&server);
    let large = format!("42[\"message\",\"{}\"]", "x".repeat(500_000));
    let ws = joined(&server);
    ws.wire.send([text_frame(&large), text_frame("42[\"message\",\"small\"]")].concat());
    eve.expect(&large);
    eve.expect("42[\"message\",\"small\"]");
    // By POST, pipelined; the second is read when the output for the first is fetched.
    let mut one = Polling::joined(&server);
    let posts = [&*large, "42[\"message\",\"small\"]"]
        .map(|body| super::client::post(&one.target, "", body.as_bytes()));
    one.send.send(posts.concat());
    eve.expect(&large);
    one.poll();
    eve.expect("42[\"message\",\"small\"]");
    // Byte by byte, from the handshake on.
    let wire = one.wire();
    let head = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n{}\r\n",
        super::client::handshake()
    );
    let bytes =
        [head.as_bytes(), &text_frame("40"), &text_frame("42[\"message\",\"bytes\"]")].concat();
    bytes.iter().for_each(|byte| wire.send([*byte]));
    eve.expect("42[\"message\",\"bytes\"]");
    // All at once, from the handshake on.
    let wire = one.wire();
    wire.send([&bytes[..], &text_frame("42[\"message\",\"two\"]")].concat());
    eve.expect("42[\"message\",\"bytes\"]");
    eve.expect("42[\"message\",\"two\"]");
}
