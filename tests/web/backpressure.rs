//! Readers that do not read, by WebSocket and by polling (`docs/reliability.md`, "One client").

use super::client::{Client, Door, Message, NOISE, Server, Wire, Ws, frame, mib, text_frame};
use super::engine::{Polling, joined, socket_io};
use socket2::{Domain, Socket, Type};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const LENGTH: usize = 100_000;

fn narrow(server: &Server) -> Wire {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    socket.connect(&server.http().into()).expect("the server accepts");
    Wire::from(TcpStream::from(socket))
}

fn numbered(number: usize) -> String {
    format!("42[\"message\",\"{number:08} {}\"]", "x".repeat(LENGTH))
}

/// A client that sends much and reads everything.
struct Speaker {
    ws: Ws,
    number: usize,
}

impl Speaker {
    fn join(server: &Server) -> Self {
        Self { ws: joined(server), number: 0 }
    }

    /// Sends one more text, which must come back soon.
    fn say(&mut self) {
        let (packet, start) = (numbered(self.number), Instant::now());
        self.ws.send(&packet);
        self.ws.skip_to(&packet);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        self.number += 1;
    }
}

#[test]
fn readers_that_never_read_are_closed_with_a_reason_and_hurt_nobody() {
    const WEBSOCKETS: usize = 6;
    const UNPOLLED: usize = 8;
    let server = Server::start(&["--rate", "0"]);
    let mut speaker = Speaker::join(&server);
    let descriptors = server.descriptors().len();
    let mut stalled: Vec<Ws> = (0..WEBSOCKETS)
        .map(|_| {
            let ws = Ws::over(narrow(&server), "/socket.io/?EIO=4&transport=websocket");
            ws.send("40");
            ws
        })
        .collect();
    stalled.push(Ws::over(narrow(&server), "/ws"));
    let unpolled: Vec<Polling> = (0..UNPOLLED).map(|_| Polling::joined(&server)).collect();
    let before = server.peak_memory();
    let all = WEBSOCKETS + 1 + UNPOLLED;
    let cut = || server.logged("reason=slow-client");
    while cut() < all && speaker.number < 1000 {
        speaker.say();
    }
    assert_eq!(cut(), all, "after {} messages: {}", speaker.number, server.log());
    let grown = server.peak_memory() - before;
    assert!(grown <= all as u64 * mib(3) / 2 + mib(2) + NOISE, "{grown} bytes more");
    unpolled.iter().for_each(Polling::expect_gone);
    drop(unpolled);
    server.wait_descriptors(descriptors);
    // Their input is that of the room, complete and from the beginning.
    stalled.pop();
    let mut ws = stalled.pop().expect("there are some");
    drop(stalled);
    assert!(ws.text().starts_with("0{"));
    assert!(ws.text().starts_with("40{"));
    let rest = ws.wire.rest();
    let length = numbered(0).len() as u64;
    let header = [&[0x81, 127][..], &length.to_be_bytes()].concat();
    for (number, frame) in rest.chunks(header.len() + numbered(0).len()).enumerate() {
        let expected = [&header[..], numbered(number).as_bytes()].concat();
        assert!(expected.starts_with(frame), "frame {number}");
    }
    speaker.say();
}

#[test]
fn a_reader_that_stalls_below_the_cap_gets_everything_in_order() {
    let server = Server::start(&["--rate", "0", "--max-queue", "67108864"]);
    let mut speaker = Speaker::join(&server);
    let mut stalled = Ws::over(narrow(&server), "/socket.io/?EIO=4&transport=websocket");
    stalled.send("40");
    let mut unpolled = Polling::joined(&server);
    assert!(stalled.text().starts_with("0{"));
    assert!(stalled.text().starts_with("40{"));
    (0..100).for_each(|_| speaker.say());
    (0..100).for_each(|number| stalled.expect(&numbered(number)));
    let mut number = 0;
    while number < 100 {
        for packet in unpolled.poll().split('\x1e') {
            assert_eq!(packet, numbered(number));
            number += 1;
        }
    }
    // A client half-way to a WebSocket stalls too.
    let mut ws = unpolled.websocket();
    ws.send("2probe");
    (0..20).for_each(|_| speaker.say());
    ws.send("5");
    ws.expect("3probe");
    (100..120).for_each(|number| ws.expect(&numbered(number)));
    speaker.say();
    ws.expect(&numbered(120));
}

#[test]
fn one_long_message_is_not_too_much_for_one_answer() {
    let server = Server::start(&["--rate", "0"]);
    let ws = joined(&server);
    let mut old = Polling::open_with(&server, "/socket.io/", 3, "&b64=1");
    assert_eq!(old.poll(), "2:40");
    let mut new = Polling::joined(&server);
    for one in [&mut old, &mut new] {
        one.get = narrow(&server);
        one.park();
    }
    let text = "ü".repeat(450_000);
    ws.send(&format!("42[\"message\",\"{text}\"]"));
    assert_eq!(new.parked(), format!("42[\"message\",\"{text}\"]"));
    let escaped = format!("42[\"message\",\"{}\"]", "\\u00fc".repeat(450_000));
    assert_eq!(old.parked(), format!("{}:{escaped}", escaped.len()));
    let bytes = vec![b'x'; 990_000];
    ws.send("451-[\"message\",{\"_placeholder\":true,\"num\":0}]");
    ws.wire.send(frame(0x82, &bytes));
    for one in [&mut old, &mut new] {
        let mut heard = one.poll().len();
        while heard < 1_300_000 {
            heard += one.poll().len();
        }
    }
}

#[test]
fn whoever_does_not_listen_may_not_speak() {
    let server = Server::start(&["--rate", "0"]);
    let mut bob = Client::named(&server, "bob");
    let memory = server.peak_memory();
    // Each message comes back, so that a flooder who never reads stops itself.
    let flooding: Vec<Ws> = (0..3)
        .map(|_| {
            let ws = Ws::over(narrow(&server), "/socket.io/?EIO=4&transport=websocket");
            ws.send("40");
            let timeout = Some(Duration::from_millis(300));
            ws.wire.tcp().set_write_timeout(timeout).expect("a timeout can be set");
            ws
        })
        .collect();
    let flood = text_frame("426[\"nothing\",\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]").repeat(1000);
    for ws in &flooding {
        (0..1000).take_while(|_| ws.wire.try_send(&flood).is_ok()).count();
    }
    let mut ws = joined(&server);
    let start = Instant::now();
    ws.send("42[\"message\",\"through\"]");
    while !bob.said().ends_with("> through") {}
    ws.skip_to("42[\"message\",\"through\"]");
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert!(server.peak_memory() - memory <= 3 * mib(3) / 2 + NOISE);
}

#[test]
fn who_polls_as_fast_as_it_can_gets_what_several_say_at_once() {
    const SPEAKERS: usize = 3;
    const READERS: usize = 4;
    let server = Server::start(&["--rate", "0"]);
    let mut readers: Vec<Polling> = (0..READERS).map(|_| Polling::joined(&server)).collect();
    let speakers: Vec<Ws> = (0..SPEAKERS).map(|_| joined(&server)).collect();
    readers.iter().for_each(Polling::park);
    let packets: Vec<String> = (0..SPEAKERS)
        .map(|number| format!("42[\"message\",\"{number}{}\"]", "x".repeat(600_000)))
        .collect();
    for (speaker, packet) in speakers.iter().zip(&packets) {
        speaker.send(packet);
    }
    for reader in &mut readers {
        let mut heard: Vec<String> = reader.parked().split('\x1e').map(str::to_owned).collect();
        while heard.len() < SPEAKERS {
            heard.extend(reader.poll().split('\x1e').map(str::to_owned));
        }
        heard.sort();
        assert!(heard == packets, "{} packets, each whole and once", heard.len());
    }
    assert_eq!(server.logged("slow-client"), 0);
}

#[test]
fn the_cap_holds_for_one_answer_too() {
    let server = Server::start(&["--rate", "0", "--max-queue", "65536"]);
    let mut speaker = joined(&server);
    let mut one = Polling::joined(&server);
    let say = |speaker: &mut Ws, length: usize| {
        let packet = format!("42[\"message\",\"{}\"]", "x".repeat(length));
        speaker.send(&packet);
        speaker.skip_to(&packet);
        packet
    };
    let first = say(&mut speaker, 20_000);
    let second = say(&mut speaker, 20_000);
    assert_eq!(one.poll(), format!("{first}\x1e{second}"));
    // A client that keeps polling may have more waiting, and that is bounded too.
    (0..10).for_each(|_| drop(say(&mut speaker, 20_000)));
    assert!(one.poll().starts_with(&say(&mut speaker, 20_000)));
    (0..20).for_each(|_| drop(say(&mut speaker, 20_000)));
    server.wait_logged("reason=slow-client", 1);
    one.expect_gone();
    // A client that reads is not closed for a burst of small messages.
    let mut ws = socket_io(&server);
    ws.send("40");
    (0..500).for_each(|_| ws.send("42[\"message\",\"small\"]"));
    let mut heard = 0;
    while heard < 500 {
        match ws.next() {
            Message::Text(text) => heard += usize::from(text == "42[\"message\",\"small\"]"),
            other => panic!("{other:?} after {heard}"),
        }
    }
}
