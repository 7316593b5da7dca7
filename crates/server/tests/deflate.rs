//! Compressed messages: who gets them, and who may send them.

mod harness;
#[path = "harness/link.rs"]
mod link;

use fastrand::Rng;
use harness::World;
use link::{Link, Message};
use mio_socketio::{DeflateSettings, EngineSettings, Server};
use mio_wire::ws::{self, Deflater, Opcode, Window};
use std::cell::RefCell;
use std::rc::Rc;

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const QUEUE_BYTES_MAX: usize = 1 << 20;
const PAYLOAD_BYTES_MAX: usize = 20_000;
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
const COMPRESSED_TEXT: u8 = 0xc1;
const PLAIN_TEXT: u8 = 0x81;

/// The texts that the server has been told.
type Heard = Rc<RefCell<Vec<String>>>;

/// A server that tells everybody what one client says, and notes it.
fn world(deflate: Option<DeflateSettings>, rate_per_s: u32) -> (World<Heard>, Heard) {
    let heard = Heard::default();
    let engine =
        EngineSettings::default().payload_bytes_max(PAYLOAD_BYTES_MAX).rate_per_s(rate_per_s);
    let mut builder = Server::<Heard>::builder().engine(engine);
    if let Some(deflate) = deflate {
        builder = builder.deflate(deflate);
    }
    let server = builder
        .namespace("/", |events| {
            events.on_args("say", |cx, _, (text,): (String,)| {
                cx.everyone().emit("said", (&text,));
                cx.state.borrow_mut().push(text);
            })
        })
        .websocket("/echo", |endpoint| {
            endpoint.on_message(|cx, socket, message| {
                if let mio_socketio::Message::Text(text) = message {
                    cx.send_text(socket, text);
                }
            })
        })
        .build(Heard::clone(&heard));
    (World::new(server, QUEUE_BYTES_MAX), heard)
}

/// Sends what a client has to send, and takes what comes.
fn exchange(world: &mut World<Heard>, link: &mut Link) {
    link.push(world, &mut Rng::with_seed(1), true);
    world.advance(100);
    link.pull(world, usize::MAX);
}

/// The answer to a handshake, and what comes after it stays.
fn shaken(world: &mut World<Heard>, target: &str, more: &str) -> (Link, Option<String>) {
    let mut link = Link::open(world, QUEUE_BYTES_MAX);
    link.websocket_with(target, more);
    exchange(world, &mut link);
    let head = String::from_utf8_lossy(link.input()).to_ascii_lowercase();
    let answer = head.split("sec-websocket-extensions: ").nth(1);
    let answer = answer.and_then(|rest| rest.split("\r\n").next()).map(str::to_owned);
    assert_eq!(link.response().expect("an answer").status, 101);
    if answer.is_some() {
        link.deflates();
    }
    (link, answer)
}

/// A client in namespace `/`.
fn joined(world: &mut World<Heard>, more: &str) -> Link {
    let (mut link, _) = shaken(world, WEBSOCKET, more);
    link.frame(Opcode::Text, b"40");
    exchange(world, &mut link);
    assert_eq!(link.messages().len(), 2, "the session and the namespace are open");
    link
}

fn long_text() -> String {
    (0..300).map(|number| format!("word {number}, ")).collect()
}

fn event(name: &str, text: &str) -> String {
    format!("42[\"{name}\",\"{text}\"]")
}

/// A masked frame with a compressed message.
fn compressed(text: &str) -> Vec<u8> {
    let mut plain = Vec::new();
    ws::frame(&mut plain, Opcode::Text, text.as_bytes());
    Deflater::new(0, 6).deflate(&mut plain, 0, Window::LARGEST);
    let header = if plain[1] < 126 { 2 } else { 4 };
    let mut masked = Vec::new();
    ws::masked_frame(&mut masked, Opcode::Text, &plain[header..], [1, 2, 3, 4]);
    masked[0] = plain[0];
    masked
}

#[test]
fn an_offer_is_accepted_only_if_the_application_wants_that() {
    let (mut plain, _) = world(None, 0);
    assert_eq!(shaken(&mut plain, WEBSOCKET, OFFER).1, None);
    let (mut world, _) = world(Some(DeflateSettings::default()), 0);
    let accepted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    for target in [WEBSOCKET, "/echo"] {
        assert_eq!(shaken(&mut world, target, OFFER).1.as_deref(), Some(accepted));
        assert_eq!(shaken(&mut world, target, "").1, None);
    }
    let narrow = OFFER.replace("client_max_window_bits", "server_max_window_bits=10");
    let (_, answer) = shaken(&mut world, "/echo", &narrow);
    assert_eq!(answer, Some(format!("{accepted}; server_max_window_bits=10")));
}

#[test]
fn clients_that_can_read_it_get_the_same_compressed_bytes() {
    let (mut world, _) = world(Some(DeflateSettings::default()), 0);
    let mut compressing = [(); 2].map(|()| joined(&mut world, OFFER));
    let mut plain = joined(&mut world, "");
    let text = long_text();
    plain.frame(Opcode::Text, event("say", "short").as_bytes());
    plain.frame(Opcode::Text, event("say", &text).as_bytes());
    exchange(&mut world, &mut plain);
    let expected = [event("said", "short"), event("said", &text)].map(Message::Text);
    let plain_bytes = plain.input().to_vec();
    assert_eq!(plain.messages(), expected);
    let mut bytes = Vec::new();
    for link in &mut compressing {
        link.pull(&world, usize::MAX);
        let short = event("said", "short").len() + 2;
        assert_eq!(link.input()[0], PLAIN_TEXT, "short events stay as they are");
        assert_eq!(link.input()[short], COMPRESSED_TEXT);
        bytes.push(link.input().to_vec());
        assert_eq!(link.messages(), expected);
    }
    assert_eq!(bytes[0], bytes[1]);
    assert!(bytes[0].len() * 2 < plain_bytes.len(), "{}", bytes[0].len());
}

#[test]
fn a_client_that_comes_from_polling_gets_them_from_its_upgrade_on() {
    let (mut world, _) = world(Some(DeflateSettings::default().bytes_min(100)), 0);
    let mut poll = Link::open(&mut world, QUEUE_BYTES_MAX);
    let polling = "/socket.io/?EIO=4&transport=polling";
    poll.request("GET", polling, "", b"");
    exchange(&mut world, &mut poll);
    let open = poll.response().expect("a session").body;
    let open: serde_json::Value = serde_json::from_slice(&open[1..]).expect("JSON");
    let sid = open["sid"].as_str().expect("an id").to_owned();
    let mut posted = |world: &mut World<Heard>, body: &str| {
        poll.request("POST", &format!("{polling}&sid={sid}"), "", body.as_bytes());
        exchange(world, &mut poll);
        assert_eq!(poll.response().expect("an answer").body, b"ok");
    };
    posted(&mut world, "40");
    let text = long_text();
    posted(&mut world, &event("say", &text));
    let (mut link, answer) = shaken(&mut world, &format!("{WEBSOCKET}&sid={sid}"), OFFER);
    assert!(answer.is_some());
    link.frame(Opcode::Text, b"2probe");
    exchange(&mut world, &mut link);
    assert_eq!(link.messages(), [Message::Text("3probe".to_owned())]);
    // Before the upgrade and after it, in one turn.
    link.frame(Opcode::Text, b"5");
    link.frame(Opcode::Text, event("say", &text).as_bytes());
    exchange(&mut world, &mut link);
    let raw = link.input().to_vec();
    let messages = link.messages();
    assert_eq!(messages[1..], [(); 2].map(|()| Message::Text(event("said", &text))));
    // Output that was queued for a poll is not compressed; later output is.
    let mut rest = &raw[..];
    let mut firsts = Vec::new();
    while let [first, length, ..] = *rest {
        firsts.push(first);
        let (length, header) = match length {
            126 => (usize::from(u16::from_be_bytes([rest[2], rest[3]])), 4),
            short => (usize::from(short), 2),
        };
        rest = &rest[header + length..];
    }
    assert_eq!(firsts, [PLAIN_TEXT, PLAIN_TEXT, COMPRESSED_TEXT]);
}

#[test]
fn compressed_messages_of_a_client_are_read_and_bounded() {
    let (mut world, heard) = world(Some(DeflateSettings::default()), 0);
    let mut link = joined(&mut world, OFFER);
    let text = long_text();
    link.raw(&compressed(&event("say", &text)));
    exchange(&mut world, &mut link);
    assert_eq!(*heard.borrow(), [&*text]);
    assert_eq!(link.messages(), [Message::Text(event("said", &text))]);
    // A few bytes that become too many.
    let bomb = compressed(&event("say", &"x".repeat(PAYLOAD_BYTES_MAX)));
    assert!(bomb.len() < 200);
    link.raw(&bomb);
    exchange(&mut world, &mut link);
    assert_eq!(link.messages(), [Message::Close(Some(1009))]);
    assert_eq!(heard.borrow().len(), 1);
    // One who has not offered it may not send it.
    let mut plain = joined(&mut world, "");
    plain.raw(&compressed(&event("say", &text)));
    exchange(&mut world, &mut plain);
    assert_eq!(plain.messages(), [Message::Close(Some(1002))]);
}

#[test]
fn a_compressed_heartbeat_does_not_wait_for_the_pace() {
    let (mut world, heard) = world(Some(DeflateSettings::default()), 1);
    let (mut link, _) = shaken(&mut world, &WEBSOCKET.replace("EIO=4", "EIO=3"), OFFER);
    for number in 0..9 {
        link.frame(Opcode::Text, event("say", &number.to_string()).as_bytes());
    }
    exchange(&mut world, &mut link);
    assert!(heard.borrow().len() < 9, "the pace holds it back");
    while heard.borrow().len() < 9 {
        world.advance(10);
    }
    link.pull(&world, usize::MAX);
    link.messages();
    // As Chromium does: whatever their length, its messages are compressed.
    link.raw(&[COMPRESSED_TEXT, 0x83, 0, 0, 0, 0, 0x32, 0x02, 0x00]);
    link.frame(Opcode::Text, event("say", "9").as_bytes());
    exchange(&mut world, &mut link);
    assert_eq!(link.messages(), [Message::Text("3".to_owned())]);
    assert_eq!(heard.borrow().len(), 9, "the event waits");
}
