//! Clients without events: at the line door and at endpoints.

use super::link::{Carries, Speaks, frame};
use super::place::Place;
use super::{At, ConnectError, HOME, TestServer};
use mio_wire::ws::Opcode;

/// A client of the line door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineClient(usize);

/// A client of an endpoint: of a plain WebSocket, or of bare Engine.IO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageClient(usize);

impl Place for LineClient {
    fn link(&self) -> usize {
        self.0
    }
}

impl Place for MessageClient {
    fn link(&self) -> usize {
        self.0
    }
}

/// A message that a client of an endpoint has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl<S> TestServer<S> {
    /// Connects a client to the line door.
    pub fn connect_line(&mut self) -> LineClient {
        let at = self.open(At::Lines, HOME);
        self.run();
        LineClient(at)
    }

    /// Has a client of the line door send `text` and the end of a line.
    pub fn say(&mut self, client: LineClient, text: &str) {
        self.write(client.0, [text, "\n"].concat().as_bytes());
        self.run();
    }

    /// Takes all lines that a client of the line door has got, without their ends.
    pub fn lines(&mut self, client: LineClient) -> Vec<String> {
        let Speaks::Bytes(bytes) = &mut self.links[client.0].speaks else { return Vec::new() };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines: Vec<u8> = bytes.drain(..whole).collect();
        String::from_utf8_lossy(&lines).lines().map(str::to_owned).collect()
    }

    /// Connects a client to a plain WebSocket: an endpoint of the application, or another way in to
    /// the line door.
    ///
    /// # Errors
    /// If it is not let in.
    pub fn connect_websocket(&mut self, target: &str) -> Result<MessageClient, ConnectError> {
        self.connect_endpoint(target, Carries::Messages(Vec::new()))
    }

    /// Connects a client of bare Engine.IO, by a WebSocket, to the endpoint at `path`.
    ///
    /// # Errors
    /// If it is not let in.
    pub fn connect_engine(&mut self, path: &str) -> Result<MessageClient, ConnectError> {
        let target = format!("{path}?EIO=4&transport=websocket");
        let client = self.connect_endpoint(&target, Carries::Packets(Vec::new()))?;
        // A session is opened when something comes, or a millisecond later. The clock stands still,
        // so that a packet comes which means nothing.
        self.send_message(client, Opcode::Text, b"6");
        Ok(client)
    }

    /// Has a client of an endpoint send text.
    pub fn send_text(&mut self, client: MessageClient, text: &str) {
        let Speaks::WebSocket(_, carries) = &self.links[client.0].speaks else { return };
        let kind = if matches!(carries, Carries::Packets(_)) { "4" } else { "" };
        self.send_message(client, Opcode::Text, [kind, text].concat().as_bytes());
    }

    /// Has a client of an endpoint send bytes.
    pub fn send_binary(&mut self, client: MessageClient, bytes: &[u8]) {
        self.send_message(client, Opcode::Binary, bytes);
    }

    /// Takes all messages that a client of an endpoint has got.
    pub fn messages(&mut self, client: MessageClient) -> Vec<Message> {
        match &mut self.links[client.0].speaks {
            Speaks::WebSocket(_, Carries::Messages(all) | Carries::Packets(all)) => {
                std::mem::take(all)
            }
            _ => Vec::new(),
        }
    }

    fn connect_endpoint(
        &mut self,
        target: &str,
        carries: Carries,
    ) -> Result<MessageClient, ConnectError> {
        let at = self.open(At::Http, HOME);
        let rest = self.upgrade(at, target, "")?;
        let reply = self.links[at].upgrade(rest, carries);
        self.write(at, &reply);
        self.run();
        Ok(MessageClient(at))
    }

    fn send_message(&mut self, client: MessageClient, opcode: Opcode, payload: &[u8]) {
        let mut bytes = Vec::new();
        frame(&mut bytes, opcode, payload);
        self.write(client.0, &bytes);
        self.run();
    }
}
