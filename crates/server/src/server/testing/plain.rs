//! Clients without events: at the line door, at an application's own doors and at endpoints.

use super::carrier::{Speaks, upgrade};
use super::found::Found;
use super::{At, ConnectError, HOME, TestServer};
use mio_wire::client::{EngineIo, WebSocket};

/// A client of the line door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineClient(usize);

/// A client of a door whose protocol is the application's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ByteClient(usize);

/// A client of an endpoint: of a plain WebSocket, or of bare Engine.IO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageClient(usize);

impl Found for LineClient {
    fn link(&self) -> usize {
        self.0
    }
}

impl Found for ByteClient {
    fn link(&self) -> usize {
        self.0
    }
}

impl Found for MessageClient {
    fn link(&self) -> usize {
        self.0
    }
}

/// A message that a client of an endpoint received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceivedMessage {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl<S> TestServer<S> {
    /// Connects a client to the line door.
    pub fn connect_line(&mut self) -> LineClient {
        let at = self.open(At::Lines, HOME, Speaks::Bytes(Vec::new()));
        self.run();
        LineClient(at)
    }

    /// Sends `text` and a line end from a client of the line door.
    pub fn say(&mut self, client: LineClient, text: &str) {
        self.write(client.0, [text, "\n"].concat().as_bytes());
        self.run();
    }

    /// Takes all lines that a client of the line door has received, without their ends.
    pub fn lines(&mut self, client: LineClient) -> Vec<String> {
        let Speaks::Bytes(bytes) = &mut self.links[client.0].speaks else { return Vec::new() };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines: Vec<u8> = bytes.drain(..whole).collect();
        String::from_utf8_lossy(&lines).lines().map(str::to_owned).collect()
    }

    /// Connects a client to the application's own door of this name.
    pub fn connect_door(&mut self, name: &str) -> ByteClient {
        let own = &self.served.server.core.own;
        let door = own.iter().position(|door| door.name == name);
        let door = door.unwrap_or_else(|| panic!("the server has no door called {name}"));
        let at = self.open(At::Own(door), HOME, Speaks::Bytes(Vec::new()));
        self.run();
        ByteClient(at)
    }

    /// Sends bytes from a client of an own door, as one piece.
    pub fn send_bytes(&mut self, client: ByteClient, bytes: &[u8]) {
        self.write(client.0, bytes);
        self.run();
    }

    /// Takes all bytes that a client of an own door has received.
    pub fn bytes(&mut self, client: ByteClient) -> Vec<u8> {
        match &mut self.links[client.0].speaks {
            Speaks::Bytes(bytes) => std::mem::take(bytes),
            Speaks::Messages(..) | Speaks::Packets(..) | Speaks::Events(..) => Vec::new(),
        }
    }

    /// Connects a client to a plain WebSocket: an endpoint of the application, or another way in to
    /// the line door.
    ///
    /// # Errors
    /// If it is refused.
    pub fn connect_websocket(&mut self, target: &str) -> Result<MessageClient, ConnectError> {
        let socket = WebSocket::new(&upgrade(target, &[]));
        self.ask_for_websocket(HOME, Speaks::Messages(socket, Vec::new())).map(MessageClient)
    }

    /// Connects a client of bare Engine.IO, over a WebSocket, to the endpoint at `path`.
    ///
    /// # Errors
    /// If it is refused.
    pub fn connect_engine(&mut self, path: &str) -> Result<MessageClient, ConnectError> {
        let target = format!("{path}?EIO=4&transport=websocket");
        let engine = EngineIo::new(&upgrade(&target, &[]));
        let at = self.ask_for_websocket(HOME, Speaks::Packets(engine, Vec::new()))?;
        // A session opens when a packet comes, or a millisecond later. The clock stands still, so
        // the client sends a packet without a meaning.
        if let Speaks::Packets(engine, _) = &mut self.links[at].speaks {
            engine.noop();
        }
        self.flush(at);
        self.run();
        Ok(MessageClient(at))
    }

    /// Sends text from a client of an endpoint.
    pub fn send_text(&mut self, client: MessageClient, text: &str) {
        self.links[client.0].speaks.text(text);
        self.flush(client.0);
        self.run();
    }

    /// Sends bytes from a client of an endpoint.
    pub fn send_binary(&mut self, client: MessageClient, bytes: &[u8]) {
        self.links[client.0].speaks.binary(bytes);
        self.flush(client.0);
        self.run();
    }

    /// Takes all messages that a client of an endpoint has received.
    pub fn messages(&mut self, client: MessageClient) -> Vec<ReceivedMessage> {
        match &mut self.links[client.0].speaks {
            Speaks::Messages(_, all) | Speaks::Packets(_, all) => std::mem::take(all),
            Speaks::Bytes(_) | Speaks::Events(..) => Vec::new(),
        }
    }
}
