//! With any input in any order, the server stays alive, and forgets everyone who has gone.

use super::client::{Client, DEADLINE, Door, Server, Wire, frame, handshake, poll_until, post};
use super::engine::{joined, opened, sync};
use super::harness::random_bytes;
use fastrand::Rng;
use std::net::SocketAddr;
use std::time::Duration;

const STEPS: usize = 4000;
const WIRES: usize = 12;

const TEXTS: [&str; 30] = [
    "40",
    "40{}",
    "41",
    "42[\"message\",\"hi\"]",
    "4217[\"message\",{\"a\":1}]",
    "43[1]",
    "431[1]",
    "42[\"typing\"]",
    "42[\"join\",\"den\"]",
    "42[\"leave\",\"den\"]",
    "40/chat,",
    "2",
    "3",
    "2probe",
    "5",
    "6",
    "1",
    "4",
    "",
    "b",
    "bAQID",
    "452-[\"message\",{\"_placeholder\":true,\"num\":1}]",
    "450-[\"x\"]",
    "42[\"send_message\",{\"username\":\"x\",\"message\":\"\u{1b}\",\"room\":\"den\"}]",
    "42[\"join\",{\"username\":\"\\n\",\"room\":\"den\"}]",
    "\u{0}",
    "0{}",
    "42[",
    "7:40\"",
    "1:2",
];

/// Connections to a server, and the sessions that it has told them.
struct Crowd {
    random: Rng,
    address: SocketAddr,
    wires: Vec<Wire>,
    sids: Vec<String>,
}

impl Crowd {
    fn step(&mut self) {
        let at = self.random.usize(..WIRES);
        match self.random.usize(..12) {
            0 => self.replace(at, false),
            1 => self.replace(at, true),
            2 => self.read(at),
            3 => self.handshake(),
            4 | 5 => self.send(at, &self.get()),
            6 | 7 => {
                let request = self.post();
                self.send(at, &request);
            }
            8 => {
                let target = self.target().replace("polling", "websocket");
                let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{}\r\n", handshake());
                self.send(at, head.as_bytes());
            }
            9 | 10 => {
                let frame = self.frame();
                self.send(at, &frame);
            }
            _ => {
                let length = self.random.usize(..200);
                let junk = random_bytes(&mut self.random, length);
                self.send(at, &junk);
            }
        }
    }

    fn replace(&mut self, at: usize, reset: bool) {
        let fresh = Wire::to(self.address);
        let timeout = Some(Duration::from_millis(50));
        fresh.tcp().set_write_timeout(timeout).expect("a timeout can be set");
        let old = std::mem::replace(&mut self.wires[at], fresh);
        if reset {
            old.reset();
        }
    }

    /// Reads everything available, without waiting.
    fn read(&self, at: usize) {
        let mut stream = self.wires[at].tcp();
        stream.set_nonblocking(true).expect("it can be asked not to wait");
        let _ = std::io::Read::read(&mut stream, &mut [0; 65_536]);
        stream.set_nonblocking(false).expect("it can be asked to wait");
    }

    fn handshake(&mut self) {
        let eio = 3 + self.random.usize(..2);
        let mut wire = Wire::to(self.address);
        let response = wire.get(&format!("/socket.io/?EIO={eio}&transport=polling"));
        if response.status == 200 {
            let sid = opened(response.text(), "sid");
            let at = self.random.usize(..8);
            let target = format!("/socket.io/?EIO={eio}&transport=polling&sid={sid}");
            match self.sids.get_mut(at) {
                Some(old) => *old = target,
                None => self.sids.push(target),
            }
        }
    }

    fn target(&self) -> String {
        self.sids.last().cloned().unwrap_or_else(|| "/socket.io/".to_owned())
    }

    fn get(&self) -> Vec<u8> {
        format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", self.target()).into_bytes()
    }

    fn post(&mut self) -> Vec<u8> {
        let count = 1 + self.random.usize(..4);
        let packets: Vec<String> = (0..count)
            .map(|_| {
                let text = TEXTS[self.random.usize(..TEXTS.len())];
                match self.target().contains("EIO=3") {
                    true => format!("{}:{text}", text.encode_utf16().count()),
                    false => text.to_owned(),
                }
            })
            .collect();
        let separator = if self.target().contains("EIO=3") { "" } else { "\u{1e}" };
        post(&self.target(), "", packets.join(separator).as_bytes())
    }

    fn frame(&mut self) -> Vec<u8> {
        let text = TEXTS[self.random.usize(..TEXTS.len())];
        let first = match self.random.usize(..12) {
            0 => 0x82,
            1 => 0x89,
            2 => 0x01,
            3 => 0x80,
            4 => 0x88,
            _ => 0x81,
        };
        frame(first, text.as_bytes())
    }

    /// Sends all bytes, or only the first ones.
    fn send(&mut self, at: usize, bytes: &[u8]) {
        let cut = match self.random.usize(..5) {
            0 => self.random.usize(..bytes.len() + 1),
            _ => bytes.len(),
        };
        // It may have been closed long ago, or its input may not be read.
        let _ = self.wires[at].try_send(&bytes[..cut]);
        let last = self.sids.len().saturating_sub(1);
        if last > 0 {
            let other = self.random.usize(..last + 1);
            self.sids.swap(last, other);
        }
    }
}

#[test]
fn whatever_comes_the_server_lives() {
    let mut server = Server::start(&[
        "--rate",
        "0",
        "--ping-interval",
        "300",
        "--ping-timeout",
        "300",
        "--log",
        "error",
    ]);
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let before = server.descriptors().len();
    let wires = (0..WIRES).map(|_| Wire::connect(&server)).collect();
    let address = server.http();
    let mut crowd = Crowd { random: Rng::with_seed(seed), address, wires, sids: Vec::new() };
    for _ in 0..STEPS {
        crowd.step();
    }
    assert!(server.runs(), "seed {seed}");
    drop(crowd);
    // The server forgets clients that have gone, and sessions when their time is over.
    let gone = poll_until(DEADLINE, || {
        let metrics = Wire::connect(&server).metrics();
        metrics.text().contains("\nmio_chat_sessions 0\n")
    });
    assert!(gone, "seed {seed}");
    server.wait_descriptors(before);
    let mut eve = joined(&server);
    let mut bob = Client::named(&server, "bob");
    bob.send("hello\n");
    eve.expect("42[\"message\",\"bob: hello\"]");
    assert!(sync(&mut eve).is_empty());
    assert!(!server.log().contains("panic"), "{}", server.log());
    assert!(bob.sync().is_empty());
}
