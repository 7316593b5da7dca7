use super::*;
use crate::limits::CLIENT_OUT_BYTES_MAX;
use crate::ws::{self, Decoder, NORMAL, Opcode, Role};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

const NONCE: [u8; 16] = [7; 16];
/// The longest message of a server.
const BYTES_MAX: usize = 100_000;

fn upgrade() -> Upgrade<'static> {
    Upgrade {
        target: "/a/socket.io/?EIO=4&transport=websocket",
        host: "chat.example:5000",
        headers: &[("Origin", "http://a")],
        nonce: NONCE,
        mask: || [1, 2, 3, 4],
    }
}

/// The server's answer to the handshake.
fn switched() -> Vec<u8> {
    let accept = ws::accept(&STANDARD.encode(NONCE)).expect("a key");
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    );
    head.into_bytes()
}

/// The server's answer to the handshake, and then messages of text.
fn server_says(packets: &[&str]) -> Vec<u8> {
    let mut bytes = switched();
    packets.iter().for_each(|packet| ws::frame(&mut bytes, Opcode::Text, packet.as_bytes()));
    bytes
}

/// A client's queued output after its request, as its server reads it.
fn sent(out: &mut Vec<u8>) -> Vec<String> {
    let out = std::mem::take(out);
    let begin = memchr::memmem::find(&out, b"\r\n\r\n").map_or(0, |at| at + 4);
    let mut frames = out[begin..].to_vec();
    let mut decoder = Decoder::new(Role::Server);
    let mut input = &mut frames[..];
    let mut shown = Vec::new();
    while let Some(event) = decoder.next(&mut input, BYTES_MAX).expect("sound frames") {
        shown.push(match event {
            ws::Event::Text(text) => text.to_owned(),
            other => format!("{other:?}"),
        });
    }
    shown
}

/// An event without its braces; `None` for one without content.
fn shown(event: Event<'_>) -> Option<String> {
    Some(match event {
        Event::Heartbeat => return None,
        Event::Opened => "opened".to_owned(),
        Event::Joined { namespace } => format!("joined {namespace}"),
        Event::Left { namespace } => format!("left {namespace}"),
        Event::Refused { namespace, message, data } => {
            format!("refused {namespace} {message:?} {}", data.unwrap_or_default())
        }
        Event::Event { namespace, id, name, args } => {
            format!("{namespace} {name} {id:?} {} {:?}", args.json(), args.attachments())
        }
        Event::Ack { namespace, id, args } => {
            format!("{namespace} {id} {} {:?}", args.json(), args.attachments())
        }
        Event::Closed => "closed".to_owned(),
        Event::HungUp => "hung up".to_owned(),
    })
}

/// The events from one piece of a server's output. Once there is a session, the client joins `/`
/// and `/chat`.
fn feed(client: &mut SocketIo, piece: &[u8], events: &mut Vec<String>) -> Result<(), Lost> {
    let mut piece = piece.to_vec();
    let mut input = &mut piece[..];
    while let Some(event) = client.next(&mut input, BYTES_MAX)? {
        let is_open = matches!(event, Event::Opened);
        events.extend(shown(event));
        if is_open {
            client.join("/", None);
            client.join("/chat", Some(&json!({"nick": "a"}).to_string()));
        }
    }
    assert!(input.is_empty());
    Ok(())
}

/// The events from all of a server's output, and the error that ends it.
fn outcome(bytes: &[u8]) -> (Vec<String>, Option<Lost>) {
    let mut client = SocketIo::new(&upgrade());
    let mut events = Vec::new();
    let lost = feed(&mut client, bytes, &mut events).err();
    (events, lost)
}

#[test]
fn a_request_names_all_that_it_is_given() {
    let request = std::mem::take(WebSocket::new(&upgrade()).out());
    let key = STANDARD.encode(NONCE);
    let expected = format!(
        "GET /a/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: chat.example:5000\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {key}\r\nOrigin: http://a\r\n\r\n"
    );
    assert_eq!(String::from_utf8(request).as_deref(), Ok(&*expected));
    let head = crate::http::parse(expected.as_bytes()).expect("a server reads it");
    assert!(head.has_token("upgrade", "websocket") && head.header("origin") == Some("http://a"));
}

#[test]
fn a_conversation_may_be_cut_anywhere() {
    let mut bytes = server_says(&[
        r#"0{"sid":"x","upgrades":[],"pingInterval":100,"pingTimeout":50,"maxPayload":9}"#,
        r#"40/chat,{"sid":"y"}"#,
        r#"42/chat,["welcome",{"nick":"alice"}]"#,
        "2probe",
        r#"44{"message":"no","data":[1]}"#,
        r#"43/chat,7[{"ok":true}]"#,
        r#"451-/chat,9["picture",{"_placeholder":true,"num":0}]"#,
    ]);
    ws::frame(&mut bytes, Opcode::Ping, b"?");
    ws::frame(&mut bytes, Opcode::Binary, &[1, 2]);
    ws::frame(&mut bytes, Opcode::Text, b"41/chat,");
    ws::frame(&mut bytes, Opcode::Text, b"1");
    for cut in 0..bytes.len() {
        let mut client = SocketIo::new(&upgrade());
        let mut events = Vec::new();
        client.close();
        for piece in [&bytes[..cut], &bytes[cut..]] {
            feed(&mut client, piece, &mut events).expect("sound");
        }
        let expected = [
            "opened",
            "joined /chat",
            r#"/chat welcome None {"nick":"alice"} []"#,
            r#"refused / "no" [1]"#,
            r#"/chat 7 {"ok":true} []"#,
            r#"/chat picture Some(9) {"_placeholder":true,"num":0} [[1, 2]]"#,
            "left /chat",
            "closed",
        ];
        assert_eq!(events, expected, "cut at {cut}");
        assert_eq!(client.silence_ms(), Some(150));
        let attached = r#"{"_placeholder":true,"num":0}"#;
        client.emit("/chat", Some(3), "post", r#"{"text":"hi"}"#, &[]);
        client.ack("/", 9, attached, &[vec![8]]);
        client.leave("/chat");
        client.close();
        let expected = [
            "40",
            r#"40/chat,{"nick":"a"}"#,
            "3probe",
            "Pong",
            r#"42/chat,3["post",{"text":"hi"}]"#,
            &format!("461-9[{attached}]"),
            "Binary([8])",
            "41/chat,",
            "Close { code: Some(1000) }",
        ];
        assert_eq!(sent(client.out()), expected);
    }
}

#[test]
fn a_server_that_hangs_up_is_answered() {
    let mut bytes = switched();
    ws::close(&mut bytes, Some(1001), "away");
    let mut client = SocketIo::new(&upgrade());
    let mut events = Vec::new();
    feed(&mut client, &bytes, &mut events).expect("sound");
    assert_eq!(events, ["hung up"]);
    assert_eq!(sent(client.out()), ["Close { code: Some(1001) }"]);
}

#[test]
fn each_floor_speaks_for_itself() {
    let mut bytes = server_says(&["0{}", "4hi", "6"]);
    ws::frame(&mut bytes, Opcode::Binary, &[1]);
    let mut socket = WebSocket::new(&upgrade());
    let mut engine = EngineIo::new(&upgrade());
    let mut messages = Vec::new();
    let mut input = &mut bytes.clone()[..];
    while let Some(message) = socket.next(&mut input, BYTES_MAX).expect("sound") {
        messages.push(format!("{message:?}"));
    }
    assert_eq!(messages, ["Open", "Text(\"0{}\")", "Text(\"4hi\")", "Text(\"6\")", "Binary([1])"]);
    let mut packets = Vec::new();
    let mut input = &mut bytes[..];
    while let Some(packet) = engine.next(&mut input, BYTES_MAX).expect("sound") {
        packets.push(format!("{packet:?}"));
    }
    assert_eq!(packets, ["Heartbeat", "Opened", "Text(\"hi\")", "Heartbeat", "Binary([1])"]);
    assert_eq!(engine.silence_ms(), None);
    socket.text("a");
    socket.binary(&[2]);
    socket.close(NORMAL);
    assert_eq!(sent(socket.out()), ["a", "Binary([2])", "Close { code: Some(1000) }"]);
    engine.text("a");
    engine.noop();
    engine.binary(&[2]);
    engine.close(NORMAL);
    assert_eq!(sent(engine.out()), ["4a", "6", "Binary([2])", "Close { code: Some(1000) }"]);
}

#[test]
fn a_server_that_asks_and_does_not_read_is_left() {
    let mut client = SocketIo::new(&upgrade());
    let mut events = Vec::new();
    feed(&mut client, &switched(), &mut events).expect("sound");
    for kind in [Opcode::Ping, Opcode::Text] {
        let mut pings = Vec::new();
        let payload = format!("2{}", "x".repeat(100));
        (0..100).for_each(|_| ws::frame(&mut pings, kind, payload.as_bytes()));
        let mut ask = || feed(&mut client, &pings, &mut events);
        let left = (0..CLIENT_OUT_BYTES_MAX / pings.len() * 2).find_map(|_| ask().err());
        assert_eq!(left, Some(Lost::Unread));
        let length = client.out().len();
        assert!((CLIENT_OUT_BYTES_MAX..CLIENT_OUT_BYTES_MAX + 1000).contains(&length));
        client.out().clear();
    }
}

#[test]
fn refusals_are_told() {
    let refused = |packet| outcome(&server_says(&[packet])).0.concat();
    let refusal = r#"44/chat,{"message":"taken","data":{"code":"nick-taken"}}"#;
    assert_eq!(refused(refusal), r#"refused /chat "taken" {"code":"nick-taken"}"#);
    assert_eq!(refused("44/chat,"), r#"refused /chat "" null"#);
    assert_eq!(refused("44{}"), r#"refused / "" null"#);
}

#[test]
fn who_is_no_server_is_named() {
    let lost = |bytes: &[u8]| outcome(bytes).1.expect("no server");
    let status = Lost::Status { status: 403, reason: "Forbidden".to_owned() };
    assert_eq!(lost(b"HTTP/1.1 403 Forbidden\r\n"), status);
    assert_eq!(lost(b"\r\n* this is a chat\nhi"), Lost::NoHttp("* this is a chat".to_owned()));
    assert!(matches!(lost(&[b'x'; 20_000]), Lost::NoHttp(line) if line.len() < 500));
    assert_eq!(lost(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), Lost::NoWebSocket);
    let mut wrong = switched();
    let key = memchr::memmem::find(&wrong, b"accept: ").expect("a field") + 8;
    wrong[key] ^= 1;
    assert_eq!(lost(&wrong), Lost::NoWebSocket);
    for bad in ["9", "42/chat,[", "42[\"connect\"]", "43[]", "44[]", "", "bé"] {
        let packet = bad.strip_prefix('4').unwrap_or(bad).to_owned();
        assert_eq!(lost(&server_says(&[bad])), Lost::Malformed(packet));
    }
    let mut masked = switched();
    ws::masked_frame(&mut masked, Opcode::Text, b"2", [0; 4]);
    assert_eq!(lost(&masked), Lost::Frame(ws::Error::Masked));
    let mut attachment = switched();
    ws::frame(&mut attachment, Opcode::Binary, &[1]);
    assert!(matches!(lost(&attachment), Lost::Malformed(_)));
    let interrupted = server_says(&[r#"451-["a",{"_placeholder":true,"num":0}]"#, "42[\"b\"]"]);
    assert_eq!(lost(&interrupted), Lost::Malformed("2[\"b\"]".to_owned()));
}

#[test]
fn whatever_a_server_sends_there_is_no_panic() {
    let mut bytes = server_says(&[
        r#"0{"pingInterval":1}"#,
        r#"42/chat,["x",{}]"#,
        "43/chat,1[]",
        r#"451-["x",{"_placeholder":true,"num":0}]"#,
    ]);
    ws::frame(&mut bytes, Opcode::Binary, &[1, 2, 3]);
    let mut random = fastrand::Rng::with_seed(1);
    for run in 0..20_000 {
        let mut bytes = bytes.clone();
        for _ in 0..=random.usize(..3) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.usize(..256) as u8;
        }
        let cut = random.usize(..bytes.len());
        let mut client = SocketIo::new(&upgrade());
        let mut events = Vec::new();
        let _ = feed(&mut client, &bytes[..cut], &mut events)
            .and_then(|()| feed(&mut client, &bytes[cut..], &mut events));
        assert!(events.len() <= 4, "run {run}: {events:?}");
    }
}
