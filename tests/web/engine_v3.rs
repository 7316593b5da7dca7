//! Engine.IO 3, and its use by Socket.IO 2 (`docs/protocols.md`, "Engine.IO: polling" and
//! "Socket.IO: namespaces").

use super::client::{Conformance, Door, Message, Server, Wire, Ws, frame, handshake, post};
use super::engine::{Polling, engine_ws, joined, opened};
use std::thread;
use std::time::{Duration, Instant};

const PATH: &str = "/engine.io/";

fn post_octets(one: &mut Polling, body: &[u8]) -> u16 {
    let request = post(&one.target, "Content-Type: application/octet-stream\r\n", body);
    one.send.ask(request).status
}

#[test]
fn messages_come_back_in_the_form_that_the_client_takes() {
    let door = Conformance::patient();
    let mut one = Polling::open(&door, PATH, 3);
    one.post_ok("7:4été 🦀6:4hello0:");
    assert_eq!(one.poll(), "7:4été 🦀6:4hello");
    one.post_ok("10:b4AQIDBA==");
    let response = one.get.get(&one.target);
    assert_eq!(response.header("content-type"), Some("application/octet-stream"));
    assert_eq!(response.body, b"\x01\x05\xff\x04\x01\x02\x03\x04");
    assert_eq!(post_octets(&mut one, b"\x00\x06\xff4hello\x01\x01\x02\xff\x04abcdefghijk"), 200);
    let response = one.get.get(&one.target);
    assert_eq!(response.body, b"\x00\x06\xff4hello\x01\x01\x02\xff\x04abcdefghijk");
    assert_eq!(post_octets(&mut one, b"\x00\x06\xff4hello"), 200);
    assert_eq!(one.poll(), "6:4hello");
    let mut text = Polling::open_with(&door, PATH, 3, "&b64=1");
    assert_eq!(post_octets(&mut text, b"\x01\x05\xff\x04\x01\x02\x03\x04"), 200);
    assert_eq!(text.poll(), "10:b4AQIDBA==");
    // By WebSocket.
    let mut ws = engine_ws(&door, PATH, 3);
    ws.send("4été");
    ws.expect("4été");
    ws.wire.send(frame(0x82, b"\x04\x01\x02"));
    assert_eq!(ws.next(), Message::Binary(vec![4, 1, 2]));
    ws.send("b4AQI=");
    assert_eq!(ws.next(), Message::Binary(vec![4, 1, 2]));
    ws.wire.send(frame(0x82, b"\x01\x02"));
    ws.expect_close(None);
    for (eio, sent, back) in [(3, "b4AQI=", "b4AQI="), (4, "bAQI=", "bAQI=")] {
        let target = format!("{PATH}?EIO={eio}&transport=websocket&b64=1");
        let mut ws = Ws::open(&door, &target);
        ws.text();
        ws.send(sent);
        ws.expect(back);
    }
}

#[test]
fn payloads_that_are_none_end_the_session() {
    let door = Conformance::patient();
    let bodies = [
        "",
        "abc",
        "-1:4",
        "1",
        ":4a",
        "9999999999:4a",
        "99999999999999999999:4",
        "3:4a",
        "1x:4",
        "2:4ab",
        "0x1:4",
        "+1:4",
        " 1:4",
        "1.0:4",
        "1:7",
        "2:b4",
        "1:3",
        "6:4hello3",
    ];
    for body in bodies {
        let mut one = Polling::open(&door, PATH, 3);
        one.park();
        one.get.expect_silence(Duration::from_millis(5));
        let response = one.post(body);
        let shown = &body[..body.len().min(30)];
        if body == "2:b4" {
            // An attachment of zero bytes is an attachment.
            assert_eq!(response.status, 200);
            continue;
        }
        assert_eq!(response.status, 400, "{shown}");
        one.expect_last();
        one.expect_gone();
    }
    let endless = [&[0][..], &[1; 100_000]].concat();
    let octets: [&[u8]; 8] = [
        b"",
        b"\x02\x01\xff4",
        b"\x00\xff4",
        b"\x00\x0a\xff4hello",
        b"\x01\x01\xff5",
        b"\x01\x00\xff",
        b"\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4",
        &endless,
    ];
    for body in octets {
        let mut one = Polling::open(&door, PATH, 3);
        assert_eq!(post_octets(&mut one, body), 400, "{:?}", &body[..body.len().min(20)]);
        one.expect_gone();
    }
}

#[test]
fn the_client_asks_and_silence_ends_the_session() {
    let door = Conformance::start(300, 200);
    let mut one = Polling::open(&door, PATH, 3);
    let mut silent = Polling::open(&door, PATH, 3);
    let start = Instant::now();
    silent.park();
    for _ in 0..4 {
        one.post_ok("1:2");
        assert_eq!(one.poll(), "1:3");
        thread::sleep(Duration::from_millis(200));
    }
    one.post_ok("7:2hello!");
    assert_eq!(one.poll(), "7:3hello!");
    assert_eq!(silent.parked(), "1:1");
    assert!(start.elapsed() > Duration::from_millis(450));
    silent.expect_gone();
    let mut ws = engine_ws(&door, PATH, 3);
    ws.send("2probe");
    ws.expect("3probe");
    let start = Instant::now();
    ws.expect_close(None);
    let taken = start.elapsed().as_millis();
    assert!((450..1000).contains(&taken), "{taken} ms");
    let mut ws = engine_ws(&door, PATH, 3);
    ws.send("3");
    ws.expect_close(None);
}

#[test]
fn ends_are_told_in_its_form() {
    let door = Conformance::patient();
    let mut one = Polling::open(&door, PATH, 3);
    one.park();
    one.get.expect_silence(Duration::from_millis(20));
    assert_eq!(one.wire().get(&one.target).status, 400);
    assert_eq!(one.parked(), "1:1");
    let mut two = Polling::open(&door, PATH, 3);
    two.park();
    two.get.expect_silence(Duration::from_millis(20));
    two.post_ok("1:1");
    assert_eq!(two.parked(), "1:6");
    two.expect_gone();
    let mut wire = Wire::to(door.http());
    wire.get("/engine.io/?EIO=3&transport=websocket").expect_code(3);
    wire.get("/engine.io/?EIO=3&transport=polling&sid=abc").expect_code(1);
    wire.post("/engine.io/?EIO=3&transport=polling", "").expect_code(2);
    wire.get_with("/engine.io/?EIO=3&transport=polling", &handshake()).expect_code(3);
}

#[test]
fn pages_that_know_only_scripts_get_scripts() {
    let server = Server::start(&[]);
    let mut wire = Wire::connect(&server);
    let target = "/socket.io/?EIO=3&transport=polling&j=";
    let response = wire.get(&format!("{target}7"));
    assert_eq!(response.status, 200);
    let script = response.text();
    assert!(script.starts_with("___eio[7](\"") && script.ends_with("\");"), "{script}");
    let payload: String = serde_json::from_str(&script[10..script.len() - 2]).expect("JSON");
    let target = format!("{target}7&sid={}", opened(&payload, "sid"));
    assert_eq!(wire.get(&target).text(), "___eio[7](\"2:40\");");
    let mut eve = joined(&server);
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    // A newline in JSON is a backslash and an n, which a form writes with two backslashes.
    let event = r#"20:42["message","a\\nb"]"#;
    let body: String =
        form_urlencoded::Serializer::new(String::new()).append_pair("d", event).finish();
    let response = wire.ask(post(&target, form, body.as_bytes()));
    assert_eq!((response.status, response.text()), (200, "ok"));
    eve.expect(r#"42["message","a\nb"]"#);
    eve.send("42[\"message\",\"\u{2028}</script>\"]");
    let mut heard = String::new();
    while !heard.contains("/script>") {
        heard += wire.get(&target).text();
    }
    assert!(!heard.contains('\u{2028}'), "{heard}");
    // Only its digits come back.
    let response = wire.get("/socket.io/?EIO=3&transport=polling&j=1;alert(2)//");
    assert!(response.text().starts_with("___eio[12](\""), "{response:?}");
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn a_client_of_socket_io_2_is_in_the_main_namespace_from_the_start() {
    let door = Conformance::patient();
    let mut ws = engine_ws(&door, "/socket.io/", 3);
    ws.expect("40");
    ws.expect("42[\"auth\",{}]");
    ws.send("40/custom?token=abc&x=y%20z,");
    ws.expect("40/custom,");
    ws.expect("42/custom,[\"auth\",{\"token\":\"abc\",\"x\":\"y z\"}]");
    ws.send("42/custom,[\"message\",1]");
    ws.expect("42/custom,[\"message-back\",1]");
    ws.send("4213[\"message-with-ack\",1,\"2\"]");
    ws.expect("4313[1,\"2\"]");
    ws.send(
        "452-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]",
    );
    ws.wire.send([frame(0x82, b"\x04\x01"), frame(0x82, b"\x04\x02")].concat());
    let back = ws.text();
    assert!(back.starts_with("452-[\"message-back\","), "{back}");
    assert_eq!(ws.next(), Message::Binary(vec![4, 1]));
    assert_eq!(ws.next(), Message::Binary(vec![4, 2]));
    ws.send("40/nowhere,");
    ws.expect("44/nowhere,{\"message\":\"Invalid namespace\"}");
    ws.send("41/custom");
    ws.send("42[\"message\",\"still here\"]");
    ws.expect("42[\"message-back\",\"still here\"]");
    ws.send("40");
    ws.expect_close(None);
    // By polling the first answer holds the first packet alone.
    let mut one = Polling::open(&door, "/socket.io/", 3);
    assert_eq!(one.poll(), "2:4013:42[\"auth\",{}]");
    one.post_ok("19:42[\"message\",\"été\"]");
    let back = one.poll();
    assert_eq!(back, "34:42[\"message-back\",\"\\u00e9t\\u00e9\"]");
    let ns = "40/custom?a=b,";
    one.post_ok(format!("{}:{ns}", ns.len()));
    assert!(one.poll().starts_with("10:40/custom,"));
}
