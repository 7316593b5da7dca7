//! Messages that another implementation has written, or reads.

use super::*;
use std::io::{self, Read, Write};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::{CloseFrame, Role as PeerRole};
use tungstenite::{Message, WebSocket};

/// A connection in memory: the bytes that the peer reads, and those that it has written.
#[derive(Default)]
struct Wire {
    to_peer: io::Cursor<Vec<u8>>,
    from_peer: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.to_peer.read(bytes)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.from_peer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A length up to 70000, often one at which the header changes.
fn length(random: &mut Rng) -> usize {
    match random.usize(..8) {
        0 => [0, 1, 124, 125, 126, 127][random.usize(..6)],
        1 => [65534, 65535, 65536, 65537, 70_000][random.usize(..5)],
        2 => random.usize(..70_001),
        _ => random.usize(..600),
    }
}

fn message(random: &mut Rng) -> Message {
    let length = length(random);
    match random.usize(..8) {
        0..4 => Message::text(random_text(random, length)),
        4..6 => Message::binary(random_bytes(random, length)),
        6 => Message::Ping(random_bytes(random, length.min(125)).into()),
        _ => Message::Pong(random_bytes(random, length.min(125)).into()),
    }
}

/// The message in the form in which our decoder's events are shown.
fn shown(message: &Message) -> String {
    match message {
        Message::Text(text) => format!("{:?}", Event::Text(text)),
        Message::Binary(bytes) => format!("{:?}", Event::Binary(bytes)),
        Message::Ping(bytes) => format!("{:?}", Event::Ping(bytes)),
        Message::Pong(_) => format!("{:?}", Event::Pong),
        _ => unreachable!("not sent"),
    }
}

/// Makes the peer send a message, now and then in fragments with pings between them. Returns the
/// events to expect.
fn send(peer: &mut WebSocket<Wire>, message: Message, random: &mut Rng) -> Vec<String> {
    let expected = shown(&message);
    let opcode = match &message {
        Message::Text(_) if random.usize(..3) == 0 => Data::Text,
        Message::Binary(_) if random.usize(..3) == 0 => Data::Binary,
        _ => {
            peer.send(message).expect("the peer sends");
            return vec![expected];
        }
    };
    let bytes = message.into_data();
    // Two cuts at the same place make an empty fragment.
    let ends = [random_cuts(random, 3, bytes.len()), vec![bytes.len()]].concat();
    let mut events = Vec::new();
    let mut begin = 0;
    for (at, end) in ends.iter().copied().enumerate() {
        let opcode = OpCode::Data(if at == 0 { opcode } else { Data::Continue });
        if at > 0 {
            peer.send(Message::Ping(vec![1].into())).expect("the peer sends");
            events.push("Ping([1])".to_owned());
        }
        let frame = Frame::message(bytes.slice(begin..end), opcode, at + 1 == ends.len());
        peer.send(Message::Frame(frame)).expect("the peer sends");
        begin = end;
    }
    events.push(expected);
    events
}

#[test]
fn what_a_peer_writes_is_read() {
    for (peer_role, role) in [(PeerRole::Client, Role::Server), (PeerRole::Server, Role::Client)] {
        let mut random = Rng::with_seed(1);
        for _ in 0..60 {
            let mut peer = WebSocket::from_raw_socket(Wire::default(), peer_role, None);
            let mut expected = Vec::new();
            for _ in 0..6 {
                let message = message(&mut random);
                expected.extend(send(&mut peer, message, &mut random));
            }
            let frame = CloseFrame { code: 3333.into(), reason: "bye".into() };
            peer.close(Some(frame)).expect("the peer closes");
            expected.push("Close { code: Some(3333) }".to_owned());
            let bytes = &peer.get_ref().from_peer;
            let cuts = random_cuts(&mut random, 8, bytes.len());
            assert!(decode(role, bytes, &cuts, BYTES_MAX) == expected, "{cuts:?}");
            assert!(decode(role, bytes, &[], BYTES_MAX) == expected);
        }
    }
}

#[test]
fn what_we_write_is_read_by_a_peer() {
    for peer_role in [PeerRole::Client, PeerRole::Server] {
        let mut random = Rng::with_seed(2);
        let mut bytes = Vec::new();
        let mut messages = Vec::new();
        for _ in 0..300 {
            let message = message(&mut random);
            let opcode = match &message {
                Message::Text(_) => Opcode::Text,
                Message::Binary(_) => Opcode::Binary,
                Message::Ping(_) => Opcode::Ping,
                _ => Opcode::Pong,
            };
            let mask = random.u32(..).to_ne_bytes();
            match peer_role {
                PeerRole::Client => frame(&mut bytes, opcode, &message.clone().into_data()),
                PeerRole::Server => {
                    masked_frame(&mut bytes, opcode, &message.clone().into_data(), mask);
                }
            }
            messages.push(message);
        }
        if peer_role == PeerRole::Client {
            close(&mut bytes, Some(1001), "away");
            let reason = "away".into();
            messages.push(Message::Close(Some(CloseFrame { code: 1001.into(), reason })));
        }
        let wire = Wire { to_peer: io::Cursor::new(bytes), ..Wire::default() };
        let mut peer = WebSocket::from_raw_socket(wire, peer_role, None);
        for message in messages {
            assert!(peer.read().expect("the peer reads") == message);
        }
    }
}
