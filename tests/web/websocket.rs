//! WebSockets, at `/ws`, where each message is a line, and at an endpoint that sends messages back
//! (`docs/protocols.md`, "WebSocket").

use super::client::{
    Client, Conformance, Door, Message, NOISE, Server, Wire, Ws, frame, handshake, mib, text_frame,
};
use mio_wire::ws::Inflater;
use std::time::{Duration, Instant};

/// Joins at `/ws` and reads the greeting.
fn guest(server: &Server) -> Ws {
    let mut ws = Ws::open(server, "/ws");
    assert!(ws.text().starts_with("* Welcome to mio-chat."));
    ws.text();
    ws
}

/// The code with which the server closes after `bytes`, sent after a message that comes back.
fn closed_with(door: &Conformance, bytes: &[u8]) -> Option<u16> {
    let mut ws = Ws::open(door, "/echo");
    ws.wire.send([&text_frame("before")[..], bytes, &text_frame("behind")].concat());
    ws.expect("before");
    match ws.next() {
        Message::Close(code) => {
            assert_eq!(ws.next(), Message::End);
            code
        }
        other => panic!("{other:?} after {bytes:x?}"),
    }
}

#[test]
fn a_handshake_is_right_or_refused() {
    let server = Server::start(&[]);
    let good = handshake();
    for path in ["/ws", "/socket.io/?EIO=4&transport=websocket"] {
        Ws::open(&server, path);
        let status = |headers: &str| {
            let response = Wire::connect(&server).get_with(path, headers);
            if response.status == 426 {
                assert_eq!(response.header("sec-websocket-version"), Some("13"));
                assert_eq!(response.header("upgrade"), Some("websocket"));
            }
            response.status
        };
        let key = |key: &str| good.replace("dGhlIHNhbXBsZSBub25jZQ==", key);
        assert_eq!(status(&key("")), 400);
        assert_eq!(status(&key("dGhlIHNhbXBsZQ==")), 400);
        assert_eq!(status(&key("not base64 at all, no!!=")), 400);
        let nokey: String = good.lines().take(3).map(|line| format!("{line}\r\n")).collect();
        assert_eq!(status(&nokey), 400);
        assert_eq!(status(&format!("{good}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")), 400);
        assert_eq!(status(&good.replace(": 13", ": 12")), 426);
        assert_eq!(status(&good.replace("Sec-WebSocket-Version: 13\r\n", "")), 426);
        assert!(matches!(status(&good.replace("websocket", "foo")), 400 | 426));
        assert!(matches!(status(&good.replace("Connection: Upgrade", "X: y")), 400 | 426));
        let mut wire = Wire::connect(&server);
        let response = wire.ask(format!("POST {path} HTTP/1.1\r\nHost: a\r\n{good}\r\n"));
        assert!(matches!(response.status, 400 | 405), "{response:?}");
        let mut wire = Wire::connect(&server);
        let response = wire.ask(format!("GET {path} HTTP/1.0\r\nHost: a\r\n{good}\r\n"));
        assert_eq!(response.status, 400);
        // The case of names and tokens does not matter, and lists are lists.
        let lists = good.replace("Upgrade: websocket", "UPGRADE: h2c, WebSocket");
        let lists = lists.replace("Connection: Upgrade", "connection: keep-alive, upgrade");
        assert_eq!(status(&lists), 101);
    }
}

#[test]
fn an_offer_to_compress_is_not_taken_and_cannot_be_forced() {
    let server = Server::start(&[]);
    let offers = [
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=99999, x-webkit-deflate-frame",
        "permessage-deflate; =; \"; ,,, ;;;",
        "a".repeat(4000).as_str(),
    ]
    .map(|offer| format!("{}Sec-WebSocket-Extensions: {offer}\r\n", handshake()));
    for offer in offers {
        let mut wire = Wire::connect(&server);
        let response = wire.get_with("/ws", &offer);
        assert_eq!(response.status, 101);
        assert!(response.header("sec-websocket-extensions").is_none());
        let mut ws = Ws { wire };
        ws.text();
        ws.text();
        ws.wire.send(frame(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
        ws.expect_close(Some(1002));
    }
}

#[test]
fn with_a_flag_long_messages_are_compressed() {
    let server = Server::start(&["--deflate"]);
    let mut wire = Wire::connect(&server);
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let response = wire.get_with("/ws", &format!("{}{offer}", handshake()));
    let accepted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(response.header("sec-websocket-extensions"), Some(accepted));
    let mut compressing = Ws { wire };
    assert!(compressing.text().starts_with("* Welcome to mio-chat."), "short lines stay plain");
    compressing.text();
    let mut plain = guest(&server);
    compressing.text();
    // "Hello" of RFC 7692, 7.2.3.1.
    compressing.wire.send(frame(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
    plain.expect("<guest-1> Hello");
    let long = "a long line, ".repeat(200);
    plain.send(&long);
    let head = compressing.wire.bytes(2);
    assert!(head[0] == 0xc1 && head[1] < 126, "it is compressed, and short: {head:?}");
    let packed = compressing.wire.bytes(usize::from(head[1]));
    let text = Inflater::default().inflate(&packed, 2 * long.len()).expect("it is whole");
    assert_eq!(String::from_utf8_lossy(&text), format!("<guest-2> {long}"));
}

#[test]
fn frames_that_are_none_end_the_connection_with_their_code() {
    let door = Conformance::patient();
    let mut unmasked = text_frame("not masked");
    unmasked[1] &= 0x7f;
    assert_eq!(closed_with(&door, &unmasked), Some(1002));
    for bits in [0x40, 0x20, 0x10, 0x70] {
        for opcode in [1, 2, 9] {
            assert_eq!(closed_with(&door, &frame(0x80 | bits | opcode, b"x")), Some(1002));
        }
    }
    for opcode in (3..8).chain(11..16) {
        assert_eq!(closed_with(&door, &frame(0x80 | opcode, b"")), Some(1002), "{opcode}");
    }
    for opcode in [8, 9, 10] {
        assert_eq!(closed_with(&door, &frame(opcode, b"x")), Some(1002), "{opcode} not final");
        assert_eq!(closed_with(&door, &frame(0x80 | opcode, &[b'x'; 126])), Some(1002));
    }
    assert_eq!(closed_with(&door, &frame(0x80, b"alone")), Some(1002));
    let inside = [frame(0x01, b"begin"), text_frame("inside")].concat();
    assert_eq!(closed_with(&door, &inside), Some(1002));
    for length in [1_u64 << 63, u64::MAX] {
        let head = [&[0x82, 0xff][..], &length.to_be_bytes()].concat();
        assert_eq!(closed_with(&door, &head), Some(1002), "{length}");
    }
    for text in
        [&b"\xff"[..], b"ok \xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"cut \xe2\x82"]
    {
        assert_eq!(closed_with(&door, &frame(0x81, text)), Some(1007), "{text:x?}");
    }
    let cut = [frame(0x01, b"\xe2\x82"), frame(0x80, b"x")].concat();
    assert_eq!(closed_with(&door, &cut), Some(1007));
}

#[test]
fn a_close_is_answered_and_nothing_follows_it() {
    let door = Conformance::patient();
    assert_eq!(closed_with(&door, &frame(0x88, b"")), None);
    assert_eq!(closed_with(&door, &frame(0x88, b"\x03")), Some(1002));
    for code in [1000_u16, 1001, 1003, 1007, 1011, 3000, 4999] {
        let payload = [&code.to_be_bytes()[..], "bye ü".as_bytes()].concat();
        let start = Instant::now();
        assert_eq!(closed_with(&door, &frame(0x88, &payload)), Some(code));
        assert!(start.elapsed() < Duration::from_secs(1));
    }
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535] {
        assert_eq!(closed_with(&door, &frame(0x88, &code.to_be_bytes())), Some(1002), "{code}");
    }
    let invalid = closed_with(&door, &frame(0x88, b"\x03\xe8\xff"));
    assert_eq!(invalid, Some(1007));
    // Bytes after it are not a message.
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let ws = guest(&server);
    ws.wire.send([text_frame("last"), frame(0x88, b""), text_frame("ghost")].concat());
    assert!(bob.said().ends_with("> last"));
    bob.skip_to("* guest-2 left");
    Client::named(&server, "eve").send("mark\n");
    bob.expect_said("<eve> mark");
}

#[test]
fn messages_come_whole_however_they_are_cut() {
    let door = Conformance::patient();
    let mut ws = Ws::open(&door, "/echo");
    let text = "wörds 🦀 and more";
    // Fragments, with pings between them and cuts inside of characters.
    for cut in 0..=text.len() {
        let (first, second) = text.as_bytes().split_at(cut);
        let pinged = frame(0x89, &[cut as u8; 125]);
        ws.wire.send([frame(0x01, first), pinged, frame(0x00, b""), frame(0x80, second)].concat());
        assert_eq!(ws.next(), Message::Pong(vec![cut as u8; 125]));
        ws.expect(text);
    }
    ws.wire.send([frame(0x02, b"\xff"), frame(0x80, b"\x00")].concat());
    assert_eq!(ws.next(), Message::Binary(vec![0xff, 0]));
    for length in [0, 125, 126, 65_535, 65_536, 1_000_000] {
        let bytes = vec![b'x'; length];
        ws.wire.send(frame(0x82, &bytes));
        assert_eq!(ws.next(), Message::Binary(bytes));
    }
    // An unasked pong is ignored.
    ws.wire.send([frame(0x8a, b"unasked"), text_frame("next")].concat());
    ws.expect("next");
}

#[test]
fn bytes_one_by_one_and_all_at_once_say_the_same() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let wire = Wire::connect(&server);
    let all = [
        format!("GET /ws HTTP/1.1\r\nHost: a\r\n{}\r\n", handshake()).into_bytes(),
        text_frame("/nick ann"),
        text_frame("größer 🦀"),
    ]
    .concat();
    all.iter().for_each(|byte| wire.send([*byte]));
    bob.expect_said("<ann> größer 🦀");
    let wire = Wire::connect(&server);
    wire.send([&all[..], &text_frame("one"), &text_frame("two"), &text_frame("three")].concat());
    assert!(bob.said().ends_with("> größer 🦀"));
    ["one", "two", "three"].iter().for_each(|text| assert!(bob.said().ends_with(text)));
}

#[test]
fn what_is_too_long_is_refused_early() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let memory = server.peak_memory();
    for length in [1_000_001_u64, 1 << 31, 1 << 40, 1 << 62] {
        let mut ws = guest(&server);
        ws.wire.send([&[0x81, 0xff][..], &length.to_be_bytes(), b"mask"].concat());
        ws.expect_close(Some(1009));
    }
    assert!(server.peak_memory() - memory <= NOISE);
    let mut ws = guest(&server);
    let _ = ws.wire.try_send(frame(0x81, &vec![b'x'; 1_000_000 + 4096]));
    ws.expect_close(Some(1009));
    let mut ws = guest(&server);
    let _ = ws.wire.try_send(frame(0x01, &[b'x'; 16 * 1024]));
    while ws.wire.try_send(frame(0x00, &[b'x'; 16 * 1024])).is_ok() {}
    assert_eq!(ws.next(), Message::Close(Some(1009)));
    assert!(server.peak_memory() - memory <= mib(2) + NOISE);
    let memory = server.peak_memory();
    for payload in [&b"x"[..], b""] {
        let mut ws = guest(&server);
        ws.wire.send(frame(0x01, b"x"));
        let many = frame(0x00, payload).repeat(1000);
        while ws.wire.try_send(&many).is_ok() {}
        assert_eq!(ws.next(), Message::Close(Some(1008)));
    }
    assert!(server.peak_memory() - memory <= NOISE);
    // The sender of a text that is not a line is told so, and the connection stays.
    let mut ws = guest(&server);
    ws.send(&"x".repeat(4097));
    assert!(ws.text().contains("4096"), "the limit is told");
    ws.send("short");
    assert!(bob.said().ends_with("> short"));
}

#[test]
fn pings_that_are_not_read_are_bounded() {
    let server = Server::start(&[]);
    let memory = server.peak_memory();
    let pings = frame(0x89, &[b'x'; 125]).repeat(1000);
    let flooding: Vec<Ws> = (0..4).map(|_| guest(&server)).collect();
    for ws in &flooding {
        let timeout = Some(Duration::from_millis(200));
        ws.wire.tcp().set_write_timeout(timeout).expect("a timeout can be set");
        (0..200).take_while(|_| ws.wire.try_send(&pings).is_ok()).count();
    }
    let mut bob = Client::named(&server, "bob");
    guest(&server).send("hello");
    assert!(bob.said().ends_with("> hello"));
    assert!(server.peak_memory() - memory <= mib(4) + NOISE);
    // A client that begins to read gets an answer to each.
    let mut ws = flooding.into_iter().next().expect("there are four");
    (0..1000).for_each(|_| while !matches!(ws.next(), Message::Pong(_)) {});
}

#[test]
fn resets_in_the_middle_of_a_frame_leave_nothing() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let descriptors = server.descriptors().len();
    for round in 0..150 {
        let ws = if round % 2 == 0 { guest(&server) } else { Ws::open(&server, "/ws") };
        ws.send("hello");
        ws.wire.send(&text_frame("half of it")[..7]);
        ws.wire.reset();
    }
    server.wait_descriptors(descriptors);
    bob.sync();
    Client::named(&server, "eve").send("still here\n");
    while bob.said() != "<eve> still here" {}
}

#[test]
fn a_relay_relays_here_too() {
    let server = Server::start(&["--plain"]);
    let mut bob = Client::connect(&server);
    let mut ws = Ws::open(&server, "/ws");
    let mut other = Ws::open(&server, "/ws");
    ws.send("/help is no command \u{1b}");
    bob.expect("/help is no command \u{1b}");
    other.expect("/help is no command \u{1b}");
    bob.send(b"any \xc3( bytes\n");
    for ws in [&mut ws, &mut other] {
        assert_eq!(ws.next(), Message::Binary(b"any \xc3( bytes".to_vec()));
    }
    bob.send("words\n");
    for ws in [&mut ws, &mut other] {
        ws.expect("words");
    }
}

#[test]
fn a_message_is_a_line() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut ws = guest(&server);
    ws.send("/nick ann");
    ws.skip_to("* you are now ann");
    ws.send("one\ntwo\r\n\u{1b}[2J");
    let line = bob.said();
    assert!(line.starts_with("<ann> one") && line.contains("two"), "{line:?}");
    assert!(super::harness::is_harmless(&line), "{line:?}");
    bob.send("hello\n");
    ws.skip_to("<bob> hello");
    ws.wire.send(frame(0x82, b"\x00\xff"));
    assert!(ws.text().starts_with("* "), "bytes are no line");
    ws.send("   ");
    ws.send("/quit");
    loop {
        match ws.next() {
            Message::Close(code) => break assert_eq!(code, Some(1000)),
            Message::Text(_) => (),
            other => panic!("{other:?}"),
        }
    }
    bob.skip_to("* ann left");
    assert!(Wire::to(server.http()).get("/ws").status == 426);
}
