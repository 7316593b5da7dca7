//! A client's connection to the HTTP door: output goes out in pieces, and input is kept until it is
//! whole.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use crate::harness::{At, World};
use fastrand::Rng;
use mio_wire::ws::{self, Decoder, Opcode, Role};

/// Longest message that a client takes.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

pub struct Link {
    pub client: usize,
    unsent: Vec<u8>,
    input: Vec<u8>,
    decoder: Decoder,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub closes: bool,
    pub is_octet_stream: bool,
    pub body: Vec<u8>,
}

/// A message of a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
    Close(Option<u16>),
}

impl Link {
    pub fn open<S>(world: &mut World<S>, window: usize) -> Self {
        Self::over(world.connect_at(At::Http, window))
    }

    /// A client that is connected already.
    pub fn over(client: usize) -> Self {
        let decoder = Decoder::new(Role::Client);
        Self { client, unsent: Vec::new(), input: Vec::new(), decoder }
    }

    pub fn request(&mut self, method: &str, target: &str, headers: &str, body: &[u8]) {
        let length = match method {
            "POST" => format!("Content-Length: {}\r\n", body.len()),
            _ => String::new(),
        };
        let head = format!("{method} {target} HTTP/1.1\r\nHost: sim\r\n{headers}{length}\r\n");
        self.unsent.extend(head.as_bytes());
        self.unsent.extend(body);
    }

    pub fn websocket(&mut self, target: &str) {
        self.websocket_with(target, "");
    }

    pub fn websocket_with(&mut self, target: &str, more: &str) {
        let headers = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        self.request("GET", target, &[headers, more].concat(), b"");
    }

    /// Lets the server's messages be compressed.
    pub fn deflates(&mut self) {
        self.decoder = Decoder::new(Role::Client).with_deflate();
    }

    /// The bytes that have come and have not been read.
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    pub fn frame(&mut self, opcode: Opcode, payload: &[u8]) {
        let mask = (payload.len() as u32 ^ 0x5a17_c0de).to_be_bytes();
        ws::masked_frame(&mut self.unsent, opcode, payload, mask);
    }

    /// Sends all unsent bytes, or some of them.
    pub fn push<S>(&mut self, world: &World<S>, random: &mut Rng, all: bool) {
        if self.unsent.is_empty() {
            return;
        }
        let count = if all || random.bool() {
            self.unsent.len()
        } else {
            1 + random.usize(..self.unsent.len())
        };
        world.clients[self.client].send(&self.unsent[..count]);
        self.unsent.drain(..count);
    }

    /// Takes at most `max` bytes; how many there were.
    pub fn pull<S>(&mut self, world: &World<S>, max: usize) -> usize {
        let bytes = world.clients[self.client].take(max);
        self.input.extend(&bytes);
        bytes.len()
    }

    /// Drops the unsent bytes.
    pub fn forget_unsent(&mut self) {
        self.unsent.clear();
    }

    pub fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Whether nothing more will come.
    pub fn is_lost<S>(&self, world: &World<S>) -> bool {
        let end = &world.clients[self.client];
        !end.is_open() && end.arrived() == 0
    }

    /// The next response, when all of it is here.
    pub fn response(&mut self) -> Option<Response> {
        let end = self.input.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&self.input[..end]).expect("a head is text");
        assert!(head.starts_with("HTTP/1.1 "), "{head}");
        let status: u16 = head[9..12].parse().expect("a status is a number");
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.split("\r\n").next());
        let length = length.map_or(0, |length| length.parse().expect("a length is a number"));
        let closes = head.contains("\r\nconnection: close\r\n");
        let is_octet_stream = head.contains("\r\ncontent-type: application/octet-stream\r\n");
        if self.input.len() < end + length {
            return None;
        }
        let rest = self.input.split_off(end + length);
        let body = std::mem::replace(&mut self.input, rest).split_off(end);
        Some(Response { status, closes, is_octet_stream, body })
    }

    /// Whether something has come that is no whole response.
    pub fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// All messages that are here.
    pub fn messages(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut pongs = Vec::new();
        let mut rest = &mut self.input[..];
        while let Some(event) =
            self.decoder.next(&mut rest, MESSAGE_BYTES_MAX).expect("the server speaks WebSocket")
        {
            match event {
                ws::Event::Text(text) => messages.push(Message::Text(text.to_owned())),
                ws::Event::Binary(bytes) => messages.push(Message::Binary(bytes.to_vec())),
                ws::Event::Close { code } => messages.push(Message::Close(code)),
                ws::Event::Ping(payload) => pongs.push(payload.to_vec()),
                ws::Event::Pong => (),
            }
        }
        self.input.clear();
        for payload in pongs {
            self.frame(Opcode::Pong, &payload);
        }
        messages
    }
}
